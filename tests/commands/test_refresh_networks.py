"""Vendors' lists of their networks: fetched over HTTP, checked, written; and nothing changed by a list that is none."""

import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest

from backend.__main__ import main
from backend.domain import network_ranges

EVERYTHING = {"prefixes": [{"ipv4Prefix": "64.0.0.0/4"}, {"ipv4Prefix": "142.0.0.0/7"}, {"ipv4Prefix": "172.0.0.0/7"},
                           {"ipv4Prefix": "208.0.0.0/4"}, {"ipv6Prefix": "2001:4860::/32"}]}  # fmt: skip
CLOUD = {"prefixes": [{"ipv4Prefix": "64.0.0.0/8", "service": "Google Cloud"}, {"ipv4Prefix": "8.8.8.0/24"}]}
ENDPOINTS = [
    {"serviceArea": "Exchange", "ips": ["40.92.0.0/15", "40.94.0.0/16", "52.96.0.0/11", "2603:1006::/40"]},
    {"serviceArea": "SharePoint", "ips": ["13.107.136.0/22"]},
    {"serviceArea": "Exchange", "urls": ["outlook.office.com"]},
]


@pytest.fixture
def lists():
    """A server of lists: what it answers, by path; and what it was asked."""
    answers = {"/goog.json": EVERYTHING, "/cloud.json": CLOUD, "/endpoints": ENDPOINTS}
    asked = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            told = answers.get(self.path.partition("?")[0])
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(200 if told is not None else 503)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", answers, asked
    server.shutdown()
    server.server_close()


def refresh(lists, into) -> int:
    url = lists[0]
    places = ["--google", f"{url}/goog.json", "--google-cloud", f"{url}/cloud.json"]
    return main(
        ["refresh-networks", *places, "--microsoft", f"{url}/endpoints?ServiceAreas=Exchange", "--into", str(into)]
    )


def read(path):
    spec = importlib.util.spec_from_file_location("ranges", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_lists_are_written_as_a_module(lists, tmp_path, capsys):
    into = tmp_path / "network_ranges.py"
    assert refresh(lists, into) == 0
    found = read(into)
    assert "2001:4860::/32" in found.GOOGLE and "142.0.0.0/7" in found.GOOGLE
    lent = ip_network("64.0.0.0/8")
    assert not any(ip_network(net).overlaps(lent) for net in found.GOOGLE if ":" not in net)
    assert "13.107.136.0/22" not in found.MICROSOFT_MAIL and "2603:1006::/40" in found.MICROSOFT_MAIL
    assert "networks of Google's" in capsys.readouterr().out
    assert any("clientrequestid=" in path for path in lists[2])


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/goog.json", {"prefixes": []}),
        ("/goog.json", {"prefixes": [{"ipv4Prefix": "64.233.160.0/19"}]}),
        ("/goog.json", {"prefixes": [{"ipv4Prefix": "64.233.160.1/19"}]}),
        ("/goog.json", ["no", "list"]),
        ("/cloud.json", b"<html>Maintenance</html>"),
        ("/endpoints", {"error": "busy"}),
        ("/endpoints", [{"serviceArea": "SharePoint", "ips": ["13.107.136.0/22"]}]),
        ("/endpoints", None),
    ],
)
def test_a_list_that_is_none_changes_nothing(lists, tmp_path, capsys, path, answer):
    lists[1][path] = answer
    into = tmp_path / "network_ranges.py"
    into.write_text("as it was")
    assert refresh(lists, into) == 1
    assert into.read_text() == "as it was"
    assert "Nothing was changed" in capsys.readouterr().err


def test_what_is_shipped_can_be_read():
    assert all(ip_network(net) for net in (*network_ranges.GOOGLE, *network_ranges.MICROSOFT_MAIL))

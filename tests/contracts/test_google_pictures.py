"""Who fetches a mail's pictures, from where and under which name?"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests.contracts.google import ALAN, FLYNN, KEVIN, QUORRA
from tests.sandbox.running import RunningSandbox
from tests.sandbox.writing import Draft, compose


@dataclass
class Seen:
    """A picture's server: who asked, and what it says about keeping."""

    url: str = ""
    cache_control: str = "no-store"
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def pictures() -> Iterator[Seen]:
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.requests.append((self.client_address[0], {k.lower(): v for k, v in self.headers.items()}))
            if self.path.startswith("/c/"):
                self.send_response(302)
                self.send_header("Location", "http://elsewhere.example/?a=1&b=2")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            for name, value in (("Content-Type", "image/gif"), ("Cache-Control", seen.cache_control),
                                ("Content-Length", "3"), ("Set-Cookie", "a=b")):  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"GIF")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    seen.url = f"http://localhost:{server.server_port}"
    yield seen
    server.shutdown()
    server.server_close()


def test_the_image_proxy_fetches_as_googles_does(sandbox: RunningSandbox, pictures: Seen) -> None:
    for _ in range(2):
        answer = requests.get(
            f"{sandbox.url}/proxy/image",
            params={"url": f"{pictures.url}/o/t.gif"},
            headers={"Cookie": "secret=1", "Referer": "http://mail/"},
            timeout=10,
        )
        assert (answer.status_code, answer.content) == (200, b"GIF")
        assert "Set-Cookie" not in answer.headers
    assert len(pictures.requests) == 2, "no-store is honoured"
    address, headers = pictures.requests[0]
    assert address == "127.0.9.1"
    assert headers["user-agent"].endswith("(via ggpht.com GoogleImageProxy)")
    assert not {"cookie", "referer"} & set(headers)


def test_the_image_proxy_keeps_what_it_may_keep(sandbox: RunningSandbox, pictures: Seen) -> None:
    pictures.cache_control = "max-age=600"
    for _ in range(2):
        assert sandbox.world.fetch_through_proxy(ALAN, f"{pictures.url}/o/t.gif")[2] == b"GIF"
    assert len(pictures.requests) == 1


def test_people_fetch_with_their_own_programs_from_their_own_addresses(sandbox: RunningSandbox, pictures: Seen) -> None:
    assert sandbox.world.fetch_as(FLYNN, f"{pictures.url}/o/t.gif")[0] == 200
    status, headers, _ = sandbox.world.fetch_as(KEVIN, f"{pictures.url}/c/t?u=x", click=True)
    assert (status, headers["location"]) == (302, "http://elsewhere.example/?a=1&b=2")
    (flynn, flynn_headers), (kevin, kevin_headers) = pictures.requests
    assert flynn == "127.0.2.5" and "Microsoft Outlook" in flynn_headers["user-agent"]
    assert kevin == "127.0.2.6" and "iPhone" in kevin_headers["user-agent"] and "Safari" in kevin_headers["user-agent"]


def test_gmail_may_prefetch_at_delivery_under_another_name(sandbox: RunningSandbox, pictures: Seen) -> None:
    requests.post(f"{sandbox.url}/control/prefetch", json={"address": ALAN}, timeout=10).raise_for_status()
    html = f'<p>Hi</p><img src="{pictures.url}/o/t.gif">'
    sandbox.world.send(QUORRA, compose(Draft(QUORRA, [ALAN], subject="S", html=html)))
    deadline = time.monotonic() + 5
    while not pictures.requests and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert "Edge/12.246" in pictures.requests[0][1]["user-agent"]

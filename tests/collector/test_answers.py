"""What a stranger's program gets, over real HTTP: image, redirect, or an honest no; never a 500 or a cookie."""

import socket
import uuid
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend.collector.answers import GIF
from backend.collector.asgi import destination_in
from backend.domain.destinations import location_of
from backend.domain.devices import DEVICE_COOKIE, SignedDevice, mint_device
from backend.domain.tokens import click_address, mint_token
from backend.store import tables
from tests.collector.serving import KEYS, image

HERE, ELSEWHERE = 11, 12
DESTINATION = "https://flynnsarcade.com/offer?games=space%20paranoids&level=9#high-scores"


def rows(engine, token):
    with engine.begin() as conn:
        return conn.execute(select(tables.hit).where(tables.hit.c.token == token)).mappings().all()


def click_path(destination, workspace_id=HERE):
    token = mint_token("c", workspace_id, KEYS, destination)
    return token, click_address("", token, destination)


def raw(server, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as conn:
        conn.sendall(request)
        conn.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: conn.recv(65536), b""))


def test_an_image_is_answered_once_its_hit_is_stored(http, committed):
    token, path = image(HERE)
    answer = http.get(path, headers={"User-Agent": "Flynn's mail program"})
    (row,) = rows(committed, token)
    assert (answer.status_code, answer.content) == (200, GIF)
    assert len(GIF) == 43
    assert answer.headers["content-type"] == "image/gif"
    assert "no-store" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
    assert (row["workspace_id"], row["kind"], row["method"], str(row["ip"])) == (HERE, "open", "GET", "127.0.0.1")
    assert row["user_agent"] == "Flynn's mail program"
    with committed.begin() as conn:
        assert conn.execute(select(tables.unjudged.c.workspace_id, tables.unjudged.c.hit_id)).all() == [
            (HERE, row["id"])
        ]


def test_an_unknown_image_looks_the_same_and_leaves_nothing(http, committed):
    known, unknown = http.get(image(HERE)[1]), http.get("/o/" + "A" * 32 + ".gif")
    assert (unknown.status_code, unknown.content) == (known.status_code, known.content)
    assert {k: v for k, v in unknown.headers.items() if k != "date"} == {
        k: v for k, v in known.headers.items() if k != "date"
    }
    assert rows(committed, "A" * 32) == []


@pytest.mark.parametrize("path", ["/o/", "/o/x", "/o/a/b.gif", "/o/.gif", "/c/", "/c/short?u=https://a.example"])
def test_what_is_not_shaped_like_an_address_is_not_found(http, path):
    answer = http.get(path)
    assert answer.status_code == 404
    assert "location" not in answer.headers


def test_every_hit_redirects_to_just_its_destination_with_its_query_whole(http, committed):
    token, path = click_path(DESTINATION)
    answer = http.get(path)
    assert answer.status_code in (302, 303, 307)
    assert answer.headers["location"] == DESTINATION
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in answer.headers["cache-control"]
    assert [row["kind"] for row in rows(committed, token)] == ["click"]


def test_a_click_address_leads_nowhere_but_where_it_was_made_for(http, committed):
    """Redirect only to addresses that we made: anything else is a 404, never an open redirect (D14)."""
    token, path = click_path(DESTINATION)
    for forged in (
        f"/c/{token}?u={quote('https://evil.example/', safe='')}",
        f"/c/{token}?u={quote(DESTINATION + '&x=1', safe='')}",
        f"/c/{token}",
        f"/c/{'A' * 32}?u={quote(DESTINATION, safe='')}",
        path.replace("/c/", "/c/x"),
    ):
        answer = http.get(forged)
        assert answer.status_code == 404, forged
        assert "location" not in answer.headers
        assert "nothing at this address" in answer.text
    assert rows(committed, token) == []


def test_a_token_of_one_kind_is_no_token_of_the_other(http, committed):
    token, _ = image(HERE)
    assert http.get(f"/c/{token}?u={quote(DESTINATION, safe='')}").status_code == 404
    click, _ = click_path(DESTINATION)
    assert http.get(f"/o/{click}.gif").status_code == 200
    assert rows(committed, token) == rows(committed, click) == []


def test_head_is_answered_without_a_body_and_kept_as_head(http, committed):
    token, path = image(HERE)
    answer = http.head(path)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "43")
    assert [row["method"] for row in rows(committed, token)] == ["HEAD"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_not_allowed_and_leave_nothing(http, committed, method):
    token, path = image(HERE)
    answer = http.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert rows(committed, token) == []


def test_ranges_and_conditions_get_the_whole_image(http):
    answer = http.get(image(HERE)[1], headers={"Range": "bytes=0-1", "If-None-Match": "*", "If-Modified-Since": "x"})
    assert (answer.status_code, answer.content) == (200, GIF)


def test_the_reps_browser_is_known_by_its_cookie_of_which_only_the_device_is_kept(http, committed):
    device = uuid.uuid4()
    token, path = image(HERE)
    http.get(path, headers={"Cookie": f"a=b; {DEVICE_COOKIE}={mint_device(SignedDevice(HERE, 1, device), KEYS)}; c=d"})
    (row,) = rows(committed, token)
    assert row["device_id"] == device
    assert "cookie" not in str(row["headers"]).lower()


@pytest.mark.parametrize(
    "cookie",
    [
        mint_device(SignedDevice(ELSEWHERE, 1, uuid.uuid4()), KEYS),
        mint_device(SignedDevice(HERE, 1, uuid.uuid4()), (b"somebody else's key of 32 bytes..",)),
        "rubbish",
        "",
    ],
    ids=["another workspace's", "forged", "rubbish", "none"],
)
def test_another_workspaces_device_and_a_forged_one_are_nobodys(http, committed, cookie):
    token, path = image(HERE)
    http.get(path, headers={"Cookie": f"{DEVICE_COOKIE}={cookie}"})
    assert [row["device_id"] for row in rows(committed, token)] == [None]


def test_only_headers_that_tell_people_from_machines_are_kept(http, committed):
    token, path = image(HERE)
    sent = {
        "Accept": "image/webp",
        "Accept-Language": "en-GB",
        "Sec-Purpose": "prefetch",
        "Referer": "https://mail.flynnsarcade.com/inbox/17?secret=1",
        "Authorization": "Bearer secret",
        "Cookie": "session=secret",
        "X-Forwarded-For": "198.51.100.7",
    }
    http.get(path, headers=sent)
    (row,) = rows(committed, token)
    assert row["headers"]["accept"] == "image/webp"
    assert row["headers"]["sec-purpose"] == "prefetch"
    assert row["headers"]["referer-host"] == "mail.flynnsarcade.com"
    assert "secret" not in str(dict(row))
    assert str(row["ip"]) == "127.0.0.1"  # nobody is believed who stands before no proxy of ours


def test_64_kb_of_headers_and_absurd_paths_are_answered(server):
    _, path = image(HERE)
    big = b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(60))
    answer = raw(server, b"GET %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n%s\r\n" % (path.encode(), big))
    assert b" 500 " not in answer.split(b"\r\n")[0]
    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    for absurd in (
        b"/o/%00.gif",
        b"/o/%ff%fe.gif",
        b"/o/%zz.gif",
        b"/c/%0d%0aLocation:x?u=%0d%0a",
        b"/o/" + b"a" * 9000,
    ):
        first = raw(server, b"GET %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n" % absurd).split(b"\r\n")[0]
        assert first.split(b" ")[1] in (b"200", b"404", b"400", b"414"), (absurd, first)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.binary(max_size=80).map(lambda b: b.translate(None, b"\r\n \x00#")),
    agent=st.binary(max_size=80).map(lambda b: b.translate(None, b"\r\n\x00")),
)
def test_any_bytes_in_path_and_headers_are_answered_without_an_error_of_ours(server, path, agent):
    request = b"GET /o/%s.gif HTTP/1.1\r\nHost: t\r\nUser-Agent: %s\r\nConnection: close\r\n\r\n" % (path, agent)
    answer = raw(server, request)
    assert answer.startswith(b"HTTP/1.1 "), (path, agent)
    assert int(answer.split(b" ")[1]) < 500


@given(st.text(max_size=60))
def test_no_destination_breaks_out_of_its_header(text):
    location = location_of(f"https://flynnsarcade.com/{text}")
    assert location is None or not any(byte < 0x21 or byte > 0x7E for byte in location)


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=60))
def test_a_destination_comes_out_of_its_address_as_it_went_in(text):
    address = click_address("https://t.example", "A" * 32, f"https://a.example/?q={text}")
    assert destination_in(address.partition("?")[2].encode()) == f"https://a.example/?q={text}"


@pytest.mark.parametrize(
    "destination", ["javascript:alert(1)", "ftp://a.example/", "//a.example/", "https://", "data:,x", "https://a b/"]
)
def test_only_web_addresses_are_destinations(destination):
    assert location_of(destination) is None


def test_a_destination_in_another_script_is_written_as_browsers_write_it():
    assert location_of("https://bücher.example/ö?q=ü&r=%20") == b"https://xn--bcher-kva.example/%C3%B6?q=%C3%BC&r=%20"

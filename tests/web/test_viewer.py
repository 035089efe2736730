"""The viewer over HTTP: what it shows to whom, what it keeps, and that nothing makes it fall."""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, event, select, update
from sqlalchemy.exc import OperationalError

from backend.adapters.blobs import Blobs
from backend.adapters.documents import Documents
from backend.app import create_app
from backend.domain.devices import DEVICE_COOKIE, SignedDevice, mint_device
from backend.domain.tokens import mint_token
from backend.services import viewing
from backend.services.parts import Parts
from backend.store import document_tables as docs
from backend.store import tables
from tests.reading_room import KEYS, ORIGINAL, PageText, Shelf, Wanted, put_version, share_a_document

PAGES = [
    PageText(("The arcade, page one", "Light cycles for two"), links=("https://shop.gridworks.example/cycles?a=1", 3)),
    PageText(("Page two tells of identity discs",)),
    PageText(("Page three", "STRASSE und Straße")),
]
AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


@pytest.fixture
def app(settings, database, blobs):
    return create_app(
        Parts(
            settings=settings,
            engine=database,
            google=None,
            gmail=None,
            secrets=None,
            blobs=blobs,
            documents=Documents(),
        )
    )


@pytest.fixture
def reader(browser) -> FlaskClient:
    return browser()


@pytest.fixture
def shelf(conn, blobs, gridworks) -> Shelf:
    return share_a_document(conn, blobs, gridworks, PAGES)


def change(conn: Connection, shelf: Shelf, **values) -> None:
    conn.execute(update(docs.share).where(docs.share.c.id == shelf.share_id).values(**values))


def hits(conn: Connection) -> list:
    return conn.execute(select(tables.hit).order_by(tables.hit.c.received_at, tables.hit.c.id)).all()


def image_path(shelf: Shelf, page: int = 1, width: int = 800) -> str:
    return f"{shelf.path}/pages/{shelf.version_id}/{page}/{width}"


def open_visit(reader: FlaskClient, shelf: Shelf) -> UUID:
    told = reader.get(shelf.path, headers=AGENT).text
    return UUID(re.search(r'data-visit="([0-9a-f-]{36})"', told)[1])


def beacon(seq: int = 0, **changes) -> dict:
    return {"seq": seq, "at_ms": 500 + 3000 * seq, "state": "reading", "page": 1, "pages": {"1": 400}, **changes}


def test_the_page_carries_its_first_page(reader, shelf, conn):
    answer = reader.get(shelf.path, headers={**AGENT, "Accept-Language": "de", "X-Secret": "no", "Cookie": "a=b"})
    assert answer.status_code == 200
    assert "Arcade offer.pdf" in answer.text and "Quorra Reed" in answer.text
    visit = conn.execute(select(docs.visit)).one()
    assert f"{image_path(shelf)}?v={visit.id}" in answer.text
    hit = hits(conn)[0]
    assert (hit.kind, hit.id, hit.token, hit.method) == ("visit", visit.id, shelf.token, "GET")
    assert hit.headers == {"accept-language": "de"} and hit.user_agent == AGENT["User-Agent"]
    assert conn.execute(select(tables.unjudged.c.hit_id)).scalars().all() == [visit.id]


def test_nobody_else_is_told_of_it(reader, shelf):
    answer = reader.get(shelf.path)
    assert "noindex" in answer.headers["X-Robots-Tag"] and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer" and "Set-Cookie" not in answer.headers
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]* src=)|style=|onclick", answer.text)
    picture = reader.get(image_path(shelf))
    assert picture.status_code == 200 and picture.mimetype == "image/webp" and picture.data[:4] == b"RIFF"
    assert "private" in picture.headers["Cache-Control"] and "public" not in picture.headers["Cache-Control"]
    assert "noindex" in picture.headers["X-Robots-Tag"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"off_at": datetime(2026, 11, 1, tzinfo=UTC)}, "no longer shared"),
        ({"expires_at": datetime(2026, 11, 1, tzinfo=UTC)}, "has expired"),
    ],
)
def test_a_closed_share_shows_one_calm_page_and_nothing_more(reader, shelf, conn, changes, words):
    visit = open_visit(reader, shelf)
    change(conn, shelf, **changes)
    answer = reader.get(shelf.path)
    assert answer.status_code == 410 and words in answer.text and "Arcade" not in answer.text
    places = (
        "download",
        f"layer/{shelf.version_id}/1",
        f"search/{shelf.version_id}?q=page",
        f"go/{shelf.version_id}/1/0",
    )
    for path in (image_path(shelf), *(f"{shelf.path}/{place}" for place in places)):
        assert reader.get(path).status_code == 410
    told = {"visit": str(visit), "beacons": [beacon()]}
    assert reader.post(f"{shelf.path}/pages", json=told).status_code == 410
    assert conn.execute(select(docs.beacon)).all() == [] and len(hits(conn)) == 1


def test_it_lasts_until_it_expires(reader, shelf, conn):
    change(conn, shelf, expires_at=datetime.now(UTC) + timedelta(days=1))
    assert reader.get(shelf.path).status_code == 200


@pytest.mark.parametrize("kind", ["forged", "short", "unknown", "of an image", "odd"])
def test_what_is_not_ours_is_not_there(reader, shelf, gridworks, kind):
    token = {
        "forged": ("A" if shelf.token[0] != "A" else "B") + shelf.token[1:],
        "short": shelf.token[:31],
        "unknown": mint_token("d", gridworks.workspace_id, KEYS),
        "of an image": mint_token("o", gridworks.workspace_id, KEYS),
        "odd": "%00%ff'--",
    }[kind]
    for path in ("", "/download", f"/pages/{shelf.version_id}/1/800"):
        answer = reader.get(f"/d/{token}{path}")
        assert answer.status_code == 404 and "no document at this address" in answer.text


def test_an_address_opens_its_own_document_only(reader, shelf, conn, blobs, othergrid, gridworks):
    other = share_a_document(conn, blobs, othergrid, PAGES, Wanted("Theirs.pdf"))
    second = share_a_document(conn, blobs, gridworks, PAGES, Wanted("Second.pdf"))
    for foreign in (other, second):
        for place in (
            f"pages/{foreign.version_id}/1/800",
            f"layer/{foreign.version_id}/1",
            f"go/{foreign.version_id}/1/0",
        ):
            assert reader.get(f"{shelf.path}/{place}").status_code == 404
        assert reader.get(f"{shelf.path}/search/{foreign.version_id}?q=page").status_code == 404
        visit = open_visit(reader, foreign)
        reader.post(f"{shelf.path}/pages", json={"visit": str(visit), "beacons": [beacon()]})
        reader.get(f"{image_path(shelf)}?v={visit}")
    assert conn.execute(select(docs.beacon)).all() == [] == conn.execute(select(docs.page_load)).all()


def test_an_older_version_stays_for_who_saw_it_and_for_nobody_else(reader, shelf, conn, blobs, gridworks):
    newer = put_version(conn, blobs, gridworks, shelf.document_id, PAGES[:1], Wanted())
    assert reader.get(image_path(shelf)).status_code == 404  # this share has never shown it
    conn.execute(update(docs.document).values(version_id=shelf.version_id))
    visit = open_visit(reader, shelf)
    conn.execute(update(docs.document).values(version_id=newer))
    assert reader.get(image_path(shelf, 2)).status_code == 200
    assert f"/pages/{shelf.version_id}/2/" in reader.get(f"{shelf.path}?page=2&v={visit}").text
    assert f"/pages/{newer}/1/" in reader.get(shelf.path).text


def test_without_scripts_pages_are_turned_and_counted_by_their_images(reader, shelf, conn):
    visit = open_visit(reader, shelf)
    reader.get(f"{image_path(shelf)}?v={visit}")
    told = reader.get(f"{shelf.path}?page=2&v={visit}").text
    assert f"?page=1&amp;v={visit}" in told and f"?page=3&amp;v={visit}" in told and "identity discs" in told
    reader.get(f"{image_path(shelf, 2)}?v={visit}")
    reader.get(f"{image_path(shelf, 2)}?v={visit}")
    reader.get(image_path(shelf, 3))  # fetched ahead: nobody has seen it
    assert conn.execute(select(docs.page_load.c.page).order_by(docs.page_load.c.page)).scalars().all() == [1, 2]
    assert len(hits(conn)) == 1


@pytest.mark.parametrize("asked", ["page=0", "page=99", "page=-1", "page=x", "v=x", "page=2&v=" + "0" * 36])
def test_odd_places_show_a_page_all_the_same(reader, shelf, asked):
    assert reader.get(f"{shelf.path}?{asked}").status_code == 200


def test_beacons_are_kept_once_and_have_the_visit_judged_anew(reader, shelf, conn):
    visit = open_visit(reader, shelf)
    conn.execute(tables.unjudged.delete())
    told = {"visit": str(visit), "beacons": [beacon(0), beacon(1, page=2, pages={"1": 100, "2": 2500})]}
    for _ in range(2):
        assert reader.post(f"{shelf.path}/pages", json=told).status_code == 204
    told["beacons"].append(beacon(2, state="left"))
    assert reader.post(f"{shelf.path}/pages", data=json.dumps(told)).status_code == 204  # sendBeacon: text
    kept = conn.execute(select(docs.beacon).order_by(docs.beacon.c.seq)).all()
    assert [row.body for row in kept] == told["beacons"]
    assert conn.execute(select(tables.unjudged.c.hit_id)).scalars().all() == [visit]


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"x",
            b"null",
            b"[]",
            b"{}",
            b'"' + b"a" * 1000,
            b"[" * 30_000,
            b"\xff\xfe",
            b'{"visit":1,"beacons":[]}',
        ),
        *(b'{"visit":"%s","beacons":{}}', b'{"visit":"%s","beacons":[1,null,[],"x",{}]}'),
        *(b'{"visit":"%s","beacons":[{"seq":-1}]}', b'{"visit":"%s","beacons":[{"seq":1e400,"state":"reading"}]}'),
        b'{"visit":"%s","beacons":[{"seq":99999999999999999999,"state":"reading"}]}',
        b'{"visit":"%s","beacons":[{"seq":1,"state":"dancing","page":1,"at_ms":1,"pages":{}}]}',
        b'{"visit":"%s","beacons":[{"seq":1,"state":"reading","page":NaN,"at_ms":1,"pages":{}}]}',
        b'{"visit":"%s","beacons":[{"seq":1,"state":"reading","page":1,"at_ms":Infinity,"pages":{}}]}',
        b'{"visit":"%s","beacons":[{"seq":1,"state":"reading","page":1,"at_ms":1,"pages":{"\\u0000":1}}]}',
        b'{"visit":"%s","beacons":[{"seq":1,"state":"reading","page":1,"at_ms":1,"pages":{"1":"a"}}]}',
        b'{"visit":"%s","beacons":[{"seq":1,"state":["reading"],"page":1,"at_ms":1,"pages":{}}]}',
    ],
)
def test_whatever_is_posted_nothing_falls(reader, shelf, conn, body):
    visit = open_visit(reader, shelf)
    answer = reader.post(f"{shelf.path}/pages", data=body.replace(b"%s", str(visit).encode()))
    assert answer.status_code in (204, 400)
    assert conn.execute(select(docs.beacon)).all() == []


def test_a_huge_body_is_not_read(reader, shelf):
    assert reader.post(f"{shelf.path}/pages", data=b"[" * 100_000).status_code == 413
    assert reader.post(f"{shelf.path}/pages", data=b"[" * 2_000_000).status_code == 413


def test_beacons_of_no_visit_are_dropped(reader, shelf, conn):
    told = {"visit": str(uuid4()), "beacons": [beacon()]}
    assert reader.post(f"{shelf.path}/pages", json=told).status_code == 204
    assert conn.execute(select(docs.beacon)).all() == []


def test_a_download_is_the_original_to_the_byte_and_counts_once(reader, shelf, conn):
    visit = open_visit(reader, shelf)
    answer = reader.get(f"{shelf.path}/download?v={visit}")
    assert answer.status_code == 200 and answer.data == ORIGINAL
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="Arcade offer.pdf"')
    part = reader.get(f"{shelf.path}/download?v={visit}", headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and part.data == ORIGINAL[100:200]
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(ORIGINAL)}"
    assert reader.get(f"{shelf.path}/download", headers={"Range": "bytes=-10"}).data == ORIGINAL[-10:]
    assert reader.get(f"{shelf.path}/download", headers={"Range": f"bytes={len(ORIGINAL)}-"}).status_code == 416
    assert reader.get(f"{shelf.path}/download", headers={"Range": "bytes=5-1"}).data == ORIGINAL
    downloads = [hit for hit in hits(conn) if hit.kind == "download"]
    assert downloads[0].detail == {"visit": str(visit)} and len(downloads) == 2


def test_a_name_in_any_script_survives_its_header(reader, conn, blobs, gridworks):
    shelf = share_a_document(conn, blobs, gridworks, PAGES, Wanted('Angebot "Grüße" 光.pdf\r\nX: y'))
    told = reader.get(f"{shelf.path}/download").headers["Content-Disposition"]
    assert "filename*=UTF-8''Angebot%20%22Gr%C3%BC%C3%9Fe%22%20%E5%85%89.pdf%0D%0AX%3A%20y" in told and "\n" not in told


def test_no_download_where_the_sender_wants_none(reader, shelf, conn):
    change(conn, shelf, allows_download=False)
    assert "Download" not in reader.get(shelf.path).text
    assert reader.get(f"{shelf.path}/download").status_code == 404


def test_a_link_of_the_document_is_followed_and_counted(reader, shelf, conn):
    visit = open_visit(reader, shelf)
    answer = reader.get(f"{shelf.path}/go/{shelf.version_id}/1/0?v={visit}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://shop.gridworks.example/cycles?a=1")
    followed = [hit for hit in hits(conn) if hit.kind == "follow"]
    assert [hit.detail for hit in followed] == [
        {"visit": str(visit), "page": 1, "link": "https://shop.gridworks.example/cycles?a=1"}
    ]
    assert reader.get(f"{shelf.path}/go/{shelf.version_id}/1/1").status_code == 404  # leads to a page, not out
    assert reader.get(f"{shelf.path}/go/{shelf.version_id}/1/9").status_code == 404


def test_a_look_ahead_is_kept_as_one(reader, shelf, conn):
    assert reader.head(shelf.path).status_code == 200
    assert [(hit.kind, hit.method) for hit in hits(conn)] == [("visit", "HEAD")]
    assert conn.execute(select(docs.visit)).all() == []


def test_a_rep_is_known_by_her_browser(reader, shelf, conn, gridworks, othergrid):
    device = uuid4()
    for tenant in (gridworks, othergrid):
        value = mint_device(SignedDevice(tenant.workspace_id, 1, device), KEYS)
        reader.application.test_client(use_cookies=False).get(
            shelf.path, headers={"Cookie": f"{DEVICE_COOKIE}={value}"}
        )
    assert [hit.device_id for hit in hits(conn)] == [device, None]


def test_words_are_found_in_either_case_and_across(reader, shelf):
    def find(words: str) -> list:
        return reader.get(f"{shelf.path}/search/{shelf.version_id}", query_string={"q": words}).json["found"]

    assert find("PAGE") == [{"page": n, "words": words} for n, words in ((1, [[2, 2]]), (2, [[0, 0]]), (3, [[0, 0]]))]
    assert find("identity   discs") == [{"page": 2, "words": [[4, 5]]}]
    assert find("ntity di") == [{"page": 2, "words": [[4, 5]]}]
    assert find("straße") == [{"page": 3, "words": [[2, 2], [4, 4]]}]
    assert find("%") == find("_") == find("") == find("\0") == find("'") == []


def test_a_matches_words_are_where_the_phrase_is():
    words = ["Light", "cycles", "light", "CYCLES", "x"]
    assert viewing.find_words(words, "light cycles") == [(0, 1), (2, 3)]
    assert viewing.find_words(words, "x") == [(4, 4)] and viewing.find_words([], "x") == []


def test_who_objects_is_recorded_no_more_until_it_is_taken_back(reader, shelf, conn):
    visit = open_visit(reader, shelf)
    assert reader.post(f"{shelf.path}/recording", data={"record": "no"}).status_code == 303
    told = reader.get(shelf.path).text
    assert 'data-visit=""' in told and "?v=" not in told and "Nothing is recorded" in told
    reader.post(f"{shelf.path}/pages", json={"visit": str(visit), "beacons": [beacon()]})
    reader.get(f"{image_path(shelf)}?v={visit}")
    reader.get(f"{shelf.path}/download?v={visit}")
    reader.get(f"{shelf.path}/go/{shelf.version_id}/1/0?v={visit}")
    assert len(hits(conn)) == 1
    assert conn.execute(select(docs.beacon)).all() == [] == conn.execute(select(docs.page_load)).all()
    reader.post(f"{shelf.path}/recording", data={"record": "yes"})
    assert open_visit(reader, shelf) != visit


def test_the_gate_shows_nothing_before_an_address_is_given(browser, conn, blobs, gridworks):
    shelf = share_a_document(conn, blobs, gridworks, PAGES, Wanted(document={"asks_email": True}))
    reader = browser()
    told = reader.get(shelf.path)
    assert told.status_code == 200 and "Arcade" not in told.text and "/pages/" not in told.text
    assert reader.get(image_path(shelf)).status_code == 404 == reader.get(f"{shelf.path}/download").status_code
    for bad in ("", "flynn", "flynn@", "a b@c.de", "x@y", "<script>@x.de", "f@" + "a" * 300 + ".de", "f\0@x.de"):
        refused = reader.post(shelf.path, data={"email": bad})
        assert refused.status_code == 400 and "does not look like" in refused.text and "<script>@" not in refused.text
    visit = conn.execute(select(docs.visit)).one()
    assert f'name="v" value="{visit.id}"' in told.text and visit.reader == ""
    signed = reader.post(shelf.path, data={"email": " Flynn@Arcade.example ", "v": str(visit.id)})
    cookie = signed.headers["Set-Cookie"]
    assert signed.status_code == 303 and f"Path={shelf.path}" in cookie and "HttpOnly" in cookie and "Secure" in cookie
    assert f'data-visit="{visit.id}"' in reader.get(signed.headers["Location"]).text
    assert conn.execute(select(docs.visit.c.reader)).scalars().all() == ["flynn@arcade.example"]
    assert reader.get(image_path(shelf)).status_code == 200
    other = share_a_document(conn, blobs, gridworks, PAGES, Wanted(document={"asks_email": True}))
    value = cookie.partition("=")[2].partition(";")[0]
    stranger = reader.application.test_client(use_cookies=False)
    assert "data-visit" not in stranger.get(other.path, headers={"Cookie": f"readback-reader={value}"}).text


def test_the_rest_comes_while_it_is_being_converted(reader, conn, blobs, gridworks):
    shelf = share_a_document(conn, blobs, gridworks, PAGES[:2], Wanted(pages=12))
    assert 'data-pages="12"' in reader.get(shelf.path).text
    assert reader.get(f"{shelf.path}/outline/{shelf.version_id}").json == {"sizes": [[595.0, 842.0, 2]], "pages": 12}
    assert reader.get(image_path(shelf, 3)).status_code == 404


def test_a_watermark_is_in_the_image_and_the_file_stays(reader, shelf, conn):
    plain = reader.get(image_path(shelf)).data
    change(conn, shelf, has_watermark=True)
    marked = reader.get(image_path(shelf))
    assert marked.status_code == 200 and marked.mimetype == "image/webp" and marked.data != plain
    change(conn, shelf, recipient="flynn@arcade.example")
    assert reader.get(image_path(shelf)).data != marked.data
    assert reader.get(f"{shelf.path}/download").status_code == 404
    assert "Download" not in reader.get(shelf.path).text


def test_the_database_being_away_is_told_calmly(reader, shelf, database, monkeypatch):
    def away() -> None:
        raise OperationalError("SELECT 1", {}, Exception("the server is away"))

    monkeypatch.setattr(database, "begin", away)
    answer = reader.get(shelf.path)
    assert answer.status_code == 503 and "again in a moment" in answer.text
    assert reader.post(f"{shelf.path}/pages", json={"visit": str(uuid4()), "beacons": []}).status_code == 503


def test_only_gets_and_posts(reader, shelf):
    assert reader.put(shelf.path).status_code == 405


def test_an_open_takes_few_queries(reader, shelf, engine):
    asked = []
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    reader.get(shelf.path)
    assert len([sql for sql in asked if not sql.startswith(("SAVEPOINT", "RELEASE"))]) <= 10

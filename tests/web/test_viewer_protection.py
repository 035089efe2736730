"""What the sender wants, held: closed, foreign, labelled, in parts, too often, and while our store is in trouble."""

# ruff: noqa: F811 (fixtures of a neighbour)

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, delete, insert, select, update

from backend.domain.tokens import read_token
from backend.errors import NotFound, Transient
from backend.store import document_tables as docs
from backend.store import tables
from backend.web import viewer
from backend.web.bounds import Bound
from backend.web.limits import limiter
from tests.reading_room import KEYS, ORIGINAL, PageText, Shelf, Wanted, share_a_document
from tests.web.test_viewer import AGENT, PAGES, app, beacon, blobs, image_path, reader, shelf  # noqa: F401

PAST = datetime(2026, 11, 1, tzinfo=UTC)
VISIT = "00000000-0000-7000-8000-000000000001"
ADDRESSES = (
    ("GET", "?page=1"),
    ("GET", "/pages/{version}/1/800"),
    ("GET", "/layer/{version}/1"),
    ("GET", "/outline/{version}"),
    ("GET", "/search/{version}?q=page"),
    ("GET", "/go/{version}/1/0"),
    ("GET", "/download"),
    ("GET", "/recording"),
    ("GET", "/cover.jpg"),
    ("POST", "/pages"),
)
GETS = [path for method, path in ADDRESSES if method == "GET"]
ABOUT_A_VERSION = [path for _, path in ADDRESSES if "{version}" in path]


def change(conn: Connection, shelf: Shelf, **values) -> None:
    conn.execute(update(docs.share).where(docs.share.c.id == shelf.share_id).values(**values))


def ask(client: FlaskClient, shelf: Shelf, address: tuple[str, str], version_id: int | None = None, **more):
    method, path = address
    told = {"json": {"visit": VISIT, "beacons": [beacon()]}} if method == "POST" else {}
    path = path.format(version=shelf.version_id if version_id is None else version_id)
    return client.open(f"{shelf.path}{path}", method=method, **told, **more)


@pytest.fixture
def covered(conn, blobs, shelf) -> Shelf:
    """A document with a picture for the mail."""
    digest = blobs.put(shelf.tenant.workspace_id, b"\xff\xd8\xff a cover")
    conn.execute(update(docs.document_version).values(cover_digest=digest))
    return shelf


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_what_is_switched_off_or_expired_is_shut_at_every_address(reader, covered, conn, address):
    assert ask(reader, covered, address).status_code in (200, 204, 302, 303)
    for closed in ({"off_at": PAST}, {"off_at": None, "expires_at": PAST}):
        change(conn, covered, **closed)
        answer = ask(reader, covered, address)
        assert answer.status_code == (404 if "cover" in address[1] else 410)
        assert b"Arcade" not in answer.data and b"Light" not in answer.data and ORIGINAL not in answer.data
    change(conn, covered, expires_at=None)
    assert ask(reader, covered, address).status_code in (200, 204, 302, 303)


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_no_address_is_for_search_engines_or_shared_caches(reader, covered, conn, address):
    for _ in range(1 if "cover" in address[1] else 2):
        answer = ask(reader, covered, address)
        assert "noindex" in answer.headers["X-Robots-Tag"] and answer.headers["Referrer-Policy"] == "no-referrer"
        keeping = answer.headers["Cache-Control"]
        assert "private" in keeping or "no-store" in keeping
        assert "public" not in keeping and "s-maxage" not in keeping
        change(conn, covered, off_at=PAST)


@pytest.mark.parametrize("path", GETS)
def test_head_says_what_get_would_and_shows_nothing(reader, covered, conn, path):
    answer, told = ask(reader, covered, ("HEAD", path)), ask(reader, covered, ("GET", path))
    assert (answer.status_code, answer.data) == (told.status_code, b"")
    assert answer.mimetype == told.mimetype
    kept = conn.execute(select(tables.hit.c.method).where(tables.hit.c.method == "HEAD")).scalars().all()
    assert len(kept) == (1 if path in ("?page=1", "/go/{version}/1/0", "/download") else 0)
    assert conn.execute(select(docs.visit)).all() == [] or path == "?page=1"


def test_a_tokens_end_cannot_be_guessed(shelf):
    assert read_token("d", shelf.token, KEYS) == shelf.tenant.workspace_id and len(shelf.token) >= 32
    for place in range(len(shelf.token)):
        other = "A" if shelf.token[place] != "A" else "B"
        assert read_token("d", shelf.token[:place] + other + shelf.token[place + 1 :], KEYS) is None


@pytest.mark.parametrize("path", ["/d/", "/d", "/t/", "/d/{token}/", "/d/{token}/pages", "/d/{token}/pages/{version}"])
def test_there_is_no_list_of_anything(reader, shelf, path):
    answer = reader.get(path.format(token=shelf.token, version=shelf.version_id))
    assert answer.status_code in (404, 405) and "Arcade" not in answer.text


@pytest.mark.parametrize("path", ABOUT_A_VERSION)
def test_another_workspaces_version_is_not_there_under_a_valid_address(reader, shelf, conn, blobs, othergrid, path):
    theirs = share_a_document(conn, blobs, othergrid, PAGES, Wanted("Theirs.pdf"))
    second = share_a_document(conn, blobs, shelf.tenant, PAGES, Wanted("Second.pdf"))
    for foreign in (theirs.version_id, second.version_id, 0, 9223372036854775807):
        answer = ask(reader, shelf, ("GET", path), foreign)
        assert answer.status_code == 404 and b"Light" not in answer.data
    for number in (0, 4, 100000):
        if "/1" in path:
            assert ask(reader, shelf, ("GET", path.replace("}/1", f"}}/{number}"))).status_code == 404


def test_another_workspaces_visit_is_nothing_here(reader, shelf, conn, blobs, othergrid):
    theirs = share_a_document(conn, blobs, othergrid, PAGES, Wanted("Theirs.pdf"))
    reader.get(theirs.path, headers=AGENT)
    visit = conn.execute(select(docs.visit.c.id)).scalar_one()
    reader.get(f"{image_path(shelf)}?v={visit}")
    reader.post(f"{shelf.path}/pages", json={"visit": str(visit), "beacons": [beacon()]})
    for path in ("download", f"go/{shelf.version_id}/1/0"):
        reader.get(f"{shelf.path}/{path}?v={visit}")
    assert conn.execute(select(docs.beacon)).all() == [] == conn.execute(select(docs.page_load)).all()
    own = tables.hit.c.workspace_id == shelf.tenant.workspace_id
    assert [row.detail["visit"] for row in conn.execute(select(tables.hit).where(own))] == [None, None]
    assert f'data-visit="{visit}"' not in reader.get(f"{shelf.path}?v={visit}", headers=AGENT).text


def test_the_picture_in_the_mail_counts_for_nothing(reader, covered, conn):
    for _ in range(3):
        assert reader.get(f"{covered.path}/cover.jpg", headers=AGENT).status_code == 200
    assert conn.execute(select(tables.hit)).all() == [] == conn.execute(select(docs.visit)).all()


TAG, SIZE = "{tag}", len(ORIGINAL)


@pytest.mark.parametrize(
    ("headers", "status", "start", "end"),
    [
        ({}, 200, 0, SIZE),
        ({"Range": "bytes=0-0"}, 206, 0, 1),
        ({"Range": "bytes=100-199"}, 206, 100, 200),
        ({"Range": "bytes=100-"}, 206, 100, SIZE),
        ({"Range": "bytes=0-"}, 206, 0, SIZE),
        ({"Range": "bytes=-10"}, 206, SIZE - 10, SIZE),
        ({"Range": f"bytes=-{10**40}"}, 206, 0, SIZE),
        ({"Range": f"bytes=5-{10**40}"}, 206, 5, SIZE),
        ({"Range": f"bytes={SIZE}-"}, 416, 0, 0),
        ({"Range": f"bytes={10**40}-"}, 416, 0, 0),
        ({"Range": "bytes=-0"}, 416, 0, 0),
        *(
            ({"Range": odd}, 200, 0, SIZE)
            for odd in (
                "bytes=5-1",
                "bytes=-",
                "bytes=",
                "bytes=a-b",
                "lines=1-2",
                "bytes=0-1,4-5",
                "bytes=٣-٤",
                "bytes=-1-2",
            )
        ),
        ({"Range": "bytes=100-199", "If-Range": TAG}, 206, 100, 200),
        ({"Range": "bytes=100-199", "If-Range": '"of another version"'}, 200, 0, SIZE),
        ({"Range": "bytes=100-199", "If-Range": f"W/{TAG}"}, 200, 0, SIZE),
        ({"Range": "bytes=100-199", "If-Range": "Tue, 24 Nov 2026 14:05:00 GMT"}, 200, 0, SIZE),
        ({"If-None-Match": TAG}, 304, 0, 0),
        ({"If-None-Match": f'"x", W/{TAG}', "Range": "bytes=0-1"}, 304, 0, 0),
        ({"If-None-Match": "*"}, 304, 0, 0),
        ({"If-None-Match": '"x"'}, 200, 0, SIZE),
    ],
)
def test_a_download_is_resumed_by_the_book(reader, shelf, conn, headers, status, start, end):
    told = {name: value.replace(TAG, f'"{shelf.digest}"').encode().decode("latin-1") for name, value in headers.items()}
    answer = reader.get(f"{shelf.path}/download", headers={**AGENT, **told})
    assert answer.status_code == status and answer.data == ORIGINAL[start:end]
    assert answer.headers["ETag"] == f'"{shelf.digest}"' and answer.headers["Accept-Ranges"] == "bytes"
    spot = {206: f"bytes {start}-{end - 1}/{SIZE}", 416: f"bytes */{SIZE}"}.get(status)
    assert answer.headers.get("Content-Range") == spot
    counted = conn.execute(select(tables.hit).where(tables.hit.c.kind == "download")).all()
    assert len(counted) == (1 if status in (200, 206) and start == 0 else 0)


def test_head_of_a_part_is_the_whole_file_without_its_bytes(reader, shelf):
    answer = reader.head(f"{shelf.path}/download", headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", str(SIZE))


class SmallPrinter:
    """Puts the label behind the image, so that it can be read."""

    def stamp(self, image: bytes, label: str) -> bytes:
        return b"RIFF" + label.encode()


@pytest.fixture
def printer(app) -> None:
    app.extensions["readback"] = replace(app.extensions["readback"], documents=SmallPrinter())


def test_a_label_names_whom_the_mail_shows_and_nobody_in_blind_copy(reader, printer, shelf, conn):
    change(conn, shelf, has_watermark=True)
    own = {"workspace_id": shelf.tenant.workspace_id, "message_id": shelf.message_id}
    conn.execute(insert(tables.recipient).values(**own, address="kevin@encom.example", name="Kevin", role="bcc"))
    told = reader.get(image_path(shelf)).data
    assert told == b"RIFFflynn@arcade.example, alan@encom.example"
    change(conn, shelf, recipient="kevin@encom.example")
    assert reader.get(image_path(shelf)).data == b"RIFFkevin@encom.example"


def test_a_label_is_there_before_anybody_is_known(reader, printer, shelf, conn):
    change(conn, shelf, has_watermark=True)
    conn.execute(delete(tables.recipient))
    assert reader.get(image_path(shelf)).data == b"RIFFfrom Quorra Reed"


def test_a_label_is_whose_address_was_given(browser, app, printer, conn, blobs, gridworks):
    shelf = share_a_document(
        conn, blobs, gridworks, PAGES, Wanted(document={"asks_email": True}, share={"has_watermark": True})
    )
    reader = browser()
    reader.post(shelf.path, data={"email": "kevin@encom.example"})
    assert reader.get(image_path(shelf)).data == b"RIFFkevin@encom.example"


def test_labels_are_drawn_a_few_at_a_time(reader, printer, shelf, conn, monkeypatch):
    change(conn, shelf, has_watermark=True)
    bound = Bound(1, wait_s=0)
    monkeypatch.setattr(viewer, "_STAMPING", bound)
    with bound:
        answer = reader.get(image_path(shelf))
        assert answer.status_code == 429 and answer.headers["Retry-After"] and "A little slower" in answer.text
        assert reader.head(image_path(shelf)).status_code == 200  # draws nothing
    assert reader.get(image_path(shelf)).status_code == 200


def test_slow_downloads_and_a_store_that_hangs_leave_room_for_others(reader, shelf, conn, monkeypatch):
    monkeypatch.setattr(viewer, "_TAKING_AWAY", Bound(1, wait_s=0))
    monkeypatch.setattr(viewer, "_FETCHING", Bound(1, wait_s=0))
    first = reader.get(f"{shelf.path}/download")
    assert reader.get(f"{shelf.path}/download").status_code == 429
    assert reader.head(f"{shelf.path}/download").status_code == 200 == reader.get(image_path(shelf)).status_code
    first.close()
    assert reader.get(f"{shelf.path}/download").data == ORIGINAL
    assert len(conn.execute(select(tables.hit).where(tables.hit.c.kind == "download")).all()) == 3  # one of them HEAD
    with viewer._FETCHING:
        assert reader.get(image_path(shelf)).status_code == 429


@pytest.mark.parametrize(
    ("method", "path", "often"),
    [("POST", "", 30), ("POST", "/recording", 30), ("GET", "/search/{version}?q=x", 240), ("POST", "/pages", 1200)],
)
def test_nobody_knocks_without_end(app, reader, shelf, method, path, often):
    for _ in range(often):  # the limit holds before anything is looked at, so most of these cost nothing
        assert reader.open(f"/d/nobody{path.format(version=1)}", method=method).status_code in (400, 404)
    answer = ask(reader, shelf, (method, path))
    assert answer.status_code == 429 and answer.headers["Retry-After"]
    assert (b"A little slower" in answer.data) == (path != "/pages")
    assert reader.get(shelf.path).status_code == 200  # who reads, reads on
    limiter.reset()


def test_a_body_without_a_length_is_bounded_too(reader, shelf):
    for size, status in ((60_000, 204), (70_000, 413), (2_000_000, 413)):
        body = io.BytesIO(b'{"visit":"%s","beacons":[]}' % VISIT.encode() + b" " * size)
        chunked = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
        answer = reader.post(f"{shelf.path}/pages", environ_overrides=chunked)
        assert answer.status_code == status


def test_a_search_ends_with_what_can_be_shown(reader, conn, blobs, gridworks):
    shelf = share_a_document(conn, blobs, gridworks, [PageText(("a " * 90, "b"))] * 20)
    told = reader.get(f"{shelf.path}/search/{shelf.version_id}?q=a").json["found"]
    assert sum(len(page["words"]) for page in told) == 500 and len(told) < 20
    asked = {"q": "a " * 5000}  # cut to what fits into the field
    assert reader.get(f"{shelf.path}/search/{shelf.version_id}", query_string=asked).json["found"][0]["words"][0] == [
        0,
        49,
    ]


class TroubledBlobs:
    """The store of documents while something is wrong with it."""

    def __init__(self, problem: Exception) -> None:
        self.problem = problem

    def read(self, workspace_id: int, digest: str) -> bytes:
        raise self.problem

    def size(self, workspace_id: int, digest: str) -> int:
        raise self.problem


@pytest.mark.parametrize("problem", [NotFound(), Transient(), TimeoutError(), OSError(), ValueError("odd")], ids=repr)
def test_bytes_that_are_not_to_be_had_are_asked_for_again(app, reader, shelf, conn, problem):
    visit = ask(reader, shelf, ("GET", "?page=1"), headers=AGENT).text.split('data-visit="')[1][:36]
    app.extensions["readback"] = replace(app.extensions["readback"], blobs=TroubledBlobs(problem))
    for path in (f"{image_path(shelf)}?v={visit}", f"{shelf.path}/download?v={visit}"):
        answer = reader.get(path)
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
        assert "Nothing is lost" in answer.text and answer.headers["Cache-Control"] == "no-store"
    assert reader.get(shelf.path).status_code == 200  # the words and the places of the pages are there all the same
    assert conn.execute(select(docs.page_load)).all() == []  # nobody has seen it
    assert conn.execute(select(tables.hit).where(tables.hit.c.kind == "download")).all() == []

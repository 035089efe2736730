"""May the reading be recorded? The workspace says, each reader for themselves; the server holds to it everywhere."""

# ruff: noqa: F811 (fixtures of a neighbour)

import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, select, update

from backend.store import document_tables as docs
from backend.store import tables
from tests.reading_room import Shelf, Wanted, share_a_document
from tests.web.test_viewer import AGENT, PAGES, app, beacon, blobs, image_path, reader, shelf  # noqa: F401

EVERYTHING = ("hit", "visit", "beacon", "page_load")


def set_privacy(conn: Connection, shelf: Shelf, privacy: str) -> None:
    own = tables.workspace.c.workspace_id == shelf.tenant.workspace_id
    conn.execute(update(tables.workspace).where(own).values(reader_privacy=privacy))


def kept(conn: Connection, shelf: Shelf) -> dict[str, int]:
    """How much is stored of the readers of a workspace."""
    found = {}
    for name in EVERYTHING:
        table = tables.metadata.tables[name]
        own = table.c.workspace_id == shelf.tenant.workspace_id
        found[name] = len(conn.execute(select(table).where(own)).all())
    return {name: count for name, count in found.items() if count}


def share_row(conn: Connection, shelf: Shelf):
    return conn.execute(select(docs.share).where(docs.share.c.id == shelf.share_id)).one()


def visit_in(told: str) -> UUID | None:
    found = re.search(r'data-visit="([0-9a-f-]*)"', told)[1]
    return UUID(found) if found else None


def open_it(client: FlaskClient, shelf: Shelf) -> UUID | None:
    return visit_in(client.get(shelf.path, headers=AGENT).text)


def read_it(client: FlaskClient, shelf: Shelf, visit: UUID | None) -> None:
    """Do all that can be told of: pages, beacons, a link, a download."""
    assert client.get(f"{image_path(shelf)}?v={visit}").status_code == 200
    told = {"visit": str(visit), "beacons": [beacon()]}
    assert client.post(f"{shelf.path}/pages", json=told).status_code == 204
    assert client.get(f"{shelf.path}/go/{shelf.version_id}/1/0?v={visit}").status_code == 302
    assert client.get(f"{shelf.path}/download?v={visit}").status_code == 200


def answer(client: FlaskClient, shelf: Shelf, record: str, **form) -> str:
    """Answer as a form without scripts does, and come back to the document: its page."""
    client.environ_base["HTTP_USER_AGENT"] = AGENT["User-Agent"]
    return client.post(f"{shelf.path}/recording", data={"record": record, **form}, follow_redirects=True).text


@pytest.fixture
def alan(browser) -> FlaskClient:
    return browser()


@pytest.fixture
def cookieless(app) -> FlaskClient:
    return app.test_client(use_cookies=False)


def test_who_is_told_is_recorded_and_learns_how_to_object(reader, shelf, conn):
    told = reader.get(shelf.path, headers=AGENT).text
    assert "Do not record my reading" in told and 'class="consent"' not in told
    read_it(reader, shelf, visit_in(told))
    assert kept(conn, shelf) == {"hit": 3, "visit": 1, "beacon": 1, "page_load": 1}


def test_one_readers_objection_hides_nobody_else(reader, alan, shelf, conn):
    assert "you asked for that" in answer(alan, shelf, "no")
    assert open_it(alan, shelf) is None
    flynns = open_it(reader, shelf)
    assert flynns is not None
    read_it(reader, shelf, flynns)
    before = kept(conn, shelf)
    read_it(alan, shelf, flynns)  # also not in the name of a visit that is recorded
    assert kept(conn, shelf) == before
    assert share_row(conn, shelf).declined_at is not None and share_row(conn, shelf).objected_at is None
    answer(alan, shelf, "yes")
    assert open_it(alan, shelf) not in (None, flynns) and share_row(conn, shelf).declined_at is None


def test_an_objection_is_a_cookie_of_this_document_alone(reader, shelf):
    answered = reader.post(f"{shelf.path}/recording", data={"record": "no", "page": "2"})
    cookie = answered.headers["Set-Cookie"]
    assert cookie.startswith("readback-recording=no;") and f"Path={shelf.path};" in cookie
    assert "HttpOnly" in cookie and "Secure" in cookie
    back = reader.get(answered.headers["Location"])
    assert back.status_code == 303 and back.headers["Location"] == f"{shelf.path}?page=2"


def test_where_cookies_are_refused_an_objection_holds_for_all_who_have_the_link(
    cookieless,
    reader,
    shelf,
    conn,
):
    answered = cookieless.post(f"{shelf.path}/recording", data={"record": "no"})
    told = cookieless.get(cookieless.get(answered.headers["Location"]).headers["Location"], headers=AGENT).text
    assert "keeps no cookies" in told and visit_in(told) is None
    assert open_it(cookieless, shelf) is None and open_it(reader, shelf) is None
    assert kept(conn, shelf) == {}
    answer(reader, shelf, "yes")  # whoever wants it nevertheless
    assert open_it(reader, shelf) is not None and open_it(cookieless, shelf) is None


@pytest.mark.parametrize("told", ["", "x", "no"])
def test_nobody_is_made_to_object_by_an_address(cookieless, shelf, conn, told):
    assert cookieless.get(f"{shelf.path}/recording?a={told}").status_code == 303
    other = share_a_document(conn, cookieless.application.extensions["readback"].blobs, shelf.tenant, PAGES)
    answered = cookieless.post(f"{other.path}/recording", data={"record": "no"}).headers["Location"]
    signed = parse_qs(urlsplit(answered).query)["a"][0]
    assert cookieless.get(f"{shelf.path}/recording?a={signed}").status_code == 303
    assert share_row(conn, shelf).objected_at is None


def test_behind_the_gate_an_objection_goes_with_the_address(browser, conn, blobs, gridworks):
    shelf = share_a_document(conn, blobs, gridworks, PAGES, Wanted(document={"asks_email": True}))
    laptop, phone, alans = browser(), browser(), browser()
    for client, address in (
        (laptop, "flynn@arcade.example"),
        (phone, "Flynn@arcade.example"),
        (alans, "alan@encom.example"),
    ):
        client.post(shelf.path, data={"email": address})
    answer(laptop, shelf, "no")
    assert open_it(phone, shelf) is None and open_it(alans, shelf) is not None
    answer(phone, shelf, "yes")
    assert open_it(phone, shelf) is not None
    assert open_it(laptop, shelf) is None  # where it was said, it is taken back


def test_who_is_asked_reads_everything_and_only_the_opening_is_kept(reader, shelf, conn):
    set_privacy(conn, shelf, "ask")
    told = reader.get(shelf.path, headers=AGENT).text
    assert 'class="consent"' in told and "Yes, that is fine" in told and "No, do not record" in told
    assert visit_in(told) is None and "?v=" not in told and "Set-Cookie" not in reader.get(shelf.path).headers
    read_it(reader, shelf, UUID(int=7))
    assert kept(conn, shelf) == {} and share_row(conn, shelf).unanswered_at is not None
    told = answer(reader, shelf, "yes", page="3")
    assert 'data-number="3"' in told and 'class="consent"' not in told
    read_it(reader, shelf, visit_in(told))
    assert kept(conn, shelf) == {"hit": 3, "visit": 1, "beacon": 1, "page_load": 1}
    assert share_row(conn, shelf).unanswered_at is None


def test_a_no_is_asked_about_no_more(reader, cookieless, shelf, conn):
    set_privacy(conn, shelf, "ask")
    assert 'class="consent"' not in answer(reader, shelf, "no")
    assert 'class="consent"' not in reader.get(shelf.path).text and open_it(reader, shelf) is None
    answered = cookieless.post(f"{shelf.path}/recording", data={"record": "yes"}).headers["Location"]
    told = cookieless.get(cookieless.get(answered).headers["Location"], headers=AGENT).text
    assert "keeps no cookies" in told and visit_in(told) is None  # a yes that cannot be remembered is none
    assert kept(conn, shelf) == {}


@pytest.mark.parametrize("agent", ["", "curl/8.5.0", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"])
def test_a_program_is_nobody_who_was_asked(reader, shelf, conn, agent):
    set_privacy(conn, shelf, "ask")
    reader.get(shelf.path, headers={"User-Agent": agent})
    reader.head(shelf.path, headers=AGENT)
    assert share_row(conn, shelf).unanswered_at is None and kept(conn, shelf) == {}


def test_nothing_is_nothing(reader, shelf, conn):
    set_privacy(conn, shelf, "none")
    told = answer(reader, shelf, "yes")
    assert "not even that it was opened" in told and visit_in(told) is None
    reader.head(shelf.path)
    read_it(reader, shelf, UUID(int=7))
    assert kept(conn, shelf) == {} and share_row(conn, shelf).unanswered_at is None


@pytest.mark.parametrize("privacy", ["ask", "none"])
def test_a_page_that_was_opened_before_the_change_tells_nothing_after_it(reader, shelf, conn, privacy):
    visit = open_it(reader, shelf)
    before = kept(conn, shelf)
    set_privacy(conn, shelf, privacy)
    read_it(reader, shelf, visit)
    assert kept(conn, shelf) == before == {"hit": 1, "visit": 1}


def test_each_workspace_decides_for_itself(reader, shelf, conn, blobs, othergrid):
    theirs = share_a_document(conn, blobs, othergrid, PAGES)
    set_privacy(conn, theirs, "none")
    assert open_it(reader, theirs) is None and open_it(reader, shelf) is not None
    assert kept(conn, theirs) == {}


def test_at_the_gate_a_program_leaves_a_trace_that_counts_for_nothing(reader, conn, blobs, gridworks):
    shelf = share_a_document(conn, blobs, gridworks, PAGES, Wanted(document={"asks_email": True}))
    reader.head(shelf.path, headers=AGENT)
    told = reader.get(shelf.path, headers=AGENT).text
    visit = re.search(r'name="v" value="([0-9a-f-]{36})"', told)[1]
    assert [row.method for row in conn.execute(select(tables.hit))] == ["HEAD", "GET"]
    assert reader.get(f"{image_path(shelf)}?v={visit}").status_code == 404
    assert reader.post(f"{shelf.path}/pages", json={"visit": visit, "beacons": [beacon()]}).status_code == 404
    assert kept(conn, shelf) == {"hit": 2, "visit": 1}
    set_privacy(conn, shelf, "none")
    assert visit_in(reader.get(shelf.path, headers=AGENT).text) is None
    assert kept(conn, shelf) == {"hit": 2, "visit": 1}


@pytest.mark.parametrize(
    ("privacy", "share", "words"),
    [
        ("tell", {}, "sees it beside what was read"),
        ("ask", {}, "Only if you agree"),
        ("none", {"has_watermark": True}, "Nothing is recorded of what you read"),
        ("none", {}, None),
    ],
)
def test_the_gate_says_what_an_address_is_for_and_asks_for_none_in_vain(
    reader, conn, blobs, gridworks, privacy, share, words
):
    shelf = share_a_document(conn, blobs, gridworks, PAGES, Wanted(document={"asks_email": True}, share=share))
    set_privacy(conn, shelf, privacy)
    told = reader.get(shelf.path, headers=AGENT).text
    assert ("who is reading" in told) == (words is not None) and (words or "data-visit") in told
    assert ("written across the pages" in told) == bool(share)


def test_a_visit_goes_on_as_its_own_readers_alone(browser, conn, blobs, gridworks):
    shelf = share_a_document(conn, blobs, gridworks, PAGES, Wanted(document={"asks_email": True}))
    flynn, alan = browser(), browser()
    visit = re.search(r'name="v" value="([0-9a-f-]{36})"', flynn.get(shelf.path, headers=AGENT).text)[1]
    place = flynn.post(shelf.path, data={"email": "flynn@arcade.example", "v": visit}).headers["Location"]
    assert visit_in(flynn.get(place, headers=AGENT).text) == UUID(visit)
    assert visit_in(flynn.get(f"{place}&page=2", headers=AGENT).text) == UUID(visit)  # turned, without scripts
    alan.post(shelf.path, data={"email": "alan@encom.example"})
    assert visit_in(alan.get(place, headers=AGENT).text) not in (None, UUID(visit))  # passed on, as it stood there
    flynn.post(f"{shelf.path}/pages", json={"visit": visit, "beacons": [beacon()]})
    again = visit_in(flynn.get(place, headers=AGENT).text)  # loaded again: a viewer counts from the first again
    assert again not in (None, UUID(visit))
    readers = (
        conn.execute(select(docs.visit.c.reader).order_by(docs.visit.c.started_at, docs.visit.c.id)).scalars().all()
    )
    assert sorted(readers) == ["alan@encom.example", "flynn@arcade.example", "flynn@arcade.example"]

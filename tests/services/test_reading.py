"""From beacons to what the feed and the pages say: told live, added up, taken back, and never across workspaces."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from backend.domain.verdicts import RULES_VERSION
from backend.errors import NotFound
from backend.services import claims, hits, reading
from backend.services.rejudging import rejudge, scope_of
from backend.store import tables
from backend.store.document_tables import page_view
from tests.readings import FIREFOX, said, share_again, share_document
from tests.services.test_hits import ALAN, FLYNN, Mail, waiting

CURL = "curl/8.5.0"


@pytest.fixture
def mail(conn, gridworks, now):
    return Mail(conn, gridworks, now, people=(FLYNN,))


@pytest.fixture
def offer(mail):
    return share_document(mail.conn, mail.workspace_id, mail.id, mail.rep.id)


def read(offer, start, steps, **values):
    """Open the document and stay on pages: (page, seconds) each; returns the visit."""
    visit_id = offer.visit(start, **values)
    clock = 0.5
    offer.beacon(visit_id, 0, start + timedelta(seconds=clock), said(500, {}, steps[0][0]))
    for seq, (page, seconds) in enumerate(steps, start=1):
        clock += seconds
        body = said(int(clock * 1000), {page: seconds * 1000}, page)
        offer.beacon(visit_id, seq, start + timedelta(seconds=clock), body)
    return visit_id


def page_views(conn, workspace_id):
    asked = select(page_view.c.visit_id, page_view.c.page, page_view.c.active_ms)
    return sorted(conn.execute(asked.where(page_view.c.workspace_id == workspace_id)).tuples())


def test_a_reading_is_told_page_by_page(conn, mail, offer, now):
    visit_id = read(offer, now, [(1, 12), (2, 8), (7, 30)])
    hits.judge_new(conn, now)
    item = mail.feed[f"document:{visit_id}"]
    assert mail.verdicts == {visit_id: "human"}
    assert item["who"] == "Kevin Flynn"
    assert (item["document"], item["pages_total"], item["page"], item["state"]) == ("Offer.pdf", 12, 7, "reading")
    assert (item["active_ms"], item["pages_read"], item["downloads"]) == (50_000, [1, 2, 7], 0)
    assert item["last_at"] == (now + timedelta(seconds=50.5)).isoformat()
    assert page_views(conn, mail.workspace_id) == sorted((visit_id, page, ms) for page, ms in
                                                         ((1, 12_000), (2, 8000), (7, 30_000)))  # fmt: skip
    assert waiting(conn) == 0


def test_a_visit_whose_beacon_is_new_is_looked_at_again_though_it_was_judged(conn, mail, offer, now):
    visit_id = read(offer, now, [(1, 5)])
    hits.judge_new(conn, now)
    offer.beacon(visit_id, 2, now + timedelta(seconds=9), said(9000, {3: 3000}, 3))
    assert hits.judge_new(conn, now) == 1
    assert mail.feed[f"document:{visit_id}"]["page"] == 3
    assert waiting(conn) == 0


def test_nothing_shown_counts_for_nothing_until_a_page_is(conn, mail, offer, now):
    visit_id = offer.visit(now)
    hits.judge_new(conn, now)
    assert (mail.verdicts[visit_id], mail.feed) == ("bot", {})
    offer.load(visit_id, 1, now + timedelta(seconds=2))
    hits.judge_new(conn, now)
    item = mail.feed[f"document:{visit_id}"]
    assert (item["pages_read"], item["active_ms"], item["is_timed"], item["state"]) == ([1], 0, False, None)


def test_a_beacon_that_comes_again_or_says_nonsense_changes_nothing(conn, mail, offer, now):
    visit_id = read(offer, now, [(1, 5)])
    hits.judge_new(conn, now)
    before = mail.feed
    offer.beacon(visit_id, 1, now + timedelta(seconds=60), said(60_000, {1: 55_000}, 1))
    offer.beacon(visit_id, 9, now + timedelta(seconds=61), {"state": "asleep", "pages": [1]})
    hits.judge_new(conn, now)
    assert mail.feed == before


def test_coming_back_adds_to_the_row_and_later_begins_another(conn, mail, offer, now):
    first = read(offer, now, [(1, 10)])
    read(offer, now + timedelta(minutes=10), [(2, 5)])
    later = read(offer, now + timedelta(hours=2), [(2, 4)])
    hits.judge_new(conn, now)
    readings = {key: item for key, item in mail.feed.items() if key.startswith("document:")}
    assert set(readings) == {f"document:{first}", f"document:{later}"}
    item = readings[f"document:{first}"]
    assert (item["active_ms"], item["pages_read"], item["page"]) == (15_000, [1, 2], 2)


def test_downloads_and_links_followed_belong_to_the_reading(conn, mail, offer, now):
    visit_id = read(offer, now, [(1, 10)])
    for seconds in (3, 4):
        offer.deed("download", now + timedelta(seconds=seconds), visit_id)
    offer.deed("follow", now + timedelta(seconds=8), visit_id, link="https://gridworks.example")
    hits.judge_new(conn, now)
    item = mail.feed[f"document:{visit_id}"]
    assert (item["downloads"], item["follows"]) == (1, 1)
    assert [key for key in mail.feed if key.startswith(("click", "document"))] == [f"document:{visit_id}"]


def test_a_download_from_outside_the_viewer_is_told_by_itself(conn, mail, offer, now):
    download = offer.deed("download", now, None)
    hits.judge_new(conn, now)
    item = mail.feed[f"document:{download}"]
    assert (item["document"], item["downloads"], item["pages_read"]) == ("Offer.pdf", 1, [])


def test_a_program_that_downloads_counts_for_nothing(conn, mail, offer, now):
    visit_id = offer.visit(now, user_agent=CURL)
    offer.load(visit_id, 1, now)
    offer.deed("download", now, visit_id, user_agent=CURL)
    hits.judge_new(conn, now)
    assert set(mail.verdicts.values()) == {"bot"}
    assert mail.feed == {}


def test_that_was_me_takes_a_reading_out_of_the_feed_and_back(conn, mail, offer, now):
    visit_id = read(offer, now, [(1, 10)])
    offer.deed("download", now + timedelta(seconds=5), visit_id)
    hits.judge_new(conn, now)
    claims.claim_hit(conn, mail.workspace_id, mail.rep.id, (mail.id, visit_id), now)
    assert set(mail.verdicts.values()) == {"self"}
    assert mail.feed == {}
    assert reading.readings_of_document(conn, mail.workspace_id, offer.document_id).views == 0
    claims.take_back(conn, mail.workspace_id, mail.rep.id, (mail.id, visit_id), now)
    assert mail.feed[f"document:{visit_id}"]["downloads"] == 1


def test_where_several_share_a_document_nobody_is_guessed(conn, gridworks, now):
    mail = Mail(conn, gridworks, now, people=(FLYNN, ALAN))
    offer = share_document(conn, mail.workspace_id, mail.id, mail.rep.id)
    alans = share_again(conn, mail.workspace_id, mail.id, (offer.document_id, offer.version_id), ALAN[0])
    shared = read(offer, now, [(1, 10)])
    own = read(alans, now + timedelta(minutes=1), [(1, 10)], user_agent=FIREFOX, ip="198.51.100.7")
    given = read(offer, now + timedelta(minutes=2), [(1, 10)], reader=FLYNN[0], ip="192.0.2.77")
    hits.judge_new(conn, now)
    assert mail.feed[f"document:{shared}"]["who"] == "one of Kevin Flynn, Alan Bradley"
    assert mail.feed[f"document:{own}"]["who"] == "Alan Bradley"
    assert mail.feed[f"document:{given}"]["who"] == "Kevin Flynn"
    assert mail.feed[f"document:{given}"]["confidence"] < 0.8


def test_the_documents_totals_hold_what_counts_and_nothing_else(conn, mail, offer, now):
    read(offer, now, [(1, 10), (2, 20)])
    read(offer, now + timedelta(minutes=10), [(2, 6)])  # the same look again
    other = read(offer, now + timedelta(minutes=20), [(1, 4)], ip="198.51.100.7")
    offer.deed("download", now + timedelta(minutes=21), other, ip="198.51.100.7")
    read(offer, now, [(1, 9)], user_agent=CURL)
    offer.visit(now + timedelta(minutes=30))
    hits.judge_new(conn, now)
    told = reading.readings_of_document(conn, mail.workspace_id, offer.document_id)
    assert (told.views, told.readers, told.timed, told.average_ms) == (2, 1, 2, 20_000)
    assert [(page.views, page.active_ms, page.average_ms) for page in told.per_page[:3]] == [
        (2, 14_000, 7000), (1, 26_000, 26_000), (0, 0, 0)]  # fmt: skip
    assert len(told.per_page) == 12
    newest = told.rows[0]
    assert (newest.line.who, newest.client, newest.path, newest.page_ms) == (
        "Kevin Flynn", "Firefox on Linux", [1], {1: 4000})  # fmt: skip
    assert newest.here.told == "read 1 of 12 pages (1) in 4 s, downloaded it"
    assert told.rows[1].line.told == "read 2 of 12 pages of “Offer.pdf” (1–2) in 36 s"
    assert told.rows[1].path == [1, 2]
    totals = reading.totals_of_documents(conn, mail.workspace_id, [offer.document_id, 10**9])
    assert totals[offer.document_id] == reading.Totals(2, 1, 2, 20_000)
    assert totals[10**9] == reading.Totals()
    old = reading.readings_of_document(conn, mail.workspace_id, offer.document_id, offer.version_id + 1)
    assert (old.views, list(old.rows)) == (0, [])
    assert reading.readings_of_message(conn, mail.workspace_id, mail.id) == told.rows


def test_another_workspace_sees_nothing_of_it(conn, mail, offer, othergrid, now):
    foreign = Mail(conn, othergrid, now)
    theirs = share_document(conn, foreign.workspace_id, foreign.id, foreign.rep.id)
    mine, yours = read(offer, now, [(1, 10)]), read(theirs, now, [(3, 7)])
    hits.judge_new(conn, now)
    assert set(mail.feed) & set(foreign.feed) <= {"view:inferred"}
    assert f"document:{mine}" in mail.feed and f"document:{yours}" in foreign.feed
    assert reading.readings_of_document(conn, foreign.workspace_id, offer.document_id).views == 0
    assert reading.readings_of_message(conn, foreign.workspace_id, mail.id) == []
    assert reading.totals_of_documents(conn, foreign.workspace_id, [offer.document_id])[offer.document_id].views == 0
    with pytest.raises(NotFound):
        claims.claim_hit(conn, foreign.workspace_id, foreign.rep.id, (foreign.id, mine), now)


def test_history_judged_again_says_the_same(conn, database, mail, offer, now):
    read(offer, now, [(1, 10), (2, 5)])
    hits.judge_new(conn, now)
    before, views = mail.feed, page_views(conn, mail.workspace_id)
    conn.execute(tables.verdict.update().values(rules_version=RULES_VERSION - 1, verdict="bot"))
    conn.execute(page_view.delete())
    assert [step.judged for step in rejudge(database, scope_of(), lambda: now)] == [1]
    assert (mail.feed, page_views(conn, mail.workspace_id)) == (before, views)

"""A beacon costs no more than its own visit: the others stand as they were worked out, and come out the same."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from backend.services import hits
from backend.store import tables
from backend.store.document_tables import page_view
from tests.readings import said, share_document
from tests.services.test_hits import ALAN, FLYNN, Mail
from tests.services.test_reading import read


@pytest.fixture
def mail(conn, gridworks, now):
    return Mail(conn, gridworks, now, people=(FLYNN, ALAN))


@pytest.fixture
def offer(mail):
    return share_document(mail.conn, mail.workspace_id, mail.id, mail.rep.id)


@pytest.fixture
def beacons_read(conn):
    """Of which visits all beacons were read, by the query that does it."""
    asked = []

    def note(_conn, _cursor, statement, parameters, _context, _many):
        if "beacon.seq, beacon.received_at, beacon.body" in statement and "LATERAL" not in statement:
            asked.extend(next(value for value in parameters.values() if value and not isinstance(value[0], int)))

    event.listen(conn.engine, "before_cursor_execute", note)
    yield asked
    event.remove(conn.engine, "before_cursor_execute", note)


def told(conn, mail):
    """All that is said, without when it was."""
    said_of = tables.feed_item.c
    items = conn.execute(select(said_of.key, said_of.occurred_at, said_of.data).order_by(said_of.key)).all()
    views = conn.execute(select(page_view).order_by(page_view.c.visit_id, page_view.c.page)).all()
    return mail.verdicts, items, views


def test_a_beacon_has_only_its_own_visit_worked_out_and_all_is_as_from_scratch(conn, mail, offer, now, beacons_read):
    others = [read(offer, now + timedelta(hours=2 * n), [(n, 9)], ip=f"198.51.{n}.7") for n in (1, 2, 3)]
    script_less = offer.visit(now + timedelta(hours=9), ip="192.0.2.9")
    offer.load(script_less, 2, now + timedelta(hours=9))
    mine = read(offer, now + timedelta(hours=10), [(1, 5)])
    hits.judge_new(conn, now)
    assert set(beacons_read) == {*others, script_less, mine}
    beacons_read.clear()
    offer.beacon(mine, 2, now + timedelta(hours=10, seconds=9), said(9000, {3: 3000}, 3))
    hits.judge_new(conn, now)
    assert beacons_read == [mine]
    step_by_step = told(conn, mail)
    hits.settle_message(conn, mail.workspace_id, mail.id, now)
    assert told(conn, mail) == step_by_step


def test_what_the_same_reader_has_open_at_the_same_time_is_worked_out_with_it(conn, mail, offer, now, beacons_read):
    before = read(offer, now, [(1, 5)])
    left, right = (read(offer, now + timedelta(hours=1), [(page, 20)]) for page in (1, 2))
    hits.judge_new(conn, now)
    beacons_read.clear()
    offer.beacon(right, 2, now + timedelta(hours=1, seconds=30), said(30_000, {2: 9000}, 2))
    hits.judge_new(conn, now)
    assert set(beacons_read) == {left, right} and before not in beacons_read
    step_by_step = told(conn, mail)
    hits.settle_message(conn, mail.workspace_id, mail.id, now)
    assert told(conn, mail) == step_by_step


def test_a_visit_that_waits_is_not_forgotten_when_another_has_its_mail_judged(conn, mail, offer, now):
    one, other = (read(offer, now + timedelta(hours=n), [(1, 5)], ip=f"198.51.{n}.7") for n in (1, 2))
    hits.judge_new(conn, now)
    for visit, at in ((one, 1), (other, 2)):
        offer.beacon(visit, 2, now + timedelta(hours=at, seconds=9), said(9000, {3: 3000}, 3))
    hits.judge_new(conn, now, limit=1)
    assert [mail.feed[f"document:{visit}"]["active_ms"] for visit in (one, other)] == [8000, 8000]
    assert conn.execute(select(func.count()).select_from(tables.unjudged)).scalar_one() == 0


def test_a_visit_whose_newest_beacon_is_not_to_be_believed_is_worked_out_from_all(conn, mail, offer, now):
    odd = read(offer, now, [(1, 5)], ip="198.51.1.7")
    offer.beacon(odd, 9, now + timedelta(seconds=20), said(20_000, {4000: 9000}, 4000))
    mine = read(offer, now + timedelta(hours=1), [(2, 5)])
    hits.judge_new(conn, now)
    before = mail.feed[f"document:{odd}"]
    offer.beacon(mine, 2, now + timedelta(hours=1, seconds=9), said(9000, {3: 3000}, 3))
    hits.judge_new(conn, now)
    assert mail.feed[f"document:{odd}"] == before
    assert before["pages_read"] == [1]

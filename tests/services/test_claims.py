"""“That was me”: what a rep's word changes, what it teaches, and that taking it back leaves nothing of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend.domain.hits import OwnDevice
from backend.errors import NotFound
from backend.services import claims, hits
from backend.store import tables
from backend.store.hits import put_device
from tests.services.test_hits import EDGE, FLYNN, GMAIL, OUTLOOK, Mail


def claim(mail, hit_id, now, rep=None):
    claims.claim_hit(mail.conn, mail.workspace_id, (rep or mail.rep).id, (mail.id, hit_id), now)


def take_back(mail, hit_id, now, rep=None):
    claims.take_back(mail.conn, mail.workspace_id, (rep or mail.rep).id, (mail.id, hit_id), now)


def unlearn(mail, hit_id, now):
    claims.unlearn(mail.conn, mail.workspace_id, mail.rep.id, (mail.id, hit_id), now)


def stored(conn):
    return conn.execute(select(tables.claim)).all()


def whole(conn):
    """Everything that was said and stands, but for when."""
    verdicts = select(tables.verdict.c.hit_id, tables.verdict.c.verdict, tables.verdict.c.sentence)
    items = select(tables.feed_item.c.key, tables.feed_item.c.data).where(tables.feed_item.c.retracted.is_(False))
    return sorted(map(tuple, conn.execute(verdicts))), sorted(map(str, conn.execute(items)))


def test_a_view_that_the_rep_calls_hers_leaves_the_feed_and_comes_back_when_she_takes_it_back(conn, gridworks, now):
    mail = Mail(conn, gridworks, now)
    look = mail.hit(60, OUTLOOK)
    hits.judge_new(conn, now)
    before = whole(conn)
    claim(mail, look, now)
    assert mail.verdicts == {look: "self"} and mail.feed == {}
    take_back(mail, look, now)
    assert mail.verdicts == {look: "human"} and set(mail.feed) == {f"view:{look}"}
    assert stored(conn) == [] and whole(conn) == before


def test_a_click_that_the_rep_calls_hers_takes_the_view_with_it_that_was_inferred(conn, gridworks, now):
    mail = Mail(conn, gridworks, now)
    clicked = mail.hit(90, EDGE, link=0)
    hits.judge_new(conn, now)
    assert set(mail.feed) == {f"click:{clicked}", "view:inferred"}
    claim(mail, clicked, now)
    assert mail.feed == {}


def test_a_colleagues_word_makes_it_the_teams_and_each_takes_back_their_own_only(conn, gridworks, now):
    mail, sam = Mail(conn, gridworks, now), gridworks.reps["sam"]
    look = mail.hit(60, OUTLOOK)
    hits.judge_new(conn, now)
    claim(mail, look, now, sam)
    assert mail.verdicts == {look: "team"}
    take_back(mail, look, now)
    assert mail.verdicts == {look: "team"}
    take_back(mail, look, now, sam)
    assert mail.verdicts == {look: "human"}


def test_a_word_said_twice_is_one_word_since_the_first(conn, gridworks, now):
    mail = Mail(conn, gridworks, now)
    look = mail.hit(60, OUTLOOK)
    claim(mail, look, now)
    claim(mail, look, now + timedelta(hours=1))
    assert [(row.hit_id, row.rep_id, row.at) for row in stored(conn)] == [(look, mail.rep.id, now)]


def test_later_looks_of_the_same_client_on_the_reps_mails_are_probably_hers_until_she_takes_it_back(
    conn, gridworks, now
):
    mail, another = Mail(conn, gridworks, now), Mail(conn, gridworks, now, people=(FLYNN,))
    look, same_before = mail.hit(60, EDGE), another.hit(90, EDGE)
    hits.judge_new(conn, now)
    claim(mail, look, now)
    later, stranger = another.hit(9000, EDGE), another.hit(9000, EDGE, ip="198.51.100.7")
    hits.judge_new(conn, now + timedelta(hours=3))
    assert another.verdicts == {same_before: "human", later: "self", stranger: "human"}
    assert f"view:{later}" not in another.feed
    take_back(mail, look, now + timedelta(hours=4))
    assert another.verdicts == {same_before: "human", later: "human", stranger: "human"}
    assert f"view:{later}" in another.feed


def test_not_me_of_a_learned_look_unlearns_the_browser_and_keeps_what_she_called_hers(conn, gridworks, now):
    mail, another = Mail(conn, gridworks, now), Mail(conn, gridworks, now)
    look, elsewhere = mail.hit(60, EDGE), mail.hit(90, EDGE, ip="198.51.100.7")
    hits.judge_new(conn, now)
    claim(mail, look, now)
    claim(mail, elsewhere, now)
    later, there = another.hit(9000, EDGE, ip="203.0.113.77"), another.hit(9900, EDGE, ip="198.51.100.8")
    hits.judge_new(conn, now + timedelta(hours=3))
    assert another.verdicts == {later: "self", there: "self"}
    sam = gridworks.reps["sam"].id
    claims.unlearn(conn, mail.workspace_id, sam, (another.id, later), now + timedelta(hours=4))
    assert another.verdicts == {later: "self", there: "self"}
    claims.unlearn(conn, mail.workspace_id, mail.rep.id, (another.id, later), now + timedelta(hours=4))
    assert another.verdicts == {later: "human", there: "self"}
    assert mail.verdicts == {look: "self", elsewhere: "self"}
    claims.unlearn(conn, mail.workspace_id, mail.rep.id, (another.id, later), now + timedelta(hours=5))
    again = another.hit(99_000, EDGE)
    hits.judge_new(conn, now + timedelta(hours=30))
    assert another.verdicts[again] == "human"


def test_what_was_judged_between_the_press_and_its_keeping_is_judged_again(conn, gridworks, now):
    mail, another = Mail(conn, gridworks, now), Mail(conn, gridworks, now)
    look, meanwhile = mail.hit(60, EDGE), another.hit(301, EDGE)
    hits.judge_new(conn, now + timedelta(seconds=2))
    claim(mail, look, now)
    assert another.verdicts == {meanwhile: "self"}


def test_nothing_is_learned_for_another_rep_or_another_workspace(conn, gridworks, othergrid, now):
    mail, theirs = Mail(conn, gridworks, now), Mail(conn, othergrid, now)
    sams = Mail(conn, gridworks, now)
    sams.conn.execute(
        tables.message.update().where(tables.message.c.id == sams.id).values(rep_id=gridworks.reps["sam"].id)
    )
    look = mail.hit(60, EDGE)
    hits.judge_new(conn, now)
    claim(mail, look, now)
    of_sam, of_tess = sams.hit(9000, EDGE), theirs.hit(9000, EDGE)
    hits.judge_new(conn, now + timedelta(hours=3))
    assert sams.verdicts == {of_sam: "human"}
    assert theirs.verdicts == {of_tess: "human"}


def test_nothing_is_learned_from_gmails_proxy(conn, gridworks, now):
    mail = Mail(conn, gridworks, now)
    look = mail.hit(60, GMAIL)
    hits.judge_new(conn, now)
    claim(mail, look, now)
    flynns = mail.hit(9000, GMAIL)
    hits.judge_new(conn, now + timedelta(hours=3))
    assert mail.verdicts == {look: "self", flynns: "human"}


def test_a_hit_that_is_no_hit_of_this_message_is_not_found(conn, gridworks, othergrid, now):
    mail, another, theirs = Mail(conn, gridworks, now), Mail(conn, gridworks, now), Mail(conn, othergrid, now)
    draft = Mail(conn, gridworks, now, sent=False)
    looks = [another.hit(60, OUTLOOK), theirs.hit(60, OUTLOOK), uuid4()]
    for correct in (claim, take_back, unlearn):
        for look in looks:
            with pytest.raises(NotFound):
                correct(mail, look, now)
        with pytest.raises(NotFound):
            correct(draft, draft.hit(60, OUTLOOK), now)
        with pytest.raises(NotFound):
            claims.claim_hit(conn, mail.workspace_id, mail.rep.id, (theirs.id, looks[1]), now)
    assert stored(conn) == []


STORY = [  # seconds after sending, agent, link, whose signed browser
    (60, EDGE, None, False),
    (70, EDGE, 0, False),
    (90, GMAIL, None, False),
    (120, EDGE, None, False),
    (400, EDGE, None, False),
    (9000, EDGE, 0, False),
    (9000.4, OUTLOOK, None, False),
    (9100, EDGE, None, True),
]


@given(st.permutations(range(len(STORY))), st.sets(st.integers(0, 4), min_size=1, max_size=2), st.integers(0, 8))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whenever_the_word_comes_among_hits_in_any_order_the_end_is_the_same(conn, gridworks, now, order, said, when):
    """Words and hits interleaved as you like, and everything again: what stands is what judging all at once says."""
    with conn.begin_nested() as attempt:
        device = OwnDevice(uuid4(), next(iter(gridworks.reps.values())).id)
        put_device(conn, gridworks.workspace_id, device, EDGE, now)
        ends = []
        for interleaved in (True, False):
            mail = Mail(conn, gridworks, now)
            ids = {}
            for place, number in enumerate(order):
                after, agent, link, own = STORY[number]
                ids[number] = mail.hit(after, agent, link=link, device_id=device.id if own else None)
                if interleaved:
                    hits.judge_new(conn, now)
                    for each in said & set(ids) if place >= when else ():
                        claim(mail, ids[each], mail.sent_at + timedelta(seconds=300))
            for each in said:
                claim(mail, ids[each], mail.sent_at + timedelta(seconds=300))
            hits.judge_new(conn, now)
            ends.append([mail.verdicts[ids[number]] for number in range(len(STORY))])
            settled = whole(conn)
            hits.settle_message(conn, mail.workspace_id, mail.id, now + timedelta(hours=1))
            assert whole(conn) == settled
            for each in said:  # the next one is to learn nothing from this one
                take_back(mail, ids[each], now)
        assert ends[0] == ends[1]
        attempt.rollback()

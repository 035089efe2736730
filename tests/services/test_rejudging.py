"""History judged again ends where judging from scratch ends: interrupted, in company, for one tenant or for all."""

import contextlib
import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from backend.domain.verdicts import RULES_VERSION
from backend.services import hits
from backend.services.rejudging import rejudge, scope_of
from backend.store import tables
from tests.readings import said, share_document
from tests.services.test_hits import EDGE, GMAIL, GMAIL_PREFETCH, IPHONE, OUTLOOK, Mail
from tests.stories import found_workspace

STORY = (
    (2, GMAIL_PREFETCH, None),
    (60, OUTLOOK, None),
    (70, EDGE, 0),
    (70.5, EDGE, 1),
    (71, EDGE, 2),
    (900, GMAIL, None),
)


class KilledBeforeCommit:
    """An engine whose process is killed when it has done everything of a transaction but to commit it."""

    def __init__(self, engine, transactions):
        self.engine, self.left = engine, transactions

    @contextlib.contextmanager
    def begin(self):
        with self.engine.begin() as conn:
            yield conn
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt


def settled(conn, *mails):
    """Everything that is said, but when and in which order it was."""
    said, told = tables.verdict.c, tables.feed_item.c
    ids = [mail.id for mail in mails]
    return (
        conn.execute(
            select(said.hit_id, said.message_id, said.verdict, said.rule, said.sentence, said.confidence)
            .add_columns(said.rules_version)
            .where(said.message_id.in_(ids))
            .order_by(said.hit_id)
        ).all(),
        conn.execute(
            select(told.message_id, told.key, told.kind, told.occurred_at, told.data)
            .where(told.message_id.in_(ids), told.retracted.is_(False))
            .order_by(told.message_id, told.key)
        ).all(),
    )


def judged_by_older_rules(conn, mail):
    """As rules would have left it that believed everything and looked at nothing else."""
    columns = tables.verdict.c
    for hit_id in mail.verdicts:
        conn.execute(
            update(tables.verdict)
            .where(columns.workspace_id == mail.workspace_id, columns.hit_id == hit_id)
            .values(verdict="human", rule="believed", sentence="Somebody.", rules_version=RULES_VERSION - 1)
        )
        key = f"view:{hit_id}"
        conn.execute(
            delete(tables.feed_item).where(
                tables.feed_item.c.workspace_id == mail.workspace_id, tables.feed_item.c.message_id == mail.id
            )
        )
        conn.execute(
            insert(tables.feed_item).values(
                workspace_id=mail.workspace_id,
                message_id=mail.id,
                key=key,
                kind="view",
                occurred_at=mail.sent_at,
                seq=0,
            )
        )


def mails_of(conn, tenant, now, count=3):
    mails = [Mail(conn, tenant, now, links=3) for _ in range(count)]
    for number, mail in enumerate(mails):
        for after, agent, link in STORY[: len(STORY) - number]:
            mail.hit(after, agent, link=link)
    while hits.judge_new(conn, now):
        pass
    return mails


def run(engine, now, **scope):
    return list(rejudge(engine, scope_of(**scope), lambda: now + timedelta(days=1), at_once=2))


def test_judging_again_ends_where_judging_from_scratch_ends(conn, database, gridworks, now):
    mails = mails_of(conn, gridworks, now)
    from_scratch = settled(conn, *mails)
    for mail in mails:
        judged_by_older_rules(conn, mail)
    assert settled(conn, *mails) != from_scratch
    last = run(database, now)[-1]
    assert settled(conn, *mails) == from_scratch
    assert (last.all, last.seen, last.judged, last.hits) == (3, 3, 3, 15)


def test_what_the_current_rules_have_judged_is_not_judged_again(conn, database, gridworks, now):
    old, current = mails_of(conn, gridworks, now, count=2)
    judged_by_older_rules(conn, old)
    assert run(database, now)[-1].judged == 1
    assert run(database, now)[-1].judged == 0
    assert set(current.verdicts) and set(old.verdicts)


def test_a_newer_version_that_says_the_same_disturbs_no_open_window(conn, database, gridworks, now):
    (mail,) = mails_of(conn, gridworks, now, count=1)
    conn.execute(update(tables.verdict).values(rules_version=RULES_VERSION - 1))
    numbers = select(tables.feed_item.c.key, tables.feed_item.c.seq).where(tables.feed_item.c.message_id == mail.id)
    before = set(conn.execute(numbers).tuples())
    assert run(database, now)[-1].judged == 1
    assert set(conn.execute(numbers).tuples()) == before
    assert set(conn.execute(select(tables.verdict.c.rules_version)).scalars()) == {RULES_VERSION}


def test_an_interrupted_run_keeps_what_it_did_and_goes_on_there(committed, now):
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        mails = mails_of(conn, tenant, now, count=5)
        from_scratch = settled(conn, *mails)
        for mail in mails:
            judged_by_older_rules(conn, mail)
    running = rejudge(committed, scope_of(), lambda: now, at_once=2)
    assert next(running).judged == 2
    running.close()
    with committed.begin() as conn:
        columns = tables.verdict.c
        done = conn.execute(select(columns.message_id).where(columns.rules_version == RULES_VERSION).distinct())
        assert set(done.scalars()) == {mails[0].id, mails[1].id}
    assert run(committed, now)[-1].judged == 3
    with committed.begin() as conn:
        assert settled(conn, *mails) == from_scratch


def test_a_crash_inside_a_window_leaves_it_as_it_was(committed, now):
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        mails = mails_of(conn, tenant, now)
        from_scratch = settled(conn, *mails)
        for mail in mails:
            judged_by_older_rules(conn, mail)
        wrong = settled(conn, *mails)
    running = rejudge(KilledBeforeCommit(committed, transactions=3), scope_of(), lambda: now, at_once=2)
    next(running)
    with pytest.raises(KeyboardInterrupt):
        next(running)
    with committed.begin() as conn:
        assert settled(conn, mails[2]) == (
            [row for row in wrong[0] if row.message_id == mails[2].id],
            [row for row in wrong[1] if row.message_id == mails[2].id],
        )
    run(committed, now)
    with committed.begin() as conn:
        assert settled(conn, *mails) == from_scratch


def test_one_workspace_alone_can_be_judged_again(conn, database, gridworks, othergrid, now):
    (mine,), (theirs,) = mails_of(conn, gridworks, now, count=1), mails_of(conn, othergrid, now, count=1)
    right, theirs_right = settled(conn, mine), settled(conn, theirs)
    judged_by_older_rules(conn, mine)
    judged_by_older_rules(conn, theirs)
    wrong = settled(conn, theirs)
    run(database, now, workspace_id=gridworks.workspace_id)
    assert settled(conn, mine) == right
    assert settled(conn, theirs) == wrong
    run(database, now)
    assert settled(conn, theirs) == theirs_right


def test_since_judges_whatever_was_hit_since_then_whoever_judged_it(conn, database, gridworks, now):
    old, new = Mail(conn, gridworks, now), Mail(conn, gridworks, now)
    old.hit(-90000, IPHONE)
    new.hit(60, IPHONE)
    hits.judge_new(conn, now)
    right = settled(conn, old, new)
    conn.execute(update(tables.verdict).values(verdict="bot", rule="doubted"))
    assert run(database, now)[-1].judged == 0
    assert run(database, now, since=now - timedelta(hours=1))[-1].judged == 1
    assert settled(conn, new)[0] == [row for row in right[0] if row.message_id == new.id]
    assert set(old.verdicts.values()) == {"bot"}
    run(database, now, since=now - timedelta(days=30))
    assert settled(conn, old, new) == right


def test_since_judges_what_was_read_since_then_though_it_was_opened_before(conn, database, gridworks, now):
    scripted, plain, old = (Mail(conn, gridworks, now) for _ in range(3))
    opened = now - timedelta(hours=3)
    for mail, page in ((scripted, 3), (plain, 2), (old, 1)):
        offer = share_document(conn, mail.workspace_id, mail.id, mail.rep.id)
        visit_id = offer.visit(opened)
        offer.load(visit_id, 1, opened + timedelta(seconds=1))
        if mail is scripted:
            offer.beacon(visit_id, 0, now - timedelta(minutes=9), said(9000, {1: 2000}, page))
        if mail is plain:
            offer.load(visit_id, page, now - timedelta(minutes=9))
    hits.judge_new(conn, now)
    right = settled(conn, scripted, plain)
    conn.execute(update(tables.verdict).values(verdict="bot", rule="doubted"))
    assert run(database, now, since=now - timedelta(hours=1))[-1].judged == 2
    assert settled(conn, scripted, plain) == right
    assert set(old.verdicts.values()) == {"bot"}


def test_an_answered_mail_that_nobody_loaded_gets_its_inferred_view(conn, database, gridworks, now):
    mail = Mail(conn, gridworks, now)
    mail.reply(200)
    run(database, now)
    assert set(mail.feed) == {"view:inferred"}


def test_it_can_go_on_after_a_message(conn, database, gridworks, now):
    mails = mails_of(conn, gridworks, now)
    after = (gridworks.workspace_id, mails[1].id)
    (last,) = rejudge(database, scope_of(since=now - timedelta(days=1)), lambda: now, after)
    assert (last.seen, last.after) == (1, (gridworks.workspace_id, mails[2].id))


def test_hits_that_come_in_and_workers_that_judge_meanwhile_change_nothing_of_the_end(committed, now):
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        mails = mails_of(conn, tenant, now, count=6)
        for mail in mails:
            judged_by_older_rules(conn, mail)
    problems = []

    def collect_and_judge() -> None:
        try:
            for number in range(4):
                for mail in mails:
                    with committed.begin() as conn:
                        mail.conn = conn
                        mail.hit(1000 + 100 * number, IPHONE)
                    with committed.begin() as conn:
                        hits.judge_new(conn, now, 3)
        except Exception as problem:
            problems.append(problem)

    working = threading.Thread(target=collect_and_judge)
    working.start()
    while working.is_alive():
        run(committed, now, since=now - timedelta(days=1))
    working.join(60)
    run(committed, now)
    assert problems == []
    with committed.begin() as conn:
        while hits.judge_new(conn, now):
            pass
        ended = settled(conn, *mails)
        for table in (tables.verdict, tables.feed_item):
            conn.execute(delete(table))
        for mail in mails:
            hits.settle_message(conn, mail.workspace_id, mail.id, now)
        assert settled(conn, *mails) == ended
        assert len(ended[0]) == 1 + 2 + 3 + 4 + 5 + 6 + 4 * len(mails)

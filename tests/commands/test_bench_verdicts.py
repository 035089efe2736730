"""What the measuring of verdicts stands on: the story is as told, and every judge says of it what the rules say."""

from sqlalchemy import func, select

from backend.commands.bench_story import RULED_AT, Size, copy_story, let_latest_wait, let_wait
from backend.services.hits import judge_new
from backend.store import tables


def count(engine, table):
    with engine.begin() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def judge_all(engine):
    while True:
        with engine.begin() as conn:
            if not judge_new(conn, RULED_AT):
                return


def said(engine):
    with engine.begin() as conn:
        columns = tables.verdict.c
        return dict(conn.execute(select(columns.hit_id, columns.verdict)).tuples().all())


def test_every_message_has_1_to_50_hits_and_the_latest_are_judged_as_with_all_others(committed):
    hits = copy_story(committed, Size(messages=60, workspaces=3))
    assert count(committed, tables.hit) == hits
    assert count(committed, tables.unjudged) == 0
    let_wait(committed, "true")
    assert count(committed, tables.unjudged) == hits
    judge_all(committed)
    at_once = said(committed)
    assert len(at_once) == hits
    assert {"human", "repeat", "scanner", "prefetch"} <= set(at_once.values())
    let_latest_wait(committed)
    assert (count(committed, tables.unjudged), len(said(committed))) == (60, hits - 60)
    judge_all(committed)
    assert said(committed) == at_once


def test_between_1_and_50_hits_a_message(committed):
    copy_story(committed, Size(messages=60, workspaces=3))
    with committed.begin() as conn:
        each = conn.execute(
            select(func.count())
            .select_from(tables.hit.join(tables.tracker, tables.hit.c.token == tables.tracker.c.token))
            .group_by(tables.tracker.c.message_id)
        ).scalars()
        numbers = list(each)
    assert len(numbers) == 60
    assert (min(numbers) >= 1, max(numbers) <= 50) == (True, True)

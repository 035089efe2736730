"""Answered means kept: through kills, a database that is locked or away, and back; each hit once; nothing visible."""

import asyncio
import contextlib
import json
import random
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import insert, select, text

from backend.collector import keeping
from backend.collector.journal import FOLDER, Journal, waiting_hits
from backend.collector.keeping import Keeper
from backend.domain.arrivals import Arrival, new_hit_id
from backend.domain.tokens import click_address, mint_token
from backend.store import tables
from backend.store.engine import plain_url
from tests.collector.serving import KEYS, image, serving

HERE = 11
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def stored(engine):
    with engine.begin() as conn:
        return Counter(conn.execute(select(tables.hit.c.token)).scalars())


def waiting_to_be_judged(engine):
    with engine.begin() as conn:
        return len(conn.execute(select(tables.unjudged)).all())


def arrivals(number):
    now = datetime.now(UTC)
    return [
        Arrival(HERE, new_hit_id(now), "open", uuid.uuid4().hex, now, "GET", "192.0.2.1", "x", "{}", None)
        for _ in range(number)
    ]


async def until(condition, within_s=10.0):
    deadline = time.monotonic() + within_s
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def keeper(database_url, data_dir):
    running = Keeper(plain_url(database_url), data_dir)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


def visit(url, answered, stop):
    """Load images, each of its own, and note those that were answered."""
    with httpx.Client(base_url=url, timeout=5) as client:
        while not stop.is_set():
            token, path = image(HERE)
            try:
                if client.get(path).status_code == 200:
                    answered.append(token)
            except httpx.HTTPError:
                stop.wait(0.01)


def test_whatever_was_answered_before_the_process_was_killed_is_stored_once(committed, database_url, tmp_path):
    answered: list[str] = []
    with serving(database_url, tmp_path) as server:
        for _ in range(2):
            stop = threading.Event()
            visitors = [threading.Thread(target=visit, args=(server.url, answered, stop)) for _ in range(4)]
            for visitor in visitors:
                visitor.start()
            time.sleep(random.uniform(0.1, 0.4))
            server.kill()
            stop.set()
            for visitor in visitors:
                visitor.join()
            server.start_again()
    found = stored(committed)
    assert len(answered) > 20
    assert all(found[token] == 1 for token in answered)


def test_hits_answered_from_the_journal_survive_a_kill_and_are_stored_once(committed, database_url, tmp_path):
    tokens = []
    with serving(NOWHERE, tmp_path) as server:
        for _ in range(5):
            token, path = image(HERE)
            assert httpx.get(server.url + path).status_code == 200
            tokens.append(token)
        server.kill()
    assert waiting_hits(tmp_path) == 5
    with serving(database_url, tmp_path):
        deadline = time.monotonic() + 10
        while waiting_hits(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.02)
    assert stored(committed) == Counter(tokens)
    assert waiting_to_be_judged(committed) == 5


def test_a_click_is_answered_in_time_while_the_database_is_locked(committed, database_url, tmp_path):
    destination = "https://flynnsarcade.com/?a=1"
    token = mint_token("c", HERE, KEYS, destination)
    with serving(database_url, tmp_path) as server, httpx.Client(base_url=server.url) as client:
        client.get(image(HERE)[1])
        with committed.connect() as conn:
            conn.execute(text("LOCK TABLE hit IN ACCESS EXCLUSIVE MODE"))
            begun = time.perf_counter()
            answer = client.get(click_address("", token, destination))
            took_s = time.perf_counter() - begun
            conn.rollback()
        assert answer.headers["location"] == destination
        assert took_s < 1.0  # the bound is 0.25 s; the rest is for a busy machine
        deadline = time.monotonic() + 10
        while not stored(committed)[token] and time.monotonic() < deadline:
            time.sleep(0.02)
    assert stored(committed)[token] == 1


async def test_a_locked_table_sends_hits_to_the_journal_and_they_come_back_once(committed, database_url, tmp_path):
    async with keeper(database_url, tmp_path) as running:
        assert await running.keep(arrivals(1)[0]) == "stored"
        with committed.connect() as conn:
            conn.execute(text("LOCK TABLE hit IN ACCESS EXCLUSIVE MODE"))
            kept = await asyncio.gather(*(running.keep(one) for one in arrivals(20)))
            assert set(kept) == {"journaled"}
            assert waiting_hits(tmp_path) == 20
            conn.rollback()
        await until(lambda: waiting_hits(tmp_path) == 0)
        assert set(stored(committed).values()) == {1}
        assert len(stored(committed)) == waiting_to_be_judged(committed) == 21
        await until(lambda: not running._away.is_set())
        assert await running.keep(arrivals(1)[0]) == "stored"


async def test_a_replayed_hit_that_was_committed_after_all_is_stored_once(committed, database_url, tmp_path):
    """The commit was cut off, but came to pass, and was judged: the journal's copy changes nothing."""
    (one,) = arrivals(1)
    with committed.begin() as conn:
        conn.execute(insert(tables.hit).values({**one._asdict(), "headers": {}}))
    journal = Journal(tmp_path)
    journal.append([one.to_json()])
    journal.put_aside()
    async with keeper(database_url, tmp_path):
        await until(lambda: waiting_hits(tmp_path) == 0)
    assert stored(committed) == Counter([one.token])
    assert waiting_to_be_judged(committed) == 0


async def test_a_record_that_the_database_refuses_does_not_hold_up_the_rest(committed, database_url, tmp_path):
    good = arrivals(2)
    bad = json.dumps({**json.loads(good[0].to_json()), "id": str(uuid.uuid4()), "kind": "nonsense"}).encode()
    journal = Journal(tmp_path)
    journal.append([good[0].to_json(), bad, good[1].to_json()])
    journal.put_aside()
    async with keeper(database_url, tmp_path):
        await until(lambda: waiting_hits(tmp_path) == 0)
    assert stored(committed) == Counter(one.token for one in good)
    (refused,) = (tmp_path / FOLDER).glob("*.refused")
    assert refused.read_bytes() == bad + b"\n"


async def test_with_neither_database_nor_disk_hits_wait_and_are_kept_when_one_is_back(committed, tmp_path):
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    async with keeper(NOWHERE, tmp_path) as running:
        waiting = running.keep(arrivals(1)[0])
        await asyncio.wait([waiting], timeout=0.3)
        assert not waiting.done()
        (tmp_path / FOLDER).unlink()
        assert await asyncio.wait_for(waiting, 5) == "journaled"
    assert waiting_hits(tmp_path) == 1


async def test_past_the_bound_a_hit_is_answered_and_counted_as_lost(monkeypatch, tmp_path):
    monkeypatch.setattr(keeping, "MOST_PENDING", 2)
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    async with keeper(NOWHERE, tmp_path) as running:
        for one in arrivals(2):
            running.keep(one)
        assert await running.keep(arrivals(1)[0]) == "lost"


@pytest.mark.parametrize("number", [1, 3000])
async def test_many_hits_are_one_transaction_and_the_worker_is_told_of_it(committed, database_url, tmp_path, number):
    async with keeper(database_url, tmp_path) as running:
        kept = await asyncio.gather(*(running.keep(one) for one in arrivals(number)))
    assert set(kept) == {"stored"}
    assert len(stored(committed)) == waiting_to_be_judged(committed) == number


async def test_an_answer_waits_no_longer_than_its_bound_and_its_hit_is_kept_all_the_same(tmp_path):
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    async with keeper(NOWHERE, tmp_path) as running:
        (one,) = arrivals(1)
        begun = time.perf_counter()
        kept = await running.keep(one._replace(kind="click"))
        assert (kept, time.perf_counter() - begun < 1.0) == ("answered_first", True)
        (tmp_path / FOLDER).unlink()
        await until(lambda: waiting_hits(tmp_path) == 1)

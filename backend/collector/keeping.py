"""How is a hit made safe before it is answered? Many hits, one transaction; or the journal while PostgreSQL is away.

    keep(hit) -> pending -> one batch in flight -> COPY hit, COPY unjudged, NOTIFY, COMMIT -> answered
                                  | not within PATIENCE, or refused
                                  v
                              journal (fsync) -> answered -> replayed once PostgreSQL is back

A batch whose commit was cut off may be in both: ids are made here, so replaying stores each hit once. The way back to
PostgreSQL is taken only after a replay went through, so a database that limps does not make us flap. Past MOST_PENDING
hits are answered and counted as lost: the only place where that can happen.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, TypeVar

import asyncpg
from prometheus_client import Counter, Gauge, Histogram

from backend.collector.journal import Journal, LeftJournal, waiting_hits
from backend.domain.arrivals import COLUMNS, Arrival

log = logging.getLogger(__name__)

PATIENCE_S = 0.2  # a batch that PostgreSQL has not committed by then goes to the journal
MOST_PENDING = 50_000
MOST_IN_BATCH = 2_000
_CONNECT_S = 2.0
_REPLAY_S = 10.0
_REPLAY_BATCH = 1_000
_AGAIN_S = (0.2, 0.5, 1.0, 2.0, 5.0)
WAITS_S: Mapping[str, float] = {"click": 0.25, "open": 2.0}  # the longest that an answer waits for its hit
_WATCH_EVERY_S = 0.025
_LOOK_AROUND_S = 30.0  # for journals that dead processes left

Kept = Literal["stored", "journaled", "lost", "answered_first"]

_HITS = Counter("readback_hits", "Hits by kind and by what became of them", ["kind", "outcome"])
_ANSWERED_FIRST = Counter(
    "readback_hits_answered_first", "Hits whose answer did not wait for storage any longer", ["kind"]
)
_COMMIT = Histogram(
    "readback_hit_commit_seconds",
    "Time that a batch of hits took to become durable",
    ["where"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
_JOURNAL = Gauge("readback_journal_hits", "Hits that wait in this machine's journals")
_AWAY = Gauge("readback_journal_in_use", "1 while hits go to the journal")
_REFUSED = Counter("readback_journal_refused", "Journaled hits that the database refused for good")

_REPLAY = """
WITH told AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS t(
        workspace_id bigint, id uuid, kind text, token text, received_at timestamptz, method text, ip inet,
        user_agent text, headers jsonb, device_id uuid)
), kept AS (
    INSERT INTO hit (workspace_id, id, kind, token, received_at, method, ip, user_agent, headers, device_id)
    SELECT workspace_id, id, kind, token, received_at, method, ip, user_agent, headers, device_id FROM told
    ON CONFLICT DO NOTHING RETURNING workspace_id, id
), waiting AS (
    INSERT INTO unjudged (workspace_id, hit_id) SELECT workspace_id, id FROM kept ON CONFLICT DO NOTHING
)
SELECT pg_notify('readback_hits', '')
"""
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
T = TypeVar("T")


class Taken(NamedTuple):
    """A hit whose answer waits, at most until `until_s` of the loop's clock, which no step of the wall clock moves."""

    arrival: Arrival
    done: asyncio.Future[Kept]
    until_s: float


def count(kind: str, outcome: str) -> None:
    """Count a hit that needs no keeping."""
    _HITS.labels(kind, outcome).inc()


def _count_all(arrivals: Sequence[Arrival], outcome: str) -> None:
    clicks = sum(1 for arrival in arrivals if arrival.kind == "click")
    for kind, number in (("click", clicks), ("open", len(arrivals) - clicks)):
        if number:
            _HITS.labels(kind, outcome).inc(number)


class Keeper:
    """Keeps the hits of this process."""

    def __init__(self, database_url: str, data_dir: Path) -> None:
        self._url = database_url
        self._data_dir = data_dir
        self._journal = Journal(data_dir)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._pending: list[Taken] = []
        self._in_flight: list[Taken] = []
        self._wake = asyncio.Event()
        self._away = asyncio.Event()
        self._conn: Connection | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Begin; where PostgreSQL cannot be reached, with the journal."""
        try:
            self._conn = await self._connect()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._go_away()
        self._tasks = [asyncio.create_task(work()) for work in (self._write, self._return, self._watch)]
        for task in self._tasks:
            task.add_done_callback(_complain)

    async def stop(self) -> None:
        """Make safe what is pending, and end."""
        self._stopping = True
        self._wake.set()
        if self._tasks:
            await asyncio.wait(self._tasks[:1], timeout=5)
            for task in self._tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._drop_connection()
        await self._on_disk(self._journal.put_aside)
        self._disk.shutdown()

    def keep(self, arrival: Arrival) -> "asyncio.Future[Kept]":
        """Take a hit; the future is done when it is safe, when it was waited for long enough, or when it is lost."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Kept] = loop.create_future()
        if len(self._pending) >= MOST_PENDING:
            count(arrival.kind, "lost")
            done.set_result("lost")
        else:
            self._pending.append(Taken(arrival, done, loop.time() + WAITS_S[arrival.kind] - _WATCH_EVERY_S))
            self._wake.set()
        return done

    async def _write(self) -> None:
        pause_s = 0.0
        while self._pending or not self._stopping:
            if not self._pending:
                self._wake.clear()
                await self._wake.wait()
                continue
            batch, self._pending = self._pending[:MOST_IN_BATCH], self._pending[MOST_IN_BATCH:]
            self._in_flight = batch
            try:
                kept = await self._make_safe([taken.arrival for taken in batch])
            except Exception:  # the public-hit guard: whatever it was, the next hits are taken
                log.exception("a batch of hits could not be made safe")
                kept = None
            if kept is None:  # neither the database nor the disk: hold on to them, as far as there is room
                self._pending, self._in_flight = batch + self._pending, []
                if self._stopping:
                    return
                pause_s = min(1.0, pause_s + 0.1)
                await asyncio.sleep(pause_s)
                continue
            pause_s = 0.0
            self._in_flight = []
            _count_all([taken.arrival for taken in batch], kept)
            for taken in batch:
                if not taken.done.done():
                    taken.done.set_result(kept)

    async def _watch(self) -> None:
        """Let answers go that have waited long enough; their hits are still made safe. One look for all of them."""
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            now_s = asyncio.get_running_loop().time()
            for taken in self._in_flight + self._pending:
                if now_s > taken.until_s and not taken.done.done():
                    _ANSWERED_FIRST.labels(taken.arrival.kind).inc()
                    taken.done.set_result("answered_first")

    async def _make_safe(self, arrivals: Sequence[Arrival]) -> Kept | None:
        begun = time.perf_counter()
        if not self._away.is_set() and await self._commit(arrivals):
            _COMMIT.labels("database").observe(time.perf_counter() - begun)
            return "stored"
        self._go_away()
        begun = time.perf_counter()
        try:
            await self._on_disk(self._journal.append, [arrival.to_json() for arrival in arrivals])
        except OSError as problem:
            log.error("hits can be kept neither in the database nor in the journal: %s", type(problem).__name__)
            return None
        _COMMIT.labels("journal").observe(time.perf_counter() - begun)
        _JOURNAL.inc(len(arrivals))
        return "journaled"

    async def _commit(self, arrivals: Sequence[Arrival]) -> bool:
        """Commit a batch within the patience. A commit that is cut off may still come to pass."""
        conn = self._conn
        if conn is None or conn.is_closed():
            return False
        committing = asyncio.create_task(_copy(conn, arrivals))
        done, _ = await asyncio.wait([committing], timeout=PATIENCE_S)
        if done and committing.exception() is None:
            return True
        if done:
            log.warning("hits could not be committed: %s", type(committing.exception()).__name__)
        self._drop_connection()
        committing.cancel()
        committing.add_done_callback(_forget)
        return False

    def _go_away(self) -> None:
        if not self._away.is_set():
            log.warning("hits go to the journal")
            self._away.set()
            _AWAY.set(1)

    async def _return(self) -> None:
        """While PostgreSQL is away: try, replay, and come back; else look now and then for what others left."""
        failures = 0
        while True:
            try:
                if self._away.is_set() or await asyncio.to_thread(waiting_hits, self._data_dir) > 0:
                    await self._replay_all()
                failures = 0
                _JOURNAL.set(await asyncio.to_thread(waiting_hits, self._data_dir))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._away.wait(), _LOOK_AROUND_S)
            except Exception as problem:  # the public-hit guard: we must come back from whatever it was
                log.warning("the journal cannot be replayed yet: %s", type(problem).__name__)
                await asyncio.sleep(_AGAIN_S[min(failures, len(_AGAIN_S) - 1)])
                failures += 1

    async def _replay_all(self) -> None:
        conn = await self._connect()
        try:
            if self._away.is_set():
                await self._on_disk(self._journal.put_aside)
                await self._replay_left(conn)
                self._conn = await self._connect()
                self._away.clear()
                _AWAY.set(0)
                log.warning("hits go to the database again")
                await self._on_disk(self._journal.put_aside)  # what came while we replayed
            await self._replay_left(conn)
        finally:
            conn.terminate()

    async def _replay_left(self, conn: Connection) -> None:
        while (left := await asyncio.to_thread(self._journal.oldest_left)) is not None:
            try:
                await self._replay(conn, left)
            except BaseException:
                left.release()
                raise
            await asyncio.to_thread(left.remove)

    async def _replay(self, conn: Connection, left: LeftJournal) -> None:
        records = await asyncio.to_thread(lambda: list(left.records()))
        for first in range(0, len(records), _REPLAY_BATCH):
            batch = records[first : first + _REPLAY_BATCH]
            try:
                await _insert(conn, batch)
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
                await self._replay_one_by_one(conn, left, batch)

    async def _replay_one_by_one(self, conn: Connection, left: LeftJournal, records: Sequence[bytes]) -> None:
        for record in records:
            try:
                await _insert(conn, [record])
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
                await asyncio.to_thread(left.reject, record)
                _REFUSED.inc()

    async def _connect(self) -> Connection:
        async with asyncio.timeout(_CONNECT_S):
            return await asyncpg.connect(
                self._url,
                timeout=_CONNECT_S,
                server_settings={"application_name": "readback collector", "lock_timeout": "5s"},
            )

    def _drop_connection(self) -> None:
        if self._conn is not None:
            self._conn.terminate()
            self._conn = None

    async def _on_disk(self, work: Callable[..., T], *given: object) -> T:
        """One thread for our own file, so that records keep their order."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, lambda: work(*given))


async def _copy(conn: Connection, arrivals: Sequence[Arrival]) -> None:
    waiting = [(arrival.workspace_id, arrival.id) for arrival in arrivals]
    await conn.execute("BEGIN")
    await conn.copy_records_to_table("hit", records=arrivals, columns=COLUMNS)
    await conn.copy_records_to_table("unjudged", records=waiting, columns=("workspace_id", "hit_id"))
    # One round trip for both; whatever fails above, the connection is dropped, and the transaction with it.
    await conn.execute("SELECT pg_notify('readback_hits', ''); COMMIT")


async def _insert(conn: Connection, records: Sequence[bytes]) -> None:
    """Store journaled hits; those that are stored already stay as they are."""
    async with asyncio.timeout(_REPLAY_S):
        await conn.fetchval(_REPLAY, (b"[" + b",".join(records) + b"]").decode())


def _forget(task: asyncio.Task[None]) -> None:
    """Whatever became of a commit that nobody waits for any more, it is in the journal too."""
    if not task.cancelled():
        task.exception()


def _complain(task: asyncio.Task[None]) -> None:
    """Neither of the two may end by itself: whatever does it is a fault of ours, and must not stay silent."""
    if not task.cancelled() and task.exception() is not None:
        log.critical("the keeper of hits has died", exc_info=task.exception())

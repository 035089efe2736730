"""What runs in the worker? The job queue's app, its periodic jobs, and the loop that judges hits as they come.

Nothing here says what a job does: each is one call into `services`. Whether a job is tried again depends on the
class of what it raised: `Transient` and what PostgreSQL breaks off are, after a growing pause or the one that the
other side asked for; all else is a fault of ours, is logged, and waits for the next push or sweep. A job that is to
be tried again is left as a new one (`store.queue.enqueue`): procrastinate's own retry breaks where an equal job waits
already.

A worker that is told to stop finishes its jobs, but for the making of pages, which may take minutes: that is broken
off and left for the next worker. One that dies leaves its jobs "doing"; the others, or the next one to start, put them
back within seconds. One whose database goes away, or is not migrated yet, waits for it.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import procrastinate
import psycopg
import structlog
from procrastinate.jobs import Job
from procrastinate.worker import Worker
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from backend.errors import RateLimited, Stopped, Transient
from backend.services import addresses, converting, documents, hits, looking, mailboxes, syncing, tidying
from backend.services.parts import Parts
from backend.store import queue
from backend.store.engine import plain_url

log = structlog.get_logger(__name__)

HITS_CHANNEL = "readback_hits"
ATTEMPTS = 8
_PAUSES_S = (1, 2, 4, 8, 15, 30, 60)
# queue -> jobs at a time: documents take minutes, and mail must not wait for them, nor they for what can wait
_CONCURRENCY = {"default": 4, documents.QUEUE: 2, tidying.QUEUE: 1}
_HEARTBEAT_S = 1.0
_SILENT_S = 4.0  # a worker that was not heard of for so long is dead
_LOOK_EVERY_S = 1.0  # jobs announce themselves; this is for those that were put back
_JUDGE_EVERY_S = 2.0  # hits announce themselves; this is for an announcement that got lost
_TOGETHER_S = 0.15  # Gmail loads the image and calls the add-on together: a rep's own look is not told for a moment
_AGAIN_AFTER_S = 2.0
_NO_DATABASE = (procrastinate.exceptions.ConnectorException, psycopg.Error, OSError)  # away, or not migrated yet


def sync_mailbox(parts: Parts, now: datetime, workspace_id: int, mailbox_id: int) -> None:
    """Read what is new in a mailbox's tracked conversations."""
    syncing.sync_mailbox(parts.engine, parts.gmail, parts.secrets, (workspace_id, mailbox_id), now)


def look_around(parts: Parts, now: datetime, workspace_id: int, mailbox_id: int) -> None:
    """Look through everything that is new in a mailbox."""
    looking.look_around(parts.engine, parts.gmail, parts.secrets, (workspace_id, mailbox_id), now)


def watch_mailbox(parts: Parts, now: datetime, workspace_id: int, mailbox_id: int) -> None:
    """Ask for the mailbox's pushes for another week."""
    mailboxes.renew_watch(parts.engine, parts.gmail, parts.secrets, workspace_id, mailbox_id)


def give_back_access(parts: Parts, now: datetime, workspace_id: int, mailbox_id: int) -> None:
    """Revoke what a disconnected mailbox had granted."""
    mailboxes.give_back_access(parts.engine, parts.gmail, parts.google, parts.secrets, (workspace_id, mailbox_id))


def convert_document(parts: Parts, now: datetime, workspace_id: int, version_id: int) -> None:
    """Make the pages of an uploaded document."""
    converting.convert(parts.engine, parts.blobs, parts.documents, (workspace_id, version_id))


def sharpen_document(parts: Parts, now: datetime, workspace_id: int, version_id: int) -> None:
    """Make the finest images of pages that can be read already."""
    converting.sharpen(parts.engine, parts.blobs, parts.documents, (workspace_id, version_id))


def tidy_blobs(parts: Parts, now: datetime, workspace_id: int) -> None:
    """Remove a workspace's blobs that no row names."""
    tidying.tidy(parts.engine, parts.blobs, workspace_id, now)


def _give_up_converting(parts: Parts, workspace_id: int, version_id: int) -> None:
    converting.give_up(parts.engine, (workspace_id, version_id))


def _in_one_transaction(work: Callable[[Connection, datetime], object]) -> Callable[..., None]:
    def job(parts: Parts, now: datetime, timestamp: int = 0) -> None:
        with parts.engine.begin() as conn:
            work(conn, now)

    return job


_JOBS: Mapping[str, Callable[..., None]] = {
    "sync_mailbox": sync_mailbox,
    "look_around": look_around,
    "watch_mailbox": watch_mailbox,
    "give_back_access": give_back_access,
    "convert_document": convert_document,
    "sharpen_document": sharpen_document,
    "tidy_blobs": tidy_blobs,
}

# what is told to whoever waits for a job, once it is not tried again
_GIVEN_UP: Mapping[str, Callable[..., None]] = {"convert_document": _give_up_converting}

_PERIODIC: Mapping[str, tuple[str, Callable[[Connection, datetime], object]]] = {
    "renew_watches": ("17 * * * *", mailboxes.renew_watches),
    "sweep_mailboxes": ("*/5 * * * *", mailboxes.sweep),
    "blur_addresses": ("23 * * * *", addresses.blur_addresses),
    "lapse_messages": ("41 * * * *", syncing.lapse_prepared),
    "leave_tidying": ("23 3 * * *", tidying.leave_tidying),
}


def create_queue(parts: Parts, running: set[int] | None = None) -> procrastinate.App:
    """Make the queue's app with every job and periodic job; it connects when opened. Ids of `running` jobs are kept."""
    running = set() if running is None else running
    connector = procrastinate.PsycopgConnector(
        conninfo=plain_url(str(parts.settings.database_url)),
        min_size=1,
        max_size=6,
        kwargs={"options": "-c timezone=UTC"},
    )
    app = procrastinate.App(connector=connector)
    for name, job in _JOBS.items():
        app.task(name=name, pass_context=True)(_runner(parts, job, running, _GIVEN_UP.get(name)))
    for name, (cron, work) in _PERIODIC.items():
        task = app.task(name=name, pass_context=True, queueing_lock=name)(
            _runner(parts, _in_one_transaction(work), running)
        )
        app.periodic(cron=cron)(task)
    return app


def _runner(
    parts: Parts, job: Callable[..., None], running: set[int], given_up: Callable[..., None] | None = None
) -> Callable[..., None]:
    def run(context: procrastinate.JobContext, attempt: int = 1, **args: Any) -> None:
        now = datetime.now(UTC)
        running.add(context.job.id or 0)
        try:
            job(parts, now, **args)
        except Stopped:
            log.info("job_left_for_another_worker", job=context.job.task_name, **args)
            _leave_again(parts, context.job, {**args, "attempt": attempt}, now)
        except (Transient, OperationalError) as problem:  # also a deadlock, a lock that was not had, a lost connection
            if attempt >= ATTEMPTS:
                if given_up:
                    given_up(parts, **args)
                raise
            pause_s = pause_before(attempt + 1, problem)
            name, because = context.job.task_name, type(problem).__name__
            log.info("job_again", job=name, attempt=attempt, pause_s=pause_s, because=because, **args)
            _leave_again(parts, context.job, {**args, "attempt": attempt + 1}, now + timedelta(seconds=pause_s))
        except Exception:
            if given_up:
                given_up(parts, **args)
            raise
        finally:
            running.discard(context.job.id or 0)

    return run


def _leave_again(parts: Parts, job: Job, args: Mapping[str, Any], at: datetime) -> None:
    with parts.engine.begin() as conn:
        queue.enqueue(conn, job.task_name, args, lock=job.queueing_lock, at=at, queue=job.queue)


def pause_before(attempt: int, problem: Exception) -> float:
    """How many seconds to wait before this attempt; what the other side asked for wins where it is longer."""
    growing = float(_PAUSES_S[min(attempt - 2, len(_PAUSES_S) - 1)])
    asked = problem.retry_after_s if isinstance(problem, RateLimited) else None
    return max(growing, asked or 0.0)


def run_worker(parts: Parts) -> None:
    """Run until told to stop (SIGTERM, SIGINT): jobs at hand are finished first, or left for the next worker."""
    asyncio.run(_work_until_told(parts))


async def _work_until_told(parts: Parts) -> None:
    """Only a signal ends a worker. procrastinate's ends by itself, even as if asked to, once its connection is lost."""
    told = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, told.set)
    stopping = asyncio.create_task(told.wait())
    while not told.is_set():
        working = asyncio.create_task(_work(parts))
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if told.is_set():
            parts.documents.stop()
        working.cancel()  # procrastinate takes it as being asked to stop; one that has ended takes no notice
        [problem] = await asyncio.gather(working, return_exceptions=True)
        if isinstance(problem, Exception) and not isinstance(problem, _NO_DATABASE):
            raise problem
        if not told.is_set():
            log.warning("worker_begins_anew", because=type(problem).__name__ if problem else "connection lost")
            await asyncio.wait({stopping}, timeout=_AGAIN_AFTER_S)


async def _work(parts: Parts) -> None:
    running: set[int] = set()
    app = create_queue(parts, running)
    workers = [_worker_of(app, name, at_once) for name, at_once in _CONCURRENCY.items()]
    async with app.open_async():
        beside = [
            asyncio.create_task(_for_ever(_judge_hits, parts)),
            asyncio.create_task(_for_ever(_revive, parts)),
            *(asyncio.create_task(_for_ever(partial(_revive_own, worker, running), parts)) for worker in workers),
        ]
        try:
            await _run_together(workers)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


def _worker_of(app: procrastinate.App, queue_name: str, at_once: int) -> Worker:
    return Worker(
        app=app,
        queues=[queue_name],
        concurrency=at_once,
        fetch_job_polling_interval=_LOOK_EVERY_S,
        update_heartbeat_interval=_HEARTBEAT_S,
        stalled_worker_timeout=_SILENT_S,
        install_signal_handlers=False,
        shutdown_graceful_timeout=15.0,
        delete_jobs="successful",
    )


async def _run_together(workers: Sequence[Worker]) -> None:
    """Run them until one ends, which ends the others: their jobs at hand are finished."""
    runs = [asyncio.create_task(worker.run()) for worker in workers]  # type: ignore[no-untyped-call]
    try:
        await asyncio.wait(runs, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for run in runs:
            run.cancel()
        ended = await asyncio.gather(*runs, return_exceptions=True)
    for problem in ended:
        if isinstance(problem, Exception):
            raise problem


async def _for_ever(work: Callable[[Parts], Awaitable[None]], parts: Parts) -> None:
    """The runner of what never ends: whatever goes wrong in there is told, and it begins anew."""
    while True:
        try:
            await work(parts)
        except Exception:
            log.exception("worker_loop_failed", loop=getattr(work, "__name__", "_revive_own"))
            await asyncio.sleep(_AGAIN_AFTER_S)


async def _judge_hits(parts: Parts) -> None:
    address = plain_url(str(parts.settings.database_url))
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as listening:
        await listening.execute(f"LISTEN {HITS_CHANNEL}")
        while True:
            while await asyncio.to_thread(_judge, parts):
                pass
            async for _ in listening.notifies(timeout=_JUDGE_EVERY_S, stop_after=1):
                await asyncio.sleep(_TOGETHER_S)


def _judge(parts: Parts) -> int:
    with parts.engine.begin() as conn:
        return hits.judge_new(conn, datetime.now(UTC), places=parts.places)


async def _revive(parts: Parts) -> None:
    while True:
        revived = await asyncio.to_thread(_revive_once, parts)
        if revived:
            log.warning("stalled_jobs_revived", count=revived)
        await asyncio.sleep(_HEARTBEAT_S)


def _revive_once(parts: Parts) -> int:
    with parts.engine.begin() as conn:
        return queue.revive_stalled(conn, _SILENT_S)


async def _revive_own(worker: Worker, running: set[int], parts: Parts) -> None:
    """Put back what the database has for this worker's, but what does not run here.

    Where the connection is lost as a job is taken, or as its end is noted, the job would stay "doing" as long as this
    worker lives, and its mailbox would not be read. A job is just being taken or put down in one look, not in two.
    """
    idle_before: set[int] = set()
    while True:
        await asyncio.sleep(_SILENT_S)
        idle = await asyncio.to_thread(_taken, parts, worker.worker_id) - running
        lost, idle_before = idle & idle_before, idle
        if lost:
            await asyncio.to_thread(_put_back, parts, lost)
            log.warning("lost_jobs_revived", count=len(lost))


def _taken(parts: Parts, worker_id: int | None) -> set[int]:
    with parts.engine.begin() as conn:
        return queue.taken_by(conn, worker_id) if worker_id is not None else set()


def _put_back(parts: Parts, job_ids: set[int]) -> None:
    with parts.engine.begin() as conn:
        queue.put_back(conn, sorted(job_ids))

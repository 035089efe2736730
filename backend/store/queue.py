"""Leave a job for the worker, in the same transaction as the facts that cause it.

procrastinate keeps its jobs in PostgreSQL; its own SQL function is called here on the caller's connection, so a
job exists exactly if the facts do. What the jobs do is in `backend.jobs`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

_DEFER = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        :queue, :task, 0, :lock, :queueing_lock, CAST(:args AS jsonb), CAST(:at AS timestamptz)
    )::procrastinate_job_to_defer_v1])
    """
)


def enqueue(
    conn: Connection,
    task: str,
    args: Mapping[str, object],
    *,
    lock: str | None = None,
    at: datetime | None = None,
    queue: str = "default",
) -> bool:
    """Leave one job; with `lock`, such jobs run one at a time and wait at most once.

    Returns False where a job with that lock waits already: it will see whatever was committed before it starts.
    """
    given = {"task": task, "lock": lock, "queueing_lock": lock, "args": json.dumps(args), "at": at}
    given["queue"] = queue
    try:
        with conn.begin_nested():
            conn.execute(_DEFER, given)
    except IntegrityError:
        return False
    return True


_STALLED = text(
    """
    SELECT job.id FROM procrastinate_jobs AS job
    LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
      AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :silent_s))
    ORDER BY job.id FOR UPDATE OF job SKIP LOCKED
    """
)


def revive_stalled(conn: Connection, silent_s: float) -> int:
    """Put jobs back whose worker has not been heard of for so long (killed, or its machine gone); returns how many."""
    stalled = conn.execute(_STALLED, {"silent_s": silent_s}).scalars().all()
    put_back(conn, stalled)
    return len(stalled)


def taken_by(conn: Connection, worker_id: int) -> set[int]:
    """The jobs that a worker has taken and not finished."""
    asked = text("SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = :worker_id")
    return set(conn.execute(asked, {"worker_id": worker_id}).scalars())


def put_back(conn: Connection, job_ids: Sequence[int]) -> None:
    """Have these jobs done anew.

    procrastinate's own retry fails where an equal job waits already: then that one will do the work, and this one is
    closed.
    """
    for job_id in job_ids:
        try:
            with conn.begin_nested():
                conn.execute(text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)"), {"id": job_id})
        except IntegrityError:
            conn.execute(text("SELECT procrastinate_finish_job_v1(:id, 'aborted', false)"), {"id": job_id})

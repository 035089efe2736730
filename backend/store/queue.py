"""Leave a job for the worker, in the same transaction as the facts that cause it.

procrastinate keeps its jobs in PostgreSQL; its own SQL function is called here on the caller's connection, so a
job exists exactly if the facts do. What the jobs do is in `backend.jobs`.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

_DEFER = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        'default', :task, 0, :lock, :queueing_lock, CAST(:args AS jsonb), CAST(:at AS timestamptz)
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
) -> bool:
    """Leave one job; with `lock`, such jobs run one at a time and wait at most once.

    Returns False where a job with that lock waits already: it will see whatever was committed before it starts.
    """
    given = {"task": task, "lock": lock, "queueing_lock": lock, "args": json.dumps(args), "at": at}
    try:
        with conn.begin_nested():
            conn.execute(_DEFER, given)
    except IntegrityError:
        return False
    return True

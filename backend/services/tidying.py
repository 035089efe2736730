"""Which blobs does nobody need any more? Those that no row names, once they are old enough.

A blob is written before the row that names it, and what broke off in between stays behind; so does what was named by
rows that are gone. A young blob is left alone: an upload or a conversion may be about to name it. Writing a content
that is there already makes it young again (`adapters.blobs`), so an old one that is removed is nobody's next page.
Each workspace is tidied by a job of its own; one that is unknown here is not touched.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import Connection, Engine

from backend.services.ports import BlobStore
from backend.store import blobs as store
from backend.store.queue import enqueue

log = structlog.get_logger(__name__)

QUEUE = "background"  # nobody waits for these jobs, and they wait for each other
KEPT_FOR = timedelta(days=1)
_AT_ONCE = 10_000


def leave_tidying(conn: Connection, now: datetime) -> int:
    """Leave a job for each workspace. The caller commits."""
    workspaces = store.all_workspaces(conn)
    for workspace_id in workspaces:
        args = {"workspace_id": workspace_id}
        enqueue(conn, "tidy_blobs", args, lock=f"tidy_blobs:{workspace_id}", queue=QUEUE)
    return len(workspaces)


def tidy(engine: Engine, blobs: BlobStore, workspace_id: int, now: datetime) -> int:
    """Remove a workspace's old blobs that no row names; returns how many. Safe to repeat. Raises Transient."""
    before = now - KEPT_FOR
    blobs.remove_unfinished(workspace_id, before)
    removed = 0
    for digests in _batches(blobs.written_before(workspace_id, before)):
        with engine.begin() as conn:
            unnamed = store.unnamed(conn, workspace_id, digests)
        removed += sum(blobs.remove(workspace_id, digest, before) for digest in unnamed)
    if removed:
        log.info("blobs_removed", workspace_id=workspace_id, count=removed)
    return removed


def _batches(digests: Iterable[str]) -> Iterator[list[str]]:
    left = iter(digests)
    while batch := list(islice(left, _AT_ONCE)):
        yield batch

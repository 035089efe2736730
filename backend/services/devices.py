"""Which browsers are "me"? Remembered at sign-in, listed, forgotten; what a hit from one is, `domain.verdicts` says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from backend.domain.browsers import called
from backend.errors import NotFound
from backend.store import devices as store


@dataclass(frozen=True)
class Browser:
    """A browser that is the rep's own; `is_this` where the page is being looked at with it."""

    id: UUID
    name: str
    created_at: datetime
    is_this: bool


@dataclass(frozen=True)
class Seen:
    """What a browser says at sign-in: the device that its cookie names, if any, and what it calls itself."""

    device_id: UUID | None
    user_agent: str


def remember_device(conn: Connection, workspace_id: int, rep_id: int, seen: Seen, now: datetime) -> UUID:
    """Note a browser as the rep's own and return its id; a known one keeps it, a forgotten one does not."""
    if seen.device_id is not None and store.is_known(conn, workspace_id, rep_id, seen.device_id):
        return seen.device_id
    return store.put_device(conn, workspace_id, rep_id, seen.user_agent, now)


def devices_of(conn: Connection, workspace_id: int, rep_id: int, this: UUID | None) -> Sequence[Browser]:
    """List a rep's own browsers, the newest first."""
    return [
        Browser(found.id, called(found.user_agent), found.created_at, found.id == this)
        for found in store.devices_of_rep(conn, workspace_id, rep_id)
    ]


def forget_device(conn: Connection, workspace_id: int, rep_id: int, device_id: UUID, now: datetime) -> None:
    """Make a browser a stranger's from now on. Raises NotFound where it is not this rep's (any more)."""
    if not store.put_forgotten(conn, workspace_id, rep_id, device_id, now):
        raise NotFound("This browser is forgotten already.")

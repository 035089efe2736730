"""Which browsers are "me"? Listed and forgotten; `services.hits` remembers them, and judges what is opened there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from backend.domain.browsers import called
from backend.domain.devices import SignedDevice
from backend.errors import NotFound
from backend.store import devices as store


@dataclass(frozen=True)
class Browser:
    """A browser that is the rep's own; `is_this` where the page is being looked at with it."""

    id: UUID
    name: str
    created_at: datetime
    is_this: bool


def is_known(conn: Connection, device: SignedDevice) -> bool:
    """Whether a browser is known as this rep's, and not forgotten."""
    return store.is_known(conn, device.workspace_id, device.rep_id, device.device_id)


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

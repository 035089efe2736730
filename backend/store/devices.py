"""Which browsers are a rep's own? Queries and changes; how the cookie is signed is in `domain.devices`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, select, update

from backend.store.tables import device


@dataclass(frozen=True)
class Device:
    """A browser that a rep has signed in with."""

    id: UUID
    user_agent: str
    created_at: datetime


def devices_of_rep(conn: Connection, workspace_id: int, rep_id: int) -> Sequence[Device]:
    """List a rep's devices that are not forgotten, the newest first."""
    asked = (
        select(device.c.id, device.c.user_agent, device.c.created_at)
        .where(device.c.workspace_id == workspace_id, device.c.rep_id == rep_id, device.c.forgotten_at.is_(None))
        .order_by(device.c.created_at.desc())
    )
    return [Device(**row) for row in conn.execute(asked).mappings()]


def is_known(conn: Connection, workspace_id: int, rep_id: int, device_id: UUID) -> bool:
    """Whether this is a device of this rep that is not forgotten."""
    asked = select(device.c.id).where(_this(workspace_id, rep_id, device_id))
    return conn.execute(asked).first() is not None


def put_forgotten(conn: Connection, workspace_id: int, rep_id: int, device_id: UUID, now: datetime) -> bool:
    """Forget a rep's device; False where it is not this rep's, or forgotten already."""
    done = conn.execute(update(device).where(_this(workspace_id, rep_id, device_id)).values(forgotten_at=now))
    return done.rowcount > 0


def _this(workspace_id: int, rep_id: int, device_id: UUID) -> ColumnElement[bool]:
    return and_(
        device.c.workspace_id == workspace_id,
        device.c.id == device_id,
        device.c.rep_id == rep_id,
        device.c.forgotten_at.is_(None),
    )

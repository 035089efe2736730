"""What stands in the live feed? Writes its items; each change takes the workspace's next number.

The number is taken from a counter row that stays locked until the caller commits, so within a workspace numbers
become visible in their order: a reader that saw number n has seen all up to n, which is what Last-Event-ID needs.
Reading the feed is in `feed_reading`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from backend.store.tables import feed_counter, feed_item

CHANNEL = "readback_feed"


@dataclass(frozen=True)
class FeedItem:
    """One thing that happened to a message; `key` names it within the message, so that it is told once."""

    message_id: int
    key: str
    kind: str
    occurred_at: datetime
    data: Mapping[str, object] = field(default_factory=dict)


def put_item(conn: Connection, workspace_id: int, item: FeedItem) -> bool:
    """Tell or correct an item; True where that changed anything. Safe to repeat."""
    stands = conn.execute(
        select(feed_item.c.kind, feed_item.c.occurred_at, feed_item.c.data, feed_item.c.retracted)
        .where(_same(workspace_id, item.message_id, item.key))
        .with_for_update()
    ).one_or_none()
    if stands is not None and tuple(stands) == (item.kind, item.occurred_at, dict(item.data), False):
        return False
    values = {
        "kind": item.kind,
        "occurred_at": item.occurred_at,
        "data": dict(item.data),
        "retracted": False,
        "seq": _next_seq(conn, workspace_id),
    }
    conn.execute(
        insert(feed_item)
        .values(workspace_id=workspace_id, message_id=item.message_id, key=item.key, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "message_id", "key"], set_=values)
    )
    return True


def retract_item(conn: Connection, workspace_id: int, message_id: int, key: str) -> bool:
    """Take an item back that turned out not to be so; True where it stood. Safe to repeat."""
    found = conn.execute(
        select(feed_item.c.key)
        .where(_same(workspace_id, message_id, key), feed_item.c.retracted.is_(False))
        .with_for_update()
    ).one_or_none()
    if found is None:
        return False
    conn.execute(
        update(feed_item)
        .where(_same(workspace_id, message_id, key))
        .values(retracted=True, seq=_next_seq(conn, workspace_id))
    )
    return True


def stir_message(conn: Connection, workspace_id: int, message_id: int) -> bool:
    """Have open windows look at a message anew, where what changed is no item (hits that are not counted)."""
    if conn.execute(select(feed_item.c.key).where(_standing_sent(workspace_id, message_id)).with_for_update()).first():
        conn.execute(
            update(feed_item).where(_standing_sent(workspace_id, message_id)).values(seq=_next_seq(conn, workspace_id))
        )
        return True
    return False


def _standing_sent(workspace_id: int, message_id: int) -> ColumnElement[bool]:
    return _same(workspace_id, message_id, "sent") & feed_item.c.retracted.is_(False)


def _same(workspace_id: int, message_id: int, key: str) -> ColumnElement[bool]:
    return (
        (feed_item.c.workspace_id == workspace_id) & (feed_item.c.message_id == message_id) & (feed_item.c.key == key)
    )


def _next_seq(conn: Connection, workspace_id: int) -> int:
    taken = conn.execute(
        insert(feed_counter)
        .values(workspace_id=workspace_id, seq=1)
        .on_conflict_do_update(index_elements=["workspace_id"], set_={"seq": feed_counter.c.seq + 1})
        .returning(feed_counter.c.seq)
    ).scalar_one()
    conn.execute(select(func.pg_notify(CHANNEL, str(workspace_id))))
    return int(taken)

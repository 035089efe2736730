"""What stands in the live feed? Writes its items; each change takes the workspace's next number.

The number is taken from a counter row that stays locked until the caller commits, so within a workspace numbers
become visible in their order: a reader that saw number n has seen all up to n, which is what Last-Event-ID needs.
Reading the feed is in `feed_reading`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from backend.store.keys import MessageKey, as_ids, as_table
from backend.store.tables import feed_counter, feed_item

CHANNEL = "readback_feed"
_OF_HITS = ("view", "click", "document")
_TOUCH = {name: feed_item.c[name].type for name in ("workspace_id", "message_id", "key", "retracted", "seq")}
_PUT = {
    name: feed_item.c[name].type
    for name in ("workspace_id", "message_id", "key", "kind", "occurred_at", "data", "retracted", "seq")
}


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


@dataclass(frozen=True)
class Telling:
    """All that the feed is to say of one message's hits; `stirred` where something is new that is not counted."""

    workspace_id: int
    message_id: int
    items: Sequence[FeedItem]
    stirred: bool = False


def tell_hits(conn: Connection, tellings: Sequence[Telling]) -> None:
    """Put the views, clicks and readings of these messages right: tell, correct and take back. Safe to repeat.

    The messages are locked by the caller (`store.hits.lock_messages`), and nobody else writes these items. Where all
    that is new is not counted, open windows are made to look at the message anew, by its `sent` item.
    """
    standing = _standing(conn, [(one.workspace_id, one.message_id) for one in tellings])
    put: list[tuple[int, FeedItem]] = []
    touched: list[tuple[int, int, str, bool]] = []
    for one in sorted(tellings, key=lambda one: (one.workspace_id, one.message_id)):
        stands = standing[one.workspace_id, one.message_id]
        sent = stands.pop("sent", None)
        gone = sorted(stands.keys() - {item.key for item in one.items})
        fresh = [item for item in one.items if stands.get(item.key) != (item.kind, item.occurred_at, dict(item.data))]
        touched += [(one.workspace_id, one.message_id, key, True) for key in gone]
        put += [(one.workspace_id, item) for item in fresh]
        if one.stirred and sent is not None and not gone and not fresh:
            touched.append((one.workspace_id, one.message_id, "sent", False))
    numbers = _take_numbers(conn, Counter([each[0] for each in touched] + [workspace_id for workspace_id, _ in put]))
    _touch(conn, [(*each, next(numbers[each[0]])) for each in touched])
    _put(conn, [(workspace_id, item, next(numbers[workspace_id])) for workspace_id, item in put])


def _standing(conn: Connection, messages: Sequence[MessageKey]) -> defaultdict[MessageKey, dict[str, Any]]:
    asked = as_ids(messages)
    found = (
        select(
            feed_item.c.workspace_id,
            feed_item.c.message_id,
            feed_item.c.key,
            feed_item.c.kind,
            feed_item.c.occurred_at,
            feed_item.c.data,
        )
        .join(asked, and_(feed_item.c.workspace_id == asked.c.workspace_id, feed_item.c.message_id == asked.c.id))
        .where(
            feed_item.c.retracted.is_(False),
            or_(feed_item.c.key == "sent", *(feed_item.c.key.startswith(f"{kind}:") for kind in _OF_HITS)),
        )
    )
    standing: defaultdict[MessageKey, dict[str, Any]] = defaultdict(dict)
    for workspace_id, message_id, key, *values in conn.execute(found):
        standing[workspace_id, message_id][key] = tuple(values)
    return standing


def _touch(conn: Connection, touched: Sequence[tuple[int, int, str, bool, int]]) -> None:
    """Retract items, or only give them a new number: (workspace, message, key, retracted, number)."""
    if not touched:
        return
    asked = as_table(_TOUCH, touched)
    conn.execute(
        update(feed_item)
        .where(
            feed_item.c.workspace_id == asked.c.workspace_id,
            feed_item.c.message_id == asked.c.message_id,
            feed_item.c.key == asked.c.key,
        )
        .values(retracted=asked.c.retracted, seq=asked.c.seq)
    )


def _put(conn: Connection, items: Sequence[tuple[int, FeedItem, int]]) -> None:
    if not items:
        return
    rows = [
        (workspace_id, item.message_id, item.key, item.kind, item.occurred_at, dict(item.data), False, seq)
        for workspace_id, item, seq in items
    ]
    put = insert(feed_item).from_select(list(_PUT), select(as_table(_PUT, rows)))
    changing = ("kind", "occurred_at", "data", "retracted", "seq")
    conn.execute(
        put.on_conflict_do_update(
            index_elements=["workspace_id", "message_id", "key"], set_={name: put.excluded[name] for name in changing}
        )
    )


def _same(workspace_id: int, message_id: int, key: str) -> ColumnElement[bool]:
    return (
        (feed_item.c.workspace_id == workspace_id) & (feed_item.c.message_id == message_id) & (feed_item.c.key == key)
    )


def _next_seq(conn: Connection, workspace_id: int) -> int:
    return next(_take_numbers(conn, {workspace_id: 1})[workspace_id])


def _take_numbers(conn: Connection, wanted: Mapping[int, int]) -> Mapping[int, Iterator[int]]:
    """Take each workspace's next numbers, in the one order of workspaces that cannot deadlock."""
    if not wanted:
        return {}
    asked = as_ids(list(wanted.items()))
    take = insert(feed_counter).from_select(
        ["workspace_id", "seq"], select(asked.c.workspace_id, asked.c.id).order_by(asked.c.workspace_id)
    )
    taken = conn.execute(
        take.on_conflict_do_update(
            index_elements=["workspace_id"], set_={"seq": feed_counter.c.seq + take.excluded.seq}
        ).returning(feed_counter.c.workspace_id, feed_counter.c.seq)
    ).all()
    conn.execute(select(func.pg_notify(CHANNEL, cast(asked.c.workspace_id, Text))).select_from(asked))
    return {workspace_id: iter(range(last - wanted[workspace_id] + 1, last + 1)) for workspace_id, last in taken}

"""What stands in the live feed? Reads it: the newest groups, what changed since a number, and one message's record.

A reader that is told number n has everything up to n, since numbers become visible in their order (see `feed`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from backend.domain.feed import Group, Item, Person
from backend.store.tables import feed_counter, feed_item, hit, incoming, link, message, recipient, rep, tracker, verdict


@dataclass(frozen=True)
class Judged:
    """A hit with its verdict."""

    id: UUID
    kind: str
    received_at: datetime
    user_agent: str
    verdict: str
    rule: str
    sentence: str
    confidence: float


@dataclass(frozen=True)
class Received:
    """A mail that came in about a message, and what it is."""

    kind: str
    received_at: datetime
    from_name: str
    from_address: str
    subject: str
    rule: str
    sentence: str
    who: str


@dataclass(frozen=True)
class Link:
    """A tracked link of a message."""

    text: str
    destination: str


Place = tuple[datetime, int]  # the newest event of a message, and the message


def current_seq(conn: Connection, workspace_id: int) -> int:
    """The number of the workspace's latest change; 0 before the first."""
    asked = select(feed_counter.c.seq).where(feed_counter.c.workspace_id == workspace_id)
    return int(conn.execute(asked).scalar_one_or_none() or 0)


@dataclass(frozen=True)
class Search:
    """Which part of the feed is asked for: from behind a place, and only what a subject or a person says."""

    before: Place | None = None
    words: str = ""


def newest_messages(conn: Connection, workspace_id: int, limit: int, search: Search) -> Sequence[Place]:
    """List (newest event's time, message) of the feed, newest first."""
    newest = func.max(feed_item.c.occurred_at)
    asked = (
        select(newest, feed_item.c.message_id)
        .where(feed_item.c.workspace_id == workspace_id, feed_item.c.retracted.is_(False))
        .group_by(feed_item.c.message_id)
        .order_by(newest.desc(), feed_item.c.message_id.desc())
        .limit(limit)
    )
    if search.before is not None:
        asked = asked.having(tuple_(newest, feed_item.c.message_id) < tuple_(*search.before))
    if search.words:
        asked = asked.where(feed_item.c.message_id.in_(_saying(workspace_id, search.words)))
    return [(row[0], row[1]) for row in conn.execute(asked)]


def changed_messages(conn: Connection, workspace_id: int, after: int, limit: int) -> Sequence[int]:
    """List the messages whose items changed after this number, the earliest change first."""
    latest = func.max(feed_item.c.seq)
    asked = (
        select(feed_item.c.message_id)
        .where(feed_item.c.workspace_id == workspace_id, feed_item.c.seq > after)
        .group_by(feed_item.c.message_id)
        .order_by(latest)
        .limit(limit)
    )
    return conn.execute(asked).scalars().all()


def groups(conn: Connection, workspace_id: int, message_ids: Sequence[int]) -> list[Group]:
    """Read these messages with their standing items, in the order given; others' and unknown ones are left out."""
    if not message_ids:
        return []
    found = _messages(conn, workspace_id, message_ids)
    people = people_of(conn, workspace_id, message_ids)
    items, latest = _items(conn, workspace_id, message_ids)
    answered = _answered_back(conn, workspace_id, message_ids)
    uncounted = _uncounted(conn, workspace_id, message_ids)
    return [
        Group(
            message_id=message_id,
            rep_id=found[message_id]["rep_id"],
            rep_name=found[message_id]["name"],
            subject=found[message_id]["subject"] or "",
            sent_at=found[message_id]["sent_at"],
            people=tuple(people[message_id]),
            items=tuple(items[message_id]),
            seq=latest.get(message_id, 0),
            answered_back_at=answered.get(message_id),
            uncounted=uncounted.get(message_id, 0),
        )
        for message_id in message_ids
        if message_id in found
    ]


def recent_messages_with(
    conn: Connection, workspace_id: int, rep_id: int, kinds: Iterable[str], since: datetime
) -> Sequence[int]:
    """List a rep's messages with an item of these kinds since then, the newest first."""
    asked = (
        select(feed_item.c.message_id)
        .join(message, and_(message.c.workspace_id == feed_item.c.workspace_id, message.c.id == feed_item.c.message_id))
        .where(
            feed_item.c.workspace_id == workspace_id,
            feed_item.c.retracted.is_(False),
            feed_item.c.kind.in_(list(kinds)),
            feed_item.c.occurred_at >= since,
            message.c.rep_id == rep_id,
        )
        .group_by(feed_item.c.message_id)
        .order_by(func.max(feed_item.c.occurred_at).desc())
        .limit(100)
    )
    return conn.execute(asked).scalars().all()


def sent_any(conn: Connection, workspace_id: int, rep_id: int) -> bool:
    """Whether a rep has ever sent a tracked mail."""
    asked = select(message.c.id).where(
        message.c.workspace_id == workspace_id, message.c.rep_id == rep_id, message.c.state == "sent"
    )
    return conn.execute(asked.limit(1)).first() is not None


def judged_hits(conn: Connection, workspace_id: int, message_id: int, limit: int) -> Sequence[Judged]:
    """List a message's hits with their verdicts, the newest first."""
    asked = (
        select(
            hit.c.id,
            hit.c.kind,
            hit.c.received_at,
            hit.c.user_agent,
            verdict.c.verdict,
            verdict.c.rule,
            verdict.c.sentence,
            verdict.c.confidence,
        )
        .join(hit, and_(hit.c.workspace_id == verdict.c.workspace_id, hit.c.id == verdict.c.hit_id))
        .where(verdict.c.workspace_id == workspace_id, verdict.c.message_id == message_id)
        .order_by(hit.c.received_at.desc())
        .limit(limit)
    )
    return [Judged(**row) for row in conn.execute(asked).mappings()]


def received_mails(conn: Connection, workspace_id: int, message_id: int) -> Sequence[Received]:
    """List the mails that came in about a message, the newest first."""
    asked = (
        select(
            incoming.c.kind,
            incoming.c.received_at,
            incoming.c.from_name,
            incoming.c.from_address,
            incoming.c.subject,
            incoming.c.rule,
            incoming.c.sentence,
            incoming.c.who,
        )
        .where(incoming.c.workspace_id == workspace_id, incoming.c.message_id == message_id)
        .order_by(incoming.c.received_at.desc())
    )
    return [Received(**row) for row in conn.execute(asked).mappings()]


def links_of(conn: Connection, workspace_id: int, message_id: int) -> Sequence[Link]:
    """List the tracked links of a message, in the order they were inserted."""
    asked = select(link.c.text, link.c.destination).where(
        link.c.workspace_id == workspace_id, link.c.message_id == message_id
    )
    return [Link(**row) for row in conn.execute(asked.order_by(link.c.id)).mappings()]


def is_tracked_for_views(conn: Connection, workspace_id: int, message_id: int) -> bool:
    """Whether the message holds an image that tells of views."""
    asked = select(tracker.c.token).where(
        tracker.c.workspace_id == workspace_id, tracker.c.message_id == message_id, tracker.c.kind == "open"
    )
    return conn.execute(asked.limit(1)).first() is not None


def _these(table: Any, workspace_id: int, message_ids: Sequence[int]) -> ColumnElement[bool]:
    column = table.c.id if table is message else table.c.message_id
    return and_(table.c.workspace_id == workspace_id, column.in_(message_ids))


def _messages(conn: Connection, workspace_id: int, message_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    asked = (
        select(message.c.id, message.c.rep_id, message.c.subject, message.c.sent_at, rep.c.name)
        .join(rep, and_(rep.c.workspace_id == message.c.workspace_id, rep.c.id == message.c.rep_id))
        .where(_these(message, workspace_id, message_ids), message.c.state == "sent")
    )
    return {row["id"]: dict(row) for row in conn.execute(asked).mappings()}


def people_of(conn: Connection, workspace_id: int, message_ids: Sequence[int]) -> Mapping[int, list[Person]]:
    """Whom these messages went to, by message, in the mail's order; each as the feed calls them."""
    order = func.array_position(["to", "cc", "bcc"], recipient.c.role)
    asked = (
        select(recipient.c.message_id, recipient.c.address, recipient.c.name, recipient.c.role)
        .where(_these(recipient, workspace_id, message_ids))
        .order_by(order, recipient.c.address)
    )
    rows = conn.execute(asked).all()
    names = _names(conn, workspace_id, {row.address for row in rows if not row.name})
    people: dict[int, list[Person]] = defaultdict(list)
    for row in rows:
        people[row.message_id].append(Person(row.address, row.name or names.get(row.address, ""), row.role))
    return people


def _names(conn: Connection, workspace_id: int, nameless: set[str]) -> Mapping[str, str]:
    """What people written to by address alone are called: as they sign themselves, or else as other mails call them.

    Asked when shown and not kept, so that it hangs on no order in which sent mails and answers are read.
    """
    if not nameless:
        return {}
    called = (
        select(recipient.c.address, func.max(recipient.c.name))
        .where(recipient.c.workspace_id == workspace_id, recipient.c.address.in_(nameless), recipient.c.name != "")
        .group_by(recipient.c.address)
    )
    concerned = select(recipient.c.message_id).where(
        recipient.c.workspace_id == workspace_id, recipient.c.address.in_(nameless)
    )
    signed = (
        select(incoming.c.from_address, func.max(incoming.c.from_name))
        .where(
            incoming.c.workspace_id == workspace_id,
            incoming.c.message_id.in_(concerned),
            incoming.c.from_address.in_(nameless),
            incoming.c.from_name != "",
        )
        .group_by(incoming.c.from_address)
    )
    return {address: name for asked in (called, signed) for address, name in conn.execute(asked) if name != address}


def _items(
    conn: Connection, workspace_id: int, message_ids: Sequence[int]
) -> tuple[Mapping[int, list[Item]], Mapping[int, int]]:
    asked = (
        select(
            feed_item.c.message_id,
            feed_item.c.key,
            feed_item.c.kind,
            feed_item.c.occurred_at,
            feed_item.c.data,
            feed_item.c.retracted,
            feed_item.c.seq,
        )
        .where(_these(feed_item, workspace_id, message_ids))
        .order_by(feed_item.c.occurred_at.desc(), feed_item.c.seq.desc())
    )
    items: dict[int, list[Item]] = defaultdict(list)
    latest: dict[int, int] = {}
    for row in conn.execute(asked):
        latest[row.message_id] = max(latest.get(row.message_id, 0), row.seq)
        if not row.retracted:
            items[row.message_id].append(Item(row.key, row.kind, row.occurred_at, row.data))
    return items, latest


def _saying(workspace_id: int, words: str) -> Select[tuple[int]]:
    """The messages whose subject or recipients contain these words."""
    to_somebody = exists().where(
        recipient.c.workspace_id == workspace_id,
        recipient.c.message_id == message.c.id,
        or_(recipient.c.name.icontains(words, autoescape=True), recipient.c.address.icontains(words, autoescape=True)),
    )
    return select(message.c.id).where(
        message.c.workspace_id == workspace_id,
        or_(message.c.subject.icontains(words, autoescape=True), to_somebody),
    )


def _uncounted(conn: Connection, workspace_id: int, message_ids: Sequence[int]) -> Mapping[int, int]:
    asked = (
        select(verdict.c.message_id, func.count())
        .where(_these(verdict, workspace_id, message_ids), verdict.c.verdict != "human")
        .group_by(verdict.c.message_id)
    )
    return {row[0]: row[1] for row in conn.execute(asked)}


def _answered_back(conn: Connection, workspace_id: int, message_ids: Sequence[int]) -> Mapping[int, datetime]:
    """When our side last wrote in the thread of a message: a mail of our own in it, or a later tracked one."""
    own = (
        select(incoming.c.message_id, func.max(incoming.c.received_at).label("at"))
        .where(_these(incoming, workspace_id, message_ids), incoming.c.kind == "own")
        .group_by(incoming.c.message_id)
    )
    later = message.alias("later")
    followed = (
        select(message.c.id, func.max(later.c.sent_at).label("at"))
        .join(
            later,
            and_(
                later.c.workspace_id == message.c.workspace_id,
                later.c.mailbox_id == message.c.mailbox_id,
                later.c.thread_id == message.c.thread_id,
                later.c.id != message.c.id,
            ),
        )
        .where(_these(message, workspace_id, message_ids), later.c.state == "sent")
        .group_by(message.c.id)
    )
    answered: dict[int, datetime] = {}
    for message_id, at in [*conn.execute(own), *conn.execute(followed)]:
        if at is not None and (message_id not in answered or at > answered[message_id]):
            answered[message_id] = at
    return answered

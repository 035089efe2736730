"""Which sent messages could a batch of mail be about, and what is known of their conversations?

Reads only what `domain.replies` needs for matching: messages that the mail names, of its threads, of conversations that
stored mail belongs to, or written lately to whoever writes now. Writing is in `incoming`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, exists, false, func, or_, select, true, union

from backend.domain.people import Recipient
from backend.domain.replies import TrackedMessage
from backend.store.mailboxes import Mailbox
from backend.store.tables import incoming, message, recipient

PROBABLE_WITHIN = timedelta(days=45)
_REPORTS_WITHIN = timedelta(days=7)
_MOST_PROBABLE = 500


@dataclass(frozen=True)
class Sought:
    """By what a batch of mail could be about tracked messages."""

    message_ids: frozenset[str]
    thread_ids: frozenset[str]
    senders: frozenset[str] = field(repr=False)
    thread_keys: frozenset[str] = frozenset()
    any_report: bool = False


def tracked_messages(conn: Connection, mailbox: Mailbox, sought: Sought, now: datetime) -> Sequence[TrackedMessage]:
    """The sent messages that this mail could be about: named by it, in its threads, or written to its senders."""
    asked = (
        select(
            message.c.id,
            message.c.mailbox_id,
            message.c.message_id_header,
            message.c.thread_id,
            message.c.subject,
            message.c.sent_at,
            message.c.thread_key,
        )
        .where(
            message.c.workspace_id == mailbox.workspace_id,
            message.c.state == "sent",
            or_(
                _named(sought), _in_threads(mailbox, sought), _probable(mailbox, sought, now), _told_of(mailbox, sought)
            ),
        )
        .order_by(message.c.sent_at.desc(), message.c.id)
        .limit(_MOST_PROBABLE)
    )
    rows = conn.execute(asked).all()
    people = recipients_by_message(conn, mailbox.workspace_id, [row.id for row in rows])
    beside = _conversations(conn, mailbox, [row.id for row in rows], sought)
    return [_tracked(mailbox, row, people[row.id], beside[row.id]) for row in rows]


def _tracked(mailbox: Mailbox, row: Any, people: Sequence[Recipient], beside: Sequence[Any]) -> TrackedMessage:
    return TrackedMessage(
        message_id=row.id,
        message_id_header=row.message_id_header or "",
        thread_id=row.thread_id if row.mailbox_id == mailbox.id else None,  # thread ids mean one mailbox
        subject=row.subject or "",
        sent_at=row.sent_at,
        recipients=tuple(people),
        thread_keys=frozenset(filter(None, [row.thread_key, *(each.thread_key for each in beside)])),
        mail_ids=frozenset(each.message_id_header for each in beside if each.message_id_header),
        thread_ids=frozenset(each.thread_id for each in beside if each.thread_id and each.mailbox_id == mailbox.id),
    )


def tracked_threads(conn: Connection, mailbox: Mailbox, threads: Iterable[str]) -> frozenset[str]:
    """Which of these threads of the mailbox hold a tracked message, or mail that is about one."""
    wanted = list(threads)
    found = [
        select(table.c.thread_id).where(
            table.c.workspace_id == mailbox.workspace_id,
            table.c.mailbox_id == mailbox.id,
            table.c.thread_id.in_(wanted),
        )
        for table in (message, incoming)
    ]
    return frozenset(conn.execute(union(*found)).scalars()) if wanted else frozenset()


def has_sent_since(conn: Connection, mailbox: Mailbox, since: datetime) -> bool:
    """Whether the mailbox's rep sent a tracked message since then."""
    sent = exists().where(
        message.c.workspace_id == mailbox.workspace_id,
        message.c.rep_id == mailbox.rep_id,
        message.c.state == "sent",
        message.c.sent_at >= since,
    )
    return conn.execute(select(true()).where(sent)).first() is not None


def people_written_to(conn: Connection, mailbox: Mailbox, since: datetime, limit: int) -> Sequence[str]:
    """To whom the workspace sent tracked messages since then: the mailbox's own rep's first, the latest first."""
    is_own = case((message.c.rep_id == mailbox.rep_id, 0), else_=1)
    asked = (
        select(recipient.c.address)
        .join(message, and_(message.c.workspace_id == recipient.c.workspace_id, message.c.id == recipient.c.message_id))
        .where(message.c.workspace_id == mailbox.workspace_id, message.c.state == "sent", message.c.sent_at >= since)
        .group_by(recipient.c.address)
        .order_by(func.min(is_own), func.max(message.c.sent_at).desc(), recipient.c.address)
        .limit(limit)
    )
    return list(conn.execute(asked).scalars())


def conversations_of(
    conn: Connection, mailbox: Mailbox, messages: Iterable[int], threads: Iterable[str]
) -> frozenset[int]:
    """The sent messages in these threads of the mailbox, and those that share a thread with these messages."""
    known, other = message.alias("known"), message.alias("other")
    in_thread = and_(other.c.mailbox_id == known.c.mailbox_id, other.c.thread_id == known.c.thread_id)
    shared = (
        select(other.c.id)
        .join(known, and_(known.c.workspace_id == other.c.workspace_id, in_thread))
        .where(known.c.workspace_id == mailbox.workspace_id, known.c.id.in_(list(messages)), other.c.state == "sent")
    )
    named = select(message.c.id).where(
        message.c.workspace_id == mailbox.workspace_id,
        message.c.mailbox_id == mailbox.id,
        message.c.thread_id.in_(list(threads)),
        message.c.state == "sent",
    )
    return frozenset(conn.execute(union(shared, named)).scalars())


def recipients_by_message(conn: Connection, workspace_id: int, ids: Sequence[int]) -> defaultdict[int, list[Recipient]]:
    """The recipients of these messages, by message."""
    found: defaultdict[int, list[Recipient]] = defaultdict(list)
    asked = (
        select(recipient)
        .where(recipient.c.workspace_id == workspace_id, recipient.c.message_id.in_(ids))
        .order_by(recipient.c.message_id, recipient.c.address)
    )
    for row in conn.execute(asked) if ids else ():
        found[row.message_id].append(Recipient(row.address, row.name, row.role))
    return found


def _named(sought: Sought) -> Any:
    return message.c.message_id_header.in_(sought.message_ids) if sought.message_ids else false()


def _in_threads(mailbox: Mailbox, sought: Sought) -> Any:
    if not sought.thread_ids:
        return false()
    return and_(message.c.mailbox_id == mailbox.id, message.c.thread_id.in_(sought.thread_ids))


def _of_conversation(mailbox: Mailbox, sought: Sought) -> Any:
    """Stored mail that is named, or is in the same conversation by Gmail's word or by Outlook's."""
    fits: list[Any] = [incoming.c.message_id_header.in_(sought.message_ids)] if sought.message_ids else []
    if sought.thread_ids:
        fits.append(and_(incoming.c.mailbox_id == mailbox.id, incoming.c.thread_id.in_(sought.thread_ids)))
    fits += [incoming.c.thread_key.in_(sought.thread_keys)] if sought.thread_keys else []
    return and_(incoming.c.workspace_id == mailbox.workspace_id, or_(false(), *fits))


def _told_of(mailbox: Mailbox, sought: Sought) -> Any:
    """Answered already by mail of the same conversation; or sent by a program that names it as Outlook does."""
    answered = message.c.id.in_(select(incoming.c.message_id).where(_of_conversation(mailbox, sought)))
    return or_(answered, message.c.thread_key.in_(sought.thread_keys)) if sought.thread_keys else answered


def _conversations(
    conn: Connection, mailbox: Mailbox, ids: Sequence[int], sought: Sought
) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    asked = (
        select(
            incoming.c.message_id,
            incoming.c.mailbox_id,
            incoming.c.message_id_header,
            incoming.c.thread_id,
            incoming.c.thread_key,
        )
        .where(incoming.c.message_id.in_(ids), _of_conversation(mailbox, sought))
        .order_by(incoming.c.id)
    )
    for row in conn.execute(asked) if ids else ():
        found[row.message_id].append(row)
    return found


def _probable(mailbox: Mailbox, sought: Sought, now: datetime) -> Any:
    """The rep's latest messages to whoever writes now; for a report all of the last days: it names whom it will."""
    own = and_(message.c.rep_id == mailbox.rep_id, message.c.sent_at >= now - PROBABLE_WITHIN)
    domains = {sender.rpartition("@")[2] for sender in sought.senders} - {""}
    to_sender = exists().where(
        recipient.c.workspace_id == message.c.workspace_id,
        recipient.c.message_id == message.c.id,
        func.split_part(recipient.c.address, "@", 2).in_(domains),
    )
    for_report = message.c.sent_at >= now - _REPORTS_WITHIN if sought.any_report else false()
    return and_(own, or_(to_sender if domains else false(), for_report))

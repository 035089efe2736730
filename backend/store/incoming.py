"""What do we know of tracked messages when mail comes in, and what do we keep of it?

Reads what planning needs, and writes bindings and incoming mail. Deciding is in `domain.syncing_plan`; the order of
network and transactions in `services.syncing`. Writing is safe to repeat: a message is bound once, a mail is stored
once, whichever of the workspace's mailboxes sees it first.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, false, func, insert, or_, select, true, union, update
from sqlalchemy.dialects.postgresql import insert as upsert

from backend.domain.binding import PreparedMessage
from backend.domain.people import MailboxFacts, Recipient
from backend.domain.replies import RULES_VERSION, TrackedMessage
from backend.domain.syncing_plan import Bound, Judged
from backend.store.mailboxes import Mailbox
from backend.store.tables import feed_item, incoming, message, recipient, rep, tracker, workspace

LAPSE_AFTER = timedelta(days=7)
PROBABLE_WITHIN = timedelta(days=45)
_MOST_PROBABLE = 500
_LONGEST_HEADERS = 400_000


@dataclass(frozen=True)
class Sought:
    """By what a batch of mail could be about tracked messages."""

    message_ids: frozenset[str]
    thread_ids: frozenset[str]
    senders: frozenset[str] = field(repr=False)
    any_report: bool = False


def prepared_messages(conn: Connection, mailbox: Mailbox) -> Sequence[PreparedMessage]:
    """The mailbox's rep's messages that wait for their sent copy."""
    asked = (
        select(message.c.id, message.c.subject, message.c.prepared_at)
        .where(
            message.c.workspace_id == mailbox.workspace_id,
            message.c.rep_id == mailbox.rep_id,
            message.c.state == "prepared",
            or_(message.c.mailbox_id.is_(None), message.c.mailbox_id == mailbox.id),
        )
        .order_by(message.c.id)
    )
    rows = conn.execute(asked).all()
    ids = [row.id for row in rows]
    tokens = _tokens(conn, mailbox.workspace_id, ids)
    people = _recipients(conn, mailbox.workspace_id, ids)
    return [
        PreparedMessage(row.id, frozenset(tokens[row.id]), tuple(people[row.id]), row.subject, row.prepared_at)
        for row in rows
    ]


def has_sent_messages(conn: Connection, workspace_id: int) -> bool:
    """Whether the workspace has any message that could be answered."""
    found = select(true()).where(exists().where(message.c.workspace_id == workspace_id, message.c.state == "sent"))
    return conn.execute(found).first() is not None


def known_mail(conn: Connection, mailbox: Mailbox, ids: Iterable[str]) -> frozenset[str]:
    """Which of these messages of the mailbox are bound or stored already."""
    wanted = list(ids)
    bound = select(message.c.provider_message_id).where(
        message.c.workspace_id == mailbox.workspace_id,
        message.c.mailbox_id == mailbox.id,
        message.c.provider_message_id.in_(wanted),
    )
    stored = select(incoming.c.provider_message_id).where(
        incoming.c.workspace_id == mailbox.workspace_id,
        incoming.c.mailbox_id == mailbox.id,
        incoming.c.provider_message_id.in_(wanted),
    )
    return frozenset(conn.execute(union(bound, stored)).scalars())


def people_of(conn: Connection, mailbox: Mailbox) -> MailboxFacts:
    """The rep's own addresses and her colleagues'."""
    colleagues = conn.execute(
        select(func.lower(rep.c.email)).where(
            rep.c.workspace_id == mailbox.workspace_id, rep.c.id != mailbox.rep_id, rep.c.status == "active"
        )
    ).scalars()
    own = conn.execute(
        select(func.lower(rep.c.email)).where(rep.c.workspace_id == mailbox.workspace_id, rep.c.id == mailbox.rep_id)
    ).scalars()
    domain = conn.execute(
        select(workspace.c.domain).where(workspace.c.workspace_id == mailbox.workspace_id)
    ).scalar_one_or_none()
    return MailboxFacts(
        own_addresses=mailbox.own_addresses | {mailbox.address} | set(own),
        colleague_addresses=frozenset(colleagues),
        colleague_domains=frozenset({domain} if domain else ()),
    )


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
        )
        .where(
            message.c.workspace_id == mailbox.workspace_id,
            message.c.state == "sent",
            or_(_named(sought), _in_threads(mailbox, sought), _probable(mailbox, sought, now)),
        )
        .order_by(message.c.sent_at.desc(), message.c.id)
        .limit(_MOST_PROBABLE)
    )
    rows = conn.execute(asked).all()
    people = _recipients(conn, mailbox.workspace_id, [row.id for row in rows])
    return [
        TrackedMessage(
            message_id=row.id,
            message_id_header=row.message_id_header or "",
            thread_id=row.thread_id if row.mailbox_id == mailbox.id else None,  # thread ids mean one mailbox
            subject=row.subject or "",
            sent_at=row.sent_at,
            recipients=tuple(people[row.id]),
        )
        for row in rows
    ]


def threads_since(conn: Connection, mailbox: Mailbox, since: datetime, limit: int) -> Sequence[str]:
    """The threads of the mailbox's tracked messages that were sent since then, the newest first."""
    asked = (
        select(message.c.thread_id)
        .where(
            message.c.workspace_id == mailbox.workspace_id,
            message.c.mailbox_id == mailbox.id,
            message.c.thread_id.is_not(None),
            message.c.sent_at >= since,
        )
        .group_by(message.c.thread_id)
        .order_by(func.max(message.c.sent_at).desc())
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


def put_bound(conn: Connection, mailbox: Mailbox, bound: Bound) -> bool:
    """Note a message as sent, with what its sent copy says; False where it is bound already, or its copy is."""
    copy = bound.copy
    taken = exists().where(
        message.c.workspace_id == mailbox.workspace_id,
        message.c.mailbox_id == mailbox.id,
        message.c.provider_message_id == copy.provider_message_id,
    )
    if conn.execute(select(true()).where(taken)).first() is not None:
        return False
    done = conn.execute(
        update(message)
        .where(
            message.c.workspace_id == mailbox.workspace_id,
            message.c.id == bound.binding.message_id,
            message.c.rep_id == mailbox.rep_id,
            message.c.state.in_(("prepared", "lapsed")),
        )
        .values(
            state="sent",
            mailbox_id=mailbox.id,
            subject=storable(copy.subject),
            sent_at=copy.sent_at,
            lapsed_at=None,
            bound_by=bound.binding.rule,
            provider_message_id=copy.provider_message_id,
            thread_id=copy.thread_id,
            message_id_header=storable(copy.message_id_header) or None,
        )
    )
    if done.rowcount == 0:
        return False
    _put_recipients(conn, mailbox.workspace_id, bound)
    return True


def put_incoming(conn: Connection, mailbox: Mailbox, judged: Judged) -> int | None:
    """Store a mail that concerns a tracked message; None where it is stored already, here or by a colleague's mailbox.

    The tracked message's row is locked, so that two mailboxes that both hold the mail cannot both tell it.
    """
    at, mail, judgement = judged.letter.at, judged.letter.mail, judged.judgement
    message_id = judgement.message_id
    locked = select(message.c.id).where(message.c.workspace_id == mailbox.workspace_id, message.c.id == message_id)
    if conn.execute(locked.with_for_update()).first() is None:
        return None
    header = storable(mail.message_id or "") or None
    if header is not None and _is_stored(conn, mailbox.workspace_id, message_id, header):
        return None
    statement = upsert(incoming).values(
        workspace_id=mailbox.workspace_id,
        mailbox_id=mailbox.id,
        provider_message_id=at.id,
        message_id=message_id,
        thread_id=at.thread_id,
        message_id_header=header,
        received_at=at.received_at,
        from_name=storable(mail.from_.name),
        from_address=storable(mail.from_.address),
        subject=storable(mail.subject),
        headers=_kept_headers(at.headers),
        kind=judgement.kind,
        rule=judgement.rule,
        sentence=storable(judgement.sentence),
        who=judgement.who,
        confidence=judgement.confidence,
        evidence={storable(name): storable(value) for name, value in judgement.evidence.items()},
        back_on=judgement.back_on,
        rules_version=RULES_VERSION,
    )
    return conn.execute(statement.on_conflict_do_nothing().returning(incoming.c.id)).scalar_one_or_none()


def forget_texts(conn: Connection, workspace_id: int, mailbox_id: int) -> None:
    """Forget what answers in this mailbox said: its owner now lets us read headers alone."""
    told = select(func.concat("incoming:", incoming.c.id)).where(
        incoming.c.workspace_id == workspace_id, incoming.c.mailbox_id == mailbox_id
    )
    conn.execute(
        update(feed_item)
        .where(feed_item.c.workspace_id == workspace_id, feed_item.c.key.in_(told), feed_item.c.data.has_key("text"))
        .values(data=feed_item.c.data - "text")
    )


def lapse_prepared(conn: Connection, now: datetime) -> int:
    """Give up messages whose sent copy was not seen for a week: they were never sent. A periodic job's change."""
    done = conn.execute(
        update(message)
        .where(message.c.state == "prepared", message.c.prepared_at < now - LAPSE_AFTER)
        .values(state="lapsed", lapsed_at=now)
    )
    return done.rowcount


def storable(text: str) -> str:
    """What PostgreSQL can keep of a text: no NUL, no half of a surrogate pair. Mail has both."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _named(sought: Sought) -> Any:
    return message.c.message_id_header.in_(sought.message_ids) if sought.message_ids else false()


def _in_threads(mailbox: Mailbox, sought: Sought) -> Any:
    if not sought.thread_ids:
        return false()
    return and_(message.c.mailbox_id == mailbox.id, message.c.thread_id.in_(sought.thread_ids))


def _probable(mailbox: Mailbox, sought: Sought, now: datetime) -> Any:
    """The rep's latest messages to whoever writes now; for a report all of the last days: it names whom it will."""
    own = and_(message.c.rep_id == mailbox.rep_id, message.c.sent_at >= now - PROBABLE_WITHIN)
    domains = {sender.rpartition("@")[2] for sender in sought.senders} - {""}
    to_sender = exists().where(
        recipient.c.workspace_id == message.c.workspace_id,
        recipient.c.message_id == message.c.id,
        func.split_part(recipient.c.address, "@", 2).in_(domains),
    )
    for_report = message.c.sent_at >= now - LAPSE_AFTER if sought.any_report else false()
    return and_(own, or_(to_sender if domains else false(), for_report))


def _tokens(conn: Connection, workspace_id: int, ids: Sequence[int]) -> defaultdict[int, set[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    asked = select(tracker.c.message_id, tracker.c.token).where(
        tracker.c.workspace_id == workspace_id, tracker.c.message_id.in_(ids)
    )
    for message_id, token in conn.execute(asked) if ids else ():
        found[message_id].add(token)
    return found


def _recipients(conn: Connection, workspace_id: int, ids: Sequence[int]) -> defaultdict[int, list[Recipient]]:
    found: defaultdict[int, list[Recipient]] = defaultdict(list)
    asked = (
        select(recipient)
        .where(recipient.c.workspace_id == workspace_id, recipient.c.message_id.in_(ids))
        .order_by(recipient.c.message_id, recipient.c.address)
    )
    for row in conn.execute(asked) if ids else ():
        found[row.message_id].append(Recipient(row.address, row.name, row.role))
    return found


def _put_recipients(conn: Connection, workspace_id: int, bound: Bound) -> None:
    """The people of the sent copy take the place of those whom the draft named when Track was pressed."""
    message_id = bound.binding.message_id
    conn.execute(
        delete(recipient).where(recipient.c.workspace_id == workspace_id, recipient.c.message_id == message_id)
    )
    rows = [
        {
            "workspace_id": workspace_id,
            "message_id": message_id,
            "address": storable(person.address),
            "name": storable(person.name),
            "role": person.role,
        }
        for person in bound.copy.recipients
    ]
    if rows:
        conn.execute(insert(recipient), rows)


def _is_stored(conn: Connection, workspace_id: int, message_id: int | None, header: str) -> bool:
    stored = exists().where(
        incoming.c.workspace_id == workspace_id,
        incoming.c.message_id == message_id,
        incoming.c.message_id_header == header,
    )
    return conn.execute(select(true()).where(stored)).first() is not None


def _kept_headers(headers: Sequence[tuple[str, str]]) -> list[list[str]]:
    """All headers as they came, in their order; what is too long for any use is left off at the end."""
    kept, room = [], _LONGEST_HEADERS
    for name, value in headers:
        room -= len(name) + len(value)
        if room < 0:
            break
        kept.append([storable(name), storable(value)])
    return kept

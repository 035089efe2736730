"""What do we know of tracked messages when mail comes in, and what do we keep of it?

Reads what planning needs, and writes bindings and incoming mail. Deciding is in `domain.syncing_plan`; the order of
network and transactions in `services.syncing`. Writing is safe to repeat: a message is bound once, a mail is stored
once, whichever of the workspace's mailboxes sees it first.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, insert, or_, select, true, union, update
from sqlalchemy.dialects.postgresql import insert as upsert

from backend.domain.binding import PreparedMessage
from backend.domain.people import MailboxFacts
from backend.domain.replies import RULES_VERSION, thread_key
from backend.domain.syncing_plan import Bound, Judged
from backend.store.conversations import recipients_by_message
from backend.store.mailboxes import Mailbox
from backend.store.tables import feed_item, incoming, message, recipient, rep, tracker, workspace

LAPSE_AFTER = timedelta(days=7)
_LONGEST_HEADERS = 400_000


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
    people = recipients_by_message(conn, mailbox.workspace_id, ids)
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
            thread_key=storable(thread_key(copy.thread_index)) or None,
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
        thread_key=storable(thread_key(mail.header("Thread-Index"))) or None,
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


def _tokens(conn: Connection, workspace_id: int, ids: Sequence[int]) -> defaultdict[int, set[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    asked = select(tracker.c.message_id, tracker.c.token).where(
        tracker.c.workspace_id == workspace_id, tracker.c.message_id.in_(ids)
    )
    for message_id, token in conn.execute(asked) if ids else ():
        found[message_id].add(token)
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

"""Which mails has a rep prepared, and with which tracked addresses? Registers them, and finds those of an open mail.

What becomes of a prepared message once its sent copy is seen is written in `incoming`. A message is registered once
for each compose key; whoever registers it at the same moment waits and finds it there.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, or_, select, true, union
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert

from backend.domain.links import CheckedLink
from backend.domain.people import Recipient
from backend.store.tables import incoming, link, message, recipient, tracker


@dataclass(frozen=True)
class Registered:
    """A message that a rep began to track, in whatever state it is."""

    id: int
    compose_key: str
    state: str
    prepared_at: datetime


@dataclass(frozen=True)
class TrackedLink:
    """A tracked link of a message, with the token of its address."""

    text: str
    destination: str
    token: str


def put_prepared(conn: Connection, workspace_id: int, rep_id: int, compose_key: str, now: datetime) -> int | None:
    """Register a message; None where it is registered already."""
    stored = (
        insert(message)
        .values(workspace_id=workspace_id, rep_id=rep_id, compose_key=compose_key, prepared_at=now)
        .on_conflict_do_nothing(index_elements=["workspace_id", "rep_id", "compose_key"])
    )
    return conn.execute(stored.returning(message.c.id)).scalar_one_or_none()


def lock_registered(conn: Connection, workspace_id: int, rep_id: int, compose_key: str) -> Registered | None:
    """Find a rep's message by its compose key, and keep other presses out until the caller's transaction ends."""
    asked = select(message.c.id, message.c.compose_key, message.c.state, message.c.prepared_at).where(
        message.c.workspace_id == workspace_id, message.c.rep_id == rep_id, message.c.compose_key == compose_key
    )
    row = conn.execute(asked.with_for_update()).mappings().one_or_none()
    return Registered(**row) if row else None


def prepared_since(
    conn: Connection, workspace_id: int, rep_id: int, since: datetime
) -> Sequence[tuple[Registered, frozenset[str]]]:
    """List a rep's messages that wait for their sent copy, with their recipients' addresses, the newest first."""
    asked = (
        select(message.c.id, message.c.compose_key, message.c.state, message.c.prepared_at)
        .where(
            message.c.workspace_id == workspace_id,
            message.c.rep_id == rep_id,
            message.c.state == "prepared",
            message.c.prepared_at >= since,
        )
        .order_by(message.c.prepared_at.desc(), message.c.id.desc())
        .limit(50)
    )
    found = [Registered(**row) for row in conn.execute(asked).mappings()]
    addresses: defaultdict[int, set[str]] = defaultdict(set)
    people = select(recipient.c.message_id, func.lower(recipient.c.address)).where(
        recipient.c.workspace_id == workspace_id, recipient.c.message_id.in_([each.id for each in found])
    )
    for message_id, address in conn.execute(people) if found else ():
        addresses[message_id].add(address)
    return [(each, frozenset(addresses[each.id])) for each in found]


def has_tracked_any(conn: Connection, workspace_id: int, rep_id: int) -> bool:
    """Whether a rep has ever pressed Track."""
    found = exists().where(message.c.workspace_id == workspace_id, message.c.rep_id == rep_id)
    return conn.execute(select(true()).where(found)).first() is not None


def put_recipients(conn: Connection, workspace_id: int, message_id: int, recipients: Sequence[Recipient]) -> None:
    """Note whom the draft is to, in place of whom it was to before; each address once."""
    conn.execute(
        delete(recipient).where(recipient.c.workspace_id == workspace_id, recipient.c.message_id == message_id)
    )
    rows = [
        {
            "workspace_id": workspace_id,
            "message_id": message_id,
            "address": person.address,
            "name": person.name,
            "role": person.role,
        }
        for person in {each.address.lower(): each for each in reversed(recipients)}.values()
    ]
    if rows:
        conn.execute(plain_insert(recipient), rows)


def put_open_token(conn: Connection, workspace_id: int, message_id: int, token: str) -> None:
    """Register the address of a message's invisible image."""
    conn.execute(
        plain_insert(tracker).values(workspace_id=workspace_id, token=token, kind="open", message_id=message_id)
    )


def get_open_token(conn: Connection, workspace_id: int, message_id: int) -> str:
    """The token of a message's invisible image."""
    asked = select(tracker.c.token).where(
        tracker.c.workspace_id == workspace_id, tracker.c.message_id == message_id, tracker.c.kind == "open"
    )
    return str(conn.execute(asked.order_by(tracker.c.token).limit(1)).scalar_one())


def put_link(conn: Connection, workspace_id: int, message_id: int, checked: CheckedLink, token: str) -> None:
    """Register a tracked link of a message."""
    link_id = conn.execute(
        plain_insert(link)
        .values(workspace_id=workspace_id, message_id=message_id, destination=checked.destination, text=checked.text)
        .returning(link.c.id)
    ).scalar_one()
    conn.execute(
        plain_insert(tracker).values(
            workspace_id=workspace_id, token=token, kind="click", message_id=message_id, link_id=link_id
        )
    )


def tracked_links(conn: Connection, workspace_id: int, message_id: int) -> Sequence[TrackedLink]:
    """List the tracked links of a message, in the order they were made."""
    asked = (
        select(link.c.text, link.c.destination, tracker.c.token)
        .join(tracker, and_(tracker.c.workspace_id == link.c.workspace_id, tracker.c.link_id == link.c.id))
        .where(link.c.workspace_id == workspace_id, link.c.message_id == message_id)
        .order_by(link.c.id)
    )
    return [TrackedLink(**row) for row in conn.execute(asked).mappings()]


def sent_in_thread(
    conn: Connection, workspace_id: int, mailbox_id: int, provider_message_id: str, thread_id: str
) -> Sequence[tuple[int, bool]]:
    """List a mailbox's sent messages that an open mail is, answers, or shares its thread with; the newest first.

    With each comes whether it is that very mail, or the one that it is an answer to.
    """
    answered = select(incoming.c.message_id).where(
        incoming.c.workspace_id == workspace_id,
        incoming.c.mailbox_id == mailbox_id,
        or_(incoming.c.provider_message_id == provider_message_id, incoming.c.thread_id == thread_id),
    )
    own = select(message.c.id.label("message_id")).where(
        message.c.workspace_id == workspace_id,
        message.c.mailbox_id == mailbox_id,
        or_(message.c.provider_message_id == provider_message_id, message.c.thread_id == thread_id),
    )
    is_it = or_(
        and_(message.c.mailbox_id == mailbox_id, message.c.provider_message_id == provider_message_id),
        _is_answered_by(workspace_id, mailbox_id, provider_message_id),
    )
    asked = (
        select(message.c.id, func.coalesce(is_it, False))
        .where(
            message.c.workspace_id == workspace_id,
            message.c.state == "sent",
            message.c.id.in_(union(answered, own)),
        )
        .order_by(message.c.sent_at.desc(), message.c.id.desc())
        .limit(20)
    )
    return [(row[0], row[1]) for row in conn.execute(asked)]


def sent_with_headers(conn: Connection, workspace_id: int, headers: Sequence[str]) -> Sequence[int]:
    """List the workspace's sent messages that have, or were answered by, one of these Message-IDs; newest first."""
    answered = select(incoming.c.message_id).where(
        incoming.c.workspace_id == workspace_id, incoming.c.message_id_header.in_(headers)
    )
    asked = select(message.c.id).where(
        message.c.workspace_id == workspace_id,
        message.c.state == "sent",
        or_(message.c.message_id_header.in_(headers), message.c.id.in_(answered)),
    )
    return list(conn.execute(asked.order_by(message.c.sent_at.desc(), message.c.id.desc()).limit(20)).scalars())


def sent_by_colleagues(conn: Connection, workspace_id: int, rep_id: int, since: datetime) -> bool:
    """Whether somebody else of the workspace has sent a tracked mail since then."""
    found = exists().where(
        message.c.workspace_id == workspace_id,
        message.c.state == "sent",
        message.c.rep_id != rep_id,
        message.c.sent_at >= since,
    )
    return conn.execute(select(true()).where(found)).first() is not None


def _is_answered_by(workspace_id: int, mailbox_id: int, provider_message_id: str) -> Any:
    return exists().where(
        incoming.c.workspace_id == workspace_id,
        incoming.c.mailbox_id == mailbox_id,
        incoming.c.provider_message_id == provider_message_id,
        incoming.c.message_id == message.c.id,
    )

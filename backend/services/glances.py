"""What does a rep see in Gmail at a glance? Their standing with us, today's events, and what became of an open mail.

The add-on knows a person by Google's word (`sub`), and a mail by ids that mean one mailbox only. Only sent messages
are ever shown. Network and transactions take turns, never one inside the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Engine

from backend.domain.addon_ids import api_id
from backend.domain.feed import Group, Line, Need, tell
from backend.domain.identities import Identity
from backend.domain.mail import mail_from_headers
from backend.domain.workspaces import Member
from backend.services.feed import MessageRecord, get_message, needs_of
from backend.services.hits import lock_messages, note_presence
from backend.services.mailboxes import open_mailbox, withdrawal_noted
from backend.services.ports import MailboxProvider, MailboxSession, SecretBox
from backend.services.syncing import sync_mailbox
from backend.store import feed_reading, messages, reps
from backend.store.mailboxes import Mailbox, mailboxes_of_rep

Place = Literal["ready", "stranger", "pending", "shut", "no_mailbox", "other_mailbox", "disconnected"]

_STRONG = ("reply", "complaint", "document", "click", "view", "bounce", "auto_reply")
_COLLEAGUES_SINCE = timedelta(days=90)
_UNBOUND_SINCE = timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    """Where a person stands with us; `member` and `mailbox` as far as there are any."""

    place: Place
    member: Member | None = None
    mailbox: Mailbox | None = None


@dataclass(frozen=True)
class Reach:
    """What is needed to look into a mailbox."""

    engine: Engine
    provider: MailboxProvider
    secrets: SecretBox


@dataclass(frozen=True)
class OpenedMail:
    """A mail that somebody opened, by the add-on's ids."""

    mail_id: str
    thread_id: str


@dataclass(frozen=True)
class Conversation:
    """The tracked mail that is open, and the other tracked ones of its conversation, the newest first."""

    record: MessageRecord
    others: Sequence[Group]


@dataclass(frozen=True)
class Today:
    """A rep's newest strong events of the day, each with its message, and what waits."""

    events: Sequence[tuple[Group, Line]]
    needs: Sequence[Need]
    has_sent: bool


def standing_of(conn: Connection, identity: Identity) -> Standing:
    """Find out who uses the add-on, and whether we see the mailbox that they use it in."""
    memberships = reps.memberships_of(conn, identity.sub)
    active = [member for member in memberships if member.status == "active"]
    if not active:
        if any(member.status == "pending" for member in memberships):
            return Standing("pending")
        return Standing("shut" if memberships else "stranger")
    member = max(active, key=lambda each: (each.admitted_at or each.created_at, each.id))
    own = mailboxes_of_rep(conn, member.workspace_id, member.id)
    here = [mailbox for mailbox in own if identity.email.lower() in mailbox.own_addresses | {mailbox.address}]
    connected = next((mailbox for mailbox in here if mailbox.is_connected), None)
    if connected is not None:
        return Standing("ready", member, connected)
    lost = next((mailbox for mailbox in here if mailbox.disconnected_because != "asked"), None)
    if lost is not None:
        return Standing("disconnected", member, lost)
    return Standing("other_mailbox" if any(each.is_connected for each in own) else "no_mailbox", member)


def today_of(conn: Connection, member: Member, since: datetime, most: int, now: datetime) -> Today:
    """Read a rep's day: what happened to their messages, the newest first, and what waits for them."""
    workspace_id, rep_id = member.workspace_id, member.id
    found = feed_reading.recent_messages_with(conn, workspace_id, rep_id, _STRONG, since)
    events = [
        (group, tell(item, group.people))
        for group in feed_reading.groups(conn, workspace_id, found)
        for item in group.items
        if item.kind in _STRONG and item.occurred_at >= since
    ]
    newest = sorted(events, key=lambda event: event[1].at, reverse=True)[:most]
    return Today(newest, needs_of(conn, workspace_id, rep_id, now), feed_reading.sent_any(conn, workspace_id, rep_id))


def find_tracked(reach: Reach, mailbox: Mailbox, opened: OpenedMail, now: datetime) -> Sequence[int]:
    """List the sent messages that an open mail is, answers, or shares its conversation with; the closest first.

    Mostly one query. Google is asked only for what no id can tell: a mail just sent, one whose sent copy has not been
    seen yet, or a colleague's conversation in this mailbox. Commits what it learns. Raises RateLimited, Transient.
    """
    with reach.engine.begin() as conn:
        found = _by_ids(conn, mailbox, opened)
    if found or not mailbox.is_connected:
        return found
    with withdrawal_noted(reach.engine, mailbox):
        found = _asked(reach, mailbox, opened, now)
    return found


def note_opened(conn: Connection, member: Member, message_ids: Sequence[int], now: datetime) -> None:
    """Keep that a rep has these messages, or their conversation, open now: what loads then is their own look."""
    lock_messages(conn, {(member.workspace_id, message_id) for message_id in message_ids})
    for message_id in message_ids:
        note_presence(conn, member.workspace_id, member.id, message_id, now, source="addon")


def get_conversation(conn: Connection, workspace_id: int, message_ids: Sequence[int]) -> Conversation:
    """Read what became of these messages. Raises NotFound."""
    record = get_message(conn, workspace_id, message_ids[0])
    return Conversation(record, feed_reading.groups(conn, workspace_id, message_ids[1:]))


def _by_ids(conn: Connection, mailbox: Mailbox, opened: OpenedMail) -> Sequence[int]:
    mail_id, thread_id = api_id(opened.mail_id), api_id(opened.thread_id)
    if mail_id is None and thread_id is None:
        return []
    found = messages.sent_in_thread(conn, mailbox.workspace_id, mailbox.id, mail_id or "", thread_id or "")
    return [message_id for message_id, _ in sorted(found, key=lambda each: not each[1])]


def _asked(reach: Reach, mailbox: Mailbox, opened: OpenedMail, now: datetime) -> Sequence[int]:
    with reach.engine.begin() as conn:
        waits = messages.prepared_since(conn, mailbox.workspace_id, mailbox.rep_id, now - _UNBOUND_SINCE)
        shared = messages.sent_by_colleagues(conn, mailbox.workspace_id, mailbox.rep_id, now - _COLLEAGUES_SINCE)
    session = open_mailbox(reach.provider, reach.secrets, mailbox)
    known = _resolved(session, opened)
    if known is None:
        return []
    if waits:  # perhaps this is the sent copy, and Google's push is still on its way
        sync_mailbox(reach.engine, reach.provider, reach.secrets, (mailbox.workspace_id, mailbox.id), now)
    with reach.engine.begin() as conn:
        found = _by_ids(conn, mailbox, known)
    return found or (_by_headers(reach.engine, session, mailbox, known) if shared else [])


def _resolved(session: MailboxSession, opened: OpenedMail) -> OpenedMail | None:
    """The mail by ids that the API knows; only Google can tell them of what was just written in this very browser."""
    is_known = api_id(opened.mail_id) is not None and (not opened.thread_id or api_id(opened.thread_id) is not None)
    if is_known or not opened.mail_id:
        return opened
    place = session.resolve_addon_id(opened.mail_id)
    return OpenedMail(place.id, place.thread_id) if place else None


def _by_headers(engine: Engine, session: MailboxSession, mailbox: Mailbox, opened: OpenedMail) -> Sequence[int]:
    """A colleague's message lies in this mailbox under other ids; its Message-ID is the same everywhere."""
    mail_id = api_id(opened.mail_id)
    ids: set[str] = set()
    for headers in session.headers([mail_id]) if mail_id else ():
        mail = mail_from_headers(headers.headers, mime_type=headers.mime_type)
        ids.update(filter(None, (mail.message_id, *mail.in_reply_to_ids, *mail.references)))
    if not ids:
        return []
    with engine.begin() as conn:
        return messages.sent_with_headers(conn, mailbox.workspace_id, sorted(ids))

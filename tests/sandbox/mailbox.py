"""What is in one mailbox, and what changed in it? Messages, drafts, labels, history records and the watch."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from html.parser import HTMLParser
from typing import Literal

from tests.sandbox import letters

ChangeKind = Literal["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"]

SYSTEM_LABELS = (
    "CHAT", "SENT", "INBOX", "IMPORTANT", "TRASH", "DRAFT", "SPAM", "CATEGORY_FORUMS", "CATEGORY_UPDATES",
    "CATEGORY_PERSONAL", "CATEGORY_PROMOTIONS", "CATEGORY_SOCIAL", "STARRED", "UNREAD",
)  # fmt: skip


_MOST_DIGITS = 20  # of a 64-bit number


class NotInMailbox(LookupError):
    """There is no such message, thread or draft in this mailbox."""


@dataclass
class Message:
    """One mail as this mailbox keeps it. `alias` is the id that Gmail's own page shows for a mail just written."""

    id: str
    thread_id: str
    labels: set[str]
    raw: bytes
    received_ms: int
    history_id: int
    alias: str | None = None

    @property
    def mail(self) -> EmailMessage:
        return letters.read(self.raw)

    @property
    def received_at(self) -> datetime:
        return datetime.fromtimestamp(self.received_ms / 1000, UTC)

    @property
    def subject(self) -> str:
        return str(self.mail.get("Subject", ""))

    @property
    def sender(self) -> str:
        return str(self.mail.get("From", ""))

    @property
    def message_id(self) -> str | None:
        return next(iter(letters.message_ids(self.raw, "Message-ID")), None)

    @property
    def html(self) -> str | None:
        """The HTML body, if there is one."""
        return self._body("html")

    @property
    def text(self) -> str:
        """The plain text, or what a reader sees of the HTML."""
        plain = self._body("plain")
        return plain if plain is not None else text_of(self.html or "")

    @property
    def snippet(self) -> str:
        return " ".join(self.text.split())[:200]

    def _body(self, kind: str) -> str | None:
        for part in self.mail.walk():
            if part.get_content_type() == f"text/{kind}" and part.get_content_disposition() != "attachment":
                return decoded(part)
        return None


def decoded(part: MIMEPart) -> str:
    """A text part's text; what cannot be decoded is replaced."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return payload.decode("latin-1")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def text_of(html: str) -> str:
    """What a reader sees of this HTML."""
    parser = _Text()
    parser.feed(html)
    return " ".join(" ".join(parser.pieces).split())


@dataclass(frozen=True)
class Change:
    """One history record. `labels` are the ones added or removed, `message_labels` all that the message then had."""

    id: int
    kind: ChangeKind
    message_id: str
    thread_id: str
    labels: tuple[str, ...]
    message_labels: tuple[str, ...]
    at_ms: int


@dataclass
class Watch:
    """A standing order to tell a topic of changes."""

    topic: str
    label_ids: tuple[str, ...]
    exclude: bool
    expires_ms: int

    def wants(self, change: Change) -> bool:
        if not self.label_ids:
            return True
        touched = bool(set(self.label_ids) & {*change.message_labels, *change.labels})
        return touched is not self.exclude


@dataclass
class Mailbox:
    """One account's mail. Every change is a history record with an id that only grows."""

    address: str
    messages: dict[str, Message] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    history_id: int = field(default_factory=lambda: 1000 + secrets.randbelow(9000))
    history_forgotten_to: int = 0
    announced_to: int = 0
    watch: Watch | None = None
    user_labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.history_forgotten_to = self.announced_to = self.history_id  # there is nothing older

    def list(self, label: str | None = None) -> Sequence[Message]:
        """The messages with this label (all but the trash without one), newest first."""
        kept = [m for m in self.messages.values() if (label in m.labels if label else "TRASH" not in m.labels)]
        return sorted(kept, key=lambda m: (m.received_ms, m.id), reverse=True)

    def get(self, message_id: str) -> Message:
        """A message by its id in any of the forms that Gmail's API takes. Raises NotInMailbox."""
        found = self.messages.get(plain_id(message_id))
        if found is None and message_id.startswith("msg-a:"):
            found = next((m for m in self.messages.values() if m.alias == message_id.removeprefix("msg-a:")), None)
        if found is None:
            raise NotInMailbox(message_id)
        return found

    def thread(self, thread_id: str) -> Sequence[Message]:
        """A thread's messages, oldest first. Raises NotInMailbox."""
        wanted = plain_id(thread_id)
        if thread_id.startswith("thread-a:"):
            wanted = self.get("msg-a:" + thread_id.removeprefix("thread-a:")).thread_id
        found = [m for m in self.messages.values() if m.thread_id == wanted]
        if not found:
            raise NotInMailbox(thread_id)
        return sorted(found, key=lambda m: (m.received_ms, m.id))

    def thread_for(self, raw: bytes, wished: str | None = None) -> str | None:
        """The thread that a mail belongs to: it refers to a mail in it and has its subject, else it starts its own."""
        referred = set(letters.message_ids(raw, "In-Reply-To", "References"))
        subject = letters.bare_subject(raw)
        for message in sorted(self.messages.values(), key=lambda m: m.thread_id != wished):
            if "DRAFT" in message.labels or message.message_id not in referred:
                continue
            if letters.bare_subject(message.raw) == subject:
                return message.thread_id
        return None

    def add(self, raw: bytes, labels: set[str], now_ms: int, *, thread_id: str | None = None,
            alias: str | None = None) -> Message:  # fmt: skip
        """Keep a new mail, in this thread or in one of its own."""
        number = now_ms << 20 | secrets.randbelow(1 << 20)
        while f"{number:x}" in self.messages:
            number += 1
        message_id = f"{number:x}"
        message = Message(message_id, thread_id or message_id, set(labels), raw, now_ms, 0, alias)
        self.messages[message_id] = message
        self._record("messageAdded", message, (), now_ms)
        return message

    def remove(self, message_id: str, now_ms: int) -> None:
        """Delete for good."""
        message = self.get(message_id)
        del self.messages[message.id]
        self.drafts = {draft: kept for draft, kept in self.drafts.items() if kept != message.id}
        self._record("messageDeleted", message, (), now_ms)

    def relabel(self, message_id: str, add: set[str], remove: set[str], now_ms: int) -> Message:
        """Add and remove labels; what is so already is no change."""
        message = self.get(message_id)
        added, removed = add - message.labels, (remove & message.labels) - add
        message.labels = (message.labels | added) - removed
        if added:
            self._record("labelAdded", message, tuple(sorted(added)), now_ms)
        if removed:
            self._record("labelRemoved", message, tuple(sorted(removed)), now_ms)
        return message

    def forget_history(self, to: int | None = None) -> None:
        """Let history up to a record (all of it by default) expire."""
        self.history_forgotten_to = max(self.history_forgotten_to, self.history_id if to is None else to)
        self.changes = [c for c in self.changes if c.id > self.history_forgotten_to]

    def _record(self, kind: ChangeKind, message: Message, labels: tuple[str, ...], now_ms: int) -> None:
        self.history_id += 1 + secrets.randbelow(9)
        message.history_id = self.history_id
        self.changes.append(
            Change(self.history_id, kind, message.id, message.thread_id, labels, tuple(sorted(message.labels)), now_ms)
        )


def plain_id(given: str) -> str:
    """Gmail's page says msg-f:<decimal> or thread-f:<decimal> where the API says hexadecimal; the API takes both."""
    prefix, _, number = given.partition(":")
    if prefix in ("msg-f", "thread-f") and number.isdecimal() and len(number) <= _MOST_DIGITS:
        return f"{int(number):x}"
    return given

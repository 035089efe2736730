"""What does a mailbox tell us? Values that every provider of mailboxes can give: places, changes, headers, raw mail."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class MailboxProfile:
    """Whose mailbox it is (in lower case), and where its history stands."""

    address: str
    cursor: str


@dataclass(frozen=True)
class Watch:
    """Pushes will come until then."""

    cursor: str
    expires_at: datetime


@dataclass(frozen=True)
class MailPlace:
    """Where a message is in its mailbox."""

    id: str
    thread_id: str


@dataclass(frozen=True)
class FoundMail:
    """A message that the mailbox holds. Whether it was sent is known for certain only with its headers.

    `begins_thread`: no older mail is in its conversation. `is_bulk`: the provider sorted it as mail to many (adverts,
    social networks, lists, notices). `is_junk`: it lies in the spam folder or the trash.
    """

    id: str
    thread_id: str
    is_sent: bool = False
    is_draft: bool = False
    begins_thread: bool = True
    is_bulk: bool = False
    is_junk: bool = False


@dataclass(frozen=True)
class Changes:
    """What came into the mailbox since a cursor, each message once, and the cursor to go on from.

    `more`: there was so much that it comes in steps; ask again from `cursor`. `after_a_gap`: the history was lost, and
    this is what stands in the mailbox instead: everything in it has to be read.
    """

    found: tuple[FoundMail, ...]
    cursor: str
    more: bool = False
    after_a_gap: bool = False


@dataclass(frozen=True)
class MailHeaders:
    """A message's headers, in their order and as they came; `received_at` is the provider's own clock."""

    id: str
    thread_id: str
    received_at: datetime
    is_sent: bool
    is_draft: bool
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    mime_type: str | None = None


@dataclass(frozen=True)
class RawMail:
    """A message as RFC 5322 bytes, and what its mailbox says of it."""

    id: str
    thread_id: str
    content: bytes = field(repr=False)
    received_at: datetime
    is_sent: bool = False
    is_draft: bool = False

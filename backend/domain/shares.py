"""What is a share, and is it live? A document in a message, with what its sender allows its readers.

The same rule answers for the viewer's pages, the picture in the mail and the switches of the rep.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from backend.domain.people import Recipient
from backend.domain.viewing import Privacy

ShareState = Literal["on", "off", "expired"]


@dataclass(frozen=True)
class ShareOptions:
    """What the sender allows. From `expires_at` on nothing is shown any more; None: for ever."""

    expires_at: datetime | None = None
    is_on: bool = True
    allows_download: bool = True
    has_watermark: bool = False


@dataclass(frozen=True)
class ShareRecord:
    """A share with its document and its message, for whoever may see them; `may_change` is for the asking rep.

    `recipient` is an address where mails are sent one by one; else all of the message's recipients have the link.
    """

    id: int
    document_id: int
    document_name: str
    message_id: int
    message_state: str
    subject: str
    rep_name: str
    recipient: str
    created_at: datetime
    expires_at: datetime | None
    off_at: datetime | None
    allows_download: bool
    has_watermark: bool
    may_change: bool
    privacy: Privacy = "tell"
    objected_at: datetime | None = None
    declined_at: datetime | None = None
    unanswered_at: datetime | None = None
    recipients: tuple[Recipient, ...] = ()
    token: str = field(default="", repr=False)

    @property
    def options(self) -> ShareOptions:
        """What is allowed now."""
        return ShareOptions(self.expires_at, self.off_at is None, self.allows_download, self.has_watermark)

    def state(self, now: datetime) -> ShareState:
        """Whether its readers can read."""
        return share_state(self.off_at, self.expires_at, now)

    @property
    def unrecorded(self) -> str:
        """Why there may be readings that nothing is known of, in a sentence; empty where nothing speaks for any."""
        who = self._only_reader or "A reader"
        if self.privacy == "none":
            return "Nothing of the reading is recorded: your workspace wants it so."
        if self.declined_at and (self.unanswered_at is None or self.declined_at >= self.unanswered_at):
            return f"{who} does not want the reading recorded."
        if self.privacy == "ask" and self.unanswered_at:
            return f"{who} has opened it and has not agreed to recording."
        if self.privacy == "ask":
            return "Nothing is recorded until a reader agrees."
        return "A reader does not want the reading recorded." if self.objected_at else ""

    @property
    def _only_reader(self) -> str:
        """How the one person is called whom the link went to; empty where several have it."""
        whom = [one for one in self.recipients if not self.recipient or one.address.lower() == self.recipient.lower()]
        return (whom[0].name or whom[0].address) if len(whom) == 1 else self.recipient


def share_state(off_at: datetime | None, expires_at: datetime | None, now: datetime) -> ShareState:
    """Whether a share's readers can read: switched off comes before expired."""
    if off_at is not None:
        return "off"
    return "expired" if expires_at is not None and expires_at <= now else "on"


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The instant at which a day is over for somebody in this zone."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)

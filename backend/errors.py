"""Readback's exceptions: one class for each decision that a caller can take.

The docstring is the message when none is given. Adapters raise these `from` their library's error, so that
nobody else needs to know the library. Retrying is decided by class, never by text.
"""

from typing import Literal


class ReadbackError(Exception):
    """Something in Readback went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class SettingsIncomplete(ReadbackError):
    """Settings are missing or malformed."""


class Transient(ReadbackError):
    """The other side is in trouble for now; the same call may go through later."""


class StorageAway(Transient):
    """The store of documents cannot be reached just now."""


class Stopped(Transient):
    """This process is to end, so the work at hand was broken off; another one goes on with it at once."""


class RateLimited(Transient):
    """The other side asks to wait before the next call."""

    def __init__(self, message: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Suspended(RateLimited):
    """The mailbox is switched off for now: an admin or Google suspended it. The consent stands; look again later."""


class ConsentWithdrawn(ReadbackError):
    """The mailbox's owner, an admin or Google has withdrawn our access: only a new consent helps."""


class ConsentIncomplete(ReadbackError):
    """The person unticked a permission that this cannot work without."""


class CursorExpired(ReadbackError):
    """The provider no longer knows our place in the mailbox's history: read the windows that matter anew."""


class NotFound(ReadbackError):
    """There is no such thing, or it is not yours."""


class Forbidden(ReadbackError):
    """You are not allowed to do this."""


class TeamPlanOnly(Forbidden):
    """Tracked documents come with the team plan. Attaching a file to a mail works on every plan."""


class InvalidToken(ReadbackError):
    """The token is forged, expired or meant for somebody else."""


class Malformed(ReadbackError):
    """The request cannot be understood."""


class UnreadableMail(ReadbackError):
    """This cannot be read as mail."""


class SecretUnreadable(ReadbackError):
    """A stored secret cannot be decrypted with the keys at hand."""


class WorkDied(ReadbackError):
    """Work in the cage did not end well. `how` is the limit that it broke, or `crash`; `detail` its last words."""

    def __init__(
        self, how: Literal["time", "memory", "disk", "crash"], detail: str = "", status: int | None = None
    ) -> None:
        super().__init__(f"Work in the cage ended by: {how}.")
        self.how = how
        self.detail = detail
        self.status = status


class DocumentRefused(ReadbackError):
    """This file is turned away, for a reason that lies in the file. `reason` is the rule's name in domain/documents.

    `found` is what the file is, where it is a document at all, and `pages` how many it has, as far as is known.
    """

    def __init__(self, reason: str, message: str, found: str | None = None, pages: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.found = found
        self.pages = pages


class ConversionFailed(ReadbackError):
    """Documents cannot be converted here: the fault is ours, not the file's."""

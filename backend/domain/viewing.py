"""What does a share show, to whom, and may the reading be recorded? Values, and the one rule that answers the last.

Three have a say: the workspace (`Privacy`), each reader for themselves (`Choice`), and whoever objected in a browser
that keeps no cookies, and so spoke for everybody who has the link. Whether something is kept is asked here by every
address of the viewer, so that a page that was opened before somebody changed their mind tells nothing any more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Privacy = Literal["tell", "ask", "none"]
"""What a workspace lets readers meet: told and may object; asked first; nothing is recorded."""
Choice = Literal["", "yes", "no"]
Why = Literal["setting", "declined", "agreed", "asked", "objected", "told"]

MOST_LABELLED = 3


@dataclass(frozen=True)
class ShareRow:
    """A share with what it shows now, whoever sent it, and to whom; `version_id` is None where nothing can be read."""

    workspace_id: int
    id: int
    document_id: int
    message_id: int
    recipient: str
    allows_download: bool
    has_watermark: bool
    expires_at: datetime | None
    off_at: datetime | None
    objected_at: datetime | None
    document_name: str
    asks_email: bool
    sender: str
    privacy: Privacy
    version_id: int | None
    pages: int | None
    ready_pages: int | None
    is_look: bool = False  # no share: a rep looks at her own document


@dataclass(frozen=True)
class Reader:
    """Who reads, as far as their browser tells: the address that was given at the gate, and what they chose.

    `has_objected`: somebody who gave the same address said no, in whichever browser.
    """

    address: str = field(default="", repr=False)
    choice: Choice = ""
    has_objected: bool = False


@dataclass(frozen=True)
class Recording:
    """Whether what a reader does is recorded, and why."""

    is_on: bool
    why: Why


@dataclass(frozen=True)
class Access:
    """A live share and who reads it."""

    row: ShareRow
    reader: Reader = field(default_factory=Reader)

    @property
    def may_read(self) -> bool:
        """Whether anything is shown: where the sender asks for an address, one was given.

        Nobody is asked for what is neither recorded nor drawn across the pages.
        """
        is_of_use = self.row.privacy != "none" or self.row.has_watermark
        return bool(self.reader.address) or not (self.row.asks_email and is_of_use)

    @property
    def recording(self) -> Recording:
        """Whether the reading is recorded."""
        return recording_of(self.row.privacy, self.reader, has_objection=self.row.objected_at is not None)


@dataclass(frozen=True)
class _Rule:
    why: Why
    is_on: bool
    applies: Callable[[Privacy, Reader, bool], bool]


_RULES: tuple[_Rule, ...] = (
    _Rule("setting", False, lambda privacy, _reader, _all: privacy == "none"),
    _Rule("declined", False, lambda _privacy, reader, _all: reader.choice == "no" or reader.has_objected),
    _Rule("agreed", True, lambda _privacy, reader, _all: reader.choice == "yes"),
    _Rule("asked", False, lambda privacy, _reader, _all: privacy == "ask"),
    _Rule("objected", False, lambda _privacy, _reader, has_objection: has_objection),
    _Rule("told", True, lambda *_: True),
)


def recording_of(privacy: Privacy, reader: Reader, *, has_objection: bool) -> Recording:
    """Decide whether a reading is recorded; `has_objection` is one that covers all who have the link."""
    rule = next(rule for rule in _RULES if rule.applies(privacy, reader, has_objection))
    return Recording(rule.is_on, rule.why)


def label_for(reader: str, recipient: str, addresses: Sequence[str], sender: str) -> str:
    """Whose name a page carries: who gave an address, whom this link went to, else all whom the mail shows.

    `addresses` are those that every recipient has seen: whoever got a blind copy is not named to the others. Never
    empty, so that no page goes out without a label where the sender wants one.
    """
    known = reader or recipient
    if known or not addresses:
        return known or f"from {sender}"
    named, more = addresses[:MOST_LABELLED], len(addresses) - MOST_LABELLED
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class RawHit:
    """A request as it came, in the words of the table of hits."""

    workspace_id: int
    id: UUID
    kind: str
    token: str = field(repr=False)
    received_at: datetime
    method: str
    ip: str | None
    user_agent: str
    headers: Mapping[str, str]
    device_id: UUID | None
    detail: Mapping[str, Any] = field(default_factory=dict)

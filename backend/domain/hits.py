"""What is a hit, and what must be known of its message to judge it? Values only; the judging is in `verdicts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Literal
from uuid import UUID

from backend.domain.agents import Agent

Word = Literal["human", "self", "team", "draft", "prefetch", "scanner", "bot", "repeat"]
HitKind = Literal["open", "click", "visit", "download", "follow"]
MessageState = Literal["prepared", "sent", "lapsed"]

ANYBODY = "someone on this mail"
DOCUMENT_KINDS = ("visit", "download", "follow")  # a document opened, taken away, and a link in it followed
_MOST_NAMED = 3
SOMEBODY = 0  # in the place of a rep's number: whoever is none


@dataclass(frozen=True)
class Hit:
    """One request as it came. `link_id` only for clicks; `device_id` from a verified cookie; header names lower.

    Of a document: `share_id`, the visit that it was done in (of a visit its own id), and what address was followed.
    `place` is roughly where it came from, where that is known.
    """

    id: UUID
    kind: HitKind
    received_at: datetime
    user_agent: str
    ip: str | None = None
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    device_id: UUID | None = None
    link_id: int | None = None
    share_id: int | None = None
    visit_id: UUID | None = None
    followed: str = ""
    place: str = ""

    @property
    def target(self) -> tuple[int | None, int | None, str]:
        """What was asked for: which link of the mail, which document, which link in it."""
        return self.link_id, self.share_id, self.followed


@dataclass(frozen=True)
class VisitFacts:
    """What is known of one opening of a document: whether a page was `shown`, how long pages were looked at, and an
    address that says who read.

    The address is the share's own recipient or, `is_proven` being False, one that the reader gave.
    """

    shown: bool
    address: str = ""
    is_proven: bool = True
    active_ms: int = 0


@dataclass(frozen=True)
class OwnDevice:
    """A browser in which a rep has signed in; what it did after `forgotten_at` is a stranger's."""

    id: UUID
    rep_id: int
    forgotten_at: datetime | None = None


@dataclass(frozen=True)
class Presence:
    """A rep had the message (or its thread) open in Gmail at this instant: the add-on was called for it."""

    rep_id: int
    at: datetime


@dataclass(frozen=True)
class Claim:
    """A rep's own word on a hit: "That was me". The hit may be on any message of the workspace.

    It `teaches` her browser and network, until she says "Not me" of a look that was taken for hers because of it.
    """

    hit: Hit
    rep_id: int
    at: datetime
    teaches: bool = True


@dataclass(frozen=True)
class Answer:
    """A reply to the message; `who` as a person is called."""

    at: datetime
    who: str


@dataclass(frozen=True)
class Written:
    """A mail in the message's conversation, after it: by this rep, or by SOMEBODY else who answered."""

    at: datetime
    rep_id: int


@dataclass(frozen=True)
class MessageFacts:
    """What is known of the message. `reader` is the one person it went to; None where several share it.

    `sent_at` may be unknown (a single hit explained without it); then nothing is said about time.
    """

    rep_id: int
    state: MessageState = "sent"
    sent_at: datetime | None = None
    reader: str | None = None
    devices: tuple[OwnDevice, ...] = ()
    presences: tuple[Presence, ...] = ()
    answers: tuple[Answer, ...] = ()
    conversation: tuple[Written, ...] = ()  # may be left out where nobody was present
    claims: tuple[Claim, ...] = ()  # on this message's hits, and all of its rep's
    colleagues: Mapping[int, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)  # whom it went to: address -> as each is called
    visits: Mapping[UUID, VisitFacts] = field(default_factory=dict)  # of its documents

    @property
    def someone(self) -> str:
        """The reader's name, or what may be said where several share the mail."""
        return self.reader or ANYBODY

    def visit_of(self, hit: Hit) -> VisitFacts | None:
        """The opening of a document that a hit is, or belongs to."""
        return None if hit.visit_id is None else self.visits.get(hit.visit_id)

    def doer(self, hit: Hit) -> str:
        """Who did this, or what may be said of it."""
        if hit.kind not in DOCUMENT_KINDS:
            return self.someone
        visit = self.visit_of(hit)
        return name_reader(self.people, visit.address if visit else "") if self.people else self.someone

    def colleague(self, rep_id: int) -> str:
        """How a colleague is called."""
        return self.colleagues.get(rep_id, "A colleague")


@dataclass(frozen=True)
class Verdict:
    """What a hit was. `confidence` from 0 to 1; `client` is the program as a person calls it.

    `continues` is the hit that a repeated one goes on from.
    """

    hit_id: UUID
    verdict: Word
    rule: str
    sentence: str
    confidence: float
    client: str
    continues: UUID | None = None


@dataclass(frozen=True)
class InferredView:
    """The message must have been seen, though no view of it was counted."""

    at: datetime
    who: str
    sentence: str
    confidence: float


def name_reader(people: Mapping[str, str], address: str = "") -> str:
    """Who reads a document of this mail: whom the share or the reader names, or else "one of" those whom it went to."""
    if address:
        return people.get(address.lower(), address)
    names = list(people.values())
    if len(names) == 1:
        return names[0]
    return f"one of {', '.join(names)}" if 1 < len(names) <= _MOST_NAMED else ANYBODY


def client_of(hit: Hit, agent: Agent) -> tuple[object, ...]:
    """Whom we cannot tell apart: the device, else the program and its address block; a proxy has any address."""
    if hit.device_id is not None:
        return ("device", hit.device_id)
    return (agent.kind, agent.name, "" if agent.is_proxy else block_of(hit.ip))


@lru_cache(maxsize=4096)
def block_of(ip: str | None) -> str:
    """The network that an address lies in as one household or office has it: /24, or /56 of IPv6."""
    if ip is None:
        return ""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if address.version == 4:
        return f"{IPv4Address(int(address) & ~0xFF)}/24"
    return str(ip_network(f"{address}/56", strict=False))

"""What does the feed say of a message? Its items grouped, the strongest thing that happened, and who needs an answer.

Items are written by whoever learns something (`services.hits`, `services.syncing`); what they carry in `data` may be
less than we would like, so every key is optional here. Doubt is said in words. Pages and cards tell the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from backend.domain.feed_documents import read_document
from backend.domain.hits import name_reader

Tone = Literal["answer", "failure", "plain", "quiet"]
Chip = Literal["answers", "documents", "clicks", "views", "bounces", "automatic"]

SOMEONE = "Someone on this mail"
PROBABLE_BELOW = 0.8
ONE_LINE, SHORT = 300, 60  # what a line may hold at most; what fits on any line as it is
NEED_LASTS = timedelta(days=14)

_READING_NOW = "reading now"
_STRENGTH = (
    *("reply", "complaint", _READING_NOW, "click", "document", "view"),
    *("bounce", "auto_reply", "calendar", "receipt", "sent"),
)
_CHIPS: Mapping[str, Chip] = {
    "reply": "answers",
    "document": "documents",
    "click": "clicks",
    "view": "views",
    "bounce": "bounces",
    "complaint": "bounces",
}
_TONES: Mapping[str, Tone] = {
    "reply": "answer",
    "bounce": "failure",
    "complaint": "failure",
    "click": "plain",
    "document": "plain",
    "view": "plain",
}
# The rules of `incoming` that tell an absence; a bare vacation header may be a ticket system's
_ABSENCES = frozenset({"mailbox rule", "absence in the subject", "absence in the text"})
_COUNTED = (("view", "view", "views"), ("click", "click", "clicks"), ("reply", "reply", "replies"))
_ALSO_COUNTED = (
    ("bounce", "bounce", "bounces"),
    ("complaint", "spam report", "spam reports"),
    ("auto_reply", "automatic answer", "automatic answers"),
)


@dataclass(frozen=True)
class Person:
    """Somebody whom a message went to."""

    address: str
    name: str = ""
    role: str = "to"

    @property
    def called(self) -> str:
        """The name, or the address of somebody who has none."""
        return self.name or self.address


@dataclass(frozen=True)
class Item:
    """One thing that happened."""

    key: str
    kind: str
    occurred_at: datetime
    data: Mapping[str, object] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What `data` says under this name; nothing where it says nothing readable."""
        told = self.data.get(name)
        return told.strip() if isinstance(told, str) else ""

    @property
    def is_doubtful(self) -> bool:
        """Whether it has to be said with "probably"."""
        confidence = self.data.get("confidence")
        return isinstance(confidence, int | float) and confidence < PROBABLE_BELOW

    @property
    def is_inferred(self) -> bool:
        return self.data.get("inferred") is True or self.key.endswith(":inferred")


@dataclass(frozen=True)
class Group:
    """A message with everything that stands in the feed about it; items newest first. `seq` is its latest change.

    `uncounted` is the number of hits that are no view and no click; `answered_back_at` when our side wrote last.
    """

    message_id: int
    rep_id: int
    rep_name: str
    subject: str
    sent_at: datetime | None
    people: tuple[Person, ...]
    items: tuple[Item, ...]
    seq: int
    answered_back_at: datetime | None = None
    uncounted: int = 0

    @property
    def last_at(self) -> datetime | None:
        """When the newest thing happened."""
        return self.items[0].occurred_at if self.items else self.sent_at

    @property
    def title(self) -> str:
        return self.subject or "(no subject)"


@dataclass(frozen=True)
class Line:
    """An item, told: who did what, how sure, the sentence behind it, an answer's words; `live` while it goes on."""

    key: str
    kind: str
    tone: Tone
    who: str
    who_address: str
    told: str
    doubt: str
    sentence: str
    at: datetime
    live: str = ""
    live_until: datetime | None = None
    text: str = ""

    @property
    def first_words(self) -> str:
        """What was answered, on one line."""
        return " ".join(self.text.split())[:ONE_LINE]

    @property
    def is_long(self) -> bool:
        """Whether one line does not show all that was answered."""
        return len(self.text) > SHORT or "\n" in self.text

    def seconds_left(self, now: datetime) -> float:
        """For how long, from now, it may be told as going on, if nothing more is heard; 0 where it is over."""
        return 0.0 if self.live_until is None else max(0.0, (self.live_until - now).total_seconds())

    def deed(self, now: datetime) -> str:
        """What is told of it at this instant."""
        return self.live if self.seconds_left(now) else self.told

    @property
    def chip(self) -> Chip | None:
        """The filter that it falls under; a sent mail falls under none."""
        return None if self.kind == "sent" else _CHIPS.get(self.kind, "automatic")


@dataclass(frozen=True)
class Need:
    """Something that waits for the rep."""

    kind: Literal["answer", "document", "bounce", "mailbox"]
    told: str
    about: str
    at: datetime
    href: str


def tell(item: Item, people: Sequence[Person]) -> Line:
    """Tell an item in words."""
    person = whose(item, people)
    who = (person.name if person else "") or _named(item, people) or (person.called if person else "")
    document = read_document(item.data) if item.kind == "document" else None
    return Line(
        key=item.key,
        kind=item.kind,
        tone=_TONES.get(item.kind, "quiet"),
        who=who,
        who_address=item.text("address") or (person.address if person else ""),
        told=_deed(item, bool(who)),
        doubt=_doubt(item),
        sentence=item.text("sentence"),
        at=item.occurred_at,
        live=document.told_live if document else "",
        live_until=document.live_until if document else None,
        text=item.text("text"),
    )


def lines(group: Group) -> list[Line]:
    """Tell all items of a group, the newest first."""
    return [tell(item, group.people) for item in group.items]


def headline(group: Group, now: datetime | None = None) -> Line | None:
    """The strongest thing that happened, the latest of its kind: answered, clicked, read, opened, sent.

    With an instant, what goes on at it counts for more than a click.
    """
    if not group.items:
        return None
    best = min(group.items, key=lambda item: (_strength(item, now), -item.occurred_at.timestamp()))
    return tell(best, group.people)


def counts(group: Group) -> list[str]:
    """How often what happened: "2 views", "1 click", "1 reply"; what never happened is left out."""
    told = _documents_counted(group)
    for kind, one, many in (*_COUNTED, *_ALSO_COUNTED):
        number = sum(1 for item in group.items if item.kind == kind)
        if number:
            told.append(f"{number} {one if number == 1 else many}")
    return told


def _documents_counted(group: Group) -> list[str]:
    """How many documents were read, or at least opened, however often."""
    seen: dict[object, bool] = {}
    for item in group.items:
        if item.kind == "document":
            name = item.data.get("document_id", item.key)
            seen[name] = seen.get(name, False) or bool(read_document(item.data).pages_read)
    told = []
    for word, number in (("read", sum(seen.values())), ("opened", len(seen) - sum(seen.values()))):
        if number:
            told.append(f"{number} document{'' if number == 1 else 's'} {word}")
    return told


def chips(group: Group) -> list[Chip]:
    """The filters that show the group, in a fixed order."""
    order: tuple[Chip, ...] = ("answers", "documents", "clicks", "views", "bounces", "automatic")
    held = {_CHIPS.get(item.kind, "automatic") for item in group.items if item.kind != "sent"}
    return [chip for chip in order if chip in held]


def whose(item: Item, people: Sequence[Person]) -> Person | None:
    """The recipient whom an item is about, where it names one for certain."""
    named = [told.casefold() for told in (item.text("address"), item.text("who")) if told]
    for told in named:
        matching = [person for person in people if told in (person.address.casefold(), person.name.casefold())]
        if len(matching) == 1:
            return matching[0]
    return None


def needs(groups: Iterable[Group], now: datetime) -> list[Need]:
    """What waits for an answer, for a word about what was read again, or for another address; the newest first."""
    waiting: list[Need] = []
    for group in groups:
        for need in (_unanswered(group), *_read_again(group), *(_trouble(group, *each) for each in _TROUBLES)):
            if need is not None and now - need.at <= NEED_LASTS:
                waiting.append(need)
    return sorted(waiting, key=lambda need: need.at, reverse=True)


def _unanswered(group: Group) -> Need | None:
    reply = next((item for item in group.items if item.kind == "reply"), None)
    if reply is None or (group.answered_back_at is not None and group.answered_back_at >= reply.occurred_at):
        return None
    who = tell(reply, group.people).who or "Somebody"
    return Need("answer", f"{who} waits for your answer", group.title, reply.occurred_at, _href(group))


def _read_again(group: Group) -> list[Need]:
    """A document that was read more than once, and nobody has written since."""
    readings: dict[tuple[str, str], list[Item]] = {}
    for item in group.items:
        if item.kind == "document" and (document := read_document(item.data)).pages_read:
            person = whose(item, group.people)
            readings.setdefault((person.called if person else "", document.called), []).append(item)
    written = [item.occurred_at for item in group.items if item.kind == "reply"]
    written += [group.answered_back_at] if group.answered_back_at else []
    found = []
    for (who, called), items in readings.items():
        newest = max(item.occurred_at for item in items)
        if len(items) > 1 and all(at < newest for at in written):
            often = "twice" if len(items) == 2 else f"{len(items)} times"
            told = f"{who} read {called} {often}" if who else f"{called} was read {often}"
            found.append(Need("document", told, group.title, newest, _href(group)))
    return found


_TROUBLES = (("bounce", "Could not be delivered{}", " to "), ("complaint", "Marked as spam{}", " by "))


def _trouble(group: Group, kind: str, told: str, before_who: str) -> Need | None:
    item = next((item for item in group.items if item.kind == kind), None)
    if item is None:
        return None
    who = tell(item, group.people).who
    about = told.format(f"{before_who}{who}" if who else "")
    return Need("bounce", about, group.title, item.occurred_at, _href(group))


def _href(group: Group) -> str:
    return f"/messages/{group.message_id}"


def _strength(item: Item, now: datetime | None) -> int:
    kind = item.kind
    if kind == "document" and now is not None:
        until = read_document(item.data).live_until
        kind = _READING_NOW if until is not None and until > now else kind
    return _STRENGTH.index(kind) if kind in _STRENGTH else len(_STRENGTH) - 2


def _named(item: Item, people: Sequence[Person]) -> str:
    """Whom the item names where that is no recipient for certain; a shared copy is never given a name.

    Whoever may have read a document is called as they are called by now, not as on the day that it was read.
    """
    told = item.text("who")
    if item.kind == "document" and not item.text("address") and people:
        told = name_reader({person.address: person.called for person in people})
    if told:
        return told if "@" in told.partition(" ")[0] else told[0].upper() + told[1:]
    if item.text("address"):
        return item.text("address")
    return SOMEONE if item.kind in ("view", "click", "reply", "document") else ""


def _deed(item: Item, named: bool) -> str:
    if item.kind == "reply":
        return f"answered{_how(item)}"
    if item.kind == "click":
        link = _link(item)
        return f"clicked “{link}”" if link else "clicked a link"
    if item.kind == "document":
        return read_document(item.data).told
    if item.kind == "view":
        client = item.text("client")
        how = f"opened it {'through' if 'proxy' in client else 'in'} {client}" if client else "opened it"
        return f"{how}, near {item.text('place')}" if item.text("place") else how
    if item.kind == "bounce":
        reason = item.text("reason")
        return f"could not be reached{': ' + reason if reason else ''}" if named else "Could not be delivered"
    if item.kind == "complaint":
        return "marked it as spam" if named else "A recipient marked it as spam"
    if item.kind == "auto_reply":
        return _absent(item, named)
    return _by_machine(item.kind, named)


def _link(item: Item) -> str:
    """The text of the link that was clicked, or else where it leads."""
    told = item.data.get("link")
    if isinstance(told, Mapping):
        texts = (told.get("text"), told.get("destination"))
        return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")
    return item.text("link")


def _how(item: Item) -> str:
    how = item.text("how").casefold().replace("_", " ")
    if "another" in how or "other address" in how:
        return " from another address"
    if "copy" in how:
        return ", in copy"
    if "forward" in how or "someone else" in how or "new person" in how:
        return ", though not on the mail"
    return ""


def _absent(item: Item, named: bool) -> str:
    until = item.text("back_on")
    try:
        back_on = datetime.fromisoformat(until) if until else None
    except ValueError:
        back_on = None
    if back_on is not None:
        away = f"out of office until {back_on.day} {back_on:%b}"
        return f"is {away}" if named else away.capitalize()
    if item.text("rule") in _ABSENCES:
        return "is out of office" if named else "Out of office"
    return "sent an automatic answer" if named else "An automatic answer came"


def _by_machine(kind: str, named: bool) -> str:
    if kind == "sent":
        return "Sent"
    if kind == "calendar":
        return "answered the invitation" if named else "The invitation was answered"
    if kind == "receipt":
        return "sent a receipt" if named else "A receipt came"
    return kind.replace("_", " ")


def _doubt(item: Item) -> str:
    if item.is_inferred:
        return "inferred"
    return "probably" if item.is_doubtful else ""

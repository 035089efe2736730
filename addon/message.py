"""What became of the mail that is open? The verdict is the title, then a line for each recipient, then the counts.

A view of a mail that several people share is never given a name. Doubt is said in words. What an item means and how
it is worded comes from `backend.domain.feed`; here it is laid out for a card of 300 pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from addon.cards import BRAND, Json, bold, button, card, html, line, open_link, paragraph, section
from addon.connect import disconnected_line
from addon.words import Viewer, shortened, upper_first, when
from backend.domain.feed import SOMEONE, Group, Item, Line, Person, counts, headline

_MOST_PEOPLE = 25
_MOST_SHARED = 8
_MOST_OTHERS = 5
_LONGEST_SUBJECT = 80
_LONGEST_WORDS = 90
_WORDS = (("view", "view"), ("click", "click"), ("reply", "repl"), ("document", "document"))
_ROLES = {"cc": ", in copy", "bcc": ", in blind copy"}


class Row(Protocol):
    """What is known of one recipient: each thing as it is told, or None; of each document its latest reading."""

    @property
    def person(self) -> Person: ...
    @property
    def seen(self) -> Line | None: ...
    @property
    def clicked(self) -> Line | None: ...
    @property
    def answered(self) -> Line | None: ...
    @property
    def failed(self) -> Line | None: ...
    @property
    def reads(self) -> Sequence[Line]: ...


@dataclass(frozen=True)
class OpenMail:
    """A tracked mail that is open, or whose conversation is; `others` are the other tracked ones in it."""

    group: Group
    rows: Sequence[Row]
    shared: Sequence[Line] = ()
    not_counted: int = 0
    others: Sequence[Group] = ()
    is_disconnected: bool = False


def message_card(public_url: str, mail: OpenMail, viewer: Viewer) -> Json:
    """The card of a tracked mail."""
    group = mail.group
    details = details_url(public_url, group.message_id)
    people = [shown for row in mail.rows[:_MOST_PEOPLE] for shown in _recipient(row, viewer, details)]
    if len(mail.rows) > _MOST_PEOPLE:
        more = f"{len(mail.rows) - _MOST_PEOPLE} more recipients"
        people.append(line(html(more), on_click=open_link(details)))
    sections = [
        section([disconnected_line(public_url) if mail.is_disconnected else None]),
        section(people),
        section(_shared(mail.shared, viewer)),
        section([_counts(mail, details, viewer)]),
        section(
            [_other(other, public_url, viewer) for other in mail.others[:_MOST_OTHERS]], "Also in this conversation"
        ),
    ]
    footer = button("All details", open_link(details), strong=True)
    return card("message", verdict(group, viewer.now), sections, shortened(group.title, _LONGEST_SUBJECT), footer)


def untracked_card() -> Json:
    """The card of any other mail: it says so, and nothing more."""
    return card("untracked", "Not tracked", [section([paragraph(html("This mail is not tracked."))])], BRAND)


def verdict(group: Group, now: datetime) -> str:
    """The strongest thing that happened, as a title: "Answered by Alan Bradley, in copy"."""
    strongest = headline(group, now)
    if strongest is None or strongest.kind == "sent":
        return "Sent, nothing seen yet"
    told = _verdict(strongest, now)
    if strongest.doubt == "inferred":
        return f"{told}, as we infer"
    if not strongest.doubt:
        return told
    is_named = bool(strongest.who) and told.startswith(strongest.who)
    return f"{told}, probably" if is_named else f"Probably {told[:1].lower()}{told[1:]}"


def details_url(public_url: str, message_id: int) -> str:
    """The page that tells everything about a message."""
    return f"{public_url}/messages/{message_id}"


def _verdict(told: Line, now: datetime) -> str:
    who = SOMEONE[:1].lower() + SOMEONE[1:] if told.who in (SOMEONE, "") else told.who
    if told.kind == "reply":
        how = told.told.removeprefix("answered").lstrip(", ")
        return f"Answered by {who}{f', {how}' if how else ''}"
    if told.kind == "view":
        return f"Opened by {who}"
    if told.kind == "bounce":
        return f"Could not be delivered to {told.who}" if told.who else "Could not be delivered"
    return upper_first(f"{told.who} {told.deed(now)}".strip())


def _recipient(row: Row, viewer: Viewer, details: str) -> list[Json]:
    """One recipient: the strongest thing large, the weaker ones below it; then each further document that was read, and
    the first words of an answer.
    """
    known = [told for told in _by_strength(row, viewer.now) if told is not None]
    above = f"{row.person.called}{_ROLES.get(row.person.role, '')}"
    if not known:
        return [line(html("Nothing yet"), above)]
    below = [*(_deed(told, viewer) for told in known[1:]), *_reasons(known)]
    shown = [line(html(upper_first(_deed(known[0], viewer))), above, upper_first(" · ".join(below)))]
    for told in row.reads[1:]:
        shown.append(line(html(upper_first(_deed(told, viewer))), "", " ".join(_reasons([told]))))
    if row.answered is not None and row.answered.text:
        words = shortened(row.answered.first_words, _LONGEST_WORDS)
        shown.append(line(html(f"“{words}”"), "", "Show all" if row.answered.is_long else "", open_link(details)))
    return shown


def _by_strength(row: Row, now: datetime) -> tuple[Line | None, ...]:
    read = row.reads[0] if row.reads else None
    if read is not None and read.seconds_left(now):
        return row.failed, row.answered, read, row.clicked, row.seen
    return row.failed, row.answered, row.clicked, read, row.seen


def _reasons(lines: Sequence[Line]) -> list[str]:
    """Why a reading is only probably as it is told."""
    return [told.sentence for told in lines if told.kind == "document" and told.doubt and told.sentence]


def _deed(told: Line, viewer: Viewer) -> str:
    doubt = f" ({told.doubt})" if told.doubt else ""
    if told.seconds_left(viewer.now):
        return f"{told.live}{doubt}"
    return f"{told.told}{doubt}, {when(told.at, viewer)}"


def _shared(lines: Sequence[Line], viewer: Viewer) -> list[Json]:
    """What cannot be laid to one recipient: how often each kind of thing was done, and when last."""
    found: dict[tuple[str, str, str], list[Line]] = {}
    for told in lines:
        what = told.deed(viewer.now) if told.kind == "document" else ""  # each reading is its own
        found.setdefault((told.who, told.kind, what), []).append(told)
    shown = []
    for (who, *_), same in list(found.items())[:_MOST_SHARED]:
        if same[0].seconds_left(viewer.now):
            shown.append(line(html(upper_first(_deed(same[0], viewer))), who or SOMEONE, " ".join(_reasons(same[:1]))))
            continue
        deed = f"{same[0].told} {len(same)} times, last" if len(same) > 1 else f"{same[0].told},"
        doubt = f", {same[0].doubt}" if same[0].doubt else ""
        words = upper_first(f"{deed} {when(same[0].at, viewer)}{doubt}")
        shown.append(line(html(words), who or SOMEONE, " ".join(_reasons(same[:1]))))
    return shown


def _counts(mail: OpenMail, details: str, viewer: Viewer) -> Json:
    """The counts, with their doubt in words; they lead to what they count."""
    told = [_with_doubt(count, mail.group.items) for count in counts(mail.group)]
    below = []
    if mail.not_counted:
        below.append(f"{mail.not_counted} not counted, such as your own looks and machines")
    if mail.group.sent_at is not None:
        below.append(f"Sent {when(mail.group.sent_at, viewer)}")
    return line(html(" · ".join(told) or "Nothing counted yet"), "Counted", " · ".join(below), open_link(details))


def _with_doubt(count: str, items: Sequence[Item]) -> str:
    kind = next((kind for kind, word in _WORDS if word in count), "")
    doubtful = [item for item in items if item.kind == kind and (item.is_inferred or item.is_doubtful)]
    inferred = sum(1 for item in doubtful if item.is_inferred)
    parts = [(len(doubtful) - inferred, "probably"), (inferred, "inferred")]
    words = ", ".join(f"{number} {word}" for number, word in parts if number)
    return f"{count} ({words})" if words else count


def _other(group: Group, public_url: str, viewer: Viewer) -> Json:
    at = when(group.sent_at, viewer) if group.sent_at else ""
    return line(
        bold(verdict(group, viewer.now)),
        shortened(group.title, _LONGEST_SUBJECT),
        f"Sent {at}" if at else "",
        open_link(details_url(public_url, group.message_id)),
    )

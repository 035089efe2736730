"""What happened today, and what wants the rep? The card that Gmail shows when no mail is open."""

from collections.abc import Sequence
from dataclasses import dataclass

from addon.cards import BRAND, Json, bold, button, card, html, line, open_link, paragraph, section
from addon.message import details_url
from addon.words import Viewer, shortened, when
from backend.domain.feed import Group, Line, Need

MOST_EVENTS = 3
MOST_NEEDS = 5
_LONGEST_SUBJECT = 80


@dataclass(frozen=True)
class Today:
    """The newest strong events of the viewer's day, each with its message; what waits; whether anything was sent."""

    events: Sequence[tuple[Group, Line]]
    needs: Sequence[Need]
    has_sent: bool


def home_card(public_url: str, today: Today, viewer: Viewer) -> Json:
    """The homepage."""
    events = [_event(group, told, public_url, viewer) for group, told in today.events[:MOST_EVENTS]]
    needs = [_need(need, public_url, viewer) for need in today.needs[:MOST_NEEDS]]
    if len(today.needs) > MOST_NEEDS:
        needs.append(line(html(f"{len(today.needs) - MOST_NEEDS} more"), on_click=open_link(f"{public_url}/")))
    sections = [section(events or [paragraph(html(_nothing(today)))], "Today"), section(needs, "Needs you")]
    footer = button("Open the feed", open_link(f"{public_url}/"), strong=True)
    return card("home", _title(today), sections, BRAND, footer)


def _title(today: Today) -> str:
    if today.needs:
        waiting = len(today.needs)
        return "One thing needs you" if waiting == 1 else f"{waiting} things need you"
    return "Nothing waits for you"


def _nothing(today: Today) -> str:
    if not today.has_sent:
        return (
            "You have not sent a tracked mail yet. Write one, press Readback’s sign at the bottom of the draft, "
            "then “Track this mail”."
        )
    return "No views, clicks or answers yet today."


def _event(group: Group, told: Line, public_url: str, viewer: Viewer) -> Json:
    doubt = f"{told.doubt}, " if told.doubt else ""
    return line(
        f"{bold(told.who)} {html(told.told)}" if told.who else html(told.told),
        shortened(group.title, _LONGEST_SUBJECT),
        f"{doubt}{when(told.at, viewer)}",
        open_link(details_url(public_url, group.message_id)),
    )


def _need(need: Need, public_url: str, viewer: Viewer) -> Json:
    at = "" if need.kind == "mailbox" else when(need.at, viewer)
    return line(bold(need.told), shortened(need.about, _LONGEST_SUBJECT), at, open_link(f"{public_url}{need.href}"))

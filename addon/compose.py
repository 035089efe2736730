"""How does a rep track the mail that they are writing, and what is put into it?

One press does it: an invisible image, and a link with its text where one was typed. Gmail tells nothing of the draft
but its recipients, so the card carries a compose key, by which a second press is known. What was typed is given back
whenever it could not be used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Literal

from addon.cards import BRAND, Json, bold, button, buttons, call, card, html, line, paragraph, section, text_input
from addon.words import Viewer, listed, shortened, when
from backend.domain.links import CheckedLink, RefusedLink
from backend.domain.people import Recipient

LINK_TEXT = "link_text"
LINK_ADDRESS = "link_address"
COMPOSE_KEY = "compose_key"
AGAIN = "again"
TRACK, ADD_LINK = "/addon/compose/track", "/addon/compose/link"
ADD_DOCUMENT = "/addon/compose/documents"

Happened = Literal["tracked", "already", "link", "link_already", "reopened"]
_MOST_LINKS = 10
_LONGEST_TEXT = 60
_LONGEST_ADDRESS = 300
_TIP = "Tip: a logo or a link in the mail makes views easier to see."


@dataclass(frozen=True)
class Typed:
    """What stands in the card's fields."""

    text: str = ""
    address: str = ""

    def __bool__(self) -> bool:
        return bool(self.text.strip() or self.address.strip())


@dataclass(frozen=True)
class Untracked:
    """A draft that is not tracked: its compose key, whom it is to, and what is wrong with what was typed."""

    compose_key: str = field(repr=False)
    recipients: Sequence[Recipient] = ()
    typed: Typed = Typed()
    refused: RefusedLink | None = None
    is_first: bool = False
    note: str = ""
    title: str = "Track this mail"


@dataclass(frozen=True)
class Tracked:
    """A draft that is tracked. `new_key` is for tracking the draft as another mail after all."""

    compose_key: str = field(repr=False)
    happened: Happened
    tracked_at: datetime
    recipients: Sequence[Recipient] = ()
    links: Sequence[CheckedLink] = ()
    link: CheckedLink | None = None
    typed: Typed = Typed()
    refused: RefusedLink | None = None
    new_key: str = field(default="", repr=False)


def untracked_draft_card(base_url: str, draft: Untracked) -> Json:
    """The card that tracks a draft in one press."""
    press = button("Track this mail", call(f"{base_url}{TRACK}", {COMPOSE_KEY: draft.compose_key}), strong=True)
    first = [
        paragraph(html(draft.note)) if draft.note else None,
        _refusal(draft.refused),
        paragraph(html(f"You will see when it is opened and who answers. {_to(draft.recipients)}")),
        buttons(press, _add_document(base_url, draft.compose_key)),
        paragraph(html(_TIP)) if draft.is_first else None,
    ]
    fields = _fields(draft.typed)
    return card("compose", draft.title, [section(first), section(fields, "With a tracked link, if you like")], BRAND)


def tracked_draft_card(base_url: str, draft: Tracked, viewer: Viewer) -> Json:
    """The card that confirms what was inserted, says what will be seen, and takes more links."""
    key = {COMPOSE_KEY: draft.compose_key}
    again = _insert_again(base_url, draft, key)
    first = [
        _refusal(draft.refused),
        paragraph(_what_happened(draft, viewer)),
        line(html(_will_be_seen(draft)), "What you will see"),
        buttons(_once_more(base_url, draft, key), again, _as_new(base_url, draft)),
        buttons(_add_document(base_url, draft.compose_key)),
    ]
    links = [
        line(html(shortened(link.text, _LONGEST_TEXT)), below=shortened(link.destination, _LONGEST_ADDRESS))
        for link in draft.links[:_MOST_LINKS]
    ]
    if len(draft.links) > _MOST_LINKS:
        links.append(line(html(f"{len(draft.links) - _MOST_LINKS} more")))
    more = [*_fields(draft.typed), buttons(button("Add tracked link", call(f"{base_url}{ADD_LINK}", key)))]
    sections = [section(first), section(links, "Tracked links in it"), section(more, "Another tracked link")]
    return card("tracked", _title(draft), sections, BRAND)


def image_markup(address: str) -> str:
    """The invisible image as it stands in a mail: nothing but its address survives Gmail's composer."""
    return f'<img src="{escape(address)}" width="1" height="1" alt="">'


def link_markup(text: str, address: str) -> str:
    """A tracked link as it stands in a mail."""
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def notification(happened: Happened) -> str:
    """What Gmail says for a moment at the bottom of the window."""
    said: Mapping[Happened, str] = {
        "tracked": "This mail is tracked.",
        "already": "This mail is tracked already.",
        "link": "The tracked link is in the mail.",
        "link_already": "This link is in the mail already.",
        "reopened": "",
    }
    return said[happened]


def _title(draft: Tracked) -> str:
    titles: Mapping[Happened, str] = {
        "tracked": "This mail is tracked",
        "already": "Tracked already",
        "link": "Link added",
        "link_already": "This link is there already",
        "reopened": "Tracked a moment ago?",
    }
    return titles[draft.happened] if draft.refused is None else "The link was not added"


def _what_happened(draft: Tracked, viewer: Viewer) -> str:
    at = html(when(draft.tracked_at, viewer))
    if draft.refused is not None:
        return html("This mail stays tracked, and nothing of what you typed is lost.")
    if draft.happened == "tracked":
        return f"Inserted: an invisible image{_and_link(draft.link)}. It begins to count once you send the mail."
    if draft.happened == "link":
        return f"Inserted where the cursor was: {_shown(draft.link)}."
    if draft.happened == "link_already":
        return f"Nothing was inserted: {_shown(draft.link)} was inserted before."
    if draft.happened == "already":
        return f"Nothing was inserted: this was done at {at}. Removed it from the draft since? Then insert it again."
    asked = "Is it this one? Then you are done. If not, press below."
    return f"A mail to the same people was tracked at {at} and is not sent yet. {html(_to(draft.recipients))} {asked}"


def _will_be_seen(draft: Tracked) -> str:
    who = "when it is opened"
    if len(draft.recipients) > 1:
        who = "when somebody on this mail opens it (not who: they all get the same copy)"
    clicks = ", each click on a tracked link" if draft.links else ""
    return f"Once it is sent: {who}{clicks}, and who answers, from whatever address. Never sent, it leaves no trace."


def _insert_again(base_url: str, draft: Tracked, key: Mapping[str, str]) -> Json | None:
    """For whoever has deleted it, or never got it because the first answer was lost: the same address once more."""
    if draft.happened == "already":
        return button("Insert it again", call(f"{base_url}{TRACK}", {**key, AGAIN: "yes"}))
    if draft.happened == "link_already":
        return button("Insert the link again", call(f"{base_url}{ADD_LINK}", {**key, AGAIN: "yes"}))
    return None


def _once_more(base_url: str, draft: Tracked, key: Mapping[str, str]) -> Json | None:
    """A second press, which inserts nothing; not where this may be another mail, that would then go out untracked."""
    if draft.new_key:
        return None
    return button("Track this mail", call(f"{base_url}{TRACK}", key))


def _as_new(base_url: str, draft: Tracked) -> Json | None:
    if not draft.new_key:
        return None
    return button("Track as a new mail", call(f"{base_url}{TRACK}", {COMPOSE_KEY: draft.new_key}), strong=True)


def _add_document(base_url: str, compose_key: str) -> Json:
    return button("Add document", call(f"{base_url}{ADD_DOCUMENT}", {COMPOSE_KEY: compose_key}))


def _refusal(refused: RefusedLink | None) -> Json | None:
    if refused is None:
        return None
    return line(bold(refused.sentence), "Nothing was inserted", "What you typed is still below.")


def _fields(typed: Typed) -> list[Json]:
    return [
        text_input(LINK_TEXT, "Text of the link", typed.text, "Words, such as: our offer"),
        text_input(LINK_ADDRESS, "Address it leads to", typed.address, "Such as: gridworks.example/offer"),
    ]


def _to(recipients: Sequence[Recipient]) -> str:
    if not recipients:
        return "Nobody is filled in yet; that can wait."
    return f"To {listed([person.name or person.address for person in recipients])}."


def _and_link(link: CheckedLink | None) -> str:
    return f", and {_shown(link)}" if link else ""


def _shown(link: CheckedLink | None) -> str:
    if link is None:
        return "the link"
    text = bold(f"“{shortened(link.text, _LONGEST_TEXT)}”")
    return f"the link {text}, which leads to {html(shortened(link.destination, _LONGEST_ADDRESS))}"

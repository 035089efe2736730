"""How does a rep put a tracked document into the mail that they are writing, and how does it look there?

The picker shows the workspace's content as pictures, a press inserts, and the card that follows says what was inserted
and what will be seen. The block in the mail is a table with nothing but attributes and inline styles that Gmail's
composer keeps and Word's engine (Outlook) draws. Its colours come in pairs, ink and ground, and neither is pure, so
that a mail client's dark mode changes both or none.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from addon.cards import (
    BRAND,
    Json,
    bold,
    button,
    buttons,
    call,
    card,
    grid,
    grid_item,
    html,
    line,
    open_link,
    paragraph,
    section,
    text_input,
)
from addon.compose import ADD_DOCUMENT, AGAIN, COMPOSE_KEY
from addon.words import listed, shortened
from backend.domain.document_pages import cover_ratio
from backend.domain.documents import TYPE_NAMES
from backend.domain.people import Recipient
from backend.domain.words import size

SEARCH, PAGE, DOCUMENT, SOUGHT, IN_PLACE = "document_search", "page", "document", "sought", "in_place"
INSERT_DOCUMENT = "/addon/compose/document"
A_PAGE = 8

Happened = Literal["document", "document_already"]
_LONGEST_NAME = 120
_COVER_WIDTH, _COVER_HEIGHT = 96, 128
_BLOCK_WIDTH, _LEFT_WIDTH = 440, 100
_INK, _QUIET, _LINK, _GROUND, _EDGE = "#1f2733", "#505b6b", "#1f4bb8", "#f2f4f8", "#c3cad6"
_FONT = "font-family:Arial,Helvetica,sans-serif"


@dataclass(frozen=True)
class Offered:
    """A document of the picker. `waits_for` says why it cannot be chosen yet."""

    id: int
    name: str
    type: str
    pages: int | None
    size: int
    owner: str = ""
    thumbnail: str = field(default="", repr=False)
    was_used: bool = False
    waits_for: str = ""


@dataclass(frozen=True)
class Picker:
    """What stands in the picker: one page of what was found, counted from 0, and whether there is more."""

    compose_key: str = field(repr=False)
    found: Sequence[Offered]
    sought: str = ""
    page: int = 0
    has_more: bool = False
    note: str = ""


@dataclass(frozen=True)
class InMail:
    """A document as it stands in a mail: how it looks, and where it is read. The cover's size is in points."""

    document_id: int
    name: str
    type: str
    pages: int
    size: int
    width_pt: float
    height_pt: float
    address: str = field(repr=False)
    cover_address: str = field(repr=False)


@dataclass(frozen=True)
class Added:
    """A document that is in the draft now. `has_tracked`: the same press began to track the mail."""

    compose_key: str = field(repr=False)
    happened: Happened
    document: InMail
    thumbnail: str = field(default="", repr=False)
    recipients: Sequence[Recipient] = ()
    has_tracked: bool = False


def picker_card(base_url: str, picker: Picker) -> Json:
    """The card that offers the workspace's documents, what was used last first, and the way to upload."""
    first = [
        line(bold(picker.note), "Nothing was inserted") if picker.note else None,
        text_input(SEARCH, "Search in your documents", picker.sought, "A word of the name"),
        buttons(
            button("Search", call(f"{base_url}{ADD_DOCUMENT}", {COMPOSE_KEY: picker.compose_key, IN_PLACE: "yes"})),
            button("Upload in Readback", open_link(f"{base_url}/content", overlay=True)),
        ),
    ]
    turns = [each for each in (_turn(base_url, picker, "Back", -1), _turn(base_url, picker, "More", 1)) if each]
    last = [
        *(
            line(html(shortened(each.name, _LONGEST_NAME)), below=each.waits_for)
            for each in picker.found
            if each.waits_for
        ),
        None if picker.found else paragraph(html(_nothing(picker))),
        buttons(*turns) if turns else None,
    ]
    return card("documents", "Add document", [section(first), *_shelves(base_url, picker), section(last)], BRAND)


def plan_card(base_url: str) -> Json:
    """What tracked documents are, for a workspace whose plan does not have them."""
    told = [
        paragraph(
            html(
                "With the team plan, a PDF, Word or PowerPoint file goes into the mail as a link with a picture of its "
                "first page. You see which pages were read, and for how long, while it happens."
            )
        ),
        paragraph(html("On your plan, attach the file to the mail as always. The mail itself can still be tracked.")),
        buttons(button("About tracked documents", open_link(f"{base_url}/content"))),
    ]
    return card("plan", "Documents come with the team plan", [section(told)], BRAND)


def added_card(base_url: str, added: Added) -> Json:
    """The card that confirms what was inserted, and says what will be seen."""
    document = added.document
    key, about = str(document.document_id), _about(document.type, document.pages, document.size)
    mail = {COMPOSE_KEY: added.compose_key}
    again = call(f"{base_url}{INSERT_DOCUMENT}", {**mail, DOCUMENT: key, AGAIN: "yes"})
    first = [
        paragraph(_what_happened(added)),
        line(html(shortened(document.name, _LONGEST_NAME)), below="" if added.thumbnail else about),
        grid([grid_item(key, about, "", added.thumbnail, f"First page of {document.name}")])
        if added.thumbnail
        else None,
        line(html(_will_be_seen(added.recipients)), "What you will see"),
        buttons(
            button("Add another document", call(f"{base_url}{ADD_DOCUMENT}", {**mail, IN_PLACE: "yes"})),
            button("Insert it again", again) if added.happened == "document_already" else None,
        ),
    ]
    title = "Document added" if added.happened == "document" else "Already in the mail"
    return card("document", title, [section(first)], BRAND)


def notification(happened: Happened) -> str:
    """What Gmail says for a moment at the bottom of the window."""
    return "The document is in the mail." if happened == "document" else "This document is in the mail already."


def document_markup(document: InMail) -> str:
    """The block as it stands in a mail: the first page, the name, and what it is, all of it leading to the document."""
    width, height = _cover_size(document)
    way = _direction(document.name)
    name, href = escape(document.name), escape(document.address)
    alt = escape(f"First page of {document.name}")
    image = (
        f'<img src="{escape(document.cover_address)}" width="{width}" height="{height}" alt="{alt}" border="0" '
        f'style="display:block;border:1px solid {_EDGE};width:{width}px;height:{height}px;color:{_QUIET};'
        f'font-size:12px;{_FONT}">'
    )
    words = (
        f'<div dir="{way}" style="text-align:left;margin:0"><a href="{href}" style="color:{_LINK};font-size:16px;'
        f'line-height:22px;font-weight:bold;text-decoration:none;word-break:break-word;{_FONT}">{name}</a></div>'
        f'<div style="margin:0;color:{_QUIET};font-size:13px;line-height:20px;{_FONT}">'
        f"{escape(_about(document.type, document.pages, document.size))}</div>"
        f'<div style="margin:0;padding-top:6px"><a href="{href}" style="color:{_LINK};font-size:14px;line-height:20px;'
        f'text-decoration:underline;{_FONT}">Open the document</a></div>'
    )
    table = f'width="{_BLOCK_WIDTH}" border="0" cellpadding="0" cellspacing="0" bgcolor="{_GROUND}"'
    look = (
        f"width:{_BLOCK_WIDTH}px;max-width:100%;background-color:{_GROUND};border:1px solid {_EDGE};"
        f"border-collapse:separate;border-radius:8px;color:{_INK}"
    )
    left = f'width="{_LEFT_WIDTH}" valign="top" style="padding:12px 8px 12px 12px"'
    right = f'width="{_BLOCK_WIDTH - _LEFT_WIDTH}" valign="middle" style="padding:12px 16px 12px 0"'
    return (
        f'<table {table} style="{look}"><tbody><tr><td {left}><a href="{href}" style="text-decoration:none">{image}</a>'
        f"</td><td {right}>{words}</td></tr></tbody></table><br>"
    )


def _shelves(base_url: str, picker: Picker) -> list[Json]:
    """The documents that can be chosen, as pictures under what they have in common."""
    ready = [each for each in picker.found if not each.waits_for]
    used = [each for each in ready if each.was_used]
    if picker.sought:
        shelves = {f"Found for “{shortened(picker.sought, 40)}”": ready}
    else:
        rest = [each for each in ready if not each.was_used]
        shelves = {"Recently used": used, "Other documents" if used or picker.page else "Your documents": rest}
    press = call(f"{base_url}{INSERT_DOCUMENT}", {COMPOSE_KEY: picker.compose_key})
    return [section([grid([_item(each) for each in on], press)], above) for above, on in shelves.items() if on]


def _item(offered: Offered) -> Json:
    about = _about(offered.type, offered.pages, offered.size)
    below = f"{about} · {offered.owner}" if offered.owner else about
    alt = f"First page of {offered.name}"
    return grid_item(str(offered.id), shortened(offered.name, _LONGEST_NAME), below, offered.thumbnail, alt)


def _nothing(picker: Picker) -> str:
    if picker.sought:
        return f"No document has “{shortened(picker.sought, 40)}” in its name. Search for less, or upload it."
    if picker.page:
        return "There are no more."
    return "There is no document yet. Upload one in Readback (PDF, Word or PowerPoint); then it can be added here."


def _turn(base_url: str, picker: Picker, words: str, by: int) -> Json | None:
    if (by < 0 and picker.page == 0) or (by > 0 and not picker.has_more):
        return None
    there = {PAGE: str(picker.page + by), COMPOSE_KEY: picker.compose_key, IN_PLACE: "yes"}
    if picker.sought:
        there[SOUGHT] = picker.sought
    return button(words, call(f"{base_url}{ADD_DOCUMENT}", there))


def _about(type_: str, pages: int | None, bytes_: int) -> str:
    told = [TYPE_NAMES.get(type_, "Document")]
    if pages:
        told.append("1 page" if pages == 1 else f"{pages:,} pages")
    return " · ".join([*told, size(bytes_)])


def _what_happened(added: Added) -> str:
    if added.happened == "document_already":
        return html(
            "Nothing was inserted: this document is in the mail already. Removed it from the draft since? Then insert "
            "it again; its link stays the same."
        )
    also = ", and an invisible image, since the mail was not tracked yet" if added.has_tracked else ""
    return html(
        f"Inserted: the document with its first page and its link{also}. Counting begins once you send the mail."
    )


def _will_be_seen(recipients: Sequence[Recipient]) -> str:
    names = [person.name or person.address for person in recipients]
    if len(names) > 1:
        who = f"that one of {listed(names)} reads it (not which of them: they all get the same link)"
    else:
        who = f"when {names[0]} reads it" if names else "when it is read"
    return f"Once it is sent: {who}, which pages and for how long, and whether it is downloaded."


def _cover_size(document: InMail) -> tuple[int, int]:
    """The cover's size in the mail: as wide as there is room, high pages narrower."""
    ratio = cover_ratio(document.width_pt, document.height_pt)
    width = min(float(_COVER_WIDTH), _COVER_HEIGHT / ratio)
    return round(width), round(width * ratio)


def _direction(text: str) -> str:
    """Which way a name is read: by its first letter that has a direction (Gmail may drop dir="auto")."""
    for letter in text:
        way = unicodedata.bidirectional(letter)
        if way in ("R", "AL"):
            return "rtl"
        if way == "L":
            return "ltr"
    return "ltr"

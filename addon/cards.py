"""What are cards made of, and how do they reach Gmail? Widgets, cards and the answers around them, as Google's JSON.

Shapes: GoogleAppsCardV1* in Google's Chat discovery document, which the tests validate every card against; answers:
developers.google.com/workspace/add-ons/guides/alternate-runtimes. Texts are given plain. Where Gmail reads HTML they
are escaped here; in headers, labels and buttons it is not said whether it does, so that angle brackets, the only
characters that could do harm there, are written as ‹ and ›.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Literal

Json = dict[str, Any]
BRAND = "Readback"
_ANGLES = str.maketrans("<>", "‹›")
_LONGEST_TITLE = 200
GRID_ITEM = "grid_item_identifier"  # Google's own name, from the schema of GoogleAppsCardV1Grid
Insertion = Literal["IN_PLACE_INSERT", "INSERT_AT_END"]


def html(text: str) -> str:
    """A text for where Gmail reads HTML."""
    return escape(text, quote=False)


def bold(text: str) -> str:
    """A text for where Gmail reads HTML, in bold."""
    return f"<b>{html(text)}</b>"


def plain(text: str) -> str:
    """A text for where it is not known how Gmail reads it: it means the same both ways."""
    return text.translate(_ANGLES)


def card(name: str, title: str, sections: Sequence[Json], subtitle: str = "", footer: Json | None = None) -> Json:
    """A card; sections without widgets are left out, since Google refuses them."""
    header = {"title": plain(title)[:_LONGEST_TITLE]}
    if subtitle:
        header["subtitle"] = plain(subtitle)[:_LONGEST_TITLE]
    made: Json = {"name": name, "header": header, "sections": [each for each in sections if each.get("widgets")]}
    if footer:
        made["fixedFooter"] = {"primaryButton": footer}
    return made


def section(widgets: Sequence[Json | None], header: str = "") -> Json:
    """A section of a card; a widget that is None is left out."""
    made: Json = {"widgets": [widget for widget in widgets if widget is not None]}
    if header:
        made["header"] = html(header)
    return made


def paragraph(markup: str) -> Json:
    """A paragraph of text; `markup` is HTML."""
    return {"textParagraph": {"text": markup}}


def line(markup: str, above: str = "", below: str = "", on_click: Json | None = None) -> Json:
    """A line with a label above and below; `markup` is HTML, the labels are plain."""
    decorated: Json = {"text": markup, "wrapText": True}
    if above:
        decorated["topLabel"] = plain(above)
    if below:
        decorated["bottomLabel"] = plain(below)
    if on_click:
        decorated["onClick"] = on_click
    return {"decoratedText": decorated}


def grid(items: Sequence[Json], on_click: Json | None = None) -> Json:
    """Pictures with words, two in a row. A press calls as `on_click` says, with the item's id as GRID_ITEM besides."""
    border = {"type": "STROKE", "cornerRadius": 8}
    made: Json = {"items": list(items), "columnCount": 2, "borderStyle": border}
    return {"grid": {**made, "onClick": on_click} if on_click else made}


def grid_item(item_id: str, title: str, below: str, image_url: str, alt: str) -> Json:
    """One picture of a grid; without an address it has words only."""
    item: Json = {"id": item_id, "title": plain(title), "layout": "TEXT_BELOW"}
    if below:
        item["subtitle"] = plain(below)
    if image_url:
        item["image"] = {"imageUri": image_url, "altText": plain(alt)}
    return item


def buttons(*made: Json | None) -> Json:
    """Buttons in a row; one that is None is left out."""
    return {"buttonList": {"buttons": [button for button in made if button is not None]}}


def button(text: str, on_click: Json, *, strong: bool = False) -> Json:
    """A button."""
    return {"text": plain(text), "onClick": on_click, "type": "FILLED" if strong else "OUTLINED"}


def text_input(name: str, label: str, value: str = "", hint: str = "") -> Json:
    """A field to type into."""
    field: Json = {"name": name, "label": plain(label), "type": "SINGLE_LINE"}
    if value:
        field["value"] = value
    if hint:
        field["hintText"] = plain(hint)
    return {"textInput": field}


def open_link(url: str, *, overlay: bool = False) -> Json:
    """Open an address; as an overlay, the add-on is asked anew once its window is closed."""
    if overlay:
        return {"openLink": {"url": url, "openAs": "OVERLAY", "onClose": "RELOAD"}}
    return {"openLink": {"url": url, "openAs": "FULL_SIZE", "onClose": "NOTHING"}}


def call(url: str, parameters: Mapping[str, str]) -> Json:
    """Call our address with these parameters. Every answer says itself what stands in the fields afterwards."""
    return {
        "action": {
            "function": url,
            "parameters": [{"key": key, "value": value} for key, value in parameters.items()],
            "loadIndicator": "SPINNER",
        }
    }


def pushed(shown: Json) -> Json:
    """The answer to a trigger: show this card."""
    return {"action": {"navigations": [{"pushCard": shown}]}}


def updated(shown: Json, notification: str = "") -> Json:
    """The answer to a press: this card takes the place of the one that was pressed."""
    return {"renderActions": {"action": _action({"updateCard": shown}, notification)}}


def opened(shown: Json) -> Json:
    """The answer to a press: show this card on top, with a way back to the one that was pressed."""
    return {"renderActions": {"action": _action({"pushCard": shown}, "")}}


def inserted(markup: str, kind: Insertion, shown: Json, notification: str) -> Json:
    """The answer to a press: insert HTML into the open draft, and show this card.

    Google's guide lists only IN_PLACE_INSERT; its older schema and add-ons in use have INSERT_AT_END as well.
    Whether Gmail follows the navigation beside an insertion is not documented; nothing depends on it.
    """
    content = {"content": markup, "contentType": "MUTABLE_HTML"}
    update = {"updateBody": {"type": kind, "insertContents": [content]}}
    return {
        "renderActions": {
            "hostAppAction": {"gmailAction": {"updateDraftActionMarkup": update}},
            "action": _action({"updateCard": shown}, notification),
        }
    }


def asking_for_scopes(scopes: Sequence[str]) -> Json:
    """The answer that makes Google ask the person for these permissions, and then call us again."""
    return {"requesting_google_scopes": {"scopes": list(scopes)}}


def _action(navigation: Json, notification: str) -> Json:
    action: Json = {"navigations": [navigation]}
    if notification:
        action["notification"] = {"text": plain(notification)}
    return action

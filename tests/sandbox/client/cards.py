"""What is on an add-on's card, and what did its answer ask for? Buttons, inputs and texts, found as Gmail shows them.

Pure; the headless person reads cards with it. The browser's page does the same in static/cards.js.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
_INLINE = re.compile(r"</?(?:b|i|u|s|strike|strong|em|font|a|time)(?:\s[^>]*)?>", re.IGNORECASE)
_MARK = re.compile(r"<[^>]*>")


class NotOnCard(LookupError):
    """The card has no such button."""


@dataclass(frozen=True)
class Control:
    """Something that can be pressed: its words and what a press does (Google's `onClick`)."""

    label: str
    on_click: Json


def widgets(card: Json) -> Iterator[Json]:
    """Every widget of a card, those in columns too, from top to bottom."""
    for section in card.get("sections", []):
        yield from _widgets(section.get("widgets", []))


def _widgets(found: list[Json]) -> Iterator[Json]:
    for widget in found:
        yield widget
        for column in widget.get("columns", {}).get("columnItems", []):
            yield from _widgets(column.get("widgets", []))


def controls(card: Json) -> list[Control]:
    """Everything that can be pressed, in order."""
    found = list(_pressable(card))
    return [Control(label.strip(), on_click) for label, on_click in found if on_click]


def _pressable(card: Json) -> Iterator[tuple[str, Json]]:
    for action in card.get("cardActions", []):
        yield action.get("actionLabel", ""), action.get("onClick", {})
    for widget in widgets(card):
        for button in widget.get("buttonList", {}).get("buttons", []):
            if not button.get("disabled"):
                yield button.get("text") or button.get("altText", ""), button.get("onClick", {})
        decorated = widget.get("decoratedText", {})
        if button := decorated.get("button"):
            yield button.get("text") or button.get("altText", ""), button.get("onClick", {})
        yield decorated.get("text", ""), decorated.get("onClick", {})
        if change := decorated.get("switchControl", {}).get("onChangeAction"):
            yield decorated.get("text", ""), {"action": change}
        if change := widget.get("selectionInput", {}).get("onChangeAction"):
            yield widget["selectionInput"].get("label", ""), {"action": change}
        if image := widget.get("image"):
            yield image.get("altText", ""), image.get("onClick", {})
        if grid := widget.get("grid"):
            for item in grid.get("items", []):
                yield item.get("title", ""), _on_item(grid.get("onClick", {}), item)
    footer = card.get("fixedFooter", {})
    for name in ("primaryButton", "secondaryButton"):
        if button := footer.get(name):
            yield button.get("text", ""), button.get("onClick", {})


def _on_item(on_click: Json, item: Json) -> Json:
    """What a press of one item of a grid does: Google adds the item's id to the parameters."""
    if "action" not in on_click:
        return on_click
    action = on_click["action"]
    known = {"key": "grid_item_identifier", "value": item.get("id", "")}
    return {**on_click, "action": {**action, "parameters": [*action.get("parameters", []), known]}}


def control(card: Json, label: str) -> Control:
    """The control with exactly these words. Raises NotOnCard, which names what there is."""
    there = controls(card)
    for found in there:
        if found.label == label:
            return found
    raise NotOnCard(f"no {label!r} on the card; there is {[found.label for found in there]}")


def inputs(card: Json) -> dict[str, list[str]]:
    """The form as it stands: each input's name with its values. What is off or empty is absent, as with Gmail."""
    form: dict[str, list[str]] = {}
    for widget in widgets(card):
        if text := widget.get("textInput"):
            form[text["name"]] = [text["value"]] if text.get("value") else []
        if chosen := widget.get("selectionInput"):
            form[chosen["name"]] = [i["value"] for i in chosen.get("items", []) if i.get("selected")]
        if switch := widget.get("decoratedText", {}).get("switchControl"):
            form[switch["name"]] = [switch.get("value", "true")] if switch.get("selected") else []
    return {name: values for name, values in form.items() if values}


def input_names(card: Json) -> set[str]:
    """Every input on the card, filled or not."""
    found = [part for w in widgets(card) for part in (w.get("textInput"), w.get("selectionInput")) if part]
    found += [s for w in widgets(card) if (s := w.get("decoratedText", {}).get("switchControl"))]
    return {part["name"] for part in found}


def texts(card: Json) -> list[str]:
    """What can be read on the card, a line each."""
    header = card.get("header", {})
    lines = [header.get("title", ""), header.get("subtitle", "")]
    for section in card.get("sections", []):
        lines.append(section.get("header", ""))
        for widget in _widgets(section.get("widgets", [])):
            lines.extend(_words(widget))
    footer = card.get("fixedFooter", {})
    lines += [footer.get(name, {}).get("text", "") for name in ("primaryButton", "secondaryButton")]
    return [read for line in lines if (read := _as_read(line))]


def _as_read(markup: str) -> str:
    return " ".join(html.unescape(_MARK.sub(" ", _INLINE.sub("", markup))).split())


def _words(widget: Json) -> Iterator[str]:
    yield widget.get("textParagraph", {}).get("text", "")
    decorated = widget.get("decoratedText", {})
    for name in ("topLabel", "text", "bottomLabel"):
        yield decorated.get(name, "")
    yield decorated.get("button", {}).get("text", "")
    yield widget.get("textInput", {}).get("label", "")
    chosen = widget.get("selectionInput", {})
    yield chosen.get("label", "")
    yield from (item.get("text", "") for item in chosen.get("items", []))
    yield from (button.get("text", "") for button in widget.get("buttonList", {}).get("buttons", []))
    yield widget.get("image", {}).get("altText", "")
    grid = widget.get("grid", {})
    yield grid.get("title", "")
    yield from (item.get(name, "") for item in grid.get("items", []) for name in ("title", "subtitle"))


@dataclass(frozen=True)
class Asked:
    """What an answer of the add-on asks Gmail to do, wrapped in `renderActions` or not."""

    navigations: list[Json]
    notification: str | None
    link: Json | None
    draft_update: Json | None
    created_draft: Json | None
    scopes: list[str] | None
    all_scopes: bool
    sign_in: str | None


def asked(response: Json) -> Asked:
    """Read an answer."""
    told = response.get("renderActions", response)
    prompt = response.get("custom_authorization_prompt", {})
    action = told.get("action") or prompt.get("action") or {}
    gmail = (told.get("hostAppAction") or response.get("hostAppAction") or {}).get("gmailAction", {})
    scopes = response.get("requesting_google_scopes")
    return Asked(
        navigations=action.get("navigations", []),
        notification=action.get("notification", {}).get("text"),
        link=action.get("link"),
        draft_update=gmail.get("updateDraftActionMarkup"),
        created_draft=gmail.get("openCreatedDraftActionMarkup"),
        scopes=None if scopes is None else list(scopes.get("scopes", [])),
        all_scopes=bool((scopes or {}).get("all_scopes")),
        sign_in=response.get("basic_authorization_prompt", {}).get("authorization_url"),
    )


@dataclass
class Stack:
    """The cards on top of each other, as the side panel keeps them."""

    cards: list[Json] = field(default_factory=list)

    @property
    def top(self) -> Json | None:
        return self.cards[-1] if self.cards else None

    def apply(self, navigations: list[Json]) -> None:
        """Follow the navigations in order."""
        for step in navigations:
            if "pushCard" in step:
                self.cards.append(step["pushCard"])
            elif "updateCard" in step:
                self.cards[-1:] = [step["updateCard"]]
            elif step.get("pop") or step.get("popCard"):
                self.cards[-1:] = [] if len(self.cards) > 1 else self.cards[-1:]
            elif step.get("popToRoot"):
                self.cards[1:] = []
            elif name := step.get("popToCard"):
                self._pop_to(name)

    def _pop_to(self, name: str) -> None:
        for position in range(len(self.cards) - 1, -1, -1):
            if self.cards[position].get("name") == name:
                self.cards[position + 1 :] = []
                return


def inserted(body: str, update: Json) -> str:
    """The draft's body after an update; the cursor stands after what was typed, above a quotation."""
    told = update.get("updateBody", {})
    piece = "".join(_piece(content) for content in told.get("insertContents", []))
    return _placed(body, piece, told.get("type", "IN_PLACE_INSERT")) if piece else body


def _piece(content: Json) -> str:
    given: str = content.get("content", "")
    if content.get("contentType") == "TEXT":
        return html.escape(given, quote=False).replace("\n", "<br>")
    return f"<div>{given}</div>" if content.get("contentType") == "IMMUTABLE_HTML" else given


def _placed(body: str, piece: str, kind: str) -> str:
    if kind == "INSERT_AT_START":
        return piece + body
    if kind == "INSERT_AT_END":
        return body + piece
    if kind == "REPLACE":
        return piece
    quote = body.find('<div class="gmail_quote')
    position = len(body) if quote < 0 else quote
    return body[:position] + piece + body[position:]

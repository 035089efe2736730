"""Is this a card that Google would take? Google's own schema, read strictly, with the limits that it tells in prose.

The schema is GoogleAppsCardV1* in the Chat API's discovery document, which ships inside google-api-python-client.
Unknown keys, wrong types and unknown words are errors, and so are angle brackets where no markup of ours belongs.
"""

import functools
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

MOST_SECTIONS = MOST_WIDGETS = 100
_PREFIX = "GoogleAppsCardV1"
_ONE_OF = {
    "Widget": {
        *("textParagraph", "image", "decoratedText", "buttonList", "textInput", "selectionInput", "dateTimePicker"),
        *("divider", "grid", "columns", "carousel", "chipList"),
    },
    "OnClick": {"action", "openLink", "openDynamicLinkAction", "card", "overflowMenu"},
}
_REQUIRED = {
    "CardHeader": ["title"],
    "DecoratedText": ["text"],
    "TextParagraph": ["text"],
    "TextInput": ["name", "label"],
    "SelectionInput": ["name", "type", "items"],
    "Section": ["widgets"],
    "Button": ["text", "onClick"],
    "OpenLink": ["url"],
    "Action": ["function"],
    "ActionParameter": ["key", "value"],
    "Image": ["imageUrl"],
    "ImageComponent": ["imageUri"],
    "Grid": ["items"],
    "GridItem": ["title"],
    "Card": ["header", "sections"],
}
_LONGEST = {"sections": MOST_SECTIONS, "widgets": MOST_WIDGETS, "items": 100, "cardActions": 10}
_HTML = {("TextParagraph", "text"), ("DecoratedText", "text"), ("Section", "header")}
_ALLOWED_MARKUP = re.compile(r"</?b>|</?i>|<br>")
_ENTITY = re.compile(r"&(amp|lt|gt|quot|#x27|#39);")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


@functools.cache
def _schemas() -> dict[str, Any]:
    document = files("googleapiclient").joinpath("discovery_cache/documents/chat.v1.json").read_text(encoding="utf-8")
    schemas: dict[str, Any] = json.loads(document)["schemas"]
    return schemas


def complaints_about(card: object, base_url: str) -> list[str]:
    """Everything that Google would refuse in a card, or show otherwise than meant; empty for a good one."""
    complaints = list(_against("Card", card, "card"))
    if not complaints and isinstance(card, dict):
        complaints += _limits(card)
        complaints += _addresses(card, base_url, "card")
    return complaints


def _against(kind: str, given: object, where: str) -> Iterator[str]:
    schema = _schemas()[f"{_PREFIX}{kind}"]
    if not isinstance(given, dict):
        yield f"{where} is no object"
        return
    known = schema.get("properties", {})
    for name in _REQUIRED.get(kind, []):
        if not given.get(name):
            yield f"{where} has no {name}"
    if kind in _ONE_OF and len(given.keys() & _ONE_OF[kind]) != 1:
        yield f"{where} must be exactly one of {sorted(_ONE_OF[kind])}"
    for name, value in given.items():
        if name not in known:
            yield f"{where}.{name} is unknown"
            continue
        yield from _property(known[name], value, f"{where}.{name}", (kind, name))


def _property(schema: dict[str, Any], value: object, where: str, at: tuple[str, str]) -> Iterator[str]:
    if "$ref" in schema:
        yield from _against(schema["$ref"].removeprefix(_PREFIX), value, where)
    elif schema["type"] == "array":
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        if len(value) > _LONGEST.get(at[1], 1000):
            yield f"{where} is too long"
        for number, each in enumerate(value):
            yield from _property(schema["items"], each, f"{where}[{number}]", at)
    elif not isinstance(value, _TYPES[schema["type"]]) or (isinstance(value, bool) and schema["type"] != "boolean"):
        yield f"{where} is no {schema['type']}: {value!r}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    elif isinstance(value, str):
        yield from _text(value, where, at)


def _text(value: str, where: str, at: tuple[str, str]) -> Iterator[str]:
    if at in _HTML:
        bare = _ALLOWED_MARKUP.sub("", value)
        if "<" in bare or ">" in bare or "&" in _ENTITY.sub("", bare):
            yield f"{where} is not escaped: {value!r}"
        if value.count("<b>") != value.count("</b>"):
            yield f"{where} leaves its markup open: {value!r}"
    elif at[1] not in ("value", "url", "function") and ("<" in value or ">" in value):
        yield f"{where} holds angle brackets: {value!r}"
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        yield f"{where} holds what cannot be sent"


def _limits(card: dict[str, Any]) -> Iterator[str]:
    widgets = [widget for section in card["sections"] for widget in section["widgets"]]
    if len(widgets) > MOST_WIDGETS:
        yield f"{len(widgets)} widgets"
    names = [widget[kind]["name"] for widget in widgets for kind in ("textInput", "selectionInput") if kind in widget]
    if len(names) != len(set(names)):
        yield f"two inputs of the same name: {names}"
    for name in ("title", "subtitle"):
        if len(card["header"].get(name, "")) > 200:
            yield f"the {name} is too long"


def _addresses(node: object, base_url: str, where: str) -> Iterator[str]:
    """Links must match the deployment's prefixes, functions be our own, images https."""
    if isinstance(node, list):
        for number, each in enumerate(node):
            yield from _addresses(each, base_url, f"{where}[{number}]")
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        at = f"{where}.{name}"
        if name in ("imageUrl", "iconUrl", "imageUri") and urlsplit(value).scheme != "https":
            yield f"{at} is not https"
        elif name in ("url", "function") and isinstance(value, str) and not value.startswith(f"{base_url}/"):
            yield f"{at} is not ours: {value}"
        else:
            yield from _addresses(value, base_url, at)


def complaints_about_answer(answer: dict[str, Any], base_url: str, *, pressed: bool) -> list[str]:
    """Everything that is wrong with an answer: for a trigger a bare action, for a press `renderActions`."""
    if set(answer) == {"requesting_google_scopes"}:
        scopes = answer["requesting_google_scopes"].get("scopes")
        return [] if scopes and all(isinstance(scope, str) for scope in scopes) else ["no scopes"]
    if pressed:
        if set(answer) != {"renderActions"}:
            return [f"not renderActions: {sorted(answer)}"]
        answer = answer["renderActions"]
    if not {"action"} <= set(answer) <= ({"action", "hostAppAction"} if pressed else {"action"}):
        return [f"unknown keys: {sorted(answer)}"]
    action = answer["action"]
    if not {"navigations"} <= set(action) <= {"navigations", "notification"}:
        return [f"unknown keys in the action: {sorted(action)}"]
    complaints = []
    for navigation in action["navigations"]:
        if len(navigation) != 1 or not navigation.keys() <= ({"pushCard", "updateCard"} if pressed else {"pushCard"}):
            complaints.append(f"unknown navigation: {sorted(navigation)}")
        for card in navigation.values():
            complaints += complaints_about(card, base_url)
    return complaints + list(_insertion(answer.get("hostAppAction")))


def _insertion(given: dict[str, Any] | None) -> Iterator[str]:
    if given is None:
        return
    update = given["gmailAction"]["updateDraftActionMarkup"]
    if set(update) != {"updateBody"}:  # whatever else is sent replaces what the rep has typed
        yield f"more than the body is changed: {sorted(update)}"
    body = update["updateBody"]
    if body.get("type") not in ("IN_PLACE_INSERT", "INSERT_AT_START", "INSERT_AT_END"):
        yield f"unknown insertion: {body.get('type')}"
    for content in body["insertContents"]:
        if set(content) != {"content", "contentType"} or content["contentType"] != "MUTABLE_HTML":
            yield f"unknown content: {content}"

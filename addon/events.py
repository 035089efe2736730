"""What does Google tell us when somebody uses the add-on? Reads the event's JSON into values.

Tolerant where Google leaves something out (a missing key means off or empty), strict where a thing is of the wrong
kind: that is Malformed. Only call it once the caller has been verified. Texts are freed of what neither PostgreSQL
nor JSON can carry. Shape: developers.google.com/workspace/add-ons/guides/alternate-runtimes ("Event objects").
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from backend.domain.people import Recipient, Role

MOST_RECIPIENTS = 2000  # as many as Google lets a mail have
_LONGEST_ADDRESS = 320
_LONGEST_ID = 256
_LARGEST_OFFSET_MS = 24 * 3600 * 1000
_ROLES: tuple[tuple[Role, str], ...] = (("to", "toRecipients"), ("cc", "ccRecipients"), ("bcc", "bccRecipients"))


class Malformed(ValueError):
    """This is no event of Google's."""


@dataclass(frozen=True)
class Event:
    """One use of the add-on. `authorized_scopes` is None where Google did not say; ids are the add-on's own."""

    host_app: str = ""
    platform: str = ""
    locale: str = ""
    time_zone: str = ""
    utc_offset_ms: int = 0
    user_id_token: str = field(default="", repr=False)
    authorized_scopes: frozenset[str] | None = None
    mail_id: str = ""
    thread_id: str = ""
    recipients: tuple[Recipient, ...] = field(default=(), repr=False)
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)

    def typed(self, name: str) -> str:
        """What stands in a text input; nothing where it is empty or absent."""
        values = self.inputs.get(name, ())
        return values[0] if values else ""

    def parameter(self, name: str) -> str:
        """What the pressed button carries under this name; nothing where it does not."""
        return self.parameters.get(name, "")


def parse_event(body: bytes) -> Event:
    """Read an event. Raises Malformed."""
    whole = _json(body)
    common = _object(whole, "commonEventObject", required=True)
    authorization = _object(whole, "authorizationEventObject")
    gmail = _object(whole, "gmail")
    zone = _object(common, "timeZone")
    return Event(
        host_app=_text(common, "hostApp"),
        platform=_text(common, "platform"),
        locale=_text(common, "userLocale"),
        time_zone=_text(zone, "id"),
        utc_offset_ms=_offset(zone),
        user_id_token=_text(authorization, "userIdToken"),
        authorized_scopes=_scopes(authorization),
        mail_id=_text(gmail, "messageId")[:_LONGEST_ID],
        thread_id=_text(gmail, "threadId")[:_LONGEST_ID],
        recipients=_recipients(gmail),
        inputs=_inputs(_object(common, "formInputs")),
        parameters=_parameters(_object(common, "parameters")),
    )


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Malformed("not JSON") from problem
    if not isinstance(read, dict):
        raise Malformed("not an object")
    return read


def _object(holder: Mapping[str, Any], name: str, *, required: bool = False) -> Mapping[str, Any]:
    held = holder.get(name)
    if held is None and not required:
        return {}
    if not isinstance(held, dict):
        raise Malformed(f"{name} is not an object")
    return held


def _text(holder: Mapping[str, Any], name: str) -> str:
    held = holder.get(name)
    if held is None:
        return ""
    if not isinstance(held, str):
        raise Malformed(f"{name} is not a text")
    return _storable(held)


def _texts(holder: Mapping[str, Any], name: str) -> Sequence[str]:
    held = holder.get(name)
    if held is None:
        return ()
    if not isinstance(held, list) or not all(isinstance(each, str) for each in held):
        raise Malformed(f"{name} is not a list of texts")
    return [_storable(each) for each in held]


def _offset(zone: Mapping[str, Any]) -> int:
    held = zone.get("offset", 0)
    if isinstance(held, str) and held.removeprefix("-").isdecimal() and held.isascii() and len(held) < 12:
        held = int(held)
    if not isinstance(held, int | float) or isinstance(held, bool):
        raise Malformed("offset is not a number")
    return int(held) if abs(held) < _LARGEST_OFFSET_MS else 0  # NaN and infinity are not smaller than anything


def _scopes(authorization: Mapping[str, Any]) -> frozenset[str] | None:
    if authorization.get("authorizedScopes") is None:
        return None
    return frozenset(_texts(authorization, "authorizedScopes"))


def _recipients(gmail: Mapping[str, Any]) -> tuple[Recipient, ...]:
    """Each address once, by the first role that it has; Google gives plain addresses, but a name does no harm."""
    found: dict[str, Recipient] = {}
    for role, key in _ROLES:
        for told in _texts(gmail, key):
            name, address = parseaddr(told)
            if 3 <= len(address) <= _LONGEST_ADDRESS and "@" in address:
                found.setdefault(address.lower(), Recipient(address, name[:_LONGEST_ADDRESS], role))
    return tuple(found.values())[:MOST_RECIPIENTS]


def _inputs(form: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    return {_storable(name): tuple(_texts(_object(_object(form, name), "stringInputs"), "value")) for name in form}


def _parameters(given: Mapping[str, Any]) -> Mapping[str, str]:
    return {_storable(name): _text(given, name) for name in given}


def _storable(text: str) -> str:
    """The text without NUL and without halves of surrogate pairs; JSON's escapes can write both."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()

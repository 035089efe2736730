"""Google's Pub/Sub pushes: verify, parse, leave a job, acknowledge. What was pushed is read later, in the worker.

Forged: 401 and nothing stored. Malformed: 400. An address that we do not know, or no longer: acknowledged, since
asking again would not help. Our own trouble: 5xx, and Pub/Sub asks again. Repeated and reordered pushes leave one
waiting job for a mailbox, and a job reads all that is new, so neither does harm.
Shape: cloud.google.com/pubsub/docs/push and developers.google.com/workspace/gmail/api/guides/push.
"""

import json
from base64 import b64decode, urlsafe_b64decode
from binascii import Error as NotBase64
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from backend.errors import InvalidToken, Malformed, Transient
from backend.services.mailboxes import sync_mailboxes_at
from backend.web.guards import google_signed
from backend.web.parts import parts

blueprint = Blueprint("push", __name__)

_LONGEST = 64 * 1024


@blueprint.post("/push/gmail")
@google_signed
def gmail() -> ResponseReturnValue:
    """Take one notice that something happened in a mailbox."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise InvalidToken
        parts().google.verify_push(bearer.strip())
        address = pushed_address(request.get_data(cache=False))
    except InvalidToken:
        return "", 401
    except Malformed:
        return "", 400
    except Transient:
        return "", 503
    with parts().engine.begin() as conn:
        sync_mailboxes_at(conn, address)
    return "", 204


def pushed_address(body: bytes) -> str:
    """Read whose mailbox a push is about. Raises Malformed."""
    if len(body) > _LONGEST:
        raise Malformed
    data = _field(_object(body), "message").get("data")
    if not isinstance(data, str):
        raise Malformed
    notice = _object(_decoded(data))
    address, history_id = notice.get("emailAddress"), notice.get("historyId")
    known_number = (
        isinstance(history_id, int | str) and not isinstance(history_id, bool) and str(history_id).isdecimal()
    )
    if not isinstance(address, str) or "@" not in address or not address.isprintable() or not known_number:
        raise Malformed
    return address.lower()


def _field(holder: dict[str, Any], name: str) -> dict[str, Any]:
    held = holder.get(name)
    if not isinstance(held, dict):
        raise Malformed
    return held


def _object(text: bytes) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise Malformed from problem
    if not isinstance(read, dict):
        raise Malformed
    return read


def _decoded(data: str) -> bytes:
    """Pub/Sub uses the standard alphabet; Gmail's guide speaks of the URL-safe one."""
    try:
        padded = data + "=" * (-len(data) % 4)
        return urlsafe_b64decode(padded) if set(data) & {"-", "_"} else b64decode(padded, validate=True)
    except (NotBase64, ValueError) as problem:
        raise Malformed from problem

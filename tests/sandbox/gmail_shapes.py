"""How does Gmail tell of a mail? Message resources in the formats minimal, metadata, full and raw."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from email.header import decode_header, make_header
from email.message import MIMEPart
from html import escape
from typing import Any

from tests.sandbox.mailbox import Mailbox, Message, decoded


def message_resource(message: Message, form: str = "full", only: list[str] | None = None, *,
                     headers_only: bool = False) -> dict[str, Any]:  # fmt: skip
    """A Message resource; `only` names the headers of the metadata format. Headers-only access sees no snippet."""
    told: dict[str, Any] = {
        "id": message.id,
        "threadId": message.thread_id,
        "labelIds": sorted(message.labels),
        "snippet": "" if headers_only else escape(message.snippet),
        "historyId": str(message.history_id),
        "internalDate": str(message.received_ms),
        "sizeEstimate": len(message.raw),
    }
    if not message.labels:
        del told["labelIds"]
    if form == "raw":
        told["raw"] = urlsafe_b64encode(message.raw).decode()
    elif form == "full":
        told["payload"] = part_resource(message.mail, "")
    elif form == "metadata":
        wanted = {name.lower() for name in only or ()}
        headers = [h for h in headers_of(message.mail) if not wanted or h["name"].lower() in wanted]
        told["payload"] = {"mimeType": message.mail.get_content_type()} | ({"headers": headers} if headers else {})
    return told


def thread_resource(mailbox: Mailbox, messages: Sequence[Message], form: str, only: list[str], *,
                    headers_only: bool) -> dict[str, Any]:  # fmt: skip
    """A Thread resource with all its messages."""
    return {
        "id": messages[0].thread_id,
        "historyId": str(max(message.history_id for message in messages)),
        "messages": [message_resource(m, form, only, headers_only=headers_only) for m in messages],
    }


def short(message: Message) -> dict[str, Any]:
    return {"id": message.id, "threadId": message.thread_id}


def part_resource(part: MIMEPart, part_id: str) -> dict[str, Any]:
    """A MessagePart: text as UTF-8 whatever its charset, attachments by an id of their own."""
    told: dict[str, Any] = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename() or "",
        "headers": headers_of(part),
        "body": {"size": 0},
    }
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        prefix = f"{part_id}." if part_id else ""
        told["parts"] = [part_resource(child, f"{prefix}{n}") for n, child in enumerate(part.iter_parts())]
        return told
    content = part_bytes(part)
    if told["filename"]:
        told["body"] = {"attachmentId": f"ANGjdJ{part_id or '0'}", "size": len(content)}
    else:
        told["body"] = {"size": len(content)} | ({"data": urlsafe_b64encode(content).decode()} if content else {})
    return told


def part_bytes(part: MIMEPart) -> bytes:
    """A part's content as Gmail hands it over."""
    if part.get_content_maintype() == "text":
        return decoded(part).encode("utf-8", "replace")
    if part.is_multipart():  # message/rfc822 and message/delivery-status
        return b"\r\n".join(inner.as_bytes() for inner in part.iter_parts()) if _plain_parts(part) else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _plain_parts(part: MIMEPart) -> bool:
    return isinstance(part.get_payload(), list)


def find_part(mail: MIMEPart, part_id: str) -> MIMEPart | None:
    """The part with this id (`0.1`)."""
    for number in filter(None, part_id.split(".")):
        children = list(mail.iter_parts()) if mail.is_multipart() else []
        if not children and number == "0":
            return mail
        if int(number) >= len(children):
            return None
        mail = children[int(number)]
    return mail


def headers_of(part: MIMEPart) -> list[dict[str, str]]:
    """The headers in their order, unfolded and decoded, as Gmail tells them."""
    return [{"name": name, "value": _readable(str(value))} for name, value in part.raw_items()]


def _readable(value: str) -> str:
    plain = re.sub(r"\r?\n(?=[ \t])", "", value).strip()
    plain = plain.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return str(make_header(decode_header(plain)))
    except (ValueError, LookupError):
        return plain

"""Gmail's API over HTTP: single calls, uploads (media, multipart, resumable) and batches."""

import json
import secrets
from email import message_from_bytes, policy
from email.parser import BytesParser
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, Response, current_app, request

from tests.sandbox import gmail_errors
from tests.sandbox.gmail_api import HANDLERS
from tests.sandbox.gmail_call import Answer, Call, answer
from tests.sandbox.gmail_errors import Refusal

blueprint = Blueprint("gmail", __name__)

_MOST_IN_A_BATCH = 100
_ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_uploads_key = "gmail uploads under way"


@blueprint.route("/gmail/v1/<path:_>", methods=_ALL)
def single(_: str) -> Response:
    """One call."""
    try:
        call = Call(request.method, _raw_path(), _query(), _headers(), _json(request.get_data()))
    except Refusal as refusal:
        return _response(Answer(refusal.code, refusal.body, refusal.headers))
    return _response(answer(current_app.extensions["world"], call, HANDLERS))


@blueprint.route("/upload/gmail/v1/<path:_>", methods=["POST", "PUT"])
@blueprint.route("/resumable/upload/gmail/v1/<path:_>", methods=["POST", "PUT"])
def upload(_: str) -> Response:
    """One call with a whole mail in its body."""
    try:
        if request.args.get("uploadType") == "resumable":
            return _resumable()
        body, media = _uploaded()
        call = Call(request.method, _raw_path(), _query(), _headers(), body, media)
    except Refusal as refusal:
        return _response(Answer(refusal.code, refusal.body, refusal.headers))
    return _response(answer(current_app.extensions["world"], call, HANDLERS))


@blueprint.post("/batch")
@blueprint.post("/batch/gmail/v1")
def batch() -> Response:
    """Many calls in one multipart/mixed request; each is answered, counted and refused on its own."""
    head = f"Content-Type: {request.headers.get('Content-Type', '')}\r\n\r\n".encode()
    parts = message_from_bytes(head + request.get_data(), policy=policy.HTTP)
    if parts.get_content_type() != "multipart/mixed" or not parts.is_multipart():
        refusal = gmail_errors.invalid("Failed to parse batch request, error: Missing boundary in Content-Type.")
        return _response(Answer(refusal.code, refusal.body))
    inner = list(parts.iter_parts())
    if len(inner) > _MOST_IN_A_BATCH:
        refusal = gmail_errors.invalid("The batch request contains more than 100 calls.")
        return _response(Answer(refusal.code, refusal.body))
    boundary = f"batch_{secrets.token_urlsafe(24)}"
    pieces = [_batched(part) for part in inner]
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + piece + b"\r\n" for piece in pieces)
    return Response(
        body + b"--" + boundary.encode() + b"--\r\n",
        content_type=f"multipart/mixed; boundary={boundary}",
        headers={"Vary": "Origin"},
    )


def _batched(part: Any) -> bytes:
    content_id = str(part.get("Content-ID", "")).strip()
    told = _inner_answer(part.get_payload(decode=True) or b"")
    told_id = f"Content-ID: <response-{content_id.removeprefix('<')}\r\n" if content_id else ""
    headers = {"Content-Type": "application/json; charset=UTF-8", **told.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    status = f"HTTP/1.1 {told.status} {HTTPStatus(told.status).phrase}\r\n"
    body = json.dumps(told.body, indent=2) if told.body is not None else ""
    return f"Content-Type: application/http\r\n{told_id}\r\n{status}{lines}\r\n{body}".encode()


def _inner_answer(inner: bytes) -> Answer:
    line, _, rest = inner.lstrip().partition(b"\n")
    words = line.decode("latin-1").split()
    if len(words) < 2:
        refusal = gmail_errors.invalid("Failed to parse batch request, error: malformed inner request.")
        return Answer(refusal.code, refusal.body)
    head, _, body = rest.replace(b"\r\n", b"\n").partition(b"\n\n")
    inner_headers = BytesParser(policy=policy.compat32).parsebytes(head, headersonly=True)
    headers = {name.lower(): str(value) for name, value in inner_headers.items()}
    if "authorization" not in headers and "Authorization" in request.headers:
        headers["authorization"] = request.headers["Authorization"]
    parts = urlsplit(words[1])
    try:
        call = Call(words[0], parts.path, parse_qs(parts.query), headers, _json(body))
    except Refusal as refusal:
        return Answer(refusal.code, refusal.body)
    return answer(current_app.extensions["world"], call, HANDLERS)


def _uploaded() -> tuple[dict[str, Any], bytes]:
    kind = request.headers.get("Content-Type", "")
    if not kind.startswith("multipart/related"):
        return {}, request.get_data()
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    parts = list(message_from_bytes(head + request.get_data(), policy=policy.HTTP).iter_parts())
    if len(parts) != 2:
        raise gmail_errors.invalid("Malformed multipart body.")
    return _json(bytes(parts[0].get_payload(decode=True) or b"")), _media(parts[1])


def _media(part: Any) -> bytes:
    """The mail in a multipart upload; the parser has read it as a mail already, so it is asked for its bytes."""
    payload = part.get_payload(decode=True)
    if payload is not None:
        return bytes(payload)
    inner = part.get_payload(0)
    return bytes(inner.as_bytes(policy=policy.SMTP))


def _resumable() -> Response:
    """The first request says what is coming and gets an address; the second brings it there in one piece."""
    uploads: dict[str, tuple[str, dict[str, Any]]] = current_app.extensions.setdefault(_uploads_key, {})
    upload_id = request.args.get("upload_id")
    if upload_id is None:
        upload_id = secrets.token_urlsafe(32)
        uploads[upload_id] = (request.method, _json(request.get_data()))
        location = f"{request.base_url}?uploadType=resumable&upload_id={upload_id}"
        return Response(status=200, headers={"Location": location, "X-GUploader-UploadID": upload_id})
    if upload_id not in uploads:
        raise gmail_errors.not_found()
    method, body = uploads.pop(upload_id)
    call = Call(method, _raw_path(), _query(), _headers(), body, request.get_data())
    return _response(answer(current_app.extensions["world"], call, HANDLERS))


def _raw_path() -> str:
    return str(request.environ.get("RAW_URI", request.path)).partition("?")[0]


def _query() -> dict[str, list[str]]:
    return dict(request.args.lists())


def _headers() -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _json(data: bytes) -> dict[str, Any]:
    if not data.strip():
        return {}
    try:
        read = json.loads(data)
    except ValueError:
        raise gmail_errors.invalid("Invalid JSON payload received.") from None
    if not isinstance(read, dict):
        raise gmail_errors.invalid("Invalid JSON payload received. Root element must be a message.")
    return read


def _response(told: Answer) -> Response:
    body = json.dumps(told.body, indent=2) + "\n" if told.body is not None else ""
    answered = Response(body, status=told.status, content_type="application/json; charset=UTF-8")
    answered.headers.update({"Cache-Control": "private", **told.headers})
    return answered

"""The document viewer that recipients see: pages at once, whatever the browser, and what is told of the reading.

Every address holds the share's token; its MAC is checked before anything costs. What is closed says so calmly, and
what goes wrong on our side never shows as an error of ours. No cookie is set, unless a reader signs the gate.
"""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_range_header

from backend.domain.arrivals import Address, Trust, arrival_of
from backend.domain.destinations import location_of
from backend.domain.hits import HitKind
from backend.domain.tokens import read_token
from backend.domain.viewing import RawHit, ShareRow
from backend.errors import Malformed, NotFound
from backend.services import viewing
from backend.services.viewing import Closed, OpenShare
from backend.web.guards import public
from backend.web.parts import now, parts

log = logging.getLogger(__name__)
blueprint = Blueprint("viewer", __name__)

READER_COOKIE = "readback-reader"
_READER_LASTS = timedelta(days=30)
_LONGEST_BODY = 64 * 1024
_ROW = "int(max=9223372036854775807)"
_NUMBER = "int(max=100000)"
_READERS = "whoever has the share's unguessable address may read, while it is live"
_MEDIA_TYPES = {"webp": "image/webp", "jpeg": "image/jpeg", "png": "image/png"}
_HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}
_STATUS = {"unknown": 404, "off": 410, "expired": 410, "waiting": 503, "away": 503}


class NotShown(Exception):
    """The share is not shown to this reader now, and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@blueprint.after_request
def harden(response: Response) -> Response:
    """Let nobody list, share or remember it; images alone may be kept, by the reader's own browser."""
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


@blueprint.errorhandler(NotShown)
def not_shown(problem: NotShown) -> Response:
    """One calm page for whatever is closed."""
    return _closed(problem.reason)


@blueprint.errorhandler(Exception)
def in_trouble(problem: Exception) -> ResponseReturnValue:
    """A reader never sees our trouble as an error: they are asked to try again in a moment."""
    if isinstance(problem, HTTPException):
        return problem
    if isinstance(problem, NotFound):
        return _closed("unknown")
    log.error("a document could not be shown", exc_info=problem, extra={"route": str(request.url_rule)})
    return _closed("away")


@blueprint.get("/d/<token>")
@public(_READERS)
def read(token: str) -> ResponseReturnValue:
    """The document, its first page at once; `?page=` and `?v=` are for browsers without scripts."""
    visit_id = _uuid(request.args.get("v"))
    with parts().engine.begin() as conn:
        row = _live(conn, token)
        reader = _reader(token)
        if row.asks_email and not reader:
            return _page("viewer_gate.html", row=row, token=token, problem="", given="")
        shown = viewing.open_share(conn, row, reader, visit_id)
        if isinstance(shown, Closed):
            raise NotShown(shown.reason)
        if not viewing.is_visit(conn, row, visit_id):
            visit_id = viewing.begin_visit(conn, row, _raw(row, token, "visit"), reader)
        number = min(max(1, request.args.get("page", 1, type=int)), len(shown.sizes))
        page = viewing.find_page(conn, row, shown.version_id, number)
    return _page("viewer.html", **_told(token, shown, number, page, visit_id if shown.is_recorded else None))


@blueprint.post("/d/<token>")
@public(_READERS)
def give_address(token: str) -> ResponseReturnValue:
    """Sign the gate: the address goes into a cookie for this document alone."""
    with parts().engine.begin() as conn:
        row = _live(conn, token)
    given = request.form.get("email", "")
    try:
        address = viewing.read_address(given)
    except Malformed as problem:
        return _page("viewer_gate.html", 400, row=row, token=token, problem=str(problem), given=given[:254])
    answer = redirect(f"/d/{token}", 303)
    answer.set_cookie(
        READER_COOKIE,
        _signer().dumps([token, address]),
        max_age=_READER_LASTS,
        path=f"/d/{token}",
        secure=parts().settings.tracking_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    return answer


@blueprint.get(f"/d/<token>/pages/<{_ROW}:version_id>/<{_NUMBER}:number>/<{_NUMBER}:width>")
@public(_READERS)
def image(token: str, version_id: int, number: int, width: int) -> ResponseReturnValue:
    """A page as an image; with `?v=` it counts as seen in that visit."""
    with parts().engine.begin() as conn:
        row = _live_for_reader(conn, token)
        page = viewing.find_page(conn, row, version_id, number)
        label = viewing.label_of(conn, row, _reader(token))
        if request.method == "GET":
            viewing.keep_page_load(conn, row, _uuid(request.args.get("v")), number, now())
    found = viewing.image_of(page, width)
    content = parts().blobs.read(row.workspace_id, found["digest"])
    answer = Response(content, mimetype=_MEDIA_TYPES.get(found["format"], "application/octet-stream"))
    if label:
        answer.set_data(parts().documents.stamp(content, label))
        answer.mimetype = "image/webp"
    # Kept by this browser alone, and not for long: what is switched off is gone soon, also from what was kept
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


@blueprint.get(f"/d/<token>/layer/<{_ROW}:version_id>/<{_NUMBER}:number>")
@public(_READERS)
def layer(token: str, version_id: int, number: int) -> ResponseReturnValue:
    """A page's words and links, for the text over its image."""
    with parts().engine.begin() as conn:
        page = viewing.find_page(conn, _live_for_reader(conn, token), version_id, number)
    answer = jsonify(words=page["words"], links=page["links"])
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


@blueprint.get(f"/d/<token>/outline/<{_ROW}:version_id>")
@public(_READERS)
def outline(token: str, version_id: int) -> ResponseReturnValue:
    """Which pages are ready by now, while a document is still being converted."""
    with parts().engine.begin() as conn:
        shown = viewing.open_share(conn, _live_for_reader(conn, token))
    if isinstance(shown, Closed) or shown.version_id != version_id:
        raise NotFound
    return jsonify(sizes=_sizes(shown), pages=shown.pages)


@blueprint.get(f"/d/<token>/search/<{_ROW}:version_id>")
@public(_READERS)
def search(token: str, version_id: int) -> ResponseReturnValue:
    """Where words stand in the document."""
    with parts().engine.begin() as conn:
        row = _live_for_reader(conn, token)
        found = viewing.search(conn, row, version_id, request.args.get("q", ""))
    return jsonify(found=[{"page": page, "words": matches} for page, matches in found])


@blueprint.post("/d/<token>/pages")
@public(_READERS)
def tell(token: str) -> ResponseReturnValue:
    """What the viewer tells of the reading; whatever is no such thing is dropped."""
    if (request.content_length or 0) > _LONGEST_BODY:
        return "", 413
    told = _json(request.get_data(cache=False))
    visit_id = _uuid(told.get("visit")) if isinstance(told, dict) else None
    beacons = told.get("beacons") if isinstance(told, dict) else None
    if visit_id is None or not isinstance(beacons, list):
        return "", 400
    with parts().engine.begin() as conn:
        viewing.keep_beacons(conn, _live_for_reader(conn, token), visit_id, beacons, now())
    return "", 204


@blueprint.get(f"/d/<token>/go/<{_ROW}:version_id>/<{_NUMBER}:number>/<{_NUMBER}:index>")
@public(_READERS)
def follow(token: str, version_id: int, number: int, index: int) -> ResponseReturnValue:
    """Follow a link of the document: to the address that stands in it, and to no other."""
    with parts().engine.begin() as conn:
        row = _live_for_reader(conn, token)
        uri = viewing.link_of(viewing.find_page(conn, row, version_id, number), index)
        if not uri.lower().startswith("mailto:") and location_of(uri) is None:
            raise NotFound
        raw = _raw(row, token, "follow", {"page": number, "link": uri})
        viewing.keep_hit(conn, row, raw, _uuid(request.args.get("v")))
    return redirect(uri)


@blueprint.get("/d/<token>/download")
@public(_READERS)
def download(token: str) -> ResponseReturnValue:
    """The original file, bytes identical, where the sender allows it; in parts, if so asked."""
    visit_id = _uuid(request.args.get("v"))
    with parts().engine.begin() as conn:
        row = _live_for_reader(conn, token)
        name, digest = viewing.original(conn, row, visit_id)
        size = parts().blobs.size(row.workspace_id, digest)
        start, end = _range(size)
        if start == 0:  # what only goes on is no other download
            viewing.keep_hit(conn, row, _raw(row, token, "download"), visit_id)
    if start >= size > 0:
        return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    content: Iterator[bytes] = (
        iter(()) if request.method == "HEAD" else parts().blobs.stream(row.workspace_id, digest, start, end)
    )
    answer = Response(content, 200 if (start, end) == (0, size) else 206)
    answer.mimetype = "application/octet-stream"
    answer.headers.update({"Accept-Ranges": "bytes", "Cache-Control": "private, no-store", "ETag": f'"{digest}"'})
    answer.headers["Content-Disposition"] = _attachment(name)
    answer.headers["Content-Length"] = str(end - start)
    if answer.status_code == 206:
        answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return answer


@blueprint.post("/d/<token>/recording")
@public(_READERS)
def recording(token: str) -> ResponseReturnValue:
    """Object to the recording of what is read here, or take that back."""
    wants_none = request.form.get("record") != "yes"
    with parts().engine.begin() as conn:
        row = _live_for_reader(conn, token)
        viewing.set_objection(conn, row, now() if wants_none else None)
    return redirect(f"/d/{token}", 303)


def _live(conn: Connection, token: str) -> ShareRow:
    found = viewing.find_live(conn, read_token("d", token, parts().settings.link_keys), token, now())
    if isinstance(found, Closed):
        raise NotShown(found.reason)
    return found


def _live_for_reader(conn: Connection, token: str) -> ShareRow:
    row = _live(conn, token)
    if row.asks_email and not _reader(token):
        raise NotShown("unknown")
    return row


def _reader(token: str) -> str:
    """The address that this browser gave for this document, if any."""
    try:
        told = _signer().loads(request.cookies.get(READER_COOKIE, ""), max_age=int(_READER_LASTS.total_seconds()))
    except BadSignature:
        return ""
    return str(told[1]) if told[0] == token else ""


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(cast(str, current_app.secret_key), salt="reader of a document")


def _raw(row: ShareRow, token: str, kind: HitKind, detail: dict[str, Any] | None = None) -> RawHit:
    """The request as the collector would keep it; the proxies in front were weighed already."""
    scope = {
        "method": request.method,
        "client": (request.remote_addr, 0),
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in request.headers.items()
        ],
    }
    trust = Trust(0, parts().settings.link_keys)
    arrival = arrival_of(scope, Address(kind, token, row.workspace_id), trust, now())
    return RawHit(**{**arrival._asdict(), "headers": json.loads(arrival.headers), "detail": detail or {}})


def _told(token: str, shown: OpenShare, number: int, page: Any, visit_id: UUID | None) -> dict[str, Any]:
    """What the page is made of."""
    base, seen = f"/d/{token}", f"?v={visit_id}" if visit_id else ""
    image_base = f"{base}/pages/{shown.version_id}/{number}"
    widths = sorted({int(image["asked_width"]) for image in page["images"]})
    return {
        "token": token,
        "shown": shown,
        "row": shown.row,
        "number": number,
        "page": page,
        "visit": visit_id or "",
        "sizes": json.dumps(_sizes(shown), separators=(",", ":")),
        "widths": widths,
        "srcset": ", ".join(f"{image_base}/{width}{seen} {width}w" for width in widths),
        "src": f"{image_base}/{widths[min(1, len(widths) - 1)]}{seen}",
        "seen": seen,
        "links": [(index, link[4]) for index, link in enumerate(page["links"]) if link[4]],
    }


def _sizes(shown: OpenShare) -> list[list[float]]:
    """The pages' sizes, run by run: width, height, how many pages in a row are so."""
    rounded = ((round(width, 1), round(height, 1)) for width, height in shown.sizes)
    return [[width, height, len(list(run))] for (width, height), run in groupby(rounded)]


def _page(template: str, status: int = 200, **told: Any) -> Response:
    return make_response(render_template(template, **told), status)


def _closed(reason: str) -> Response:
    if request.method == "POST" and request.path.endswith("/pages"):
        return make_response("", _STATUS[reason])
    return _page("viewer_closed.html", _STATUS[reason], reason=reason)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _uuid(told: object) -> UUID | None:
    try:
        return UUID(told) if isinstance(told, str) else None
    except ValueError:
        return None


def _range(size: int) -> tuple[int, int]:
    """The one part that is asked for, else all of it."""
    asked = parse_range_header(request.headers.get("Range"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or "If-Range" in request.headers:
        return 0, size
    start, end = asked.ranges[0]
    if start < 0:
        return max(0, size + start), size
    return start, min(size, end) if end is not None else size


def _attachment(name: str) -> str:
    """RFC 6266: the name as it is, and plainly for old programs."""
    plain = "".join(sign if sign.isascii() and sign.isprintable() and sign not in '"\\%' else "_" for sign in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

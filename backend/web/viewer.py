"""The document viewer that recipients see: pages at once, whatever the browser, and what is told of the reading.

Every address holds the share's token; its MAC is checked before anything costs. What is closed says so calmly, and
what goes wrong on our side never shows as an error of ours. No cookie is set, unless a reader signs the gate or
answers whether the reading may be recorded (`web.readers`).
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any, Literal
from urllib.parse import quote, urlencode
from uuid import UUID

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from werkzeug.exceptions import HTTPException, TooManyRequests

from backend.domain.arrivals import Address, Trust, arrival_of
from backend.domain.destinations import location_of
from backend.domain.hits import HitKind
from backend.domain.tokens import read_token
from backend.domain.viewing import Access, RawHit, ShareRow
from backend.errors import Malformed, NotFound
from backend.services import viewing
from backend.services.viewing import Closed, OpenShare
from backend.web import own_looks, readers
from backend.web.bounds import Bound, Busy
from backend.web.guards import public
from backend.web.limits import limiter
from backend.web.parts import now, parts
from backend.web.ranges import part_asked

log = logging.getLogger(__name__)
blueprint = Blueprint("viewer", __name__)

_STAMPING = Bound(2, wait_s=10)  # drawing a label over a page takes a processor for a while
_FETCHING = Bound(10, wait_s=5)  # of 16 threads: a store that hangs must not take them all
_TAKING_AWAY = Bound(8, wait_s=0)  # nor slow lines with large files
_LONGEST_BODY = 64 * 1024
_RETRY_S = 5
_ROW = "int(max=9223372036854775807)"
_NUMBER = "int(max=100000)"
_READERS = "whoever has the share's unguessable address may read, while it is live"
_MEDIA_TYPES = {"webp": "image/webp", "jpeg": "image/jpeg", "png": "image/png"}
_HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}
_STATUS = {"unknown": 404, "off": 410, "expired": 410, "waiting": 503, "away": 503, "busy": 429}


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
    if isinstance(problem, TooManyRequests | Busy):
        return _closed("busy")
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
        access = _live(conn, token)
        row = access.row
        visit_id = viewing.enter(conn, access, _raw(row, token, "visit"), visit_id)
        if not access.may_read:
            return _gate(token, access, visit_id)
        shown = viewing.open_share(conn, access, visit_id)
        if isinstance(shown, Closed):
            raise NotShown(shown.reason)
        number = min(max(1, request.args.get("page", 1, type=int)), len(shown.sizes))
        page = viewing.find_page(conn, row, shown.version_id, number)
    return _page("viewer.html", **_told(token, shown, number, page, visit_id))


@blueprint.post("/d/<token>")
@public(_READERS)
@limiter.limit("30 per minute")
def give_address(token: str) -> ResponseReturnValue:
    """Sign the gate: the address goes into a cookie for this document alone."""
    with parts().engine.begin() as conn:
        access = _live(conn, token)
    given, visit_id = request.form.get("email", ""), _uuid(request.form.get("v"))
    try:
        address = viewing.read_address(given)
    except Malformed as problem:
        return _gate(token, access, visit_id, str(problem), given[:254])
    answer = redirect(f"/d/{token}" + (f"?v={visit_id}" if visit_id else ""), 303)
    readers.remember_address(answer, token, address)
    return answer


@blueprint.get(f"/d/<token>/pages/<{_ROW}:version_id>/<{_NUMBER}:number>/<{_NUMBER}:width>")
@public(_READERS)
def image(token: str, version_id: int, number: int, width: int) -> ResponseReturnValue:
    """A page as an image; with `?v=` it counts as seen in that visit."""
    with parts().engine.begin() as conn:
        access = _live_for_reader(conn, token)
        page = viewing.find_page(conn, access.row, version_id, number)
        label = viewing.label_of(conn, access)
    found = viewing.image_of(page, width)
    with _our_blob(), _FETCHING:
        content = parts().blobs.read(access.row.workspace_id, found["digest"])
    answer = Response(content, mimetype=_MEDIA_TYPES.get(found["format"], "application/octet-stream"))
    if label and request.method != "HEAD":
        with _STAMPING:
            answer.set_data(parts().documents.stamp(content, label))
        answer.mimetype = "image/webp"
    visit_id = _uuid(request.args.get("v"))
    if visit_id and request.method == "GET":  # once there is something to see
        with parts().engine.begin() as conn:
            viewing.keep_page_load(conn, access, visit_id, number, now())
    # Kept by this browser alone, and not for long: what is switched off is gone soon, also from what was kept
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


@blueprint.get(f"/d/<token>/layer/<{_ROW}:version_id>/<{_NUMBER}:number>")
@public(_READERS)
def layer(token: str, version_id: int, number: int) -> ResponseReturnValue:
    """A page's words and links, for the text over its image."""
    with parts().engine.begin() as conn:
        page = viewing.find_page(conn, _live_for_reader(conn, token).row, version_id, number)
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
@limiter.limit("240 per minute")
def search(token: str, version_id: int) -> ResponseReturnValue:
    """Where words stand in the document."""
    with parts().engine.begin() as conn:
        row = _live_for_reader(conn, token).row
        found = viewing.search(conn, row, version_id, request.args.get("q", ""))
    return jsonify(found=[{"page": page, "words": matches} for page, matches in found])


@blueprint.post("/d/<token>/pages")
@public(_READERS)
@limiter.limit("1200 per minute")
def tell(token: str) -> ResponseReturnValue:
    """What the viewer tells of the reading; whatever is no such thing is dropped."""
    if (request.content_length or 0) > _LONGEST_BODY:
        return "", 413
    body = request.get_data(cache=False)  # of no told length where it comes in chunks
    if len(body) > _LONGEST_BODY:
        return "", 413
    told = _json(body)
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
        access = _live_for_reader(conn, token)
        uri = viewing.link_of(viewing.find_page(conn, access.row, version_id, number), index)
        if not uri.lower().startswith("mailto:") and location_of(uri) is None:
            raise NotFound
        raw = _raw(access.row, token, "follow", {"page": number, "link": uri})
        viewing.keep_hit(conn, access, raw, _uuid(request.args.get("v")))
    return redirect(uri)


@blueprint.get("/d/<token>/download")
@public(_READERS)
def download(token: str) -> ResponseReturnValue:
    """The original file, bytes identical, where the sender allows it; in parts, if so asked."""
    visit_id = _uuid(request.args.get("v"))
    with parts().engine.begin() as conn:
        access = _live_for_reader(conn, token)
        name, digest = viewing.original(conn, access.row, visit_id)
    place = (access.row.workspace_id, digest)
    with _our_blob():
        size = parts().blobs.size(*place)
    part = part_asked(request.headers, request.method, size, digest)
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, no-store", "ETag": f'"{digest}"'}
    if part.status == 304:
        return Response(status=304, headers=headers)
    if part.status == 416:
        return Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    answer = Response(status=part.status, headers=headers, mimetype="application/octet-stream")
    if request.method != "HEAD":
        with _our_blob():
            answer.response = _taken_away(parts().blobs.stream(*place, part.start, part.end))
    if part.start == 0:  # what only goes on is no other download
        with parts().engine.begin() as conn:
            viewing.keep_hit(conn, access, _raw(access.row, token, "download"), visit_id)
    answer.headers["Content-Disposition"] = _attachment(name)
    answer.headers["Content-Length"] = str(part.end - part.start)
    if part.status == 206:
        answer.headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    return answer


@blueprint.post("/d/<token>/recording")
@public(_READERS)
@limiter.limit("30 per minute")
def recording(token: str) -> ResponseReturnValue:
    """Take a reader's answer: whether what they read here may be recorded. It can be changed at any time."""
    choice: Literal["yes", "no"] = "yes" if request.form.get("record") == "yes" else "no"
    with parts().engine.begin() as conn:
        viewing.choose(conn, _live(conn, token), choice, now())
    told = {"a": readers.mint_answer(token, choice), "page": request.form.get("page", 1, type=int)}
    answer = redirect(f"/d/{token}/recording?{urlencode(told)}", 303)
    readers.remember_choice(answer, token, choice)
    return answer


@blueprint.get("/d/<token>/recording")
@public(_READERS)
def recorded(token: str) -> ResponseReturnValue:
    """Lead back to the page; where the browser has not kept a no, let it hold for everybody who has the link."""
    told = readers.read_answer(token, request.args.get("a", ""))
    page = request.args.get("page", 1, type=int)
    is_kept = readers.choice_of() == told
    with parts().engine.begin() as conn:
        access = _live(conn, token)
        if told == "no" and not is_kept and request.method == "GET":
            viewing.object_for_all(conn, access.row, now())
    unkept = "" if is_kept or not told else f"&unkept={told}"
    return redirect(f"/d/{token}?page={page}{unkept}", 303)


def _live(conn: Connection, token: str) -> Access:
    if own_looks.is_look(token):
        access = own_looks.find_look(conn, token)
        if access is None:
            raise NotShown("unknown")
        return access
    found = viewing.find_live(conn, read_token("d", token, parts().settings.link_keys), token, now())
    if isinstance(found, Closed):
        raise NotShown(found.reason)
    return viewing.access_of(conn, found, readers.address_of(token), readers.choice_of())


def _live_for_reader(conn: Connection, token: str) -> Access:
    access = _live(conn, token)
    if not access.may_read:
        raise NotShown("unknown")
    return access


def _taken_away(content: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes, in a place that is held until they are gone or nobody wants them any more. Raises Busy at once."""

    def hold() -> Iterator[bytes]:
        with _TAKING_AWAY:
            yield b""
            yield from content

    held = hold()
    next(held)
    return held


@contextmanager
def _our_blob() -> Iterator[None]:
    """What a row names has to be in the store: where it is not, or the store is away, the reader tries again."""
    try:
        yield
    except (NotFound, OSError) as problem:
        log.error("a document's bytes are not to be had", exc_info=problem, extra={"route": str(request.url_rule)})
        raise NotShown("away") from problem


def _gate(token: str, access: Access, visit_id: UUID | None, problem: str = "", given: str = "") -> Response:
    told = {"row": access.row, "token": token, "visit": visit_id or "", "problem": problem, "given": given}
    return _page("viewer_gate.html", 400 if problem else 200, recording=access.recording, **told)


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
        "recording": shown.access.recording,
        "unkept": request.args.get("unkept", ""),
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
        answer = make_response("", _STATUS[reason])
    else:
        answer = _page("viewer_closed.html", _STATUS[reason], reason=reason)
    if _STATUS[reason] in (429, 503):
        answer.headers["Retry-After"] = str(_RETRY_S)
    return answer


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


def _attachment(name: str) -> str:
    """RFC 6266: the name as it is, and plainly for old programs."""
    plain = "".join(sign if sign.isascii() and sign.isprintable() and sign not in '"\\%' else "_" for sign in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

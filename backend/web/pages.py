"""The feed and the page of a message, and what machines ask of us: health, readiness, measures."""

import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Flask, Response, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest
from werkzeug.middleware.proxy_fix import ProxyFix

from backend.domain import feed as telling
from backend.domain.feed_documents import lasting
from backend.errors import Malformed
from backend.services import claims, feed, health, sharing
from backend.services.feed import Place, Search
from backend.web import headers, limits, telling_documents, telling_time, troubles
from backend.web.guards import public, rep_required
from backend.web.parts import now, parts

blueprint = Blueprint("pages", __name__)

_SECONDS = Histogram("readback_request_seconds", "Time to answer, by route", ["route", "status"])
_ROW = "int(max=9223372036854775807)"
_DIGITS = 18
_LONGEST_SEARCH = 200


def init_app(app: Flask) -> None:
    """Set up what all pages share: proxies, headers, limits, states for trouble, how times and items are told."""
    settings = app.extensions["readback"].settings
    hops = settings.trusted_proxy_hops
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    headers.init_app(app, settings)
    limits.init_app(app)
    troubles.init_app(app)
    telling_time.init_app(app)
    telling_documents.init_app(app)
    app.jinja_env.globals.update(
        headline=telling.headline, lines=telling.lines, counts=telling.counts, chips=telling.chips, whose=telling.whose
    )
    app.jinja_env.globals.update(clock=_clock, lasting=lasting)
    app.before_request(_start_watch)
    app.after_request(_stop_watch)


@blueprint.get("/")
@public("the landing page for the signed-out, the feed for reps")
def home() -> ResponseReturnValue:
    """The feed, newest first."""
    if not current_user.is_authenticated:
        return render_template("landing.html", next_path="/")
    if current_user.status != "active":
        return redirect(url_for("signin.waiting"))
    words = request.args.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    return _feed_page(Search(_place(request.args.get("before")), words))


@blueprint.get("/feed/changes")
@rep_required
def changes() -> ResponseReturnValue:
    """What changed since a number, for browsers that the live feed does not reach."""
    after = request.args.get("after", "")
    if not after.isdecimal() or not after.isascii() or len(after) > _DIGITS:
        raise Malformed("The number to go on from is missing.")
    with parts().engine.begin() as conn:
        found = feed.read_changes(conn, current_user.workspace_id, int(after))
    told = [
        {
            "id": change.message_id,
            "seq": change.seq,
            "html": render_template("_group.html", group=change.group) if change.group else None,
        }
        for change in found.changes
    ]
    return jsonify(seq=found.seq, reload=found.too_many, groups=told)


@blueprint.get("/feed/needs")
@rep_required
def needs() -> ResponseReturnValue:
    """What waits for the rep, as a piece of the feed's page."""
    with parts().engine.begin() as conn:
        waiting = feed.needs_of(conn, current_user.workspace_id, current_user.rep_id, now())
    return render_template("_needs.html", needs=waiting)


@blueprint.get(f"/messages/<{_ROW}:message_id>")
@rep_required
def message(message_id: int) -> ResponseReturnValue:
    """One message: its recipients, its timeline, and what was not counted."""
    return _message("message.html", message_id)


@blueprint.get(f"/messages/<{_ROW}:message_id>/record")
@rep_required
def message_record(message_id: int) -> ResponseReturnValue:
    """What a message's page says, as a piece of it."""
    return _message("_message.html", message_id)


@blueprint.post(f"/messages/<{_ROW}:message_id>/hits/<uuid:hit_id>/claim")
@rep_required
def claim(message_id: int, hit_id: UUID) -> ResponseReturnValue:
    """That was me: a view or a click was the rep's own."""
    return _correct(claims.claim_hit, message_id, hit_id)


@blueprint.post(f"/messages/<{_ROW}:message_id>/hits/<uuid:hit_id>/take-back")
@rep_required
def take_back(message_id: int, hit_id: UUID) -> ResponseReturnValue:
    """Not me after all."""
    return _correct(claims.take_back, message_id, hit_id)


@blueprint.post(f"/messages/<{_ROW}:message_id>/hits/<uuid:hit_id>/unlearn")
@rep_required
def unlearn(message_id: int, hit_id: UUID) -> ResponseReturnValue:
    """Not me: somebody else uses the same browser in the same network."""
    return _correct(claims.unlearn, message_id, hit_id)


@blueprint.get("/healthz")
@public("tells machines that the process is up")
def healthz() -> ResponseReturnValue:
    """The process is up."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public("tells machines whether the process can do its work; names no more than its parts")
def readyz() -> ResponseReturnValue:
    """Whether database, schema and journal are in order."""
    told = health.readiness(parts().engine, parts().settings.data_dir)
    return jsonify(told), 200 if all(state == "ok" for state in told.values()) else 503


@blueprint.get("/metrics")
@public("for Prometheus; asks for METRICS_TOKEN where one is set")
def metrics() -> ResponseReturnValue:
    """The process's measures."""
    wanted = parts().settings.metrics_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if wanted and not (scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), wanted.encode())):
        return Response("", 401, {"WWW-Authenticate": "Bearer"})
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _message(template: str, message_id: int) -> str:
    with parts().engine.begin() as conn:
        record = feed.get_message(conn, current_user.workspace_id, message_id)
        shares = sharing.shares_of_message(conn, current_user.workspace_id, current_user.rep_id, message_id)
    return render_template(template, record=record, group=record.group, shares=shares, now=now())


def _correct(correction: Callable[..., object], message_id: int, hit_id: UUID) -> ResponseReturnValue:
    """Take the rep's word about a hit, and go back to the hit's own line."""
    with parts().engine.begin() as conn:
        correction(conn, current_user.workspace_id, current_user.rep_id, (message_id, hit_id), now())
    return redirect(url_for("pages.message", message_id=message_id, _anchor=f"hit-{hit_id}"), 303)


def _feed_page(search: Search) -> str:
    workspace_id, rep_id = current_user.workspace_id, current_user.rep_id
    with parts().engine.begin() as conn:
        found = feed.get_feed(conn, workspace_id, search)
        waiting = feed.needs_of(conn, workspace_id, rep_id, now())
        start = feed.how_far(conn, workspace_id, rep_id) if not found.groups else None
    older = f"{found.older[0].isoformat()}_{found.older[1]}" if found.older else None
    return render_template(
        "feed.html",
        feed=found,
        needs=waiting,
        start=start,
        older=older,
        is_first=search.before is None,
        query=search.words,
    )


def _place(told: str | None) -> Place | None:
    if not told:
        return None
    at, _, message_id = told.rpartition("_")
    try:
        told_at = datetime.fromisoformat(at)
        instant = told_at.astimezone(UTC)  # near the calendar's ends PostgreSQL refuses other zones
    except (ValueError, OverflowError) as problem:
        raise Malformed from problem
    if told_at.tzinfo is None or not message_id.isdecimal() or not message_id.isascii() or len(message_id) > _DIGITS:
        raise Malformed
    return instant, int(message_id)


def _clock() -> datetime:
    """The instant at which a piece of a page is written, in a request or in the stream."""
    return datetime.now(UTC)


def _start_watch() -> None:
    g.began_s = time.perf_counter()


def _stop_watch(response: Response) -> Response:
    route = str(request.url_rule) if request.url_rule else "none"
    if "began_s" in g:
        _SECONDS.labels(route, str(response.status_code)).observe(time.perf_counter() - g.began_s)
    return response

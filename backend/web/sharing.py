"""The switches of a share: on or off, until when, with download, with a watermark. For a message's rep and admins.

Each is a form of one button that says what it will do, on the message's page and on the document's, and leads back to
where it stood; pressed once more in its new state, it takes itself back.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from backend.domain.shares import end_of_day
from backend.errors import Malformed
from backend.services import sharing
from backend.web.consents import safe_path
from backend.web.guards import rep_required
from backend.web.parts import now, parts

blueprint = Blueprint("sharing", __name__)

_ROW = "int(max=9223372036854775807)"
_SAID = {
    ("is_on", True): "The link works again.",
    ("is_on", False): "Switched off: the link shows nothing any more. You can switch it on again.",
    ("allows_download", True): "Readers may download the file.",
    ("allows_download", False): "Readers can no longer download the file.",
    ("has_watermark", True): "Each page carries a watermark now.",
    ("has_watermark", False): "The pages carry no watermark any more.",
}
_SWITCHES = {"link": "is_on", "download": "allows_download", "watermark": "has_watermark"}


@blueprint.post(f"/shares/<{_ROW}:share_id>/<any(link, download, watermark):switch>")
@rep_required
def switch(share_id: int, switch: str) -> ResponseReturnValue:
    """Switch the link, the download or the watermark on or off."""
    told = request.form.get("is")
    if told not in ("on", "off"):
        raise Malformed
    name = _SWITCHES[switch]
    return _change(share_id, {name: told == "on"}, _SAID[name, told == "on"])


@blueprint.post(f"/shares/<{_ROW}:share_id>/expiry")
@rep_required
def expiry(share_id: int) -> ResponseReturnValue:
    """Let a share end with a day of the rep's, or never."""
    given = request.form.get("expires_on", "").strip()
    if not given:
        return _change(share_id, {"expires_at": None}, "The link does not expire.")
    try:
        day = date.fromisoformat(given)
        zone = _zone(request.form.get("time_zone", ""))
        ends = end_of_day(day, zone)
    except (ValueError, OverflowError) as problem:
        raise Malformed("This is no day.") from problem
    return _change(share_id, {"expires_at": ends}, f"The link works until the end of {day.day} {day:%B %Y} ({zone}).")


def _change(share_id: int, change: dict[str, bool | datetime | None], said: str) -> ResponseReturnValue:
    changed: dict[str, Any] = change
    try:
        with parts().engine.begin() as conn:
            share = sharing.get_share(conn, current_user.workspace_id, current_user.rep_id, share_id)
            options = replace(share.options, **changed)
            sharing.set_share(conn, current_user.workspace_id, current_user.rep_id, share_id, options, now())
    except Malformed as problem:
        flash(str(problem), "failure")
    else:
        flash(said, "good")
    there = url_for("pages.message", message_id=share.message_id)
    return redirect(f"{safe_path(request.form.get('next'), there)}#share-{share_id}", 303)


def _zone(told: str) -> tzinfo:
    """The browser's zone, as its script tells it; UTC without one."""
    try:
        return ZoneInfo(told) if told else UTC
    except (KeyError, ValueError, OSError):
        return UTC

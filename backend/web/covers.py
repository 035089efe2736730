"""The small pictures of documents that mail clients load: a cover for as long as its share is live, and thumbnails.

Neither is counted as anything: a picture in a mail says nothing of who reads the document. Loaders bring no session, so
what opens them is the address itself.
"""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from backend.errors import NotFound
from backend.services import sharing
from backend.web.guards import public
from backend.web.parts import now, parts

blueprint = Blueprint("covers", __name__)

_YEAR_S = 365 * 24 * 3600
_HOUR_S = 3600


@blueprint.get("/d/<token>/cover.jpg")
@public("mail clients show it without a session; it goes with its share")
def cover(token: str) -> ResponseReturnValue:
    """The first page of what a live share shows now. Not kept for long: the share may be switched off."""
    settings = parts().settings
    with parts().engine.begin() as conn:
        found = sharing.find_cover(conn, token, now(), link_keys=settings.link_keys)
    return _picture(found, f"private, max-age={_HOUR_S}")


@blueprint.get("/t/<token>.jpg")
@public("Gmail's cards load it without a session; only we can make its address")
def thumbnail(token: str) -> ResponseReturnValue:
    """The first page of a version, which never changes."""
    with parts().engine.begin() as conn:
        found = sharing.find_thumbnail(conn, token, link_keys=parts().settings.link_keys)
    return _picture(found, f"private, max-age={_YEAR_S}, immutable")


def _picture(found: tuple[int, str] | None, keeping: str) -> ResponseReturnValue:
    if found is None:
        raise NotFound
    answer = Response(parts().blobs.read(*found), content_type="image/jpeg")
    answer.headers["Cache-Control"] = keeping
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer

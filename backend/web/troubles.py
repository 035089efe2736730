"""What does a person see when something does not work? One sentence, whether anything was lost, one thing to do.

Our own exceptions become states here, so that a view may simply raise them. Whoever asks for JSON gets JSON.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from backend import errors

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """A designed state: what happened, and the one thing to do."""

    title: str
    sentence: str
    action: str = "Open the feed"
    href: str = "/"


_BAD = Trouble("This request could not be understood", "Nothing was changed.")
_BROKEN = Trouble(
    "Something broke on our side",
    "It has been noted and nothing that was recorded is lost. Please try again in a minute.",
    "Try again",
    "",
)
TROUBLES: Mapping[int, Trouble] = {
    400: _BAD,
    401: Trouble("Please sign in first", "You are signed out, and nothing was changed.", "Sign in", "/sign-in"),
    403: Trouble("This is not yours to do", "Nothing was changed."),
    404: Trouble("There is nothing here", "The page was moved, or it never was, or it belongs to somebody else."),
    405: Trouble("This page cannot be used like that", "Nothing was changed."),
    413: Trouble("That is too much at once", "Nothing was stored."),
    429: Trouble("A little slower, please", "Too many requests came from here. Wait a minute, then try again."),
    500: _BROKEN,
    503: Trouble(
        "Something that is needed cannot be reached", "Nothing was changed. Please try again.", "Try again", ""
    ),
}
# what a Transient means, where its class says more than its status; Google is whom we ask for nearly everything
_GOOGLE_AWAY = Trouble("Google cannot be reached just now", "Nothing was changed. Please try again.", "Try again", "")
_CAUSES: Mapping[type[errors.ReadbackError], Trouble] = {
    errors.StorageAway: Trouble(
        "Documents cannot be reached just now",
        "Nothing was changed, and no document is lost. Please try again in a minute.",
        "Try again",
        "",
    ),
    errors.Transient: _GOOGLE_AWAY,
}
_STATUS: Mapping[type[errors.ReadbackError], int] = {
    errors.Malformed: 400,
    errors.InvalidToken: 400,
    errors.ConsentIncomplete: 400,
    errors.ConsentWithdrawn: 400,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Transient: 503,
}


def init_app(app: Flask) -> None:
    """Answer every trouble with its state."""
    app.register_error_handler(errors.ReadbackError, _ours)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def _ours(problem: errors.ReadbackError) -> Response:
    status = next((_STATUS[kind] for kind in type(problem).__mro__ if kind in _STATUS), 500)
    if status == 500:
        return _unforeseen(problem)
    if status == 503:
        return _shown(status, next(_CAUSES[kind] for kind in type(problem).__mro__ if kind in _CAUSES))
    return _state(status, str(problem))


def _forged(_: CSRFError) -> Response:
    return _state(400, "The page was open for too long, so nothing was changed. Load it again and repeat.")


def _http(problem: HTTPException) -> WerkzeugResponse:
    if isinstance(problem.response, WerkzeugResponse):
        return problem.response
    answer = _state(problem.code or 500, _limit() if problem.code == 413 else None)
    for name, value in problem.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _limit() -> str:
    most = (request.max_content_length or 0) >> 20
    more = " at once; several large files one by one" if request.mimetype == "multipart/form-data" else ""
    return f"Nothing was stored. Please send less than {most} MB{more}."


def _unforeseen(problem: Exception) -> Response:
    log.error("unforeseen", exc_info=problem, extra={"route": str(request.url_rule)})
    return _state(500)


def _state(status: int, sentence: str | None = None) -> Response:
    return _shown(status, TROUBLES.get(status, _BAD if status < 500 else _BROKEN), sentence)


def _shown(status: int, trouble: Trouble, sentence: str | None = None) -> Response:
    told = sentence or trouble.sentence
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return make_response(jsonify(error=trouble.title, sentence=told), status)
    return make_response(render_template("trouble.html", trouble=trouble, sentence=told, status=status), status)

"""How does a browser go to Google and come back? State, nonce and verifier wait in the session meanwhile.

Each consent can be used once, and only by the browser that began it. Several may be under way in several tabs.
"""

import hmac
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import redirect, request, session
from werkzeug.wrappers import Response

from backend.domain.identities import AuthorizationRequest, Grant, Purpose
from backend.errors import ConsentIncomplete, InvalidToken
from backend.web.parts import parts

_KEPT = "consents"
_MOST_AT_ONCE = 3


@dataclass(frozen=True)
class Returned:
    """A consent that came back whole, and where its person wanted to go."""

    purpose: Purpose
    grant: Grant
    next_path: str


def begin(purpose: Purpose, redirect_path: str, next_path: str, login_hint: str | None = None) -> Response:
    """Send the browser to Google."""
    asked = parts().google.begin(purpose, parts().settings.public_url + redirect_path, login_hint)
    kept = {
        "purpose": purpose,
        "state": asked.state,
        "nonce": asked.nonce,
        "verifier": asked.code_verifier,
        "next": next_path,
    }
    session[_KEPT] = [*session.get(_KEPT, []), kept][-_MOST_AT_ONCE:]
    return redirect(asked.url)


def finish(redirect_path: str) -> Returned:
    """Take the browser back. Raises InvalidToken, ConsentIncomplete (refused), ConsentWithdrawn or Transient."""
    kept = _take(request.args.get("state", ""))
    if request.args.get("error"):
        raise ConsentIncomplete("You did not agree at Google, so nothing was changed.")
    code = request.args.get("code", "")
    if not code:
        raise InvalidToken("Google sent no answer; please begin again.")
    asked = AuthorizationRequest(url="", state=kept["state"], nonce=kept["nonce"], code_verifier=kept["verifier"])
    grant = parts().google.finish(parts().settings.public_url + redirect_path, code, asked)
    return Returned(kept["purpose"], grant, kept["next"])


def safe_path(told: str | None, otherwise: str = "/") -> str:
    """A path on our own site, or the other one: nobody is sent elsewhere after signing in."""
    if not told or not told.startswith("/") or told.startswith(("//", "/\\")) or not told.isprintable():
        return otherwise
    split = urlsplit(told)
    return told if not split.scheme and not split.netloc and "\\" not in told else otherwise


def _take(state: str) -> dict[str, Any]:
    waiting = session.get(_KEPT, [])
    for kept in waiting:
        if state and hmac.compare_digest(state.encode(), kept["state"].encode()):
            session[_KEPT] = [other for other in waiting if other is not kept]
            return dict(kept)
    raise InvalidToken("This page was opened too late or in another browser; please begin again.")

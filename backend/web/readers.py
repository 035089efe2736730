"""Who reads, as far as their browser tells? Two cookies, each for one share's path alone, set by a reader's own act.

One holds the address that was given at the gate, signed; the other what the reader answered about recording. A browser
that refuses the second is found out by a signed, short-lived address that it is led to after the answer.
"""

from datetime import timedelta
from typing import Literal, cast

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from backend.domain.viewing import Choice
from backend.web.parts import parts

ADDRESS_COOKIE = "readback-reader"
CHOICE_COOKIE = "readback-recording"
_ADDRESS_LASTS = timedelta(days=30)
_CHOICE_LASTS = timedelta(days=180)
_ANSWER_LASTS_S = 120


def address_of(token: str) -> str:
    """The address that this browser gave for this document, if any."""
    try:
        told = _addresses().loads(request.cookies.get(ADDRESS_COOKIE, ""), max_age=int(_ADDRESS_LASTS.total_seconds()))
    except BadData:
        return ""
    return str(told[1]) if told[0] == token else ""


def choice_of() -> Choice:
    """What this browser answered for this document, if anything."""
    told = request.cookies.get(CHOICE_COOKIE, "")
    return cast(Choice, told) if told in ("yes", "no") else ""


def remember_address(answer: Response, token: str, address: str) -> None:
    """Let the browser say next time who is reading."""
    _set(answer, token, ADDRESS_COOKIE, _addresses().dumps([token, address]), _ADDRESS_LASTS)


def remember_choice(answer: Response, token: str, choice: Literal["yes", "no"]) -> None:
    """Let the browser say next time what was answered."""
    _set(answer, token, CHOICE_COOKIE, choice, _CHOICE_LASTS)


def mint_answer(token: str, choice: Literal["yes", "no"]) -> str:
    """Sign what was just answered, to see whether the browser has kept it."""
    return _answers().dumps([token, choice])


def read_answer(token: str, told: str) -> Choice:
    """What was just answered for this document; empty where it was not, or long ago."""
    try:
        answered = _answers().loads(told, max_age=_ANSWER_LASTS_S)
    except BadData:
        return ""
    return cast(Choice, answered[1]) if answered[0] == token else ""


def _set(answer: Response, token: str, name: str, value: str, lasts: timedelta) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=lasts,
        path=f"/d/{token}",
        secure=parts().settings.tracking_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )


def _addresses() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(cast(str, current_app.secret_key), salt="reader of a document")


def _answers() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(cast(str, current_app.secret_key), salt="answer of a reader")

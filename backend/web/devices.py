"""How does the collector learn that a browser is the rep's own? By a cookie on the tracking domain, set at sign-in.

Where the tracking domain is this one, the cookie goes with the answer that signs in. Where it is another, the browser
makes a hop there first: a signed address, good for a minute, that sets the cookie and leads back.
"""

from urllib.parse import urlencode, urlsplit
from uuid import UUID

from flask import redirect, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from backend.domain.devices import DEVICE_COOKIE, DEVICE_COOKIE_DAYS, mint_device, read_device
from backend.domain.workspaces import Member
from backend.errors import InvalidToken
from backend.services import devices
from backend.services.hits import remember_device
from backend.web.consents import safe_path
from backend.web.parts import now, parts

_HOP_LASTS_S = 60
_DAY_S = 24 * 3600


def remember_and_go(member: Member, next_path: str) -> ResponseReturnValue:
    """Note the browser as the rep's own, here or by a hop to the tracking domain, and go where they wanted to."""
    settings = parts().settings
    if urlsplit(settings.tracking_url).netloc == urlsplit(settings.public_url).netloc:
        return _remember(member.workspace_id, member.id, next_path)
    told = _hops().dumps([member.workspace_id, member.id, next_path])
    return redirect(f"{settings.tracking_url}/device?{urlencode({'t': told})}")


def arrive(told: str) -> ResponseReturnValue:
    """Take the hop: note the browser, and lead back. Raises InvalidToken."""
    try:
        workspace_id, rep_id, next_path = _hops().loads(told, max_age=_HOP_LASTS_S)
    except (BadData, ValueError, TypeError) as problem:
        raise InvalidToken("This address has expired; please sign in again.") from problem
    return _remember(workspace_id, rep_id, parts().settings.public_url + safe_path(next_path))


def this_device() -> UUID | None:
    """The device of this request, where its cookie can be seen here."""
    device = read_device(request.cookies.get(DEVICE_COOKIE, ""), parts().settings.link_keys)
    return device.device_id if device else None


def _remember(workspace_id: int, rep_id: int, target: str) -> Response:
    keys = parts().settings.link_keys
    before = read_device(request.cookies.get(DEVICE_COOKIE, ""), keys)
    with parts().engine.begin() as conn:
        if before and (before.workspace_id, before.rep_id) == (workspace_id, rep_id) and devices.is_known(conn, before):
            value = mint_device(before, keys)
        else:
            value = remember_device(conn, workspace_id, rep_id, _user_agent(), now(), link_keys=keys)
    answer = redirect(target)
    answer.set_cookie(
        DEVICE_COOKIE,
        value,
        max_age=DEVICE_COOKIE_DAYS * _DAY_S,
        secure=True,
        httponly=True,
        samesite="None",  # mail clients in the browser load the image from another site
        path="/",
    )
    return answer


def _user_agent() -> str:
    return request.headers.get("User-Agent", "").replace("\0", "")


def _hops() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(parts().settings.secret_key, salt="device-hop")

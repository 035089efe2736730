"""One call of Gmail's API, wherever it came from (alone, in a batch, as an upload): checked, counted, answered.

The order is Google's: the method, the token, its scopes, whose mailbox, the quota; only then the method itself.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox import gmail_errors
from tests.sandbox.cast import Account
from tests.sandbox.faults import Fault
from tests.sandbox.gmail_errors import Refusal
from tests.sandbox.gmail_methods import Method, find_method
from tests.sandbox.grants import AccessToken
from tests.sandbox.mailbox import Mailbox
from tests.sandbox.world import World

_AUTH = "https://www.googleapis.com/auth/"
_METADATA = f"{_AUTH}gmail.metadata"
_OPEN_MESSAGE = f"{_AUTH}gmail.addons.current.message."
_KNOWN_EVERYWHERE = {"alt", "fields", "key", "prettyPrint", "quotaUser", "access_token", "oauth_token", "callback",
                     "uploadType", "upload_protocol", "upload_id", "$.xgafv"}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """What was asked. `media` is an uploaded mail; header names are in lower case."""

    http_method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    media: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """What is answered; no JSON at all where `body` is None."""

    status: int
    body: dict[str, Any] | None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A checked call, as the methods see it."""

    world: World
    account: Account
    call: Call
    path: dict[str, str]
    headers_only: bool

    @property
    def mailbox(self) -> Mailbox:
        return self.world.mailbox(self.account.address)

    @property
    def body(self) -> dict[str, Any]:
        return self.call.body

    def one(self, name: str, default: str = "") -> str:
        return self.call.query.get(name, [default])[-1]

    def many(self, name: str) -> list[str]:
        return list(self.call.query.get(name, []))

    def number(self, name: str, default: int, most: int) -> int:
        told = self.one(name) or str(default)
        if not told.isdecimal() or len(told) > 10:
            raise gmail_errors.invalid(f"Invalid value at '{name}' (TYPE_UINT32), \"{told}\"")
        return max(1, min(int(told), most))


Handler = Callable[[Asked], dict[str, Any] | None]


def answer(world: World, call: Call, handlers: Mapping[str, Handler]) -> Answer:
    """Answer one call; refusals are answers too."""
    try:
        body = _answered(world, call, handlers)
    except Refusal as refusal:
        return Answer(refusal.code, refusal.body, refusal.headers)
    if body is None:
        return Answer(204, None)
    return Answer(200, selected(body, call.query["fields"][-1]) if call.query.get("fields") else body)


def _answered(world: World, call: Call, handlers: Mapping[str, Handler]) -> dict[str, Any] | None:
    found = find_method(call.http_method, call.path)
    if found is None:
        raise gmail_errors.no_such_method()
    method, path = found
    token = _token(world, call)
    headers_only = _check_scopes(method, token, call)
    account = world.account(token.address)
    if path["userId"].lower() not in ("me", account.address):
        raise gmail_errors.delegation_denied(token.address)
    _check_parameters(method, call)
    with world.lock:
        affordable = world.state.faults.count(method.id, account.address, world.now_s())
        fault = world.state.faults.take(method.id, account.address)
    if fault is not None:
        _go_wrong(fault)
    if not affordable:
        raise gmail_errors.rate_limited_403()
    if method.id not in handlers:
        raise gmail_errors.not_offered(method.id)
    with world.lock if method.http_method == "GET" else world.change():  # reading leaves nothing to keep
        return handlers[method.id](Asked(world, account, call, path, headers_only))


def _token(world: World, call: Call) -> AccessToken:
    kind, _, value = call.headers.get("authorization", "").partition(" ")
    token = world.state.grants.find_token(value.strip(), world.now_s()) if kind.lower() == "bearer" else None
    if token is None:
        raise gmail_errors.unauthenticated()
    return token


def _check_scopes(method: Method, token: AccessToken, call: Call) -> bool:
    """Refuse what the token may not do; True where it sees headers only (a token with gmail.metadata always)."""
    granted = method.scopes & token.scopes
    if "x-goog-gmail-access-token" not in call.headers:  # scopes for the open message need its own token too
        granted = frozenset(scope for scope in granted if not scope.startswith(_OPEN_MESSAGE))
    if not granted:
        raise gmail_errors.scope_insufficient(f"caribou.api.proto.MailboxService.{method.id.rpartition('.')[2]}")
    return _METADATA in token.scopes or granted == {f"{_OPEN_MESSAGE}metadata"}


def _check_parameters(method: Method, call: Call) -> None:
    for name, values in call.query.items():
        told = method.parameters.get(name)
        if told is None and name not in _KNOWN_EVERYWHERE:
            raise gmail_errors.invalid(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
            )
        allowed = (told or {}).get("enum")
        for value in values:
            if allowed and value not in allowed and value.upper() not in allowed:
                raise gmail_errors.invalid(f"Invalid value at '{name}', \"{value}\"")


def _go_wrong(fault: Fault) -> None:
    if fault.kind == "slow":
        time.sleep(fault.delay_s)
        return
    raise {
        "rate_limit_403": gmail_errors.rate_limited_403,
        "rate_limit_429": lambda: gmail_errors.rate_limited_429(fault.retry_after_s),
        "server_500": lambda: gmail_errors.server_trouble(500),
        "server_503": lambda: gmail_errors.server_trouble(503),
        "auth_401": gmail_errors.unauthenticated,
    }[fault.kind]()


def selected(body: Any, fields: str) -> Any:
    """A partial response: `id,payload(mimeType,headers),messages/id` (Google's `fields` parameter)."""
    return _select(body, _parse(fields))


def _parse(fields: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for item in _items(fields):
        head, _, inner = item.partition("(") if "(" in item else (item, "", "")
        names = head.strip().split("/")
        place = wanted
        for name in names[:-1]:
            place = place.setdefault(name, {})
        place[names[-1]] = _parse(inner.rpartition(")")[0]) if inner else place.get(names[-1], {})
    return wanted


def _items(fields: str) -> list[str]:
    items, depth = [""], 0
    for character in fields:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            items.append("")
        else:
            items[-1] += character
    return [item for item in items if item.strip()]


def _select(body: Any, wanted: dict[str, Any]) -> Any:
    if not wanted or "*" in wanted:
        return body
    if isinstance(body, list):
        return [_select(item, wanted) for item in body]
    if not isinstance(body, dict):
        return body
    return {name: _select(value, wanted[name]) for name, value in body.items() if name in wanted}

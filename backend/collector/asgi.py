"""The hot path: a stranger's program asks for the image or follows a link; it is answered once the hit is safe.

    GET /o/<token>.gif     the image, always, whether we know the token or not
    GET /c/<token>?u=...   a redirect to just the destination that the token was made for, or 404

Order matters: shape, then our own MAC, then anything that costs. What is not ours is answered and counted, never
stored. A redirect waits for storage no longer than `keeping.WAITS_S`; the hit is then made safe right after. Nothing
that goes wrong here shows to a recipient. How hits are made safe is in `keeping`; what they mean is judged elsewhere.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from backend.collector import answers
from backend.collector.answers import Answer
from backend.collector.keeping import Keeper, count
from backend.domain.arrivals import Address, Scope, Trust, arrival_of
from backend.domain.tokens import read_token
from backend.settings import Settings
from backend.store.engine import plain_url

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

_OPEN = re.compile(r"/o/([^/]{1,200})\.gif")
_CLICK = re.compile(r"/c/([A-Za-z0-9_-]{32})")
_LONGEST_QUERY = 16 * 1024


class Collector:
    """The native ASGI application of the tracking addresses."""

    def __init__(self, settings: Settings) -> None:
        if settings.database_url is None:
            raise ValueError("no database address: the command that starts the process provides one")
        self._keys = settings.link_keys
        self._trust = Trust(settings.trusted_proxy_hops, settings.link_keys)
        self._keeper = Keeper(plain_url(settings.database_url), settings.data_dir)

    async def startup(self) -> None:
        """Begin to keep hits; PostgreSQL may be away."""
        await self._keeper.start()

    async def shutdown(self) -> None:
        """Make safe what is pending."""
        await self._keeper.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer, address = self._look_up(scope)
        if address is not None:
            await self._keep(scope, address)
        if scope["method"] == "HEAD":
            answer = answer.without_body()
        await send(answer.start)
        await send(answer.body)

    def _look_up(self, scope: Scope) -> tuple[Answer, Address | None]:
        """What to answer, and which of our addresses it is, if it is one."""
        path: str = scope["path"]
        opened, clicked = _OPEN.fullmatch(path), _CLICK.fullmatch(path)
        if opened is None and clicked is None:
            return answers.NOT_FOUND, None
        if scope["method"] not in ("GET", "HEAD"):
            return answers.NOT_ALLOWED, None
        if opened is not None:
            return answers.IMAGE, self._address_of_image(opened.group(1))
        return self._click(path[3:], scope.get("query_string", b""))

    def _address_of_image(self, token: str) -> Address | None:
        workspace_id = read_token("o", token, self._keys)
        if workspace_id is None:
            count("open", "unknown")
            return None
        return Address("open", token, workspace_id)

    def _click(self, token: str, query: bytes) -> tuple[Answer, Address | None]:
        destination = destination_in(query)
        workspace_id = read_token("c", token, self._keys, destination) if destination is not None else None
        answer = answers.redirect_to(destination) if destination is not None and workspace_id is not None else None
        if answer is None or workspace_id is None:
            count("click", "unknown")
            return answers.NOT_FOUND, None
        return answer, Address("click", token, workspace_id)

    async def _keep(self, scope: Scope, address: Address) -> None:
        try:
            await self._keeper.keep(arrival_of(scope, address, self._trust, datetime.now(UTC)))
        except Exception:  # the public-hit guard: a recipient never sees our trouble
            log.exception("a hit could not be taken")
            count(address.kind, "lost")


def destination_in(query: bytes) -> str | None:
    """The destination in a click's query: the first `u`, percent-decoded once; None where there is none to read."""
    if len(query) > _LONGEST_QUERY:
        return None
    for part in query.split(b"&"):
        if part.startswith(b"u="):
            try:
                return unquote_to_bytes(part[2:]).decode()
            except UnicodeDecodeError:
                return None
    return None

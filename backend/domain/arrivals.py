"""What came in, as a row to keep? From an ASGI scope to an `Arrival`: pure, bounded, and safe to store whatever comes.

Kept are the few headers that can tell a person from a machine (below, each with its reason); a cookie is read for
our own device mark and never kept, and neither are credentials or whole referrers. Whatever text came in is cut and
cleaned of what PostgreSQL or a reader of logs could stumble over. For images and links in the collector, and for
documents in the viewer.
"""

import json
import os
import random
import re
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from backend.domain.devices import DEVICE_COOKIE, read_device
from backend.domain.hits import HitKind

Scope = MutableMapping[str, Any]  # ASGI 3

LONGEST_AGENT = 512
LONGEST_VALUE = 256
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")

KEPT_HEADERS = frozenset(
    {
        # a browser says what it takes and in which languages; scripts that pose as one often forget
        *(b"accept", b"accept-language"),
        # prefetching says so itself
        *(b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"),
        # which kind of load it is and whether a person's gesture caused it; browsers send these, scripts rarely
        *(b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest", b"sec-fetch-user"),
        # the engine's own name for itself, which betrays a headless one
        *(b"sec-ch-ua", b"sec-ch-ua-mobile", b"sec-ch-ua-platform"),
        # a gateway on the way names itself
        b"via",
    }
)
# Ids have to differ, not to be secret: a generator of our own spares a system call a hit. A fork must not repeat it.
_chance = random.Random()  # noqa: S311
os.register_at_fork(after_in_child=_chance.seed)
_COOKIE_MARK = DEVICE_COOKIE.encode() + b"="
COLUMNS = (
    *("workspace_id", "id", "kind", "token", "received_at", "method", "ip", "user_agent", "headers", "device_id"),
)


class Arrival(NamedTuple):
    """A hit as it came, in the order of `COLUMNS`; `headers` is JSON text."""

    workspace_id: int
    id: UUID
    kind: HitKind
    token: str
    received_at: datetime
    method: str
    ip: str | None
    user_agent: str
    headers: str
    device_id: UUID | None

    def to_json(self) -> bytes:
        """One line for the journal."""
        told = self._asdict()
        told.update(id=str(self.id), received_at=self.received_at.isoformat(), headers=json.loads(self.headers))
        told["device_id"] = str(self.device_id) if self.device_id else None
        return json.dumps(told, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Address:
    """A tracking address that we made: whose it is."""

    kind: HitKind
    token: str
    workspace_id: int


@dataclass(frozen=True)
class Trust:
    """What is believed of a request: how many proxies of ours stand in front, and which keys sign."""

    proxy_hops: int
    keys: Sequence[bytes]


def new_hit_id(now: datetime) -> UUID:
    """Make an id that sorts by time: UUID version 7 (RFC 9562, 5.7)."""
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    chance = _chance.getrandbits(74)
    high, low = chance >> 62, chance & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def first_hit_id(at: datetime) -> UUID:
    """The least id that a hit of this instant can have: ids sort by time, so it bounds a stretch of time."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def arrival_of(scope: Scope, address: Address, trust: Trust, now: datetime) -> Arrival:
    """Take what is worth keeping of a request for one of our addresses."""
    user_agent = ""
    kept: dict[str, str] = {}
    forwarded: list[bytes] = []
    device_id: UUID | None = None
    for name, value in scope["headers"]:
        name = name.lower()
        if name == b"user-agent":
            user_agent = clean(value, LONGEST_AGENT)
        elif name in KEPT_HEADERS:
            kept.setdefault(name.decode(), clean(value, LONGEST_VALUE))
        elif name == b"referer":
            host = _host_of(clean(value, LONGEST_VALUE))
            if host:
                kept["referer-host"] = host
        elif name == b"x-forwarded-for":
            forwarded.append(value)
        elif name == b"cookie" and _COOKIE_MARK in value:
            device_id = device_id or _device(value, address.workspace_id, trust.keys)
    peer = scope.get("client")
    return Arrival(
        workspace_id=address.workspace_id,
        id=new_hit_id(now),
        kind=address.kind,
        token=address.token,
        received_at=now,
        method=scope["method"],
        ip=client_ip(peer[0] if peer else None, forwarded, trust.proxy_hops),
        user_agent=user_agent,
        headers=json.dumps(kept, separators=(",", ":")) if kept else "{}",
        device_id=device_id,
    )


@lru_cache(maxsize=4096)
def clean(value: bytes, longest: int) -> str:
    """Cut a header's value, and leave only what can be stored and shown. Programs are few, so it is remembered."""
    told = value[: 4 * longest]
    try:
        text = told.decode()
    except UnicodeDecodeError:
        text = told.decode("latin-1")
    return _CONTROL.sub(" ", text)[:longest].strip()


def client_ip(peer: str | None, forwarded: Iterable[bytes], proxy_hops: int) -> str | None:
    """Who asked: the peer, or what the outermost of our own proxies saw. Nobody else is believed."""
    if proxy_hops:
        named = [one.strip() for line in forwarded for one in line.decode("latin-1").split(",")]
        if len(named) >= proxy_hops:
            return _address(named[-proxy_hops]) or _address(peer)
    return _address(peer)


@lru_cache(maxsize=4096)
def _address(told: str | None) -> str | None:
    if not told:
        return None
    bare = told
    if told.startswith("["):
        bare = told[1:].partition("]")[0]
    elif told.count(":") == 1:
        bare = told.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _host_of(referer: str) -> str | None:
    try:
        return urlsplit(referer).hostname
    except ValueError:
        return None


def _device(cookies: bytes, workspace_id: int, keys: Sequence[bytes]) -> UUID | None:
    for part in cookies.split(b";"):
        name, _, value = part.strip().partition(b"=")
        if name == DEVICE_COOKIE.encode():
            device = read_device(value.decode("latin-1"), keys)
            if device is not None and device.workspace_id == workspace_id:
                return device.device_id
    return None

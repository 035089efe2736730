"""Who fetches a picture or follows a link, from which address and under which name?

Each fetch leaves from a source address of its own on the loopback network (Linux answers on all of 127/8), so that
Readback sees different machines. Google's proxy fetches without cookies or referrer and keeps what it may keep.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from tests.sandbox.cast import Account

PROXY_IP = "127.0.9.1"
PROXY_AGENT = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
PREFETCH_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
_TIMEOUT_S = 10.0
_MOST_BYTES = 5 * 1024 * 1024
_KEPT_S = 24 * 3600.0  # where the answer says nothing

Fetched = tuple[int, dict[str, str], bytes]


def fetch(url: str, headers: dict[str, str], source_ip: str) -> Fetched:
    """GET once, redirects not followed. Header names come back in lower case. 502 where nobody answers."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return 400, {}, b"only http and https addresses are fetched"
    source = (source_ip, 0) if _is_loopback(parts.hostname) else None
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=_TIMEOUT_S, source_address=source, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_TIMEOUT_S, source_address=source)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read(_MOST_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return 502, {}, f"{type(problem).__name__}".encode()
    finally:
        connection.close()


def _is_loopback(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_loopback for entry in found)


def fetch_as(account: Account, url: str, *, click: bool = False) -> Fetched:
    """As this person's own mail program (pictures) or browser (links) does."""
    if click:
        accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        headers = {"User-Agent": account.click_agent, "Accept": accept, "Accept-Language": "en-US,en;q=0.9",
                   "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1"}  # fmt: skip
    else:
        headers = {"User-Agent": account.image_agent, "Accept": "image/webp,image/apng,image/*,*/*;q=0.8"}
    return fetch(url, headers, account.source_ip)


@dataclass(frozen=True)
class _Kept:
    fetched: Fetched
    until_s: float


class ImageProxy:
    """Google's image proxy with its cache, shared by everybody who reads in Gmail."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def fetch(self, url: str, *, prefetch: bool = False) -> Fetched:
        """The picture, from the cache while that may be used. `prefetch`: as Gmail does where mail arrives in an
        active session, under another name."""
        kept = self._kept.get(url)
        if kept is not None and kept.until_s > time.monotonic():
            return kept.fetched
        agent = PREFETCH_AGENT if prefetch else PROXY_AGENT
        fetched = self._follow(url, agent)
        keep_s = keeping_time_s(fetched)
        if keep_s > 0:
            self._kept[url] = _Kept(fetched, time.monotonic() + keep_s)
        return fetched

    def clear(self) -> None:
        self._kept.clear()

    @staticmethod
    def _follow(url: str, agent: str) -> Fetched:
        for _ in range(5):
            fetched = fetch(url, {"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "identity"}, PROXY_IP)
            location = fetched[1].get("location")
            if fetched[0] not in (301, 302, 303, 307, 308) or not location:
                return fetched
            url = urljoin(url, location)
        return 502, {}, b"too many redirects"


def keeping_time_s(fetched: Fetched) -> float:
    """How long an answer may be kept: not at all under no-store, no-cache or max-age=0 (RFC 9111)."""
    status, headers, _ = fetched
    control = headers.get("cache-control", "").lower()
    if status != 200 or re.search(r"no-store|no-cache|private", control):
        return 0.0
    told = re.search(r"(?:s-maxage|max-age)\s*=\s*(\d{1,9})", control)
    return float(told.group(1)) if told else _KEPT_S

"""Which workspace does a tracking address belong to, and did we make it?

A token stands alone: 32 base64url characters, holding the workspace's id (5 bytes, masked), 10 random bytes and
9 bytes of HMAC-SHA256. The kind of address is under the MAC, and so is the destination of a click: a click's token
is good for its one destination, so nobody can use us as an open redirect, and the collector needs no database to
know it. A thumbnail's token holds its version in place of the random bytes: its MAC alone is not to be guessed.
Nothing here decides what a hit means: see `verdicts`.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote

TokenKind = Literal["o", "c", "d", "t"]

_WORKSPACE, _RANDOM, _MAC = 5, 10, 9
_SHAPE = re.compile(r"[A-Za-z0-9_-]{32}")
_IN_TEXT = re.compile(r"/(?:o|c|d)/([A-Za-z0-9_-]{32})(?![A-Za-z0-9_-])")


def mint_token(kind: TokenKind, workspace_id: int, keys: Sequence[bytes], destination: str | None = None) -> str:
    """Make an unguessable token with the first key; `destination` is required for, and only for, a click."""
    if (destination is not None) != (kind == "c"):
        raise ValueError("a click has a destination, nothing else has")
    nonce = secrets.token_bytes(_RANDOM)
    return _assemble(kind, workspace_id, nonce, keys[0], destination)


def read_token(kind: TokenKind, token: str, keys: Sequence[bytes], destination: str | None = None) -> int | None:
    """Return the workspace's id, or None where the token was not made by us for just this kind and destination."""
    if not _SHAPE.fullmatch(token):
        return None
    raw = urlsafe_b64decode(token)
    masked, nonce = raw[:_WORKSPACE], raw[_WORKSPACE : _WORKSPACE + _RANDOM]
    for key in keys:
        workspace_id = int.from_bytes(_mask(masked, nonce, key), "big")
        if hmac.compare_digest(raw[-_MAC:], _mac(kind, workspace_id, nonce, key, destination)):
            return workspace_id
    return None


def find_tokens(text: str) -> frozenset[str]:
    """Find what is shaped like one of our tokens in the addresses of a body (HTML or text)."""
    return frozenset(_IN_TEXT.findall(text))


def open_address(tracking_url: str, token: str) -> str:
    """The address of the invisible image."""
    return f"{tracking_url}/o/{token}.gif"


def click_address(tracking_url: str, token: str, destination: str) -> str:
    """The address that records a click and leads to `destination`."""
    return f"{tracking_url}/c/{token}?u={quote(destination, safe='')}"


def share_address(tracking_url: str, token: str) -> str:
    """The address at which a share is read."""
    return f"{tracking_url}/d/{token}"


def cover_address(tracking_url: str, token: str) -> str:
    """The address of the first page's picture in a mail, for as long as the share is live."""
    return f"{share_address(tracking_url, token)}/cover.jpg"


def thumbnail_address(public_url: str, workspace_id: int, version_id: int, keys: Sequence[bytes]) -> str:
    """The address of a version's small picture on a card: always the same one, so that it can be kept by its loader."""
    token = _assemble("t", workspace_id, version_id.to_bytes(_RANDOM, "big"), keys[0], None)
    return f"{public_url}/t/{token}.jpg"


def read_thumbnail(token: str, keys: Sequence[bytes]) -> tuple[int, int] | None:
    """Return workspace and version of a thumbnail's token, or None where we did not make it."""
    workspace_id = read_token("t", token, keys)
    if workspace_id is None:
        return None
    return workspace_id, int.from_bytes(urlsafe_b64decode(token)[_WORKSPACE : _WORKSPACE + _RANDOM], "big")


def _assemble(kind: TokenKind, workspace_id: int, nonce: bytes, key: bytes, destination: str | None) -> str:
    masked = _mask(workspace_id.to_bytes(_WORKSPACE, "big"), nonce, key)
    return urlsafe_b64encode(masked + nonce + _mac(kind, workspace_id, nonce, key, destination)).decode()


def _mask(value: bytes, nonce: bytes, key: bytes) -> bytes:
    pad = hmac.digest(key, b"mask" + nonce, hashlib.sha256)[: len(value)]
    return bytes(a ^ b for a, b in zip(value, pad, strict=True))


def _mac(kind: TokenKind, workspace_id: int, nonce: bytes, key: bytes, destination: str | None) -> bytes:
    told = kind.encode() + workspace_id.to_bytes(_WORKSPACE, "big") + nonce + (destination or "").encode()
    return hmac.digest(key, b"token" + told, hashlib.sha256)[:_MAC]

"""Which browser is a rep's own? The value of the device cookie: made at sign-in, read by the collector.

The value stands alone: workspace, rep and device are in it, and the MAC over them with the link keys, so the
collector needs no database to know a rep's browser. It says who, never what for: no session hangs on it. What a hit
from such a browser means is decided in `verdicts`.
"""

import hashlib
import hmac
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

DEVICE_COOKIE = "__Host-readback-device"
DEVICE_COOKIE_DAYS = 400  # the most that browsers keep (RFC 6265bis, section 5.6.1)

_FACTS = struct.Struct(">QQ16s")
_MAC = 16
_SHAPE = re.compile(r"[A-Za-z0-9_-]{64}")  # 48 bytes


@dataclass(frozen=True)
class SignedDevice:
    """A browser that once signed in, as its cookie says."""

    workspace_id: int
    rep_id: int
    device_id: UUID


def mint_device(device: SignedDevice, keys: Sequence[bytes]) -> str:
    """Make the cookie's value with the first key."""
    facts = _FACTS.pack(device.workspace_id, device.rep_id, device.device_id.bytes)
    return urlsafe_b64encode(facts + _mac(facts, keys[0])).decode()


def read_device(value: str, keys: Sequence[bytes]) -> SignedDevice | None:
    """Return whose browser it is, or None where we did not sign this."""
    if not _SHAPE.fullmatch(value):
        return None
    raw = urlsafe_b64decode(value)
    facts, mac = raw[: _FACTS.size], raw[_FACTS.size :]
    if not any(hmac.compare_digest(mac, _mac(facts, key)) for key in keys):
        return None
    workspace_id, rep_id, device = _FACTS.unpack(facts)
    return SignedDevice(workspace_id, rep_id, UUID(bytes=device))


def _mac(facts: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"device" + facts, hashlib.sha256)[:_MAC]

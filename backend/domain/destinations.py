"""How may an address stand in the header that leads there? Whole, http or https, in visible ASCII; or not at all."""

import re
from urllib.parse import quote, urlsplit, urlunsplit

_VISIBLE = "".join(chr(code) for code in range(0x21, 0x7F))
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def location_of(destination: str) -> bytes | None:
    """A destination as a header may carry it: unchanged where it is ASCII, else written as browsers write it."""
    if _UNSAFE.search(destination):
        return None
    try:
        parts = urlsplit(destination)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        if destination.isascii():
            return destination.encode()
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
        rest = (quote(part, safe=_VISIBLE) for part in parts[2:])
        return urlunsplit((parts.scheme, host, *rest)).encode("ascii")
    except ValueError:
        return None

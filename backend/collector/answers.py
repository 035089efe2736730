"""What does a stranger's program get? The image, a redirect, or a plain "no such address"; never a cookie, never a 500.

Answers are made ahead, where nothing in them varies. Only a destination under our own MAC gets into a header, and
only as a whole http or https address in visible ASCII.
"""

from base64 import b64decode
from collections.abc import MutableMapping
from typing import Any, NamedTuple

from backend.domain.destinations import location_of

Message = MutableMapping[str, Any]  # ASGI 3

# The smallest honest GIF: one transparent pixel, 43 bytes.
GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
_NO_STORE = (b"cache-control", b"no-store, no-cache, must-revalidate, max-age=0, private")


class Answer(NamedTuple):
    """A whole answer, ready to be sent."""

    start: Message
    body: Message

    def without_body(self) -> "Answer":
        """The same for HEAD (RFC 9110, 9.3.2)."""
        return Answer(self.start, {"type": "http.response.body", "body": b""})


def _answer(status: int, body: bytes, *headers: tuple[bytes, bytes]) -> Answer:
    told = [(b"content-length", str(len(body)).encode()), (b"x-content-type-options", b"nosniff"), *headers]
    return Answer(
        {"type": "http.response.start", "status": status, "headers": told},
        {"type": "http.response.body", "body": body},
    )


IMAGE = _answer(
    200,
    GIF,
    (b"content-type", b"image/gif"),
    _NO_STORE,  # proxies ask again, so that a second look is seen
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
_PAGE = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    b"<title>No such address</title><h1>There is nothing at this address</h1>"
    b"<p>The link may have been cut short or changed on its way. Ask the person who sent it for the address.</p></html>"
)
NOT_FOUND = _answer(
    404,
    _PAGE,
    (b"content-type", b"text/html; charset=utf-8"),
    _NO_STORE,
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'"),
)
NOT_ALLOWED = _answer(405, b"", (b"allow", b"GET, HEAD"), _NO_STORE)


def redirect_to(destination: str) -> Answer | None:
    """Lead to a destination; None where it is no plain http or https address."""
    location = location_of(destination)
    if location is None:
        return None
    return _answer(
        302,
        b"",
        (b"location", location),
        _NO_STORE,
        (b"referrer-policy", b"no-referrer"),
        (b"x-robots-tag", b"noindex, nofollow"),
    )

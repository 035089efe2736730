"""Which part of a file is asked for? One range, if the file is still the one that the rest was taken from.

RFC 9110: If-None-Match before all (13.2.2), If-Range only by a strong tag (13.1.5), Range for GET alone (14.2). What is
no range that we understand, and several at once, get the whole file, which is always allowed.
"""

import re
from dataclasses import dataclass

from werkzeug.datastructures import ETags, Headers
from werkzeug.http import parse_etags

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)-(\d*)\s*", re.ASCII | re.IGNORECASE)
_MOST_DIGITS = 18


@dataclass(frozen=True)
class Part:
    """Bytes from `start` up to, not including, `end`; `status` is 200, 206, 304 or 416."""

    status: int
    start: int
    end: int


def part_asked(headers: Headers, method: str, size: int, tag: str) -> Part:
    """Find what is asked for of a file of so many bytes; `tag` names its content and is strong."""
    known: ETags = parse_etags(headers.get("If-None-Match"))
    if known.star_tag or known.contains_weak(tag):
        return Part(304, 0, 0)
    whole = Part(200, 0, size)
    told = _RANGE.fullmatch(headers.get("Range", ""))
    if told is None or method != "GET" or headers.get("If-Range", f'"{tag}"').strip() != f'"{tag}"':
        return whole
    first, last = (_number(digits) for digits in told.groups())
    if first is None and last is None:
        return whole
    if first is None:
        return Part(206, max(0, size - (last or 0)), size) if last else Part(416, 0, 0)
    if last is not None and last < first:
        return whole
    return Part(206, first, size if last is None else min(size, last + 1)) if first < size else Part(416, 0, 0)


def _number(digits: str) -> int | None:
    """No file has more bytes than so many digits tell."""
    return int(digits[:_MOST_DIGITS] if len(digits) <= _MOST_DIGITS else "9" * _MOST_DIGITS) if digits else None

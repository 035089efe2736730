"""How are numbers and sentences put into words? Spans of time, sizes, and the capital letter at the beginning."""

from datetime import timedelta

_KILOBYTE = 1024


def lasting(span: timedelta) -> str:
    """Write a span by its largest whole unit: "3 days", "1 hour", "less than a second"."""
    seconds = span.total_seconds()
    for size, one, many in ((86400, "day", "days"), (3600, "hour", "hours"), (60, "minute", "minutes")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {one if number == 1 else many}"
    return "less than a second" if seconds < 1 else f"{int(seconds)} second{'' if int(seconds) == 1 else 's'}"


def capital(words: str) -> str:
    """The words with a capital letter at their beginning, the rest as it is."""
    return words[:1].upper() + words[1:]


def size(count: int) -> str:
    """Write a number of bytes: "840 KB", "1.4 MB", "23 MB"."""
    if count < _KILOBYTE * _KILOBYTE:
        return f"{max(1, round(count / _KILOBYTE))} KB"
    megabytes = count / _KILOBYTE / _KILOBYTE
    return f"{megabytes:.1f} MB" if megabytes < 10 else f"{megabytes:.0f} MB"

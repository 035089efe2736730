"""How is a verdict's sentence put together? Spans of time in words, and the capital letter at its beginning."""

from datetime import timedelta


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

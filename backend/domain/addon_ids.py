"""What does Gmail's add-on call a mail or a thread, and what does the API call it?

The add-on's `msg-f:` and `thread-f:` hold the API's id in decimal; the API writes it in hexadecimal. Right after
sending, Gmail may say `msg-a:r...` instead, which only the API can resolve: there is nothing to compute then.
"""

import re

_DECIMAL = re.compile(r"(?:msg|thread)-f:([0-9]{1,20})")
_HEXADECIMAL = re.compile(r"[0-9a-f]{1,16}")
_LARGEST = 2**64 - 1


def api_id(addon_id: str) -> str | None:
    """Return the API's id, or None where only the API knows it."""
    found = _DECIMAL.fullmatch(addon_id)
    if found:
        number = int(found[1])
        return format(number, "x") if number <= _LARGEST else None
    return addon_id if _HEXADECIMAL.fullmatch(addon_id) else None

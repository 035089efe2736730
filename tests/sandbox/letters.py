"""How are mails handled as bytes? Header fields are taken out and put in without touching anything else.

A mail is real RFC 5322 bytes here, broken ones included, so nothing is parsed and written anew just to change a field.
"""

import re
from collections.abc import Iterable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses

_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:", re.MULTILINE)
_EMPTY_LINE = re.compile(rb"^\r?\n", re.MULTILINE)
_PREFIX = re.compile(r"^\s*((re|fwd?|aw|wg|sv|vs|tr|antw|rif|res)(\[\d+\])?\s*:\s*)+", re.IGNORECASE)


def read(raw: bytes) -> EmailMessage:
    """Parse a mail leniently."""
    return message_from_bytes(raw, policy=policy.default)


def split(raw: bytes) -> tuple[list[bytes], bytes]:
    """Split a mail into its header fields (each with its folded lines and line end) and everything after them."""
    fields: list[bytes] = []
    position = 0
    empty = _EMPTY_LINE.search(raw)
    for line in raw[: empty.end() if empty else len(raw)].splitlines(keepends=True):
        if line in (b"\r\n", b"\n"):
            break
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += line
        elif _FIELD.match(line):
            fields.append(line)
        else:
            break
        position += len(line)
    body = raw[position:]
    return fields, body if body[:1] in (b"\r", b"\n") else b"\r\n" + body


def without(raw: bytes, *names: str) -> bytes:
    """Take the fields of these names out."""
    unwanted = {name.lower().encode() for name in names}
    fields, body = split(raw)
    return b"".join(f for f in fields if f.partition(b":")[0].strip().lower() not in unwanted) + body


def with_fields(raw: bytes, fields: Iterable[tuple[str, str]]) -> bytes:
    """Put fields on top, as a server does."""
    return b"".join(f"{name}: {value}\r\n".encode("utf-8", "surrogateescape") for name, value in fields) + raw


def with_last_field(raw: bytes, name: str, value: str) -> bytes:
    """Put a field in the place of the ones of that name, below the others."""
    fields, body = split(without(raw, name))
    return b"".join(fields) + f"{name}: {value}\r\n".encode() + body


def field_values(raw: bytes, name: str) -> list[str]:
    """The raw values of a field, unfolded."""
    wanted = name.lower().encode()
    found = []
    for field in split(raw)[0]:
        key, _, value = field.partition(b":")
        if key.strip().lower() == wanted:
            found.append(re.sub(rb"\r?\n(?=[ \t])", b"", value).strip().decode("utf-8", "replace"))
    return found


def addresses(raw: bytes, *names: str) -> list[str]:
    """The addresses in these fields, lower case, each once, in order."""
    values = [value for name in names for value in field_values(raw, name)]
    return list(dict.fromkeys(address.lower() for _, address in getaddresses(values) if "@" in address))


def message_ids(raw: bytes, *names: str) -> list[str]:
    """The message ids in these fields, with their angle brackets."""
    return [found for name in names for value in field_values(raw, name) for found in re.findall(r"<[^<>\s]+>", value)]


def bare_subject(raw: bytes) -> str:
    """The subject without its Re: and Fwd:, as mail systems compare it."""
    subject = str(read(b"".join(split(raw)[0]) + b"\r\n").get("Subject", ""))
    return _PREFIX.sub("", subject).strip().casefold()

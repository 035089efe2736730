"""How are the pieces of a mail read: headers, addresses, ids, parts? Tolerant, and linear in the size of the input.

Nothing here judges. The standard library's parser is used with its oldest policy, because that one keeps every header
as it came; what it gives up on (a stray line among the headers, nesting without end) is mended or cut here.
"""

import binascii
import codecs
import quopri
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from itertools import islice

from backend.errors import UnreadableMail

MOST_OF_A_HEADER = 64_000  # characters; more is never needed, and 10 MB headers exist
MOST_OF_A_TEXT = 200_000
MOST_HEADERS = 20_000
MOST_PARTS = 300
MOST_PEOPLE = 1000

KNOWN_HEADERS = frozenset(
    [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "delivered-to",
        "reply-to",
        "sender",
        "mime-version",
        "content-type",
        "in-reply-to",
        "references",
        "x-mailer",
        "x-original-to",
        "envelope-to",
        "auto-submitted",
        "resent-from",
        "apparently-to",
    ]
)


@dataclass(frozen=True)
class Address:
    """Somebody in a header. `address` is in lower case; a name without an address has ""."""

    name: str
    address: str

    @property
    def local(self) -> str:
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class Part:
    """A leaf of the MIME tree. `text` is decoded; `enclosed` are the headers of a mail or header block inside."""

    content_type: str
    params: Mapping[str, str] = field(default_factory=dict)
    disposition: str = ""
    filename: str = ""
    text: str = ""
    enclosed: tuple[tuple[str, str], ...] = ()

    @property
    def is_attachment(self) -> bool:
        return self.disposition == "attachment" or bool(self.filename and self.content_type != "text/calendar")


# --- the message -----------------------------------------------------------------------------------------------

_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r")
_HEADER_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
_SPACED_NAME = re.compile(rb"^([A-Za-z][A-Za-z0-9-]*)[ \t]+:")


def message_of(raw: bytes) -> Message:
    """Parse the bytes. Raises UnreadableMail for nothing, for binary data and for what has no header."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raw = raw.decode("utf-16", "replace").encode("utf-8")
    raw = raw.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
    if not raw:
        raise UnreadableMail("the file is empty")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    blank = _BLANK_LINE.search(raw)
    head, body = (raw[: blank.start()], raw[blank.start() :]) if blank else (raw, b"")
    if b"\0" in head and not _HEADER_LINE.match(head):
        raise UnreadableMail("this is binary data, not a mail")
    raw = _mended(head.replace(b"\0", b"")) + body
    try:
        return message_from_bytes(raw)
    except (RecursionError, ValueError, LookupError, AssertionError):  # nested or broken past what the parser takes
        return BytesHeaderParser().parsebytes(raw)


def _mended(head: bytes) -> bytes:
    """Drop stray lines among headers (mbox marks, gateway chatter): the parser would take the rest for the body."""
    lines = head.splitlines(keepends=True)
    kept = []
    for number, line in enumerate(lines):
        line = _SPACED_NAME.sub(rb"\1:", line)
        if number and not _HEADER_LINE.match(line) and line[:1] not in b" \t":
            following = lines[number + 1] if number + 1 < len(lines) else b""
            name = _HEADER_LINE.match(following)
            if name and name.group().rstrip(b" \t:").decode("ascii").lower() in KNOWN_HEADERS:
                continue
        elif not number and line.startswith(b">From "):
            continue
        kept.append(line)
    return b"".join(kept)


def headers_of(message: Message) -> tuple[tuple[str, str], ...]:
    """Return every header, unfolded and decoded, in the order it came."""
    return tuple((name, decoded(str(value))) for name, value in islice(message.raw_items(), MOST_HEADERS))


def type_of(message: Message) -> str:
    """Return the content type in lower case; text/plain where none is stated."""
    return parse_content_type(_raw_header(message, "content-type"))[0]


def params_of(message: Message) -> dict[str, str]:
    """Return the parameters of the content type, names in lower case."""
    return parse_content_type(_raw_header(message, "content-type"))[1]


def _raw_header(message: Message, name: str) -> str:
    return next((decoded(str(value)) for key, value in message.raw_items() if key.lower() == name), "")


_PARAM = re.compile(r';\s*([\w*-]{1,60})\s*=\s*(?:"([^"]*)"|([^;\s]*))')


def parse_content_type(value: str) -> tuple[str, dict[str, str]]:
    """Take a Content-Type apart; also one with a comma for a semicolon or with nonsense around."""
    value = value[:8000]
    kind, _, rest = value.partition(";")
    words = kind.strip().lower().split()
    name = words[0].strip("\"',") if words else ""
    params = {key.lower().rstrip("*"): quoted or plain for key, quoted, plain in _PARAM.findall(";" + rest)}
    return (name if "/" in name else "text/plain"), params


# --- its parts --------------------------------------------------------------------------------------------------


def parts_of(message: Message) -> tuple[Part, ...]:
    """Return the leaves of the MIME tree in order, never looking into enclosed mails."""
    waiting: list[Message] = [message]
    parts: list[Part] = []
    while waiting and len(parts) < MOST_PARTS:
        entity = waiting.pop()
        payload = _cut_anew(entity)
        if isinstance(payload, list) and type_of(entity).startswith("multipart/"):
            waiting.extend(child for child in reversed(payload) if isinstance(child, Message))
        else:
            parts.append(_part_of(entity))
    return tuple(parts)


_CUT = re.compile(r"^--([^\s-][^\r\n]{0,69}?)[ \t]*\r?\nContent-", re.IGNORECASE | re.MULTILINE)


def _cut_anew(entity: Message) -> object:
    """Return the payload; where the stated boundary is missing or wrong, cut at the one that stands in the text."""
    payload = entity.get_payload()
    if not isinstance(payload, str) or not type_of(entity).startswith("multipart/"):
        return payload
    cut = _CUT.search(payload[:20_000])
    if not cut:
        return payload
    head = f'Content-Type: multipart/mixed; boundary="{cut.group(1)}"\n\n'
    whole = (head + payload).encode("utf-8", "surrogateescape")
    try:
        return message_from_bytes(whole).get_payload()
    except (RecursionError, ValueError, LookupError, AssertionError):
        return payload


def _part_of(entity: Message) -> Part:
    content_type, params = type_of(entity), params_of(entity)
    stated = _raw_header(entity, "content-disposition")
    disposition, disposition_params = parse_content_type("x/" + stated.strip()) if stated else ("", {})
    filename = disposition_params.get("filename") or params.get("name", "")
    text, enclosed = _content_of(entity, content_type, params)
    return Part(content_type, params, disposition.removeprefix("x/"), filename, text, enclosed)


def _content_of(
    entity: Message, content_type: str, params: Mapping[str, str]
) -> tuple[str, tuple[tuple[str, str], ...]]:
    payload = entity.get_payload()
    if content_type in ("message/rfc822", "message/global", "message/partial", "message/rfc822-headers"):
        return "", _enclosed_headers(entity)
    if isinstance(payload, list):  # message/delivery-status and its like come as blocks of headers
        blocks = [block for block in payload if isinstance(block, Message)]
        return "\n\n".join(_block_text(block) for block in blocks)[:MOST_OF_A_TEXT], ()
    if not content_type.startswith(("text/", "message/", "multipart/", "application/ics")):
        return "", ()
    text = _decoded_bytes(_payload_bytes(entity), params.get("charset", ""))[:MOST_OF_A_TEXT]
    enclosed = headers_in_text(text) if content_type in ("text/rfc822-headers", "text/rfc822") else ()
    return text, enclosed


def _payload_bytes(entity: Message) -> bytes:
    try:
        content = entity.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        content = b""
    return content if isinstance(content, bytes) else b""


def _enclosed_headers(entity: Message) -> tuple[tuple[str, str], ...]:
    payload = entity.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if isinstance(inner, Message) and inner.raw_items() and any(True for _ in inner.raw_items()):
        return headers_of(inner)
    body = str(inner.get_payload()) if isinstance(inner, Message) else str(payload)
    encoding = _raw_header(entity, "content-transfer-encoding").strip().lower()
    return headers_in_text(_decoded_bytes(_transfer_decoded(body, encoding), ""))


def _block_text(block: Message) -> str:
    lines = [f"{name}: {decoded(str(value))}" for name, value in block.raw_items()]
    rest = block.get_payload()
    if isinstance(rest, str) and rest.strip():
        lines.append(rest if ":" in rest else _decoded_bytes(_transfer_decoded(rest, "base64"), ""))
    return "\n".join(lines)


def _transfer_decoded(body: str, encoding: str) -> bytes:
    plain = body.encode("utf-8", "surrogateescape")
    try:
        if encoding == "base64":
            return b64decode(plain, validate=False)
        return quopri.decodestring(plain) if encoding == "quoted-printable" else plain
    except (binascii.Error, ValueError):
        return b""


def headers_in_text(text: str) -> tuple[tuple[str, str], ...]:
    """Read a block of headers out of a text, up to its first blank line."""
    block = text.lstrip()[:MOST_OF_A_TEXT].encode("utf-8", "surrogateescape")
    return headers_of(BytesHeaderParser().parsebytes(block))


# --- words in headers -------------------------------------------------------------------------------------------

_FOLD = re.compile(r"[\r\n]+[ \t]*")
_NO_LETTERS = re.compile("[\0\ud800-\udfff]")  # a stranger can write them, and PostgreSQL takes neither
_NOT_A_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # halves of surrogate pairs that stand for no raw byte
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_NOT_FOR_MAIL = frozenset({"punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"})
_ALSO_CALLED = {"unicode-1-1-utf-7": "utf-7", "iso-8859-8-i": "iso-8859-8", "iso-8859-6-i": "iso-8859-6"}


def decoded(value: str) -> str:
    """Unfold a header and decode its encoded words and raw bytes; whatever cannot be decoded stays as it is."""
    value = value[:MOST_OF_A_HEADER]
    if not value.isascii():
        value = _decoded_bytes(_NOT_A_BYTE.sub("", value).encode("utf-8", "surrogateescape"), "utf-8")
    value = _FOLD.sub(" ", value)
    if "=?" in value:
        value = _decode_words(_BETWEEN_WORDS.sub(r"\1", value))
    return _NO_LETTERS.sub("", value).strip()


def _decode_words(value: str) -> str:
    """Decode encoded words; neighbours of one charset are joined first, since some clients cut inside a character."""
    done: list[str] = []
    pending, charset, end = b"", "", 0
    for word in _ENCODED_WORD.finditer(value):
        between = value[end : word.start()]
        name = word.group(1).partition("*")[0].lower()
        if between or name != charset:
            done += [_decoded_bytes(pending, charset), between]
            pending, charset = b"", name
        pending += _word_bytes(word.group(2), word.group(3))
        end = word.end()
    return "".join([*done, _decoded_bytes(pending, charset), value[end:]])


def _word_bytes(encoding: str, content: str) -> bytes:
    if encoding in "qQ":
        return _transfer_decoded(content.replace("_", " "), "quoted-printable")
    content = "".join(content.split())
    return _transfer_decoded(content + "=" * (-len(content) % 4), "base64")


def _decoded_bytes(content: bytes, charset: str) -> str:
    """Decode by the stated charset, else UTF-8, else Windows-1252. Never raises."""
    name = charset.strip("\"' ").lower()
    for candidate in (_ALSO_CALLED.get(name, name), "utf-8"):
        try:
            if candidate and codecs.lookup(candidate).name not in _NOT_FOR_MAIL:
                return _NO_LETTERS.sub("", content.decode(candidate))
        except (LookupError, ValueError):
            continue
    return _NO_LETTERS.sub("", content.decode("cp1252", "replace"))


# --- people, ids, instants --------------------------------------------------------------------------------------

_ANGLE = re.compile(r"<\s*([^<>]*?)\s*>")
_PLAIN_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_ID_IN_BRACKETS = re.compile(r"<([^<>]+)>")
_NO_IDS = frozenset({"undefined", "null", "none", "nil", "(null)", "unknown"})
_MOST_IDS = 500
_LONGEST_ID = 998  # bytes, as long as a line may be (RFC 5322, 2.1.1); PostgreSQL indexes no more than 2.7 kB


def addresses(value: str) -> tuple[Address, ...]:
    """Read a list of people; tolerant of missing quotes, semicolons, groups, and names without addresses."""
    people = (_address(chunk[:500]) for chunk in _split_list(value[:MOST_OF_A_HEADER])[:MOST_PEOPLE])
    return tuple(person for person in people if person.address or person.name)


def _split_list(value: str) -> list[str]:
    chunks, start, quoted, angled = [], 0, False, False
    for place, letter in enumerate(value):
        if letter == '"' and value[place - 1 : place] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "<>":
            angled = letter == "<"
        elif letter in ",;" and not angled:
            chunks.append(value[start:place])
            start = place + 1
    return [*chunks, value[start:]]


def _address(chunk: str) -> Address:
    angle = _ANGLE.search(chunk)
    if angle:
        address, name = angle.group(1), chunk[: angle.start()]
    else:
        plain = _PLAIN_ADDRESS.search(chunk)
        address = plain.group() if plain else ""
        name = chunk.replace(address, "") if address else chunk
        name = name.strip(" ()[]:") if address else name.rpartition(":")[2]
    name = " ".join(name.replace('\\"', '"').strip(" \t\"'").split())
    address = re.sub(r"^(mailto:|smtp:)", "", "".join(address.split()).strip("'\"").lower())
    return Address(name, address if "@" in address else "")


def message_ids(value: str) -> tuple[str, ...]:
    """Read all ids of a Message-ID, In-Reply-To or References header, mangled ones too, each once, in order."""
    value = value[:MOST_OF_A_HEADER].replace("&lt;", "<").replace("&gt;", ">")
    found = ["".join(each.split()) for each in _ID_IN_BRACKETS.findall(value)]
    if not found:
        words = re.split(r"[\s,;<>]+", value)
        found = [word.strip("\"'") for word in words if "@" in word] or [
            word for word in words if len(word) > 15 and not word.isalpha()
        ]
    useful = [
        each
        for each in (each.removeprefix("mailto:") for each in found)
        if each and each.lower() not in _NO_IDS and len(each.encode("utf-8", "replace")) <= _LONGEST_ID
    ]
    if len(useful) > _MOST_IDS:
        useful = useful[:10] + useful[10 - _MOST_IDS :]
    return tuple(dict.fromkeys(useful))


def instant(value: str) -> datetime | None:
    """Read a Date header as an aware UTC instant; None where it is none."""
    try:
        at = parsedate_to_datetime(value[:200])
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None

"""What does a mail say of itself? Bytes, or the headers that a provider hands out, become one plain value.

Broken mail is the normal case: MIME without end, charsets that nobody knows, headers that a gateway folded or
mangled. All of it is read as far as it can be read; `UnreadableMail` is for what cannot be mail at all. What the
mail *is* gets decided in `incoming`, what it answers in `replies`. The pieces are read in `mail_pieces`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from functools import cached_property
from itertools import islice

from backend.domain import mail_pieces as pieces
from backend.domain.mail_pieces import Address, Part
from backend.domain.mail_text import Told, bare_subject, text_of_html, told
from backend.errors import UnreadableMail

__all__ = ["Address", "Mail", "Part", "mail_from_headers", "parse_mail"]

_NOBODY = Address("", "")
_BEGINNING = 100_000  # bytes; a server tells what went wrong before it returns the mail
_FIRST_LINES = 2_000


@dataclass(frozen=True)
class Mail:
    """A mail as far as it is known. Ids are without angle brackets, addresses in lower case, `date` is aware UTC."""

    headers: tuple[tuple[str, str], ...]
    content_type: str = "text/plain"
    content_params: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    headers_only: bool = False
    beginning: Message | None = field(default=None, repr=False, compare=False)  # for parsers that want a Message

    def header(self, name: str) -> str | None:
        """Return the first such header, unfolded and decoded, or None."""
        values = self._by_name.get(name.lower())
        return values[0] if values else None

    def all_headers(self, name: str) -> tuple[str, ...]:
        """Return every header of this name, in order."""
        return self._by_name.get(name.lower(), ())

    def says(self, name: str) -> str:
        """Return the header in lower case without surrounding space; "" where it is absent."""
        return (self.header(name) or "").strip().lower()

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for name, value in self.headers:
            found.setdefault(name.lower(), []).append(value)
        return {name: tuple(values) for name, values in found.items()}

    @cached_property
    def message_id(self) -> str | None:
        ids = pieces.message_ids(self.header("Message-ID") or "")
        return ids[0] if ids else None

    @cached_property
    def in_reply_to(self) -> str | None:
        return self.in_reply_to_ids[0] if self.in_reply_to_ids else None

    @cached_property
    def in_reply_to_ids(self) -> tuple[str, ...]:
        """All ids of In-Reply-To: some clients name several, or a phrase around one."""
        return pieces.message_ids(" ".join(self.all_headers("In-Reply-To")))

    @cached_property
    def references(self) -> tuple[str, ...]:
        """All ids of References, oldest first."""
        return pieces.message_ids(" ".join(self.all_headers("References")))

    @cached_property
    def from_(self) -> Address:
        found = self.people("From") or self.people("Sender")
        return found[0] if found else _NOBODY

    @cached_property
    def to(self) -> tuple[Address, ...]:
        return self.people("To")

    @cached_property
    def cc(self) -> tuple[Address, ...]:
        return self.people("Cc")

    @cached_property
    def reply_to(self) -> tuple[Address, ...]:
        return self.people("Reply-To")

    def people(self, name: str) -> tuple[Address, ...]:
        """Return everybody in the headers of this name."""
        return pieces.addresses(", ".join(self.all_headers(name)))

    @cached_property
    def subject(self) -> str:
        return " ".join((self.header("Subject") or "")[:2000].split())

    @cached_property
    def bare_subject(self) -> str:
        """The subject without "Re:", "AW:", "Automatic reply:" and their like, in lower case."""
        return bare_subject(self.subject)

    @cached_property
    def date(self) -> datetime | None:
        return pieces.instant(self.header("Date") or "")

    @cached_property
    def text(self) -> str:
        """The plain text; made from the HTML where there is no other."""
        plain = "\n".join(part.text for part in self._bodies("text/plain") if part.text.strip())
        return plain or text_of_html(self.html)

    @cached_property
    def html(self) -> str:
        return "\n".join(part.text for part in self._bodies("text/html"))

    @cached_property
    def newest(self) -> str:
        """What the sender wrote now: the text without quotation and without forwarded mail."""
        return self.told.newest

    @cached_property
    def told(self) -> Told:
        """The text taken apart: what is new, whether it quotes, whether it forwards."""
        return told(self.text)

    def _bodies(self, content_type: str) -> list[Part]:
        shown = [part for part in self.parts if part.content_type == content_type and not part.is_attachment]
        if self.content_param("report-type"):  # after the first text of a report come the returned mail's pieces
            return shown[:1]
        return shown

    def content_param(self, name: str) -> str:
        return self.content_params.get(name, "").lower()

    def part(self, *content_types: str) -> Part | None:
        """Return the first part of one of these types, not looking into enclosed mails."""
        return next((part for part in self.parts if part.content_type in content_types), None)

    @cached_property
    def returned_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of the mail that is enclosed or returned, if there is one."""
        for part in self.parts:
            if part.enclosed:
                return part.enclosed
        return ()

    def returned(self, name: str) -> str | None:
        """Return a header of the enclosed mail, or None."""
        wanted = name.lower()
        return next((value for key, value in self.returned_headers if key.lower() == wanted), None)


def parse_mail(raw: bytes) -> Mail:
    """Read a mail from its bytes. Raises UnreadableMail where it cannot be mail at all."""
    message = pieces.message_of(raw)
    headers = pieces.headers_of(message)
    if not any(name.lower() in pieces.KNOWN_HEADERS for name, _ in headers):
        raise UnreadableMail("there is no header of a mail in it")
    parts = pieces.parts_of(message)
    first = b"\n".join(raw[:_BEGINNING].split(b"\n", _FIRST_LINES)[:_FIRST_LINES])
    beginning = message if len(first) == len(raw) else pieces.message_of(first)
    return Mail(headers, pieces.type_of(message), pieces.params_of(message), parts, False, beginning)


def mail_from_headers(headers: Sequence[tuple[str, str]], *, mime_type: str | None = None) -> Mail:
    """Make a mail of headers alone, as Gmail's format=metadata returns them; `mime_type` is its payload.mimeType."""
    decoded = tuple((name, pieces.decoded(value)) for name, value in headers)
    stated = next((value for name, value in decoded if name.lower() == "content-type"), "")
    content_type, params = pieces.parse_content_type(stated)
    if mime_type and (not stated or not params):
        content_type = mime_type.lower()
    return Mail(decoded, content_type, params, headers_only=True)


def headers_as_they_came(raw: bytes) -> tuple[tuple[str, str], ...]:
    """Return every header of a mail, unfolded but not decoded: what is kept as the fact. Raises UnreadableMail."""
    items = islice(pieces.message_of(raw).raw_items(), pieces.MOST_HEADERS)
    return tuple((name, _unfolded(str(value))) for name, value in items)


def _unfolded(value: str) -> str:
    as_bytes = " ".join(value.splitlines()).encode("utf-8", "surrogateescape")
    return as_bytes.decode("utf-8", "replace")

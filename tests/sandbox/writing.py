"""How does each mail system write a mail? Its Message-ID, its charsets and encodings, its marks in the header.

`compose` makes the mail that a person's compose window would hand over; `shaped` gives it the form in which that
person's mail system sends it. What cannot be parsed is sent as it came.
"""

import secrets
import uuid
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from tests.sandbox import letters
from tests.sandbox.cast import Account
from tests.sandbox.mailbox import decoded


@dataclass(frozen=True)
class Draft:
    """What a person typed. `sender` and the recipients are header values: `Kevin Flynn <flynn@flynnsarcade.com>`."""

    sender: str
    to: Sequence[str] = ()
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    subject: str = ""
    text: str | None = None
    html: str | None = None
    in_reply_to: str | None = None
    references: Sequence[str] = ()


def compose(draft: Draft) -> bytes:
    """The mail as the compose window hands it over: multipart/alternative where it has text and HTML."""
    mail = EmailMessage(policy=policy.SMTP.clone(max_line_length=200))
    mail["From"] = draft.sender
    for name, people in (("To", draft.to), ("Cc", draft.cc), ("Bcc", draft.bcc)):
        if people:
            mail[name] = ", ".join(people)
    mail["Subject"] = draft.subject
    if draft.in_reply_to:
        mail["In-Reply-To"] = draft.in_reply_to
        mail["References"] = " ".join([*draft.references, draft.in_reply_to])
    if draft.text is not None or draft.html is None:
        mail.set_content(draft.text or "")
        if draft.html is not None:
            mail.add_alternative(draft.html, subtype="html")
    else:
        mail.set_content(draft.html, subtype="html")
    return mail.as_bytes()


def answer_to(raw: bytes, draft: Draft) -> Draft:
    """The draft as an answer to this mail: Re:, In-Reply-To and the chain of References (RFC 5322, 3.6.4)."""
    answered = next(iter(letters.message_ids(raw, "Message-ID")), None)
    chain = letters.message_ids(raw, "References") or letters.message_ids(raw, "In-Reply-To")
    subject = str(letters.read(raw).get("Subject", ""))
    return Draft(
        draft.sender, draft.to, draft.cc, draft.bcc,
        draft.subject or (subject if subject.lower().startswith("re:") else f"Re: {subject}"),
        draft.text, draft.html, answered, chain,
    )  # fmt: skip


def shaped(raw: bytes, account: Account, now: datetime, *, as_typed: bool) -> bytes:
    """The mail as the account's system sends it. An API send (`as_typed` false) keeps its body byte for byte."""
    if as_typed:
        raw = _recoded(raw, account)
    if not letters.field_values(raw, "Date"):
        raw = letters.with_fields(raw, [("Date", format_datetime(now.astimezone(UTC)))])
    if not letters.field_values(raw, "MIME-Version"):
        raw = letters.with_fields(raw, [("MIME-Version", "1.0")])
    return letters.with_fields(letters.without(raw, "Message-ID"), _marks(raw, account, now))


def gmail_message_id() -> str:
    """Gmail gives every mail sent through its page or its API an id of its own."""
    return f"<CA+{_base64url(34)}={_base64url(15)}@mail.gmail.com>"


def _base64url(length: int) -> str:
    return secrets.token_urlsafe(length)[:length]


def _marks(raw: bytes, account: Account, now: datetime) -> list[tuple[str, str]]:
    if account.system == "gmail":
        return [("Message-ID", gmail_message_id())]
    if account.system == "apple":
        build = "1.0 (Mac OS X Mail 16.0 \\(3826.700.81\\))" if "Macintosh" in account.image_agent else "1.0 (1.0)"
        mailer = "iPhone Mail (22G86)" if "iPhone" in account.image_agent else f"Apple Mail {build}"
        return [("Message-Id", f"<{str(uuid.uuid4()).upper()}@{account.domain}>"), ("X-Mailer", mailer)]
    host = f"{secrets.token_hex(4).upper()}MB{secrets.randbelow(9000) + 1000}"
    found = f"<{host}{secrets.token_hex(16).upper()}{host}@{host}.namprd05.prod.outlook.com>"
    subject = str(letters.read(raw).get("Subject", ""))
    return [
        ("Thread-Topic", _bare(subject).encode("ascii", "replace").decode()),
        (
            "Thread-Index",
            b64encode(b"\x01" + int(now.timestamp()).to_bytes(5, "big") + secrets.token_bytes(16)).decode(),
        ),
        ("Message-ID", f"\r\n {found}"),  # Outlook folds it
        ("Accept-Language", "en-US"),
        ("X-MS-Has-Attach", ""),
        ("X-MS-TNEF-Correlator", ""),
        ("X-Auto-Response-Suppress", "DR, OOF, AutoReply"),
    ]


def _bare(subject: str) -> str:
    return subject[3:].strip() if subject.lower().startswith(("re:", "fw:")) else subject


def _recoded(raw: bytes, account: Account) -> bytes:
    mail = letters.read(raw)
    if mail.defects or mail.get("Content-Type", "").startswith("multipart/signed"):
        return raw
    mail.policy = policy.SMTP.clone(max_line_length=200)
    try:
        for part in mail.walk():
            if part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment":
                _recode(part, account)
        return mail.as_bytes(policy=policy.SMTP.clone(max_line_length=200))
    except (LookupError, ValueError, TypeError):
        return raw


def _recode(part: EmailMessage, account: Account) -> None:
    text = decoded(part)
    charset, encoding = _encoding(text, account)
    part.set_content(text, subtype=part.get_content_subtype(), charset=charset, cte=encoding)


def _encoding(text: str, account: Account) -> tuple[str, str]:
    """What each system is known for: Gmail UTF-8, Outlook Latin-1 where it suffices, Apple base64 and cp1252."""
    if account.system == "gmail":
        return "utf-8", "7bit" if text.isascii() and _short_lines(text) else "quoted-printable"
    if account.system == "outlook":
        return ("iso-8859-1", "quoted-printable") if _fits(text, "iso-8859-1") else ("utf-8", "base64")
    if text.isascii():
        return "us-ascii", "7bit" if _short_lines(text) else "quoted-printable"
    return ("windows-1252", "quoted-printable") if _fits(text, "windows-1252") else ("utf-8", "base64")


def _short_lines(text: str) -> bool:
    return all(len(line) < 900 for line in text.splitlines())


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True

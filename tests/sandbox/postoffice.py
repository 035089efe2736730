"""How does a mail get from one mailbox into others? Addressing, headers of the way, bounces and absence notes.

Pure: `post(...)` says which copies arrive where; the world puts them into the mailboxes.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime

from tests.sandbox import letters, writing
from tests.sandbox.cast import Account

DAEMON = "mailer-daemon@googlemail.com"


@dataclass(frozen=True)
class Copy:
    """A mail that arrives in the mailbox of `recipient`; `envelope_from` is empty for what must not be answered."""

    recipient: Account
    raw: bytes
    envelope_from: str


@dataclass(frozen=True)
class Vacation:
    """An absence note as its owner set it up."""

    subject: str = "Out of office"
    text: str = "I am away until Monday and will answer then."


def find_account(accounts: Iterable[Account], address: str) -> Account | None:
    """Whose mailbox an address is: its own, or that of somebody with this alias."""
    known = list(accounts)
    owner = next((a for a in known if a.address == address.lower()), None)
    return owner or next((a for a in known if address.lower() in a.aliases), None)


def post(raw: bytes, envelope_from: str, accounts: Iterable[Account], now: datetime) -> tuple[list[Copy], list[str]]:
    """The copies that arrive, one for each mailbox, and the addresses that nobody has."""
    known = list(accounts)
    public = letters.without(raw, "Bcc")
    copies: dict[str, Copy] = {}
    unknown = []
    for address in letters.addresses(raw, "To", "Cc", "Bcc"):
        account = find_account(known, address)
        if account is None:
            unknown.append(address)
        elif account.address not in copies:
            travelled = letters.with_fields(public, _way(envelope_from, address, account, now))
            copies[account.address] = Copy(account, travelled, envelope_from)
    return list(copies.values()), unknown


def _way(envelope_from: str, address: str, account: Account, now: datetime) -> list[tuple[str, str]]:
    stamp = format_datetime(now.astimezone(UTC))
    server = {"gmail": "mx.google.com", "outlook": "namprd05.prod.outlook.com", "apple": f"mx.{account.domain}"}
    domain = envelope_from.rpartition("@")[2] or "googlemail.com"
    return [
        ("Delivered-To", account.address),
        (
            "Received",
            f"from mail.{domain} (mail.{domain}. [198.51.100.25])\r\n"
            f"        by {server[account.system]} with ESMTPS id {secrets.token_hex(8)}\r\n"
            f"        for <{address}>\r\n"
            f"        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n        {stamp}",
        ),
        ("Return-Path", f"<{envelope_from}>"),
        (
            "Authentication-Results",
            f"{server[account.system]};\r\n       spf=pass (permitted sender) smtp.mailfrom={envelope_from or DAEMON};"
            f"\r\n       dmarc=pass (p=NONE) header.from={domain}",
        ),
    ]


def bounce(raw: bytes, sender: str, failed: str, now: datetime) -> bytes:
    """What Gmail tells the sender of a mail to an address that does not exist (RFC 3464)."""
    why = "550-5.1.1 The email account that you tried to reach does not exist."
    report = MIMEMultipart("report", policy=policy.SMTP)
    report.set_param("report-type", "delivery-status")
    original = next(iter(letters.message_ids(raw, "Message-ID")), "")
    for name, value in (
        ("To", sender), ("From", f"Mail Delivery Subsystem <{DAEMON}>"), ("Date", format_datetime(now)),
        ("Subject", "Delivery Status Notification (Failure)"), ("Auto-Submitted", "auto-replied"),
        ("Message-ID", f"<{secrets.token_hex(4)}.{secrets.token_hex(8)}.{secrets.token_hex(4)}.GMR@mx.google.com>"),
        ("In-Reply-To", original), ("References", original), ("X-Failed-Recipients", failed),
    ):  # fmt: skip
        if value:
            report[name] = value
    told = MIMEMultipart("alternative", policy=policy.SMTP)
    sentence = f"Your message wasn't delivered to {failed} because the address couldn't be found."
    told.attach(MIMEText(f"\n** Address not found **\n\n{sentence}\n\n{why}\n", "plain", policy=policy.SMTP))
    told.attach(MIMEText(f"<p><b>Address not found</b></p><p>{sentence}</p>", "html", policy=policy.SMTP))
    report.attach(told)
    report.attach(_delivery_status(failed, why, now))
    report.attach(MIMEMessage(letters.read(letters.without(raw, "Bcc")), policy=policy.SMTP))
    return report.as_bytes()


def _delivery_status(failed: str, why: str, now: datetime) -> MIMENonMultipart:
    part = MIMENonMultipart("message", "delivery-status", policy=policy.SMTP)
    about_mail = EmailMessage()
    about_mail["Reporting-MTA"] = "dns; googlemail.com"
    about_mail["Arrival-Date"] = format_datetime(now)
    about_recipient = EmailMessage()
    about_recipient["Final-Recipient"] = f"rfc822; {failed}"
    about_recipient["Action"] = "failed"
    about_recipient["Status"] = "5.1.1"
    about_recipient["Remote-MTA"] = f"dns; mx.{failed.rpartition('@')[2]}. (203.0.113.26, the server for the domain.)"
    about_recipient["Diagnostic-Code"] = f"smtp; {why}"
    about_recipient["Last-Attempt-Date"] = format_datetime(now)
    part.set_payload([about_mail, about_recipient])
    return part


def wants_absence_note(copy: Copy) -> bool:
    """RFC 3834: never answer what is automatic, a bounce, or from a list."""
    automatic = any(v.lower().split(";")[0].strip() != "no" for v in letters.field_values(copy.raw, "Auto-Submitted"))
    bulk = any(v.lower() in ("bulk", "list", "junk") for v in letters.field_values(copy.raw, "Precedence"))
    return bool(copy.envelope_from) and not automatic and not bulk and not letters.field_values(copy.raw, "List-Id")


def absence_note(copy: Copy, vacation: Vacation, now: datetime) -> bytes:
    """The absence note of the recipient's mail system, in that system's own shape."""
    return _NOTES[copy.recipient.system](copy, vacation, now)


def _note(copy: Copy, subject: str, text: str, now: datetime, marks: list[tuple[str, str]]) -> bytes:
    draft = writing.Draft(f"{copy.recipient.name} <{copy.recipient.address}>", [copy.envelope_from], subject=subject,
                          text=text)  # fmt: skip
    shaped = writing.shaped(writing.compose(draft), copy.recipient, now, as_typed=True)
    return letters.with_fields(letters.without(shaped, "X-Auto-Response-Suppress"), marks)


def _answered(copy: Copy) -> list[tuple[str, str]]:
    answered = next(iter(letters.message_ids(copy.raw, "Message-ID")), None)
    chain = " ".join([*letters.message_ids(copy.raw, "References"), answered or ""]).strip()
    return [("In-Reply-To", answered), ("References", chain)] if answered else []


def _subject(copy: Copy) -> str:
    return str(letters.read(copy.raw).get("Subject", ""))


def _gmail_note(copy: Copy, vacation: Vacation, now: datetime) -> bytes:
    marks = [("Auto-Submitted", "auto-replied"), ("Precedence", "bulk"), ("X-Autoreply", "yes"), *_answered(copy)]
    return _note(copy, f"{vacation.subject} Re: {_subject(copy)}", vacation.text, now, marks)


def _exchange_note(copy: Copy, vacation: Vacation, now: datetime) -> bytes:
    parent = next(iter(letters.message_ids(copy.raw, "Message-ID")), "")
    marks = [
        ("X-Auto-Response-Suppress", "All"),
        ("X-MS-Exchange-Inbox-Rules-Loop", copy.recipient.address),
        ("auto-submitted", "auto-generated"),
        ("x-ms-exchange-generated-message-source", "Mailbox Rules Agent"),
        ("x-ms-exchange-parent-message-id", parent),
    ]
    return _note(copy, f"Automatic reply: {_subject(copy)}", vacation.text, now, marks)


def _sieve_note(copy: Copy, vacation: Vacation, now: datetime) -> bytes:
    marks = [("Auto-Submitted", "auto-replied (vacation)"), *_answered(copy)]
    return _note(copy, f"Auto: {_subject(copy)}", vacation.text, now, marks)


_NOTES: dict[str, Callable[[Copy, Vacation, datetime], bytes]] = {
    "gmail": _gmail_note,
    "outlook": _exchange_note,
    "apple": _sieve_note,
}

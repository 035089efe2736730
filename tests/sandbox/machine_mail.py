"""What do mail systems and calendars send back by themselves? Receipts, answers to invitations, notes without a mark.

Each is real RFC 5322, in the shape of the system that sends it, and refers to the mail that it is about.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from email import policy
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime

from tests.sandbox import letters, writing
from tests.sandbox.postoffice import Copy, Vacation


def unmarked_note(copy: Copy, vacation: Vacation, now: datetime) -> bytes:
    """An absence note that a rule of the mail program sends as if a person had answered: no header gives it away."""
    sender = f"{copy.recipient.name} <{copy.recipient.address}>"
    draft = writing.Draft(sender, [copy.envelope_from], subject=vacation.subject, text=vacation.text)
    shaped = writing.shaped(writing.compose(draft), copy.recipient, now, as_typed=True)
    marks = [(name, value) for name, value in (("In-Reply-To", _answered(copy)), ("References", _answered(copy)))]
    return letters.with_fields(letters.without(shaped, "X-Auto-Response-Suppress"), marks)


def receipt(copy: Copy, vacation: Vacation, now: datetime) -> bytes:
    """A message disposition notification: the mail was displayed (RFC 8098)."""
    report = MIMEMultipart("report", policy=policy.SMTP)
    report.set_param("report-type", "disposition-notification")
    _address(report, copy, f"Read: {_subject(copy)}", now)
    words = f"Your message was read on {now:%A, %d %B %Y}."
    report.attach(MIMEText(words, "plain", policy=policy.SMTP))
    told = MIMENonMultipart("message", "disposition-notification", policy=policy.SMTP)
    told.set_payload(
        f"Reporting-UA: {copy.recipient.domain}; Microsoft Outlook\r\n"
        f"Final-Recipient: rfc822;{copy.recipient.address}\r\n"
        f"Original-Message-ID: {_answered(copy)}\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n"
    )
    report.attach(told)
    return report.as_bytes()


def invitation_answer(copy: Copy, vacation: Vacation, now: datetime) -> bytes:
    """A calendar's answer to an invitation (RFC 5546, 3.2.3): accepted."""
    answer = MIMEMultipart("alternative", policy=policy.SMTP)
    _address(answer, copy, f"Accepted: {_subject(copy)}", now)
    answer.attach(MIMEText("", "plain", policy=policy.SMTP))
    begins = now + timedelta(days=3)
    lines = (
        *("BEGIN:VCALENDAR", "METHOD:REPLY", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0", "BEGIN:VEVENT"),
        f"ATTENDEE;PARTSTAT=ACCEPTED;CN={copy.recipient.name}:mailto:{copy.recipient.address}",
        f"ORGANIZER:mailto:{copy.envelope_from}",
        f"UID:{secrets.token_hex(16)}@gridworks.example",
        f"DTSTART:{begins:%Y%m%dT%H%M%SZ}",
        f"DTEND:{begins + timedelta(hours=1):%Y%m%dT%H%M%SZ}",
        f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
        *(f"SUMMARY:Accepted: {_subject(copy)}", "SEQUENCE:0", "END:VEVENT", "END:VCALENDAR"),
    )
    told = MIMEText("\r\n".join(lines), "calendar", "utf-8", policy=policy.SMTP)
    told.set_param("method", "REPLY")
    answer.attach(told)
    return answer.as_bytes()


MACHINES: dict[str, Callable[[Copy, Vacation, datetime], bytes]] = {
    "unmarked": unmarked_note,
    "receipt": receipt,
    "calendar": invitation_answer,
}


def _address(mail: MIMEMultipart, copy: Copy, subject: str, now: datetime) -> None:
    for name, value in (
        ("From", f"{copy.recipient.name} <{copy.recipient.address}>"),
        ("To", copy.envelope_from),
        ("Subject", subject),
        ("Date", format_datetime(now)),
        ("Message-ID", f"<{secrets.token_hex(16)}@{copy.recipient.domain}>"),
        ("In-Reply-To", _answered(copy)),
        ("References", _answered(copy)),
    ):
        mail[name] = value


def _answered(copy: Copy) -> str:
    return next(iter(letters.message_ids(copy.raw, "Message-ID")), "")


def _subject(copy: Copy) -> str:
    return str(letters.read(copy.raw).get("Subject", ""))

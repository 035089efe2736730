"""Mails in the shapes that real systems send, built from a few lines each: our own words, their headers.

The cast: Quorra (rep) wrote SENT_ID to Flynn, with Alan in copy.
"""

from textwrap import dedent

SENT_ID = "CAF=quorra-1@mail.gmail.com"
SENT_SUBJECT = "Proposal for the arcade"

_DEFAULTS = (
    ("From", "Kevin Flynn <flynn@flynnsarcade.com>"),
    ("To", "Quorra Reed <quorra@gridworks.example>"),
    ("Subject", f"Re: {SENT_SUBJECT}"),
    ("Date", "Wed, 11 Nov 2026 10:00:00 +0000"),
    ("Message-ID", "<answer-1@flynnsarcade.com>"),
)

ANSWERS = f"In-Reply-To: <{SENT_ID}>\nReferences: <{SENT_ID}>\n"

QUOTED = """

On Tue, Nov 10, 2026 at 9:00 AM Quorra Reed <quorra@gridworks.example> wrote:

> Dear Mr Flynn,
> here is our proposal.
"""


def letter(headers: str = "", body: str = "Hello", *, html: str = "") -> bytes:
    """A mail with these header lines; what they do not state comes from the story."""
    lines = dedent(headers).strip("\n")
    stated = {line.partition(":")[0].lower() for line in lines.splitlines() if line[:1] not in " \t"}
    block = [f"{name}: {value}" for name, value in _DEFAULTS if name.lower() not in stated]
    block += [lines] if lines else []
    if "content-type" not in stated:
        block.append(f"Content-Type: {'text/html' if html else 'text/plain'}; charset=utf-8")
    return ("\n".join(block) + "\n\n" + dedent(html or body)).encode()


def answer(headers: str = "", body: str = "Sounds good, call me on Monday.", *, quoted: bool = True) -> bytes:
    """A person's answer that names the mail which it answers."""
    return letter(dedent(headers).strip("\n") + "\n" + ANSWERS, dedent(body) + (QUOTED if quoted else ""))


def parts(headers: str, subtype: str, *pieces: str) -> bytes:
    """A multipart mail; each piece is the text of a part with its own headers."""
    body = "".join(f"--=_cut\n{dedent(piece).strip()}\n\n" for piece in pieces) + "--=_cut--\n"
    content_type = f'Content-Type: multipart/{subtype}; boundary="=_cut"'
    return letter(f"{dedent(headers).strip()}\n{content_type}", "") + body.encode()


def dsn(headers: str, status_block: str, *, notice: str = "This is the mail system.", returned: str = "") -> bytes:
    """A report after RFC 3464: a notice, the status, and the returned mail's headers."""
    pieces = [f"Content-Type: text/plain; charset=us-ascii\n\n{notice}", _status_part(status_block)]
    if returned != "none":
        original = returned or f"Message-ID: <{SENT_ID}>\nSubject: {SENT_SUBJECT}\nTo: flynn@flynnsarcade.com"
        pieces.append(f"Content-Type: message/rfc822\n\n{original}\n\nDear Mr Flynn")
    return parts(headers, "report; report-type=delivery-status", *pieces)


def _status_part(status_block: str) -> str:
    block = dedent(status_block).strip()
    return f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.flynnsarcade.com\n\n{block}"


FAILED = """
    Final-Recipient: rfc822; flynn@flynnsarcade.com
    Action: failed
    Status: 5.1.1
    Diagnostic-Code: smtp; 550 5.1.1 <flynn@flynnsarcade.com>: Recipient address rejected
"""
DELAYED = """
    Final-Recipient: rfc822; flynn@flynnsarcade.com
    Action: delayed
    Status: 4.4.1
    Will-Retry-Until: Mon, 16 Nov 2026 10:00:00 +0000
"""
DELIVERED = """
    Final-Recipient: rfc822; flynn@flynnsarcade.com
    Action: relayed
    Status: 2.1.5
"""


def mdn(headers: str, disposition: str = "manual-action/MDN-sent-manually; displayed") -> bytes:
    """A receipt after RFC 8098."""
    return parts(
        headers,
        "report; report-type=disposition-notification",
        "Content-Type: text/plain\n\nYour message was displayed. This is no guarantee that it was read.",
        "Content-Type: message/disposition-notification\n\nReporting-UA: mail.flynnsarcade.com\n"
        f"Final-Recipient: rfc822;flynn@flynnsarcade.com\nOriginal-Message-ID: <{SENT_ID}>\nDisposition: {disposition}",
    )


def calendar_answer(headers: str, method: str = "REPLY", *, stated: str = "") -> bytes:
    """An invitation's answer, as a part beside the text. `stated` is the method in the header, where it differs."""
    return parts(
        headers,
        "alternative",
        "Content-Type: text/plain; charset=utf-8\n\nKevin Flynn has accepted this invitation.",
        f"Content-Type: text/calendar; charset=UTF-8; method={stated or method}\n\nBEGIN:VCALENDAR\n"
        f"PRODID:-//Arcade//EN\nVERSION:2.0\nMETHOD:{method}\nBEGIN:VEVENT\nUID:1@arcade\nEND:VEVENT\nEND:VCALENDAR",
    )

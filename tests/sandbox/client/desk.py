"""How does what a person typed become a mail, and how does an answer begin? Drafts, quotations, recipients."""

import html
from dataclasses import dataclass
from email.utils import formataddr, getaddresses
from typing import Any

from tests.sandbox import letters, writing
from tests.sandbox.cast import Account
from tests.sandbox.client import letterforms
from tests.sandbox.mailbox import Mailbox, Message

_QUOTED = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"


class NotSendable(ValueError):
    """The mail cannot be sent or kept as it is."""


@dataclass(frozen=True)
class Sheet:
    """The compose window's fields. `answering` is the id of the mail that is answered or forwarded, if one is."""

    sender: str
    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    html: str = ""
    answering: str | None = None

    @classmethod
    def from_json(cls, given: dict[str, Any], account: Account) -> "Sheet":
        """Read what the page or the headless person sends. Raises NotSendable for a foreign sender."""
        sender = str(given.get("from") or account.address).lower()
        if not account.may_write_from(sender):
            raise NotSendable(f"{account.address} cannot write from {sender}")
        words = {name: str(given.get(name) or "") for name in ("to", "cc", "bcc", "subject", "html")}
        words["subject"] = " ".join(words["subject"].split())
        return cls(sender, answering=given.get("answering") or None, **words)

    def as_json(self) -> dict[str, Any]:
        return {
            "from": self.sender, "to": self.to, "cc": self.cc, "bcc": self.bcc,
            "subject": self.subject, "html": self.html, "answering": self.answering,
        }  # fmt: skip


def raw_of(sheet: Sheet, account: Account, mailbox: Mailbox) -> bytes:
    """The mail as Gmail's composer hands it over: plain text beside cleaned HTML, in its thread."""
    body = letterforms.composed(sheet.html)
    answered = mailbox.get(sheet.answering).raw if sheet.answering else b""
    ids = letters.message_ids(answered, "Message-ID")
    draft = writing.Draft(
        formataddr((account.name, sheet.sender)),
        _people(sheet.to), _people(sheet.cc), _people(sheet.bcc), sheet.subject,
        letterforms.text_of(body), body,
        ids[0] if ids else None,
        letters.message_ids(answered, "References") or letters.message_ids(answered, "In-Reply-To"),
    )  # fmt: skip
    return writing.compose(draft)


def sheet_of(draft: Message, account: Account, mailbox: Mailbox) -> Sheet:
    """A kept draft, back in the compose window."""
    referred = letters.message_ids(draft.raw, "In-Reply-To")
    answered = next((m.id for m in mailbox.list() if m.message_id in referred and "DRAFT" not in m.labels), None)
    senders = [a for a in letters.addresses(draft.raw, "From") if account.may_write_from(a)]
    fields = [", ".join(formataddr(pair) for pair in people(draft, name)) for name in ("To", "Cc", "Bcc")]
    body = draft.html if draft.html is not None else letterforms.html_of(draft.text)
    return Sheet(senders[0] if senders else account.address, *fields, draft.subject, body, answered)


def answer(message: Message, account: Account, kind: str, *, quote: bool = True) -> Sheet:
    """How a reply, a reply to all or a forward begins: recipients, subject, and the original quoted below."""
    mine = {account.address, *account.aliases}
    sender = _sender_for(message, account)
    subject = message.subject.strip()
    body = f'<div dir="ltr"><br></div>{_quotation(message, kind) if quote else ""}'
    if kind == "forward":
        return Sheet(sender, subject=_prefixed(subject, "Fwd:"), html=body, answering=message.id)
    from_me = {a for _, a in people(message, "From")} <= mine
    to = people(message, "To") if from_me else people(message, "Reply-To") or people(message, "From")
    taken = mine | {a for _, a in to}
    cc = [] if from_me else [pair for pair in people(message, "To") if pair[1] not in taken]
    cc += [pair for pair in people(message, "Cc") if pair[1] not in taken]
    wanted = [", ".join(formataddr(pair) for pair in found) for found in (to, cc if kind == "reply_all" else [])]
    return Sheet(sender, *wanted, subject=_prefixed(subject, "Re:"), html=body, answering=message.id)


def people(message: Message, name: str) -> list[tuple[str, str]]:
    """Who is in an address field, as (name, lower-case address), each once."""
    values = [str(value) for value in message.mail.get_all(name, [])]
    found = {address.lower(): called for called, address in getaddresses(values) if "@" in address}
    return [(called, address) for address, called in found.items()]


def _people(typed: str) -> list[str]:
    found = [(name, address) for name, address in getaddresses([typed]) if address]
    strange = [address for _, address in found if "@" not in address.strip("@")]
    if strange or (typed.strip() and not found):
        raise NotSendable(f"This is not an address: {strange[0] if strange else typed.strip()}")
    return [formataddr(pair) for pair in found]


def _sender_for(message: Message, account: Account) -> str:
    reached = [a for _, a in [*people(message, "To"), *people(message, "Cc"), *people(message, "From")]]
    mine = [account.address, *account.aliases]
    return next((a for a in mine if a in reached), account.address)


def _prefixed(subject: str, prefix: str) -> str:
    return subject if subject.lower().startswith(prefix.lower()) else f"{prefix} {subject}".strip()


def _quotation(message: Message, kind: str) -> str:
    body = letterforms.composed(message.html if message.html is not None else letterforms.html_of(message.text))
    name, address = next(iter(people(message, "From")), ("", ""))
    written = f"{message.received_at:%a, %b} {message.received_at.day}, {message.received_at:%Y at %H:%M}"
    called = html.escape(name or address)
    link = f'&lt;<a href="mailto:{html.escape(address)}">{html.escape(address)}</a>&gt;'
    if kind == "forward":
        to = html.escape(", ".join(a for _, a in people(message, "To")))
        lines = (f"From: <strong>{called}</strong> {link}", f"Date: {written}",
                 f"Subject: {html.escape(message.subject)}", f"To: {to}")  # fmt: skip
        head = "---------- Forwarded message ---------<br>" + "<br>".join(lines)
        return f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{head}<br></div><br>{body}</div>'
    head = f"On {written} {called} {link} wrote:<br>"
    return (
        f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{head}</div>'
        f'<blockquote class="gmail_quote" style="{_QUOTED}">{body}</blockquote></div>'
    )

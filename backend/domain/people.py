"""Who answered: the addressee, somebody in copy, one of them from another address, a colleague, or someone new?

Addresses are compared as their providers deliver them (plus-addresses, Gmail's dots), then people by their names. What
is not the very same address comes with a confidence and a sentence that says why it is believed.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from backend.domain.mail_pieces import Address

Role = Literal["to", "cc", "bcc"]

PUBLIC_DOMAINS = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com"),
        *("icloud.com", "me.com", "mac.com", "aol.com", "gmx.de", "gmx.net", "gmx.com", "gmx.at", "gmx.ch", "web.de"),
        *("t-online.de", "freenet.de", "mail.ru", "yandex.ru", "yandex.com", "proton.me", "protonmail.com", "pm.me"),
        *("hotmail.fr", "orange.fr", "free.fr", "laposte.net", "wanadoo.fr", "yahoo.fr", "yahoo.de", "yahoo.co.uk"),
        *("hotmail.co.uk", "btinternet.com", "libero.it", "virgilio.it", "alice.it", "tiscali.it", "wp.pl", "o2.pl"),
        *("onet.pl", "seznam.cz", "zoho.com", "mail.com", "fastmail.com", "qq.com", "163.com", "126.com", "naver.com"),
        *(
            "comcast.net",
            "verizon.net",
            "att.net",
            "sbcglobal.net",
            "bluewin.ch",
            "ziggo.nl",
            "telia.com",
            "uol.com.br",
        ),
    }
)


@dataclass(frozen=True)
class Recipient:
    """Somebody a tracked message was sent to."""

    address: str
    name: str = ""
    role: Role = "to"


@dataclass(frozen=True)
class MailboxFacts:
    """What is known of the rep's side: her own addresses (with aliases) and her colleagues'. All in lower case."""

    own_addresses: frozenset[str] = field(default_factory=frozenset)
    colleague_addresses: frozenset[str] = field(default_factory=frozenset)
    colleague_domains: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Answerer:
    """Who answered. `recipient` is the address that was written to, where the person is one of the recipients."""

    who: Literal["addressee", "in copy", "another address", "someone new", "colleague", "own"]
    sentence: str
    confidence: float
    recipient: str | None = None


def canonical(address: str) -> str:
    """Return the address as its provider delivers it: without a plus-tag, for Gmail without dots."""
    local, _, domain = address.strip().lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def is_own(address: str, mailbox: MailboxFacts) -> bool:
    """Tell whether the address is the rep's own or an alias of it."""
    return bool(address) and canonical(address) in {canonical(each) for each in mailbox.own_addresses}


def is_colleague(address: str, mailbox: MailboxFacts) -> bool:
    """Tell whether the address is a colleague's: listed, or of the company's own domain."""
    if canonical(address) in {canonical(each) for each in mailbox.colleague_addresses}:
        return True
    domain = address.rpartition("@")[2].lower()
    return domain in mailbox.colleague_domains and domain not in PUBLIC_DOMAINS


def who_answered(sender: Address, recipients: Sequence[Recipient], mailbox: MailboxFacts) -> Answerer:
    """Say who the sender is to a message with these recipients."""
    if is_own(sender.address, mailbox):
        return Answerer("own", "written by the rep", 1.0)
    written_to = next((each for each in recipients if each.address.lower() == sender.address), None)
    if is_colleague(sender.address, mailbox) and not _only_colleagues(recipients, mailbox):
        return Answerer(
            "colleague", "answered by a colleague of yours", 0.99, written_to.address if written_to else None
        )
    if written_to:
        return _as_recipient(written_to)
    likely = [_same_person(sender, each) for each in recipients]
    likely = [each for each in likely if each.confidence > 0]
    if likely:
        return max(likely, key=lambda each: each.confidence)
    domains = {each.address.lower().rpartition("@")[2] for each in recipients}
    if sender.domain in domains - PUBLIC_DOMAINS:
        return Answerer("someone new", f"answered by someone else at {sender.domain}", 0.9)
    return Answerer("someone new", "answered by someone to whom the mail was passed on", 0.8)


def _only_colleagues(recipients: Sequence[Recipient], mailbox: MailboxFacts) -> bool:
    """A mail that went to colleagues alone is answered by colleagues."""
    return bool(recipients) and all(
        is_colleague(each.address, mailbox) or is_own(each.address, mailbox) for each in recipients
    )


def _as_recipient(recipient: Recipient) -> Answerer:
    if recipient.role == "to":
        return Answerer("addressee", "answered by the addressee", 1.0, recipient.address)
    return Answerer("in copy", "answered by someone in copy", 1.0, recipient.address)


def _same_person(sender: Address, recipient: Recipient) -> Answerer:
    confidence, why = _likeness(sender, recipient)
    if recipient.role == "to":
        return Answerer("another address", f"answered from another address{why}", confidence, recipient.address)
    return Answerer("in copy", f"answered by someone in copy, from another address{why}", confidence, recipient.address)


def _likeness(sender: Address, recipient: Recipient) -> tuple[float, str]:
    """Say how sure it is that two addresses are one person's, and why. 0 where nothing speaks for it."""
    address = recipient.address.lower()
    if canonical(sender.address) == canonical(address):
        return 0.98, " (the same mailbox, written differently)"
    same_domain = sender.domain == address.rpartition("@")[2] and bool(sender.domain)
    company = same_domain and sender.domain not in PUBLIC_DOMAINS
    name, other = name_words(sender.name), name_words(recipient.name)
    if len(name) > 1 and name == other:
        return (0.97 if company else 0.9), " (the same name)"
    ours, theirs = local_words(address), local_words(sender.address)
    if company and (_fits(name, ours) or _fits(other, theirs)):
        return 0.9, " (the same company, and the name fits)"
    if len(name) > 1 and name == frozenset(ours):
        return 0.8, " (the name fits)"
    if company and _alike("".join(ours), "".join(theirs)):
        return 0.75, " (the same company and a similar address)"
    local = sender.local.partition("+")[0]
    if len(local) >= 7 and local == address.rpartition("@")[0].partition("+")[0] and len(ours) > 1:
        return 0.7, " (the same name before the @)"
    return 0.0, ""


def name_words(name: str) -> frozenset[str]:
    """Return the words of a person's name, without accents, titles and what stands in brackets."""
    plain = unicodedata.normalize("NFKD", re.sub(r"\(.*?\)|\[.*?\]|\|.*$| - .*$", "", name)).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return frozenset(re.findall(r"[^\W\d_]{2,}", plain)) - {"dr", "mr", "mrs", "ms", "herr", "frau", "prof", "via"}


def local_words(address: str) -> list[str]:
    """Return the words before the @."""
    return re.findall(r"[^\W\d_]+", address.lower().rpartition("@")[0].partition("+")[0])


def _fits(name: frozenset[str], local: list[str]) -> bool:
    """Tell whether an address is made of a name: "flynn", "kevin.flynn", "kflynn", "kevinf" of Kevin Flynn."""
    if not name or not local:
        return False
    joined = "".join(local)
    if any(len(word) > 2 and word in name for word in local):
        return True
    made = {first[0] + last for first in name for last in name if first != last}
    made |= {first + last[0] for first in name for last in name if first != last}
    made |= {first + last for first in name for last in name if first != last}
    return joined in made


def _alike(one: str, other: str) -> bool:
    if min(len(one), len(other)) < 4:
        return False
    return SequenceMatcher(None, one[:64], other[:64], autojunk=False).ratio() >= 0.8

"""Why did a mail not arrive, and will it another time? Told by a bounce's status (RFC 3463), or else by its words."""

import re

from backend.domain.deliveries import Delivery
from backend.domain.mail import Mail

_MEANINGS = (
    ("5.1.1", "there is no such mailbox"),
    ("5.1.10", "there is no such mailbox"),
    ("5.1.2", "there is no such domain"),
    ("5.1.3", "the address is malformed"),
    ("5.1.6", "the mailbox has moved"),
    ("5.1.0", "the address was refused"),
    ("5.2.1", "the mailbox is switched off"),
    ("5.2.2", "the mailbox is full"),
    ("4.2.2", "the mailbox is full"),
    ("5.2.3", "the mail is too big for the mailbox"),
    ("5.3.4", "the mail is too big"),
    ("5.4.1", "the recipient's server refused the address"),
    ("5.4.4", "the domain takes no mail"),
    ("5.4.6", "the mail went in a circle"),
    ("5.4.7", "it was tried for too long"),
    ("4.4.7", "it was tried for too long"),
    ("4.4.1", "the recipient's server did not answer"),
    ("5.7.", "the recipient's server refuses the mail"),
    ("5.5.", "the servers did not understand each other"),
    ("4.", "the recipient's server was in trouble for too long"),
)
_I = re.IGNORECASE
_BY_WORDS = (
    (
        re.compile(
            r"(?:mailbox|inbox) (?:is )?full|over ?quota|quota (?:is )?exceeded|exceed\w* .{0,30}quota|out of storage|"
            r"postfach .{0,30}voll|bo[iî]te .{0,30}pleine|casella .{0,30}piena|buz[oó]n .{0,30}llen|переполнен|"
            r"已满|已滿|"
            r"容量を超え",
            _I,
        ),
        "the mailbox is full",
    ),
    (
        re.compile(
            r"host (?:or domain name )?(?:was )?not found|domain .{0,40}(?:not found|does(?: not|n't) exist)|"
            r"name or service not known|no (?:such domain|mx|route to host)|nxdomain",
            _I,
        ),
        "there is no such domain",
    ),
    (
        re.compile(
            r"user unknown|unknown (?:user|recipient|address)|no such (?:user|mailbox|recipient|address|person)|"
            r"no mailbox here|doesn[’']t have an? .{2,40} account|not listed in|unrout\w+ address|"
            r"(?:user|recipient|mailbox|address)(?: was)? (?:not found|couldn[’']t be found)|"
            r"invalid (?:recipient|mailbox)|"
            r"(?:does not|doesn[’']t|nicht|n[’']) ?exist|existiert nicht|nicht gefunden|n[’']existe pas|no existe|"
            r"non esiste|não existe|не (?:найден|существует)|не найдено|不存在|見つからない|존재하지",
            _I,
        ),
        "there is no such mailbox",
    ),
    (re.compile(r"message (?:size|too)|too (?:big|large)|size limit", _I), "the mail is too big"),
    (
        re.compile(
            r"spam|block(?:ed|list)|blacklist|reject|refus|polic|denied|abgelehnt|rechaz|may not have permission", _I
        ),
        "the recipient's server refuses the mail",
    ),
    (re.compile(r"timed? ?out|retry time|could not connect|too long", _I), "it was tried for too long"),
)
_FINAL = ("there is no such mailbox", "there is no such domain", "the mailbox is switched off", "the mailbox has moved")
_PASSING = ("the mailbox is full", "it was tried for too long", "the recipient's server did not answer")


def reason_of(delivery: Delivery, mail: Mail) -> str:
    """Say why it failed, as "there is no such mailbox"; "" where nothing is known."""
    by_status = next((words for code, words in _MEANINGS if delivery.status.startswith(code)), "")
    if by_status:
        return by_status
    said = f"{delivery.reason} {mail.subject} {mail.text[:3000]}"
    return next((meaning for words, meaning in _BY_WORDS if words.search(said)), "")


def explained(delivery: Delivery, mail: Mail) -> str:
    """Say in a sentence why it failed and whether to try again; "" where nothing is known."""
    reason = reason_of(delivery, mail)
    if not reason:
        return ""
    status = f" ({delivery.status})" if delivery.status else ""
    is_passing = reason in _PASSING or delivery.status.startswith("4")
    later = " It may arrive another time." if is_passing else ""
    later = " It will not arrive another time either." if reason in _FINAL else later
    return f" The server says: {reason}{status}.{later}"

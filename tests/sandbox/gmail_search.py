"""Which mails does a search find? The part of Gmail's search language that programs use.

from: to: cc: subject: rfc822msgid: in: label: is: has:attachment after: before: older_than: newer_than:, words and
"phrases", each with a minus before it to exclude; {one another} fits where any of its terms does
(support.google.com/mail/answer/7190).
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.sandbox import letters
from tests.sandbox.mailbox import Mailbox, Message

_ANY_OF = re.compile(r"\{([^{}]*)\}")
_TERM = re.compile(r'(-?)(?:(\w+):)?(?:"([^"]*)"|(\S+))')
_UNITS = {"d": 1, "m": 30, "y": 365}


def found(mailbox: Mailbox, query: str, now: datetime, *, trash_too: bool = False) -> list[Message]:
    """The mails that fit every term, newest first; not those in trash or spam unless asked for."""
    groups = [_terms(group) for group in _ANY_OF.findall(query)]
    terms = _terms(_ANY_OF.sub(" ", query))
    anywhere = trash_too or any(key == "in" and value in ("anywhere", "trash", "spam") for _, key, value in terms)
    kept = sorted(mailbox.messages.values(), key=lambda m: (m.received_ms, m.id), reverse=True)
    return [
        message
        for message in kept
        if (anywhere or not message.labels & {"TRASH", "SPAM"})
        and all(_fits(mailbox, message, key, value, now) is not excluded for excluded, key, value in terms)
        and all(
            any(_fits(mailbox, message, key, value, now) is not excluded for excluded, key, value in group)
            for group in groups
        )
    ]


def _terms(query: str) -> list[tuple[bool, str, str]]:
    return [(sign == "-", (key or "").lower(), quoted or word) for sign, key, quoted, word in _TERM.findall(query)]


def _fits(mailbox: Mailbox, message: Message, key: str, value: str, now: datetime) -> bool:
    if key in _BY_KEY:
        return _BY_KEY[key](message, value.lower())
    if key in ("in", "label", "is"):
        return _has_label(mailbox, message, value.lower())
    if key in ("after", "newer", "before", "older"):
        is_after = message.received_at >= _day(value, now)
        return is_after if key in ("after", "newer") else not is_after
    if key in ("newer_than", "older_than") and re.fullmatch(r"\d+[dmy]", value):
        is_newer = message.received_at >= now - timedelta(days=int(value[:-1]) * _UNITS[value[-1]])
        return is_newer if key == "newer_than" else not is_newer
    words = f"{key}:{value}" if key else value
    return words.lower() in f"{message.subject}\n{message.sender}\n{message.text}".lower()


def _header(*names: str) -> Callable[[Message, str], bool]:
    def fits(message: Message, value: str) -> bool:
        return any(value in told.lower() for name in names for told in letters.field_values(message.raw, name))

    return fits


def _has_message_id(message: Message, value: str) -> bool:
    return [v.strip("<>").lower() for v in letters.message_ids(message.raw, "Message-ID")] == [value.strip("<>")]


def _has_attachment(message: Message, value: str) -> bool:
    return value == "attachment" and any(part.get_filename() for part in message.mail.walk())


_BY_KEY: dict[str, Callable[[Message, str], bool]] = {
    "from": _header("From"),
    "to": _header("To", "Cc", "Bcc"),
    "cc": _header("Cc"),
    "bcc": _header("Bcc"),
    "subject": _header("Subject"),
    "rfc822msgid": _has_message_id,
    "has": _has_attachment,
}


def _has_label(mailbox: Mailbox, message: Message, name: str) -> bool:
    if name in ("anywhere", "all"):
        return True
    if name == "read":
        return "UNREAD" not in message.labels
    wanted = {"drafts": "DRAFT", "draft": "DRAFT"}.get(name, name.upper())
    own = {label_id for label_id, title in mailbox.user_labels.items() if title.lower() == name}
    return bool(message.labels & {wanted, *own})


def _day(value: str, now: datetime) -> datetime:
    """An epoch second, or a day as 2026/11/24 (midnight; Gmail takes Pacific time, this one UTC); else now."""
    try:
        if value.isdecimal():
            return datetime.fromtimestamp(int(value), UTC)
        return datetime.strptime(value.replace("-", "/"), "%Y/%m/%d").replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return now

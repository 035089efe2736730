"""Which mails do people cause themselves: answers, forwards, reactions, calendar answers?

Rules of `incoming` that look at how a mail program builds a mail. Each returns its evidence or None.
"""

import re
from collections.abc import Mapping

from backend.domain.mail import Mail
from backend.domain.mail_text import answer_prefix, forward_prefix

Evidence = Mapping[str, str]

_REACTED = re.compile(
    r"^\W*(?:.{1,60}\breacted (?:to your (?:message|email)|via gmail)|"
    r".{1,60} hat (?:mit .{1,10} )?(?:über gmail )?auf "
    r".{0,20}reagiert|.{1,60}a réagi (?:à votre|via gmail)|.{1,60}reaccionó (?:a tu|a través de gmail))",
    re.IGNORECASE,
)
_REACTION_LINK = "utm_campaign=emojireactionemail"


def reaction(mail: Mail) -> Evidence | None:
    """Gmail's and Outlook's emoji reactions."""
    part = mail.part("text/vnd.google.email-reaction+json")
    if part:
        return {"part": part.content_type}
    if _REACTION_LINK in mail.html[:20_000] or _REACTION_LINK in mail.text[:5_000]:
        newest = mail.newest
        return {"text": newest[:80]} if len(newest) < 400 else None
    first = mail.newest[:200]
    if _REACTED.match(first) and len(mail.newest) < 300:
        return {"text": first[:80]}
    return None


_METHOD = re.compile(r"^METHOD(?:;[^:\r\n]*)?:\s*([A-Z-]+)", re.IGNORECASE | re.MULTILINE)
_CALENDAR_TYPES = ("text/calendar", "application/ics", "text/x-vcalendar")


# Where the calendar part cannot be seen (headers alone, or Outlook's winmail.dat), its subject has to do.
_ANSWER_OF_CALENDAR = re.compile(
    r"(?:accepted|declined|tentative(?:ly accepted)?|new time proposed|cancell?ed|zugesagt|abgelehnt|abgesagt|"
    r"mit vorbehalt|"
    r"unter vorbehalt|accepté|acceptée|refusé|refusée|provisoire|annulé|aceptad[oa]|rechazad[oa]|cancelad[oa]|"
    r"accettat[oa]|"
    r"rifiutat[oa]|annullat[oa]|geaccepteerd|afgewezen|geannuleerd|aceite|aceito|recusad[oa]|accepterat|avböjt|"
    r"accepteret|"
    r"afvist|godtatt|akseptert|avslått|hyväksytty|hylätty|zaakceptowan[oe]|odrzucon[oe]|přijato|odmítnuto|elfogadva|"
    r"принято|отклонено|kabul edildi|reddedildi|承諾|辞退|已接受|已拒绝|수락|거절)\s?[:：]",
    re.IGNORECASE,
)


def calendar(mail: Mail) -> Evidence | None:
    """An invitation's life: the METHOD inside is believed over the header's, as Outlook does."""
    for part in mail.parts:
        if part.content_type not in _CALENDAR_TYPES:
            continue
        inside = _METHOD.search(part.text)
        method = (inside.group(1) if inside else part.params.get("method", "")).upper()
        attached = part.content_type != "text/calendar" or part.disposition == "attachment"
        if method in ("", "PUBLISH") or (attached and method != "REPLY" and mail.content_type == "multipart/mixed"):
            continue
        return {"METHOD": method}
    if mail.content_type == "text/calendar" and mail.content_param("method") not in ("publish",):
        return {"Content-Type": "text/calendar"}
    if mail.says("Content-Class") == "urn:content-classes:calendarmessage":
        return {"Content-Class": "calendarmessage"}
    hidden = mail.headers_only or mail.part("application/ms-tnef") is not None
    if hidden and _ANSWER_OF_CALENDAR.match(mail.subject):
        return {"Subject": "a calendar's"}
    if mail.from_.address in ("calendar-notification@google.com",) or (
        (mail.headers_only or _ANSWER_OF_CALENDAR.match(mail.subject))
        and mail.says("Sender").endswith("<calendar-notification@google.com>")
    ):
        return {"Sender": "Google Calendar"}
    return None


_NORSE_FORWARD = re.compile(r"^\W*fra\s*:", re.IGNORECASE | re.MULTILINE)


def forward(mail: Mail) -> Evidence | None:
    """A mail passed on. Forwards carry In-Reply-To too, so the subject and the marks in the text decide."""
    if forward_prefix(mail.subject):
        return None if _written_to_the_rep(mail) else {"Subject": "a forward's prefix"}
    if mail.subject[:3].lower() == "vs:" and _NORSE_FORWARD.search(mail.text[:20_000]):
        return {"Subject": "VS: above a Norwegian or Danish block"}
    if answer_prefix(mail.subject):
        return None
    if mail.told.forwards:
        return {"text": "a forward's mark"}
    if any(part.content_type == "message/rfc822" for part in mail.parts) and not mail.in_reply_to:
        return {"part": "an enclosed mail"}
    return None


def _written_to_the_rep(mail: Mail) -> bool:
    """Somebody answers above what she passes on: one reader alone, called by name, and a question."""
    alone = len(mail.to) + len(mail.cc) == 1 and bool(mail.in_reply_to)
    return alone and greets_by_name(mail) and "?" in mail.newest


def refers(mail: Mail) -> str:
    """Name the header by which a mail refers to another; "" where there is none."""
    for name, present in (("In-Reply-To", mail.in_reply_to), ("References", mail.references)):
        if present:
            return name
    parent = mail.header("X-MS-Exchange-Parent-Message-Id") or mail.header("X-Microsoft-Original-Message-ID")
    if parent and answer_prefix(mail.subject):
        return "X-MS-Exchange-Parent-Message-Id"
    thread_index = "".join((mail.header("Thread-Index") or "").split())
    return "Thread-Index" if len(thread_index) > 32 else ""


def answers_by_reference(mail: Mail) -> Evidence | None:
    """A person's mail that names the one it answers."""
    by = refers(mail)
    return {"by": by} if by else None


def answers_by_subject(mail: Mail) -> Evidence | None:
    """Some mail programs (Nextcloud, ActiveSync, web forms) name no other mail; the prefix is all there is."""
    return {"Subject": "an answer's prefix"} if answer_prefix(mail.subject) else None


_DIGEST = re.compile(r"\bdigest\b|zusammenfassung", re.IGNORECASE)


def answers_by_quotation(mail: Mail) -> Evidence | None:
    """Web forms and old clients keep neither ids nor prefixes, but they quote."""
    parts_of_text = mail.told
    if mail.header("List-Id") and _DIGEST.search(mail.subject):
        return None
    return {"text": "a quotation"} if parts_of_text.quotes and parts_of_text.newest else None


_NAME_WORD = re.compile(r"[^\W\d_]{3,}")


def greets_by_name(mail: Mail) -> bool:
    """Tell whether the first line calls one of the recipients by name."""
    names = {word.lower() for person in mail.to[:3] for word in _NAME_WORD.findall(f"{person.name} {person.local}")}
    lines = (line.strip().lower() for line in mail.newest.lstrip()[:600].split("\n"))
    first = next((line for line in lines if line and "this line" not in line), "")  # below a ticket desk's own line
    if "@" in first[:60]:
        return False  # a program fills in the address; people call by name
    greeting = re.split(r"[,!:;.–—]\s|[,!:;.–—]$", first[:60])[0]
    return len(greeting) < 45 and bool(set(_NAME_WORD.findall(greeting)) & (names - _ROLE_WORDS))


_ROLE_WORDS = frozenset({"info", "sales", "support", "mail", "office", "team", "contact", "hello", "the", "and", "for"})

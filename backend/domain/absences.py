"""Is somebody away, and until when? Rules of `incoming` for absence notes without a header that says so.

One phrase alone seldom proves anything: people write "I am out of the office on Monday" too. So the words (`phrases`)
are weighed, and signs of a person are deducted: who quotes, asks, agrees or calls the rep by name is no machine.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from backend.domain.absence_dates import stated_return
from backend.domain.letters import greets_by_name, refers
from backend.domain.listed import from_list
from backend.domain.mail import Mail
from backend.domain.mail_text import after_tags, answer_prefix, without_prefixes
from backend.domain.phrases import (
    ABSENT,
    ABSENT_IN_SUBJECT,
    ABSENT_SUBJECT,
    AUTOMATIC,
    BACK,
    ENGAGED,
    INSTEAD,
    MARKED_AT_END,
    NO_ACCESS,
    QUESTION,
    THANKS,
    TOPIC,
)

Evidence = Mapping[str, str]

ENOUGH = 4.0


def starts_like_absence(subject: str) -> bool:
    """Tell whether a subject, as it stands, begins as automatic answers do. "Re: Automatic reply" does not."""
    if MARKED_AT_END.search(subject):
        return True
    return bool(ABSENT_SUBJECT.match(after_tags(subject)) or ABSENT_SUBJECT.match(subject)) and not answer_prefix(
        subject
    )


@dataclass(frozen=True)
class Score:
    """What speaks for an absence note, in words, and the sum with what speaks for a person deducted."""

    total: float
    words: tuple[str, ...] = ()


def absence_score(mail: Mail) -> Score:
    """Weigh the words that were written now; quoted ones count for nothing."""
    newest = _DISCLAIMER.split(mail.newest[:2500])[0]
    if not newest:
        return Score(0.0)
    weighed = ((3.0, AUTOMATIC), (2.0, ABSENT), (1.0, BACK), (1.0, INSTEAD), (1.0, NO_ACCESS))
    found = [(weight, match.group()) for weight, words in weighed if (match := words.search(newest))]
    topic = TOPIC.search(newest)
    if topic and found and not any(weight >= 2.0 for weight, _ in found):
        found = [(1.25, topic.group()), *found]
    total = sum(weight for weight, _ in found)
    if BACK.search(newest) and not re.search(r"\d", newest):
        total -= 0.5  # people say "until Monday", notes tell the date
    if BACK.search(newest) and NO_ACCESS.search(newest):
        total += 0.5  # a return and slow answers until then: seldom said together by hand
    elif not any(weight > 1.0 for weight, _ in found):
        return Score(0.0)
    total += 1.0 if THANKS.search(newest[:300]) else 0.0
    return Score(total - _person_in(mail, newest), tuple(" ".join(words.split())[:60] for _, words in found))


def _person_in(mail: Mail, newest: str) -> float:
    """Weigh what speaks for a person: who quotes, asks, agrees, or calls the rep by name. Notes do none of it."""
    engaged = 1.5 * min(2, len(ENGAGED.findall(newest)))
    asked = _OFFERED_HELP.sub("", re.sub(r"https?://\S+", "", newest))
    asks = 1.0 if QUESTION.search(asked) else 0.0
    quotes = 2.0 if mail.told.quotes else -1.0 - 0.75 * of_no_mail_program(mail)
    long = 1.0 if len(newest) > 2000 else 0.0
    listed = 1.5 if from_list(mail) else 0.0  # a member tells the list
    return engaged + asks + quotes + long + listed + 2.0 * greets_by_name(mail)


_DISCLAIMER = re.compile(
    r"^\W{0,6}(?:disclaimer|confidentiality|(?:this|the) (?:e-?mail|message|communication|information)\b.{0,120}"
    r"(?:confidential|privileged|intended)|diese e-?mail .{0,60}(?:vertraulich|bestimmt)|ce (?:message|courriel) et)",
    re.IGNORECASE | re.MULTILINE,
)


# "Is it urgent? Call us": notes ask only this.
_OFFERED_HELP = re.compile(
    r"[^.!?\n]{0,60}(?:urgent|urgency|emergency|sooner|questions?|need (?:help|assistance|anything)|dringend\w*|eilig|"
    r"fragen|spoed|haster|akut|urgence|urgenze?|urgencia|urgência|brådskande|pilne|срочн\w+)[^.!?\n]{0,20}\?",
    re.IGNORECASE,
)
_PROGRAMS = ("X-Mailer", "User-Agent", "X-Originating-IP", "X-MS-Has-Attach", "Thread-Index", "X-Received")


def of_no_mail_program(mail: Mail) -> bool:
    """Tell whether nothing shows a mail program: people's programs name themselves, or write HTML, or quote."""
    plain = mail.content_type == "text/plain" and not mail.headers_only
    return plain and not any(mail.header(name) for name in _PROGRAMS)


def absence_in_subject(subject: str) -> float:
    """Weigh a subject's words below its prefixes: 4 for one that starts as automatic answers do, less inside."""
    if starts_like_absence(subject):
        return 4.0
    if ABSENT_IN_SUBJECT.search(subject) and not answer_prefix(subject):
        return 3.0
    inside = without_prefixes(subject)
    return 1.0 if ABSENT_SUBJECT.match(inside) or ABSENT_IN_SUBJECT.search(inside) else 0.0


def subject_says_so(mail: Mail) -> Evidence | None:
    """A subject that begins as automatic answers do; with words in the text, one that holds them further inside."""
    weight = absence_in_subject(mail.subject)
    if mail.header("List-Unsubscribe") and not refers(mail):
        return None  # a mailing about holidays
    if weight >= 4.0:
        by_person = _person_announces(mail) or _person_asks(mail)
        return None if by_person else {"Subject": mail.subject[:80]}
    if weight >= 1.0 and weight + absence_score(mail).total >= ENOUGH + 1.0:
        return {"Subject": mail.subject[:80], "text": "; ".join(absence_score(mail).words)}
    return None


def _person_announces(mail: Mail) -> bool:
    """Somebody tells the team about a holiday: a new mail to several people, written in a mail program."""
    several = len(mail.to) + len(mail.cc) > 2
    return several and not refers(mail) and bool(mail.header("User-Agent") or mail.header("X-Mailer"))


def _person_asks(mail: Mail) -> bool:
    """A subject of one's own, as "Out of office next week, so let us talk today", above words that deal with ours."""
    newest = mail.newest[:2500]
    if AUTOMATIC.search(mail.subject) or AUTOMATIC.search(newest):
        return False
    asks = QUESTION.search(_OFFERED_HELP.sub("", newest)) is not None
    return asks and bool(ENGAGED.search(newest)) and bool(refers(mail))


def text_says_so(mail: Mail) -> Evidence | None:
    """A text that is an absence note and nothing else."""
    if not (refers(mail) or answer_prefix(mail.subject)):
        return None if mail.header("List-Unsubscribe") else _weighed(mail, ENOUGH)
    return _weighed(mail, ENOUGH)


def _weighed(mail: Mail, enough: float) -> Evidence | None:
    score = absence_score(mail)
    total = score.total + absence_in_subject(mail.subject)
    total += 1.0 if (mail.header("Return-Path") or "").strip() == "<>" else 0.0
    total += 1.0 if "all" in mail.says("X-Auto-Response-Suppress") else 0.0
    return {"text": "; ".join(score.words), "weight": f"{total:g}"} if total >= enough and score.words else None


def back_on(mail: Mail) -> date | None:
    """Return the day on which the sender says to be back, or until which to be away; None where none is stated."""
    text = f"{mail.subject}\n{mail.newest[:3000]}"
    return stated_return(text, mail.date.date() if mail.date else None)

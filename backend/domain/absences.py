"""Is somebody away, and until when? Rules of `incoming` for absence notes without a header that says so.

The words are in `phrases`, dates in `absence_dates`.
"""

from collections.abc import Mapping
from datetime import date

from backend.domain.absence_dates import stated_return
from backend.domain.letters import refers
from backend.domain.mail import Mail
from backend.domain.mail_text import answer_prefix
from backend.domain.phrases import absence_in_subject, absence_score

Evidence = Mapping[str, str]

ENOUGH = 3.5


def subject_says_so(mail: Mail) -> Evidence | None:
    """A subject that begins as automatic answers do; with words in the text, one that holds them further inside."""
    weight = absence_in_subject(mail.subject)
    if weight >= 4.0:
        return None if _person_announces(mail) else {"Subject": mail.subject[:80]}
    if weight >= 1.0 and weight + absence_score(mail).total >= ENOUGH + 1.5:
        return {"Subject": mail.subject[:80], "text": "; ".join(absence_score(mail).words)}
    return None


def _person_announces(mail: Mail) -> bool:
    """Somebody tells the team about a holiday: a new mail to several people, written in a mail program."""
    several = len(mail.to) + len(mail.cc) > 2
    return several and not refers(mail) and bool(mail.header("User-Agent") or mail.header("X-Mailer"))


def text_says_so(mail: Mail) -> Evidence | None:
    """A text that is an absence note and nothing else."""
    if not (refers(mail) or answer_prefix(mail.subject)):
        return None if mail.header("List-Unsubscribe") else _weighed(mail, ENOUGH + 0.5)
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

"""Does an incoming mail answer a tracked message, which one, and who wrote it?

What the mail is comes from `incoming`. Here it is matched: In-Reply-To, References (the last first), the mail that is
returned inside, ids that servers kept when they rewrote them, Thread-Index, and at lower confidence the provider's
thread, a bounce's failed recipient, or subject with people and time ("probably"). Only ids read back from sent copies
are offered for matching, never ids that we chose. Every match says its evidence.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from backend.domain.incoming import RULES_VERSION, Finding, Kind, what_is
from backend.domain.mail import Mail
from backend.domain.mail_pieces import message_ids
from backend.domain.people import Answerer, MailboxFacts, Recipient, is_own, who_answered

__all__ = [
    "RULES_VERSION",
    "Judgement",
    "MailboxFacts",
    "Recipient",
    "TrackedMessage",
    "judge_alone",
    "judge_incoming",
    "references_of",
    "thread_key",
]

PROBABLY_WITHIN = timedelta(days=45)


@dataclass(frozen=True)
class TrackedMessage:
    """A sent message that could be answered. `message_id_header` is as read back, without angle brackets.

    What is known of its conversation: the ids of the mails in it (answers, the rep's own), the provider's threads that
    they are in, and what Outlook's Thread-Index begins with there.
    """

    message_id: int
    message_id_header: str
    thread_id: str | None = None
    subject: str = ""
    sent_at: datetime | None = None
    recipients: tuple[Recipient, ...] = ()
    thread_keys: frozenset[str] = frozenset()
    mail_ids: frozenset[str] = frozenset()
    thread_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judgement:
    """What a mail is to us. `message_id` is the tracked message that it is about, `answers` that message's header.

    `who` is "" where nobody answered. Only a judgement of kind "reply" stops anything, and it always has a message.
    """

    kind: Kind
    rule: str
    sentence: str
    answers: str | None = None
    message_id: int | None = None
    who: str = ""
    confidence: float = 1.0
    evidence: Mapping[str, str] = field(default_factory=dict)
    back_on: date | None = None
    failed: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Match:
    """Which tracked message, by what, and how sure."""

    message: TrackedMessage
    by: str
    value: str
    confidence: float


def judge_incoming(
    mail: Mail,
    tracked: Sequence[TrackedMessage],
    mailbox: MailboxFacts,
    *,
    thread_id: str | None = None,
    labels: frozenset[str] = frozenset(),
) -> Judgement:
    """Say what the mail is and which of the tracked messages it is about. The same input gives the same judgement."""
    finding = what_is(mail)
    match = find_match(mail, tracked, finding, thread_id)
    if labels & {"SENT", "DRAFT"} or is_own(mail.from_.address, mailbox):
        own = Judgement("own", "own mail", "Written by the rep, so it is no answer.", confidence=0.99)
        return _about(own, match, "own")
    if finding.kind == "reply" or (finding.rule == "new mail" and match):
        return _answered(mail, finding, match, mailbox)
    return _about(_plain(finding), match, "")


def judge_alone(mail: Mail, mailbox: MailboxFacts) -> Judgement:
    """Judge without knowing what was sent: whatever the mail refers to is taken as tracked."""
    tracked = [TrackedMessage(number, each) for number, each in enumerate(references_of(mail))]
    judged = judge_incoming(mail, tracked, mailbox)
    finding = what_is(mail)
    if judged.rule == "answers nothing tracked" and finding.kind == "reply":
        return _plain(finding)
    if judged.kind == "reply":
        return replace(judged, who="", sentence=finding.sentence)
    return judged


def _plain(finding: Finding) -> Judgement:
    return Judgement(
        kind=finding.kind,
        rule=finding.rule,
        sentence=finding.sentence,
        confidence=finding.confidence,
        evidence=finding.evidence,
        back_on=finding.back_on,
        failed=finding.failed,
        reason=finding.reason,
    )


def _about(judgement: Judgement, match: Match | None, who: str) -> Judgement:
    if match is None:
        return replace(judgement, who=who)
    evidence = {**judgement.evidence, "matched by": match.by, "matched": match.value}
    return replace(
        judgement,
        answers=match.message.message_id_header,
        message_id=match.message.message_id,
        who=who,
        confidence=round(judgement.confidence * match.confidence, 3),
        evidence=evidence,
    )


def _answered(mail: Mail, finding: Finding, match: Match | None, mailbox: MailboxFacts) -> Judgement:
    if match is None:
        return Judgement(
            "unrelated",
            "answers nothing tracked",
            "A person's mail, but it answers no tracked message.",
            confidence=finding.confidence,
            evidence=finding.evidence,
        )
    answerer = who_answered(mail.from_, match.message.recipients, mailbox)
    judged = replace(_plain(finding), kind="reply", rule=_rule_of(match), sentence=_sentence(answerer, match))
    if answerer.who == "colleague":
        judged = replace(judged, kind="unrelated", rule="colleague", sentence="A colleague wrote inside the thread.")
    return _about(replace(judged, confidence=0.99 if match.confidence > 0.9 else 1.0), match, answerer.who)


def _rule_of(match: Match) -> str:
    return f"person answers by {match.by}"


def _sentence(answerer: Answerer, match: Match) -> str:
    said = answerer.sentence[0].upper() + answerer.sentence[1:]
    return f"{said}." if match.confidence > 0.85 else f"Probably {answerer.sentence}, judged by the {match.by}."


# --- matching ---------------------------------------------------------------------------------------------------

_KEPT_IDS = ("X-Microsoft-Original-Message-ID", "X-MS-Exchange-Parent-Message-Id", "X-Google-Original-Message-ID")
_ID_IN_TEXT = re.compile(r"^[ \t>|]*(?:Original-)?Message-Id[ \t]*:[ \t]*(?:\n[ \t]+)?(<[^<>\n]{3,300}>)", re.I | re.M)


def _ids(mail: Mail) -> Iterable[tuple[str, str, float]]:
    """Yield every id that the mail may be about: by what, the id, how sure. The surest first."""
    for each in mail.in_reply_to_ids:
        yield "In-Reply-To", each, 0.99
    for each in reversed(mail.references):
        yield "References", each, 0.98
    for each in _returned_ids(mail):
        yield "returned mail", each, 0.97
    for name in _KEPT_IDS:
        for each in message_ids(mail.header(name) or ""):
            yield name, each, 0.95


def _returned_ids(mail: Mail) -> list[str]:
    """The ids of a returned mail: enclosed, named by a receipt, or printed in the server's text."""
    found = list(message_ids(mail.returned("Message-ID") or ""))
    report = mail.content_type == "multipart/report" or mail.content_param("report-type")
    texts = [part.text for part in mail.parts if part.content_type.startswith("message/")]
    if report or not mail.in_reply_to:
        texts += [part.text for part in mail.parts if part.content_type == "text/plain"]
    for text in texts:
        for each in _ID_IN_TEXT.findall(text[:60_000]):
            found += message_ids(each)
    for name in ("X-MS-Exchange-Parent-Message-Id", "X-Original-Message-ID"):
        found += message_ids(mail.returned(name) or "")
    return found


def references_of(mail: Mail) -> tuple[str, ...]:
    """Return all ids worth looking up in the store, each once, the surest first."""
    return tuple(dict.fromkeys(each for _, each, _ in _ids(mail) if each != mail.message_id))


def id_key(message_id: str) -> str:
    """Return what two writings of one id share: case is often lost, and SES changes its own domain."""
    local, _, domain = message_id.strip("<> ").rpartition("@")
    return local.lower() if domain.lower().endswith("amazonses.com") else f"{local}@{domain}".lower()


def find_match(mail: Mail, tracked: Sequence[TrackedMessage], finding: Finding, thread_id: str | None) -> Match | None:
    """Find the tracked message that a mail is about, by the surest evidence there is."""
    by_id = {id_key(each.message_id_header): each for each in tracked if each.message_id_header}
    for by, each, confidence in _ids(mail):
        if message := by_id.get(id_key(each)):
            return Match(message, by, each, confidence)
    in_conversation = {id_key(each): message for message in tracked for each in sorted(message.mail_ids)}
    for by, each, confidence in _ids(mail):
        if message := in_conversation.get(id_key(each)):
            return Match(message, f"{by} to a mail of the conversation", each, confidence - 0.02)
    return (
        _by_thread_index(mail, tracked)
        or _by_thread(mail, tracked, thread_id)
        or _by_failed_recipient(mail, tracked, finding)
        or _by_subject_and_people(mail, tracked, finding)
    )


def thread_key(thread_index: str | None) -> str:
    """Return the part of a Thread-Index that the whole thread shares; "" where it is too short to tell."""
    joined = "".join((thread_index or "").split())
    return joined[:29] if len(joined) >= 29 else ""  # 22 bytes; of the 30th character only a part is the thread's


def _by_thread_index(mail: Mail, tracked: Sequence[TrackedMessage]) -> Match | None:
    key = thread_key(mail.header("Thread-Index"))
    fitting = [each for each in tracked if key and key in each.thread_keys]
    message = _latest_before(fitting, mail.date)
    return Match(message, "Thread-Index", key, 0.9) if message else None


def _by_thread(mail: Mail, tracked: Sequence[TrackedMessage], thread_id: str | None) -> Match | None:
    fitting = [each for each in tracked if thread_id and thread_id in (each.thread_id, *each.thread_ids)]
    message = _latest_before(fitting, mail.date)
    return Match(message, "thread", thread_id or "", 0.85) if message else None


def _latest_before(messages: Sequence[TrackedMessage], at: datetime | None) -> TrackedMessage | None:
    """The last one sent before an instant; the last of all where no instant is known. A clock may be an hour off."""
    limit = at + timedelta(hours=1) if at else None
    dated = [each for each in messages if not (limit and each.sent_at and each.sent_at > limit)]
    return max(dated, key=lambda each: (_age_key(each.sent_at), each.message_id), default=None)


def _age_key(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _by_failed_recipient(mail: Mail, tracked: Sequence[TrackedMessage], finding: Finding) -> Match | None:
    if finding.kind != "bounce" or not finding.failed:
        return None
    failed = set(finding.failed)
    fitting = [
        each
        for each in tracked
        if failed & {person.address.lower() for person in each.recipients}
        and _soon_after(mail, each, timedelta(days=6))
    ]
    message = _latest_before(fitting, mail.date)
    return Match(message, "failed recipient and time", " ".join(sorted(failed)), 0.7) if message else None


def _by_subject_and_people(mail: Mail, tracked: Sequence[TrackedMessage], finding: Finding) -> Match | None:
    """The last resort: one of the people answers under the same subject, soon enough, naming no other mail."""
    if finding.kind not in ("reply", "auto_reply", "bounce", "receipt") or len(mail.bare_subject) < 3:
        return None
    if finding.kind == "reply" and (mail.in_reply_to or mail.references):
        return None
    nobody = MailboxFacts()
    fitting = [
        each
        for each in tracked
        if each.subject
        and subject_key(each.subject) == mail.bare_subject
        and _soon_after(mail, each, PROBABLY_WITHIN)
        and (finding.kind == "bounce" or who_answered(mail.from_, each.recipients, nobody).recipient)
    ]
    message = _latest_before(fitting, mail.date)
    return Match(message, "subject, people and time", mail.bare_subject[:80], 0.6) if message else None


def subject_key(subject: str) -> str:
    """Return a subject as it compares with an answer's."""
    return Mail((("Subject", subject),)).bare_subject


def _soon_after(mail: Mail, message: TrackedMessage, within: timedelta) -> bool:
    if mail.date is None or message.sent_at is None:
        return True
    return message.sent_at - timedelta(hours=1) <= mail.date <= message.sent_at + within

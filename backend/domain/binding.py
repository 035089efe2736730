"""Which prepared message became this sent copy?

In `full` mode the token in the sent body says it. A reply that quotes an old tracked mail carries old tokens too, so
only messages that are still prepared are offered, and theirs alone count. In `headers` mode there is no body: the
recipients say it, with the subject where it is known and the time between pressing Track and sending. Who tracks a
mail sends it soon, mostly; the longer it took, the likelier the tracked draft was thrown away and this is another mail
to the same people, that carries no image. So the certainty falls with the wait (`_patience`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from backend.domain.people import Recipient, canonical
from backend.domain.replies import subject_key

Mode = Literal["full", "headers"]

WINDOW = timedelta(days=7)  # a prepared message lapses after a week
SURE_WITHIN = timedelta(hours=1)
LIKELY_WITHIN = timedelta(days=1)  # longer only where the subject is known to be the same: a scheduled mail
LIKELY = 0.7  # said with "probably"
CLOCK_SLACK = timedelta(minutes=2)  # the sent copy's date is the sender's clock, ours is another


@dataclass(frozen=True)
class SentCopy:
    """A sent message as the mailbox shows it. `tokens` are those found in its body, empty in `headers` mode."""

    message_id_header: str
    provider_message_id: str
    thread_id: str | None
    recipients: tuple[Recipient, ...]
    subject: str
    sent_at: datetime
    tokens: frozenset[str] = field(default_factory=frozenset)
    thread_index: str | None = None


@dataclass(frozen=True)
class PreparedMessage:
    """A message that waits for its sent copy."""

    message_id: int
    tokens: frozenset[str]
    recipients: tuple[Recipient, ...]
    subject: str | None
    prepared_at: datetime


@dataclass(frozen=True)
class Binding:
    """Which message the sent copy is, by which rule."""

    message_id: int
    rule: str
    sentence: str
    confidence: float = 1.0


def bind(sent: SentCopy, prepared: Sequence[PreparedMessage], mode: Mode) -> Binding | None:
    """Find the one prepared message that this sent copy is, or None. The order of `prepared` does not matter."""
    if mode == "full":
        return _by_token(sent, prepared)
    return _by_headers(sent, prepared)


def bind_all(copies: Sequence[SentCopy], prepared: Sequence[PreparedMessage], mode: Mode) -> dict[str, Binding]:
    """Bind several copies, oldest first, each to a message of its own. Keys are provider message ids."""
    open_, bound = list(prepared), {}
    for copy in sorted(copies, key=lambda each: (each.sent_at, each.provider_message_id)):
        if binding := bind(copy, open_, mode):
            bound[copy.provider_message_id] = binding
            open_ = [each for each in open_ if each.message_id != binding.message_id]
    return bound


def _by_token(sent: SentCopy, prepared: Sequence[PreparedMessage]) -> Binding | None:
    """Two prepared messages' tokens in one body: a draft was tracked twice. The later press is the one in force."""
    fitting = [each for each in prepared if each.tokens & sent.tokens]
    if not fitting:
        return None
    latest = max(fitting, key=lambda each: (each.prepared_at, each.message_id))
    return Binding(latest.message_id, "token in the body", "The sent copy carries this message's own address.")


def _by_headers(sent: SentCopy, prepared: Sequence[PreparedMessage]) -> Binding | None:
    scored = [(score, each) for each in prepared if (score := _likeness(sent, each)) >= 0.5]
    if not scored:
        return None
    score, message = max(scored, key=lambda each: (each[0], each[1].prepared_at, each[1].message_id))
    if sum(1 for each, _ in scored if each == score) > 1:
        sentence = (
            "Several tracked mails like this one waited to be sent; this is the last of them, and may be another."
        )
        return Binding(message.message_id, "the last of several alike", sentence, min(score, 0.5))
    if sent.sent_at - message.prepared_at > SURE_WITHIN:
        sentence = "A mail to these people was tracked long before this one was sent; this is probably the same mail."
        return Binding(message.message_id, "recipients, after a long wait", sentence, score)
    if score >= 0.9:
        sentence = "The sent copy has the same recipients, and was sent after Track was pressed."
        return Binding(message.message_id, "recipients and time", sentence, score)
    sentence = "The sent copy's recipients are nearly the same, and it was sent after Track was pressed."
    return Binding(message.message_id, "nearly the same recipients", sentence, score)


def _likeness(sent: SentCopy, prepared: PreparedMessage) -> float:
    """Say how well a copy fits: 0 outside the window or under another subject, near 1 for the same people, soon."""
    waited = sent.sent_at - prepared.prepared_at
    if not -CLOCK_SLACK <= waited <= WINDOW:
        return 0.0
    likeness = _people_and_subject(sent, prepared, waited)
    return likeness if waited <= SURE_WITHIN else _patience(sent, prepared, waited, likeness)


def _patience(sent: SentCopy, prepared: PreparedMessage, waited: timedelta, likeness: float) -> float:
    """What is left of a likeness after a long wait: only for just the same people, and never surely."""
    if _people(sent.recipients) != _people(prepared.recipients) or likeness < 0.9:
        return 0.0
    is_scheduled = bool(prepared.subject) and subject_key(prepared.subject or "") == subject_key(sent.subject)
    return LIKELY if waited <= LIKELY_WITHIN or is_scheduled else 0.0


def _people_and_subject(sent: SentCopy, prepared: PreparedMessage, waited: timedelta) -> float:
    ours, theirs = _people(prepared.recipients), _people(sent.recipients)
    if not theirs:
        return 0.0
    known_subject = prepared.subject is not None and prepared.subject.strip() != ""
    same_subject = known_subject and subject_key(prepared.subject or "") == subject_key(sent.subject)
    if not ours:  # Track was pressed before anybody was filled in
        return 0.6 if same_subject or waited <= SURE_WITHIN else 0.0
    shared = len(ours & theirs) / len(ours | theirs)
    if known_subject and not same_subject:
        return 0.0 if shared < 1.0 else 0.55  # the rep may have changed the subject after pressing
    if shared == 1.0:
        return 1.0 if same_subject else 0.95
    return round(0.5 + 0.35 * shared, 3) if shared >= 0.5 or (ours & theirs and same_subject) else 0.0


def _people(recipients: Sequence[Recipient]) -> frozenset[str]:
    return frozenset(canonical(each.address) for each in recipients if each.address)

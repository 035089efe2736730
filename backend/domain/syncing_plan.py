"""What do a mailbox's messages mean for the tracked ones? The pure half of `services.syncing`.

Sent copies are recognised here (`binding` decides which), everything else is judged (`replies` decides what it is).
Nothing about mail that concerns no tracked message leaves this module.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email import message_from_bytes

from backend.domain.answer_text import new_text
from backend.domain.binding import Binding, Mode, PreparedMessage, SentCopy, bind_all
from backend.domain.feed import PROBABLE_BELOW
from backend.domain.mail import Mail, headers_as_they_came, mail_from_headers, parse_mail
from backend.domain.mail_pieces import addresses
from backend.domain.mailboxes import MailHeaders, RawMail
from backend.domain.people import MailboxFacts, Recipient
from backend.domain.replies import Judgement, TrackedMessage, judge_incoming, references_of, thread_key
from backend.domain.tokens import find_tokens
from backend.errors import UnreadableMail

FEED_KINDS = frozenset({"reply", "auto_reply", "bounce", "receipt", "calendar"})


@dataclass(frozen=True)
class Bound:
    """A sent copy, and the message that it is."""

    copy: SentCopy
    binding: Binding

    @property
    def as_tracked(self) -> TrackedMessage:
        return TrackedMessage(
            message_id=self.binding.message_id,
            message_id_header=self.copy.message_id_header,
            thread_id=self.copy.thread_id,
            subject=self.copy.subject,
            sent_at=self.copy.sent_at,
            recipients=self.copy.recipients,
            thread_keys=frozenset(filter(None, [thread_key(self.copy.thread_index)])),
        )


@dataclass(frozen=True)
class Letter:
    """A message of the mailbox, read as mail; by its headers alone, or with its body."""

    at: MailHeaders
    mail: Mail = field(repr=False)

    @property
    def references(self) -> tuple[str, ...]:
        return references_of(self.mail)


@dataclass(frozen=True)
class Judged:
    """A letter that concerns a tracked message, and what it is to it."""

    letter: Letter
    judgement: Judgement


def letter_of(at: MailHeaders) -> Letter:
    """Read a message by its headers."""
    return Letter(at, mail_from_headers(at.headers, mime_type=at.mime_type))


def whole_letter(raw: RawMail) -> Letter:
    """Read a whole message; one that is no mail at all is a letter without anything in it."""
    try:
        headers, mail = headers_as_they_came(raw.content), parse_mail(raw.content)
    except UnreadableMail:
        headers, mail = (), mail_from_headers(())
    at = MailHeaders(raw.id, raw.thread_id, raw.received_at, raw.is_sent, raw.is_draft, headers)
    return Letter(at, mail)


def bind_copies(
    sent: Sequence[Letter], bodies: Mapping[str, bytes], prepared: Sequence[PreparedMessage], mode: Mode
) -> list[Bound]:
    """Recognise the sent copies of prepared messages; `bodies` are whole mails by the provider's id, in `full` mode."""
    copies = {letter.at.id: _copy(letter, bodies.get(letter.at.id)) for letter in sent}
    bound = bind_all(list(copies.values()), prepared, mode)
    return [Bound(copies[id_], binding) for id_, binding in sorted(bound.items(), key=lambda item: item[1].message_id)]


def judge_letters(letters: Sequence[Letter], tracked: Sequence[TrackedMessage], facts: MailboxFacts) -> list[Judged]:
    """Judge letters as they came, one after the other: each may answer what one before it added to a conversation."""
    known = {each.message_id: each for each in tracked}
    judged = []
    for letter in sorted(letters, key=lambda each: (each.at.received_at, each.at.id)):
        judgement = judge_letter(letter, known.values(), facts)
        judged.append(Judged(letter, judgement))
        if judgement.message_id is not None:
            known[judgement.message_id] = _with(known[judgement.message_id], letter)
    return judged


def _with(message: TrackedMessage, letter: Letter) -> TrackedMessage:
    keys = {thread_key(letter.mail.header("Thread-Index"))} - {""}
    return replace(
        message,
        mail_ids=message.mail_ids | {each for each in (letter.mail.message_id,) if each},
        thread_ids=message.thread_ids | {letter.at.thread_id},
        thread_keys=message.thread_keys | keys,
    )


def aliases_in(letters: Iterable[Letter], facts: MailboxFacts) -> frozenset[str]:
    """Addresses that the owner sends from and we did not know; under gmail.metadata nobody tells us of them."""
    senders = {letter.mail.from_.address for letter in letters if letter.at.is_sent} - {""}
    return frozenset(senders - facts.own_addresses - facts.colleague_addresses)


def judge_letter(letter: Letter, tracked: Iterable[TrackedMessage], facts: MailboxFacts) -> Judgement:
    """Say what a letter is to the tracked messages; nothing can answer what was sent after it, but by naming it."""
    named = {reference.lower() for reference in letter.references}
    earlier = [
        each
        for each in tracked
        if each.sent_at is None or each.sent_at <= letter.at.received_at or each.message_id_header.lower() in named
    ]
    labels = {name for name, has in (("SENT", letter.at.is_sent), ("DRAFT", letter.at.is_draft)) if has}
    return judge_incoming(letter.mail, earlier, facts, thread_id=letter.at.thread_id, labels=frozenset(labels))


def wants_body(letter: Letter, judgement: Judgement) -> bool:
    """Whether the whole mail would tell more: it concerns us by its headers, or is a report that returns a mail."""
    if letter.at.is_sent or judgement.kind == "own" or not letter.mail.headers_only:
        return False
    return judgement.message_id is not None or is_report(letter.mail)


def is_report(mail: Mail) -> bool:
    """Whether the mail is a report about another one (RFC 6522), or comes from where such reports come from."""
    return mail.content_type == "multipart/report" or mail.from_.local in ("mailer-daemon", "postmaster")


def feed_kind(judgement: Judgement) -> str:
    """As what the feed tells it; "" where it is not told. That somebody calls a mail spam, the rep has to know."""
    if judgement.rule == "complaint":
        return "complaint"
    return judgement.kind if judgement.kind in FEED_KINDS else ""


def told(judged: Judged) -> dict[str, object]:
    """What the feed says of it: who, how, the sentence, how sure."""
    mail, judgement, kind = judged.letter.mail, judged.judgement, feed_kind(judged.judgement)
    by_server = kind in ("bounce", "complaint")
    blamed = judgement.failed[0] if kind == "bounce" and judgement.failed else judgement.evidence.get("recipient", "")
    data: dict[str, object] = {
        "address": blamed if kind == "complaint" else (blamed or mail.from_.address),
        "who": "" if by_server else mail.from_.name or mail.from_.address,
        "how": judgement.who,
        "rule": judgement.rule,
        "sentence": judgement.sentence,
        "confidence": judgement.confidence,
    }
    if judgement.reason:
        data["reason"] = judgement.reason
    if judgement.back_on is not None:
        data["back_on"] = judgement.back_on.isoformat()
    if text := _text_of(judged):
        data["text"] = text
    return data


def _text_of(judged: Judged) -> str:
    """What was answered, where the body was read (never in `headers` mode) and the mail certainly is an answer.

    Colleagues read the feed: a mail that only probably concerns a tracked one is not shown to them.
    """
    is_answer = judged.judgement.kind in ("reply", "auto_reply") and judged.judgement.confidence >= PROBABLE_BELOW
    return new_text(judged.letter.mail) if is_answer and not judged.letter.mail.headers_only else ""


def tokens_in(raw: bytes) -> frozenset[str]:
    """Find our tokens in a mail, however long it is: the image stands at its very end."""
    try:
        contents = [
            part.get_payload(decode=True)
            for part in message_from_bytes(raw).walk()
            if part.get_content_maintype() == "text"
        ]
    except (RecursionError, ValueError, LookupError, AssertionError):  # broken past what the parser takes
        contents = [raw]
    found = [find_tokens(content.decode("ascii", "replace")) for content in contents if isinstance(content, bytes)]
    return frozenset().union(*found)


def recipients_of(mail: Mail) -> tuple[Recipient, ...]:
    """Everybody the mail went to, each once, by the first header that names them."""
    found: dict[str, Recipient] = {}
    for role, people in (("to", mail.to), ("cc", mail.cc), ("bcc", addresses(", ".join(mail.all_headers("Bcc"))))):
        for person in people:
            if person.address:
                found.setdefault(person.address, Recipient(person.address, person.name, role))  # type: ignore[arg-type]
    return tuple(found.values())


def _copy(letter: Letter, body: bytes | None) -> SentCopy:
    return SentCopy(
        message_id_header=letter.mail.message_id or "",
        provider_message_id=letter.at.id,
        thread_id=letter.at.thread_id,
        recipients=recipients_of(letter.mail),
        subject=letter.mail.subject,
        sent_at=letter.at.received_at,
        tokens=tokens_in(body) if body is not None else frozenset(),
        thread_index=letter.mail.header("Thread-Index"),
    )

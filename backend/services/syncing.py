"""What is new in a mailbox's tracked conversations, and what does it mean? Reading, planning, storing.

    history since the cursor -> what is worth reading at once (`domain.looking`) -> whole mails, or headers alone
        -> bind sent copies -> threads of what was bound -> judge -> store all, and the new cursor, in one transaction

What else came is looked at by `services.looking`, from a cursor of its own. Network and transactions take turns. Facts
are read after the history, so a message that was prepared before its copy was sent is known. A plan is stored only
where the cursor still stands where it was read from: whoever comes second finds it moved and begins anew from there. So
pushes may be repeated, reordered or lost, workers may be killed or run side by side, and the rows are those of one
clean run. A message's thread is read when it is bound, so that an answer that came before its sent copy was seen is
found, too.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine

from backend.domain.binding import PreparedMessage
from backend.domain.looking import aside, closely, likely_senders, worth_after_gap
from backend.domain.mail import Mail, parse_mail
from backend.domain.mailboxes import Changes, FoundMail
from backend.domain.people import MailboxFacts
from backend.domain.replies import TrackedMessage, thread_key
from backend.domain.syncing_plan import (
    Bound,
    Judged,
    Letter,
    aliases_in,
    bind_copies,
    feed_kind,
    is_report,
    judge_letters,
    letter_of,
    told,
    wants_body,
    whole_letter,
)
from backend.errors import CursorExpired, Transient, UnreadableMail
from backend.services.hits import lock_messages, settle_message
from backend.services.mailboxes import open_mailbox, withdrawal_noted
from backend.services.ports import MailboxProvider, MailboxSession, SecretBox
from backend.store import conversations
from backend.store import incoming as store
from backend.store.feed import FeedItem, put_item
from backend.store.mailboxes import Cursors, Mailbox, find_mailbox, lock_mailbox, put_cursors, put_own_addresses
from backend.store.queue import enqueue

log = structlog.get_logger(__name__)

# One step through an open mailbox: whether there is more, and whether this one was stored
Step = Callable[[MailboxSession, Mailbox], tuple[bool, bool]]

MOST_STEPS = 200
MOST_OVERTAKEN = 5
JUST_SENT = timedelta(minutes=15)  # absence notes and bounces come within minutes, in conversations of their own
LOOK_SOON_AFTER = JUST_SENT
_CLOCKS_APART = timedelta(seconds=5)
WRITTEN_WITHIN, MOST_SENDERS = timedelta(days=45), 400
_GAP_AT_MOST = timedelta(days=30)
_GAP_STEP, _GAP_STRANGERS = 100, 50  # mails: of conversations, of copies, of likely senders; and of anybody


@dataclass(frozen=True)
class Plan:
    """Everything that one step will store. Without `cursors` the mailbox stays where it stands."""

    bound: Sequence[Bound]
    judged: Sequence[Judged]
    cursors: Cursors | None
    aliases: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """What was known when the history had been read."""

    prepared: Sequence[PreparedMessage]
    is_tracking: bool
    people: MailboxFacts
    stored: frozenset[str]
    threads: frozenset[str]
    has_just_sent: bool

    @property
    def concerns_us(self) -> bool:
        """Whether any mail could be about a message of ours."""
        return self.is_tracking or bool(self.prepared)


def sync_mailbox(
    engine: Engine, provider: MailboxProvider, secrets: SecretBox, mailbox: tuple[int, int], now: datetime
) -> None:
    """Read what is new in (workspace, mailbox)'s conversations and store it. Safe to repeat; commits step by step.

    Raises RateLimited and Transient; what was stored by then stays. A withdrawn consent disconnects the mailbox.
    """
    read_in_steps(engine, provider, secrets, mailbox, lambda session, found: _read(engine, session, found, now))


def read_in_steps(
    engine: Engine, provider: MailboxProvider, secrets: SecretBox, mailbox: tuple[int, int], step: Step
) -> bool:
    """Take steps through (workspace, mailbox) until there is no more; returns whether it is still connected.

    Where another worker was faster, a step is taken anew from where that one left the mailbox. Raises RateLimited and
    Transient; a withdrawn consent disconnects the mailbox.
    """
    overtaken = 0
    for _ in range(MOST_STEPS):
        with engine.begin() as conn:
            found = find_mailbox(conn, *mailbox)
        if found is None or not found.is_connected:
            return False
        more = stored = False
        with withdrawal_noted(engine, found):
            more, stored = step(open_mailbox(provider, secrets, found), found)
        overtaken += not stored
        if overtaken > MOST_OVERTAKEN:
            raise Transient("Other workers read this mailbox all the time.")
        if stored and not more:
            break
    return True


def _read(engine: Engine, session: MailboxSession, found: Mailbox, now: datetime) -> tuple[bool, bool]:
    """One step through our conversations: whether there is more, and whether this one was stored."""
    more = stored = False
    for changes in _steps(engine, session, found, now):
        plan = plan_step(engine, session, found, changes, now)
        with engine.begin() as conn:
            stored = store_plan(conn, found, plan, now)
        more = changes.more
        if not stored:
            break
    return more, stored


def lapse_prepared(conn: Connection, now: datetime) -> int:
    """Give up messages that were never sent. The caller commits."""
    return store.lapse_prepared(conn, now)


def plan_step(engine: Engine, session: MailboxSession, mailbox: Mailbox, changes: Changes, now: datetime) -> Plan:
    """Look at what was found and decide what it means. Network and short reading transactions in turn."""
    cursors: Cursors | None = Cursors(
        changes.cursor, changes.cursor if changes.after_a_gap else mailbox.looked_history_id
    )
    if changes.after_a_gap and changes.more:
        cursors = None
    with engine.begin() as conn:
        known = known_of(conn, mailbox, changes.found, now)
    if not known.concerns_us:
        return Plan((), (), cursors)
    fresh = [mail for mail in changes.found if mail.id not in known.stored and not mail.is_draft]
    now_read = closely(fresh, known.threads, awaits_copies=bool(known.prepared))
    is_whole = mailbox.mode == "full"
    letters, contents = _letters(session, [mail.id for mail in now_read], is_whole)
    bound = _bind(session, mailbox, known, letters, contents)
    seen = {letter.at.id for letter in letters}
    letters += _letters(session, _rest_of_threads(session, mailbox, changes, bound, seen), is_whole)[0]
    seen = {letter.at.id for letter in letters}
    left: Sequence[FoundMail] = fresh if changes.after_a_gap else ()
    if not changes.after_a_gap and (known.has_just_sent or bound):
        left = aside(fresh, known.threads).personal
    letters += _letters(session, [mail.id for mail in left if mail.id not in seen], is_whole=False)[0]
    if not letters:
        return Plan((), (), cursors)
    copies = {each.copy.provider_message_id for each in bound}
    others = [letter for letter in letters if letter.at.id not in copies]
    judged = judge(engine, session, mailbox, (known, others, bound), now)
    return Plan(bound, judged, cursors, aliases_in(letters, known.people))


def store_plan(conn: Connection, mailbox: Mailbox, plan: Plan, now: datetime) -> bool:
    """Store a plan; False, and nothing stored, where the mailbox has moved on since it was read. The caller commits."""
    stands = lock_mailbox(conn, mailbox.workspace_id, mailbox.id)
    if stands is None or (stands.cursors, stands.connected_at) != (mailbox.cursors, mailbox.connected_at):
        return False
    if not stands.is_connected:
        return False
    concerned = {each.binding.message_id for each in plan.bound}
    concerned |= {each.judgement.message_id for each in plan.judged if each.judgement.message_id is not None}
    threads = {each.copy.thread_id for each in plan.bound if each.copy.thread_id}
    beside = conversations.conversations_of(conn, mailbox, concerned, threads) if concerned else frozenset()
    lock_messages(conn, {(mailbox.workspace_id, message_id) for message_id in concerned | beside})
    touched = set()
    for bound in sorted(plan.bound, key=lambda each: each.binding.message_id):
        if store.put_bound(conn, mailbox, bound):
            touched.add(_tell_sent(conn, mailbox.workspace_id, bound))
    for judged in sorted(plan.judged, key=lambda each: (each.judgement.message_id or 0, each.letter.at.id)):
        incoming_id = store.put_incoming(conn, mailbox, judged)
        if incoming_id is not None:
            touched.add(_tell_incoming(conn, mailbox.workspace_id, incoming_id, judged))
    for message_id in sorted(touched | beside) if touched else ():  # what is written there quotes them, too
        settle_message(conn, mailbox.workspace_id, message_id, now)
    if plan.cursors is not None:
        put_cursors(conn, mailbox, plan.cursors, now)
    put_own_addresses(conn, mailbox, plan.aliases)
    if plan.bound:
        _look_soon(conn, mailbox, now)
    if plan.bound or plan.judged:
        log.info("mailbox_synced", mailbox_id=mailbox.id, bound=len(plan.bound), judged=len(plan.judged))
    return True


def _steps(engine: Engine, session: MailboxSession, mailbox: Mailbox, now: datetime) -> Iterator[Changes]:
    if mailbox.history_id is not None:
        try:
            yield session.changes_since(mailbox.history_id)
            return
        except CursorExpired:
            log.warning("history_expired", mailbox_id=mailbox.id)
    yield from _after_gap(engine, session, mailbox, now)


def _after_gap(engine: Engine, session: MailboxSession, mailbox: Mailbox, now: datetime) -> Iterator[Changes]:
    """List what the mailbox holds of the time since, and read of it what matters, in steps.

    The cursor is taken first, so that nothing falls between. Each step but the last leaves the mailbox where it stood:
    a reading that a limit breaks off goes on behind what was stored by then. The last one costs less than the 6,000
    units that a user has in a minute.
    """
    cursor = session.profile().cursor
    since = max(mailbox.synced_at or mailbox.connected_at, now - _GAP_AT_MOST) - timedelta(hours=1)
    listed = session.recent(since, sent_only=False)
    with engine.begin() as conn:
        known = known_of(conn, mailbox, listed, now)
        written_to = conversations.people_written_to(conn, mailbox, now - WRITTEN_WITHIN, MOST_SENDERS)
    fresh = [mail for mail in listed if mail.id not in known.stored]
    close = [mail for mail in fresh if mail.thread_id in known.threads][::-1]
    for start in range(0, len(close), _GAP_STEP):
        yield Changes(tuple(close[start : start + _GAP_STEP]), cursor, more=True, after_a_gap=True)
    copies: Sequence[FoundMail] = ()
    if known.prepared:
        awaited_since = min(each.prepared_at for each in known.prepared) - timedelta(hours=1)
        copies = session.recent(max(since, awaited_since), sent_only=True)[:_GAP_STEP]
    others = [mail for mail in fresh if mail.thread_id not in known.threads]
    likely = session.sent_by(likely_senders(written_to), since) if mailbox.mode == "full" and others else frozenset()
    chosen = worth_after_gap(others, likely, most=_GAP_STEP, strangers=_GAP_STRANGERS)
    log.info("mailbox_read_after_gap", mailbox_id=mailbox.id, listed=len(listed), left_unread=len(others) - len(chosen))
    yield Changes((*copies, *(mail for mail in chosen if mail not in copies)), cursor, after_a_gap=True)


def _look_soon(conn: Connection, mailbox: Mailbox, now: datetime) -> None:
    """What came of it meanwhile and was sorted as bulk or junk is not left for an hour."""
    args = {"workspace_id": mailbox.workspace_id, "mailbox_id": mailbox.id}
    lock = f"look_around:{mailbox.workspace_id}:{mailbox.id}"
    enqueue(conn, "look_around", args, lock=lock, at=now + LOOK_SOON_AFTER)


def known_of(conn: Connection, mailbox: Mailbox, found: Iterable[FoundMail], now: datetime) -> Known:
    """Read what is known when history has been read."""
    found = list(found)
    return Known(
        prepared=store.prepared_messages(conn, mailbox),
        is_tracking=store.has_sent_messages(conn, mailbox.workspace_id),
        people=store.people_of(conn, mailbox),
        stored=store.known_mail(conn, mailbox, [mail.id for mail in found]),
        threads=conversations.tracked_threads(conn, mailbox, {mail.thread_id for mail in found}),
        has_just_sent=conversations.has_sent_since(conn, mailbox, now - JUST_SENT),
    )


def _letters(session: MailboxSession, ids: Sequence[str], is_whole: bool) -> tuple[list[Letter], dict[str, bytes]]:
    """Read these messages, with what was sent in them as it is; drafts are left out."""
    if not ids:
        return [], {}
    if not is_whole:
        return [letter_of(headers) for headers in session.headers(ids) if not headers.is_draft], {}
    raws = [raw for raw in session.raw(ids) if not raw.is_draft]
    return [whole_letter(raw) for raw in raws], {raw.id: raw.content for raw in raws if raw.is_sent}


def _bind(
    session: MailboxSession, mailbox: Mailbox, known: Known, letters: Sequence[Letter], contents: dict[str, bytes]
) -> list[Bound]:
    sent = [letter for letter in letters if letter.at.is_sent]
    if not sent or not known.prepared:
        return []
    if mailbox.mode != "full":
        return bind_copies(sent, {}, known.prepared, "headers")
    missing = [letter.at.id for letter in sent if letter.at.id not in contents]
    bodies = {**contents, **{raw.id: raw.content for raw in session.raw(missing)}} if missing else contents
    return bind_copies(sent, bodies, known.prepared, "full")


def _rest_of_threads(
    session: MailboxSession, mailbox: Mailbox, changes: Changes, bound: Sequence[Bound], seen: set[str]
) -> list[str]:
    """What else is in the conversations of copies that were just recognised.

    A copy that was sent since the last reading can only be followed by what the history tells now or next. Where it
    was passed by before, its thread is asked for (40 units): answers may have been passed by, too.
    """
    rest: dict[str, FoundMail] = {}
    passed_by = mailbox.synced_at + _CLOCKS_APART if mailbox.synced_at and not changes.after_a_gap else None
    for each in sorted(bound, key=lambda each: each.copy.thread_id or ""):
        thread_id = each.copy.thread_id or ""
        is_fresh = passed_by is not None and each.copy.sent_at > passed_by
        held = [mail for mail in changes.found if mail.thread_id == thread_id]
        rest.update((mail.id, mail) for mail in (held if is_fresh else session.thread(thread_id)))
    return [mail.id for mail in rest.values() if not mail.is_draft and mail.id not in seen]


def _tracked(conn: Connection, mailbox: Mailbox, letters: Sequence[Letter], now: datetime) -> Sequence[TrackedMessage]:
    sought = conversations.Sought(
        message_ids=frozenset(each for letter in letters for each in letter.references),
        thread_ids=frozenset(letter.at.thread_id for letter in letters),
        senders=frozenset(letter.mail.from_.address for letter in letters),
        thread_keys=frozenset(filter(None, (thread_key(letter.mail.header("Thread-Index")) for letter in letters))),
        any_report=any(is_report(letter.mail) for letter in letters),
    )
    return conversations.tracked_messages(conn, mailbox, sought, now) if letters else []


def judge(
    engine: Engine,
    session: MailboxSession,
    mailbox: Mailbox,
    read: tuple[Known, Sequence[Letter], Sequence[Bound]],
    now: datetime,
) -> list[Judged]:
    """Judge what was read; bodies, in `full` mode, are read of what concerns us only. Leaves out what does not."""
    known, letters, bound = read
    own = aliases_in([*letters], known.people)
    people = replace(known.people, own_addresses=known.people.own_addresses | own)
    with engine.begin() as conn:
        tracked = [*(each.as_tracked for each in bound), *_tracked(conn, mailbox, letters, now)]
    if not tracked:
        return []
    judged = judge_letters(letters, tracked, people)
    wanted = [each.letter.at.id for each in judged if wants_body(each.letter, each.judgement)]
    if mailbox.mode == "full" and wanted:
        bodies = _bodies(session, wanted)
        whole = [Letter(each.letter.at, bodies.get(each.letter.at.id, each.letter.mail)) for each in judged]
        judged = judge_letters(whole, tracked, people)
    return [each for each in judged if each.judgement.message_id is not None]


def _bodies(session: MailboxSession, ids: Sequence[str]) -> dict[str, Mail]:
    bodies: dict[str, Mail] = {}
    for raw in session.raw(ids) if ids else ():
        try:
            bodies[raw.id] = parse_mail(raw.content)
        except UnreadableMail:
            log.info("mail_unreadable")
    return bodies


def _tell_sent(conn: Connection, workspace_id: int, bound: Bound) -> int:
    message_id = bound.binding.message_id
    data = {"rule": bound.binding.rule, "sentence": bound.binding.sentence, "confidence": bound.binding.confidence}
    put_item(conn, workspace_id, FeedItem(message_id, "sent", "sent", bound.copy.sent_at, data))
    return message_id


def _tell_incoming(conn: Connection, workspace_id: int, incoming_id: int, judged: Judged) -> int:
    message_id = judged.judgement.message_id or 0
    if kind := feed_kind(judged.judgement):
        data = {
            name: store.storable(value) if isinstance(value, str) else value for name, value in told(judged).items()
        }
        at = judged.letter.at.received_at
        put_item(conn, workspace_id, FeedItem(message_id, f"incoming:{incoming_id}", kind, at, data))
    return message_id

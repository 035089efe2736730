"""What came into a mailbox outside of our conversations, and is any of it an answer? The wide look, within the hour.

An answer under another subject, from another address without references, an absence note or a bounce in a conversation
of its own: what `services.syncing` does not read at once is looked through here, from a cursor that follows the other
one. A search by sender costs a quarter of reading one mail, and tells hundreds apart (`domain.looking`). Headers decide
what concerns us; no body of anything else is read. Run a quarter of an hour after a sent copy
was seen, and at least hourly.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from backend.domain.looking import Aside, after_search, aside, likely_senders, pays, without_search
from backend.domain.mailboxes import Changes, FoundMail
from backend.domain.people import PUBLIC_DOMAINS
from backend.domain.syncing_plan import letter_of
from backend.errors import CursorExpired, Malformed
from backend.services.ports import MailboxProvider, MailboxSession, SecretBox
from backend.services.syncing import (
    MOST_SENDERS,
    WRITTEN_WITHIN,
    Known,
    Plan,
    judge,
    known_of,
    read_in_steps,
    store_plan,
    sync_mailbox,
)
from backend.store import conversations
from backend.store.mailboxes import Cursors, Mailbox, put_looked

log = structlog.get_logger(__name__)

_SEARCH_BACK = timedelta(hours=1)


def look_around(
    engine: Engine, provider: MailboxProvider, secrets: SecretBox, mailbox: tuple[int, int], now: datetime
) -> None:
    """Read all that is new in (workspace, mailbox): its conversations first, then the rest. Safe to repeat; commits.

    Raises RateLimited and Transient; what was stored by then stays.
    """
    sync_mailbox(engine, provider, secrets, mailbox, now)
    if read_in_steps(engine, provider, secrets, mailbox, lambda session, found: _step(engine, session, found, now)):
        with engine.begin() as conn:
            put_looked(conn, *mailbox, now)


def plan_look(engine: Engine, session: MailboxSession, mailbox: Mailbox, changes: Changes, now: datetime) -> Plan:
    """Look through what was found outside of our conversations. Network and short reading transactions in turn."""
    cursors = Cursors(mailbox.history_id, changes.cursor)
    with engine.begin() as conn:
        known = known_of(conn, mailbox, changes.found, now)
    waiting = aside([mail for mail in changes.found if mail.id not in known.stored], known.threads)
    if not waiting.all or not known.is_tracking:
        return Plan((), (), cursors)
    chosen = _chosen(engine, session, mailbox, (known, waiting), now)
    letters = [letter_of(headers) for headers in session.headers([mail.id for mail in chosen])] if chosen else []
    judged = judge(engine, session, mailbox, (known, [each for each in letters if not each.at.is_draft], ()), now)
    log.info("mailbox_looked_through", mailbox_id=mailbox.id, waiting=len(waiting.all), read=len(chosen))
    return Plan((), judged, cursors)


def _step(engine: Engine, session: MailboxSession, found: Mailbox, now: datetime) -> tuple[bool, bool]:
    """One step: whether there is more, and whether this one was stored."""
    start = found.looked_history_id or found.history_id
    if start is None or start == found.history_id:
        return False, True  # the reading before went over a gap, or nothing came
    try:
        changes = session.changes_since(start)
    except CursorExpired:
        changes = _newest(session, found)
    plan = plan_look(engine, session, found, changes, now)
    with engine.begin() as conn:
        return changes.more, store_plan(conn, found, plan, now)


def _newest(session: MailboxSession, found: Mailbox) -> Changes:
    """What came since the last look, where its place in the history is lost and the other one is not."""
    cursor = session.profile().cursor
    since = (found.looked_at or found.connected_at) - _SEARCH_BACK
    return Changes(tuple(session.recent(since, sent_only=False)), cursor)


def _chosen(
    engine: Engine, session: MailboxSession, mailbox: Mailbox, read: tuple[Known, Aside], now: datetime
) -> Sequence[FoundMail]:
    """What of it is read."""
    known, waiting = read
    if mailbox.mode != "full":
        return without_search(waiting)
    with engine.begin() as conn:
        written_to = conversations.people_written_to(conn, mailbox, now - WRITTEN_WITHIN, MOST_SENDERS)
    company = known.people.colleague_domains - PUBLIC_DOMAINS
    senders = [each for each in likely_senders(written_to) if each not in company]
    if not pays(waiting, senders):
        return waiting.all
    since = (mailbox.looked_at or mailbox.connected_at) - _SEARCH_BACK
    try:
        colleagues = session.sent_by(sorted(company), since) if company else frozenset()
        return after_search(waiting, colleagues, session.sent_by(senders, since))
    except Malformed:
        log.warning("search_refused", mailbox_id=mailbox.id, senders=len(senders))
        return waiting.all

"""How does a mailbox come to us, and how does it leave? Connecting, renewing the watch, disconnecting.

Network and transactions take turns, never one inside the other. A consent that Google, an admin or the owner has
withdrawn is found out by whoever asks next; the mailbox then says so on the settings page instead of failing in
silence. Reading the mail is in `services.syncing`.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine

from backend.domain.identities import Grant
from backend.errors import ConsentWithdrawn, Forbidden, NotFound, SecretUnreadable
from backend.services.ports import IdentityProvider, MailboxProvider, MailboxSession, SecretBox
from backend.store import mailboxes as store
from backend.store.incoming import forget_texts
from backend.store.mailboxes import Connected, Mailbox
from backend.store.queue import enqueue

log = structlog.get_logger(__name__)

RENEW_BEFORE = timedelta(days=5)  # a watch lasts 7 days; renewing every other day survives a long week-end
SWEEP_AFTER = timedelta(minutes=15)
LOOK_AFTER = timedelta(minutes=55)
_SPREAD_S = 3600  # renewals are spread over an hour, so that they do not come in one burst


@dataclass(frozen=True)
class Consent:
    """A finished consent to a mailbox: who asked, for which access, and whose mailbox it was meant to be."""

    workspace_id: int
    rep_id: int
    mode: str
    grant: Grant
    expected_address: str | None = None


def connect(engine: Engine, provider: MailboxProvider, secrets: SecretBox, consent: Consent, now: datetime) -> int:
    """Store the mailbox of a finished consent, or connect it again, and leave the jobs that watch and read it.

    The account that consented decides the address. Returns the mailbox's id; commits. Raises Forbidden where the
    address is not the expected one or a colleague's, and what the provider raises.
    """
    kept = provider.credentials_of(consent.grant)
    session = provider.open(kept)
    profile = session.profile()
    if consent.expected_address and profile.address != consent.expected_address.lower():
        raise Forbidden("You agreed with another account than the one to be connected.")
    connected = Connected(
        rep_id=consent.rep_id,
        address=profile.address,
        mode=consent.mode,
        credentials=secrets.seal(kept),
        scopes=tuple(sorted(consent.grant.scopes)),
        own_addresses=tuple(sorted(session.own_addresses())),
        cursor=profile.cursor,
    )
    with engine.begin() as conn:
        return _store_connected(conn, consent.workspace_id, connected, now)


def _store_connected(conn: Connection, workspace_id: int, connected: Connected, now: datetime) -> int:
    if store.address_of_another_rep(conn, workspace_id, connected.rep_id, connected.address):
        raise Forbidden("This is a colleague's mailbox: only they can connect it.")
    mailbox_id = store.put_connected(conn, workspace_id, connected, now)
    if mailbox_id is None:
        raise Forbidden("A colleague has connected this mailbox already.")
    if connected.mode == "headers":
        forget_texts(conn, workspace_id, mailbox_id)
    leave_job(conn, "watch_mailbox", workspace_id, mailbox_id)
    leave_job(conn, "sync_mailbox", workspace_id, mailbox_id)
    log.info("mailbox_connected", workspace_id=workspace_id, mailbox_id=mailbox_id)
    return mailbox_id


def mailboxes_of(conn: Connection, workspace_id: int, rep_id: int) -> Sequence[Mailbox]:
    """All mailboxes of a rep, also those that are disconnected; the first connected first."""
    return store.mailboxes_of_rep(conn, workspace_id, rep_id)


def disconnect(conn: Connection, workspace_id: int, rep_id: int, mailbox_id: int) -> None:
    """Stop reading a rep's own mailbox at once, and leave the job that gives the access back. The caller commits.

    Safe to repeat. Raises NotFound where it is not this rep's.
    """
    found = store.lock_mailbox(conn, workspace_id, mailbox_id)
    if found is None or found.rep_id != rep_id:
        raise NotFound
    if store.put_disconnected(conn, workspace_id, mailbox_id, "asked"):
        leave_job(conn, "give_back_access", workspace_id, mailbox_id)


def give_back_access(
    engine: Engine, provider: MailboxProvider, google: IdentityProvider, secrets: SecretBox, mailbox: tuple[int, int]
) -> None:
    """Revoke what a disconnected mailbox had granted, and forget it. Safe to repeat; commits. Raises Transient.

    A mailbox that was connected again meanwhile is left alone, and where another workspace reads the same mailbox
    ours is only forgotten: revoking one token ends the account's whole consent, and its pushes are one for all.
    """
    with engine.begin() as conn:
        found = store.find_mailbox(conn, *mailbox)
        is_shared = found is not None and bool(store.connected_at_address(conn, found.address))
    if found is None or found.state == "connected" or found.credentials is None:
        return
    if not is_shared:
        _revoke(provider, google, secrets, found)
    with engine.begin() as conn:
        store.forget_credentials(conn, *mailbox)


def _revoke(provider: MailboxProvider, google: IdentityProvider, secrets: SecretBox, mailbox: Mailbox) -> None:
    try:
        kept = secrets.unseal(mailbox.credentials or b"")
        provider.open(kept).stop_watching()
        google.revoke(str(json.loads(kept)["refresh_token"]))
    except SecretUnreadable:
        log.warning("credentials_unreadable", mailbox_id=mailbox.id)
    except ConsentWithdrawn:
        log.info("access_withdrawn_already", mailbox_id=mailbox.id)


def renew_watch(
    engine: Engine, provider: MailboxProvider, secrets: SecretBox, workspace_id: int, mailbox_id: int
) -> None:
    """Ask for pushes for another week. Safe to repeat; commits."""
    with engine.begin() as conn:
        found = store.find_mailbox(conn, workspace_id, mailbox_id)
    if found is None or not found.is_connected:
        return
    with withdrawal_noted(engine, found):
        watch = open_mailbox(provider, secrets, found).watch()
        with engine.begin() as conn:
            store.put_watch(conn, workspace_id, mailbox_id, watch.expires_at)


def renew_watches(conn: Connection, now: datetime) -> int:
    """Leave a job for each mailbox whose pushes end soon, spread over an hour. The caller commits."""
    due = store.watches_to_renew(conn, now + RENEW_BEFORE)
    for workspace_id, mailbox_id in due:
        later = timedelta(seconds=(workspace_id * 7919 + mailbox_id * 104_729) % _SPREAD_S)
        args = {"workspace_id": workspace_id, "mailbox_id": mailbox_id}
        enqueue(conn, "watch_mailbox", args, lock=f"renew_watch:{workspace_id}:{mailbox_id}", at=now + later)
    return len(due)


def sweep(conn: Connection, now: datetime) -> int:
    """Leave a job for each mailbox that was not read, or not looked through, for a while. The caller commits.

    Pushes may be lost, and what comes outside of our conversations is not read when they come.
    """
    unread = store.mailboxes_unread_since(conn, now - SWEEP_AFTER)
    for workspace_id, mailbox_id in unread:
        leave_job(conn, "sync_mailbox", workspace_id, mailbox_id)
    unseen = store.mailboxes_not_looked_at_since(conn, now - LOOK_AFTER)
    for workspace_id, mailbox_id in unseen:
        leave_job(conn, "look_around", workspace_id, mailbox_id)
    return len({*unread, *unseen})


def sync_mailboxes_at(conn: Connection, address: str) -> int:
    """Leave a job for each connected mailbox of this address; 0 where we know none. The caller commits."""
    known = store.connected_at_address(conn, address)
    for workspace_id, mailbox_id in known:
        leave_job(conn, "sync_mailbox", workspace_id, mailbox_id)
    return len(known)


def open_mailbox(provider: MailboxProvider, secrets: SecretBox, mailbox: Mailbox) -> MailboxSession:
    """Open a connected mailbox. Raises ConsentWithdrawn where its credentials are gone, SecretUnreadable."""
    if mailbox.credentials is None:
        raise ConsentWithdrawn
    return provider.open(secrets.unseal(mailbox.credentials))


@contextmanager
def withdrawal_noted(engine: Engine, mailbox: Mailbox) -> Iterator[None]:
    """Let a withdrawn consent end as "disconnected, reconnect here"; only a new consent helps, so nobody retries."""
    try:
        yield
    except (ConsentWithdrawn, SecretUnreadable) as problem:
        because = "withdrawn" if isinstance(problem, ConsentWithdrawn) else "unreadable"
        with engine.begin() as conn:
            now_stands = store.lock_mailbox(conn, mailbox.workspace_id, mailbox.id)
            if now_stands is None or now_stands.connected_at != mailbox.connected_at:
                return  # connected anew meanwhile: what failed was the old consent
            if store.put_disconnected(conn, mailbox.workspace_id, mailbox.id, because):
                store.forget_credentials(conn, mailbox.workspace_id, mailbox.id)
        log.warning("mailbox_disconnected", mailbox_id=mailbox.id, because=because)


def leave_job(conn: Connection, task: str, workspace_id: int, mailbox_id: int) -> bool:
    """Leave a job about one mailbox; jobs of a kind run one at a time for a mailbox, and wait at most once."""
    args = {"workspace_id": workspace_id, "mailbox_id": mailbox_id}
    return enqueue(conn, task, args, lock=f"{task}:{workspace_id}:{mailbox_id}")

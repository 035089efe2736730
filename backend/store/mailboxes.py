"""Which mailboxes are connected, and where do they stand? Queries and changes; deciding is in `services.mailboxes`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, exists, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from backend.store.tables import mailbox, rep


@dataclass(frozen=True)
class Mailbox:
    """A connected mailbox, or one that was. `credentials` are sealed."""

    workspace_id: int
    id: int
    rep_id: int
    provider: str
    address: str
    mode: str
    state: str
    disconnected_because: str | None
    credentials: bytes | None = field(repr=False)
    own_addresses: frozenset[str]
    history_id: str | None
    looked_history_id: str | None
    watch_expires_at: datetime | None
    connected_at: datetime
    synced_at: datetime | None
    looked_at: datetime | None

    @property
    def cursors(self) -> "Cursors":
        return Cursors(self.history_id, self.looked_history_id)

    @property
    def is_connected(self) -> bool:
        return self.state == "connected" and self.credentials is not None


@dataclass(frozen=True)
class Cursors:
    """How far a mailbox's history was read: `read` for tracked conversations, `looked` for everything."""

    read: str | None
    looked: str | None


@dataclass(frozen=True)
class Connected:
    """What a finished consent makes known of a mailbox."""

    rep_id: int
    address: str
    mode: str
    credentials: bytes = field(repr=False)
    scopes: tuple[str, ...]
    own_addresses: tuple[str, ...]
    cursor: str


def find_mailbox(conn: Connection, workspace_id: int, mailbox_id: int) -> Mailbox | None:
    """Find a mailbox of the workspace."""
    row = conn.execute(select(mailbox).where(_this(workspace_id, mailbox_id))).mappings().one_or_none()
    return _mailbox(row) if row else None


def lock_mailbox(conn: Connection, workspace_id: int, mailbox_id: int) -> Mailbox | None:
    """Find a mailbox and keep every other writer of it out until the caller's transaction ends."""
    asked = select(mailbox).where(_this(workspace_id, mailbox_id)).with_for_update()
    row = conn.execute(asked).mappings().one_or_none()
    return _mailbox(row) if row else None


def mailboxes_of_rep(conn: Connection, workspace_id: int, rep_id: int) -> Sequence[Mailbox]:
    """All mailboxes of a rep, the first connected first."""
    asked = select(mailbox).where(mailbox.c.workspace_id == workspace_id, mailbox.c.rep_id == rep_id)
    return [_mailbox(row) for row in conn.execute(asked.order_by(mailbox.c.id)).mappings()]


def connected_at_address(conn: Connection, address: str) -> Sequence[tuple[int, int]]:
    """Find (workspace, mailbox) of every connected mailbox of this address.

    The one question without a workspace: a push of Google's names nothing but the address.
    """
    asked = select(mailbox.c.workspace_id, mailbox.c.id).where(
        mailbox.c.address == address.lower(), mailbox.c.state == "connected"
    )
    return [(row.workspace_id, row.id) for row in conn.execute(asked.order_by(mailbox.c.workspace_id, mailbox.c.id))]


def address_of_another_rep(conn: Connection, workspace_id: int, rep_id: int, address: str) -> bool:
    """Whether a colleague signs in with this address."""
    found = select(true()).where(
        exists().where(rep.c.workspace_id == workspace_id, rep.c.id != rep_id, func.lower(rep.c.email) == address)
    )
    return conn.execute(found).first() is not None


def put_connected(conn: Connection, workspace_id: int, connected: Connected, now: datetime) -> int | None:
    """Store a mailbox, or connect it again where its history had come to; None where a colleague has it."""
    fresh: Mapping[str, Any] = {
        "mode": connected.mode,
        "state": "connected",
        "disconnected_because": None,
        "credentials": connected.credentials,
        "scopes": list(connected.scopes),
        "own_addresses": list(connected.own_addresses),
        "connected_at": now,
        "watch_expires_at": None,
    }
    statement = insert(mailbox).values(
        workspace_id=workspace_id,
        rep_id=connected.rep_id,
        address=connected.address,
        history_id=connected.cursor,
        looked_history_id=connected.cursor,
        **fresh,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["workspace_id", "address"],
        set_={
            **fresh,
            "history_id": func.coalesce(mailbox.c.history_id, statement.excluded.history_id),
            "looked_history_id": func.coalesce(mailbox.c.looked_history_id, statement.excluded.history_id),
        },
        where=mailbox.c.rep_id == connected.rep_id,
    )
    return conn.execute(statement.returning(mailbox.c.id)).scalar_one_or_none()


def put_disconnected(conn: Connection, workspace_id: int, mailbox_id: int, because: str) -> bool:
    """Note that a mailbox is no longer read, and why; True where it was until now."""
    done = conn.execute(
        update(mailbox)
        .where(_this(workspace_id, mailbox_id), mailbox.c.state == "connected")
        .values(state="disconnected", disconnected_because=because, watch_expires_at=None)
    )
    return done.rowcount > 0


def forget_credentials(conn: Connection, workspace_id: int, mailbox_id: int) -> None:
    """Drop what opened a mailbox that is disconnected."""
    conn.execute(
        update(mailbox)
        .where(_this(workspace_id, mailbox_id), mailbox.c.state == "disconnected")
        .values(credentials=None)
    )


def put_watch(conn: Connection, workspace_id: int, mailbox_id: int, expires_at: datetime) -> None:
    """Note until when pushes come."""
    conn.execute(
        update(mailbox)
        .where(_this(workspace_id, mailbox_id), mailbox.c.state == "connected")
        .values(watch_expires_at=expires_at)
    )


def put_cursors(conn: Connection, stood: Mailbox, cursors: Cursors, now: datetime) -> None:
    """Note how far a mailbox has been read, and when, as far as that moved on from where it stood."""
    values: dict[str, Any] = {"history_id": cursors.read, "looked_history_id": cursors.looked}
    if cursors.looked != stood.looked_history_id:
        values["looked_at"] = now
    if cursors.read != stood.history_id or cursors.looked == stood.looked_history_id:
        values["synced_at"] = now
    conn.execute(update(mailbox).where(_this(stood.workspace_id, stood.id)).values(**values))


def put_looked(conn: Connection, workspace_id: int, mailbox_id: int, now: datetime) -> None:
    """Note that everything was looked at, though nothing new was there."""
    conn.execute(update(mailbox).where(_this(workspace_id, mailbox_id)).values(looked_at=now))


def put_own_addresses(conn: Connection, stood: Mailbox, learned: frozenset[str]) -> None:
    """Note addresses that the owner was seen to send from."""
    if learned:
        known = sorted({*stood.own_addresses, *learned})
        conn.execute(update(mailbox).where(_this(stood.workspace_id, stood.id)).values(own_addresses=known))


def watches_to_renew(conn: Connection, before: datetime) -> Sequence[tuple[int, int]]:
    """Find (workspace, mailbox) of connected mailboxes whose pushes end before then; a periodic job's question."""
    return _connected(conn, or_(mailbox.c.watch_expires_at.is_(None), mailbox.c.watch_expires_at < before))


def mailboxes_unread_since(conn: Connection, since: datetime) -> Sequence[tuple[int, int]]:
    """Find (workspace, mailbox) of connected mailboxes not read since then; a periodic job's question."""
    return _connected(conn, or_(mailbox.c.synced_at.is_(None), mailbox.c.synced_at < since))


def mailboxes_not_looked_at_since(conn: Connection, since: datetime) -> Sequence[tuple[int, int]]:
    """Find (workspace, mailbox) of connected mailboxes not looked through since then; a periodic job's question."""
    return _connected(conn, or_(mailbox.c.looked_at.is_(None), mailbox.c.looked_at < since))


def sealed_credentials(conn: Connection, after: tuple[int, int], limit: int) -> Sequence[tuple[int, int, bytes]]:
    """List (workspace, mailbox, sealed credentials) behind a place, locked, for encrypting all of them anew."""
    workspace_id, mailbox_id = after
    behind = or_(
        mailbox.c.workspace_id > workspace_id,
        and_(mailbox.c.workspace_id == workspace_id, mailbox.c.id > mailbox_id),
    )
    asked = (
        select(mailbox.c.workspace_id, mailbox.c.id, mailbox.c.credentials)
        .where(mailbox.c.credentials.is_not(None), behind)
        .order_by(mailbox.c.workspace_id, mailbox.c.id)
        .limit(limit)
        .with_for_update()
    )
    return [(row.workspace_id, row.id, bytes(row.credentials)) for row in conn.execute(asked)]


def put_credentials(conn: Connection, workspace_id: int, mailbox_id: int, credentials: bytes) -> None:
    """Replace the sealed credentials by the same ones, sealed anew."""
    conn.execute(update(mailbox).where(_this(workspace_id, mailbox_id)).values(credentials=credentials))


def _connected(conn: Connection, condition: Any) -> Sequence[tuple[int, int]]:
    asked = select(mailbox.c.workspace_id, mailbox.c.id).where(mailbox.c.state == "connected", condition)
    return [(row.workspace_id, row.id) for row in conn.execute(asked.order_by(mailbox.c.workspace_id, mailbox.c.id))]


def _this(workspace_id: int, mailbox_id: int) -> Any:
    return and_(mailbox.c.workspace_id == workspace_id, mailbox.c.id == mailbox_id)


def _mailbox(row: RowMapping) -> Mailbox:
    return Mailbox(
        workspace_id=row["workspace_id"],
        id=row["id"],
        rep_id=row["rep_id"],
        provider=row["provider"],
        address=row["address"],
        mode=row["mode"],
        state=row["state"],
        disconnected_because=row["disconnected_because"],
        credentials=bytes(row["credentials"]) if row["credentials"] is not None else None,
        own_addresses=frozenset(row["own_addresses"]),
        history_id=row["history_id"],
        looked_history_id=row["looked_history_id"],
        watch_expires_at=row["watch_expires_at"],
        connected_at=row["connected_at"],
        synced_at=row["synced_at"],
        looked_at=row["looked_at"],
    )

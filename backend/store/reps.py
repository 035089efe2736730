"""Who works in a workspace? Queries and changes of its reps; deciding is in `domain.workspaces`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select, update
from sqlalchemy.dialects.postgresql import insert

from backend.domain.identities import Identity
from backend.domain.workspaces import Member, Role, Status
from backend.store.tables import rep, workspace


@dataclass(frozen=True)
class Place:
    """The place that a person gets in a workspace."""

    role: Role
    status: Status
    admitted_at: datetime | None = field(default=None)


def find_rep(conn: Connection, workspace_id: int, rep_id: int) -> Member | None:
    """Find a rep of the workspace."""
    asked = _reps().where(rep.c.workspace_id == workspace_id, rep.c.id == rep_id)
    row = conn.execute(asked).mappings().one_or_none()
    return _member(row) if row else None


def memberships_of(conn: Connection, google_sub: str) -> Sequence[Member]:
    """List a person's places in all workspaces: the question of signing in, before a workspace is known."""
    asked = _reps().where(rep.c.google_sub == google_sub).order_by(rep.c.workspace_id)
    return [_member(row) for row in conn.execute(asked).mappings()]


def reps_of(conn: Connection, workspace_id: int) -> Sequence[Member]:
    """List the reps of a workspace, by name."""
    asked = _reps().where(rep.c.workspace_id == workspace_id).order_by(rep.c.name, rep.c.id)
    return [_member(row) for row in conn.execute(asked).mappings()]


def put_rep(conn: Connection, workspace_id: int, identity: Identity, place: Place) -> int:
    """Store a person in a workspace, or give them this place where they are known there. Returns the id."""
    given = {"role": place.role, "status": place.status, "admitted_at": place.admitted_at}
    called = {"email": identity.email.lower(), "name": identity.name or identity.email}
    stored = (
        insert(rep)
        .values(workspace_id=workspace_id, google_sub=identity.sub, **called, **given)
        .on_conflict_do_update(index_elements=["workspace_id", "google_sub"], set_={**called, **given})
    )
    return int(conn.execute(stored.returning(rep.c.id)).scalar_one())


def rename_rep(conn: Connection, workspace_id: int, rep_id: int, identity: Identity) -> None:
    """Keep up with how Google calls the person now."""
    called = {"email": identity.email.lower(), "name": identity.name or identity.email}
    conn.execute(update(rep).where(rep.c.workspace_id == workspace_id, rep.c.id == rep_id).values(**called))


def answer_request(conn: Connection, workspace_id: int, rep_id: int, place: Place) -> bool:
    """Admit or decline a rep who waits; False where nobody of this id waits (any more)."""
    done = conn.execute(
        update(rep)
        .where(rep.c.workspace_id == workspace_id, rep.c.id == rep_id, rep.c.status == "pending")
        .values(role=place.role, status=place.status, admitted_at=place.admitted_at)
    )
    return done.rowcount > 0


def put_role(conn: Connection, workspace_id: int, rep_id: int, role: Role) -> None:
    """Change what a rep may do."""
    conn.execute(update(rep).where(rep.c.workspace_id == workspace_id, rep.c.id == rep_id).values(role=role))


def put_removed(conn: Connection, workspace_id: int, rep_id: int) -> None:
    """Take a rep out of the workspace, and end their sessions."""
    conn.execute(
        update(rep)
        .where(rep.c.workspace_id == workspace_id, rep.c.id == rep_id)
        .values(status="removed", role="member", session_epoch=rep.c.session_epoch + 1)
    )


def end_sessions(conn: Connection, workspace_id: int, rep_id: int) -> None:
    """Make every session that a rep has begun worthless."""
    conn.execute(
        update(rep)
        .where(rep.c.workspace_id == workspace_id, rep.c.id == rep_id)
        .values(session_epoch=rep.c.session_epoch + 1)
    )


def _reps() -> Select[Any]:
    return select(
        rep.c.workspace_id,
        rep.c.id,
        rep.c.google_sub,
        rep.c.email,
        rep.c.name,
        rep.c.role,
        rep.c.status,
        rep.c.session_epoch,
        workspace.c.name.label("workspace_name"),
        rep.c.created_at,
        rep.c.admitted_at,
    ).join(workspace, workspace.c.workspace_id == rep.c.workspace_id)


def _member(row: RowMapping) -> Member:
    return Member(**row)

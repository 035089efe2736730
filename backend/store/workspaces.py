"""Which workspaces are there, and who is invited to them? Queries and changes; deciding is in `domain.workspaces`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, RowMapping, Select, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from backend.domain.viewing import Privacy
from backend.domain.workspaces import Invitation
from backend.store.tables import invitation, rep, workspace


def find_workspace_of_domain(conn: Connection, domain: str) -> int | None:
    """Find the workspace of a verified company domain."""
    return conn.execute(select(workspace.c.workspace_id).where(workspace.c.domain == domain)).scalar_one_or_none()


def make_workspace(conn: Connection, name: str, domain: str | None) -> int | None:
    """Make a workspace; None where somebody else has just made the one of this domain (waits for them)."""
    made = insert(workspace).values(name=name, domain=domain).on_conflict_do_nothing(index_elements=["domain"])
    return conn.execute(made.returning(workspace.c.workspace_id)).scalar_one_or_none()


def lock_workspace(conn: Connection, workspace_id: int) -> None:
    """Let one change of a team at a time through, until the caller's transaction ends."""
    conn.execute(select(workspace.c.name).where(workspace.c.workspace_id == workspace_id).with_for_update())


def reader_privacy_of(conn: Connection, workspace_id: int) -> Privacy:
    """What readers of a workspace's documents meet."""
    asked = select(workspace.c.reader_privacy).where(workspace.c.workspace_id == workspace_id)
    return cast(Privacy, conn.execute(asked).scalar_one())


def put_reader_privacy(conn: Connection, workspace_id: int, privacy: Privacy) -> None:
    """Keep what they meet from now on."""
    conn.execute(update(workspace).where(workspace.c.workspace_id == workspace_id).values(reader_privacy=privacy))


def open_invitations_to(conn: Connection, email: str) -> Sequence[Invitation]:
    """List the open invitations of an address, of all workspaces: the person has none yet when they sign in."""
    asked = _open_invitations().where(invitation.c.email == email.lower())
    return [_invitation(row) for row in conn.execute(asked).mappings()]


def open_invitations_of(conn: Connection, workspace_id: int) -> Sequence[Invitation]:
    """List the open invitations to a workspace, the newest first."""
    asked = _open_invitations().where(invitation.c.workspace_id == workspace_id)
    return [_invitation(row) for row in conn.execute(asked.order_by(invitation.c.created_at.desc())).mappings()]


def put_invitation(conn: Connection, workspace_id: int, invited_by: int, email: str, now: datetime) -> None:
    """Invite an address, or invite it again. Safe to repeat."""
    fresh = {"invited_by": invited_by, "created_at": now, "accepted_at": None}
    conn.execute(
        insert(invitation)
        .values(workspace_id=workspace_id, email=email.lower(), **fresh)
        .on_conflict_do_update(index_elements=["workspace_id", "email"], set_=fresh)
    )


def accept_invitation(conn: Connection, workspace_id: int, email: str, now: datetime) -> bool:
    """Use an open invitation up; False where there is none (any more)."""
    done = conn.execute(
        update(invitation)
        .where(
            invitation.c.workspace_id == workspace_id,
            invitation.c.email == email.lower(),
            invitation.c.accepted_at.is_(None),
        )
        .values(accepted_at=now)
    )
    return done.rowcount > 0


def drop_invitation(conn: Connection, workspace_id: int, email: str) -> bool:
    """Take an open invitation back; False where there is none (any more)."""
    gone = conn.execute(
        delete(invitation).where(
            invitation.c.workspace_id == workspace_id,
            invitation.c.email == email.lower(),
            invitation.c.accepted_at.is_(None),
        )
    )
    return gone.rowcount > 0


def _open_invitations() -> Select[Any]:
    host = and_(rep.c.workspace_id == invitation.c.workspace_id, rep.c.id == invitation.c.invited_by)
    return (
        select(
            invitation.c.workspace_id,
            invitation.c.id,
            invitation.c.email,
            invitation.c.created_at,
            workspace.c.name.label("workspace_name"),
            workspace.c.domain,
            rep.c.name.label("invited_by"),
        )
        .join(workspace, workspace.c.workspace_id == invitation.c.workspace_id)
        .join(rep, host)
        .where(invitation.c.accepted_at.is_(None), rep.c.status == "active")
    )


def _invitation(row: RowMapping) -> Invitation:
    return Invitation(**row)

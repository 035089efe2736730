"""Named people and their workspaces, as rows. One story: Quorra writes to Flynn, with Alan in copy."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert

from backend.store import tables

FOUNDED_AT = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Rep:
    """A rep's row."""

    id: int
    email: str
    name: str


@dataclass(frozen=True)
class Tenant:
    """A workspace and its reps by first name in lower case; the first one is its admin."""

    workspace_id: int
    domain: str
    reps: dict[str, Rep]


def found_workspace(conn: Connection, domain: str, names: list[str]) -> Tenant:
    """Store a workspace of this domain with active reps of these names."""
    workspace_id = conn.execute(
        insert(tables.workspace).values(name=domain, domain=domain).returning(tables.workspace.c.workspace_id)
    ).scalar_one()
    reps = {}
    for name in names:
        first = name.split()[0].lower()
        email = f"{first}@{domain}"
        rep_id = conn.execute(
            insert(tables.rep)
            .values(
                workspace_id=workspace_id,
                google_sub=f"sub-{email}",
                email=email,
                name=name,
                role="member" if reps else "admin",
                status="active",
                admitted_at=FOUNDED_AT,
            )
            .returning(tables.rep.c.id)
        ).scalar_one()
        reps[first] = Rep(rep_id, email, name)
    return Tenant(workspace_id, domain, reps)

"""What did reps say of hits, and which messages does it touch? Queries and changes; what it means: `domain.claims`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, and_, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import INET, insert

from backend.store.hits import is_of_tracker
from backend.store.tables import claim, hit, message, tracker, verdict


def is_hit_of(conn: Connection, workspace_id: int, message_id: int, hit_id: UUID) -> bool:
    """Whether this is a hit on a message that was sent."""
    asked = (
        select(hit.c.id)
        .join(tracker, and_(tracker.c.workspace_id == hit.c.workspace_id, tracker.c.token == hit.c.token))
        .join(message, and_(message.c.workspace_id == tracker.c.workspace_id, message.c.id == tracker.c.message_id))
        .where(hit.c.workspace_id == workspace_id, hit.c.id == hit_id, is_of_tracker())
        .where(message.c.id == message_id, message.c.state == "sent")
    )
    return conn.execute(asked).first() is not None


def put_claim(conn: Connection, workspace_id: int, hit_id: UUID, rep_id: int, now: datetime) -> bool:
    """Keep a rep's word on a hit; False where it was given before, which stands."""
    put = insert(claim).values(workspace_id=workspace_id, hit_id=hit_id, rep_id=rep_id, at=now)
    return conn.execute(put.on_conflict_do_nothing()).rowcount > 0


def drop_claim(conn: Connection, workspace_id: int, hit_id: UUID, rep_id: int) -> bool:
    """Forget a rep's word on a hit; False where there is none."""
    these = (claim.c.workspace_id == workspace_id, claim.c.hit_id == hit_id, claim.c.rep_id == rep_id)
    return conn.execute(delete(claim).where(*these)).rowcount > 0


def drop_teaching(conn: Connection, workspace_id: int, rep_id: int, hit_id: UUID, block: str) -> bool:
    """Let no word of this rep teach the program of this hit in this block of addresses; False where none did."""
    like = select(hit.c.user_agent).where(hit.c.workspace_id == workspace_id, hit.c.id == hit_id).scalar_subquery()
    taught = select(hit.c.id).where(
        hit.c.workspace_id == workspace_id,
        hit.c.id == claim.c.hit_id,
        hit.c.user_agent == like,
        hit.c.ip.op("<<=")(cast(block, INET)),
    )
    these = (claim.c.workspace_id == workspace_id, claim.c.rep_id == rep_id, claim.c.teaches, taught.exists())
    return conn.execute(update(claim).where(*these).values(teaches=False)).rowcount > 0


def address_of(conn: Connection, workspace_id: int, hit_id: UUID) -> str | None:
    """Where a hit came from."""
    asked = select(func.host(hit.c.ip)).where(hit.c.workspace_id == workspace_id, hit.c.id == hit_id)
    return conn.execute(asked).scalar_one_or_none()


def claimants_of(conn: Connection, workspace_id: int, hit_ids: Collection[UUID]) -> Mapping[UUID, Sequence[int]]:
    """Map those of the hits that reps called theirs to these reps."""
    asked = select(claim.c.hit_id, claim.c.rep_id).where(
        claim.c.workspace_id == workspace_id, claim.c.hit_id.in_(hit_ids)
    )
    found: dict[UUID, list[int]] = {}
    for row in conn.execute(asked.order_by(claim.c.hit_id, claim.c.rep_id)):
        found.setdefault(row.hit_id, []).append(row.rep_id)
    return found


def messages_touched(conn: Connection, workspace_id: int, rep_id: int, rule: str, since: datetime) -> set[int]:
    """List a rep's messages with a verdict by this rule, or one that was given since then."""
    asked = (
        select(verdict.c.message_id)
        .join(message, and_(message.c.workspace_id == verdict.c.workspace_id, message.c.id == verdict.c.message_id))
        .where(message.c.workspace_id == workspace_id, message.c.rep_id == rep_id)
        .where(verdict.c.workspace_id == workspace_id, or_(verdict.c.rule == rule, verdict.c.judged_at >= since))
        .distinct()
    )
    return set(conn.execute(asked).scalars())

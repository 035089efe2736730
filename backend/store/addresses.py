"""The addresses that hits came from: found for placing them, and blurred once they have been kept long enough."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, or_, select, text, tuple_, update

from backend.domain.arrivals import first_hit_id
from backend.domain.places import KEPT_BITS
from backend.store.keys import HitKey
from backend.store.tables import hit, workspace


class Unplaced(NamedTuple):
    """A hit of which no place is noted yet."""

    workspace_id: int
    id: UUID
    ip: str
    user_agent: str


class Due(NamedTuple):
    """A workspace whose exact addresses are to be blurred from one instant to another."""

    workspace_id: int
    since: datetime | None
    until: datetime


_BLURRED = text(
    f"""
    WITH due AS (
        SELECT workspace_id, id FROM hit
        WHERE workspace_id = :workspace_id AND id >= :since AND id < :until
          AND masklen(ip) > CASE family(ip) WHEN 4 THEN {KEPT_BITS[4]} ELSE {KEPT_BITS[6]} END
        ORDER BY id LIMIT :most
    )
    UPDATE hit SET ip = network(set_masklen(ip, CASE family(ip) WHEN 4 THEN {KEPT_BITS[4]} ELSE {KEPT_BITS[6]} END))
    FROM due WHERE hit.workspace_id = due.workspace_id AND hit.id = due.id
    """  # noqa: S608  numbers of our own
)


def unplaced_of(conn: Connection, keys: Collection[HitKey]) -> Sequence[Unplaced]:
    """Those of these hits that have an address, and no place yet."""
    asked = select(hit.c.workspace_id, hit.c.id, func.host(hit.c.ip), hit.c.user_agent).where(
        tuple_(hit.c.workspace_id, hit.c.id).in_(list(keys)), hit.c.ip.is_not(None), hit.c.place.is_(None)
    )
    return [Unplaced(*row) for row in conn.execute(asked)] if keys else []


def put_place(conn: Connection, key: HitKey, place: str) -> None:
    """Note where a hit came from; it stays when the address is blurred."""
    conn.execute(update(hit).where(hit.c.workspace_id == key[0], hit.c.id == key[1]).values(place=place))


def due_for_blurring(conn: Connection, now: datetime) -> Sequence[Due]:
    """The workspaces with exact addresses that are older than they want them kept."""
    until = now - func.make_interval(0, 0, 0, workspace.c.exact_addresses_days)
    asked = select(workspace.c.workspace_id, workspace.c.blurred_to, until).where(
        or_(workspace.c.blurred_to.is_(None), workspace.c.blurred_to < until)
    )
    return [Due(*row) for row in conn.execute(asked.order_by(workspace.c.workspace_id))]


def blur(conn: Connection, workspace_id: int, since: datetime | None, until: datetime, most: int) -> int:
    """Leave only the network of addresses of that time, of so many hits at most; returns of how many."""
    bounds = {"since": first_hit_id(since) if since else UUID(int=0), "until": first_hit_id(until)}
    return conn.execute(_BLURRED, {"workspace_id": workspace_id, **bounds, "most": most}).rowcount


def note_blurred(conn: Connection, workspace_id: int, until: datetime) -> None:
    """Remember up to when a workspace's addresses are blurred."""
    conn.execute(update(workspace).where(workspace.c.workspace_id == workspace_id).values(blurred_to=until))


def exact_days_of(conn: Connection, workspace_id: int) -> int:
    """For how many days exact addresses are kept."""
    asked = select(workspace.c.exact_addresses_days).where(workspace.c.workspace_id == workspace_id)
    return int(conn.execute(asked).scalar_one())


def put_exact_days(conn: Connection, workspace_id: int, days: int) -> None:
    """Keep exact addresses for so long from now on."""
    conn.execute(update(workspace).where(workspace.c.workspace_id == workspace_id).values(exact_addresses_days=days))

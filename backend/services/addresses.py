"""What becomes of readers' addresses: they say roughly where somebody was, and are kept exactly for a while only."""

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from backend.domain.places import EXACT_DAYS, may_be_placed
from backend.errors import Malformed
from backend.services.ports import PlaceFinder
from backend.store import addresses
from backend.store.keys import HitKey

log = structlog.get_logger(__name__)

_AT_ONCE = 20_000
_LATE = timedelta(days=2)  # what was kept in a journal meanwhile may come in behind what is done already


def note_places(conn: Connection, places: PlaceFinder, keys: Collection[HitKey]) -> None:
    """Note where these hits came from, of those that came from readers themselves. Safe to repeat."""
    for one in addresses.unplaced_of(conn, keys):
        found = places.find(one.ip) if may_be_placed(one.ip, one.user_agent) else None
        if found is not None:
            addresses.put_place(conn, (one.workspace_id, one.id), found.told)


def blur_addresses(conn: Connection, now: datetime) -> None:
    """Leave only the network of addresses that are older than their workspace wants them kept; a part at a time."""
    left = _AT_ONCE
    for due in addresses.due_for_blurring(conn, now):
        since = due.since - _LATE if due.since else None
        blurred = addresses.blur(conn, due.workspace_id, since, due.until, left)
        left -= blurred
        if left <= 0:
            return
        addresses.note_blurred(conn, due.workspace_id, due.until)
        if blurred:
            log.info("addresses_blurred", workspace_id=due.workspace_id, hits=blurred)


def exact_days_of(conn: Connection, workspace_id: int) -> int:
    """For how many days a workspace keeps exact addresses."""
    return addresses.exact_days_of(conn, workspace_id)


def set_exact_days(conn: Connection, workspace_id: int, rep_id: int, told: str) -> None:
    """Keep exact addresses for so many days. Fewer days take effect within the hour. Raises Malformed."""
    days = next((days for days in EXACT_DAYS if str(days) == told), None)
    if days is None:
        raise Malformed("Please choose for how long exact addresses are kept.")
    addresses.put_exact_days(conn, workspace_id, days)
    log.info("keeping of addresses was changed", workspace_id=workspace_id, rep_id=rep_id, days=days)

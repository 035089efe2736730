"""A rep corrects us: "That was me", "Not me after all", "Not me". Keeps the word as a fact, and judges again.

Besides the hit's own message those of the rep's messages are touched that have looks of the same browser: they became
hers by the word, or are strangers' again without it. What a word explains is in `domain.claims`.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from backend.domain.claims import LEARNED_CLIENT
from backend.domain.hits import block_of
from backend.errors import NotFound
from backend.services.hits import settle_messages
from backend.store import claims as store

Look = tuple[int, UUID]  # a message, and a hit on it


def claim_hit(conn: Connection, workspace_id: int, rep_id: int, look: Look, now: datetime) -> None:
    """Keep that a hit was this rep's own, and judge again. Safe to repeat; the caller commits.

    Raises NotFound, as all of these do, where this is no hit on a sent message of the workspace.
    """
    message_id, hit_id = _checked(conn, workspace_id, look)
    if store.put_claim(conn, workspace_id, hit_id, rep_id, now):
        _settle(conn, workspace_id, rep_id, message_id, now)


def take_back(conn: Connection, workspace_id: int, rep_id: int, look: Look, now: datetime) -> None:
    """Forget this rep's word on a hit, and judge again. Safe to repeat."""
    message_id, hit_id = _checked(conn, workspace_id, look)
    if store.drop_claim(conn, workspace_id, hit_id, rep_id):
        _settle(conn, workspace_id, rep_id, message_id, now)


def unlearn(conn: Connection, workspace_id: int, rep_id: int, look: Look, now: datetime) -> None:
    """Know this hit's browser and network as this rep's no longer; what she called hers stays hers. Safe to repeat."""
    message_id, hit_id = _checked(conn, workspace_id, look)
    block = block_of(store.address_of(conn, workspace_id, hit_id))
    if block and store.drop_teaching(conn, workspace_id, rep_id, hit_id, block):
        _settle(conn, workspace_id, rep_id, message_id, now)


def _checked(conn: Connection, workspace_id: int, look: Look) -> Look:
    if not store.is_hit_of(conn, workspace_id, *look):
        raise NotFound("There is no such view or click, or it is not on a mail of yours.")
    return look


def _settle(conn: Connection, workspace_id: int, rep_id: int, message_id: int, now: datetime) -> None:
    """Judged again is also what was judged since the press, by other transactions that did not see it."""
    touched = store.messages_touched(conn, workspace_id, rep_id, LEARNED_CLIENT, now) | {message_id}
    settle_messages(conn, {(workspace_id, one) for one in touched}, now)

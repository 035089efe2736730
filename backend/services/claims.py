"""A rep corrects us: "That was me", and "Not me after all". Keeps the word as a fact, and judges again what it touches.

Besides the hit's own message those of the rep's messages are touched that have looks of the same browser: they became
hers by the word, or are strangers' again without it. What a word explains is in `domain.claims`.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from backend.domain.verdict_rules import LEARNED_CLIENT
from backend.errors import NotFound
from backend.services.hits import lock_messages, settle_message
from backend.store import claims as store


def claim_hit(conn: Connection, workspace_id: int, rep_id: int, look: tuple[int, UUID], now: datetime) -> None:
    """Keep that a hit (message, hit) was this rep's own, and judge again. Safe to repeat; the caller commits.

    Raises NotFound where this is no hit on a sent message of the workspace.
    """
    message_id, hit_id = look
    if not store.is_hit_of(conn, workspace_id, message_id, hit_id):
        raise NotFound("There is no such view or click, or it is not on a mail of yours.")
    if store.put_claim(conn, workspace_id, hit_id, rep_id, now):
        _settle(conn, workspace_id, rep_id, message_id, now)


def take_back(conn: Connection, workspace_id: int, rep_id: int, look: tuple[int, UUID], now: datetime) -> None:
    """Forget this rep's word on a hit (message, hit), and judge again. Safe to repeat; raises as `claim_hit` does."""
    message_id, hit_id = look
    if not store.is_hit_of(conn, workspace_id, message_id, hit_id):
        raise NotFound("There is no such view or click, or it is not on a mail of yours.")
    if store.drop_claim(conn, workspace_id, hit_id, rep_id):
        _settle(conn, workspace_id, rep_id, message_id, now)


def _settle(conn: Connection, workspace_id: int, rep_id: int, message_id: int, now: datetime) -> None:
    """Judged again is also what was judged since the press, by other transactions that did not see it."""
    touched = store.messages_touched(conn, workspace_id, rep_id, LEARNED_CLIENT, now) | {message_id}
    for _, each in lock_messages(conn, {(workspace_id, one) for one in touched}):
        settle_message(conn, workspace_id, each, now)

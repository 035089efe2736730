"""Which messages are to be judged again? Walks all messages in the order of their keys, a window at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, true, tuple_

from backend.store.document_tables import beacon, page_load, share, visit
from backend.store.keys import MessageKey
from backend.store.tables import hit, incoming, message, tracker, verdict


@dataclass(frozen=True)
class Scope:
    """What is to be judged again: what older rules judged or, with `since`, whatever was hit, read or answered
    since then.
    """

    rules_version: int
    workspace_id: int | None = None
    since: datetime | None = None


def next_messages(conn: Connection, scope: Scope, after: MessageKey, limit: int) -> Sequence[tuple[MessageKey, bool]]:
    """The next so many messages, each with whether it is to be judged again. The window bounds how long this takes."""
    columns = select(message.c.workspace_id, message.c.id)
    window = (
        columns.where(tuple_(message.c.workspace_id, message.c.id) > tuple_(*after), _in(scope))
        .order_by(message.c.workspace_id, message.c.id)
        .limit(limit)
        .subquery("one")
    )
    here = (window.c.workspace_id, window.c.id)
    wanted = _judged_before(scope, *here) if scope.since is None else _touched_since(scope.since, *here)
    found = select(*here, wanted).order_by(*here)
    return [
        ((workspace_id, message_id), bool(is_wanted)) for workspace_id, message_id, is_wanted in conn.execute(found)
    ]


def count_messages(conn: Connection, scope: Scope) -> int:
    """How many messages are walked over."""
    return int(conn.execute(select(func.count()).select_from(message).where(_in(scope))).scalar_one())


def _in(scope: Scope) -> ColumnElement[bool]:
    if scope.workspace_id is None:
        return true()
    return message.c.workspace_id == scope.workspace_id


def _judged_before(scope: Scope, workspace_id: ColumnElement[int], id_: ColumnElement[int]) -> ColumnElement[bool]:
    """Judged by older rules; or answered and never hit: the view that is inferred of that bears no version."""
    judged = and_(verdict.c.workspace_id == workspace_id, verdict.c.message_id == id_)
    answered = and_(incoming.c.workspace_id == workspace_id, incoming.c.message_id == id_, incoming.c.kind == "reply")
    return or_(
        exists().where(judged, verdict.c.rules_version < scope.rules_version),
        and_(exists().where(answered), ~exists().where(judged)),
    )


def _touched_since(since: datetime, workspace_id: ColumnElement[int], id_: ColumnElement[int]) -> ColumnElement[bool]:
    hits = and_(
        tracker.c.workspace_id == workspace_id,
        tracker.c.message_id == id_,
        hit.c.workspace_id == tracker.c.workspace_id,
        hit.c.token == tracker.c.token,
        hit.c.received_at >= since,
    )
    answers = and_(
        incoming.c.workspace_id == workspace_id,
        incoming.c.message_id == id_,
        incoming.c.kind == "reply",
        incoming.c.received_at >= since,
    )
    read = and_(
        share.c.workspace_id == workspace_id,
        share.c.message_id == id_,
        visit.c.workspace_id == share.c.workspace_id,
        visit.c.share_id == share.c.id,
    )
    told = and_(beacon.c.workspace_id == visit.c.workspace_id, beacon.c.visit_id == visit.c.id)
    loaded = and_(page_load.c.workspace_id == visit.c.workspace_id, page_load.c.visit_id == visit.c.id)
    return or_(
        exists().where(hits),
        exists().where(answers),
        exists().where(read, told, beacon.c.received_at >= since),
        exists().where(read, loaded, page_load.c.at >= since),
    )

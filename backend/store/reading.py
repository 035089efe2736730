"""What is stored of how documents were read? Visits, what came in about them, page views, and what the feed tells.

Queries only, of many at once where hits are judged. What beacons mean is in `domain.reading`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Integer, Uuid, and_, cast, delete, exists, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY, insert

from backend.domain.feed import Item
from backend.domain.reading import Load, PageTime
from backend.store.document_tables import (
    beacon,
    document,
    document_version,
    page_load,
    page_view,
    share,
    visit,
)
from backend.store.keys import HitKey, MessageKey, as_hits, as_ids, as_table
from backend.store.tables import feed_item, recipient

BeaconRow = tuple[int, datetime, object]
Views = Mapping[HitKey, Mapping[int, PageTime]]
_PAGE_VIEW = {
    name: page_view.c[name].type
    for name in ("workspace_id", "visit_id", "page", "active_ms", "place", "first_at", "last_at")
}


@dataclass(frozen=True)
class Document:
    """A document that a message shares, as the feed tells it."""

    id: int
    name: str
    pages: int


@dataclass(frozen=True)
class Visit:
    """One opening of a document that a message shares; `recipient` and `reader` are addresses, or empty."""

    id: UUID
    share_id: int
    document_id: int
    document: str
    pages: int
    recipient: str
    reader: str
    started_at: datetime


@dataclass(frozen=True)
class ToldReading:
    """A reading as it stands in the feed, and the message that it is of."""

    message_id: int
    item: Item


@dataclass(frozen=True)
class OpenedVersion:
    """Which version a visit showed, and whether its time was measured: without a script only its pages are known."""

    version_id: int
    version_number: int
    pages: int
    started_at: datetime
    is_timed: bool


def visits_of_messages(conn: Connection, messages: Collection[MessageKey]) -> Mapping[MessageKey, Mapping[UUID, Visit]]:
    """The visits to the messages' documents, by id."""
    visits: dict[MessageKey, dict[UUID, Visit]] = {key: {} for key in messages}
    if not messages:
        return visits
    asked = as_ids(messages)
    found = (
        select(
            share.c.workspace_id,
            share.c.message_id,
            visit.c.id,
            share.c.id,
            share.c.document_id,
            document.c.name,
            func.coalesce(document_version.c.pages, 0),
            share.c.recipient,
            visit.c.reader,
            visit.c.started_at,
        )
        .select_from(asked)
        .join(share, and_(share.c.workspace_id == asked.c.workspace_id, share.c.message_id == asked.c.id))
        .join(visit, _in(visit.c.share_id, share))
        .join(document, _in(share.c.document_id, document))
        .join(document_version, _in(visit.c.version_id, document_version))
    )
    for workspace_id, message_id, *values in conn.execute(found):
        visits[workspace_id, message_id][values[0]] = Visit(*values)
    return visits


def documents_of_messages(
    conn: Connection, messages: Collection[MessageKey]
) -> Mapping[MessageKey, Mapping[int | None, Document]]:
    """The documents that the messages share, by share."""
    asked = as_ids(messages)
    found = (
        select(
            share.c.workspace_id,
            share.c.message_id,
            share.c.id,
            document.c.id,
            document.c.name,
            func.coalesce(document_version.c.pages, 0),
        )
        .select_from(asked)
        .join(share, and_(share.c.workspace_id == asked.c.workspace_id, share.c.message_id == asked.c.id))
        .join(document, _in(share.c.document_id, document))
        .outerjoin(document_version, _in(document.c.version_id, document_version))
    )
    documents: defaultdict[MessageKey, dict[int | None, Document]] = defaultdict(dict)
    for workspace_id, message_id, share_id, *values in conn.execute(found) if messages else ():
        documents[workspace_id, message_id][share_id] = Document(*values)
    return documents


def beacons_of(conn: Connection, visits: Collection[HitKey]) -> Mapping[HitKey, Sequence[BeaconRow]]:
    """What viewers said in these visits: (seq, received_at, body)."""
    asked = as_hits(visits)
    found = select(beacon.c.workspace_id, beacon.c.visit_id, beacon.c.seq, beacon.c.received_at, beacon.c.body).join(
        asked, and_(beacon.c.workspace_id == asked.c.workspace_id, beacon.c.visit_id == asked.c.id)
    )
    told: defaultdict[HitKey, list[BeaconRow]] = defaultdict(list)
    for workspace_id, visit_id, *values in conn.execute(found):
        told[workspace_id, visit_id].append((values[0], values[1], values[2]))
    return told


def newest_beacons_of(conn: Connection, visits: Collection[HitKey]) -> Mapping[HitKey, tuple[BeaconRow, datetime]]:
    """The beacon with the highest number of each of these visits, and when anything was heard last."""
    asked = as_hits(visits)
    mine = and_(beacon.c.workspace_id == asked.c.workspace_id, beacon.c.visit_id == asked.c.id)
    newest = (
        select(beacon.c.seq, beacon.c.received_at, beacon.c.body)
        .where(mine)
        .order_by(beacon.c.seq.desc())
        .limit(1)
        .lateral("newest")
    )
    heard = select(func.max(beacon.c.received_at).label("at")).where(mine).lateral("heard")
    columns = select(asked.c.workspace_id, asked.c.id, newest, heard.c.at).select_from(asked)
    found = columns.join(newest, true()).join(heard, true())
    return {
        (workspace_id, visit_id): ((seq, received_at, body), at)
        for workspace_id, visit_id, seq, received_at, body, at in conn.execute(found)
    }


def loads_of(conn: Connection, visits: Collection[HitKey]) -> Mapping[HitKey, Sequence[Load]]:
    """Which pages' images were asked for in these visits."""
    asked = as_hits(visits)
    found = select(page_load.c.workspace_id, page_load.c.visit_id, page_load.c.page, page_load.c.at).join(
        asked, and_(page_load.c.workspace_id == asked.c.workspace_id, page_load.c.visit_id == asked.c.id)
    )
    loads: defaultdict[HitKey, list[Load]] = defaultdict(list)
    for workspace_id, visit_id, page, at in conn.execute(found):
        loads[workspace_id, visit_id].append(Load(page, at))
    return loads


def put_page_views(conn: Connection, views: Views, stand: Views) -> None:
    """Make these visits' page views exactly these, where those stood; writes only what differs."""
    wanted = {(*key, page): told for key, pages in views.items() for page, told in pages.items()}
    stored = {(*key, page): told for key in views for page, told in stand.get(key, {}).items()}
    gone = [place for place in stored if place not in wanted]
    if gone:
        asked = as_table({name: _PAGE_VIEW[name] for name in ("workspace_id", "visit_id", "page")}, gone)
        conn.execute(
            delete(page_view).where(
                page_view.c.workspace_id == asked.c.workspace_id,
                page_view.c.visit_id == asked.c.visit_id,
                page_view.c.page == asked.c.page,
            )
        )
    rows = [
        (*place, told.active_ms, told.place, told.first_at, told.last_at)
        for place, told in wanted.items()
        if stored.get(place) != told
    ]
    if rows:
        put = insert(page_view).from_select(list(_PAGE_VIEW), select(as_table(_PAGE_VIEW, rows)))
        changing = ("active_ms", "place", "first_at", "last_at")
        conn.execute(
            put.on_conflict_do_update(
                index_elements=["workspace_id", "visit_id", "page"],
                set_={name: put.excluded[name] for name in changing},
            )
        )


def page_views_of(conn: Connection, visits: Collection[HitKey]) -> Views:
    """The page views of these visits: page -> what is known of it."""
    asked = as_hits(visits)
    found = select(
        page_view.c.workspace_id,
        page_view.c.visit_id,
        page_view.c.page,
        page_view.c.active_ms,
        page_view.c.place,
        page_view.c.first_at,
        page_view.c.last_at,
    ).join(asked, and_(page_view.c.workspace_id == asked.c.workspace_id, page_view.c.visit_id == asked.c.id))
    views: defaultdict[HitKey, dict[int, PageTime]] = defaultdict(dict)
    for workspace_id, visit_id, page, *values in conn.execute(found):
        views[workspace_id, visit_id][page] = PageTime(*values)
    return views


def told_readings(
    conn: Connection, workspace_id: int, *, document_ids: Collection[int] = (), message_id: int | None = None
) -> Sequence[ToldReading]:
    """List what stands in the feed of these documents' readings, or of a message's, the newest first."""
    columns = (feed_item.c.message_id, feed_item.c.key, feed_item.c.kind, feed_item.c.occurred_at, feed_item.c.data)
    asked = select(*columns).where(
        feed_item.c.workspace_id == workspace_id, feed_item.c.kind == "document", feed_item.c.retracted.is_(False)
    )
    if message_id is None:
        shared = select(share.c.message_id).where(
            share.c.workspace_id == workspace_id, share.c.document_id.in_(document_ids)
        )
        these = feed_item.c.data["document_id"].astext.in_([str(each) for each in document_ids])
        asked = asked.where(feed_item.c.message_id.in_(shared), these)
    else:
        asked = asked.where(feed_item.c.message_id == message_id)
    found = conn.execute(asked.order_by(feed_item.c.occurred_at.desc(), feed_item.c.key))
    return [ToldReading(of, Item(*values)) for of, *values in found]


def opened_versions(conn: Connection, workspace_id: int, visits: Collection[UUID]) -> Mapping[UUID, OpenedVersion]:
    """What these visits showed."""
    pages = func.coalesce(document_version.c.pages, 0)
    page = beacon.c.body["page"]
    is_timed = exists().where(
        beacon.c.workspace_id == visit.c.workspace_id,
        beacon.c.visit_id == visit.c.id,
        page.between(func.to_jsonb(cast(1, Integer)), func.to_jsonb(pages)),  # as `domain.reading` believes them
    )
    asked = (
        select(visit.c.id, visit.c.version_id, document_version.c.number, pages, visit.c.started_at, is_timed)
        .join(document_version, _in(visit.c.version_id, document_version))
        .where(visit.c.workspace_id == workspace_id, visit.c.id == func.any(cast(list(visits), ARRAY(Uuid()))))
    )
    return {visit_id: OpenedVersion(*values) for visit_id, *values in conn.execute(asked)} if visits else {}


def people_of_messages(conn: Connection, messages: Collection[MessageKey]) -> Mapping[MessageKey, Mapping[str, str]]:
    """Whom the messages went to: address -> as each is called, in the mail's order."""
    if not messages:
        return {}
    asked = as_ids(messages)
    who = func.coalesce(func.nullif(recipient.c.name, ""), recipient.c.address)
    order = func.array_position(["to", "cc", "bcc"], recipient.c.role)
    found = (
        select(recipient.c.workspace_id, recipient.c.message_id, func.lower(recipient.c.address), who)
        .join(asked, and_(recipient.c.workspace_id == asked.c.workspace_id, recipient.c.message_id == asked.c.id))
        .order_by(order, recipient.c.address)
    )
    people: dict[MessageKey, dict[str, str]] = {key: {} for key in messages}
    for workspace_id, message_id, address, name in conn.execute(found):
        people[workspace_id, message_id][address] = name
    return people


def _in(column: ColumnElement[Any], table: Any) -> ColumnElement[bool]:
    """The row of this table that a column of the same workspace names."""
    return and_(column.table.c.workspace_id == table.c.workspace_id, column == table.c.id)

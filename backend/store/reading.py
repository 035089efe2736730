"""What is stored of how documents were read? Visits, what came in about them, the page views made of that, and totals.

Queries only, of many at once where hits are judged. What beacons mean is in `domain.reading`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert

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
from backend.store.tables import hit, message, recipient, verdict

BeaconRow = tuple[int, datetime, object]
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
class CountedVisit:
    """A visit that counts (`verdict` human, or repeat), for pages that list them; `reader_key` tells readers apart."""

    id: UUID
    at: datetime
    verdict: str
    share_id: int
    message_id: int
    document_id: int
    document: str
    version_number: int
    pages: int
    recipient: str
    reader: str
    user_agent: str
    device_id: UUID | None
    reader_key: str


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


def put_page_views(conn: Connection, views: Mapping[HitKey, Mapping[int, PageTime]]) -> None:
    """Make these visits' page views exactly these; writes only what differs."""
    if not views:
        return
    stand = page_views_of(conn, list(views))
    wanted = {(*key, page): told for key, pages in views.items() for page, told in pages.items()}
    stored = {(*key, page): told for key, pages in stand.items() for page, told in pages.items()}
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


def page_views_of(conn: Connection, visits: Collection[HitKey]) -> Mapping[HitKey, Mapping[int, PageTime]]:
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


def counted_visits(
    conn: Connection,
    workspace_id: int,
    *,
    document_ids: Collection[int] = (),
    message_id: int | None = None,
    version_id: int | None = None,
) -> Sequence[CountedVisit]:
    """List the visits that count of these documents, or of a message's, the newest first."""
    asked = _counted().where(visit.c.workspace_id == workspace_id)
    if message_id is None:
        asked = asked.where(share.c.document_id.in_(document_ids))
    else:
        asked = asked.where(share.c.message_id == message_id)
    if version_id is not None:
        asked = asked.where(visit.c.version_id == version_id)
    return [CountedVisit(*values) for [*values] in conn.execute(asked)]


def _counted() -> Select[Any]:
    return (
        select(
            visit.c.id,
            visit.c.started_at,
            verdict.c.verdict,
            visit.c.share_id,
            share.c.message_id,
            share.c.document_id,
            document.c.name,
            document_version.c.number,
            func.coalesce(document_version.c.pages, 0),
            share.c.recipient,
            visit.c.reader,
            hit.c.user_agent,
            hit.c.device_id,
            _reader_key(),
        )
        .join(share, _in(visit.c.share_id, share))
        .join(message, _in(share.c.message_id, message))
        .join(document, _in(share.c.document_id, document))
        .join(document_version, _in(visit.c.version_id, document_version))
        .join(hit, _in(visit.c.id, hit))
        .join(verdict, and_(verdict.c.workspace_id == visit.c.workspace_id, verdict.c.hit_id == visit.c.id))
        .where(verdict.c.verdict.in_(("human", "repeat")), message.c.state == "sent")
        .order_by(visit.c.started_at.desc(), visit.c.id)
    )


def downloads_of(conn: Connection, workspace_id: int, visits: Collection[UUID]) -> Mapping[UUID, int]:
    """How often the document was downloaded in these visits, as far as it counts."""
    told = hit.c.detail["visit"].astext
    asked = (
        select(told, func.count())
        .join(verdict, and_(verdict.c.workspace_id == hit.c.workspace_id, verdict.c.hit_id == hit.c.id))
        .where(hit.c.workspace_id == workspace_id, hit.c.kind == "download", verdict.c.verdict == "human")
        .where(told.in_([str(each) for each in visits]))
        .group_by(told)
    )
    return {UUID(visit_id): count for visit_id, count in conn.execute(asked)} if visits else {}


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


def _reader_key() -> ColumnElement[str]:
    """One and the same for one and the same reader, as far as can be known: an address, or else the share."""
    only = (
        select(func.min(recipient.c.address))
        .where(recipient.c.workspace_id == share.c.workspace_id, recipient.c.message_id == share.c.message_id)
        .having(func.count() == 1)
        .scalar_subquery()
    )
    given = (func.nullif(share.c.recipient, ""), func.nullif(visit.c.reader, ""), only)
    return func.lower(func.coalesce(*given, cast(share.c.id, Text)))


def _in(column: ColumnElement[Any], table: Any) -> ColumnElement[bool]:
    """The row of this table that a column of the same workspace names."""
    return and_(column.table.c.workspace_id == table.c.workspace_id, column == table.c.id)

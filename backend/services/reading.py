"""How were documents read? The readings that the feed tells, with the time on each page, and the totals of them.

What the feed says is the one truth: whoever counts here counts its items, so that the feed, the pages and the cards
cannot disagree. The time on each page is added from the page views that are kept beside them (`services.visits`).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import Connection

from backend.domain.feed import Line, Person, tell
from backend.domain.feed_documents import ReadDocument, read_document
from backend.domain.reading import READ_MS, PageTime
from backend.store import reading as store
from backend.store.feed_reading import people_of
from backend.store.reading import OpenedVersion, ToldReading


@dataclass(frozen=True)
class Totals:
    """A document at a glance: how often it was viewed, by how many readers, and how long on average.

    The average is of the views whose time could be measured, `timed` of them.
    """

    views: int = 0
    readers: int = 0
    timed: int = 0
    average_ms: int = 0


@dataclass(frozen=True)
class PageTotals:
    """A page: how many views showed it, and how long it was looked at, in all and by each that was `timed`."""

    number: int
    views: int = 0
    timed: int = 0
    active_ms: int = 0
    average_ms: int = 0


@dataclass(frozen=True)
class ReadingRow:
    """One reading, told as in the feed; `line` names the document, `here` is for the document's own page.

    `path` are its pages as first seen, `page_ms` the time on those whose time was measured. `is_view` is False of a
    download by itself.
    """

    line: Line
    here: Line
    message_id: int
    client: str
    version_number: int
    path: Sequence[int]
    page_ms: Mapping[int, int]
    is_view: bool
    reader: str
    read: ReadDocument


@dataclass(frozen=True)
class DocumentReading(Totals):
    """All that is known of how a document, or one version of it, was read; rows newest first."""

    per_page: Sequence[PageTotals] = field(default_factory=tuple)
    rows: Sequence[ReadingRow] = field(default_factory=tuple)


@dataclass(frozen=True)
class _Opened:
    """What there is to know of some visits: what each showed, and its pages."""

    versions: Mapping[UUID, OpenedVersion]
    pages: Mapping[UUID, Mapping[int, PageTime]]


def readings_of_document(
    conn: Connection, workspace_id: int, document_id: int, version_id: int | None = None
) -> DocumentReading:
    """Read how a document was read, in all its versions or in one."""
    found = store.told_readings(conn, workspace_id, document_ids=[document_id])
    rows = _rows(conn, workspace_id, found, version_id)
    totals = _totals([(row.reader, row.read) for row in rows if row.is_view])
    return DocumentReading(**vars(totals), per_page=_per_page(rows), rows=rows)


def readings_of_message(conn: Connection, workspace_id: int, message_id: int) -> Sequence[ReadingRow]:
    """List the readings of a message's documents, the newest first."""
    return _rows(conn, workspace_id, store.told_readings(conn, workspace_id, message_id=message_id))


def totals_of_documents(conn: Connection, workspace_id: int, ids: Collection[int]) -> Mapping[int, Totals]:
    """Read the totals of these documents; each has some."""
    found = store.told_readings(conn, workspace_id, document_ids=ids)
    people = people_of(conn, workspace_id, [told.message_id for told in found])
    by_document: defaultdict[int, list[tuple[str, ReadDocument]]] = defaultdict(list)
    for told in found:
        read = read_document(told.item.data)
        if read.visits:
            by_document[read.document_id].append((_reader(told, read, people[told.message_id]), read))
    return {document_id: _totals(by_document[document_id]) for document_id in ids}


def _rows(
    conn: Connection, workspace_id: int, found: Sequence[ToldReading], version_id: int | None = None
) -> list[ReadingRow]:
    people = people_of(conn, workspace_id, [told.message_id for told in found])
    visits = [visit for told in found for visit in read_document(told.item.data).visits]
    views = store.page_views_of(conn, [(workspace_id, visit) for visit in visits])
    opened = _Opened(
        store.opened_versions(conn, workspace_id, visits), {visit: pages for (_, visit), pages in views.items()}
    )
    rows = [_row(told, people[told.message_id], opened, version_id) for told in found]
    return [row for row in rows if row is not None]


def _row(told: ToldReading, people: Sequence[Person], opened: _Opened, version_id: int | None) -> ReadingRow | None:
    """One reading, as far as it is of the version that is asked for; None where nothing of it is.

    Which version a download by itself was of is not kept, so it is shown with each.
    """
    read = read_document(told.item.data)
    visits = [visit for visit in read.visits if visit in opened.versions]
    of_it = [visit for visit in visits if version_id in (None, opened.versions[visit].version_id)]
    if visits and not of_it:
        return None
    reader = _reader(told, read, people)
    path, page_ms = _pages(of_it, opened)
    if len(of_it) < len(visits):
        read = _part(read, visits, of_it, opened, (path, page_ms))
    line = tell(told.item, people)
    return ReadingRow(
        line=replace(line, told=read.told, live=read.told_live, live_until=read.live_until),
        here=replace(line, told=read.told_here, live=read.told_live_here, live_until=read.live_until),
        message_id=told.message_id,
        client=told.item.text("client"),
        version_number=max((opened.versions[visit].version_number for visit in of_it), default=0),
        path=path,
        page_ms=page_ms,
        is_view=bool(of_it),
        reader=reader,
        read=read,
    )


def _pages(visits: Sequence[UUID], opened: _Opened) -> tuple[Sequence[int], Mapping[int, int]]:
    """The pages in the order in which they were first seen, and the time on each where it was measured."""
    seen: dict[int, None] = {}
    spent: dict[int, int] = {}
    for visit in sorted(visits, key=lambda one: opened.versions[one].started_at):
        pages = opened.pages.get(visit, {})
        for number in sorted(pages, key=lambda one: pages[one].place):
            seen[number] = None
            if opened.versions[visit].is_timed:
                spent[number] = spent.get(number, 0) + pages[number].active_ms
    return list(seen), spent


def _part(
    read: ReadDocument,
    visits: Sequence[UUID],
    of_it: Sequence[UUID],
    opened: _Opened,
    pages: tuple[Sequence[int], Mapping[int, int]],
) -> ReadDocument:
    """A reading that went on in another version, as far as it was of this one."""
    path, page_ms = pages
    last = max(visits, key=lambda visit: opened.versions[visit].started_at)
    return replace(
        read,
        pages_total=max(opened.versions[visit].pages for visit in of_it),
        is_reading=read.is_reading and last in of_it,
        active_ms=sum(page_ms.values()),
        is_timed=any(opened.versions[visit].is_timed for visit in of_it),
        pages_read=tuple(sorted(page for page in path if page_ms.get(page, READ_MS) >= READ_MS)),
        visits=tuple(of_it),
    )


def _reader(told: ToldReading, read: ReadDocument, people: Sequence[Person]) -> str:
    """One and the same for one and the same reader, as far as can be known: an address, or else the share."""
    only = people[0].address if len(people) == 1 else ""
    return (told.item.text("address") or only).lower() or f"share {read.share_id}"


def _totals(views: Sequence[tuple[str, ReadDocument]]) -> Totals:
    timed = [read.active_ms for _, read in views if read.is_timed]
    return Totals(len(views), len({reader for reader, _ in views}), len(timed), sum(timed) // max(1, len(timed)))


def _per_page(rows: Sequence[ReadingRow]) -> list[PageTotals]:
    """Every page up to the last that there is, so that the picture has no holes."""
    last = max((max(row.read.pages_total, *row.path, 0) for row in rows), default=0)
    views = Counter(page for row in rows for page in row.path)
    spent: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows:
        for page, active_ms in row.page_ms.items():
            spent[page].append(active_ms)
    return [
        PageTotals(number, views[number], len(each := spent[number]), sum(each), sum(each) // max(1, len(each)))
        for number in range(1, last + 1)
    ]

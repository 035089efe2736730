"""How were documents read? Each visit's reading kept in step with what came in, and the totals that pages show.

Only visits that count are told: a person's (`human`), and what went on from one within half an hour (`repeat`), which
adds its time and is no view of its own. Working a visit out is in `domain.reading`, judging it in `services.hits`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection

from backend.domain.agents import agent_of
from backend.domain.hits import DOCUMENT_KINDS, Hit, Verdict, VisitFacts, name_reader
from backend.domain.reading import PageTime, Reading, read_beacons, timeline
from backend.store import reading as store
from backend.store.keys import HitKey, MessageKey
from backend.store.reading import CountedVisit, Visit


@dataclass(frozen=True)
class VisitReading:
    """A visit and what it came to."""

    visit: Visit
    reading: Reading

    @property
    def facts(self) -> VisitFacts:
        """What the judging has to know of it."""
        return VisitFacts(
            self.reading.shown,
            self.visit.recipient or self.visit.reader,
            is_proven=bool(self.visit.recipient),
            active_ms=self.reading.active_ms,
        )


Visits = Mapping[UUID, VisitReading]


@dataclass
class Session:
    """One reading as the feed tells it: the visit that began it, those that went on from it, and what was done."""

    first: Hit
    verdict: Verdict
    readings: list[VisitReading] = field(default_factory=list)
    deeds: list[Hit] = field(default_factory=list)

    @property
    def last_at(self) -> datetime:
        """When the newest thing happened."""
        heard = [one.reading.last_at for one in self.readings if one.reading.last_at is not None]
        return max([self.first.received_at, *heard, *(deed.received_at for deed in self.deeds)])

    def told(self, pages: int) -> dict[str, object]:
        """The reading in numbers; where somebody is now is what was heard last. `pages` if no visit knows better."""
        reading = max((one.reading for one in self.readings), key=_heard, default=Reading())
        return {
            "pages_total": max((one.visit.pages for one in self.readings), default=pages),
            "page": reading.page,
            "state": reading.state,
            "last_at": reading.last_at.isoformat() if reading.last_at else None,
            "active_ms": sum(one.reading.active_ms for one in self.readings),
            "is_timed": any(one.reading.has_script for one in self.readings),
            "pages_read": sorted({page for one in self.readings for page in one.reading.pages_read}),
            "downloads": sum(1 for deed in self.deeds if deed.kind == "download"),
            "follows": sum(1 for deed in self.deeds if deed.kind == "follow"),
        }


def _heard(reading: Reading) -> datetime:
    return reading.last_at or datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Totals:
    """A document at a glance: how often it was viewed, by how many readers, and how long on average."""

    views: int = 0
    readers: int = 0
    average_ms: int = 0


@dataclass(frozen=True)
class PageTotals:
    """A page: how many views showed it, and how long it was looked at, in all and by each."""

    number: int
    views: int
    active_ms: int
    average_ms: int


@dataclass(frozen=True)
class VisitRow:
    """One visit that counts; `path` are its pages as first seen, `page_ms` the time on each."""

    visit_id: UUID
    at: datetime
    who: str
    is_named: bool
    share_id: int
    message_id: int
    document_id: int
    document: str
    version_number: int
    pages: int
    client: str
    device_id: UUID | None
    verdict: str
    active_ms: int
    path: Sequence[int]
    page_ms: Mapping[int, int]
    downloads: int


@dataclass(frozen=True)
class DocumentReading(Totals):
    """All that is known of how a document, or one version of it, was read; visits newest first."""

    per_page: Sequence[PageTotals] = field(default_factory=tuple)
    visits: Sequence[VisitRow] = field(default_factory=tuple)


def readings_of_document(
    conn: Connection, workspace_id: int, document_id: int, version_id: int | None = None
) -> DocumentReading:
    """Read how a document was read, in all its versions or in one."""
    counted = store.counted_visits(conn, workspace_id, document_ids=[document_id], version_id=version_id)
    rows = _rows(conn, workspace_id, counted)
    totals = _totals(counted, {row.visit_id: row.active_ms for row in rows})
    return DocumentReading(totals.views, totals.readers, totals.average_ms, _per_page(rows), rows)


def readings_of_message(conn: Connection, workspace_id: int, message_id: int) -> Sequence[VisitRow]:
    """List the visits that count to a message's documents, the newest first."""
    return _rows(conn, workspace_id, store.counted_visits(conn, workspace_id, message_id=message_id))


def totals_of_documents(conn: Connection, workspace_id: int, ids: Collection[int]) -> Mapping[int, Totals]:
    """Read the totals of these documents; each has some."""
    counted = store.counted_visits(conn, workspace_id, document_ids=ids)
    views = store.page_views_of(conn, [(workspace_id, each.id) for each in counted])
    spent = {visit_id: sum(page.active_ms for page in pages.values()) for (_, visit_id), pages in views.items()}
    by_document: defaultdict[int, list[CountedVisit]] = defaultdict(list)
    for each in counted:
        by_document[each.document_id].append(each)
    return {document_id: _totals(by_document[document_id], spent) for document_id in ids}


def visits_of_messages(conn: Connection, messages: Collection[MessageKey]) -> Mapping[MessageKey, Visits]:
    """Work out all visits to the messages' documents from what came in, and keep their page views in step."""
    found = store.visits_of_messages(conn, messages)
    keys: list[HitKey] = [(key[0], visit_id) for key, visits in found.items() for visit_id in visits]
    if not keys:
        return {}
    beacons, loads = store.beacons_of(conn, keys), store.loads_of(conn, keys)
    read: dict[MessageKey, dict[UUID, VisitReading]] = defaultdict(dict)
    views: dict[HitKey, Mapping[int, PageTime]] = {}
    for key, visits in found.items():
        for visit_id, visit in visits.items():
            place = (key[0], visit_id)
            told, _ = read_beacons(beacons.get(place, ()))
            reading = timeline(visit.started_at, told, loads.get(place, ()), visit.pages)
            read[key][visit_id] = VisitReading(visit, reading)
            views[place] = reading.pages
    store.put_page_views(conn, views)
    return read


def sessions_of(hits: Sequence[Hit], verdicts: Sequence[Verdict], visits: Visits) -> list[Session]:
    """Put the visits that count together with what went on from them, and with what was done in them."""
    by_id = {hit.id: hit for hit in hits}
    sessions: dict[UUID, Session] = {}
    root: dict[UUID, UUID] = {}
    for verdict in verdicts:  # oldest first, so that what it goes on from is known
        hit = by_id[verdict.hit_id]
        if hit.kind not in DOCUMENT_KINDS or verdict.verdict not in ("human", "repeat"):
            continue
        began = verdict.continues if hit.kind == "visit" else hit.visit_id
        first = root.get(began) if began is not None else None
        if first is None:
            if verdict.verdict == "repeat" or (hit.kind != "visit" and hit.visit_id is not None):
                continue
            sessions[hit.id] = Session(hit, verdict)
            first = hit.id
        root[hit.id] = first
        session = sessions[first]
        if hit.kind == "visit" and hit.id in visits:
            session.readings.append(visits[hit.id])
        elif hit.kind != "visit" and verdict.verdict == "human":
            session.deeds.append(hit)
    return list(sessions.values())


def _rows(conn: Connection, workspace_id: int, counted: Sequence[CountedVisit]) -> list[VisitRow]:
    views = store.page_views_of(conn, [(workspace_id, each.id) for each in counted])
    downloads = store.downloads_of(conn, workspace_id, [each.id for each in counted])
    people = store.people_of_messages(conn, {(workspace_id, each.message_id) for each in counted})
    return [
        _row(
            each,
            people[workspace_id, each.message_id],
            views.get((workspace_id, each.id), {}),
            downloads.get(each.id, 0),
        )
        for each in counted
    ]


def _row(counted: CountedVisit, people: Mapping[str, str], pages: Mapping[int, PageTime], downloads: int) -> VisitRow:
    address = counted.recipient or counted.reader
    return VisitRow(
        visit_id=counted.id,
        at=counted.at,
        who=name_reader(people, address),
        is_named=bool(address) or len(people) == 1,
        share_id=counted.share_id,
        message_id=counted.message_id,
        document_id=counted.document_id,
        document=counted.document,
        version_number=counted.version_number,
        pages=counted.pages,
        client=agent_of(counted.user_agent).name,
        device_id=counted.device_id,
        verdict=counted.verdict,
        active_ms=sum(page.active_ms for page in pages.values()),
        path=sorted(pages, key=lambda number: pages[number].place),
        page_ms={number: pages[number].active_ms for number in sorted(pages)},
        downloads=downloads,
    )


def _totals(counted: Sequence[CountedVisit], spent: Mapping[UUID, int]) -> Totals:
    views = sum(1 for each in counted if each.verdict == "human")
    readers = len({each.reader_key for each in counted})
    return Totals(views, readers, sum(spent.get(each.id, 0) for each in counted) // max(1, views))


def _per_page(rows: Sequence[VisitRow]) -> list[PageTotals]:
    """Every page up to the last that there is, so that the picture has no holes."""
    last = max((row.pages for row in rows), default=0)
    told = []
    for number in range(1, last + 1):
        shown = [row.page_ms[number] for row in rows if number in row.page_ms]
        told.append(PageTotals(number, len(shown), sum(shown), sum(shown) // max(1, len(shown))))
    return told

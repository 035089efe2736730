"""What came of each opening of a message's documents? Works visits out from what came in, and puts them into readings.

    beacons, page loads --of one reader, counted once--> timeline --> page views, kept --> a session for the feed

Only what something came in about is worked out anew, with the visits of the same reader at the same time; what the
others came to is kept in their page views. Beacons are many: a reader's may be thousands, and a mail's readers
hundreds. Judging is in `services.hits`, what a beacon means in `domain.reading`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection

from backend.domain.agents import agent_of
from backend.domain.hits import DOCUMENT_KINDS, Hit, Verdict, VisitFacts, client_of
from backend.domain.reading import PageTime, Reading, read_beacons, standing, timeline
from backend.domain.reading_once import Opened, counted_once, touched
from backend.store import reading as store
from backend.store.keys import HitKey, MessageKey
from backend.store.reading import Views, Visit

_NEVER = datetime.max.replace(tzinfo=UTC)


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
Readers = Mapping[object, Mapping[HitKey, Visit]]


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
            "visits": [str(one.visit.id) for one in self.readings],
        }


def _heard(reading: Reading) -> datetime:
    return reading.last_at or datetime.min.replace(tzinfo=UTC)


def visits_of_messages(
    conn: Connection, hits: Mapping[MessageKey, Sequence[Hit]], stirred: Collection[HitKey] | None = None
) -> Mapping[MessageKey, Visits]:
    """Read all visits among these messages' hits, and keep their page views in step.

    `stirred` are those of which something came in since they were last worked out; None: work out all of them.
    """
    found = store.visits_of_messages(conn, list(hits))
    readers = _readers(hits, found)
    visits = {key: visit for some in readers.values() for key, visit in some.items()}
    if not visits:
        return {}
    stand = store.page_views_of(conn, list(visits))
    kept = {} if stirred is None else _kept(conn, visits, stand, _to_work_out(readers, stand, stirred))
    fresh = _work_out(conn, {reader: _without(some, kept) for reader, some in readers.items()})
    store.put_page_views(conn, {key: reading.pages for key, reading in fresh.items()}, stand)
    readings = {**kept, **fresh}
    return {
        key: {one: VisitReading(visit, readings[key[0], one]) for one, visit in some.items() if (key[0], one) in visits}
        for key, some in found.items()
    }


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


def _without(visits: Mapping[HitKey, Visit], kept: Collection[HitKey]) -> Mapping[HitKey, Visit]:
    return {key: visit for key, visit in visits.items() if key not in kept}


def _readers(hits: Mapping[MessageKey, Sequence[Hit]], found: Mapping[MessageKey, Mapping[UUID, Visit]]) -> Readers:
    """Each message's visits by whom we cannot tell apart: one client with one name, in whichever of its documents."""
    readers: defaultdict[object, dict[HitKey, Visit]] = defaultdict(dict)
    for key, some in hits.items():
        for hit in some:
            visit = found.get(key, {}).get(hit.id)
            if visit is not None:
                address = (visit.recipient or visit.reader).lower()
                readers[key, client_of(hit, agent_of(hit.user_agent)), address][key[0], hit.id] = visit
    return readers


def _to_work_out(readers: Readers, stand: Views, stirred: Collection[HitKey]) -> set[HitKey]:
    """What something came in about, and what the same reader had open at the same time."""
    wanted: set[HitKey] = set()
    for visits in readers.values():
        spans = {
            key: (visit.started_at, _NEVER if key in stirred else _left_at(visit, stand.get(key, {}).values()))
            for key, visit in visits.items()
        }
        wanted |= touched(spans, stirred)
    return wanted


def _left_at(visit: Visit, pages: Collection[PageTime]) -> datetime:
    return max((page.last_at for page in pages), default=visit.started_at)


def _kept(
    conn: Connection, visits: Mapping[HitKey, Visit], stand: Views, wanted: Collection[HitKey]
) -> dict[HitKey, Reading]:
    """The readings of the others, as they were worked out."""
    others = [key for key in visits if key not in wanted]
    newest = store.newest_beacons_of(conn, others)
    kept = {}
    for key in others:
        row, heard_at = newest.get(key, (None, None))
        told = read_beacons([row] if row else [])[0]
        if len(told) == bool(row):  # else it cannot be read
            reading = standing(stand.get(key, {}), told[0] if told else None, heard_at, visits[key].pages)
            if reading is not None:
                kept[key] = reading
    return kept


def _work_out(conn: Connection, readers: Readers) -> dict[HitKey, Reading]:
    keys = [key for visits in readers.values() for key in visits]
    if not keys:
        return {}
    beacons, loads = store.beacons_of(conn, keys), store.loads_of(conn, keys)
    worked = {}
    for visits in readers.values():
        opened = {key: Opened(visit.started_at, read_beacons(beacons.get(key, ()))[0]) for key, visit in visits.items()}
        once = counted_once(opened)
        for key, visit in visits.items():
            worked[key] = timeline(visit.started_at, once[key], loads.get(key, ()), visit.pages)
    return worked

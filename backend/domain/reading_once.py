"""How much of what several windows of one reader say can be true at once? Time in one is not time in another.

Two tabs of a browser cannot both be in front, and where two windows stand side by side one pair of eyes reads one of
them. So each beacon's time is placed on our clock, in the span that it speaks of, and what is taken there already is
not counted a second time. Whose windows are taken together is decided by the caller: those whom the verdicts cannot
tell apart either (`hits.client_of`). Two devices at the same moment may be two people, and each keeps its own time.
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from backend.domain.reading import PAGE_MS, Beacon, each_once

K = TypeVar("K")
Span = tuple[datetime, datetime]

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Opened:
    """A visit: when it began by our clock, and what its viewer said."""

    started_at: datetime
    beacons: Sequence[Beacon]


@dataclass(frozen=True)
class _Asked:
    """A beacon's claim: so much time, somewhere in this span."""

    start: datetime
    end: datetime
    visit: int
    place: int
    ms: int


def counted_once(visits: Mapping[K, Opened]) -> dict[K, list[Beacon]]:
    """Take out of one reader's visits the time that is told twice; each visit's beacons come in the viewer's order.

    What was said first is believed. Spans in which a reader may have been away for a while count as taken at their
    end, just before the beacon was sent; where there is room for all that is claimed, nothing is taken away.
    """
    told = {key: each_once(visit.beacons) for key, visit in visits.items()}
    if sum(1 for some in told.values() if some) < 2:
        return told
    order = sorted(visits, key=lambda key: (visits[key].started_at, repr(key)))
    asked = [one for number, key in enumerate(order) for one in _asked(number, visits[key].started_at, told[key])]
    taken = _Taken()
    for one in sorted(asked, key=lambda one: (one.end, one.start, one.visit, one.place)):
        left = taken.take(one)
        if left < one.ms:
            some = told[order[one.visit]]
            some[one.place] = _shortened(some[one.place], left)
    return told


def at_once(spans: Mapping[K, Span]) -> list[set[K]]:
    """Put those together whose spans overlap, by themselves or through others between them."""
    found: list[set[K]] = []
    until: datetime | None = None
    for key, (start, end) in sorted(spans.items(), key=lambda item: (item[1], repr(item[0]))):
        if until is None or start > until:
            found.append(set())
        until = max(start, end) if until is None else max(until, start, end)
        found[-1].add(key)
    return found


def touched(spans: Mapping[K, Span], stirred: Collection[K]) -> set[K]:
    """Which of these hang on those of which something new was heard."""
    return {key for some in at_once(spans) if not some.isdisjoint(stirred) for key in some}


def _asked(visit: int, started_at: datetime, beacons: Sequence[Beacon]) -> Iterable[_Asked]:
    """What each beacon claims, in the span since the one before; the viewer's clock is set by its quickest beacon."""
    if not beacons:
        return
    zero = min(beacon.received_at - beacon.at_ms * _MS for beacon in beacons)
    before = max(zero, started_at)
    for place, beacon in enumerate(beacons):
        end = max(before, zero + beacon.at_ms * _MS)
        ms = min(sum(min(spent, PAGE_MS) for spent in beacon.pages.values()), (end - before) // _MS)
        if ms > 0:
            yield _Asked(before, end, visit, place, ms)
        before = end


class _Taken:
    """What is taken of one reader's time: spans apart from each other, in order."""

    def __init__(self) -> None:
        self._spans: list[Span] = []

    def take(self, asked: _Asked) -> int:
        """Take what is free of a span, the latest first, up to what is asked for; returns the milliseconds."""
        left = asked.ms
        for start, end in self._free(asked.start, asked.end):
            got = min(left, (end - start) // _MS)
            if got > 0:
                self._add((end - got * _MS, end))
                left -= got
        return asked.ms - left

    def _free(self, start: datetime, end: datetime) -> list[Span]:
        free, until = [], end
        place = bisect_left(self._spans, (end, end)) - 1
        while place >= 0 and self._spans[place][1] > start:
            taken_from, taken_until = self._spans[place]
            if taken_until < until:
                free.append((taken_until, until))
            until = min(until, taken_from)
            place -= 1
        if start < until:
            free.append((start, until))
        return free

    def _add(self, span: Span) -> None:
        place = bisect_left(self._spans, span)
        if place < len(self._spans) and self._spans[place][0] == span[1]:
            span = (span[0], self._spans.pop(place)[1])
        if place > 0 and self._spans[place - 1][1] == span[0]:
            span = (self._spans.pop(place - 1)[0], span[1])
        insort(self._spans, span)


def _shortened(beacon: Beacon, most_ms: int) -> Beacon:
    """A beacon with no more than this in all, shared out as claimed."""
    claimed = {number: min(spent, PAGE_MS) for number, spent in beacon.pages.items()}
    asked = sum(claimed.values())
    return replace(beacon, pages={number: spent * most_ms // asked for number, spent in claimed.items()})

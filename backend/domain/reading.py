"""Which pages of a document were read, and for how long? What a visit's beacons say, as far as it can be true.

The viewer counts: a page that is on the screen, in a tab in front, before somebody who is not idle. It says so in
beacons, numbered, each with the time since the one before. Whoever can reach the viewer can send anything, so of what
a beacon claims we take no more than

- the span between it and the beacon before it, by the viewer's own clock, shared out among its pages as claimed;
- a minute for each page: the viewer speaks every few seconds, so a long silence is no reading we can vouch for;
- what is left of the time that has passed on our clock since the visit began, with all that we took before.

Beacons are told apart by number: one that comes twice, late, or in another order changes nothing. All of this is a
function of what has come in so far, so that it can be worked out again at any time. Values only; storing is elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Literal, cast, get_args

from backend.errors import Malformed

State = Literal["reading", "idle", "hidden", "left"]

LIVE = timedelta(seconds=40)  # a reader of whom nothing was heard for so long is reading no more
PAGE_MS = 60_000  # what one beacon may say of one page: it is sent every few seconds
READ_MS = 500  # a page that was passed over in less was not read
_LARGEST = 10**12  # numbers beyond are no clock's
_MOST_PAGES = 200  # pages that one beacon may name


@dataclass(frozen=True)
class Beacon:
    """What the viewer said, with when we heard it: `pages` are milliseconds on each since the beacon before."""

    seq: int
    received_at: datetime
    at_ms: int
    state: State
    page: int
    pages: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Load:
    """A page's image was asked for on behalf of a visit."""

    page: int
    at: datetime


@dataclass(frozen=True)
class PageTime:
    """What is known of one page: `place` is where on the path through the document it was first seen, from 1."""

    active_ms: int
    place: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Reading:
    """A visit as far as it is known. `ignored` says what was not believed, and why."""

    pages: Mapping[int, PageTime] = field(default_factory=dict)
    page: int | None = None
    state: State | None = None
    last_at: datetime | None = None
    shown: bool = False
    has_script: bool = False
    ignored: tuple[str, ...] = ()

    @property
    def active_ms(self) -> int:
        return sum(page.active_ms for page in self.pages.values())

    @property
    def path(self) -> tuple[int, ...]:
        """The pages in the order in which they were first seen."""
        return tuple(sorted(self.pages, key=lambda number: self.pages[number].place))

    @property
    def pages_read(self) -> tuple[int, ...]:
        """The pages that somebody spent time on; without a script, those that were loaded."""
        return tuple(
            number for number in sorted(self.pages) if not self.has_script or self.pages[number].active_ms >= READ_MS
        )


def read_beacon(seq: int, received_at: datetime, body: object) -> Beacon:
    """Read what a viewer sent. Raises Malformed, with what is wrong."""
    if not isinstance(body, Mapping):
        raise Malformed("it is no object")
    state, pages = body.get("state"), body.get("pages", {})
    if state not in get_args(State):
        raise Malformed("its state is none that a viewer is in")
    if not isinstance(pages, Mapping) or len(pages) > _MOST_PAGES:
        raise Malformed("its pages are no object of pages")
    times = {_number_of(name): _whole(spent, "the time on a page") for name, spent in pages.items()}
    return Beacon(
        seq=seq,
        received_at=received_at,
        at_ms=_whole(body.get("at_ms"), "its time"),
        state=cast(State, state),
        page=_whole(body.get("page"), "its page"),
        pages=times,
    )


def read_beacons(rows: Iterable[tuple[int, datetime, object]]) -> tuple[list[Beacon], list[str]]:
    """Read (seq, received_at, body) of a visit; what cannot be read is left out, and said why."""
    beacons, ignored = [], []
    for seq, received_at, body in rows:
        try:
            beacons.append(read_beacon(seq, received_at, body))
        except Malformed as problem:
            ignored.append(f"Beacon {seq} was left out: {problem}.")
    return beacons, ignored


def timeline(started_at: datetime, beacons: Iterable[Beacon], loads: Iterable[Load], pages: int) -> Reading:
    """Work out a visit to a document of so many pages; beacons and loads may come in any order, and more than once."""
    told, ignored = _believed(beacons, pages)
    if not told:
        return _without_script(loads, pages, ignored)
    heard = _heard_by(told)
    times: dict[int, PageTime] = {}
    total, before_ms = 0, 0
    for beacon, at in zip(told, heard, strict=True):
        passed = max(0, int((at - started_at) / timedelta(milliseconds=1)))
        took = _taken(beacon, min(max(0, beacon.at_ms - before_ms), passed - total))
        total += sum(took.values())
        before_ms = max(before_ms, beacon.at_ms)
        for number in _in_order(beacon):
            known = times.get(number, PageTime(0, len(times) + 1, at, at))
            times[number] = PageTime(known.active_ms + took.get(number, 0), known.place, known.first_at, at)
    last = told[-1]
    return Reading(times, last.page, last.state, max(one.received_at for one in told), True, True, ignored)


def each_once(beacons: Iterable[Beacon]) -> list[Beacon]:
    """Each number once, as it was heard first; in the viewer's own order."""
    first: dict[int, Beacon] = {}
    for beacon in beacons:
        known = first.get(beacon.seq)
        if known is None or _rank(beacon) < _rank(known):
            first[beacon.seq] = beacon
    return sorted(first.values(), key=lambda one: one.seq)


def standing(
    pages: Mapping[int, PageTime], newest: Beacon | None, last_at: datetime | None, total: int
) -> Reading | None:
    """A visit's reading as it was worked out before: its pages, the newest beacon, and when something was heard last.

    None where that beacon is not to be believed, so that it has to be worked out from all of them.
    """
    if newest is not None and not (pages and _is_of(newest, total)):
        return None
    if not pages:
        return Reading()
    if newest is None:
        last = max(pages, key=lambda number: pages[number].place)
        return Reading(pages, last, None, pages[last].last_at, shown=True)
    return Reading(pages, newest.page, newest.state, last_at, shown=True, has_script=True)


def _believed(beacons: Iterable[Beacon], pages: int) -> tuple[list[Beacon], tuple[str, ...]]:
    """Each number once, and only of pages that there are; in the viewer's own order."""
    told, ignored = [], []
    for beacon in each_once(beacons):
        if not _is_of(beacon, pages):
            ignored.append(f"Beacon {beacon.seq} was left out: the document has no such page.")
        else:
            told.append(beacon)
    return told, tuple(ignored)


def _is_of(beacon: Beacon, pages: int) -> bool:
    return 1 <= beacon.page <= pages and all(1 <= number <= pages for number in beacon.pages)


def _rank(beacon: Beacon) -> tuple[datetime, str]:
    return beacon.received_at, repr((beacon.at_ms, beacon.state, beacon.page, sorted(beacon.pages.items())))


def _heard_by(told: Sequence[Beacon]) -> list[datetime]:
    """When each had surely been said: what comes later by number was said later, whenever it arrived."""
    return list(accumulate((beacon.received_at for beacon in reversed(told)), min))[::-1]


def _taken(beacon: Beacon, most_ms: int) -> dict[int, int]:
    """What we take of a beacon's claim: no more than `most_ms` in all, shared out as claimed."""
    claimed = {number: min(spent, PAGE_MS) for number, spent in beacon.pages.items()}
    asked = sum(claimed.values())
    if asked <= most_ms:
        return claimed
    return {number: spent * max(0, most_ms) // asked for number, spent in claimed.items()}


def _in_order(beacon: Beacon) -> list[int]:
    """The pages of a beacon as they were likely seen: the one that it ends on comes last."""
    return [*sorted(number for number in beacon.pages if number != beacon.page), beacon.page]


def _without_script(loads: Iterable[Load], pages: int, ignored: tuple[str, ...]) -> Reading:
    """All that is known of a reader whose browser runs no script: which pages were loaded, and when."""
    times: dict[int, PageTime] = {}
    for load in sorted(loads, key=lambda one: (one.at, one.page)):
        if 1 <= load.page <= pages and load.page not in times:
            times[load.page] = PageTime(0, len(times) + 1, load.at, load.at)
    if not times:
        return Reading(ignored=ignored)
    last = max(times, key=lambda number: times[number].place)
    return Reading(times, last, None, times[last].last_at, shown=True, ignored=ignored)


def _number_of(name: object) -> int:
    if not isinstance(name, str) or not name.isascii() or not name.isdecimal() or len(name) > 6:
        raise Malformed("a page has no number")
    return int(name)


def _whole(told: object, what: str) -> int:
    """A number of milliseconds or pages, rounded down; a browser's clock has fractions."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= _LARGEST:
        raise Malformed(f"{what} is no number that can be")
    return int(told)

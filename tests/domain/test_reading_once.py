"""Several windows of one reader: no instant counts twice, and where there is room for all of it nothing is lost."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.reading import Beacon, timeline
from backend.domain.reading_once import Opened, at_once, counted_once, touched

BEGAN = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
PAGES = 5


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def window(began: float, *told: tuple[float, dict[int, int]]) -> Opened:
    """A window that was opened so many seconds after the beginning, and what it said when (by our clock)."""
    return Opened(
        at(began),
        [
            Beacon(seq, at(seconds), int((seconds - began) * 1000), "reading", next(iter(pages), 1), pages)
            for seq, (seconds, pages) in enumerate(told)
        ],
    )


def spent(windows: dict[str, Opened]) -> dict[str, int]:
    once = counted_once(windows)
    return {name: timeline(one.started_at, once[name], [], PAGES).active_ms for name, one in windows.items()}


def test_two_windows_side_by_side_are_read_by_one_pair_of_eyes():
    left = window(0, (0, {}), (5, {1: 5000}), (10, {1: 5000}))
    right = window(0, (0, {}), (5, {2: 5000}), (10, {2: 5000}))
    assert sum(spent({"left": left, "right": right}).values()) == 10_000


def test_tabs_that_are_looked_at_by_turns_keep_all_their_time():
    one = window(0, (0, {}), (4, {1: 4000}), (8, {}), (12, {2: 4000}))
    other = window(1, (1, {}), (4, {}), (8, {3: 4000}), (12, {}))
    assert spent({"one": one, "other": other}) == {"one": 8000, "other": 4000}


def test_where_a_window_was_away_for_a_while_its_time_finds_room_beside_the_others():
    one = window(0, (0, {}), (60, {1: 20_000}))
    other = window(10, (10, {}), (40, {2: 30_000}))
    assert spent({"one": one, "other": other}) == {"one": 20_000, "other": 30_000}


def test_what_two_pages_share_is_shortened_alike():
    first = window(0, (0, {}), (4, {1: 4000}))
    second = window(0, (0, {}), (8, {2: 6000, 3: 2000}))
    told = counted_once({"first": first, "second": second})["second"]
    assert told[1].pages == {2: 3000, 3: 1000}


def test_visits_hang_together_through_others_between_them():
    spans = {"a": (at(0), at(10)), "b": (at(8), at(20)), "c": (at(19), at(30)), "d": (at(31), at(40))}
    assert at_once(spans) == [{"a", "b", "c"}, {"d"}]
    assert touched(spans, {"c"}) == {"a", "b", "c"}
    assert touched(spans, {"d", "elsewhere"}) == {"d"}


# Steps as the viewer says them: (seconds since the beacon before, seconds of these on each page)
STEPS = st.lists(st.tuples(st.integers(1, 9), st.dictionaries(st.integers(1, PAGES), st.integers(0, 12), max_size=3)),
                 max_size=8)  # fmt: skip


@st.composite
def opened(draw) -> Opened:
    seconds = began = draw(st.integers(0, 30))
    told: list[tuple[float, dict[int, int]]] = [(began, {})]
    for passed, pages in draw(STEPS):
        seconds += passed
        told.append((seconds, {page: some * 1000 for page, some in pages.items()}))
    return window(began, *told)


@given(st.dictionaries(st.sampled_from("abcd"), opened(), min_size=1), st.randoms())
def test_no_instant_counts_twice_no_window_wins_and_order_is_nothing(windows, dice):
    alone = {name: spent({name: one})[name] for name, one in windows.items()}
    together = spent(windows)
    assert all(together[name] <= alone[name] for name in windows)
    covered = set()
    for one in windows.values():
        covered |= set(range((one.started_at - BEGAN).seconds, (one.beacons[-1].received_at - BEGAN).seconds))
    assert sum(together.values()) <= 1000 * len(covered)
    names = dice.sample(sorted(windows), len(windows))
    mixed = {name: Opened(windows[name].started_at, dice.sample(told := list(windows[name].beacons), len(told)))
             for name in names}  # fmt: skip
    assert spent(mixed) == together


@given(st.lists(opened(), min_size=1, max_size=4))
def test_windows_one_after_the_other_lose_nothing(windows):
    later = {}
    for number, one in enumerate(windows):
        shift = timedelta(hours=number)
        moved = [Beacon(told.seq, told.received_at + shift, told.at_ms, told.state, told.page, told.pages)
                 for told in one.beacons]  # fmt: skip
        later[str(number)] = Opened(one.started_at + shift, moved)
    assert spent(later) == {name: spent({name: one})[name] for name, one in later.items()}

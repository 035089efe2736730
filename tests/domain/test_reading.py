"""Time per page: what beacons say, as far as it can be true. Whatever is sent, nobody reads longer than time passes."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.reading import PAGE_MS, Beacon, Load, Reading, read_beacon, read_beacons, timeline
from backend.errors import Malformed

BEGAN = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
PAGES = 12


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def beacon(seq: int, seconds: float, pages: dict[int, int] | None = None, page: int = 1, **values) -> Beacon:
    """A beacon that arrives when it is sent."""
    return Beacon(**{"seq": seq, "received_at": at(seconds), "at_ms": int(seconds * 1000), "state": "reading",
                     "page": page, "pages": pages or {}, **values})  # fmt: skip


def times(reading: Reading) -> dict[int, int]:
    return {number: page.active_ms for number, page in reading.pages.items() if page.active_ms}


def test_pages_read_one_after_the_other_have_the_time_that_was_spent_on_them():
    told = [beacon(0, 0.3), beacon(1, 3.3, {1: 3000}), beacon(2, 5.3, {1: 2000}, page=2),
            beacon(3, 8.3, {2: 3000}, page=2), beacon(4, 9.3, {2: 900, 7: 100}, page=7),
            beacon(5, 12.3, {7: 3000}, page=7, state="left")]  # fmt: skip
    reading = timeline(BEGAN, told, [], PAGES)
    assert times(reading) == {1: 5000, 2: 3900, 7: 3100}
    assert reading.path == (1, 2, 7)
    assert (reading.page, reading.state, reading.last_at) == (7, "left", at(12.3))
    assert reading.shown and reading.has_script


def test_going_back_makes_no_second_page_and_keeps_the_path():
    told = [beacon(0, 0.1), beacon(1, 2, {1: 1900}, page=3), beacon(2, 4, {3: 2000}, page=1), beacon(3, 6, {1: 2000})]
    reading = timeline(BEGAN, told, [], PAGES)
    assert reading.path == (1, 3)
    assert times(reading) == {1: 3900, 3: 2000}


def test_two_pages_on_screen_share_the_time():
    reading = timeline(BEGAN, [beacon(0, 0), beacon(1, 3, {1: 2000, 2: 1000})], [], PAGES)
    assert times(reading) == {1: 2000, 2: 1000}


def test_a_claim_of_more_than_the_viewers_own_clock_says_is_shared_out_within_it():
    reading = timeline(BEGAN, [beacon(0, 60), beacon(1, 62, {1: 30_000, 2: 10_000})], [], PAGES)
    assert times(reading) == {1: 1500, 2: 500}


def test_a_viewers_clock_that_runs_ahead_wins_no_time():
    fast = [beacon(seq, seq, {1: 50_000}, at_ms=seq * 50_000) for seq in range(10)]
    assert timeline(BEGAN, fast, [], PAGES).active_ms == 9000


def test_an_hour_of_silence_is_no_hour_of_reading():
    reading = timeline(BEGAN, [beacon(0, 1), beacon(1, 3601, {1: 3_600_000})], [], PAGES)
    assert times(reading) == {1: PAGE_MS}


def test_a_lost_beacon_costs_nothing_where_the_next_one_carries_its_time():
    reading = timeline(BEGAN, [beacon(0, 0), beacon(3, 9, {1: 4000, 2: 5000}, page=2)], [], PAGES)
    assert times(reading) == {1: 4000, 2: 5000}


def test_a_late_beacon_cannot_have_been_said_after_those_that_follow_it():
    late = beacon(1, 3, {1: 3000}, received_at=at(500))
    reading = timeline(BEGAN, [beacon(0, 0), beacon(2, 6, {2: 3000}, page=2), late], [], PAGES)
    assert times(reading) == {1: 3000, 2: 3000}
    assert reading.pages[1].last_at == at(6)
    assert (reading.page, reading.state) == (2, "reading")


def test_who_left_has_left_though_older_beacons_come_after():
    told = [beacon(2, 9, {1: 3000}, state="left"), beacon(1, 6, {1: 3000}, received_at=at(12))]
    assert timeline(BEGAN, told, [], PAGES).state == "left"


def test_without_a_beacon_the_pages_that_were_loaded_were_seen_without_time():
    reading = timeline(BEGAN, [], [Load(2, at(4)), Load(1, at(1)), Load(1, at(9))], PAGES)
    assert (reading.path, reading.active_ms, reading.pages_read) == ((1, 2), 0, (1, 2))
    assert reading.shown and not reading.has_script and reading.state is None


def test_images_loaded_ahead_by_a_viewer_that_speaks_are_no_pages_seen():
    reading = timeline(BEGAN, [beacon(0, 1)], [Load(page, at(1)) for page in range(1, 6)], PAGES)
    assert reading.path == (1,)
    assert reading.pages_read == ()


def test_nothing_shown_is_nothing_read():
    reading = timeline(BEGAN, [], [], PAGES)
    assert not reading.shown and reading.last_at is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("text", "no object"),
        ({"at_ms": 1, "state": "asleep", "page": 1}, "its state"),
        ({"at_ms": 1, "state": ["reading"], "page": 1}, "its state"),
        ({"at_ms": -1, "state": "reading", "page": 1}, "its time"),
        ({"at_ms": True, "state": "reading", "page": 1}, "its time"),
        ({"at_ms": float("inf"), "state": "reading", "page": 1}, "its time"),
        ({"at_ms": 1, "state": "reading"}, "its page"),
        ({"at_ms": 1, "state": "reading", "page": 1, "pages": [1]}, "no object of pages"),
        ({"at_ms": 1, "state": "reading", "page": 1, "pages": {"two": 1}}, "no number"),
        ({"at_ms": 1, "state": "reading", "page": 1, "pages": {"2": "1"}}, "time on a page"),
        ({"at_ms": 1, "state": "reading", "page": 1, "pages": {"2": 10**400}}, "time on a page"),
    ],
)
def test_what_cannot_be_read_is_left_out_with_its_reason(body, why):
    with pytest.raises(Malformed, match=why):
        read_beacon(3, at(1), body)
    told, ignored = read_beacons([(3, at(1), body), (4, at(1), {"at_ms": 1.7, "state": "idle", "page": 1})])
    assert [one.at_ms for one in told] == [1]
    assert len(ignored) == 1 and "Beacon 3" in ignored[0]


def test_a_page_that_there_is_not_is_left_out_with_its_reason():
    reading = timeline(BEGAN, [beacon(0, 1), beacon(1, 3, {13: 2000})], [Load(13, at(1))], PAGES)
    assert times(reading) == {}
    assert "no such page" in reading.ignored[0]
    assert not timeline(BEGAN, [], [Load(13, at(1))], PAGES).shown


ANY_BEACONS = st.lists(
    st.builds(
        Beacon,
        seq=st.integers(0, 15),
        received_at=st.floats(-5, 600).map(at),
        at_ms=st.one_of(st.integers(0, 600_000), st.integers(0, 10**12)),
        state=st.sampled_from(["reading", "idle", "hidden", "left"]),
        page=st.integers(0, PAGES + 1),
        pages=st.dictionaries(st.integers(0, PAGES + 1), st.integers(0, 10**7), max_size=4),
    ),
    max_size=20,
)


@given(ANY_BEACONS)
def test_by_any_moment_nobody_has_read_longer_than_the_visit_lasts(beacons):
    for moment in sorted(one.received_at for one in beacons):
        heard = [one for one in beacons if one.received_at <= moment]
        passed_ms = max(0.0, (moment - BEGAN) / timedelta(milliseconds=1))
        assert timeline(BEGAN, heard, [], PAGES).active_ms <= passed_ms


@given(ANY_BEACONS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(beacons, rng: random.Random):
    shuffled = list(beacons)
    rng.shuffle(shuffled)
    assert timeline(BEGAN, shuffled, [], PAGES) == timeline(BEGAN, beacons, [], PAGES)


@given(ANY_BEACONS, st.data())
def test_what_comes_twice_changes_nothing(beacons, data):
    again = data.draw(st.lists(st.sampled_from(beacons), max_size=10)) if beacons else []
    assert timeline(BEGAN, [*beacons, *again], [], PAGES) == timeline(BEGAN, beacons, [], PAGES)


@given(ANY_BEACONS)
def test_every_page_is_one_that_there_is_and_has_a_place_of_its_own_on_the_path(beacons):
    reading = timeline(BEGAN, beacons, [], PAGES)
    assert sorted(page.place for page in reading.pages.values()) == list(range(1, len(reading.pages) + 1))
    assert all(1 <= number <= PAGES and page.active_ms >= 0 for number, page in reading.pages.items())


def scripted(seed: int) -> tuple[list[Beacon], dict[int, int]]:
    """An honest reader, who stays up to twenty seconds on each page; with what was truly spent on each."""
    rng, clock_ms, seq = random.Random(seed), 400, 1
    told, spent = [beacon(0, 0.4)], {}
    for page in [1, 2, 3, 2, 7]:
        rest = rng.randrange(500, 20_000)
        while rest > 0:
            step = min(rest, 3000)
            clock_ms, rest = clock_ms + step, rest - step
            told.append(beacon(seq, clock_ms / 1000 + rng.random() * 0.4, {page: step}, page=page, at_ms=clock_ms))
            spent[page], seq = spent.get(page, 0) + step, seq + 1
    return told, spent


@pytest.mark.parametrize("seed", range(10))
def test_an_honest_reader_is_believed_to_the_millisecond(seed):
    told, spent = scripted(seed)
    assert times(timeline(BEGAN, told, [], PAGES)) == spent

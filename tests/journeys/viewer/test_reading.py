"""What the viewer tells of a reading, in Chromium: shared among pages, ended by idling, told again when lost."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.viewer.desk import beacons, eventually, leave, paper, spent, wait_shown
from tests.reading_room import SLIDE, PageText

pytestmark = pytest.mark.browser


def with_a_clock(page: Page) -> None:
    """Put the page's clock into our hands; it goes on by itself meanwhile."""
    page.clock.install()


def test_pages_on_the_screen_together_share_the_time_by_what_is_seen_of_them(read, share, house):
    low = (SLIDE[0], SLIDE[1] / 2)
    shelf = share([PageText(("One",), SLIDE), PageText(("Two",), low), PageText(("Three",), SLIDE)])
    page = read(shelf, "phone", with_a_clock)
    for number in (1, 2, 3):
        wait_shown(page, number)
    page.clock.run_for(50_000)
    leave(page, house)
    counted = spent(house)
    for number, ms in ((1, 20_000), (2, 10_000), (3, 20_000)):
        assert counted[number] == pytest.approx(ms, rel=0.15), counted


def test_a_telephone_on_the_table_for_an_hour_has_read_for_a_minute(read, share, house):
    page = read(share([PageText(("Tall",), (595.0, 2400.0))] * 3), "phone", with_a_clock)
    wait_shown(page, 1)
    eventually(lambda: len(beacons(house)) > 0)
    page.clock.run_for(60 * 60 * 1000)
    eventually(lambda: beacons(house)[-1]["state"] == "idle")
    assert 59_000 < sum(spent(house).values()) < 61_000
    told = len(beacons(house))
    page.clock.run_for(60 * 60 * 1000)
    page.keyboard.press("ArrowRight")
    wait_shown(page, 2)
    page.clock.run_for(5000)
    eventually(lambda: spent(house).get(2, 0) > 4000)
    after = beacons(house)[told:]
    assert after[0]["state"] == "reading", "something was told while nobody was there"
    assert sum(spent(house).values()) < 120_000


def test_the_rule_of_idling_and_sharing_is_exact(read, share):
    """The arithmetic alone, told the time instead of waiting for it."""
    page = read(share(paper(1)))
    told = page.evaluate(
        """async () => {
      const { Reading } = await import("/static/viewer/reading.js");
      const alone = new Reading(0, true);
      alone.see(0, new Map([[1, 100]]));
      const hour = alone.take(3_600_000);
      const state = alone.state(3_600_000);
      alone.sign(3_600_000);
      const after = alone.take(3_605_000);
      const two = new Reading(0, true);
      two.see(0, new Map([[1, 300], [2, 100]]));
      const shared = two.take(4000);
      two.turn(4000, false);
      two.turn(9000, true);
      const unseen = two.take(9000);
      return [hour, state, after, shared, unseen, two.page];
    }"""
    )
    assert told == [{"1": 60_000}, "idle", {"1": 5000}, {"1": 3000, "2": 1000}, {}, 1]


class Wire:
    """The way of the beacons, which can be cut: before the house hears them, or before its answer comes back."""

    def __init__(self) -> None:
        self.cut: str | None = None
        self.sent: list[list[int]] = []

    def __call__(self, page: Page) -> None:
        page.route("**/d/*/pages", self._carry)

    def _carry(self, route: Route) -> None:
        self.sent.append([beacon["seq"] for beacon in json.loads(route.request.post_data)["beacons"]])
        if self.cut == "there":
            return route.abort()
        if self.cut == "back":
            route.fetch()
            return route.abort()
        return route.continue_()


@pytest.mark.parametrize("where", ["there", "back"])
def test_what_is_lost_on_the_way_is_told_again_and_kept_once(read, share, house, where):
    wire = Wire()
    page = read(share(paper(3)), "light", wire)
    wait_shown(page, 1)
    eventually(lambda: len(beacons(house)) > 0)
    wire.cut = where
    with page.expect_event("requestfailed"):
        page.keyboard.press("ArrowRight")
    kept = len(beacons(house))
    lost, wire.cut = wire.sent[-1], None
    assert kept == (lost[0] if where == "there" else lost[-1] + 1)
    again = len(wire.sent)
    page.keyboard.press("ArrowRight")
    # Asked of the page, too: while nobody asks it anything, Playwright lets no request pass
    eventually(lambda: page.evaluate("true") and beacons(house)[-1]["page"] == 3)
    assert wire.sent[again][: len(lost)] == lost, "it was not told again"
    assert [body["seq"] for body in beacons(house)] == list(range(len(beacons(house))))


def test_who_objects_is_left_alone(read, share, house):
    page = read(share(paper(2)))
    wait_shown(page, 1)
    page.get_by_text("What is recorded?").click()
    page.get_by_role("button", name="Do not record my reading").click()
    page.get_by_text("What is recorded?").click()
    expect(page.get_by_text("you asked for that")).to_be_visible()
    kept = len(beacons(house))
    told = []
    page.on("request", lambda asked: told.append(asked.url) if asked.method == "POST" else None)
    page.keyboard.press("ArrowRight")
    wait_shown(page, 2)
    page.goto("about:blank")
    assert (told, len(beacons(house))) == ([], kept)

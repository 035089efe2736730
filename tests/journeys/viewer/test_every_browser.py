"""The same reading in Chromium, Firefox and WebKit: shown, moved through, searched, timed, and without scripts."""

import json
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update

from backend.store import document_tables as docs
from backend.store import tables
from tests.journeys.viewer.browsers import Window, chromium
from tests.journeys.viewer.desk import beacons, eventually, page_loads, paper, spent
from tests.journeys.viewer.firefox import firefox
from tests.journeys.viewer.webkit import webkit
from tests.reading_room import Shelf, Wanted
from tests.web.serving import Served

pytestmark = pytest.mark.browser

CLOSE_S = 1.0  # as is promised
BROWSERS = {"chromium": chromium, "firefox": firefox, "webkit": webkit}


@pytest.fixture(scope="module", params=BROWSERS)
def browser(request) -> Iterator[Window]:
    with BROWSERS[request.param]() as window:
        yield window


@pytest.fixture
def window(browser: Window, house: Served) -> Iterator[Window]:
    """The browser's window, empty before the house is gone; no test may leave a complaint in its console."""
    yield browser
    browser.go("about:blank")
    assert browser.complaints() == []


@pytest.fixture
def read(window: Window, house: Served) -> Callable[[Shelf], Window]:
    """Open a share, and wait for its first page."""

    def read(shelf: Shelf) -> Window:
        window.go(house.url + shelf.path)
        window.until_shown(1)
        return window

    return read


FOURTH_WORD = """(() => {
  const page = document.querySelector("#page-1").getBoundingClientRect();
  const word = document.querySelector("#page-1 [data-word='3']").getBoundingClientRect();
  return [(word.left - page.left) / page.width, word.width / page.width];
})()"""


def asked_images(window: Window) -> list[str]:
    return window.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('/pages/'))"
    )


def test_it_opens_with_its_first_page_and_keeps_nobody_out(read, share, house):
    window = read(share(paper(4)))
    eventually(lambda: [body["seq"] for body in beacons(house)][:1] == [0])
    window.until("document.querySelectorAll('#page-1 .word').length > 10")
    assert window.evaluate("document.querySelector('#page-1 .line').textContent") == "Page of the offer "
    # Each word lies over its picture: as far along, and as wide, as it was told to be
    with house.engine.connect() as conn:
        words = conn.execute(select(docs.document_page.c.words).where(docs.document_page.c.number == 1)).scalar_one()
    left, width = window.evaluate(FOURTH_WORD)
    assert left == pytest.approx(words[3][0], abs=0.01) and width == pytest.approx(words[3][2] - words[3][0], abs=0.01)
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
    window.shoot("viewer")
    window.click(".recorded summary")
    assert window.evaluate("document.querySelector('.recorded').open")
    window.shoot("recorded")
    assert window.barriers() == []


def test_keys_turn_pages_and_make_them_larger(read, share):
    window = read(share(paper(12)))
    for key, there in (("ArrowRight", 2), ("PageDown", 3), ("ArrowLeft", 2), ("End", 12), ("PageUp", 11), ("Home", 1)):
        window.press(key)
        window.until_shown(there)
        window.until(f"document.querySelector('#page').value === '{there}'")
    window.fill("#page", "7")
    window.press("Enter")
    window.until_shown(7)
    wide = "document.querySelector('#page-7').getBoundingClientRect().width"
    before = window.evaluate(wide)
    window.press("+")
    assert window.evaluate(wide) == pytest.approx(before * 1.25, rel=0.01)
    window.press("0")
    assert window.evaluate(wide) == pytest.approx(before, rel=0.01)
    window.press("?")
    assert window.evaluate("document.querySelector('[data-keys]').matches(':modal')")
    window.press("Escape")
    window.until("!document.querySelector('[data-keys]').open")
    window.press("f")
    window.until("document.fullscreenElement !== null")
    window.press("f")
    window.until("document.fullscreenElement === null")


def test_words_are_found_where_they_stand_and_links_lead_on(read, share):
    window = read(share(paper(40)))
    window.until("document.querySelector('#page-1 .links a') !== null")
    window.click("#page-1 .links a[href='#page-3']")
    window.until_shown(3)
    window.press("/")
    window.type("recognizer")
    window.until("document.querySelector('[data-found]').textContent === '1 of 1, page 40'")
    window.until_shown(40)
    window.until("document.querySelector('.word.current')?.textContent === 'Recognizer'")
    window.shoot("search")
    window.press("Escape")
    assert window.evaluate("document.querySelector('[data-search]').hidden")


def test_a_hundred_pages_are_not_loaded_whole(read, share):
    window = read(share(paper(100)))
    window.until("document.querySelector('#page-3 img')?.complete === true")
    assert len(asked_images(window)) < 10
    window.press("End")
    window.until_shown(100)
    assert len(asked_images(window)) < 25


def test_time_on_each_page_is_what_it_was(read, share, house):
    window = read(share(paper(12)))
    scripted: dict[int, float] = {}
    number, since = 1, time.monotonic()
    for seconds, following in ((0.8, 2), (1.2, 5), (2.0, 2), (0.8, None)):
        window.evaluate(f"new Promise((over) => setTimeout(over, {seconds * 1000}))")
        if following:
            window.fill("#page", str(following))
            window.press("Enter")
            window.until_shown(following)
        scripted[number] = scripted.get(number, 0) + time.monotonic() - since
        number, since = following, time.monotonic()
    window.go("about:blank")
    eventually(lambda: beacons(house)[-1]["state"] in ("hidden", "left"))
    counted = spent(house)
    off = {number: round(counted[number] / 1000 - seconds, 2) for number, seconds in scripted.items()}
    print(f"{window.engine}: {off} s off")
    assert all(abs(off[number]) < max(CLOSE_S, seconds * 0.05) for number, seconds in scripted.items()), (off, scripted)
    assert set(counted) <= {1, 2, 3, 5, 6}
    assert [body["seq"] for body in beacons(house)] == list(range(len(beacons(house))))


def test_who_comes_back_is_where_they_were(read, share, house):
    """WebKit keeps the page and its visit goes on; the others load it anew, in a visit of its own."""
    window = read(share(paper(12)))
    window.until("document.querySelectorAll('.page').length === 12")  # the script is at work
    window.press("End")
    window.until_shown(12)
    eventually(lambda: reading_of(house, 12) == 1)
    read(share(paper(2)))
    window.evaluate("void history.back()")
    window.until("document.querySelector('#page')?.value === '12'")
    window.until_shown(12)
    eventually(lambda: reading_of(house, 12) > 1)


def reading_of(house: Served, page: int) -> int:
    return sum((body["page"], body["state"]) == (page, "reading") for body in beacons(house))


def test_who_is_asked_is_left_alone_until_a_yes_and_after_a_no(read, share, house):
    shelf = share(paper(3))
    with house.engine.begin() as conn:
        conn.execute(update(tables.workspace).values(reader_privacy="ask"))
    window = read(shelf)
    window.shoot("asked")
    for answer, kept in (("no", False), ("yes", True)):
        window.press("End")
        window.until_shown(3)
        assert beacons(house) == []
        if answer == "yes":
            window.click(".recorded summary")
        window.click(f"[data-answer] button[value={answer}]")
        window.until("document.querySelector('#pages') && !document.querySelector('.consent')")
        window.until(f"Boolean(document.querySelector('#pages')?.dataset.visit) === {json.dumps(kept)}")
        window.until_shown(3)
        eventually(lambda kept=kept: bool(beacons(house)) == kept)


def test_whoever_asks_first_gets_an_address_and_what_is_closed_says_so(window, share, house):
    shelf = share(paper(2), Wanted(document={"asks_email": True}))
    window.go(house.url + shelf.path)
    window.shoot("gate")
    assert window.barriers() == []
    window.fill("#email", "flynn@arcade.example")
    window.press("Enter")
    window.until_shown(1)
    with house.engine.begin() as conn:
        conn.execute(update(docs.share).values(off_at=docs.share.c.created_at))
    window.go(house.url + shelf.path)
    assert "no longer shared" in window.evaluate("document.body.textContent")
    window.shoot("closed")
    assert window.barriers() == []
    assert all("410" in told for told in window.complaints())


def test_without_scripts_there_are_pages_and_ways_between_them(window, share, house):
    shelf = share(paper(3))
    with window.without_scripts() as plain:
        plain.go(house.url + shelf.path)
        plain.until_shown(1)
        plain.shoot("plain")
        for way, there in (("next", 2), ("next", 3), ("prev", 2)):
            plain.click(f"a[rel={way}]")
            plain.until(f"document.readyState === 'complete' && document.querySelector('#page-{there}') !== null")
            plain.until_shown(there)
        eventually(lambda: page_loads(house) == [1, 2, 3])
        assert beacons(house) == []
        assert plain.evaluate("document.querySelector('[data-script]').hidden")


@pytest.mark.parametrize("browser", ["firefox"], indirect=True)
def test_a_tab_behind_another_counts_nothing(window, read, share, house):
    """In Firefox alone: the drivers of the others show every tab as if it stood in front."""
    read(share(paper(3)))
    eventually(lambda: len(beacons(house)) > 0)
    with window.behind_another_tab():
        eventually(lambda: beacons(house)[-1]["state"] == "hidden")
        before = spent(house)
        window.evaluate("new Promise((over) => setTimeout(over, 1500))")
    eventually(lambda: beacons(house)[-1]["state"] == "reading")
    assert sum(spent(house).values()) - sum(before.values()) < 700

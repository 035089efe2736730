"""The viewer's pages in Chromium: shown with little, in every look and shape, larger, sharper, and many."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import update

from backend.store import document_tables as docs
from tests.journeys.viewer.desk import eventually, paper, shoot, until, wait_shown
from tests.reading_room import A4, SLIDE, PageText, Wanted, put_pages

pytestmark = pytest.mark.browser

BUDGET_BYTES = 200_000
# A telephone away from home: 1.6 Mbit/s down, 150 ms there and back, a processor four times slower than this one
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
SLOWER = 4
COVERED = """(() => {
  const word = document.querySelector(".word.current");
  if (!word) return null;
  const { left, right, top, bottom } = word.getBoundingClientRect();
  return !document.elementFromPoint((left + right) / 2, (top + bottom) / 2)?.closest(".page");
})()"""
TIMES = """(() => {
  const [page] = performance.getEntriesByType("navigation");
  const image = performance.getEntriesByType("resource").find(({ name }) => name.includes("/pages/"));
  return [page.responseStart, image.startTime, image.responseEnd];
})()"""


class Line:
    """What comes over a page's line, in its order: (path, bytes)."""

    def __init__(self, is_slow: bool) -> None:
        self._is_slow = is_slow
        self._names: dict[str, str] = {}
        self.came: list[tuple[str, int]] = []

    def __call__(self, page: Page) -> None:
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.on("Network.requestWillBeSent", self._asked)
        client.on("Network.loadingFinished", self._came)
        if self._is_slow:
            client.send("Network.emulateNetworkConditions", SLOW)
            client.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

    def _asked(self, told: dict) -> None:
        self._names[told["requestId"]] = told["request"]["url"]

    def _came(self, told: dict) -> None:
        self.came.append((self._names[told["requestId"]], told["encodedDataLength"]))


@pytest.mark.parametrize("look", ["dark", "phone"])
def test_it_keeps_nobody_out(read, share, look):
    page = read(share(paper(4)), look)
    wait_shown(page, 1)
    expect(page.locator("#page-1 .word").first).to_have_text("Page")
    shoot(page, f"viewer-{look}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_text("What is recorded?").click()
    shoot(page, f"recorded-{look}")
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert found == []


@pytest.mark.parametrize(("look", "is_slow"), [("light", False), ("phone", True)])
def test_little_comes_before_the_first_page(read, share, look, is_slow):
    line = Line(is_slow)
    page = read(share(paper(100)), look, line)
    wait_shown(page, 1)
    first = next(place for place, (name, _) in enumerate(line.came) if "/pages/" in name)
    before = line.came[: first + 1]
    began, asked, came = page.evaluate(TIMES)
    print(f"{look}: {sum(size for _, size in before)} bytes in {len(before)} answers; from the first byte, the page's")
    print(
        f"  image is asked for after {asked - began:.0f} ms and there after {came - began:.0f} ms; {came:.0f} ms in all"
    )
    assert 0 < sum(size for _, size in before) < BUDGET_BYTES
    # Nothing but the page itself, its looks and its behaviour may come before; no other page's image, no text
    assert not any(re.search(r"/(layer|outline|search)/", name) for name, _ in before)
    # It stands in the page as it comes, so it is asked for before any script has run
    text = page.request.get(page.url).text()
    assert re.search(r'<img src="[^"]+/pages/\d+/1/\d+[^"]*" srcset="[^"]+"[^>]* fetchpriority="high"', text)
    assert "/pages/" not in text.split("</main>")[1]


def test_larger_means_sharper(read, share):
    page = read(share(paper(2)))
    wait_shown(page, 1)
    assert page.locator("#page-1 img").evaluate("(image) => image.naturalWidth") < 2000
    for _ in range(4):
        page.keyboard.press("+")
    until(page, "document.querySelector('#page-1 img').naturalWidth === 2000")


def test_the_wheel_enlarges_what_lies_under_the_pointer(read, share):
    page = read(share(paper(2)))
    wait_shown(page, 1)
    before, (x, y) = page.locator("#page-1").bounding_box(), (500, 300)
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    eventually(lambda: page.locator("#page-1").bounding_box()["width"] > before["width"] * 1.9)
    after = page.locator("#page-1").bounding_box()
    for start, length, at in (("x", "width", x), ("y", "height", y)):
        share_of_page = [(at - box[start]) / box[length] for box in (before, after)]
        assert share_of_page[0] == pytest.approx(share_of_page[1], abs=0.01)
    page.mouse.wheel(0, 4000)
    eventually(lambda: page.locator("#page-1").bounding_box()["width"] == pytest.approx(before["width"] / 2, rel=0.01))
    page.keyboard.up("Control")
    page.mouse.wheel(0, 700)
    wait_shown(page, 2)


def test_two_fingers_enlarge_and_the_page_turns_sharp(read, share):
    page = read(share(paper(2)), "phone")
    wait_shown(page, 1)
    assert "/1200?" in page.locator("#page-1 img").evaluate("(image) => image.currentSrc")
    _pinch(page.context.new_cdp_session(page), apart=(60, 240))
    until(page, "visualViewport.scale > 1.5")
    until(page, "document.querySelector('#page-1 img').naturalWidth === 2000")


def _pinch(hand: CDPSession, apart: tuple[int, int]) -> None:
    """Put two fingers on the screen, one above the other, and move them apart."""
    for step in range(11):
        half = (apart[0] + (apart[1] - apart[0]) * step / 10) / 2
        fingers = [{"x": 180, "y": 370 - half, "id": 0}, {"x": 180, "y": 370 + half, "id": 1}]
        hand.send("Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": fingers})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_what_is_found_is_in_sight_and_read_aloud_and_what_is_not_is_said(read, share):
    page = read(share(paper(40)), "phone")
    wait_shown(page, 1)
    page.get_by_role("button", name="Search").click()
    page.keyboard.type("arcade")
    expect(page.locator("[data-found]")).to_have_text("1 of 40, page 1")
    until(page, f"{COVERED} === false")
    shoot(page, "search-phone")
    page.locator("#words").fill("recognizer")
    expect(page.locator("[data-found]")).to_have_text("1 of 1, page 40")
    until(page, f"{COVERED} === false")
    expect(page.get_by_role("group", name="Page 40 of 40")).to_contain_text("The last page is about a Recognizer")
    page.locator("#words").fill("nowhere at all")
    expect(page.locator("[data-found]")).to_have_text("Not in this document")
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('.bar').offsetHeight") < 100


def test_links_lead_out_by_way_of_us(read, share):
    shelf = share(paper(4))
    page = read(shelf)
    out = page.locator("#page-1 .links a").first
    expect(out).to_have_attribute("href", re.compile(rf"{shelf.path}/go/{shelf.version_id}/1/0\?v=[0-9a-f-]{{36}}$"))


def test_five_hundred_pages_stay_light(read, share):
    page = read(share(paper(500)))
    wait_shown(page, 1)
    expect(page.locator(".page")).to_have_count(500)
    page.keyboard.press("End")
    wait_shown(page, 500)
    page.locator("#page").fill("250")
    page.locator("#page").press("Enter")
    wait_shown(page, 250)
    eventually(lambda: page.locator("#page-1 img").count() == 0)
    assert page.locator(".page img").count() < 40
    assert page.locator(".page .text").count() < 40


def test_pages_of_every_size_keep_their_shape(read, share):
    page = read(share([PageText(("Upright",), A4), PageText(("A slide",), SLIDE), PageText(("שלום עולם",), A4)]))
    wait_shown(page, 1)
    for number, (width, height) in ((1, A4), (2, SLIDE), (3, A4)):
        box = page.locator(f"#page-{number}").bounding_box()
        assert box["width"] / box["height"] == pytest.approx(width / height, rel=0.01)
    page.keyboard.press("End")
    expect(page.locator("#page-3 .line").first).to_have_css("direction", "rtl")


def test_the_rest_comes_as_it_is_made(read, share, house, blobs, gridworks):
    shelf = share(paper(6)[:2], Wanted(pages=4))
    page = read(shelf)
    wait_shown(page, 1)
    expect(page.locator(".page")).to_have_count(2)
    with house.engine.begin() as conn:
        put_pages(conn, blobs, gridworks, shelf.version_id, paper(4)[2:], first=3)
        conn.execute(update(docs.document_version).values(ready_pages=4, state="ready"))
    expect(page.locator(".page")).to_have_count(4)
    page.keyboard.press("End")
    wait_shown(page, 4)

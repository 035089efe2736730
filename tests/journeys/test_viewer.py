"""The document viewer in a real browser: shown at once, moved through by keys, searched, and read to the second."""

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select, update

from backend.adapters.blobs import Blobs
from backend.store import document_tables as docs
from backend.store import tables
from tests.journeys.conftest import CHROMIUM, FLAGS
from tests.reading_room import A4, SLIDE, PageText, Shelf, Wanted, put_pages, share_a_document
from tests.stories import Tenant, found_workspace
from tests.web.serving import Served, served

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("READBACK_SHOTS")
BUDGET_BYTES = 200_000
LINES = (
    "The arcade reopens with twelve new machines",
    "Each light cycle was rebuilt by hand and tested for a week",
    "Delivery is planned for the third of December",
)
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "device_scale_factor": 3,
        "has_touch": True,
        "is_mobile": True,
    },
}


def paper(pages: int) -> list[PageText]:
    """Pages with text; a link out and one to the third page on the first; the last speaks of a recognizer."""
    made = [PageText(("Page of the offer", *LINES))] * pages
    made[0] = replace(made[0], links=("https://shop.gridworks.example/cycles", min(3, pages)))
    made[-1] = replace(made[-1], lines=("The last page is about a Recognizer", *LINES))
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


@pytest.fixture
def house(committed, settings, blobs) -> Iterator[Served]:
    with served(committed, settings, blobs) as house:
        yield house


@pytest.fixture
def gridworks(committed) -> Tenant:
    with committed.begin() as conn:
        return found_workspace(conn, "gridworks.example", ["Quorra Reed"])


@pytest.fixture
def share(committed, blobs, gridworks) -> Callable[..., Shelf]:
    def share(pages: list[PageText], wanted: Wanted | None = None) -> Shelf:
        with committed.begin() as conn:
            return share_a_document(conn, blobs, gridworks, pages, wanted)

    return share


@pytest.fixture
def read(chromium: Browser, house: Served):
    """Open a share; complaints of the console and requests to elsewhere fail the test."""
    contexts, complaints = [], []

    def read(shelf: Shelf, look: str = "light", **more) -> Page:
        context = chromium.new_context(**{**LOOKS[look], **more})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("request", lambda asked: None if asked.url.startswith(house.url) else complaints.append(asked.url))
        page.goto(f"{house.url}{shelf.path}")
        return page

    yield read
    for context in contexts:
        context.close()
    cut_off = ("net::ERR_FAILED", "410 (Gone)")  # what the tests themselves did
    assert [told for told in complaints if not any(words in told for words in cut_off)] == []


def shown(page: Page, number: int):
    return page.locator(f"#page-{number} img")


def wait_shown(page: Page, number: int) -> None:
    expect(shown(page, number)).to_be_in_viewport()
    until(page, f"document.querySelector('#page-{number} img')?.naturalWidth > 0")


def until(page: Page, expression: str) -> None:
    """Wait for something in the page; asked from outside, since the page's own policy forbids `eval`."""
    eventually(lambda: page.evaluate(expression))


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")


def beacons(house: Served) -> list[dict]:
    with house.engine.connect() as conn:
        return list(conn.execute(select(docs.beacon.c.body).order_by(docs.beacon.c.seq)).scalars())


def eventually(look: Callable[[], object], within_s: float = 8.0) -> None:
    """Wait for something that a browser causes."""
    end = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def spent(house: Served) -> dict[int, int]:
    total: dict[int, int] = {}
    for body in beacons(house):
        for page, ms in body["pages"].items():
            total[int(page)] = total.get(int(page), 0) + ms
    return total


def leave(page: Page, house: Served) -> None:
    page.goto("about:blank")
    eventually(lambda: any(body["state"] == "left" for body in beacons(house)))


@pytest.mark.parametrize("look", LOOKS)
def test_it_keeps_nobody_out(read, share, look):
    shelf = share(paper(4))
    page = read(shelf, look)
    wait_shown(page, 1)
    expect(page.locator("#page-1 .word").first).to_have_text("Page")
    shoot(page, f"viewer-{look}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_text("What is recorded?").click()
    shoot(page, f"recorded-{look}")
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert found == []


@pytest.mark.parametrize("look", ["light", "phone"])
def test_little_comes_before_the_first_page(read, share, house, chromium, look, record_property):
    shelf = share(paper(12))
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    names: dict[str, str] = {}
    done: list[tuple[str, int]] = []
    client.on("Network.requestWillBeSent", lambda told: names.update({told["requestId"]: told["request"]["url"]}))
    client.on("Network.loadingFinished", lambda told: done.append((told["requestId"], told["encodedDataLength"])))
    page.goto(f"{house.url}{shelf.path}")
    wait_shown(page, 1)
    first = next(number for number, (id_, _) in enumerate(done) if "/pages/" in names[id_])
    before = sum(size for _, size in done[: first + 1])
    timing = page.evaluate(
        "[performance.getEntriesByType('navigation')[0].responseStart,"
        " performance.getEntriesByType('resource').find((one) => one.name.includes('/pages/')).responseEnd]"
    )
    context.close()
    record_property("bytes before the first page", before)
    record_property("milliseconds from the first byte to the first page", round(timing[1] - timing[0]))
    print(f"{look}: {before} bytes, {timing[1] - timing[0]:.0f} ms from the first byte")
    assert 0 < before < BUDGET_BYTES


def test_by_keys_alone(read, share):
    page = read(share(paper(12)))
    wait_shown(page, 1)
    number = page.locator("#page")
    for key, there in (("ArrowRight", 2), ("PageDown", 3), ("ArrowLeft", 2), ("End", 12), ("PageUp", 11), ("Home", 1)):
        page.keyboard.press(key)
        wait_shown(page, there)
        expect(number).to_have_value(str(there))
    number.fill("7")
    number.press("Enter")
    wait_shown(page, 7)
    width = page.locator("#page-7").bounding_box()["width"]
    page.keyboard.press("+")
    assert page.locator("#page-7").bounding_box()["width"] == pytest.approx(width * 1.25, rel=0.01)
    page.keyboard.press("0")
    assert page.locator("#page-7").bounding_box()["width"] == pytest.approx(width, rel=0.01)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    until(page, "document.fullscreenElement !== null")


def test_larger_means_sharper(read, share):
    page = read(share(paper(2)))
    wait_shown(page, 1)
    before = page.locator("#page-1 img").evaluate("(image) => image.naturalWidth")
    for _ in range(4):
        page.keyboard.press("+")
    assert before < 2000
    until(page, "document.querySelector('#page-1 img').naturalWidth === 2000")


def test_words_are_found_shown_and_read_aloud(read, share):
    page = read(share(paper(40)))
    wait_shown(page, 1)
    page.keyboard.press("/")
    page.keyboard.type("recognizer")
    expect(page.locator("[data-found]")).to_have_text("1 of 1, page 40")
    wait_shown(page, 40)
    expect(page.locator(".word.current")).to_have_text("Recognizer")
    shoot(page, "search-light")
    word, picture = page.locator(".word.current").bounding_box(), page.locator("#page-40").bounding_box()
    assert picture["x"] < word["x"] and word["x"] + word["width"] < picture["x"] + picture["width"]
    expect(page.get_by_role("group", name="Page 40 of 40")).to_contain_text("The last page is about a Recognizer")
    page.locator("#words").fill("nowhere at all")
    expect(page.locator("[data-found]")).to_have_text("Not in this document")
    page.keyboard.press("Escape")
    expect(page.locator("[data-search]")).to_be_hidden()


def test_links_lead_out_and_about(read, share, house):
    shelf = share(paper(4))
    page = read(shelf)
    wait_shown(page, 1)
    page.get_by_role("link", name="Page 3", exact=True).click()
    wait_shown(page, 3)
    out = page.locator("#page-1 .links a").first.get_attribute("href")
    assert re.fullmatch(rf"{shelf.path}/go/{shelf.version_id}/1/0\?v=[0-9a-f-]{{36}}", out)


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


def test_without_scripts_there_are_pages_and_ways_between_them(read, share, house):
    page = read(share(paper(3)), "phone", java_script_enabled=False)
    expect(shown(page, 1)).to_be_visible()
    shoot(page, "plain-phone")
    page.get_by_role("link", name="Next page").click()
    expect(shown(page, 2)).to_be_visible()
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_role("link", name="Next page")).to_have_count(0)
    page.get_by_role("link", name="Previous page").click()

    def loads() -> list[int]:
        with house.engine.connect() as conn:
            return list(conn.execute(select(docs.page_load.c.page).order_by(docs.page_load.c.page)).scalars())

    eventually(lambda: loads() == [1, 2, 3])
    with house.engine.connect() as conn:
        assert len(conn.execute(select(tables.hit)).all()) == 1 and beacons(house) == []


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


def test_time_on_each_page_is_what_it_was(read, share, house):
    page = read(share(paper(12)))
    wait_shown(page, 1)
    eventually(lambda: len(beacons(house)) > 0)
    assert beacons(house)[0]["seq"] == 0
    scripted: dict[int, float] = {}
    for number, seconds in ((1, 1.5), (2, 2.5), (5, 4.0), (2, 1.0)):
        page.locator("#page").fill(str(number))
        page.locator("#page").press("Enter")
        wait_shown(page, number)
        began = time.monotonic()
        page.wait_for_timeout(seconds * 1000)
        scripted[number] = scripted.get(number, 0) + time.monotonic() - began
    leave(page, house)
    counted = spent(house)
    for number, seconds in scripted.items():
        assert abs(counted[number] / 1000 - seconds) < max(1.0, seconds * 0.05), (counted, scripted)
    assert counted.get(9, 0) == 0


def test_two_pages_share_the_time_by_what_can_be_seen_of_them(read, share, house):
    page = read(share([PageText(("One",), SLIDE), PageText(("Two",), SLIDE), PageText(("Three",), SLIDE)]), "phone")
    wait_shown(page, 1)
    wait_shown(page, 2)
    page.wait_for_timeout(3000)
    leave(page, house)
    counted = spent(house)
    assert counted[1] == pytest.approx(counted[2], rel=0.2, abs=200)
    assert sum(counted.values()) < 5000


HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_tab_out_of_view_counts_nothing(read, share, house):
    page = read(share(paper(3)))
    wait_shown(page, 1)
    eventually(lambda: len(beacons(house)) > 0)
    page.evaluate(HIDE, "hidden")
    eventually(lambda: beacons(house)[-1]["state"] == "hidden")
    before = spent(house)
    page.wait_for_timeout(2500)
    page.evaluate(HIDE, "visible")
    eventually(lambda: beacons(house)[-1]["state"] == "reading")
    assert sum(spent(house).values()) - sum(before.values()) < 700


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


def test_what_is_lost_on_the_way_is_told_again_and_kept_once(read, share, house):
    page = read(share(paper(3)))
    wait_shown(page, 1)
    eventually(lambda: len(beacons(house)) > 0)
    page.route("**/pages", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.keyboard.press("ArrowRight")
    page.unroute("**/pages")
    page.keyboard.press("ArrowRight")
    eventually(lambda: any(body["page"] == 3 for body in beacons(house)), 12)
    assert [body["seq"] for body in beacons(house)] == list(range(len(beacons(house))))


def test_who_objects_is_left_alone(read, share, house):
    page = read(share(paper(2)))
    wait_shown(page, 1)
    page.get_by_text("What is recorded?").click()
    page.get_by_role("button", name="Do not record my reading").click()
    page.get_by_text("What is recorded?").click()
    expect(page.get_by_text("Nothing is recorded of what is read here")).to_be_visible()
    kept = len(beacons(house))
    page.keyboard.press("ArrowRight")
    wait_shown(page, 2)
    page.wait_for_timeout(1500)
    assert len(beacons(house)) == kept


def test_the_gate_and_what_is_closed_are_calm(read, share, house):
    page = read(share(paper(2), Wanted(document={"asks_email": True})), "phone")
    shoot(page, "gate-phone")
    page.get_by_label("Your e-mail address").fill("flynn@arcade.example")
    page.get_by_role("button", name="Open the document").click()
    wait_shown(page, 1)
    with house.engine.begin() as conn:
        conn.execute(update(docs.share).values(off_at=docs.share.c.created_at))
    answer = page.request.get(page.url)
    assert answer.status == 410 and "no longer shared" in answer.text()

"""A reading in a real browser's window: told while it happens, ended by the page's own clock, in every look."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from backend.adapters.blobs import Blobs
from backend.services import hits
from tests.readings import Shared, said, share_document
from tests.web import document_rows, rows
from tests.web.looking import assert_keeps_nobody_out
from tests.web.serving import served
from tests.web.test_pages_in_browser import (  # noqa: F401
    chromium,
    gridworks,
    open_page,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def blobs(tmp_path):
    return Blobs(str(tmp_path / "blobs"))


@pytest.fixture
def house(committed, settings, blobs):
    with served(committed, settings, blobs) as house:
        yield house


class Reader:
    """Flynn, who reads an offer; each beacon is judged as the worker does."""

    def __init__(self, engine, tenant, began: datetime, blobs):
        self.engine, self.tenant, self.began, self.seq = engine, tenant, began, 0
        with engine.begin() as conn:
            rep = tenant.reps["quorra"]
            at = began - timedelta(hours=1)
            self.message_id = rows.send(conn, tenant, rep, "Games for the arcade", at, [rows.FLYNN])
            self.offer = share_document(conn, tenant.workspace_id, self.message_id, rep.id)
            version = self.offer.document_id, self.offer.version_id
            document_rows.put_pages(conn, blobs, tenant, version, 12)
            self.visit_id = self.offer.visit(began)

    def says(self, after: float, page: int, spent: dict[int, int], state: str = "reading") -> None:
        """A beacon, so many seconds after the visit began."""
        at = self.began + timedelta(seconds=after)
        with self.engine.begin() as conn:
            offer = Shared(conn, *[getattr(self.offer, name) for name in ("workspace_id", "document_id", "version_id",
                                                                         "share_id", "token")])  # fmt: skip
            offer.beacon(self.visit_id, self.seq, at, said(int(after * 1000), spent, page, state))
            hits.judge_new(conn, at)
        self.seq += 1


def test_a_reading_is_followed_page_by_page_and_ends_by_the_windows_own_clock(
    open_page,  # noqa: F811
    house,
    blobs,
    gridworks,  # noqa: F811
):
    reader = Reader(house.engine, gridworks, datetime.now(UTC) - timedelta(seconds=50), blobs)
    reader.says(1, 1, {})
    quorra = gridworks.reps["quorra"]
    feed, page = open_page("/", gridworks, quorra), open_page(f"/messages/{reader.message_id}", gridworks, quorra)
    for window in (feed, page):
        expect(window.locator("[data-live]")).to_have_text("Live")
    heard = (datetime.now(UTC) - reader.began).total_seconds() - 32  # eight of the forty seconds are left
    reader.says(heard - 4, 3, {1: 9000})
    reader.says(heard, 4, {3: 4000})
    head, verdict = feed.locator(".group .open"), page.locator(".verdict")
    expect(head).to_have_text("Kevin Flynn is reading page 4 of 12 of “Offer.pdf”")
    expect(verdict).to_contain_text("is reading page 4 of 12")
    after = "Kevin Flynn read 2 of 12 pages of “Offer.pdf” (1, 3) in 13 s"
    expect(head).to_have_text(after, timeout=20_000)
    expect(verdict).to_contain_text(after, timeout=20_000)
    expect(feed.locator("[data-ends-in]")).to_have_count(0)
    reader.says(heard + 10, 7, {4: 2000}, "left")
    expect(head).to_have_text("Kevin Flynn read 3 of 12 pages of “Offer.pdf” (1, 3–4) in 15 s")
    expect(feed.locator(".group summary")).to_have_text("1 document read · 1 view")
    feed.get_by_role("button", name="Views", exact=True).click()
    feed.get_by_role("button", name="Documents", exact=True).click()
    expect(feed.locator(".group:visible")).to_have_count(0)


def test_a_page_with_readings_keeps_nobody_out(open_page, house, gridworks, blobs):  # noqa: F811
    reader = Reader(house.engine, gridworks, datetime.now(UTC) - timedelta(seconds=20), blobs)
    for after, page, spent in ((1, 1, {}), (10, 3, {1: 9000}), (19, 7, {3: 8800})):
        reader.says(after, page, spent)
    for path in ("/", f"/messages/{reader.message_id}", f"/content/{reader.offer.document_id}"):
        page = open_page(path, gridworks, gridworks.reps["quorra"])
        expect(page.locator("[data-ends-in]").first).to_be_visible()
        assert_keeps_nobody_out(page)


def test_a_documents_page_follows_readings_and_leaves_all_else_as_it_was(
    open_page,  # noqa: F811
    house,
    gridworks,  # noqa: F811
    blobs,
):
    reader = Reader(house.engine, gridworks, datetime.now(UTC) - timedelta(seconds=50), blobs)
    page = open_page(f"/content/{reader.offer.document_id}", gridworks, gridworks.reps["quorra"])
    page.evaluate("window.isSame = true")
    expect(page.locator("[data-live]")).to_have_text("Live")
    readers, summary = page.locator("[data-part=readers]"), page.locator("[data-part=summary] .verdict")
    expect(readers).to_contain_text("Nobody has read this version yet")
    reader.says(1, 1, {})
    expect(readers.locator(".visit")).to_have_count(1)
    expect(summary).to_contain_text("1 view by 1 reader")
    page.get_by_text("The numbers as a table").click()
    page.locator(".share-options, .ask").first.locator("summary").first.click()
    day = page.locator("input[name=expires_on]")
    day.fill("2099-11-30")
    page.locator(".strip a").nth(6).focus()
    page.locator(".strip").evaluate("strip => (strip.scrollLeft = 120)")
    picture = page.locator(".strip img").first.element_handle()
    heard = (datetime.now(UTC) - reader.began).total_seconds() - 32  # eight of the forty seconds are left
    reader.says(heard - 4, 3, {1: 9000})
    reader.says(heard, 4, {3: 4000})
    expect(readers.locator(".told")).to_have_text("Kevin Flynn is reading page 4 of 12")
    expect(page.locator(".numbers tbody tr").first).to_contain_text("9 s")
    after = "Kevin Flynn read 2 of 12 pages (1, 3) in 13 s"
    expect(readers.locator(".told")).to_have_text(after, timeout=20_000)
    expect(summary).to_have_text("1 view by 1 reader, 13 s on average")
    words = "Readers stayed longest on page 1, 9 s on average. Nobody came to the last page."
    expect(page.locator("[data-part=pages]")).to_contain_text(words)
    strip = page.get_by_role("list", name="Pages with the average time on each, and how many views came to it")
    expect(strip.get_by_role("link", name=re.compile(r"^Page 3\s?, 4 s\s?, 1 view$"))).to_have_count(1)
    expect(strip.get_by_role("link", name=re.compile(r"^Page 7\s?, not seen\s?, 0 views$"))).to_be_focused()
    assert page.evaluate("document.activeElement.closest('[data-key]').dataset.key") == "leaf-7"
    assert page.locator(".strip").evaluate("strip => strip.scrollLeft") == 120
    assert picture.evaluate("picture => picture.isConnected")
    expect(page.locator("details[data-key=numbers]")).to_have_attribute("open", "")
    expect(day).to_have_value("2099-11-30")
    assert page.evaluate("window.isSame")


def test_a_last_day_that_is_being_set_outlives_a_change_and_is_told_by_the_browsers_clock(
    open_page,  # noqa: F811
    house,
    gridworks,  # noqa: F811
    blobs,
):
    reader = Reader(house.engine, gridworks, datetime.now(UTC) - timedelta(seconds=30), blobs)
    page = open_page(f"/messages/{reader.message_id}", gridworks, gridworks.reps["quorra"])
    expect(page.locator("[data-live]")).to_have_text("Live")
    page.locator(".ask summary").filter(has_text="Options").click()
    day = page.locator("input[name=expires_on]")
    day.fill("2099-11-30")
    day.focus()
    reader.says(1, 1, {})
    expect(page.locator(".visit")).to_have_count(1)
    expect(day).to_have_value("2099-11-30")
    expect(day).to_be_focused()
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("#documents")).to_contain_text("until 30 Nov 2099 23:59")
    expect(page.get_by_text("until the end of 30 November 2099 (Europe/Berlin)")).to_be_visible()

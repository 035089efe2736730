"""What a reader is asked and told, in a real browser: beside the pages, never over them, with scripts and without."""

import os
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from backend.adapters.blobs import Blobs
from backend.errors import NotFound
from backend.store import document_tables as docs
from backend.store import tables
from tests.conftest import NOW
from tests.reading_room import PageText, Wanted, share_a_document
from tests.web.looking import PHONE, assert_keeps_nobody_out
from tests.web.serving import served
from tests.web.test_pages_in_browser import chromium, gridworks, open_page  # noqa: F401

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("READBACK_SHOTS")
PAGES = [
    PageText((f"Page {number} of the offer", "Twelve new machines", "Delivery is in December")) for number in (1, 2, 3)
]
WORDS = "May Quorra Reed learn"


class Patient(Blobs):
    """A store of documents that can be told to lose everything for a while."""

    is_lost = False

    def read(self, workspace_id: int, digest: str) -> bytes:
        if self.is_lost:
            raise NotFound
        return super().read(workspace_id, digest)


@pytest.fixture
def blobs(tmp_path) -> Patient:
    return Patient(str(tmp_path / "blobs"))


@pytest.fixture
def house(committed, settings, blobs):
    with served(committed, settings, blobs) as house:
        yield house


@pytest.fixture
def shelf(committed, blobs, gridworks):  # noqa: F811
    with committed.begin() as conn:
        return share_a_document(conn, blobs, gridworks, PAGES)


@pytest.fixture
def asking(committed, shelf):
    with committed.begin() as conn:
        conn.execute(update(tables.workspace).values(reader_privacy="ask"))
    return shelf


def shoot(page: Page, name: str) -> None:
    """Take pictures for whoever wants to look: `READBACK_SHOTS=folder`."""
    if not SHOTS:
        return
    for look, (colours, width) in {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 360)}.items():
        page.emulate_media(color_scheme=colours)
        page.set_viewport_size({"width": width, "height": 740})
        page.screenshot(path=f"{SHOTS}/{name}-{look}.png")


def kept(engine) -> dict[str, int]:
    with engine.connect() as conn:
        return {table.name: len(conn.execute(select(table)).all()) for table in (docs.visit, docs.beacon, tables.hit)}


def test_who_is_asked_can_read_and_answers_where_they_are(asking, open_page, committed):  # noqa: F811
    page = open_page(asking.path)
    expect(page.get_by_text(WORDS)).to_be_visible()
    shoot(page, "asked")
    assert_keeps_nobody_out(page)
    yes, no = page.get_by_role("button", name="Yes, that is fine"), page.get_by_role("button", name="No, do not record")
    looks = [button.evaluate("b => { const s = getComputedStyle(b); return [s.color, s.backgroundColor, s.fontWeight, s.borderColor, b.offsetHeight] }") for button in (yes, no)]  # fmt: skip  # noqa: E501
    assert looks[0] == looks[1]
    for size in (PHONE, {"width": 1280, "height": 800}):
        page.set_viewport_size(size)
        page.keyboard.press("End")
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        bar, last = page.locator(".consent").bounding_box(), page.locator("#page-3").bounding_box()
        assert last["y"] + last["height"] <= bar["y"], "the end of the last page cannot be seen"
    assert kept(committed) == {"visit": 0, "beacon": 0, "hit": 0}
    expect(page.locator("#page")).to_have_value("3")
    with page.expect_response(lambda told: told.url.endswith("/pages") and told.request.method == "POST") as told:
        yes.click()
    assert told.value.status == 204
    expect(page.locator(".consent")).to_have_count(0)
    expect(page.locator("#page")).to_have_value("3")
    assert kept(committed)["visit"] == 1


def test_a_no_is_kept_without_scripts(asking, open_page, committed):  # noqa: F811
    page = open_page(asking.path, java_script_enabled=False)
    expect(page.get_by_text(WORDS)).to_be_visible()
    page.get_by_role("link", name="Next page").click()
    shoot(page, "asked-without-scripts")
    page.get_by_role("button", name="No, do not record").click()
    expect(page.get_by_role("img", name="Page 2")).to_be_visible()
    expect(page.locator(".consent")).to_have_count(0)
    page.get_by_text("What is recorded?").click()
    expect(page.get_by_text("you asked for that")).to_be_visible()
    shoot(page, "declined-without-scripts")
    page.get_by_role("button", name="Record my reading").click()
    assert kept(committed)["visit"] == 1


def test_the_first_page_comes_once_its_bytes_are_back_and_then_counts(shelf, open_page, blobs, committed):  # noqa: F811
    blobs.is_lost = True
    page = open_page(shelf.path)
    expect(page.locator("#page-1 img")).to_have_js_property("complete", True)
    assert kept(committed) == {"visit": 1, "beacon": 0, "hit": 1}
    with page.expect_response(lambda told: told.url.endswith("/pages") and told.request.method == "POST") as told:
        blobs.is_lost = False
    assert told.value.status == 204
    expect(page.locator("#page-1 img")).to_have_js_property("naturalWidth", 1200)
    assert kept(committed)["beacon"] >= 1


def test_gate_closed_page_and_settings_keep_nobody_out(open_page, committed, blobs, gridworks):  # noqa: F811
    wanted = Wanted(document={"asks_email": True})
    with committed.begin() as conn:
        gated = share_a_document(conn, blobs, gridworks, PAGES, wanted)
        closed = share_a_document(conn, blobs, gridworks, PAGES, replace(wanted, share={"off_at": NOW}))
    page = open_page(gated.path)
    page.get_by_label("Your e-mail address").fill("flynn@arcade")
    page.get_by_role("button", name="Open the document").click()
    expect(page.get_by_role("alert")).to_be_visible()
    shoot(page, "gate")
    assert_keeps_nobody_out(page)
    page = open_page(closed.path)
    shoot(page, "closed")
    assert_keeps_nobody_out(page)
    page = open_page("/settings/privacy", gridworks, gridworks.reps["quorra"])
    page.get_by_role("radio", name="Ask readers first").check()
    page.locator("form[action$='/readers'] button").click()
    expect(page.get_by_role("radio", name="Ask readers first")).to_be_checked()
    expect(page.get_by_text("Saved.")).to_be_visible()
    shoot(page, "settings")
    assert_keeps_nobody_out(page)

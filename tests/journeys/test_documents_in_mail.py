"""A document goes into a mail in Gmail's compose window and arrives with its picture: through a real browser."""

import re
from contextlib import suppress
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.sandbox import papers

pytestmark = pytest.mark.browser

QUORRA, FLYNN, ALAN = "quorra@gridworks.example", "flynn@flynnsarcade.com", "alan@encom.com"
NAME, SUBJECT = "Arcade report.pdf", "The report"
PAGES_WITHIN_S = 60
_SHOWN = "img => img.complete && img.naturalWidth > 0"


def upload(feed, name: str, content: bytes) -> None:
    page = feed.page.context.new_page()
    page.goto(f"{feed.url}/content")
    files = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    with page.expect_response("**/content/upload") as uploaded:
        page.locator("input[type=file]").first.set_input_files([files])
    assert uploaded.value.status == 202
    page.close()


def is_shown(picture) -> bool:
    expect(picture).to_have_js_property("complete", True)
    return bool(picture.evaluate(_SHOWN))


def test_a_document_is_chosen_inserted_sent_and_switched_off(feed, mail_of, shoot):
    upload(feed, NAME, papers.report(12))
    quorra = mail_of(QUORRA)
    choose_and_insert(quorra, shoot)
    quorra.send()
    feed.expect_counts(SUBJECT, "Nothing yet")
    flynn = mail_of(FLYNN)
    flynn.open("inbox", SUBJECT)
    letter = flynn.page.get_by_test_id("letter").last
    expect(letter.get_by_role("link", name="Open the document")).to_have_attribute("href", re.compile("/follow"))
    expect(letter).to_contain_text("PDF · 12 pages")
    cover = letter.get_by_alt_text(f"First page of {NAME}")
    assert is_shown(cover)
    shoot(flynn.page, "document-in-mail")
    asked = urljoin(flynn.page.url, cover.get_attribute("src"))
    assert flynn.page.request.get(asked).status == 200
    switch_off(feed, shoot)
    assert flynn.page.request.get(asked).status == 404


def choose_and_insert(quorra, shoot) -> None:
    quorra.compose(SUBJECT, FLYNN, ALAN)
    quorra.open_addon()
    quorra.card.get_by_role("button", name="Add document").click()
    row = quorra.card.get_by_role("button", name=NAME)
    for _ in range(PAGES_WITHIN_S):  # until the worker has made the first pages
        quorra.card.get_by_role("button", name="Search").click()
        with suppress(AssertionError):
            expect(row).to_be_visible(timeout=1000)
            break
    assert is_shown(row.locator("img"))
    shoot(quorra.page, "picker")
    row.click()
    expect(quorra.card).to_contain_text("Document added")
    expect(quorra.card).to_contain_text("one of flynn@flynnsarcade.com and alan@encom.com")
    expect(quorra.body.locator("a[href*='/d/']")).to_have_count(3)
    expect(quorra.body.locator("img[data-address*='/o/']")).to_have_count(1)
    assert is_shown(quorra.body.get_by_alt_text(f"First page of {NAME}"))
    assert is_shown(quorra.card.get_by_alt_text(f"First page of {NAME}"))
    shoot(quorra.page, "document-added")
    quorra.card.get_by_role("button", name="Add another document").click()
    quorra.card.get_by_role("button", name=NAME).click()
    expect(quorra.card).to_contain_text("Already in the mail")
    expect(quorra.body.locator("a[href*='/d/']")).to_have_count(3)
    expect(quorra.page.get_by_test_id("draft-status")).to_have_text("Draft saved")


def keeps_nobody_out(page) -> None:
    """Nothing that axe-core finds, and nothing wider than a small phone."""
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found] == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 800})


def switch_off(feed, shoot) -> None:
    message = feed.open_message(SUBJECT)
    page = getattr(message, "page", message)
    section = page.locator("#documents")
    section.get_by_text("Options").click()
    keeps_nobody_out(page)
    shoot(page, "share-options", full_page=True)
    section.get_by_role("button", name=re.compile("^Switch the link off")).click()
    expect(page.locator("#documents")).to_contain_text("switched off")
    page.locator("#documents").get_by_text("Options").click()
    expect(page.locator("#documents").get_by_role("button", name=re.compile("^Switch the link on"))).to_be_visible()

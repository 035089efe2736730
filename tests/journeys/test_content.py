"""Uploading documents in a real browser, with the real worker: dropped files, their progress, their pages."""

import base64
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.documents import pdf, saved, write
from tests.journeys.readback import Readback

pytestmark = pytest.mark.browser

PAGES_WITHIN_MS = 60_000
_DROP = """([name, type, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  window.carried ??= new DataTransfer();
  window.carried.items.add(new File([bytes], name, { type }));
}"""


@pytest.fixture(scope="module")
def quorra(house, quorras_browser) -> Readback:
    readback = Readback(quorras_browser.new_page(), house.url)
    readback.sign_in("quorra@gridworks.example")
    return readback


def drop(page: Page, files: dict[str, bytes]) -> None:
    """Drop these files somewhere on the page, as a person does."""
    for name, content in files.items():
        page.evaluate(_DROP, [name, "application/octet-stream", base64.b64encode(content).decode()])
    carried = page.evaluate_handle("window.carried")
    page.dispatch_event("body", "dragenter", {"dataTransfer": carried})
    expect(page.locator("[data-curtain]")).to_be_visible()
    page.dispatch_event("body", "dragover", {"dataTransfer": carried})
    page.dispatch_event("body", "drop", {"dataTransfer": carried})
    page.evaluate("window.carried = undefined")
    expect(page.locator("[data-curtain]")).to_be_hidden()


def keeps_nobody_out(page: Page) -> None:
    """Nothing that axe-core finds, and nothing wider than a small phone."""
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found] == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_two_dropped_files_become_documents_while_the_page_watches(quorra, shoot, tmp_path):
    page = quorra.page
    page.goto(f"{quorra.url}/content")
    expect(page.get_by_role("heading", name="Drop your first document here")).to_be_visible()
    keeps_nobody_out(page)
    slides = Path(write(tmp_path, "deck.pptx")).read_bytes()
    drop(page, {"Offer.pdf": saved(pdf(12)), "Slides.pptx": slides})
    rows = page.locator(".upload-row")
    expect(rows).to_have_count(2)
    shoot(page, "content-uploading")
    for name in ("Offer.pdf", "Slides.pptx"):
        row = rows.filter(has_text=name)
        expect(row.get_by_role("link", name=f"Open {name}")).to_be_visible(timeout=PAGES_WITHIN_MS)
        expect(page.locator(".document").filter(has_text=name).locator("img")).to_have_js_property("complete", True)
    expect(page.locator("[data-announce]")).to_contain_text("is ready")
    expect(page.locator(".document").filter(has_text="Offer.pdf")).to_contain_text("12 pages")
    keeps_nobody_out(page)
    shoot(page, "content", full_page=True)


def test_the_document_shows_its_pages_and_takes_a_new_version(quorra, shoot):
    page = quorra.page
    page.goto(f"{quorra.url}/content")
    expect(page.locator("[data-keys-open]")).to_be_visible()  # the script is at work
    page.keyboard.press("/")
    page.keyboard.type("offer")
    page.keyboard.press("Enter")
    expect(page.locator(".document")).to_have_count(1)
    expect(page.locator("[data-keys-open]")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Offer.pdf")).to_be_visible()
    strip = page.locator(".strip li")
    expect(strip).to_have_count(12)
    keeps_nobody_out(page)
    drop(page, {"Offer, shorter.pdf": saved(pdf(3))})
    expect(strip).to_have_count(3, timeout=PAGES_WITHIN_MS)
    expect(page.get_by_role("region", name="Versions").get_by_role("listitem")).to_have_count(2)
    shoot(page, "document", full_page=True)
    page.get_by_role("link", name="Look at it", exact=True).first.click()
    expect(page.get_by_text("Your own look, as recipients see it")).to_be_visible()
    expect(page.locator("section.page")).to_have_count(3)
    first = page.locator("section.page img").first
    expect(first).to_have_js_property("complete", True)
    assert first.evaluate("(image) => image.naturalWidth") > 0


def test_a_file_that_is_no_document_says_what_to_do(quorra):
    page = quorra.page
    page.goto(f"{quorra.url}/content")
    drop(page, {"Holiday.pdf": b"GIF89a" + bytes(200), "Nothing.pdf": b""})
    rows = page.locator(".upload-row.failed")
    expect(rows.filter(has_text="Nothing.pdf")).to_contain_text("Save it again and upload that")
    expect(rows.filter(has_text="Holiday.pdf")).to_contain_text("save it as one of these", timeout=PAGES_WITHIN_MS)
    rows.filter(has_text="Nothing.pdf").get_by_role("button", name="Hide").click()
    expect(rows).to_have_count(1)
    expect(page.locator(".document").filter(has_text="Holiday")).to_contain_text(re.compile("is a picture"))


def test_it_works_without_a_script(quorra, chromium, tmp_path):
    state = quorra.page.context.storage_state()
    context = chromium.new_context(storage_state=state, java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{quorra.url}/content")
    file = tmp_path / "Plain.pdf"
    file.write_bytes(saved(pdf(1)))
    plain.get_by_label("Upload documents").set_input_files(file)
    plain.locator("button[type=submit]", has_text="Upload documents").click()
    expect(plain.get_by_text("Plain.pdf is uploaded")).to_be_visible()
    context.close()

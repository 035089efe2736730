"""A document on the table, the house that serves it, and Chromium for what only its Playwright can do."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from backend.adapters.blobs import Blobs
from tests.journeys.conftest import CHROMIUM, FLAGS
from tests.journeys.viewer.desk import LOOKS
from tests.reading_room import PageText, Shelf, Wanted, share_a_document
from tests.stories import Tenant, found_workspace
from tests.web.serving import Served, served


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
    """Share pages: in a mail to Flynn, with Alan in copy."""

    def share(pages: list[PageText], wanted: Wanted | None = None) -> Shelf:
        with committed.begin() as conn:
            return share_a_document(conn, blobs, gridworks, pages, wanted)

    return share


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def read(chromium: Browser, house: Served) -> Iterator[Callable[..., Page]]:
    """Open a share in a new, prepared window; complaints of the console and requests to elsewhere fail the test."""
    contexts, complaints = [], []

    def read(shelf: Shelf, look: str = "light", prepare: Callable[[Page], object] = bool) -> Page:
        context = chromium.new_context(**LOOKS[look])
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("request", lambda asked: None if asked.url.startswith(house.url) else complaints.append(asked.url))
        prepare(page)
        page.goto(f"{house.url}{shelf.path}")
        return page

    yield read
    for context in contexts:
        context.close()
    assert [told for told in complaints if "net::ERR_FAILED" not in told] == []  # what a test itself cut off

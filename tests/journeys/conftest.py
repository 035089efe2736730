"""A running house, a browser, and the browsers of the people in the story."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.journeys.destination import Destination
from tests.journeys.mail_client import MailClient
from tests.journeys.readback import Readback
from tests.postgres import fresh_database
from tests.sandbox.processes import House, free_port

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-features=HttpsUpgrades"),
]
SHOTS = os.environ.get("READBACK_SHOTS")  # a folder for pictures of the way, for whoever wants to look at it

Shoot = Callable[..., None]


@pytest.fixture(scope="module")
def house(database_server: str) -> Iterator[House]:
    """Sandbox, web and worker in a folder and a database of their own."""
    with (
        tempfile.TemporaryDirectory(prefix="readback-journey-", ignore_cleanup_errors=True) as folder,
        fresh_database(database_server, f"journey_{os.getpid()}") as database_url,
    ):
        Path(folder).chmod(0o755)
        house = House(Path(folder), free_port(), free_port(), database_url=database_url)
        try:
            house.start()
            yield house
        finally:
            house.stop()


@pytest.fixture(scope="module")
def destination() -> Iterator[Destination]:
    """The place that the tracked link leads to; the browser is told where to find its host."""
    with Destination("shop.gridworks.example") as destination:
        yield destination


@pytest.fixture(scope="module")
def chromium(destination: Destination) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = [*FLAGS, f"--host-resolver-rules=MAP {destination.host} 127.0.0.1:{destination.port}"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def complaints() -> Iterator[list[str]]:
    """What the pages complained of; nobody may have reason to."""
    told: list[str] = []
    yield told
    assert told == []


@pytest.fixture(scope="module")
def open_browser(chromium: Browser, complaints: list[str]) -> Iterator[Callable[[], BrowserContext]]:
    """A browser of one's own: own cookies, own windows."""
    contexts: list[BrowserContext] = []

    def open_browser() -> BrowserContext:
        context = chromium.new_context(timezone_id="Europe/Berlin", viewport={"width": 1280, "height": 800})
        context.set_default_timeout(15_000)
        context.on("weberror", lambda problem: complaints.append(str(problem.error)))
        context.on("console", lambda said: complaints.append(_complaint(said)) if said.type == "error" else None)
        contexts.append(context)
        return context

    yield open_browser
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def quorras_browser(open_browser: Callable[[], BrowserContext]) -> BrowserContext:
    return open_browser()


@pytest.fixture(scope="module")
def feed(house: House, quorras_browser: BrowserContext) -> Readback:
    """Quorra, signed in with Google and her mailbox connected, with the feed open."""
    readback = Readback(quorras_browser.new_page(), house.url)
    readback.sign_in("quorra@gridworks.example")
    readback.connect_mailbox("full")
    readback.open_feed()
    return readback


@pytest.fixture(scope="module")
def mail_of(
    house: House, open_browser: Callable[[], BrowserContext], quorras_browser: BrowserContext
) -> Callable[..., MailClient]:
    """The mail program of a person: Quorra's in the browser where she is signed in, others each in their own."""
    opened: dict[str, MailClient] = {}

    def mail_of(address: str, browser: BrowserContext | None = None) -> MailClient:
        if address not in opened:
            own = browser or (quorras_browser if address.startswith("quorra") else open_browser())
            opened[address] = MailClient(own.new_page(), house.sandbox_url, address)
        return opened[address]

    return mail_of


@pytest.fixture
def shoot() -> Shoot:
    """Take a picture of a page, if READBACK_SHOTS asks for pictures."""

    def shoot(page: Page, name: str, **more: object) -> None:
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}.png", **more)  # type: ignore[arg-type]

    return shoot


def _complaint(said: ConsoleMessage) -> str:
    return f"{said.text} at {said.location.get('url')}"

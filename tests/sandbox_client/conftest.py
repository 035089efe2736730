"""A running sandbox beside a tiny Readback, for every test of the mail client."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.sandbox.client.person import Person
from tests.sandbox.running import RunningSandbox, running_sandbox
from tests.sandbox_client.readback_double import Readback, buttons, card, press, pushed, running_readback, text

CHROMIUM_ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Readback, RunningSandbox]]:
    with running_readback() as readback, running_sandbox(readback.url) as sandbox:
        yield readback, sandbox


@pytest.fixture
def readback(running: tuple[Readback, RunningSandbox]) -> Readback:
    """The tiny Readback, with nothing remembered and the usual cards."""
    readback = running[0]
    compose = card(
        "Readback",
        [
            {"textInput": {"name": "link_text", "label": "Words of the link"}},
            {"textInput": {"name": "link_address", "label": "Leads to"}},
            buttons(Track_this_mail=press(f"{readback.url}/addon/track", kind="mail")),
        ],
    )
    readback.calls.clear()
    readback.hits.clear()
    readback.answers = {
        "home": pushed(card("Today", [text("Nothing yet.")])),
        "message": pushed(card("Not tracked", [text("This mail is not tracked.")])),
        "compose": pushed(compose),
        "track": readback.tracking(),
    }
    return readback


@pytest.fixture
def sandbox(running: tuple[Readback, RunningSandbox], readback: Readback) -> RunningSandbox:
    """The sandbox with empty mailboxes and every consent given."""
    sandbox = running[1]
    sandbox.world.reset()
    sandbox.app.extensions.pop("mail_client", None)
    return sandbox


@pytest.fixture
def person(sandbox: RunningSandbox) -> Callable[[str], Person]:
    return lambda address: Person(sandbox.url, address)


@pytest.fixture
def quorra(person: Callable[[str], Person]) -> Person:
    return person("quorra@gridworks.example")


@pytest.fixture
def sam(person: Callable[[str], Person]) -> Person:
    return person("sam@gridworks.example")


@pytest.fixture
def flynn(person: Callable[[str], Person]) -> Person:
    return person("flynn@flynnsarcade.com")


@pytest.fixture
def kevin(person: Callable[[str], Person]) -> Person:
    return person("kevinf@flynnsarcade.com")


@pytest.fixture
def alan(person: Callable[[str], Person]) -> Person:
    return person("alan@encom.com")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser):
    context = browser.new_context(viewport={"width": 1360, "height": 860})
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda told: page.complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda problem: page.complaints.append(str(problem)))
    page.set_default_timeout(5000)
    yield page
    context.close()


@pytest.fixture
def at(page: Page, sandbox):
    def go(address: str) -> Page:
        page.goto(f"{sandbox.url}/mail/{address}/")
        expect(page.locator("#live")).to_have_text("Live")
        return page

    return go

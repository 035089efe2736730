"""One pair of hands for three browsers: what does a reader do with a window, whichever browser it is?

Chromium is driven by Playwright (here), Firefox by WebDriver BiDi, WebKit by its own driver: what a test does with a
`Window` is the same in all three, and what only one of them can do is no part of it.
"""

import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Error, Page, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS
from tests.journeys.viewer.desk import SHOTS, eventually

WIDTH, HEIGHT = 1280, 800
# The names of `KeyboardEvent.key`, and those of WebDriver's
KEYS = {
    "ArrowLeft": "ARROW_LEFT",
    "ArrowRight": "ARROW_RIGHT",
    "End": "END",
    "Enter": "ENTER",
    "Escape": "ESCAPE",
    "Home": "HOME",
    "PageDown": "PAGE_DOWN",
    "PageUp": "PAGE_UP",
}


class NotNow(Exception):
    """The page could not answer: it throws, or is just being replaced by another."""


class Window(ABC):
    """A browser's window, as a reader has it."""

    engine: ClassVar[str]

    @abstractmethod
    def go(self, url: str) -> None:
        """Load a page, and wait until it is loaded."""

    @abstractmethod
    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page; a promise is waited for. Raises NotNow."""

    @abstractmethod
    def press(self, key: str) -> None:
        """Press a key, named as `KeyboardEvent.key` names it."""

    @abstractmethod
    def type(self, text: str) -> None:
        """Type into whatever has the focus."""

    @abstractmethod
    def without_scripts(self) -> contextlib.AbstractContextManager["Window"]:
        """A window of the same browser in which no page's scripts run; our own questions are still answered."""

    @abstractmethod
    def complaints(self) -> list[str]:
        """The errors in the browser's console since this was last asked."""

    @abstractmethod
    def _picture(self, path: str) -> None: ...

    @abstractmethod
    def _click(self, x: float, y: float) -> None: ...

    def click(self, selector: str) -> None:
        """Bring something into view, and click on its middle: on whatever lies there."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"void {found}.scrollIntoView({{ block: 'nearest', behavior: 'instant' }})")
        box = self.evaluate(
            f"(({{ x, y, width, height }}) => [x + width / 2, y + height / 2])({found}.getBoundingClientRect())"
        )
        self._click(*box)

    def fill(self, selector: str, text: str) -> None:
        """Put a text in the place of a field's."""
        self.click(selector)
        self.evaluate(f"void document.querySelector({json.dumps(selector)}).select()")
        self.type(text)

    def shoot(self, name: str) -> None:
        """Keep a picture of what can be seen, if pictures are wanted."""
        if SHOTS:
            self._picture(f"{SHOTS}/{name}-{self.engine}.png")

    def until(self, expression: str, within_s: float = 10.0) -> None:
        """Wait for something in the page, or in the one that comes after it."""

        def look() -> object:
            try:
                return self.evaluate(expression)
            except NotNow:
                return None

        eventually(look, within_s)

    def until_shown(self, number: int) -> None:
        """Wait until a page's image is there, and the page in the middle of the window or above it."""
        self.until(
            f"""(() => {{
              const image = document.querySelector("#page-{number} img");
              if (!image?.complete || !image.naturalWidth) return false;
              const {{ top, bottom }} = image.getBoundingClientRect();
              return top < innerHeight / 2 && bottom > innerHeight / 4;
            }})()"""
        )

    def barriers(self) -> list[str]:
        """What keeps somebody out, as axe sees it: the serious things."""
        self.evaluate(f"void (() => {{ {AXE_SCRIPT}\n}})()")
        return self.evaluate(
            "axe.run().then(({ violations }) => violations"
            ".filter(({ impact }) => impact === 'serious' || impact === 'critical')"
            ".map(({ id, nodes }) => id + ': ' + nodes[0].html))"
        )


class ChromiumWindow(Window):
    """Chromium, through Playwright."""

    engine = "chromium"

    def __init__(self, page: Page) -> None:
        self._page = page
        self._complaints: list[str] = []
        page.on("console", lambda told: self._complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda problem: self._complaints.append(str(problem)))

    def go(self, url: str) -> None:
        self._page.goto(url)

    def evaluate(self, expression: str) -> Any:
        try:
            return self._page.evaluate(expression)
        except Error as problem:
            raise NotNow from problem

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        self._page.keyboard.type(text)

    @contextlib.contextmanager
    def without_scripts(self) -> Iterator[Window]:
        context = self._page.context.browser.new_context(java_script_enabled=False)
        yield ChromiumWindow(context.new_page())
        context.close()

    def complaints(self) -> list[str]:
        told, self._complaints = self._complaints, []
        return told

    def _picture(self, path: str) -> None:
        self._page.screenshot(path=path)

    def _click(self, x: float, y: float) -> None:
        self._page.mouse.click(x, y)


@contextlib.contextmanager
def chromium() -> Iterator[ChromiumWindow]:
    """Chromium, for as long as the block lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield ChromiumWindow(browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}))
        browser.close()

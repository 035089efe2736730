"""WebKit for the viewer's tests, the engine of telephones: GTK's small browser, through WebKit's own driver.

It knows no headless way, so it gets a screen in memory (Xvfb).
"""

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, WebKitGTKOptions
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.webkitgtk.service import Service

from tests.journeys.viewer.browsers import HEIGHT, KEYS, WIDTH, NotNow, Window

DRIVER = "/usr/bin/WebKitWebDriver"
BROWSER = "webkit2gtk-4.1/MiniBrowser"  # below /usr/lib, in the folder of the processor's kind


class WebKitWindow(Window):
    """WebKit, through its driver."""

    engine = "webkit"

    def __init__(self, screen: str, folder: Path, *flags: str, **environ: str) -> None:
        self._screen, self._folder = screen, folder
        self._said = folder / f"said-{len(list(folder.iterdir()))}"
        self._read = 0
        options = WebKitGTKOptions()
        options.binary_location = str(next(Path("/usr/lib").glob(f"*/{BROWSER}")))
        for flag in ("--automation", "--enable-write-console-messages-to-stdout=TRUE", *flags):
            options.add_argument(flag)
        # Its own cage needs more than a container's root may: it opens pages of ours alone
        own = {"DISPLAY": screen, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "HOME": str(folder), **environ}
        service = Service(DRIVER, log_output=str(self._said), env={**os.environ, **own})
        self.driver = webdriver.WebKitGTK(options=options, service=service)
        self.driver.set_window_size(WIDTH, HEIGHT)
        self.driver.set_script_timeout(30)

    def go(self, url: str) -> None:
        self.driver.get(url)

    def evaluate(self, expression: str) -> Any:
        asked = (
            "const done = arguments[0];"
            f"(async () => {expression})().then((value) => done([value, null]), (told) => done([null, String(told)]))"
        )
        try:
            value, problem = self.driver.execute_async_script(asked)
        except WebDriverException as problem:
            raise NotNow from problem
        if problem is not None:
            raise NotNow(problem)
        return value

    def press(self, key: str) -> None:
        ActionChains(self.driver).send_keys(getattr(Keys, KEYS.get(key, ""), key)).perform()

    def type(self, text: str) -> None:
        ActionChains(self.driver).send_keys(text).perform()

    @contextlib.contextmanager
    def without_scripts(self) -> Iterator[Window]:
        other = WebKitWindow(self._screen, self._folder, "--enable-javascript=FALSE")
        yield other
        other.close()

    def complaints(self) -> list[str]:
        told = self._said.read_text(errors="replace")
        new, self._read = told[self._read :], len(told)
        return re.findall(r"CONSOLE .*ERROR.*", new)

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()

    def _picture(self, path: str) -> None:
        self.driver.save_screenshot(path)

    def _click(self, x: float, y: float) -> None:
        hands = ActionChains(self.driver, duration=0)
        hands.w3c_actions.pointer_action.move_to_location(round(x), round(y)).click()
        hands.perform()


@contextlib.contextmanager
def webkit(*flags: str, **environ: str) -> Iterator[WebKitWindow]:
    """WebKit on a screen of its own, for as long as the block lasts."""
    with (
        _screen() as screen,
        tempfile.TemporaryDirectory(prefix="readback-webkit-", ignore_cleanup_errors=True) as folder,
    ):
        window = WebKitWindow(screen, Path(folder), *flags, **environ)
        try:
            yield window
        finally:
            window.close()


@contextlib.contextmanager
def _screen() -> Iterator[str]:
    ours, its = os.pipe()
    size = f"{WIDTH + 100}x{HEIGHT + 200}x24"
    flags = ["-displayfd", str(its), "-screen", "0", size, "-nolisten", "tcp"]
    process = subprocess.Popen(["Xvfb", *flags], pass_fds=[its], stderr=subprocess.DEVNULL)
    os.close(its)
    try:
        with os.fdopen(ours) as told:
            yield f":{told.readline().strip()}"
    finally:
        process.terminate()
        process.wait()

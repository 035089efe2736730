"""Firefox for the viewer's tests: driven by WebDriver BiDi, which it speaks itself, since Debian has no geckodriver.

The protocol: https://w3c.github.io/webdriver-bidi/. `moz:scope` is Firefox's own, the way to its settings.
"""

import base64
import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import websocket
from selenium.webdriver.common.keys import Keys

from tests.journeys.viewer.browsers import HEIGHT, KEYS, WIDTH, NotNow, Window
from tests.journeys.viewer.desk import eventually

FIREFOX = "/usr/bin/firefox-esr"
FLAGS = ("--headless", "--no-remote", "--remote-debugging-port=0", "--remote-allow-system-access")
# It asks nobody on the Internet for anything, and begins with an empty page
SETTINGS = {
    "app.normandy.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}


class FirefoxWindow(Window):
    """Firefox, through BiDi."""

    engine = "firefox"

    def __init__(self, address: str) -> None:
        self._wire = websocket.create_connection(f"{address}/session", suppress_origin=True, timeout=30)
        self._calls = 0
        self._complaints: list[str] = []
        self._call("session.new", capabilities={})
        self._own = self._call("browsingContext.getTree", **{"moz:scope": "chrome"})["contexts"][0]["context"]
        self._context = self._call("browsingContext.getTree")["contexts"][0]["context"]
        # Without the focus it refuses to fill the screen
        self._evaluate("void (window.focus(), gBrowser.selectedBrowser.focus())", {"context": self._own})
        self._call("session.subscribe", events=["log.entryAdded"])
        self.resize(WIDTH, HEIGHT)

    def go(self, url: str) -> None:
        self._call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        return self._evaluate(expression, {"context": self._context, "sandbox": "tests"})

    def press(self, key: str) -> None:
        value = getattr(Keys, KEYS.get(key, ""), key)
        strokes = [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self._perform({"type": "key", "id": "keys"}, strokes)

    def type(self, text: str) -> None:
        for sign in text:
            self.press(sign)

    def resize(self, width: int, height: int, ratio: float = 1) -> None:
        """Give the page's window a size, and pixels."""
        view = {"width": width, "height": height}
        self._call("browsingContext.setViewport", context=self._context, viewport=view, devicePixelRatio=ratio)

    def set(self, name: str, value: bool | int) -> None:
        """Change one of Firefox's own settings."""
        kind = "Bool" if isinstance(value, bool) else "Int"
        self._evaluate(f"Services.prefs.set{kind}Pref('{name}', {json.dumps(value)})", {"context": self._own})

    @contextlib.contextmanager
    def without_scripts(self) -> Iterator[Window]:
        self.set("javascript.enabled", False)
        yield self
        self.set("javascript.enabled", True)

    @contextlib.contextmanager
    def behind_another_tab(self) -> Iterator[None]:
        """Open another tab in front of this one, which then is really out of view."""
        other = self._call("browsingContext.create", type="tab")["context"]
        yield
        self._call("browsingContext.close", context=other)

    def complaints(self) -> list[str]:
        self.evaluate("null")  # what was said until now comes before the answer
        told, self._complaints = self._complaints, []
        return told

    def close(self) -> None:
        """End the browser."""
        self._call("browser.close")
        self._wire.close()

    def _picture(self, path: str) -> None:
        told = self._call("browsingContext.captureScreenshot", context=self._context)
        Path(path).write_bytes(base64.b64decode(told["data"]))

    def _click(self, x: float, y: float) -> None:
        there = {"type": "pointerMove", "x": round(x), "y": round(y)}
        steps = [there, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._perform({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}, steps)

    def _perform(self, source: dict[str, Any], steps: list[dict[str, Any]]) -> None:
        self._call("input.performActions", context=self._context, actions=[{**source, "actions": steps}])

    def _evaluate(self, expression: str, target: dict[str, str]) -> Any:
        # Where scripts are off, no promise is ever kept: none is made of what is no promise itself
        asked = f"((value) => value?.then ? value.then(JSON.stringify) : JSON.stringify(value))({expression})"
        told = self._call("script.evaluate", expression=asked, target=target, awaitPromise=True)
        if told["type"] == "exception":
            raise NotNow(told["exceptionDetails"]["text"])
        return json.loads(told["result"].get("value", "null"))

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._calls += 1
        self._wire.send(json.dumps({"id": self._calls, "method": method, "params": params}))
        while True:
            told = json.loads(self._wire.recv())
            if told["type"] == "event":
                self._listen(told["params"])
            elif told["id"] == self._calls:
                if told["type"] == "error":
                    raise NotNow(method, told["message"])
                return told["result"]

    def _listen(self, entry: dict[str, Any]) -> None:
        if entry.get("level") == "error" and entry["source"].get("context") == self._context:
            self._complaints.append(entry["text"])


@contextlib.contextmanager
def firefox() -> Iterator[FirefoxWindow]:
    """Firefox with a profile of its own, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="readback-firefox-", ignore_cleanup_errors=True) as profile:
        lines = (f'user_pref("{name}", {json.dumps(value)});' for name, value in SETTINGS.items())
        Path(profile, "user.js").write_text("\n".join(lines))
        process = subprocess.Popen(
            [FIREFOX, *FLAGS, "--profile", profile],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": profile},
        )
        try:
            window = FirefoxWindow(_address(Path(profile, "WebDriverBiDiServer.json")))
            yield window
            window.close()
            process.wait(10)
        finally:
            process.kill()
            process.wait()


def _address(told: Path) -> str:
    """Where it listens, which it writes into its profile."""
    eventually(lambda: told.exists() and told.read_text().endswith("}"), 60)
    found = json.loads(told.read_text())
    return f"ws://{found['ws_host']}:{found['ws_port']}"

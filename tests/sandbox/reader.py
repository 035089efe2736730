"""Somebody who reads a tracked document, without a browser: over the viewer's own addresses, in real time.

    reader = Reader(address, PHONE)
    reader.open()
    reader.look(1, 1.2)     # the first page is on screen for 1.2 s
    reader.leave()

`turn` is the same without JavaScript: pages as plain images, and nothing is told of time.
"""

import re
import time
from html import unescape
from urllib.parse import urljoin

import requests

DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.1 Mobile/15E148 Safari/604.1"
)
_IMAGE = re.compile(r'["\s,](/d/[\w-]{32}/pages/(\d+)/(\d+)/\d+\?v=([0-9a-f-]{36}))')
_TIMEOUT_S = 10


class Reader:
    """One person at one browser, with `session`'s cookies."""

    def __init__(self, address: str, agent: str = DESKTOP, session: requests.Session | None = None) -> None:
        self._address = address
        self._http = session or requests.Session()
        self._agent = {"User-Agent": agent}
        self._began = 0.0
        self._told = 0.0
        self._seq = 0
        self.visit = ""

    def open(self) -> int:
        """Follow the link; the first page's image loads. Returns the page's status."""
        answer = self._get(self._address)
        self._began = self._told = time.monotonic()
        image = _IMAGE.search(unescape(answer.text))
        if image is not None:
            self.visit = image[4]
            self._get(urljoin(self._address, image[1])).raise_for_status()
        return answer.status_code

    def look(self, page: int, seconds: float) -> None:
        """Have this page on the screen for so long."""
        if self._seq == 0:
            self._tell("reading", page, {})
        time.sleep(seconds)
        self._tell("reading", page, {str(page): self._since_last()})

    def turn(self, page: int) -> None:
        """Go to a page where no script runs: its image is asked for with the visit's name."""
        answer = self._get(f"{self._address}?page={page}&v={self.visit}")
        answer.raise_for_status()
        image = next(found for found in _IMAGE.finditer(unescape(answer.text)) if int(found[3]) == page)
        self._get(urljoin(self._address, image[1])).raise_for_status()

    def download(self) -> bytes:
        """Load the original file."""
        answer = self._get(f"{self._address}/download?v={self.visit}")
        answer.raise_for_status()
        return answer.content

    def leave(self, page: int = 1) -> None:
        """Close the window."""
        self._tell("left", page, {})

    def _tell(self, state: str, page: int, pages: dict[str, int]) -> None:
        self._told = time.monotonic()
        at_ms = int((self._told - self._began) * 1000)
        beacon = {"seq": self._seq, "at_ms": at_ms, "state": state, "page": page, "pages": pages}
        self._seq += 1
        answer = self._http.post(
            f"{self._address}/pages",
            json={"visit": self.visit, "beacons": [beacon]},
            headers=self._agent,
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()

    def _since_last(self) -> int:
        return int((time.monotonic() - self._told) * 1000)

    def _get(self, url: str) -> requests.Response:
        return self._http.get(url, headers=self._agent, timeout=_TIMEOUT_S)

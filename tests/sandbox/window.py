"""A rep's browser window on Readback, without a browser: signs in, connects a mailbox, reads and watches the feed."""

import contextlib
import re
import threading
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import Cookie, DefaultCookiePolicy
from urllib.request import Request

import requests

from tests.sandbox.consenting import consent

_TIMEOUT_S = 10


@dataclass(frozen=True)
class Group:
    """A message in the feed as it stands on the page: its title, what is counted, and all its words."""

    message_id: int
    subject: str
    counts: str
    told: str

    @property
    def uncounted(self) -> int:
        """How many hits were kept but not counted."""
        found = re.search(r"(\d+) not counted", self.told)
        return int(found[1]) if found else 0


@dataclass(frozen=True)
class Event:
    """One server-sent event, and when it arrived (`time.monotonic`)."""

    id: str
    groups: tuple[Group, ...]
    at: float


class _Groups(HTMLParser):
    """Reads the groups out of a page or of an event."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[Group] = []
        self._id: int | None = None
        self._inside = ""
        self._parts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "article" and "data-id" in told:
            self._id, self._parts = int(told["data-id"] or 0), {"all": [], "subject": [], "summary": []}
        self._inside = "subject" if told.get("class") == "subject" else "summary" if tag == "summary" else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""
        if tag == "article" and self._id is not None:
            words = {name: " ".join(" ".join(parts).split()) for name, parts in self._parts.items()}
            self.groups.append(Group(self._id, words["subject"], words["summary"], words["all"]))
            self._id = None

    def handle_data(self, data: str) -> None:
        if self._id is not None:
            self._parts["all"].append(data)
            if self._inside:
                self._parts[self._inside].append(data)


def read_groups(html: str) -> tuple[Group, ...]:
    """The groups in a piece of the feed's HTML, in its order."""
    parser = _Groups()
    parser.feed(html)
    return tuple(parser.groups)


class _TrustsLoopback(DefaultCookiePolicy):
    """Browsers hold http on the loopback address for trustworthy and use Secure cookies there; so does this window."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        cookie.secure = False
        return super().set_ok(cookie, request)


@dataclass
class Window:
    """One browser profile of `address`, with its own cookies."""

    url: str
    address: str
    session: requests.Session = field(default_factory=requests.Session)
    events: list[Event] = field(default_factory=list)
    _stream: requests.Response | None = None

    def __post_init__(self) -> None:
        self.session.cookies.set_policy(_TrustsLoopback())

    def sign_in(self) -> None:
        """Sign in with Google and end up on the page that Readback leads to."""
        self._through_google(f"{self.url}/auth/google")

    def connect_mailbox(self, mode: str = "full") -> None:
        """Connect the mailbox of this address."""
        self._through_google(f"{self.url}/mailbox/connect?mode={mode}")

    def page(self, path: str) -> str:
        """The HTML of a page. Raises HTTPError for anything but a success."""
        answer = self.session.get(f"{self.url}{path}", timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return answer.text

    def feed(self) -> dict[str, Group]:
        """The feed's groups by subject."""
        return {group.subject: group for group in read_groups(self.page("/"))}

    def upload(self, name: str, content: bytes) -> int:
        """Add a document to the content, as the page's script does; returns its id."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.page("/content"))
        assert token is not None
        answer = self.session.post(
            f"{self.url}/content/upload",
            files={"file": (name, content)},
            data={"csrf_token": token[1]},
            headers={"Accept": "application/json", "Referer": f"{self.url}/content"},
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()
        return int(answer.json()["document"])

    def conversion(self, document_id: int) -> tuple[str, int]:
        """How far a document is: its state, and how many of its pages can be read."""
        told = self.session.get(f"{self.url}/content/progress?document={document_id}", timeout=_TIMEOUT_S).json()
        return told["documents"][0]["state"], told["documents"][0]["ready_pages"]

    def watch(self) -> None:
        """Open the live stream, as the page's script does, and keep what it tells in `events`."""
        self._stream = self.session.get(f"{self.url}/feed/stream", stream=True, timeout=(_TIMEOUT_S, 60))
        self._stream.raise_for_status()
        threading.Thread(target=self._read, args=(self._stream,), daemon=True).start()

    def close(self) -> None:
        """Close the window."""
        if self._stream is not None:
            with contextlib.suppress(Exception):
                self._stream.raw._fp.fp.raw._sock.shutdown(2)
            self._stream.close()

    def told_at(self, subject: str, words: str, since: float, within_s: float = 10.0) -> float | None:
        """When (`time.monotonic`) the stream first told these words of this message after `since`; None if never."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            for event in list(self.events):
                if event.at >= since and any(g.subject == subject and words in g.told for g in event.groups):
                    return event.at
            time.sleep(0.005)
        return None

    def _through_google(self, url: str) -> None:
        away = self.session.get(url, allow_redirects=False, timeout=_TIMEOUT_S)
        if away.status_code not in (302, 303):
            raise AssertionError(f"{away.status_code} instead of the way to Google: {away.text[:300]}")
        back = consent(away.headers["Location"], self.address)
        self.session.get(back, timeout=_TIMEOUT_S).raise_for_status()

    def _read(self, stream: requests.Response) -> None:
        name, event_id, data = "", "", []
        with contextlib.suppress(Exception):  # a closed window hears nothing more
            for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("id:"):
                    event_id = line[3:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))
                elif not line and data:
                    if name == "group":
                        self.events.append(Event(event_id, read_groups("\n".join(data)), time.monotonic()))
                    name, event_id, data = "", "", []

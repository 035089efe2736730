"""The local Google, with Readback's own adapters pointed at it: for tests of what comes from a mailbox."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import parse_qs, urlsplit

from backend.adapters.gmail import Gmail, GmailSession
from backend.adapters.google_auth import GoogleAuth
from backend.domain.identities import Grant, Purpose
from backend.settings import Settings
from tests.sandbox.consenting import consent
from tests.sandbox.environment import readback_environment
from tests.sandbox.running import RunningSandbox, running_sandbox
from tests.sandbox.world import World
from tests.sandbox.writing import Draft, compose

READBACK = "http://localhost:8000"
CALLBACK = f"{READBACK}/signin/callback"


@dataclass(frozen=True)
class Mailroom:
    """A sandbox and the adapters that speak to it."""

    sandbox: RunningSandbox
    settings: Settings
    google: GoogleAuth
    gmail: Gmail

    @property
    def world(self) -> World:
        return self.sandbox.world

    def agree(self, address: str, purpose: Purpose, **choices: object) -> Grant:
        """Let this account go through a consent."""
        asked = self.google.begin(purpose, CALLBACK, login_hint=address)
        came_back = urlsplit(consent(asked.url, address, **choices))  # type: ignore[arg-type]
        told = parse_qs(came_back.query)
        assert told["state"] == [asked.state]
        return self.google.finish(CALLBACK, told["code"][0], asked)

    def open(self, address: str, purpose: Purpose = "mailbox_full") -> GmailSession:
        """Open the mailbox of an account after its consent."""
        return self.gmail.open(self.gmail.credentials_of(self.agree(address, purpose)))

    def write(self, sender: str, to: list[str], subject: str, **rest: object) -> str:
        """Send a mail; returns the id of the sent copy."""
        draft = Draft(sender=sender, to=to, subject=subject, **rest)  # type: ignore[arg-type]
        return self.world.send(parseaddr(sender)[1], compose(draft))


@contextlib.contextmanager
def open_mailroom() -> Iterator[Mailroom]:
    """Run a local Google for as long as the block lasts."""
    with running_sandbox() as sandbox:
        settings = Settings.from_environ(readback_environment(sandbox.url, READBACK))
        yield Mailroom(sandbox, settings, GoogleAuth(settings.google), Gmail(settings.google))

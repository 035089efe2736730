"""What a view reaches for: the parts that `app.py` has joined, and the one clock of a request."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import current_app, g
from sqlalchemy import Engine

from backend.services.ports import IdentityProvider, MailboxProvider, SecretBox
from backend.settings import Settings


@dataclass(frozen=True)
class Parts:
    """Everything a process was joined from. Tests give their own."""

    settings: Settings
    engine: Engine
    google: IdentityProvider
    gmail: MailboxProvider
    secrets: SecretBox


def parts() -> Parts:
    """The parts of the running application."""
    return cast(Parts, current_app.extensions["readback"])


def now() -> datetime:
    """The instant of this request, the same however often it is asked."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    return cast(datetime, g.now)

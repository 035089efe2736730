"""What a view reaches for: the parts that `app.py` has joined, and the one clock of a request."""

from datetime import UTC, datetime
from typing import cast

from flask import current_app, g

from backend.services.parts import Parts


def parts() -> Parts:
    """The parts of the running application."""
    return cast(Parts, current_app.extensions["readback"])


def now() -> datetime:
    """The instant of this request, the same however often it is asked."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    return cast(datetime, g.now)

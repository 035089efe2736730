"""What waits to be sent while "Undo Send" is still possible? What is undone is never sent."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["waiting", "sent", "undone", "failed"]


@dataclass
class _Waiting:
    timer: threading.Timer
    outcome: Outcome = "waiting"
    message_id: str | None = None


class Outbox:
    """Mails on their way out, each held for some seconds. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, _Waiting] = {}

    def hold(self, send: Callable[[], str], seconds: float) -> str:
        """Send when the seconds are over, unless undone before; returns a handle. `send` returns the message's id."""
        handle = secrets.token_urlsafe(9)
        timer = threading.Timer(seconds, self._go, (handle, send))
        timer.daemon = True
        with self._lock:
            self._waiting[handle] = _Waiting(timer)
        timer.start()
        return handle

    def undo(self, handle: str) -> bool:
        """Take it back; False where it has left already."""
        with self._lock:
            held = self._waiting.get(handle)
            if held is None or held.outcome not in ("waiting", "undone"):
                return False
            held.timer.cancel()
            held.outcome = "undone"
            return True

    def outcome(self, handle: str) -> tuple[Outcome, str | None] | None:
        """What became of it, with the sent copy's id; None for an unknown handle."""
        with self._lock:
            held = self._waiting.get(handle)
            return (held.outcome, held.message_id) if held else None

    def _go(self, handle: str, send: Callable[[], str]) -> None:
        with self._lock:  # an undo waits here until the mail has left, and then comes too late
            held = self._waiting[handle]
            if held.outcome != "waiting":
                return
            held.outcome = "failed"
            held.message_id = send()
            held.outcome = "sent"

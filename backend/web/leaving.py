"""How does a process that is told to stop end what would never end by itself?

The server waits for open connections before it shuts its applications down, and a live feed is one that stays open.
So whoever holds such connections is told at the signal itself, and lets go; the server's own handling goes on.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def when_told_to_stop(act: Callable[[], None]) -> None:
    """Call `act` in the running loop once the process is told to stop; outside the main thread nobody is told."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for signum in _SIGNALS:
        _chain(signum, lambda: loop.call_soon_threadsafe(act))


def _chain(signum: signal.Signals, tell: Callable[[], object]) -> None:
    before = signal.getsignal(signum)

    def handle(number: int, frame: FrameType | None) -> None:
        tell()
        if callable(before):
            before(number, frame)

    if callable(before):  # the server's own: where it has none, the default ends the process at once
        signal.signal(signum, handle)

"""How many requests may do at once what takes long? So that some slow ones never take all of a process's threads."""

from threading import BoundedSemaphore
from types import TracebackType


class Busy(Exception):
    """Too many are at it; come back in a moment."""


class Bound:
    """So many places; whoever finds none within the wait is turned away with Busy."""

    def __init__(self, places: int, wait_s: float) -> None:
        self._places = BoundedSemaphore(places)
        self._wait_s = wait_s

    def __enter__(self) -> None:
        if not self._places.acquire(timeout=self._wait_s):
            raise Busy

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, where: TracebackType | None
    ) -> None:
        self._places.release()

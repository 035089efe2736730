"""How is the reading of a document told? "is reading page 3 of 12", and afterwards what was read, and for how long.

What an item carries in `data` may be less than we would like, so every key is optional here, as in `feed`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard
from uuid import UUID

from backend.domain.reading import LIVE

NOT_MEASURED = "time not measured"  # of a reader whose browser runs no script only the pages are known


@dataclass(frozen=True)
class ReadDocument:
    """A reading as the feed carries it; `visits` are the openings that it is made of."""

    name: str
    document_id: int = 0
    share_id: int = 0
    pages_total: int = 0
    page: int = 0
    is_reading: bool = False
    last_at: datetime | None = None
    active_ms: int = 0
    is_timed: bool = True
    pages_read: tuple[int, ...] = ()
    downloads: int = 0
    follows: int = 0
    visits: tuple[UUID, ...] = ()

    @property
    def live_until(self) -> datetime | None:
        """Until when it may be said that somebody is reading, if nothing more is heard."""
        return self.last_at + LIVE if self.is_reading and self.last_at is not None and self.page else None

    @property
    def told_live(self) -> str:
        """What is told while somebody reads."""
        return f"{self.told_live_here} of {self.called}"

    @property
    def told_live_here(self) -> str:
        """The same where it is plain which document is meant."""
        return f"is reading page {self.page} of {max(self.page, self.pages_total)}"

    @property
    def told(self) -> str:
        """What is told afterwards."""
        return self._told(self.called, f" of {self.called}")

    @property
    def told_here(self) -> str:
        """The same where it is plain which document is meant."""
        return self._told("it", "")

    @property
    def called(self) -> str:
        return f"“{self.name}”" if self.name else "the document"

    def _told(self, called: str, of_it: str) -> str:
        done = [self._read(called, of_it)] if self.pages_read or not self.downloads else []
        if self.downloads:
            done.append("downloaded it" if done else f"downloaded {called}")
        if self.follows:
            done.append("followed a link in it" if self.follows == 1 else f"followed {self.follows} links in it")
        return ", ".join(done)

    def _read(self, called: str, of_it: str) -> str:
        number, total = len(self.pages_read), max(self.pages_total, *self.pages_read, 0)
        if not number:
            return f"opened {called}"
        word = "read" if self.is_timed else "opened"
        spent = f" in {lasting(self.active_ms)}" if self.is_timed else f", {NOT_MEASURED}"
        if total == 1:
            return f"{word} {called}{spent}"
        if number == total:
            return f"{word} all {total} pages{of_it}{spent}"
        return f"{word} {number} of {total} pages{of_it} ({spans(self.pages_read)}){spent}"


def read_document(data: Mapping[str, Any]) -> ReadDocument:
    """Read what an item's data says of a document; whatever is not what it should be is left out."""
    pages = data.get("pages_read")
    name = data.get("document")
    return ReadDocument(
        name=name.strip() if isinstance(name, str) else "",
        document_id=_number(data, "document_id"),
        share_id=_number(data, "share_id"),
        pages_total=_number(data, "pages_total"),
        page=_number(data, "page"),
        is_reading=data.get("state") == "reading",
        last_at=_instant(data.get("last_at")),
        active_ms=_number(data, "active_ms"),
        is_timed=data.get("is_timed") is not False,
        pages_read=tuple(sorted({one for one in pages if _is_number(one)})) if isinstance(pages, list) else (),
        downloads=_number(data, "downloads"),
        follows=_number(data, "follows"),
        visits=_ids(data.get("visits")),
    )


def averaging(average_ms: int, timed: int, views: int) -> str:
    """Write how long a view took on average, of those whose time could be measured."""
    if not views:
        return ""
    if not timed:
        return NOT_MEASURED
    return f"{lasting(average_ms)} on average" + (f" of the {timed} measured" if timed < views else "")


def spans(pages: Sequence[int]) -> str:
    """Write page numbers with their neighbours together: "1–3, 7"."""
    told: list[list[int]] = []
    for page in pages:
        if told and page == told[-1][-1] + 1:
            told[-1].append(page)
        else:
            told.append([page])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in told)


def lasting(told_ms: float | None) -> str:
    """Write a length of reading: "4 s", "1 min 20 s", "1 h 5 min"."""
    seconds = round((told_ms or 0) / 1000)
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _number(data: Mapping[str, Any], name: str) -> int:
    told = data.get(name)
    return told if _is_number(told) else 0


def _is_number(told: object) -> TypeGuard[int]:
    return isinstance(told, int) and not isinstance(told, bool) and told >= 0


def _ids(told: object) -> tuple[UUID, ...]:
    found = [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
    try:
        return tuple(UUID(one) for one in found)
    except ValueError:
        return ()


def _instant(told: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None

"""How are a document's numbers written in a page? Sizes, lengths of reading, and heights of bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Flask

from backend.domain.documents import TYPE_NAMES
from backend.domain.feed_documents import NOT_MEASURED, averaging, lasting
from backend.domain.words import size
from backend.services.reading import DocumentReading, PageTotals, Totals

_FULL = 100
_LOWEST = 2
_SECOND = 1000


def many(count: int, one: str, more: str | None = None) -> str:
    """Write a number with its word: "1 page", "12 pages"."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def kind(told: str | None) -> str:
    """What a person calls a document of this type; empty while it is not known."""
    return TYPE_NAMES.get(told or "", "")


class Page(Protocol):
    """A page that can be read, and its shape in points."""

    @property
    def number(self) -> int: ...

    @property
    def width_pt(self) -> float: ...

    @property
    def height_pt(self) -> float: ...


@dataclass(frozen=True)
class Leaf:
    """A page as it is shown in a strip: its shape in points, how it was read, and how high its bar stands of 100.

    `reach` is how many of 100 views came to it.
    """

    number: int
    width: int
    tall: int
    totals: PageTotals
    bar: int = 0
    reach: int = 0

    @property
    def told(self) -> str:
        """How long it was looked at on average, in words."""
        if not self.totals.views:
            return "not seen"
        if not self.totals.timed:
            return NOT_MEASURED
        return lasting(self.totals.average_ms) if self.totals.average_ms >= _SECOND else "under 1 s"


def leaves(pages: Sequence[Page], read: DocumentReading | None = None) -> list[Leaf]:
    """Put what was read beside the pages that there are."""
    per_page = read.per_page if read else ()
    known = {each.number: each for each in per_page}
    most = max((each.average_ms for each in per_page), default=0)
    views = max((each.views for each in per_page), default=0)
    told = []
    for page in pages:
        found = known.get(page.number, PageTotals(page.number))
        bars = (_height(found.average_ms, most), _height(found.views, views))
        told.append(Leaf(page.number, round(page.width_pt), round(page.height_pt), found, *bars))
    return told


def in_words(leaves: Sequence[Leaf]) -> str:
    """Tell the picture of pages: where readers stayed longest, and how many came to the end."""
    most = max((leaf.totals.views for leaf in leaves), default=0)
    if not most:
        return ""
    longest = max(leaves, key=lambda leaf: (leaf.totals.average_ms, -leaf.number))
    told = []
    if longest.totals.average_ms and len(leaves) > 1:
        told.append(
            f"Readers stayed longest on page {longest.number}, {lasting(longest.totals.average_ms)} on average."
        )
    if len(leaves) > 1:
        last = leaves[-1].totals.views
        ended = "Nobody" if not last else "Every view" if last == most else f"{last:,} of {many(most, 'view')}"
        told.append(f"{ended} came to the last page.")
    return " ".join(told)


def glance(totals: Totals) -> str:
    """Write a document's totals: "2 views by 1 reader, 20 s on average"."""
    seen = f"{many(totals.views, 'view')} by {many(totals.readers, 'reader')}"
    return f"{seen}, {averaging(totals.average_ms, totals.timed, totals.views)}"


def _height(value: int, most: int) -> int:
    """Whatever is not nothing can be seen."""
    return max(_LOWEST, round(_FULL * value / most)) if value > 0 else 0


def init_app(app: Flask) -> None:
    """Give the templates these filters."""
    for told in (size, lasting, many, kind, glance, in_words):
        app.jinja_env.filters[told.__name__] = told

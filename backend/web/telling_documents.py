"""How are a document's numbers written in a page? Sizes, lengths of reading, and heights of bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Flask

from backend.domain.documents import TYPE_NAMES
from backend.domain.feed_documents import lasting
from backend.domain.words import size
from backend.services.reading import PageTotals

_FULL = 100
_LOWEST = 2


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
    """A page as it is shown in a strip: its shape in points, how it was read, and how high its bar stands of 100."""

    number: int
    width: int
    tall: int
    views: int = 0
    active_ms: int = 0
    average_ms: int = 0
    bar: int = 0


def leaves(pages: Sequence[Page], per_page: Sequence[PageTotals]) -> list[Leaf]:
    """Put what was read beside the pages that there are."""
    read = {each.number: each for each in per_page}
    most = max((each.average_ms for each in per_page), default=0)
    told = []
    for page in pages:
        shape = (page.number, round(page.width_pt), round(page.height_pt))
        found = read.get(page.number)
        if found is None:
            told.append(Leaf(*shape))
        else:
            bar = _height(found.average_ms, most)
            told.append(Leaf(*shape, found.views, found.active_ms, found.average_ms, bar))
    return told


def _height(value: int, most: int) -> int:
    """Whatever is not nothing can be seen."""
    return max(_LOWEST, round(_FULL * value / most)) if value > 0 else 0


def init_app(app: Flask) -> None:
    """Give the templates these filters."""
    for told in (size, lasting, many, kind):
        app.jinja_env.filters[told.__name__] = told

"""What is a page of a document, once it can be shown? Images for screens, words to search and to read aloud, links.

Places on a page are fractions of its width and height, from its top left corner as it is shown (rotation applied), so
that they hold at any size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.domain.documents import DocumentFacts, PageKind

_A4_RATIO = 297 / 210
_TALLEST_COVER, _FLATTEST_COVER = 1.8, 0.4


@dataclass(frozen=True)
class PdfReady:
    """A file whose pages can be rendered: the facts about what was uploaded, and the PDF that shows it."""

    facts: DocumentFacts
    pdf: Path | bytes


@dataclass(frozen=True)
class Box:
    """A place on a page."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Word:
    """A word in reading order; `line` counts the page's lines, for the breaks of the text layer."""

    box: Box
    text: str
    line: int


@dataclass(frozen=True)
class Link:
    """A link that may be followed: to an address (`uri`), or to a page of the same document, from 1."""

    box: Box
    uri: str | None = None
    page: int | None = None


@dataclass(frozen=True)
class PageImage:
    """A page as an image. `asked_width` is the width that was wanted: a very long page comes out narrower."""

    asked_width: int
    width: int
    height: int
    format: str
    content: bytes


def fitting_image(images: Sequence[Mapping[str, Any]], width: int) -> Mapping[str, Any] | None:
    """Choose the narrowest of a page's stored images that is at least so wide, else the widest; None where none is."""
    ordered = sorted(images, key=lambda image: int(image["asked_width"]))
    return next((image for image in ordered if image["asked_width"] >= width), ordered[-1] if ordered else None)


def cover_ratio(width_pt: float, height_pt: float) -> float:
    """The height of a document's small picture, by its width: that of the page, unless it is very long or very wide.

    Such a page is shown cropped, from its top or its middle; an unknown size is taken for A4's.
    """
    ratio = height_pt / width_pt if width_pt > 0 and height_pt > 0 else _A4_RATIO
    return min(_TALLEST_COVER, max(_FLATTEST_COVER, ratio))


@dataclass(frozen=True)
class RenderedPage:
    """A page from 1 on, its size in points, and everything that the viewer needs to show it.

    The first page has a `cover` where one was asked for: a JPEG, which every mail program shows, of `cover_ratio`.
    """

    number: int
    width_pt: float
    height_pt: float
    kind: PageKind
    images: tuple[PageImage, ...]
    words: tuple[Word, ...]
    links: tuple[Link, ...]
    cover: PageImage | None = None

"""What is in a PDF, and how do its pages look? The only module that imports PyMuPDF.

It runs inside the cage only (`document_work` calls it; `rasters` is for our own files): MuPDF parses what a stranger
wrote. JavaScript and actions are never run: MuPDF runs scripts only where a program asks it to, and nobody does; they
are looked for so that the rep can be told. Only MuPDF's PDF reader is used, whatever the content claims to be.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymupdf

from backend.adapters import images
from backend.domain.document_pages import Box, Link, PageImage, RenderedPage, Word, cover_ratio
from backend.domain.documents import PageKind, may_be_followed

_MOST_PIXELS = 16_000_000
_LONGEST_SIDE = 16_000  # WebP ends at 16,383
_MOST_WORDS = 20_000
_MOST_LINKS = 2_000
_MOST_OBJECTS = 100_000
_BROKEN = (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase)  # what MuPDF says of a file that it cannot read
_SCRIPTS = ("/JavaScript", "/JS")
_LAUNCHES = ("/Launch", "/GoToR", "/GoToE", "/ImportData", "/SubmitForm")


@dataclass(frozen=True)
class PdfContents:
    """What was found. Unless it is `encrypted` or `damaged`, `pages` is known."""

    encrypted: bool = False
    damaged: bool = False
    repaired: bool = False
    pages: int | None = None
    scripts: bool = False
    launches: bool = False
    attachments: bool = False
    outside: bool = False


def inspect(path: Path) -> PdfContents:
    """Find out what the file holds, without rendering anything."""
    try:
        with _opened(path) as document:
            if document.needs_pass:
                return PdfContents(encrypted=True)
            pages = document.page_count
            if pages == 0 and not _says_it_has_none(document):
                return PdfContents(damaged=True)
            found = _objects_with(document, (*_SCRIPTS, *_LAUNCHES, "/EmbeddedFile", "/FFilter"))
            return PdfContents(
                repaired=bool(document.is_repaired),
                pages=pages,
                scripts=not found.isdisjoint(_SCRIPTS),
                launches=not found.isdisjoint(_LAUNCHES),
                attachments="/EmbeddedFile" in found,
                outside="/FFilter" in found,
            )
    except _BROKEN as problem:
        _reraise_memory(problem)
        return PdfContents(damaged=True)


def render(
    path: Path, numbers: Sequence[int], widths: Sequence[int], cover_width: int | None = None
) -> Iterator[RenderedPage]:
    """Yield the pages with these numbers (from 1), with an image for each width; the first with a cover if asked for.

    Raises MemoryError, or RuntimeError where a page cannot be read.
    """
    images.prepare()
    with _opened(path) as document:
        for number in numbers:
            try:
                yield _rendered(document, number, widths, cover_width if number == 1 else None)
            except _BROKEN as problem:
                _reraise_memory(problem)
                raise RuntimeError(f"page {number}") from problem


@dataclass(frozen=True)
class Raster:
    """A page as 8-bit RGB pixels, which lie where MuPDF drew them."""

    pixels: memoryview
    width: int
    height: int
    drawn: pymupdf.Pixmap

    def as_jpeg(self) -> bytes:
        """Encoded by MuPDF itself, at quality 80."""
        content: bytes = self.drawn.tobytes("jpg", jpg_quality=80)
        return content


def rasters(path: Path, width: int) -> Iterator[Raster]:
    """Yield each page of one of our own files as PyMuPDF draws it: what `bench documents` compares with."""
    with _opened(path) as document:
        for number in range(document.page_count):
            page = document.load_page(number)
            scale = width / page.rect.width
            drawn = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False)
            yield Raster(drawn.samples_mv, drawn.width, drawn.height, drawn)


def _rendered(document: pymupdf.Document, number: int, widths: Sequence[int], cover_width: int | None) -> RenderedPage:
    page = document.load_page(number - 1)
    drawn = page.get_displaylist()
    made = [_image(drawn, page.rect, width) for width in widths]
    return RenderedPage(
        number=number,
        width_pt=round(page.rect.width, 2),
        height_pt=round(page.rect.height, 2),
        kind=made[0][0] if made else "text",
        images=tuple(image for _, image in made),
        words=tuple(_words(page)),
        links=tuple(_links(page)),
        cover=_cover(drawn, page.rect, cover_width) if cover_width else None,
    )


def _image(drawn: pymupdf.DisplayList, rect: pymupdf.Rect, width: int) -> tuple[PageKind, PageImage]:
    raster = _raster(drawn, rect, width)
    encoded = images.encode(raster.samples_mv, raster.width, raster.height)  # no copy: the raster outlives the call
    return encoded.kind, PageImage(width, raster.width, raster.height, encoded.format, encoded.content)


def _cover(drawn: pymupdf.DisplayList, rect: pymupdf.Rect, width: int) -> PageImage:
    wide, high = rect.width, rect.height
    ratio = cover_ratio(wide, high)
    shown_wide, shown_high = min(wide, high / ratio), min(high, wide * ratio)
    left = rect.x0 + (wide - shown_wide) / 2
    shown = pymupdf.Rect(left, rect.y0, left + shown_wide, rect.y0 + shown_high)
    scale = width / shown_wide
    raster = drawn.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False, clip=shown)
    content = images.encode_cover(raster.samples_mv, raster.width, raster.height)
    return PageImage(width, raster.width, raster.height, "jpeg", content)


def _raster(drawn: pymupdf.DisplayList, rect: pymupdf.Rect, width: int) -> pymupdf.Pixmap:
    scale = width / rect.width
    pixels = width * max(1.0, rect.height * scale)
    if pixels > _MOST_PIXELS:
        scale *= (_MOST_PIXELS / pixels) ** 0.5
    scale = min(scale, _LONGEST_SIDE / rect.height)
    raster: pymupdf.Pixmap = drawn.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False)
    return raster


def _words(page: pymupdf.Page) -> Iterator[Word]:
    line, seen = -1, None
    for left, top, right, bottom, text, block, block_line, _ in page.get_text("words")[:_MOST_WORDS]:
        if (block, block_line) != seen:
            line, seen = line + 1, (block, block_line)
        yield Word(_box(page.rect, pymupdf.Rect(left, top, right, bottom) * page.rotation_matrix), text, line)


def _links(page: pymupdf.Page) -> Iterator[Link]:
    for link in page.get_links()[:_MOST_LINKS]:
        box = _box(page.rect, link["from"])
        if link["kind"] == pymupdf.LINK_GOTO and link.get("page", -1) >= 0:
            yield Link(box, page=link["page"] + 1)
        elif link["kind"] == pymupdf.LINK_URI and may_be_followed(link["uri"]):
            yield Link(box, uri=link["uri"])


def _box(page: pymupdf.Rect, found: pymupdf.Rect) -> Box:
    """Where it stands on the page as it is shown. PyMuPDF turns links with the page, but words it does not."""

    def fraction(value: float, start: float, length: float) -> float:
        return round(min(1.0, max(0.0, (value - start) / length)), 5)

    return Box(
        fraction(found.x0, page.x0, page.width),
        fraction(found.y0, page.y0, page.height),
        fraction(found.x1, page.x0, page.width),
        fraction(found.y1, page.y0, page.height),
    )


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[pymupdf.Document]:
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    with pymupdf.open(path, filetype="pdf") as document:
        yield document


def _says_it_has_none(document: pymupdf.Document) -> bool:
    count: tuple[str, Any] = document.xref_get_key(document.pdf_catalog(), "Pages/Count")
    return count[0] == "int"


def _objects_with(document: pymupdf.Document, words: Sequence[str]) -> set[str]:
    """Which of the words stand in any object."""
    found: set[str] = set()
    for xref in range(1, min(document.xref_length(), _MOST_OBJECTS)):
        with contextlib.suppress(*_BROKEN):
            content = document.xref_object(xref, compressed=True)
            found.update(word for word in words if word in content)
    return found


def _reraise_memory(problem: Exception) -> None:
    """MuPDF tells a failed allocation by its text alone."""
    if "alloc" in str(problem) or "out of memory" in str(problem).lower():
        raise MemoryError from problem

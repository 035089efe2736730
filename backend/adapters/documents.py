"""What is this file, and how do its pages look? Asked from outside; everything that reads the file is in a cage.

    inspect  -> facts (judged: DocumentRefused)  -> as_pdf (Office files only) -> render -> pages, one by one

What comes back from a cage was made by a process that a stranger's file may have taken over: numbers, words, names
and sizes are checked here before anybody uses them. Nothing here touches the database; it takes seconds to minutes.
"""

import contextlib
import json
import threading
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from backend.adapters import office
from backend.adapters.cage import Cage, Limits, open_cage, python_command
from backend.domain.document_pages import Box, Link, PageImage, PdfReady, RenderedPage, Word
from backend.domain.documents import (
    ACCEPTED_TYPES,
    MAX_BYTES,
    DocumentFacts,
    DocumentType,
    PageKind,
    Trouble,
    may_be_followed,
    refusal,
)
from backend.errors import ConversionFailed, DocumentRefused, WorkDied

_WORK = "backend.adapters.document_work"
_INSPECTING = Limits(memory_bytes=1 << 30, cpu_s=15, wall_s=20, silence_s=20)
_RENDERING = Limits(cpu_s=1200, wall_s=1800, silence_s=20)
_MOST_IMAGE_BYTES = 32 << 20
_MOST_PAGE_BYTES = 8 << 20
_MOST_PDF_BYTES = 256 << 20
_LONGEST_LABEL = 200
_UNCAUGHT = 1  # what the interpreter exits with after an exception that nobody expected
_STARTS = {"webp": b"RIFF", "jpeg": b"\xff\xd8\xff"}


class Documents:
    """Makes pages of files (`services.ports.DocumentReader`), in cages of this machine."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Break off what is at hand, and whatever is begun from now on, with Stopped: the process is to end."""
        self._stopping.set()

    def prepare(self, source: Path, name: str) -> PdfReady:
        """Find out what the file is and make it a PDF. Raises DocumentRefused, ConversionFailed, Stopped."""
        return prepare(source, name, self._stopping)

    def render(
        self,
        ready: PdfReady,
        widths: Sequence[int],
        numbers: Sequence[int] | None = None,
        cover_width: int | None = None,
    ) -> Generator[RenderedPage, None, None]:
        """Yield the pages, each as soon as it is ready. Raises DocumentRefused, ConversionFailed, Stopped."""
        return render(ready, widths, numbers, cover_width, self._stopping)

    def stamp(self, image: bytes, label: str) -> bytes:
        """Return a page's image as WebP with a label drawn across it. Raises ConversionFailed."""
        return stamp(image, label)


def prepare(source: Path, name: str, stopping: threading.Event | None = None) -> PdfReady:
    """Find out what the file is and make it a PDF where it is none.

    Raises DocumentRefused with the rule's sentence for the rep, or ConversionFailed where the fault is ours.
    """
    facts = inspect(source, name, stopping)
    _refuse(facts)
    if facts.found == "pdf":
        return PdfReady(facts, source)
    with open_cage(stopping) as cage:
        work_on = f"document.{facts.found}"
        cage.put(source, work_on)
        try:
            made = office.convert(cage, work_on, cast(DocumentType, facts.found), _MOST_PDF_BYTES)
        except WorkDied as problem:
            _refuse(replace(facts, trouble=problem.how), problem)
            raise
    converted = inspect(made, name, stopping)
    facts = replace(
        facts, pages=converted.pages, damaged=converted.damaged or converted.encrypted, trouble=converted.trouble
    )
    _refuse(facts)
    return PdfReady(facts, made)


def inspect(source: Path | bytes, name: str, stopping: threading.Event | None = None) -> DocumentFacts:
    """Find the facts; they are not judged yet. Raises ConversionFailed where the fault is ours."""
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    facts = DocumentFacts(name=name, size=size)
    if size == 0 or (isinstance(source, Path) and size > MAX_BYTES):
        return facts
    with open_cage(stopping) as cage:
        cage.put(source, "document")
        try:
            told = list(cage.lines(python_command(_WORK, "inspect", "document"), _INSPECTING))
            return _facts(facts, _value(told[0] if len(told) == 1 else b""))
        except WorkDied as problem:
            return replace(facts, trouble=_trouble(problem))


def render(
    ready: PdfReady,
    widths: Sequence[int],
    numbers: Sequence[int] | None = None,
    cover_width: int | None = None,
    stopping: threading.Event | None = None,
) -> Generator[RenderedPage, None, None]:
    """Yield the pages (those with the given numbers, from 1; else all), each as soon as it is ready, in that order.

    Each has an image for each of the widths in pixels, the first a cover where its width is given. Raises
    DocumentRefused at the first page that cannot be read within the limits, or ConversionFailed. Repeating it for
    other numbers is safe; closing it ends the work.
    """
    wanted = list(numbers if numbers is not None else range(1, (ready.facts.pages or 0) + 1))
    arguments = ("render", "document", json.dumps(wanted), json.dumps(list(widths)), json.dumps(cover_width))
    done = 0
    with open_cage(stopping) as cage:
        cage.put(ready.pdf, "document")
        try:
            with contextlib.closing(cage.lines(python_command(_WORK, *arguments), _RENDERING)) as told:
                for number, line in zip(wanted, told, strict=False):
                    if _value(line) != number:
                        raise WorkDied("crash")
                    yield _page(cage, number, widths, cover_width if number == 1 else None)
                    done += 1
                for _ in told:  # its last words: whether it ended well
                    pass
            if done < len(wanted):
                raise WorkDied("crash")
        except WorkDied as problem:
            _refuse(replace(ready.facts, trouble=_trouble(problem)), problem)
            raise


@lru_cache(maxsize=64)
def stamp(image: bytes, label: str) -> bytes:
    """Draw a label across a page's image; the last few are remembered, since a reader turns back."""
    with open_cage() as cage:
        cage.put(image, "page")
        try:
            for _ in cage.lines(python_command(_WORK, "stamp", "page", label[:_LONGEST_LABEL]), _INSPECTING):
                pass
            stamped = cage.take("stamped", _MOST_IMAGE_BYTES)
        except WorkDied as problem:
            raise ConversionFailed("A label could not be drawn across a page.") from problem
    if not stamped.startswith(_STARTS["webp"]):
        raise ConversionFailed("A label could not be drawn across a page.")
    return stamped


def _refuse(facts: DocumentFacts, problem: WorkDied | None = None) -> None:
    answer = refusal(facts)
    if answer:
        found = facts.found if facts.found in ACCEPTED_TYPES else None
        raise DocumentRefused(answer.rule, answer.sentence, found, facts.pages) from problem


def _trouble(problem: WorkDied) -> Trouble:
    """How reading the file ended; but where our own program broke, the file is not to blame."""
    if problem.status == _UNCAUGHT:
        raise ConversionFailed(f"The work on a document broke: {problem.detail[-400:]}") from problem
    return problem.how


def _value(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError as problem:
        raise WorkDied("crash") from problem


def _facts(facts: DocumentFacts, told: Any) -> DocumentFacts:
    """Take the prisoner's word for nothing but what has the right type; a lie can only get its own file refused."""
    if not isinstance(told, dict) or not isinstance(told.get("found"), str):
        raise WorkDied("crash")
    pages = told.get("pages")
    return replace(
        facts,
        found=told["found"][:20],
        pages=int(pages) if isinstance(pages, int) else None,
        unpacked_bytes=_count(told, "unpacked_bytes"),
        parts=_count(told, "parts"),
        encrypted=told.get("encrypted") is True,
        damaged=told.get("damaged") is True,
        repaired=told.get("repaired") is True,
        scripts=told.get("scripts") is True,
        macros=told.get("macros") is True,
        outside=told.get("outside") is True,
        launches=told.get("launches") is True,
        attachments=told.get("attachments") is True,
    )


def _count(told: dict[str, Any], key: str) -> int:
    value = told.get(key, 0)
    return value if isinstance(value, int) and value >= 0 else 0


def _page(cage: Cage, number: int, widths: Sequence[int], cover_width: int | None) -> RenderedPage:
    told = _value(cage.take(f"{number}.json", _MOST_PAGE_BYTES))
    try:
        kind = str(told["kind"])
        if kind not in get_args(PageKind) or [image[0] for image in told["images"]] != list(widths):
            raise WorkDied("crash")
        links = [_link(link) for link in told["links"]]
        return RenderedPage(
            number=number,
            width_pt=float(told["width_pt"]),
            height_pt=float(told["height_pt"]),
            kind=cast(PageKind, kind),
            images=tuple(_image(cage, number, image) for image in told["images"]),
            words=tuple(Word(_box(*word[:4]), str(word[4]), int(word[5])) for word in told["words"]),
            links=tuple(link for link in links if link.page or may_be_followed(link.uri or "")),
            cover=_cover(cage, number, cover_width, *told["cover"]) if cover_width else None,
        )
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise WorkDied("crash") from problem


def _image(cage: Cage, number: int, told: Sequence[Any]) -> PageImage:
    asked_width, width, height, image_format = told
    content = _taken(cage, f"{number}-{int(asked_width)}", image_format)
    return PageImage(int(asked_width), int(width), int(height), image_format, content)


def _cover(cage: Cage, number: int, asked_width: int, width: int, height: int) -> PageImage:
    return PageImage(asked_width, int(width), int(height), "jpeg", _taken(cage, f"{number}-cover", "jpeg"))


def _taken(cage: Cage, name: str, image_format: str) -> bytes:
    content = cage.take(name, _MOST_IMAGE_BYTES)
    if not content.startswith(_STARTS[image_format]):
        raise WorkDied("crash")
    return content


def _link(told: Sequence[Any]) -> Link:
    *place, uri, page = told
    box = _box(*place)
    return Link(box, page=int(page)) if page is not None else Link(box, uri=str(uri))


def _box(left: float, top: float, right: float, bottom: float) -> Box:
    return Box(float(left), float(top), float(right), float(bottom))

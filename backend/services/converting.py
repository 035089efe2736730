"""How does an uploaded file become pages? Kept in steps, so that whoever is killed in the middle goes on from there.

    prepare (what it is; a PDF of it) -> missing pages, one by one -> complete -> sharpen (the widest images)

Reading the file is done in a cage, by the port; blobs are written before the row that names them, outside of any
transaction. Each page is readable as soon as its row is there. A file that is turned away, and a conversion that fails
by our fault, end in a state with a sentence for the rep; only what is transient is raised, and tried again.

The widest image of a page, for large screens and for zooming, takes longer than all others together. It comes in a
job of its own once all pages can be read, in a queue where no upload waits for it.
"""

import contextlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, Engine

from backend.domain.document_pages import Link, PageImage, PdfReady, RenderedPage, Word
from backend.domain.documents import DocumentFacts, clean_name, remarks, shown_name
from backend.errors import ConversionFailed, DocumentRefused, NotFound, WorkDied
from backend.services.ports import BlobStore, DocumentReader
from backend.services.tidying import QUEUE as BACKGROUND
from backend.store import documents as store
from backend.store.documents import Conversion, Version
from backend.store.queue import enqueue

log = structlog.get_logger(__name__)

WIDTHS = (320, 800, 1200)
SHARP_WIDTH = 2000
COVER_WIDTH = 480
_FAILED = "Readback could not make its pages: the fault is ours, not the file’s. Try again, or save it as PDF."
_LOST = "Its file is not in the store of documents any more. Please upload it again."


@dataclass(frozen=True)
class _Work:
    """A conversion at hand, and what it is done with."""

    engine: Engine
    blobs: BlobStore
    reader: DocumentReader
    workspace_id: int
    conversion: Conversion

    @property
    def version(self) -> Version:
        return self.conversion.version


def convert(engine: Engine, blobs: BlobStore, reader: DocumentReader, version: tuple[int, int]) -> None:
    """Make what is missing of a version's (workspace, version) pages. Safe to repeat; commits. Raises Transient."""
    workspace_id, version_id = version
    with engine.begin() as conn:
        found = store.lock_conversion(conn, workspace_id, version_id)
        if found is None or found.version.state not in ("waiting", "converting"):
            return
        store.set_version(conn, workspace_id, version_id, state="converting")
    work = _Work(engine, blobs, reader, workspace_id, found)
    try:
        with tempfile.TemporaryDirectory(prefix="readback-") as folder:
            ready = _ready_again(work, Path(folder)) or _prepare(work, Path(folder))
            _make_pages(work, ready)
        _complete(work, ready.facts.pages or 0)
    except DocumentRefused as problem:
        log.info("document_refused", workspace_id=workspace_id, version_id=version_id, rule=problem.reason)
        _refuse(work, problem)
    except NotFound:
        _fail(engine, version, "lost", _LOST)
    except (ConversionFailed, WorkDied) as problem:
        log.exception("conversion_failed", workspace_id=workspace_id, version_id=version_id, because=str(problem))
        _fail(engine, version, "failed", _FAILED)


def sharpen(engine: Engine, blobs: BlobStore, reader: DocumentReader, version: tuple[int, int]) -> None:
    """Add the widest image to the pages of a version (workspace, version) that lack it.

    Safe to repeat; commits. Raises Transient. Where it cannot be done, the pages stay readable as they are.
    """
    workspace_id, version_id = version
    with engine.begin() as conn:
        found = store.lock_conversion(conn, workspace_id, version_id)
        if found is None or found.version.state != "ready":
            return
        coarse = store.numbers_without(conn, workspace_id, version_id, SHARP_WIDTH)
    work = _Work(engine, blobs, reader, workspace_id, found)
    try:
        with tempfile.TemporaryDirectory(prefix="readback-") as folder:
            ready = _ready_again(work, Path(folder))
            if ready and coarse:
                _sharpen(work, ready, coarse)
    except (DocumentRefused, NotFound, ConversionFailed, WorkDied) as problem:
        log.exception("sharpening_failed", workspace_id=workspace_id, version_id=version_id, because=str(problem))


def _sharpen(work: _Work, ready: PdfReady, numbers: Sequence[int]) -> None:
    with contextlib.closing(work.reader.render(ready, (SHARP_WIDTH,), numbers)) as rendered:
        for page in rendered:
            image = _image(work, page.images[0])
            with work.engine.begin() as conn:
                store.add_image(conn, work.workspace_id, work.version.id, page.number, image)


def give_up(engine: Engine, version: tuple[int, int]) -> None:
    """Tell the rep that a version (workspace, version) could not be made into pages; it can be tried again. Commits."""
    _fail(engine, version, "failed", _FAILED)


def _prepare(work: _Work, folder: Path) -> PdfReady:
    """Find out what the file is, and keep the PDF of it."""
    version = work.version
    source = _fetched(work, version.digest, folder / "original")
    ready = work.reader.prepare(source, version.file_name)
    pdf_digest = version.digest
    if isinstance(ready.pdf, bytes):
        pdf_digest = work.blobs.put(work.workspace_id, ready.pdf)
    elif ready.pdf != source:
        with ready.pdf.open("rb") as file:
            pdf_digest = work.blobs.put(work.workspace_id, file)
    told = [*version.remarks, *(remark.sentence for remark in remarks(ready.facts))]
    with work.engine.begin() as conn:
        facts = {"type": ready.facts.found, "pages": ready.facts.pages, "pdf_digest": pdf_digest, "remarks": told}
        store.set_version(conn, work.workspace_id, version.id, **facts)
        if version.number == 1:
            _tell_type(conn, work, ready.facts.found)
    return ready


def _tell_type(conn: Connection, work: _Work, found: str) -> None:
    """Let the document's name end in what it is, unless the rep has renamed it meanwhile."""
    name = clean_name(work.version.file_name)
    if shown_name(name, found) != name:
        store.rename_from(conn, (work.workspace_id, work.conversion.document_id), name, shown_name(name, found))


def _ready_again(work: _Work, folder: Path) -> PdfReady | None:
    """Go on with the PDF of a conversion that was broken off; None where that had not come so far."""
    version = work.version
    if version.pdf_digest is None or version.type is None or version.pages is None:
        return None
    facts = DocumentFacts(name=version.file_name, size=version.size, found=version.type, pages=version.pages)
    return PdfReady(facts, _fetched(work, version.pdf_digest, folder / "again"))


def _fetched(work: _Work, digest: str, place: Path) -> Path:
    with place.open("wb") as file:
        for chunk in work.blobs.stream(work.workspace_id, digest):
            file.write(chunk)
    return place


def _make_pages(work: _Work, ready: PdfReady) -> None:
    with work.engine.begin() as conn:
        done = store.ready_numbers(conn, work.workspace_id, work.version.id)
    missing = [number for number in range(1, (ready.facts.pages or 0) + 1) if number not in done]
    if missing:
        with contextlib.closing(work.reader.render(ready, WIDTHS, missing, COVER_WIDTH)) as rendered:
            for page in rendered:
                _keep(work, page)


def _keep(work: _Work, page: RenderedPage) -> None:
    """Store a page's images, then its row: from then on it can be read."""
    row = {
        "number": page.number,
        "width_pt": page.width_pt,
        "height_pt": page.height_pt,
        "kind": page.kind,
        "images": [_image(work, image) for image in page.images],
        "words": [_word(word) for word in page.words],
        "links": [_link(link) for link in page.links],
        "text": _plain(page.words),
    }
    cover_digest = work.blobs.put(work.workspace_id, page.cover.content) if page.cover else None
    with work.engine.begin() as conn:
        is_new = store.put_page(conn, work.workspace_id, work.version.id, row)
        if cover_digest:
            store.set_version(conn, work.workspace_id, work.version.id, cover_digest=cover_digest)
        if is_new:
            store.show_first(conn, work.workspace_id, work.conversion.document_id, work.version.id)


def _image(work: _Work, image: PageImage) -> dict[str, Any]:
    return {
        "asked_width": image.asked_width,
        "width": image.width,
        "height": image.height,
        "format": image.format,
        "digest": work.blobs.put(work.workspace_id, image.content),
        "bytes": len(image.content),
    }


def _word(word: Word) -> list[Any]:
    return [word.box.left, word.box.top, word.box.right, word.box.bottom, _kept(word.text), word.line]


def _link(link: Link) -> list[Any]:
    box = link.box
    return [box.left, box.top, box.right, box.bottom, _kept(link.uri) if link.uri else None, link.page]


def _plain(words: Sequence[Word]) -> str:
    """The page's text, line by line."""
    lines: dict[int, list[str]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(_kept(word.text))
    return "\n".join(" ".join(line) for line in lines.values())


def _kept(text: str) -> str:
    """Text as PostgreSQL keeps it: without NUL, and without halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _complete(work: _Work, pages: int) -> None:
    with work.engine.begin() as conn:
        store.lock_document(conn, work.workspace_id, work.conversion.document_id)
        done = store.ready_numbers(conn, work.workspace_id, work.version.id)
        if len(done) < pages:
            raise ConversionFailed(f"Only {len(done)} of {pages} pages were made.")
        store.finish_version(conn, work.workspace_id, work.version.id, state="ready", rule="", sentence="")
        store.show_later(conn, work.workspace_id, work.conversion.document_id, work.version)
        args = {"workspace_id": work.workspace_id, "version_id": work.version.id}
        lock = f"sharpen_document:{work.workspace_id}:{work.version.id}"
        enqueue(conn, "sharpen_document", args, lock=lock, queue=BACKGROUND)


def _refuse(work: _Work, problem: DocumentRefused) -> None:
    """Turn the file away; what was readable of it for a while is so no more."""
    told = {"state": "refused", "rule": problem.reason, "sentence": str(problem)}
    with work.engine.begin() as conn:
        store.lock_document(conn, work.workspace_id, work.conversion.document_id)
        facts = {"type": problem.found, "pages": problem.pages}
        store.finish_version(conn, work.workspace_id, work.version.id, **told, **facts)
        store.stop_showing(conn, work.workspace_id, work.conversion.document_id, work.version.id)


def _fail(engine: Engine, version: tuple[int, int], rule: str, sentence: str) -> None:
    workspace_id, version_id = version
    with engine.begin() as conn:
        found = store.lock_conversion(conn, workspace_id, version_id)
        if found is not None and found.version.state in ("waiting", "converting"):
            store.finish_version(conn, workspace_id, version_id, state="failed", rule=rule, sentence=sentence)

"""A rep's desk for tests of documents: she uploads, and what the worker would do is done when it is asked for."""

import contextlib
import io
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from backend.adapters import pdf
from backend.adapters.blobs import Blobs
from backend.domain.document_pages import PdfReady
from backend.domain.documents import DocumentFacts, refusal
from backend.errors import DocumentRefused, Transient
from backend.services import converting, documents
from backend.services.documents import DocumentRecord, Listed, Upload, Uploader, Wanted
from tests.conftest import NOW
from tests.stories import Tenant


class AtOnce:
    """Reads our own PDFs in this process, as it is done in the cage: what becomes of pages needs no walls."""

    def prepare(self, source: Path, name: str) -> PdfReady:
        found = asdict(pdf.inspect(source))
        facts = DocumentFacts(name=name, size=source.stat().st_size, found="pdf", **found)
        if answer := refusal(facts):
            raise DocumentRefused(answer.rule, answer.sentence, "pdf", facts.pages)
        return PdfReady(facts, source)

    def render(self, ready: PdfReady, widths: Any, numbers: Any = None, cover_width: int | None = None) -> Any:
        yield from pdf.render(ready.pdf, numbers or range(1, ready.facts.pages + 1), widths, cover_width)


@dataclass
class Desk:
    """Quorra's desk: she uploads, and the worker is done at once unless told otherwise."""

    database: Any
    conn: Connection
    blobs: Blobs
    tenant: Tenant
    rep: str = "quorra"
    reader: Any = field(default_factory=AtOnce)

    @property
    def by(self) -> Uploader:
        return Uploader(self.tenant.workspace_id, self.tenant.reps[self.rep].id)

    @property
    def me(self) -> tuple[int, int]:
        return self.by.workspace_id, self.by.rep_id

    def upload(self, content: bytes, name: str = "Offer.pdf", document_id: int | None = None) -> int:
        """Upload without converting."""
        return documents.upload(self.database, self.blobs, self.by, Upload(io.BytesIO(content), name, document_id), NOW)

    def convert(self, reader: Any = None) -> None:
        """Do the jobs that were left."""
        jobs = "SELECT args FROM procrastinate_jobs WHERE task_name = 'convert_document' ORDER BY id"
        for args in self.conn.execute(text(jobs)).scalars().all():
            version = (args["workspace_id"], args["version_id"])
            converting.convert(self.database, self.blobs, reader or self.reader, version)

    def sharpen(self, reader: Any = None) -> None:
        """Do the jobs that were left for the widest images; what is to be tried again, is not."""
        jobs = "SELECT args FROM procrastinate_jobs WHERE task_name = 'sharpen_document'"
        for args in self.conn.execute(text(jobs)).scalars().all():
            version = (args["workspace_id"], args["version_id"])
            with contextlib.suppress(Transient):
                converting.sharpen(self.database, self.blobs, reader or self.reader, version)

    def store(self, content: bytes, name: str = "Offer.pdf", document_id: int | None = None) -> DocumentRecord:
        """Upload, convert, and look at the result."""
        stored_id = self.upload(content, name, document_id)
        self.convert()
        return self.get(stored_id)

    def get(self, document_id: int, version_id: int | None = None) -> DocumentRecord:
        return documents.get_document(self.conn, *self.me, document_id, version_id)

    def listed(self, words: str = "", **wanted: bool) -> list[Listed]:
        return list(documents.list_documents(self.conn, *self.me, Wanted(words, **wanted)))

    def names(self, words: str = "", **wanted: bool) -> list[str]:
        return [each.name for each in self.listed(words, **wanted)]


class Broken:
    """A reader that makes some pages and then fails in a certain way."""

    def __init__(self, problem: Exception, pages: int = 0) -> None:
        self._problem = problem
        self._pages = pages

    def prepare(self, source: Path, name: str) -> Any:
        return AtOnce().prepare(source, name)

    def render(self, ready: Any, widths: Any, numbers: Any = None, cover_width: int | None = None) -> Any:
        if self._pages:
            yield from AtOnce().render(ready, widths, list(numbers)[: self._pages], cover_width)
        raise self._problem

"""Which documents may a rep use, and how does a file become one? The list, the changes, uploading.

Only a workspace on the team plan may change anything; on a single plan what there is can still be looked at, and what
was sent goes on being read. A document is its rep's; the team sees it, and may add a version, where it is shared, and
an admin may put it out of sight there or end the sharing.
How a version becomes pages is in `services.converting`.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from sqlalchemy import Connection, Engine

from backend.domain.document_pages import fitting_image
from backend.domain.documents import DocumentFacts, clean_name, refusal
from backend.errors import DocumentRefused, Malformed, NotFound, TeamPlanOnly
from backend.services.ports import BlobStore
from backend.services.reading import Totals, totals_of_documents
from backend.store import documents as store
from backend.store.documents import Page, Row, Seen, Version
from backend.store.queue import enqueue
from backend.store.reps import find_rep

QUEUE = "documents"  # beside the mailboxes' jobs: making pages takes minutes
_UNDERWAY = ("waiting", "converting")


@dataclass(frozen=True)
class Uploader:
    """Who uploads."""

    workspace_id: int
    rep_id: int


@dataclass(frozen=True)
class Upload:
    """A file as it came; `document_id` where it is a new version of a document. The file can be read from any place."""

    file: IO[bytes]
    name: str
    document_id: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What a list is to show: words of the name, the archive or the rest, what was used last first."""

    words: str = ""
    archived: bool = False
    recent_first: bool = False


@dataclass(frozen=True)
class Listed:
    """A document at a glance. While a new version is made into pages, `pages` and `ready_pages` are that one's."""

    id: int
    name: str
    owner_name: str
    is_own: bool
    is_shared: bool
    asks_email: bool
    type: str | None
    size: int
    pages: int | None
    ready_pages: int
    state: str
    sentence: str
    version_id: int | None
    cover_digest: str | None
    created_at: datetime
    used_at: datetime | None
    archived_at: datetime | None
    totals: Totals


@dataclass(frozen=True)
class Progress:
    """How far the newest version of a document is."""

    document_id: int
    name: str
    state: str
    pages: int | None
    ready_pages: int
    sentence: str


@dataclass(frozen=True)
class DocumentRecord:
    """A document whole: its versions, newest first; the one its links show; the one that was chosen, and its pages."""

    document: Listed
    versions: Sequence[Version]
    shown: Version | None
    chosen: Version | None
    pages: Sequence[Page]


@dataclass(frozen=True)
class StoredImage:
    """An image of a page in the blobs. `may_be_wider`: a wider one was asked for, and may be there later."""

    digest: str
    format: str
    width: int
    height: int
    bytes: int
    may_be_wider: bool


def may_use(conn: Connection, workspace_id: int) -> bool:
    """Whether the workspace's plan has tracked documents."""
    return store.find_plan(conn, workspace_id) == "team"


def upload(engine: Engine, blobs: BlobStore, by: Uploader, upload: Upload, now: datetime) -> int:
    """Store a file as a document, or as a new version of one, and leave the job that makes its pages.

    Returns the document; commits. Raises TeamPlanOnly, NotFound, DocumentRefused (where it is empty or too big)
    and Transient.
    """
    with engine.begin() as conn:
        _check_upload(conn, by, upload)
    name = clean_name(upload.name)
    size = upload.file.seek(0, os.SEEK_END)
    answer = refusal(DocumentFacts(name=name, size=size, found="pdf"))
    if answer:
        raise DocumentRefused(answer.rule, answer.sentence)
    upload.file.seek(0)
    digest = blobs.put(by.workspace_id, upload.file)
    with engine.begin() as conn:
        _check_upload(conn, by, upload)
        document_id = upload.document_id or store.put_document(conn, by.workspace_id, by.rep_id, name, now)
        values = {"rep_id": by.rep_id, "file_name": name, "size": size, "digest": digest, "created_at": now}
        if name != upload.name:
            values["remarks"] = [f"Its name is shown as {name!r}."]
        version_id = store.put_version(conn, by.workspace_id, document_id, values)
        leave_conversion(conn, by.workspace_id, version_id)
    return document_id


def leave_conversion(conn: Connection, workspace_id: int, version_id: int) -> None:
    """Leave the job that makes a version's pages."""
    args = {"workspace_id": workspace_id, "version_id": version_id}
    enqueue(conn, "convert_document", args, lock=f"convert_document:{workspace_id}:{version_id}", queue=QUEUE)


def try_again(conn: Connection, workspace_id: int, rep_id: int, document_id: int) -> None:
    """Have the pages of a document's newest version made after all, where that failed by our fault. Safe to repeat."""
    _check_plan(conn, workspace_id)
    newest = _get_row(conn, workspace_id, rep_id, document_id).newest
    if newest.state == "failed":
        cleared = {"state": "waiting", "rule": "", "sentence": "", "finished_at": None}
        store.set_version(conn, workspace_id, newest.id, **cleared)
        leave_conversion(conn, workspace_id, newest.id)


def list_documents(conn: Connection, workspace_id: int, rep_id: int, wanted: Wanted) -> Sequence[Listed]:
    """List a rep's own documents, and those shared with the team."""
    seen = Seen(rep_id, wanted.words, wanted.archived, wanted.recent_first)
    rows = store.documents_of(conn, workspace_id, seen)
    totals = totals_of_documents(conn, workspace_id, [row.id for row in rows])
    return [_listed(row, rep_id, totals[row.id]) for row in rows]


def progress_of(conn: Connection, workspace_id: int, rep_id: int, ids: Collection[int]) -> Sequence[Progress]:
    """How far these documents are; those that the rep may not see are left out."""
    rows = store.documents_of(conn, workspace_id, Seen(rep_id), ids)
    return [_progress(row.id, row.name, row.newest) for row in rows]


def get_document(
    conn: Connection, workspace_id: int, rep_id: int, document_id: int, version_id: int | None = None
) -> DocumentRecord:
    """One document, with the pages of the version asked for (or of the one that its links show). Raises NotFound."""
    row = _get_row(conn, workspace_id, rep_id, document_id)
    versions = store.versions_of(conn, workspace_id, document_id)
    chosen = row.shown
    if version_id is not None:
        chosen = next((version for version in versions if version.id == version_id), None)
        if chosen is None:
            raise NotFound
    pages = store.pages_of(conn, workspace_id, chosen.id) if chosen else ()
    totals = totals_of_documents(conn, workspace_id, [document_id])[document_id]
    return DocumentRecord(_listed(row, rep_id, totals), versions, row.shown, chosen, pages)


def get_page_image(
    conn: Connection, workspace_id: int, rep_id: int, document_id: int, page: tuple[int, int, int]
) -> StoredImage:
    """The image of a page (version, number, width) that is at least that wide, or the widest. Raises NotFound."""
    version_id, number, width = page
    _get_row(conn, workspace_id, rep_id, document_id)
    versions = store.versions_of(conn, workspace_id, document_id)
    found = store.find_page(conn, workspace_id, version_id, number)
    image = fitting_image(found.images, width) if found else None
    if image is None or version_id not in [version.id for version in versions]:
        raise NotFound
    told = {name: image[name] for name in ("digest", "format", "width", "height", "bytes")}
    return StoredImage(**told, may_be_wider=image["asked_width"] < width)


def rename(conn: Connection, workspace_id: int, rep_id: int, document_id: int, name: str) -> None:
    """Give a document another name. Raises Malformed where nothing is left of it."""
    _check_own(conn, workspace_id, rep_id, document_id)
    if not name.strip():
        raise Malformed("A document needs a name; nothing was changed.")
    store.set_document(conn, workspace_id, document_id, name=clean_name(name))


def archive(conn: Connection, workspace_id: int, rep_id: int, document_id: int, now: datetime) -> None:
    """Put a document out of sight; what was sent goes on. For its rep, and for admins who see it. Safe to repeat."""
    _check_may_tidy(conn, workspace_id, rep_id, document_id)
    store.set_document(conn, workspace_id, document_id, archived_at=now)


def restore(conn: Connection, workspace_id: int, rep_id: int, document_id: int) -> None:
    """Take a document back from the archive. For its rep, and for admins who see it. Safe to repeat."""
    _check_may_tidy(conn, workspace_id, rep_id, document_id)
    store.set_document(conn, workspace_id, document_id, archived_at=None)


def set_shared(conn: Connection, workspace_id: int, rep_id: int, document_id: int, is_shared: bool) -> None:
    """Share a document with the team, or no longer; an admin may end what somebody else has shared."""
    _check_may_tidy(conn, workspace_id, rep_id, document_id)
    store.set_document(conn, workspace_id, document_id, is_shared=is_shared)


def set_asks_email(conn: Connection, workspace_id: int, rep_id: int, document_id: int, asks: bool) -> None:
    """Ask its readers for an address before anything is shown, or no longer."""
    _check_own(conn, workspace_id, rep_id, document_id)
    store.set_document(conn, workspace_id, document_id, asks_email=asks)


def _check_plan(conn: Connection, workspace_id: int) -> None:
    if not may_use(conn, workspace_id):
        raise TeamPlanOnly


def _check_upload(conn: Connection, by: Uploader, upload: Upload) -> None:
    """Raise unless they may; a document that gets a new version is locked meanwhile."""
    _check_plan(conn, by.workspace_id)
    if upload.document_id is not None:
        store.lock_document(conn, by.workspace_id, upload.document_id)
        _get_row(conn, by.workspace_id, by.rep_id, upload.document_id)


def _check_own(conn: Connection, workspace_id: int, rep_id: int, document_id: int) -> None:
    _check_plan(conn, workspace_id)
    if store.lock_document(conn, workspace_id, document_id) != rep_id:
        raise NotFound


def _check_may_tidy(conn: Connection, workspace_id: int, rep_id: int, document_id: int) -> None:
    """Raise unless it is the rep's own, or it is shared with the team and the rep is an admin."""
    _check_plan(conn, workspace_id)
    if store.lock_document(conn, workspace_id, document_id) != rep_id:
        _get_row(conn, workspace_id, rep_id, document_id)
        member = find_rep(conn, workspace_id, rep_id)
        if member is None or not member.is_active_admin:
            raise NotFound


def _get_row(conn: Connection, workspace_id: int, rep_id: int, document_id: int) -> Row:
    rows = store.documents_of(conn, workspace_id, Seen(rep_id), [document_id])
    if not rows:
        raise NotFound
    return rows[0]


def _listed(row: Row, rep_id: int, totals: Totals) -> Listed:
    newest, shown = row.newest, row.shown
    told = newest if shown is None or newest.state in _UNDERWAY else shown
    return Listed(
        id=row.id,
        name=row.name,
        owner_name=row.owner_name,
        is_own=row.rep_id == rep_id,
        is_shared=row.is_shared,
        asks_email=row.asks_email,
        type=(shown or newest).type,
        size=(shown or newest).size,
        pages=told.pages,
        ready_pages=told.ready_pages,
        state=newest.state,
        sentence=newest.sentence,
        version_id=shown.id if shown else None,
        cover_digest=shown.cover_digest if shown else None,
        created_at=row.created_at,
        used_at=row.used_at,
        archived_at=row.archived_at,
        totals=totals,
    )


def _progress(document_id: int, name: str, newest: Version) -> Progress:
    return Progress(document_id, name, newest.state, newest.pages, newest.ready_pages, newest.sentence)

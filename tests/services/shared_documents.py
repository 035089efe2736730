"""Documents that can be read, as rows: for the tests of shares."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, update

from backend.store.document_tables import document, document_page, document_version
from backend.store.tables import workspace
from tests.stories import Rep, Tenant


@dataclass(frozen=True)
class Stored:
    """A document and its version."""

    id: int
    version_id: int


def put_document(
    conn: Connection, tenant: Tenant, rep: Rep, name: str = "Offer.pdf", pages: int = 12, **changes: object
) -> Stored:
    """Store a document of one version with readable pages; `digest` is its cover's, `is_ready` whether it has pages."""
    is_ready, digest = changes.pop("is_ready", True), changes.pop("digest", "c" * 64)
    workspace_id = tenant.workspace_id
    document_id = conn.execute(
        insert(document).values(workspace_id=workspace_id, rep_id=rep.id, name=name, **changes).returning(document.c.id)
    ).scalar_one()
    version_id = put_version(conn, tenant, document_id, rep, pages=pages, digest=digest, is_ready=is_ready)
    return Stored(document_id, version_id)


def put_version(
    conn: Connection, tenant: Tenant, document_id: int, rep: Rep, *, number: int = 1, pages: int = 12,
    digest: object = "c" * 64, is_ready: object = True,
) -> int:  # fmt: skip
    """Store a version; a ready one is what the document's links show from now on."""
    workspace_id = tenant.workspace_id
    version_id: int = conn.execute(
        insert(document_version)
        .values(
            workspace_id=workspace_id,
            document_id=document_id,
            number=number,
            rep_id=rep.id,
            file_name="offer.pdf",
            size=1_468_006,
            digest="a" * 64,
            cover_digest=digest if is_ready else None,
            type="pdf" if is_ready else None,
            pages=pages if is_ready else None,
            ready_pages=pages if is_ready else 0,
            state="ready" if is_ready else "waiting",
        )
        .returning(document_version.c.id)
    ).scalar_one()
    if is_ready:
        page = {"workspace_id": workspace_id, "version_id": version_id, "number": 1, "kind": "text"}
        conn.execute(insert(document_page).values(**page, width_pt=595, height_pt=842, images=[], words=[], links=[]))
        conn.execute(
            update(document)
            .where(document.c.workspace_id == workspace_id, document.c.id == document_id)
            .values(version_id=version_id)
        )
    return version_id


def on_single_plan(conn: Connection, tenant: Tenant) -> None:
    """Put a workspace on the single plan."""
    from_now_on = update(workspace).where(workspace.c.workspace_id == tenant.workspace_id).values(plan="single")
    conn.execute(from_now_on)

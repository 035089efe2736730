"""Documents as rows and blobs, with pages that can be looked at: for the tests of the pages about them."""

import io
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID, uuid4

from PIL import Image
from sqlalchemy import Connection, insert, select, update

from backend.services.ports import BlobStore
from backend.store import document_tables as docs
from backend.store import tables
from backend.store.feed import FeedItem, put_item
from tests.stories import Rep, Tenant

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
A4 = (595.0, 842.0)
WIDTHS = (320, 800, 1200, 2000)


def put_document(conn: Connection, tenant: Tenant, rep: Rep, name: str, **changes) -> int:
    """Store a document without any version."""
    values = {"workspace_id": tenant.workspace_id, "rep_id": rep.id, "name": name, **changes}
    return conn.execute(insert(docs.document).values(**values).returning(docs.document.c.id)).scalar_one()


def put_version(conn: Connection, tenant: Tenant, rep: Rep, document_id: int, number: int = 1, **changes) -> int:
    """Store a version of it without pages."""
    values = {
        "workspace_id": tenant.workspace_id,
        "document_id": document_id,
        "number": number,
        "rep_id": rep.id,
        "file_name": "Offer.pdf",
        "size": 1_468_006,
        "digest": "0" * 64,
        **changes,
    }
    return conn.execute(
        insert(docs.document_version).values(**values).returning(docs.document_version.c.id)
    ).scalar_one()


def put_pages(conn: Connection, blobs: BlobStore, tenant: Tenant, version: tuple[int, int], pages: int) -> None:
    """Give a version (its document, itself) so many pages with images, and let the document show it."""
    document_id, version_id = version
    for number in range(1, pages + 1):
        images = []
        for width in WIDTHS:
            picture = page_picture(width, number)
            found = {"asked_width": width, "width": width, "height": round(width * A4[1] / A4[0]), "format": "webp"}
            images.append({**found, "digest": blobs.put(tenant.workspace_id, picture), "bytes": len(picture)})
        conn.execute(
            insert(docs.document_page).values(
                workspace_id=tenant.workspace_id,
                version_id=version_id,
                number=number,
                width_pt=A4[0],
                height_pt=A4[1],
                kind="text",
                images=images,
                words=[],
                links=[],
            )
        )
    conn.execute(
        update(docs.document_version)
        .where(docs.document_version.c.id == version_id)
        .values(type="pdf", pages=pages, ready_pages=pages, state="ready")
    )
    conn.execute(update(docs.document).where(docs.document.c.id == document_id).values(version_id=version_id))


@cache
def page_picture(width: int, number: int) -> bytes:
    """A page as a picture: white, with grey lines, a little different for each number."""
    height = round(width * A4[1] / A4[0])
    picture = Image.new("L", (width, height), 255)
    step = height // 24
    for line in range(2, 20):
        length = width // 8 + (line * 37 + number * 61) % (width * 5 // 8)
        picture.paste(150, (width // 10, line * step, width // 10 + length, line * step + max(1, step // 4)))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=70)
    return out.getvalue()


def put_share(conn: Connection, tenant: Tenant, document_id: int, message_id: int, **changes) -> int:
    """Put a document into a mail."""
    values = {"workspace_id": tenant.workspace_id, "document_id": document_id, "message_id": message_id, **changes}
    return conn.execute(insert(docs.share).values(**values).returning(docs.share.c.id)).scalar_one()


def put_visit(
    conn: Connection, tenant: Tenant, share: tuple[int, int, int], at: datetime, page_ms: dict[int, int]
) -> UUID:
    """Let somebody read a share (its message, itself, the version): a visit that counts, and the time on each page."""
    message_id, share_id, version_id = share
    visit_id, tenancy = uuid4(), {"workspace_id": tenant.workspace_id}
    conn.execute(
        insert(tables.hit).values(
            **tenancy, id=visit_id, kind="visit", token="d" * 32, received_at=at, method="GET", user_agent=FIREFOX
        )
    )
    conn.execute(
        insert(tables.verdict).values(
            **tenancy,
            hit_id=visit_id,
            message_id=message_id,
            verdict="human",
            rule="read",
            sentence="A browser showed the pages.",
            confidence=0.95,
            rules_version=1,
            judged_at=at,
        )
    )
    conn.execute(
        insert(docs.visit).values(**tenancy, id=visit_id, share_id=share_id, version_id=version_id, started_at=at)
    )
    seen_at = _put_page_views(conn, tenancy, visit_id, at, page_ms)
    document_id = conn.execute(select(docs.share.c.document_id).where(docs.share.c.id == share_id)).scalar_one()
    pages = conn.execute(select(docs.document_version.c.pages).where(docs.document_version.c.id == version_id))
    data = {
        **{"who": "Kevin Flynn", "client": "Firefox on Linux", "confidence": 0.95, "document": "Offer.pdf"},
        **{"document_id": document_id, "share_id": share_id, "visits": [str(visit_id)], "is_timed": True},
        **{"active_ms": sum(page_ms.values()), "pages_read": sorted(page_ms), "state": "left"},
        "pages_total": pages.scalar_one(),
    }
    put_item(conn, tenant.workspace_id, FeedItem(message_id, f"document:{visit_id}", "document", seen_at, data))
    return visit_id


def _put_page_views(
    conn: Connection, tenancy: dict[str, int], visit_id: UUID, at: datetime, page_ms: dict[int, int]
) -> datetime:
    """The pages one after the other, each with a beacon; returns when the last of them was left."""
    for place, (number, active_ms) in enumerate(page_ms.items(), 1):
        ours, began_at = {**tenancy, "visit_id": visit_id}, at
        at = began_at + timedelta(milliseconds=active_ms)
        seen = {"place": place, "first_at": began_at, "last_at": at}
        conn.execute(insert(docs.page_view).values(**ours, page=number, active_ms=active_ms, **seen))
        body = {"at_ms": 0, "state": "left", "page": number, "pages": {}}
        conn.execute(insert(docs.beacon).values(**ours, seq=place, received_at=at, body=body))
    return at

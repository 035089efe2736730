"""A document in a message, and how it is read, as rows: what the viewer stores, without the viewer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from backend.store import tables
from backend.store.document_tables import beacon, document, document_version, page_load, share, visit

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Shared:
    """A document of so many pages that a message shares; tells what its readers do."""

    conn: Connection
    workspace_id: int
    document_id: int
    version_id: int
    share_id: int
    token: str

    def hit(self, kind: str, at: datetime, **values) -> UUID:
        """Store a hit on the document as the viewer does."""
        hit_id = uuid4()
        row = {"received_at": at, "method": "GET", "ip": "203.0.113.9", "user_agent": FIREFOX, "token": self.token}
        self.conn.execute(
            insert(tables.hit).values(workspace_id=self.workspace_id, id=hit_id, kind=kind, **{**row, **values})
        )
        self.wait(hit_id)
        return hit_id

    def wait(self, hit_id: UUID) -> None:
        """Something came in about this hit, so it waits to be judged."""
        row = upsert(tables.unjudged).values(workspace_id=self.workspace_id, hit_id=hit_id)
        self.conn.execute(row.on_conflict_do_nothing())

    def visit(self, at: datetime, *, reader: str = "", **values) -> UUID:
        """Open the document; nothing of it is shown yet."""
        hit_id = self.hit("visit", at, **values)
        ours = {"workspace_id": self.workspace_id, "share_id": self.share_id, "version_id": self.version_id}
        self.conn.execute(insert(visit).values(**ours, id=hit_id, reader=reader, started_at=at))
        return hit_id

    def beacon(self, visit_id: UUID, seq: int, at: datetime, body: object) -> None:
        """Hear of a visit."""
        ours = {"workspace_id": self.workspace_id, "visit_id": visit_id}
        row = upsert(beacon).values(**ours, seq=seq, received_at=at, body=body)
        self.conn.execute(row.on_conflict_do_nothing())
        self.wait(visit_id)

    def load(self, visit_id: UUID, page: int, at: datetime) -> None:
        """A page's image is asked for."""
        self.conn.execute(insert(page_load).values(workspace_id=self.workspace_id, visit_id=visit_id, page=page, at=at))
        self.wait(visit_id)

    def deed(self, kind: str, at: datetime, visit_id: UUID | None, link: str | None = None, **values) -> UUID:
        """Download the document, or follow a link in it."""
        detail = {"visit": str(visit_id) if visit_id else None, "page": 1, "link": link}
        return self.hit(kind, at, detail=detail, **values)


def said(at_ms: int, pages: dict[int, int], page: int, state: str = "reading") -> dict[str, object]:
    """A beacon's body as the viewer sends it."""
    return {"at_ms": at_ms, "state": state, "page": page, "pages": {str(number): ms for number, ms in pages.items()}}


def share_document(
    conn: Connection, workspace_id: int, message_id: int, rep_id: int, *, recipient: str = "", pages: int = 12
) -> Shared:
    """Put “Offer.pdf” into a message."""
    ours = {"workspace_id": workspace_id}

    def store(table, **values) -> int:
        return conn.execute(insert(table).values(**ours, **values).returning(table.c.id)).scalar_one()

    document_id = store(document, rep_id=rep_id, name="Offer.pdf")
    file = {"file_name": "Offer.pdf", "size": 90_000, "digest": uuid4().hex, "state": "ready"}
    version_id = store(document_version, document_id=document_id, number=1, rep_id=rep_id, pages=pages, **file)
    return share_again(conn, workspace_id, message_id, (document_id, version_id), recipient)


def share_again(
    conn: Connection, workspace_id: int, message_id: int, version: tuple[int, int], recipient: str
) -> Shared:
    """Put a document that there is into a message, or into the same one for another recipient."""
    token = uuid4().hex
    stored = insert(share).values(
        workspace_id=workspace_id, document_id=version[0], message_id=message_id, recipient=recipient
    )
    share_id = conn.execute(stored.returning(share.c.id)).scalar_one()
    conn.execute(
        insert(tables.tracker).values(
            workspace_id=workspace_id, token=token, kind="document", message_id=message_id, share_id=share_id
        )
    )
    return Shared(conn, workspace_id, *version, share_id, token)

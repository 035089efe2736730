"""Which documents are in which messages, and what may their readers do? Puts, changes and lists shares.

A share is made once for each document, message and recipient; whoever makes it at the same moment finds it there.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.postgresql import insert

from backend.domain.people import Recipient
from backend.domain.shares import ShareOptions, ShareRecord
from backend.store.document_tables import document, document_page, document_version, share
from backend.store.tables import message, recipient, rep, tracker, workspace


@dataclass(frozen=True)
class Shareable:
    """A document as it is put into a mail: the version that its links show."""

    document_id: int
    name: str
    version_id: int
    type: str
    pages: int
    size: int
    width_pt: float
    height_pt: float


@dataclass(frozen=True)
class Cover:
    """The picture of the version that a live share, or a thumbnail, shows."""

    off_at: datetime | None
    expires_at: datetime | None
    digest: str | None


def find_shareable(conn: Connection, workspace_id: int, rep_id: int, document_id: int) -> Shareable | None:
    """Find a document that the rep may put into a mail: her own or the team's, not archived, readable."""
    asked = (
        select(
            document.c.id.label("document_id"),
            document.c.name,
            document_version.c.id.label("version_id"),
            func.coalesce(document_version.c.type, "pdf").label("type"),
            func.coalesce(document_version.c.pages, document_version.c.ready_pages).label("pages"),
            document_version.c.size,
            func.coalesce(document_page.c.width_pt, 0).label("width_pt"),
            func.coalesce(document_page.c.height_pt, 0).label("height_pt"),
        )
        .join(document_version, _version_shown())
        .join(document_page, _first_page(), isouter=True)
        .where(
            document.c.workspace_id == workspace_id,
            document.c.id == document_id,
            document.c.archived_at.is_(None),
            or_(document.c.rep_id == rep_id, document.c.is_shared),
        )
    )
    row = conn.execute(asked).mappings().one_or_none()
    return Shareable(**row) if row else None


def lock_state(conn: Connection, workspace_id: int, rep_id: int, message_id: int) -> str | None:
    """The state of a rep's message, which stays so until the caller's transaction ends; None where it is not hers."""
    asked = select(message.c.state).where(
        message.c.workspace_id == workspace_id, message.c.id == message_id, message.c.rep_id == rep_id
    )
    return conn.execute(asked.with_for_update()).scalar_one_or_none()


def find_token(conn: Connection, workspace_id: int, place: tuple[int, int, str]) -> tuple[int, str] | None:
    """Find a share by message, document and recipient: its id and the token of its address."""
    message_id, document_id, address = place
    asked = (
        select(share.c.id, tracker.c.token)
        .join(tracker, _token_of())
        .where(
            share.c.workspace_id == workspace_id,
            share.c.message_id == message_id,
            share.c.document_id == document_id,
            share.c.recipient == address,
        )
    )
    row = conn.execute(asked.order_by(tracker.c.token).limit(1)).one_or_none()
    return (row.id, row.token) if row else None


def put_share(conn: Connection, workspace_id: int, place: tuple[int, int, str], token: str, now: datetime) -> int:
    """Store a share of (message, document, recipient) with its address; the message is locked by the caller."""
    message_id, document_id, address = place
    share_id: int = conn.execute(
        insert(share)
        .values(
            workspace_id=workspace_id,
            message_id=message_id,
            document_id=document_id,
            recipient=address,
            created_at=now,
        )
        .returning(share.c.id)
    ).scalar_one()
    conn.execute(
        plain_insert(tracker).values(
            workspace_id=workspace_id, token=token, kind="document", message_id=message_id, share_id=share_id
        )
    )
    return share_id


def note_used(conn: Connection, workspace_id: int, document_id: int, now: datetime) -> None:
    """Note that a document was put into a mail now."""
    conn.execute(
        update(document)
        .where(document.c.workspace_id == workspace_id, document.c.id == document_id)
        .values(used_at=func.greatest(document.c.used_at, now))
    )


def find_share(conn: Connection, workspace_id: int, rep_id: int, share_id: int) -> ShareRecord | None:
    """Find one share, with whether this rep may change it."""
    found = _records(conn, _asked(workspace_id, rep_id).where(share.c.id == share_id))
    return found[0] if found else None


def set_options(conn: Connection, workspace_id: int, share_id: int, options: ShareOptions, now: datetime) -> None:
    """Change what a share allows; one that is off stays off since when it was."""
    off_at = None if options.is_on else func.coalesce(share.c.off_at, now)
    conn.execute(
        update(share)
        .where(share.c.workspace_id == workspace_id, share.c.id == share_id)
        .values(
            off_at=off_at,
            expires_at=options.expires_at,
            allows_download=options.allows_download,
            has_watermark=options.has_watermark,
        )
    )


def shares_of_message(conn: Connection, workspace_id: int, rep_id: int, message_id: int) -> Sequence[ShareRecord]:
    """List a message's shares in the order in which they were put into it."""
    return _records(conn, _asked(workspace_id, rep_id).where(share.c.message_id == message_id).order_by(share.c.id))


def shares_of_document(conn: Connection, workspace_id: int, rep_id: int, document_id: int) -> Sequence[ShareRecord]:
    """List a document's shares in mails that were sent or still may be, the newest first."""
    asked = _asked(workspace_id, rep_id).where(share.c.document_id == document_id, message.c.state != "lapsed")
    return _records(conn, asked.order_by(share.c.created_at.desc(), share.c.id.desc()))


def find_cover(conn: Connection, workspace_id: int, token: str) -> Cover | None:
    """Find the picture of what a share's address shows now."""
    asked = (
        select(share.c.off_at, share.c.expires_at, document_version.c.cover_digest)
        .select_from(tracker)
        .join(share, _token_of())
        .join(document, _document_of())
        .join(document_version, _version_shown())
        .where(tracker.c.workspace_id == workspace_id, tracker.c.token == token, tracker.c.kind == "document")
    )
    row = conn.execute(asked).one_or_none()
    return Cover(row.off_at, row.expires_at, row.cover_digest) if row else None


def find_thumbnail(conn: Connection, workspace_id: int, version_id: int) -> str | None:
    """Find the digest of a version's small picture."""
    asked = select(document_version.c.cover_digest).where(
        document_version.c.workspace_id == workspace_id, document_version.c.id == version_id
    )
    return conn.execute(asked).scalar_one_or_none()


def _asked(workspace_id: int, rep_id: int) -> Select[Any]:
    asking = rep.alias("asking")
    role = select(asking.c.role).where(asking.c.workspace_id == workspace_id, asking.c.id == rep_id).scalar_subquery()
    may_change = case((message.c.rep_id == rep_id, True), else_=func.coalesce(role == "admin", False))
    return (
        select(
            share.c.id,
            share.c.document_id,
            document.c.name.label("document_name"),
            share.c.message_id,
            message.c.state.label("message_state"),
            func.coalesce(message.c.subject, "").label("subject"),
            rep.c.name.label("rep_name"),
            share.c.recipient,
            share.c.created_at,
            share.c.expires_at,
            share.c.off_at,
            share.c.allows_download,
            share.c.has_watermark,
            may_change.label("may_change"),
            workspace.c.reader_privacy.label("privacy"),
            share.c.objected_at,
            share.c.declined_at,
            share.c.unanswered_at,
            tracker.c.token,
            share.c.workspace_id,
        )
        .select_from(share)
        .join(workspace, workspace.c.workspace_id == share.c.workspace_id)
        .join(document, _document_of())
        .join(message, and_(message.c.workspace_id == share.c.workspace_id, message.c.id == share.c.message_id))
        .join(rep, and_(rep.c.workspace_id == message.c.workspace_id, rep.c.id == message.c.rep_id))
        .join(tracker, _token_of())
        .where(share.c.workspace_id == workspace_id)
    )


def _records(conn: Connection, asked: Select[Any]) -> list[ShareRecord]:
    rows = [dict(row) for row in conn.execute(asked).mappings()]
    people: defaultdict[int, list[Recipient]] = defaultdict(list)
    if rows:
        wanted = (
            select(recipient)
            .where(
                recipient.c.workspace_id == rows[0]["workspace_id"],
                recipient.c.message_id.in_({row["message_id"] for row in rows}),
            )
            .order_by(recipient.c.message_id, recipient.c.role.desc(), recipient.c.address)
        )
        for told in conn.execute(wanted):
            people[told.message_id].append(Recipient(told.address, told.name, told.role))
    for row in rows:
        del row["workspace_id"]
    return [ShareRecord(**row, recipients=tuple(people[row["message_id"]])) for row in rows]


def _token_of() -> ColumnElement[bool]:
    return and_(
        tracker.c.workspace_id == share.c.workspace_id,
        tracker.c.share_id == share.c.id,
        tracker.c.kind == "document",
    )


def _document_of() -> ColumnElement[bool]:
    return and_(document.c.workspace_id == share.c.workspace_id, document.c.id == share.c.document_id)


def _version_shown() -> ColumnElement[bool]:
    return and_(
        document_version.c.workspace_id == document.c.workspace_id, document_version.c.id == document.c.version_id
    )


def _first_page() -> ColumnElement[bool]:
    return and_(
        document_page.c.workspace_id == document_version.c.workspace_id,
        document_page.c.version_id == document_version.c.id,
        document_page.c.number == 1,
    )

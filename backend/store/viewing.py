"""What does a share show, and what is kept of its reading? The rows behind the viewer.

Everything is found by workspace and token: whoever has an address sees what that address shows, and nothing else.
"""

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from backend.domain.viewing import RawHit, ShareRow
from backend.store.document_tables import (
    beacon,
    document,
    document_page,
    document_version,
    page_load,
    share,
    share_objection,
    visit,
)
from backend.store.tables import hit, message, recipient, rep, tracker, unjudged, workspace

_AT_ONCE = 20  # pages of a search that are read ahead


def find_share(conn: Connection, workspace_id: int, token: str) -> ShareRow | None:
    """Find what an address shows."""
    version = and_(
        document_version.c.workspace_id == document.c.workspace_id, document_version.c.id == document.c.version_id
    )
    asked = (
        select(
            share.c.workspace_id,
            share.c.id,
            share.c.document_id,
            share.c.message_id,
            share.c.recipient,
            share.c.allows_download,
            share.c.has_watermark,
            share.c.expires_at,
            share.c.off_at,
            share.c.objected_at,
            document.c.name.label("document_name"),
            document.c.asks_email,
            rep.c.name.label("sender"),
            workspace.c.reader_privacy.label("privacy"),
            document.c.version_id,
            document_version.c.pages,
            document_version.c.ready_pages,
        )
        .select_from(tracker)
        .join(workspace, workspace.c.workspace_id == tracker.c.workspace_id)
        .join(share, and_(share.c.workspace_id == tracker.c.workspace_id, share.c.id == tracker.c.share_id))
        .join(document, and_(document.c.workspace_id == share.c.workspace_id, document.c.id == share.c.document_id))
        .join(message, and_(message.c.workspace_id == share.c.workspace_id, message.c.id == share.c.message_id))
        .join(rep, and_(rep.c.workspace_id == message.c.workspace_id, rep.c.id == message.c.rep_id))
        .join(document_version, version, isouter=True)
        .where(tracker.c.workspace_id == workspace_id, tracker.c.token == token, tracker.c.kind == "document")
    )
    row = conn.execute(asked).mappings().one_or_none()
    return ShareRow(**row) if row else None


def shown_addresses_of(conn: Connection, workspace_id: int, message_id: int) -> Sequence[str]:
    """Whom the mail went to, as each of its recipients can see: without blind copies."""
    asked = select(recipient.c.address).where(
        recipient.c.workspace_id == workspace_id, recipient.c.message_id == message_id, recipient.c.role != "bcc"
    )
    return conn.execute(asked.order_by(recipient.c.role.desc(), recipient.c.address)).scalars().all()


def page_sizes(conn: Connection, workspace_id: int, version_id: int) -> Sequence[tuple[float, float]]:
    """The sizes of the pages that are ready, from the first on without a gap."""
    asked = select(document_page.c.number, document_page.c.width_pt, document_page.c.height_pt).where(
        document_page.c.workspace_id == workspace_id, document_page.c.version_id == version_id
    )
    sizes: list[tuple[float, float]] = []
    for number, width, height in conn.execute(asked.order_by(document_page.c.number)):
        if number != len(sizes) + 1:
            break
        sizes.append((width, height))
    return sizes


def find_page(conn: Connection, workspace_id: int, version_id: int, number: int) -> Mapping[str, Any] | None:
    """Find one page: its images, words, links and text."""
    asked = select(document_page).where(
        document_page.c.workspace_id == workspace_id,
        document_page.c.version_id == version_id,
        document_page.c.number == number,
    )
    row = conn.execute(asked).mappings().one_or_none()
    return dict(row) if row else None


def pages_with(
    conn: Connection, workspace_id: int, version_id: int, word: str
) -> Generator[tuple[int, Any], None, None]:
    """The pages whose text holds a word, in either case, with their words; a few at a time. To be closed."""
    asked = (
        select(document_page.c.number, document_page.c.words)
        .where(
            document_page.c.workspace_id == workspace_id,
            document_page.c.version_id == version_id,
            document_page.c.text.icontains(word, autoescape=True),
        )
        .order_by(document_page.c.number)
    )
    with conn.execute(asked.execution_options(stream_results=True, max_row_buffer=_AT_ONCE)) as found:
        for row in found:
            yield row.number, row.words


def was_shown(conn: Connection, workspace_id: int, share_id: int, version_id: int) -> bool:
    """Whether a share has shown this version to somebody: an older one stays there for who has it open."""
    asked = select(visit.c.id).where(
        visit.c.workspace_id == workspace_id, visit.c.share_id == share_id, visit.c.version_id == version_id
    )
    return conn.execute(asked.limit(1)).first() is not None


def original_of(conn: Connection, workspace_id: int, version_id: int) -> tuple[str, str] | None:
    """The file that was uploaded: its name and its digest."""
    asked = select(document_version.c.file_name, document_version.c.digest).where(
        document_version.c.workspace_id == workspace_id, document_version.c.id == version_id
    )
    row = conn.execute(asked).one_or_none()
    return (row.file_name, row.digest) if row else None


def put_hit(conn: Connection, raw: RawHit) -> None:
    """Keep a hit, to be judged soon."""
    conn.execute(insert(hit).values(**{name: getattr(raw, name) for name in RawHit.__dataclass_fields__}))
    judge(conn, raw.workspace_id, raw.id)


def put_visit(conn: Connection, raw: RawHit, row: ShareRow, reader: str) -> None:
    """Keep an opening of the viewer."""
    conn.execute(
        insert(visit).values(
            workspace_id=raw.workspace_id,
            id=raw.id,
            share_id=row.id,
            version_id=row.version_id,
            reader=reader,
            started_at=raw.received_at,
        )
    )


def find_visit(conn: Connection, workspace_id: int, share_id: int, visit_id: UUID) -> int | None:
    """The version that a visit of this share shows; None where it is no visit of this share."""
    asked = select(visit.c.version_id).where(
        visit.c.workspace_id == workspace_id, visit.c.share_id == share_id, visit.c.id == visit_id
    )
    return conn.execute(asked).scalar_one_or_none()


def put_beacons(
    conn: Connection, workspace_id: int, visit_id: UUID, beacons: Mapping[int, Mapping[str, Any]], now: datetime
) -> bool:
    """Keep what a viewer tells; what is kept already stays as it is. Tells whether anything was new."""
    rows = [
        {"workspace_id": workspace_id, "visit_id": visit_id, "seq": seq, "received_at": now, "body": dict(body)}
        for seq, body in sorted(beacons.items())
    ]
    stored = conn.execute(insert(beacon).values(rows).on_conflict_do_nothing().returning(beacon.c.seq)).all()
    return bool(stored)


def put_page_load(conn: Connection, workspace_id: int, visit_id: UUID, page: int, now: datetime) -> bool:
    """Keep that a page's image was asked for in a visit. Tells whether that was new."""
    asked = insert(page_load).values(workspace_id=workspace_id, visit_id=visit_id, page=page, at=now)
    return conn.execute(asked.on_conflict_do_nothing().returning(page_load.c.page)).first() is not None


def go_on(conn: Connection, row: ShareRow, visit_id: UUID, address: str) -> bool:
    """Go on with a visit of this share, which is this reader's from now on; False where it is another's, or over.

    Over is one of which a viewer has told: it counts its beacons from the first again whenever its page is loaded.
    """
    told = select(beacon.c.seq).where(beacon.c.workspace_id == row.workspace_id, beacon.c.visit_id == visit_id)
    own = (visit.c.workspace_id == row.workspace_id, visit.c.share_id == row.id, visit.c.id == visit_id)
    theirs = update(visit).where(*own, visit.c.reader.in_({"", address}), ~told.exists()).values(reader=address)
    return conn.execute(theirs.returning(visit.c.id)).first() is not None


def has_objected(conn: Connection, workspace_id: int, share_id: int, address: str) -> bool:
    """Whether somebody of this address wants no reading recorded."""
    asked = select(share_objection.c.at).where(*_objection(workspace_id, share_id, address))
    return conn.execute(asked).first() is not None


def put_objection(conn: Connection, workspace_id: int, share_id: int, address: str, now: datetime) -> None:
    """Keep that somebody of this address wants no reading recorded. Safe to repeat."""
    row = insert(share_objection).values(workspace_id=workspace_id, share_id=share_id, address=address, at=now)
    conn.execute(row.on_conflict_do_nothing())


def drop_objection(conn: Connection, workspace_id: int, share_id: int, address: str) -> None:
    """Keep that they take it back."""
    conn.execute(delete(share_objection).where(*_objection(workspace_id, share_id, address)))


def note_share(conn: Connection, workspace_id: int, share_id: int, instants: Mapping[str, datetime | None]) -> None:
    """Keep when a reader was asked, answered, or objected for all: `unanswered_at`, `declined_at`, `objected_at`."""
    own = (share.c.workspace_id == workspace_id, share.c.id == share_id)
    conn.execute(update(share).where(*own).values(dict(instants)))


def judge(conn: Connection, workspace_id: int, hit_id: UUID) -> None:
    """Have a hit judged, or judged again, by what is known now."""
    waits = insert(unjudged).values(workspace_id=workspace_id, hit_id=hit_id)
    # Not DO NOTHING: a worker that has taken the row has read what came before, and is about to delete it
    place = ["workspace_id", "hit_id"]
    conn.execute(waits.on_conflict_do_update(index_elements=place, set_={"hit_id": waits.excluded.hit_id}))
    conn.execute(text("SELECT pg_notify('readback_hits', '')"))


def _objection(workspace_id: int, share_id: int, address: str) -> tuple[ColumnElement[bool], ...]:
    return (
        share_objection.c.workspace_id == workspace_id,
        share_objection.c.share_id == share_id,
        share_objection.c.address == address,
    )

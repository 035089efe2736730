"""Which documents has a workspace, in which versions, and how far are their pages? Reads and changes the rows.

A document is seen by its rep, and by the team where it is shared. Its links show one version (`document.version_id`);
what that is changes here alone: with the first page of its first version, and once a later version is complete.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, cast, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.selectable import FromClause

from backend.store.document_tables import document, document_page, document_version
from backend.store.tables import rep, workspace

_shown = document_version.alias("shown")
_newest = document_version.alias("newest")


@dataclass(frozen=True)
class Version:
    """One upload of a document, and how far the making of its pages is."""

    id: int
    number: int
    file_name: str
    size: int
    digest: str
    pdf_digest: str | None
    cover_digest: str | None
    type: str | None
    pages: int | None
    ready_pages: int
    state: str
    rule: str
    sentence: str
    remarks: Sequence[str]
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class Row:
    """A document with the version that its links show, and the one that was uploaded last."""

    id: int
    name: str
    rep_id: int
    owner_name: str
    is_shared: bool
    asks_email: bool
    created_at: datetime
    used_at: datetime | None
    archived_at: datetime | None
    shown: Version | None
    newest: Version


@dataclass(frozen=True)
class Page:
    """The size of a page in points, and the images that there are of it, narrowest first."""

    number: int
    width_pt: float
    height_pt: float
    images: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Conversion:
    """A version that is to be made into pages, and its document."""

    document_id: int
    rep_id: int
    version: Version


@dataclass(frozen=True)
class Seen:
    """Which documents are meant: what a rep may see, with these words in the name, in the archive or not."""

    rep_id: int
    words: str = ""
    is_archived: bool | None = None
    recent_first: bool = False


def find_plan(conn: Connection, workspace_id: int) -> str | None:
    """The plan of a workspace; None where there is no such workspace."""
    return conn.execute(select(workspace.c.plan).where(workspace.c.workspace_id == workspace_id)).scalar_one_or_none()


def workspaces_of(conn: Connection, whose: str) -> Sequence[tuple[int, str]]:
    """The number and name of the workspaces with this domain, this number, or an active member of this address."""
    members = select(rep.c.workspace_id).where(func.lower(rep.c.email) == whose.lower(), rep.c.status == "active")
    meant = or_(
        workspace.c.domain == whose.lower(),
        workspace.c.workspace_id.in_(members),
        cast(workspace.c.workspace_id, Text) == whose,
    )
    asked = select(workspace.c.workspace_id, workspace.c.name).where(meant).order_by(workspace.c.workspace_id)
    return conn.execute(asked).tuples().all()


def set_plan(conn: Connection, workspace_id: int, plan: str) -> None:
    """Put a workspace on a plan."""
    conn.execute(update(workspace).where(workspace.c.workspace_id == workspace_id).values(plan=plan))


def documents_of(conn: Connection, workspace_id: int, seen: Seen, ids: Collection[int] | None = None) -> Sequence[Row]:
    """List the documents that a rep may see, the newest (or what was used last) first."""
    asked = _rows().where(document.c.workspace_id == workspace_id, _may_see(seen.rep_id))
    if ids is not None:
        asked = asked.where(document.c.id.in_(ids))
    if seen.is_archived is not None:
        asked = asked.where(
            document.c.archived_at.is_not(None) if seen.is_archived else document.c.archived_at.is_(None)
        )
    for word in seen.words.split():
        asked = asked.where(document.c.name.icontains(word, autoescape=True))
    order = [document.c.created_at.desc(), document.c.id.desc()]
    if seen.recent_first:
        order.insert(0, document.c.used_at.desc().nulls_last())
    return [_row(found) for found in conn.execute(asked.order_by(*order)).mappings()]


def versions_of(conn: Connection, workspace_id: int, document_id: int) -> Sequence[Version]:
    """List a document's versions, the newest first."""
    asked = select(*_version_columns(document_version)).where(
        document_version.c.workspace_id == workspace_id, document_version.c.document_id == document_id
    )
    rows = conn.execute(asked.order_by(document_version.c.number.desc()))
    return [_version(tuple(row)) for row in rows]


def pages_of(conn: Connection, workspace_id: int, version_id: int) -> Sequence[Page]:
    """List the pages of a version that are ready, in order."""
    rows = conn.execute(_pages(workspace_id, version_id).order_by(document_page.c.number))
    return [Page(*row) for row in rows]


def find_page(conn: Connection, workspace_id: int, version_id: int, number: int) -> Page | None:
    """Find one page; None where it is not ready, or there is none."""
    row = conn.execute(_pages(workspace_id, version_id).where(document_page.c.number == number)).one_or_none()
    return Page(*row) if row else None


def lock_document(conn: Connection, workspace_id: int, document_id: int) -> int | None:
    """Whose document it is; it stays as it is until the caller's transaction ends. None where there is none."""
    asked = select(document.c.rep_id).where(document.c.workspace_id == workspace_id, document.c.id == document_id)
    return conn.execute(asked.with_for_update()).scalar_one_or_none()


def put_document(conn: Connection, workspace_id: int, rep_id: int, name: str, now: datetime) -> int:
    """Store a new document without any version."""
    values = {"workspace_id": workspace_id, "rep_id": rep_id, "name": name, "created_at": now}
    document_id: int = conn.execute(insert(document).values(values).returning(document.c.id)).scalar_one()
    return document_id


def put_version(conn: Connection, workspace_id: int, document_id: int, values: dict[str, Any]) -> int:
    """Store the next version of a document, which the caller has locked."""
    ours = and_(document_version.c.workspace_id == workspace_id, document_version.c.document_id == document_id)
    number = select(func.coalesce(func.max(document_version.c.number), 0) + 1).where(ours).scalar_subquery()
    made = insert(document_version).values(workspace_id=workspace_id, document_id=document_id, number=number, **values)
    version_id: int = conn.execute(made.returning(document_version.c.id)).scalar_one()
    return version_id


def set_document(conn: Connection, workspace_id: int, document_id: int, **values: object) -> None:
    """Change a document."""
    conn.execute(_this(workspace_id, document_id).values(**values))


def rename_from(conn: Connection, document_key: tuple[int, int], old: str, new: str) -> None:
    """Change a document's (workspace, document) name, unless it is called otherwise by now."""
    conn.execute(_this(*document_key).where(document.c.name == old).values(name=new))


def lock_conversion(conn: Connection, workspace_id: int, version_id: int) -> Conversion | None:
    """Find a version with its document; both stay as they are until the caller's transaction ends."""
    asked = (
        select(document.c.id, document.c.rep_id, *_version_columns(document_version))
        .join(document, _of_document(document_version))
        .where(document_version.c.workspace_id == workspace_id, document_version.c.id == version_id)
    )
    row = conn.execute(asked.with_for_update()).one_or_none()
    return Conversion(row[0], row[1], _version(tuple(row)[2:])) if row else None


def set_version(conn: Connection, workspace_id: int, version_id: int, **values: object) -> None:
    """Change a version."""
    conn.execute(
        update(document_version)
        .where(document_version.c.workspace_id == workspace_id, document_version.c.id == version_id)
        .values(**values)
    )


def finish_version(conn: Connection, workspace_id: int, version_id: int, **values: object) -> None:
    """Change a version whose making has ended now."""
    set_version(conn, workspace_id, version_id, finished_at=func.now(), **values)


def ready_numbers(conn: Connection, workspace_id: int, version_id: int) -> set[int]:
    """Which pages are ready."""
    asked = select(document_page.c.number).where(
        document_page.c.workspace_id == workspace_id, document_page.c.version_id == version_id
    )
    return set(conn.execute(asked).scalars())


def numbers_without(conn: Connection, workspace_id: int, version_id: int, width: int) -> Sequence[int]:
    """Which pages have no image of this width yet, in order."""
    asked = select(document_page.c.number).where(
        document_page.c.workspace_id == workspace_id, document_page.c.version_id == version_id, _lacks(width)
    )
    return conn.execute(asked.order_by(document_page.c.number)).scalars().all()


def add_image(conn: Connection, workspace_id: int, version_id: int, number: int, image: dict[str, Any]) -> None:
    """Add an image that is wider than those there are to a page, unless it has one of that width. Safe to repeat."""
    page = document_page.c
    this = and_(page.workspace_id == workspace_id, page.version_id == version_id, page.number == number)
    more = update(document_page).where(this, _lacks(image["asked_width"]))
    conn.execute(more.values(images=page.images.concat([image])))


def _lacks(width: int) -> ColumnElement[bool]:
    return ~document_page.c.images.contains([{"asked_width": width}])


def put_page(conn: Connection, workspace_id: int, version_id: int, values: dict[str, Any]) -> bool:
    """Store a page that is ready, and count it; False where it was there. Safe to repeat."""
    row = upsert(document_page).values(workspace_id=workspace_id, version_id=version_id, **values)
    if not conn.execute(row.on_conflict_do_nothing()).rowcount:
        return False
    counted = document_version.c.ready_pages + 1
    set_version(conn, workspace_id, version_id, ready_pages=counted)
    return True


def show_first(conn: Connection, workspace_id: int, document_id: int, version_id: int) -> None:
    """Let a document's links show this version, where they show none yet."""
    conn.execute(_this(workspace_id, document_id).where(document.c.version_id.is_(None)).values(version_id=version_id))


def show_later(conn: Connection, workspace_id: int, document_id: int, version: Version) -> None:
    """Let a document's links show this version, unless they show a later one."""
    shown = select(document_version.c.number).where(
        document_version.c.workspace_id == workspace_id, document_version.c.id == document.c.version_id
    )
    older = func.coalesce(shown.scalar_subquery(), 0) <= version.number
    conn.execute(_this(workspace_id, document_id).where(older).values(version_id=version.id))


def stop_showing(conn: Connection, workspace_id: int, document_id: int, version_id: int) -> None:
    """Let a document's links show nothing where they show this version."""
    conn.execute(_this(workspace_id, document_id).where(document.c.version_id == version_id).values(version_id=None))


def _this(workspace_id: int, document_id: int) -> Any:
    return update(document).where(document.c.workspace_id == workspace_id, document.c.id == document_id)


def _pages(workspace_id: int, version_id: int) -> Select[Any]:
    page = document_page.c
    return select(page.number, page.width_pt, page.height_pt, page.images).where(
        page.workspace_id == workspace_id, page.version_id == version_id
    )


def _rows() -> Select[Any]:
    later = document_version.alias("later")
    last = select(func.max(later.c.number)).where(_of_document(later)).scalar_subquery()
    is_shown = and_(_shown.c.workspace_id == document.c.workspace_id, _shown.c.id == document.c.version_id)
    owner = and_(rep.c.workspace_id == document.c.workspace_id, rep.c.id == document.c.rep_id)
    return (
        select(
            document,
            func.coalesce(func.nullif(rep.c.name, ""), rep.c.email).label("owner_name"),
            *(column.label(f"shown_{column.name}") for column in _version_columns(_shown)),
            *(column.label(f"newest_{column.name}") for column in _version_columns(_newest)),
        )
        .join(rep, owner)
        .join(_newest, and_(_of_document(_newest), _newest.c.number == last))
        .join(_shown, is_shown, isouter=True)
    )


def _of_document(version: FromClause) -> ColumnElement[bool]:
    return and_(version.c.workspace_id == document.c.workspace_id, version.c.document_id == document.c.id)


def _may_see(rep_id: int) -> ColumnElement[bool]:
    return or_(document.c.rep_id == rep_id, document.c.is_shared)


def _version_columns(version: FromClause) -> list[Any]:
    return [version.c[name] for name in Version.__dataclass_fields__]


def _row(found: Any) -> Row:
    plain = {name: found[name] for name in Row.__dataclass_fields__ if name not in ("shown", "newest")}
    versions = {
        which: _version(tuple(found[f"{which}_{name}"] for name in Version.__dataclass_fields__))
        for which in ("shown", "newest")
        if found[f"{which}_id"] is not None
    }
    return Row(**plain, shown=versions.get("shown"), newest=versions["newest"])


def _version(values: tuple[Any, ...]) -> Version:
    return Version(*values)

"""A shared document as rows and blobs, without any conversion: for the tests of what its readers see."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import Connection, insert, update

from backend.domain.tokens import mint_token
from backend.services.ports import BlobStore
from backend.store import document_tables as docs
from backend.store import tables
from tests.conftest import ENVIRON
from tests.stories import Tenant

KEYS = [ENVIRON["LINK_KEYS"].encode()]
A4, SLIDE = (595.0, 842.0), (960.0, 540.0)
WIDTHS = (320, 800, 1200, 2000)
ORIGINAL = b"%PDF-1.7 what was uploaded, to the byte: \x00\x01\xff" * 40


@dataclass(frozen=True)
class PageText:
    """What stands on a page, line by line, and its links (address or page)."""

    lines: tuple[str, ...]
    size: tuple[float, float] = A4
    links: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class Shelf:
    """A document that is shared: where to find it again."""

    tenant: Tenant
    token: str
    document_id: int
    version_id: int
    share_id: int
    message_id: int
    digest: str

    @property
    def path(self) -> str:
        return f"/d/{self.token}"


@dataclass(frozen=True)
class Wanted:
    """How it is shared."""

    name: str = "Arcade offer.pdf"
    share: dict = field(default_factory=dict)
    document: dict = field(default_factory=dict)
    pages: int | None = None  # of how many the given ones are the first


def share_a_document(
    conn: Connection, blobs: BlobStore, tenant: Tenant, pages: list[PageText], wanted: Wanted | None = None
) -> Shelf:
    """Put a document with these pages into a mail to Flynn, with Alan in copy."""
    wanted = wanted or Wanted()
    rep, own = next(iter(tenant.reps.values())), {"workspace_id": tenant.workspace_id}
    document_id = conn.execute(
        insert(docs.document)
        .values(**own, rep_id=rep.id, name=wanted.name, **wanted.document)
        .returning(docs.document.c.id)
    ).scalar_one()
    version_id = put_version(conn, blobs, tenant, document_id, pages, wanted)
    message_id = conn.execute(
        insert(tables.message)
        .values(
            **own,
            rep_id=rep.id,
            state="sent",
            compose_key=f"key-{document_id}",
            subject="The arcade",
            sent_at=datetime.now(UTC) - timedelta(hours=1),
        )
        .returning(tables.message.c.id)
    ).scalar_one()
    for address, name, role in (("flynn@arcade.example", "Flynn", "to"), ("alan@encom.example", "Alan", "cc")):
        conn.execute(
            insert(tables.recipient).values(**own, message_id=message_id, address=address, name=name, role=role)
        )
    share_id = conn.execute(
        insert(docs.share)
        .values(**own, document_id=document_id, message_id=message_id, **wanted.share)
        .returning(docs.share.c.id)
    ).scalar_one()
    token = mint_token("d", tenant.workspace_id, KEYS)
    conn.execute(
        insert(tables.tracker).values(**own, token=token, kind="document", message_id=message_id, share_id=share_id)
    )
    digest = blobs.put(tenant.workspace_id, ORIGINAL)
    return Shelf(tenant, token, document_id, version_id, share_id, message_id, digest)


def put_version(
    conn: Connection, blobs: BlobStore, tenant: Tenant, document_id: int, pages: list[PageText], wanted: Wanted
) -> int:
    """Give a document a version with these pages, and let its links show it."""
    rep, own = next(iter(tenant.reps.values())), {"workspace_id": tenant.workspace_id}
    number = len(
        conn.execute(docs.document_version.select().where(docs.document_version.c.document_id == document_id)).all()
    )
    version_id = conn.execute(
        insert(docs.document_version)
        .values(
            **own,
            document_id=document_id,
            number=number + 1,
            rep_id=rep.id,
            file_name=wanted.name,
            size=len(ORIGINAL),
            digest=blobs.put(tenant.workspace_id, ORIGINAL),
            pages=wanted.pages or len(pages),
            ready_pages=len(pages),
            state="ready" if wanted.pages is None else "converting",
        )
        .returning(docs.document_version.c.id)
    ).scalar_one()
    put_pages(conn, blobs, tenant, version_id, pages)
    conn.execute(update(docs.document).where(docs.document.c.id == document_id).values(version_id=version_id))
    return version_id


def put_pages(
    conn: Connection, blobs: BlobStore, tenant: Tenant, version_id: int, pages: list[PageText], first: int = 1
) -> None:
    """Store pages; where many look alike, their images are made once."""
    made: dict[PageText, list[dict]] = {}
    rows = []
    for number, page in enumerate(pages, first):
        if page not in made:
            made[page] = [_image(blobs, tenant, page, width) for width in WIDTHS]
        width, height = page.size
        rows.append(
            {
                "workspace_id": tenant.workspace_id,
                "version_id": version_id,
                "number": number,
                "width_pt": width,
                "height_pt": height,
                "kind": "text",
                "images": made[page],
                "words": _words(page),
                "links": [_link(page, index) for index in range(len(page.links))],
                "text": "\n".join(page.lines),
            }
        )
    conn.execute(insert(docs.document_page), rows)


def _top(page: PageText, line: int) -> float:
    return 72 + line * 24


def _words(page: PageText) -> list[list]:
    width, height = page.size
    words = []
    for number, line in enumerate(page.lines):
        left, top = 60.0, _top(page, number)
        for word in line.split():
            right = left + _FONT.getlength(word) * 16 / 100
            words.append([left / width, top / height, right / width, (top + 18) / height, word, number])
            left = right + 4
    return words


def _link(page: PageText, index: int) -> list:
    width, height = page.size
    top, target = _top(page, len(page.lines) + index), page.links[index]
    place = [60 / width, top / height, 260 / width, (top + 18) / height]
    return [*place, target, None] if isinstance(target, str) else [*place, None, target]


def _image(blobs: BlobStore, tenant: Tenant, page: PageText, width: int) -> dict:
    content, height = _picture(page, width)
    found = {"asked_width": width, "width": width, "height": height, "format": "webp", "bytes": len(content)}
    return {**found, "digest": blobs.put(tenant.workspace_id, content)}


@cache
def _picture(page: PageText, width: int) -> tuple[bytes, int]:
    """The page's image and its height; drawn once for all tests, since drawing takes longer than most of them."""
    scale = width / page.size[0]
    height = round(page.size[1] * scale)
    picture = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(16 * scale)
    for left, top, _, _, word, _ in _words(page):
        pen.text((left * width, top * height), word, "#202020", font)
    for left, top, right, bottom, *target in (_link(page, index) for index in range(len(page.links))):
        pen.text((left * width, top * height), str(target[0] or f"page {target[1]}"), "#2a55cc", font)
        pen.line((left * width, bottom * height, right * width, bottom * height), "#2a55cc")
    out = io.BytesIO()
    picture.save(out, "WEBP", lossless=True, quality=20, method=2)  # as our own encoder does it
    return out.getvalue(), height


_FONT = ImageFont.load_default(100)

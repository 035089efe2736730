"""What is kept of documents? Their versions and pages, their shares, and how these were read.

`beacon` and `page_load` are raw facts; `page_view` is what `domain.reading` makes of them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, REAL, UUID

from backend.store.columns import belongs, id_, instant, metadata, tenant, words

document = Table(
    "document",
    metadata,
    tenant(),
    id_(),
    Column("rep_id", BigInteger, nullable=False),  # whose it is
    Column("name", Text, nullable=False),
    Column("is_shared", Boolean, nullable=False, server_default=text("false")),  # with the whole team
    Column("asks_email", Boolean, nullable=False, server_default=text("false")),  # before anything is shown
    Column("version_id", BigInteger),  # the version that its links show; NULL until pages of one can be read
    instant("created_at", default=True),
    instant("used_at", nullable=True),  # when it was last put into a mail
    instant("archived_at", nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    belongs("rep", "rep_id"),
    Index(None, "workspace_id", "rep_id"),
)

document_version = Table(
    "document_version",
    metadata,
    tenant(),
    id_(),
    Column("document_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("rep_id", BigInteger, nullable=False),  # who uploaded it
    Column("file_name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),  # of the original file in the blobs
    Column("pdf_digest", Text),  # of the PDF that it was made into; the original's where that is one
    Column("cover_digest", Text),  # the first page as a small JPEG, for mails and cards
    Column("type", Text),  # domain.documents.DocumentType, once known
    Column("pages", Integer),
    Column("ready_pages", Integer, nullable=False, server_default=text("0")),
    *words("state", "waiting", "converting", "ready", "refused", "failed", default="waiting"),
    Column("rule", Text, nullable=False, server_default=""),
    Column("sentence", Text, nullable=False, server_default=""),
    Column("remarks", JSONB, nullable=False, server_default=text("'[]'::jsonb")),  # sentences for the rep
    instant("created_at", default=True),
    instant("finished_at", nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "document_id", "number"),
    belongs("document", "document_id"),
    belongs("rep", "rep_id"),
)

document_page = Table(
    "document_page",
    metadata,
    tenant(),
    Column("version_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("width_pt", REAL, nullable=False),
    Column("height_pt", REAL, nullable=False),
    Column("kind", Text, nullable=False),
    Column("images", JSONB, nullable=False),  # [{asked_width, width, height, format, digest, bytes}], narrowest first
    Column("words", JSONB, nullable=False),  # [[left, top, right, bottom, text, line]], fractions of the page
    Column("links", JSONB, nullable=False),  # [[left, top, right, bottom, uri or null, page or null]]
    Column("text", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("workspace_id", "version_id", "number"),
    belongs("document_version", "version_id"),
)

share = Table(
    "share",
    metadata,
    tenant(),
    id_(),
    Column("document_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("recipient", Text, nullable=False, server_default=""),  # an address where mails are sent one by one
    Column("allows_download", Boolean, nullable=False, server_default=text("true")),
    Column("has_watermark", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", default=True),
    instant("expires_at", nullable=True),
    instant("off_at", nullable=True),
    instant("objected_at", nullable=True),  # since when nobody's reading is recorded, unless they want it
    instant("declined_at", nullable=True),  # when a reader last said that theirs is not to be recorded
    instant("unanswered_at", nullable=True),  # when it was last opened by somebody who was asked and had not answered
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "message_id", "document_id", "recipient"),
    belongs("document", "document_id"),
    belongs("message", "message_id"),
    Index(None, "workspace_id", "document_id"),
)

share_objection = Table(
    "share_objection",
    metadata,
    tenant(),
    Column("share_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),  # given at the gate, by somebody who wants no reading recorded
    instant("at"),
    PrimaryKeyConstraint("workspace_id", "share_id", "address"),
    belongs("share", "share_id"),
)

visit = Table(
    "visit",
    metadata,
    tenant(),
    Column("id", UUID(as_uuid=True), nullable=False),  # also the id of its hit
    Column("share_id", BigInteger, nullable=False),
    Column("version_id", BigInteger, nullable=False),
    Column("reader", Text, nullable=False, server_default=""),  # the address that was given at the gate, unproven
    instant("started_at"),
    PrimaryKeyConstraint("workspace_id", "id"),
    belongs("share", "share_id"),
    belongs("document_version", "version_id"),
    Index(None, "workspace_id", "share_id"),
)

beacon = Table(
    "beacon",
    metadata,
    tenant(),
    Column("visit_id", UUID(as_uuid=True), nullable=False),
    Column("seq", Integer, nullable=False),  # the viewer's own count, so that one sent twice is kept once
    instant("received_at"),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("workspace_id", "visit_id", "seq"),
    belongs("visit", "visit_id"),
)

page_load = Table(
    "page_load",
    metadata,
    tenant(),
    Column("visit_id", UUID(as_uuid=True), nullable=False),
    Column("page", Integer, nullable=False),
    instant("at"),
    PrimaryKeyConstraint("workspace_id", "visit_id", "page"),
    belongs("visit", "visit_id"),
)

page_view = Table(
    "page_view",
    metadata,
    tenant(),
    Column("visit_id", UUID(as_uuid=True), nullable=False),
    Column("page", Integer, nullable=False),
    Column("active_ms", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),  # where on the path through the document it was first seen, from 1
    instant("first_at"),
    instant("last_at"),
    PrimaryKeyConstraint("workspace_id", "visit_id", "page"),
    belongs("visit", "visit_id"),
)

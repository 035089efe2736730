"""Documents: their versions and pages, their shares, and how these are read"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("asks_email", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "rep_id"],
            ["rep.workspace_id", "rep.id"],
            name=op.f("document_workspace_id_rep_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("document_pkey")),
    )
    op.create_index(op.f("document_workspace_id_rep_id_idx"), "document", ["workspace_id", "rep_id"], unique=False)
    op.create_table(
        "document_version",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("pdf_digest", sa.Text(), nullable=True),
        sa.Column("cover_digest", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("ready_pages", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("sentence", sa.Text(), server_default="", nullable=False),
        sa.Column("remarks", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'converting', 'ready', 'refused', 'failed')",
            name=op.f("document_version_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "document_id"],
            ["document.workspace_id", "document.id"],
            name=op.f("document_version_workspace_id_document_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "rep_id"],
            ["rep.workspace_id", "rep.id"],
            name=op.f("document_version_workspace_id_rep_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("document_version_pkey")),
        sa.UniqueConstraint(
            "workspace_id", "document_id", "number", name=op.f("document_version_workspace_id_document_id_number_key")
        ),
    )
    op.create_table(
        "document_page",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("width_pt", sa.REAL(), nullable=False),
        sa.Column("height_pt", sa.REAL(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("images", JSONB(), nullable=False),
        sa.Column("words", JSONB(), nullable=False),
        sa.Column("links", JSONB(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "version_id"],
            ["document_version.workspace_id", "document_version.id"],
            name=op.f("document_page_workspace_id_version_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "version_id", "number", name=op.f("document_page_pkey")),
    )
    op.create_table(
        "share",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.Text(), server_default="", nullable=False),
        sa.Column("allows_download", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("has_watermark", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objected_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "document_id"],
            ["document.workspace_id", "document.id"],
            name=op.f("share_workspace_id_document_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("share_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("share_pkey")),
        sa.UniqueConstraint(
            "workspace_id",
            "message_id",
            "document_id",
            "recipient",
            name=op.f("share_workspace_id_message_id_document_id_recipient_key"),
        ),
    )
    op.create_index(op.f("share_workspace_id_document_id_idx"), "share", ["workspace_id", "document_id"], unique=False)
    op.create_table(
        "visit",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("share_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("reader", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "share_id"],
            ["share.workspace_id", "share.id"],
            name=op.f("visit_workspace_id_share_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "version_id"],
            ["document_version.workspace_id", "document_version.id"],
            name=op.f("visit_workspace_id_version_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("visit_pkey")),
    )
    op.create_index(op.f("visit_workspace_id_share_id_idx"), "visit", ["workspace_id", "share_id"], unique=False)
    op.create_table(
        "beacon",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("visit_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "visit_id"],
            ["visit.workspace_id", "visit.id"],
            name=op.f("beacon_workspace_id_visit_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "visit_id", "seq", name=op.f("beacon_pkey")),
    )
    op.create_table(
        "page_load",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("visit_id", sa.UUID(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "visit_id"],
            ["visit.workspace_id", "visit.id"],
            name=op.f("page_load_workspace_id_visit_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "visit_id", "page", name=op.f("page_load_pkey")),
    )
    op.create_table(
        "page_view",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("visit_id", sa.UUID(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("active_ms", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "visit_id"],
            ["visit.workspace_id", "visit.id"],
            name=op.f("page_view_workspace_id_visit_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "visit_id", "page", name=op.f("page_view_pkey")),
    )
    op.add_column("hit", sa.Column("detail", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False))
    op.add_column("tracker", sa.Column("share_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("tracker_workspace_id_share_id_idx"), "tracker", ["workspace_id", "share_id"], unique=False)
    op.create_foreign_key(
        op.f("tracker_workspace_id_share_id_fkey"),
        "tracker",
        "share",
        ["workspace_id", "share_id"],
        ["workspace_id", "id"],
        ondelete="CASCADE",
    )
    op.drop_constraint("hit_kind_check", "hit")
    op.create_check_constraint(
        op.f("hit_kind_check"), "hit", "kind IN ('open', 'click', 'visit', 'download', 'follow')"
    )
    op.drop_constraint("tracker_kind_check", "tracker")
    op.create_check_constraint(op.f("tracker_kind_check"), "tracker", "kind IN ('open', 'click', 'document')")

"""What readers of documents meet, and what each of them wants recorded"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("workspace", sa.Column("reader_privacy", sa.Text(), server_default=sa.text("'tell'"), nullable=False))
    op.create_check_constraint(
        op.f("workspace_reader_privacy_check"), "workspace", "reader_privacy IN ('tell', 'ask', 'none')"
    )
    op.add_column("share", sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("share", sa.Column("unanswered_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "share_objection",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("share_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "share_id"],
            ["share.workspace_id", "share.id"],
            name=op.f("share_objection_workspace_id_share_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "share_id", "address", name=op.f("share_objection_pkey")),
    )

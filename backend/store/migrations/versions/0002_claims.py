"""Claims: the reps' own word on hits, "That was me\""""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "claim",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("hit_id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "hit_id"],
            ["hit.workspace_id", "hit.id"],
            name=op.f("claim_workspace_id_hit_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "rep_id"],
            ["rep.workspace_id", "rep.id"],
            name=op.f("claim_workspace_id_rep_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "hit_id", "rep_id", name=op.f("claim_pkey")),
    )
    op.create_index(op.f("claim_workspace_id_rep_id_idx"), "claim", ["workspace_id", "rep_id"], unique=False)

"""Where hits came from, roughly, and for how long their addresses are kept exactly"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("hit", sa.Column("place", sa.Text(), nullable=True))
    op.add_column(
        "workspace", sa.Column("exact_addresses_days", sa.Integer(), server_default=sa.text("30"), nullable=False)
    )
    op.create_check_constraint(
        op.f("workspace_exact_addresses_days_check"), "workspace", "exact_addresses_days IN (7, 30, 90, 365)"
    )
    op.add_column("workspace", sa.Column("blurred_to", sa.DateTime(timezone=True), nullable=True))

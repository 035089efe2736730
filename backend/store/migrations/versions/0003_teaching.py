"""Claims that teach no more: "Not me" of a look that was taken for the rep's because of one that was hers"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("claim", sa.Column("teaches", sa.Boolean(), server_default=sa.text("true"), nullable=False))

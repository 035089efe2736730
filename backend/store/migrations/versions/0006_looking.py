"""How far the wide look at a mailbox has come; the conversations that Outlook names by Thread-Index"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("mailbox", sa.Column("looked_history_id", sa.Text(), nullable=True))
    op.add_column("mailbox", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE mailbox SET looked_history_id = history_id, looked_at = synced_at")
    for table in ("message", "incoming"):
        op.add_column(table, sa.Column("thread_key", sa.Text(), nullable=True))
        op.create_index(op.f(f"{table}_workspace_id_thread_key_idx"), table, ["workspace_id", "thread_key"])

"""The spine: workspaces, mailboxes, messages, hits, verdicts, replies, the feed"""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    # The job queue's tables, as the pinned procrastinate ships them; every later one ships its own changes.
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))

    op.create_table(
        "hit",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("device_id", sa.UUID(), nullable=True),
        sa.CheckConstraint("kind IN ('open', 'click')", name=op.f("hit_kind_check")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("hit_pkey")),
    )
    op.create_index(op.f("hit_workspace_id_token_idx"), "hit", ["workspace_id", "token"], unique=False)
    op.create_table(
        "unjudged",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("hit_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "hit_id", name=op.f("unjudged_pkey")),
    )
    op.create_table(
        "workspace",
        sa.Column("workspace_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("plan IN ('single', 'team')", name=op.f("workspace_plan_check")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("workspace_pkey")),
        sa.UniqueConstraint("domain", name=op.f("workspace_domain_key")),
    )
    op.create_table(
        "feed_counter",
        sa.Column("workspace_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.workspace_id"],
            name=op.f("feed_counter_workspace_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("feed_counter_pkey")),
    )
    op.create_table(
        "rep",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("google_sub", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default=sa.text("'member'"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("session_epoch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('admin', 'member')", name=op.f("rep_role_check")),
        sa.CheckConstraint("status IN ('pending', 'active', 'declined', 'removed')", name=op.f("rep_status_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.workspace_id"],
            name=op.f("rep_workspace_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("rep_pkey")),
        sa.UniqueConstraint("workspace_id", "google_sub", name=op.f("rep_workspace_id_google_sub_key")),
    )
    op.create_index(op.f("rep_google_sub_idx"), "rep", ["google_sub"], unique=False)
    op.create_table(
        "device",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("user_agent", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "rep_id"],
            ["rep.workspace_id", "rep.id"],
            name=op.f("device_workspace_id_rep_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("device_pkey")),
    )
    op.create_table(
        "invitation",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "invited_by"],
            ["rep.workspace_id", "rep.id"],
            name=op.f("invitation_workspace_id_invited_by_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("invitation_pkey")),
        sa.UniqueConstraint("workspace_id", "email", name=op.f("invitation_workspace_id_email_key")),
    )
    op.create_index(op.f("invitation_email_idx"), "invitation", ["email"], unique=False)
    op.create_table(
        "mailbox",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), server_default=sa.text("'gmail'"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'connected'"), nullable=False),
        sa.Column("disconnected_because", sa.Text(), nullable=True),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("own_addresses", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("history_id", sa.Text(), nullable=True),
        sa.Column("watch_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('full', 'headers')", name=op.f("mailbox_mode_check")),
        sa.CheckConstraint("provider IN ('gmail')", name=op.f("mailbox_provider_check")),
        sa.CheckConstraint("state IN ('connected', 'disconnected')", name=op.f("mailbox_state_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "rep_id"],
            ["rep.workspace_id", "rep.id"],
            name=op.f("mailbox_workspace_id_rep_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("mailbox_pkey")),
        sa.UniqueConstraint("workspace_id", "address", name=op.f("mailbox_workspace_id_address_key")),
    )
    op.create_index(op.f("mailbox_address_idx"), "mailbox", ["address"], unique=False)
    op.create_table(
        "message",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'prepared'"), nullable=False),
        sa.Column("compose_key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bound_by", sa.Text(), nullable=True),
        sa.Column("provider_message_id", sa.Text(), nullable=True),
        sa.Column("thread_id", sa.Text(), nullable=True),
        sa.Column("message_id_header", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('prepared', 'sent', 'lapsed')", name=op.f("message_state_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "mailbox_id"],
            ["mailbox.workspace_id", "mailbox.id"],
            name=op.f("message_workspace_id_mailbox_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "rep_id"],
            ["rep.workspace_id", "rep.id"],
            name=op.f("message_workspace_id_rep_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("message_pkey")),
        sa.UniqueConstraint(
            "workspace_id",
            "mailbox_id",
            "provider_message_id",
            name=op.f("message_workspace_id_mailbox_id_provider_message_id_key"),
        ),
        sa.UniqueConstraint(
            "workspace_id", "rep_id", "compose_key", name=op.f("message_workspace_id_rep_id_compose_key_key")
        ),
    )
    op.create_index(
        op.f("message_workspace_id_mailbox_id_thread_id_idx"),
        "message",
        ["workspace_id", "mailbox_id", "thread_id"],
        unique=False,
    )
    op.create_index(
        op.f("message_workspace_id_message_id_header_idx"),
        "message",
        ["workspace_id", "message_id_header"],
        unique=False,
    )
    op.create_index(
        op.f("message_workspace_id_state_prepared_at_idx"),
        "message",
        ["workspace_id", "state", "prepared_at"],
        unique=False,
    )
    op.create_table(
        "feed_item",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("retracted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("feed_item_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", "key", name=op.f("feed_item_pkey")),
    )
    op.create_index(
        op.f("feed_item_workspace_id_occurred_at_idx"),
        "feed_item",
        ["workspace_id", "occurred_at"],
        unique=False,
    )
    op.create_index(op.f("feed_item_workspace_id_seq_idx"), "feed_item", ["workspace_id", "seq"], unique=False)
    op.create_table(
        "incoming",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_message_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=True),
        sa.Column("message_id_header", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_name", sa.Text(), server_default="", nullable=False),
        sa.Column("from_address", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("confidence", sa.REAL(), nullable=False),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("back_on", sa.Date(), nullable=True),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "mailbox_id"],
            ["mailbox.workspace_id", "mailbox.id"],
            name=op.f("incoming_workspace_id_mailbox_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("incoming_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("incoming_pkey")),
        sa.UniqueConstraint(
            "workspace_id",
            "mailbox_id",
            "provider_message_id",
            name=op.f("incoming_workspace_id_mailbox_id_provider_message_id_key"),
        ),
    )
    op.create_index(
        op.f("incoming_workspace_id_message_id_header_idx"),
        "incoming",
        ["workspace_id", "message_id_header"],
        unique=False,
    )
    op.create_index(
        op.f("incoming_workspace_id_message_id_idx"), "incoming", ["workspace_id", "message_id"], unique=False
    )
    op.create_table(
        "link",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("link_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("link_pkey")),
    )
    op.create_index(op.f("link_workspace_id_message_id_idx"), "link", ["workspace_id", "message_id"], unique=False)
    op.create_table(
        "presence",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("source IN ('addon', 'web')", name=op.f("presence_source_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("presence_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "rep_id"],
            ["rep.workspace_id", "rep.id"],
            name=op.f("presence_workspace_id_rep_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("presence_pkey")),
    )
    op.create_index(
        op.f("presence_workspace_id_message_id_at_idx"),
        "presence",
        ["workspace_id", "message_id", "at"],
        unique=False,
    )
    op.create_table(
        "recipient",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("role IN ('to', 'cc', 'bcc')", name=op.f("recipient_role_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("recipient_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", "address", name=op.f("recipient_pkey")),
    )
    op.create_index(op.f("recipient_workspace_id_address_idx"), "recipient", ["workspace_id", "address"], unique=False)
    op.create_table(
        "verdict",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("hit_id", sa.UUID(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("confidence", sa.REAL(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "hit_id"],
            ["hit.workspace_id", "hit.id"],
            name=op.f("verdict_workspace_id_hit_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("verdict_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "hit_id", name=op.f("verdict_pkey")),
    )
    op.create_index(
        op.f("verdict_workspace_id_message_id_idx"), "verdict", ["workspace_id", "message_id"], unique=False
    )
    op.create_table(
        "tracker",
        sa.Column("workspace_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('open', 'click')", name=op.f("tracker_kind_check")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "link_id"],
            ["link.workspace_id", "link.id"],
            name=op.f("tracker_workspace_id_link_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["message.workspace_id", "message.id"],
            name=op.f("tracker_workspace_id_message_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "token", name=op.f("tracker_pkey")),
    )
    op.create_index(
        op.f("tracker_workspace_id_message_id_idx"), "tracker", ["workspace_id", "message_id"], unique=False
    )

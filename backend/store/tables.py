"""What does Readback keep? Every table, with the workspace first in its primary key.

The workspace leads every key and every foreign key, so that tenants cannot be joined by mistake and the schema
distributes on that key unchanged; only `workspace` itself, the directory of tenants, has a key of its own.
`hit`, `claim` and `incoming` hold raw facts as they came; `verdict` and `feed_item` can be computed anew from them.
The migrations in `migrations/` make exactly these tables; a guard test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB, REAL, UUID

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

NOW = text("now()")
NO_OBJECT = text("'{}'::jsonb")


def _instant(name: str, *, nullable: bool = False, default: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=NOW if default else None)


def _tenant() -> Column[int]:
    return Column("workspace_id", BigInteger, nullable=False)


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), nullable=False)


def _words(name: str, *words: str, default: str | None = None) -> tuple[Column[str], CheckConstraint]:
    listed = ", ".join(f"'{word}'" for word in words)
    column = Column(name, Text, nullable=False, server_default=text(f"'{default}'") if default else None)
    return column, CheckConstraint(f"{name} IN ({listed})", name=name)


def _belongs(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"], ondelete="CASCADE")


def _in_workspace() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id"], ["workspace.workspace_id"], ondelete="CASCADE")


workspace = Table(
    "workspace",
    metadata,
    Column("workspace_id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("domain", Text, unique=True),  # verified company domain; NULL for a workspace of gmail.com and its like
    *_words("plan", "single", "team", default="team"),
    _instant("created_at", default=True),
)

feed_counter = Table(
    "feed_counter",
    metadata,
    Column("workspace_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    _in_workspace(),
)

rep = Table(
    "rep",
    metadata,
    _tenant(),
    _id(),
    Column("google_sub", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    *_words("role", "admin", "member", default="member"),
    *_words("status", "pending", "active", "declined", "removed", default="pending"),
    Column("time_zone", Text),
    Column("session_epoch", Integer, nullable=False, server_default=text("0")),
    _instant("created_at", default=True),
    _instant("admitted_at", nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "google_sub"),
    _in_workspace(),
    Index(None, "google_sub"),
)

invitation = Table(
    "invitation",
    metadata,
    _tenant(),
    _id(),
    Column("email", Text, nullable=False),
    Column("invited_by", BigInteger, nullable=False),
    _instant("created_at", default=True),
    _instant("accepted_at", nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "email"),
    _belongs("rep", "invited_by"),
    Index(None, "email"),
)

device = Table(
    "device",
    metadata,
    _tenant(),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("rep_id", BigInteger, nullable=False),
    Column("user_agent", Text, nullable=False, server_default=""),
    _instant("created_at", default=True),
    _instant("forgotten_at", nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    _belongs("rep", "rep_id"),
)

mailbox = Table(
    "mailbox",
    metadata,
    _tenant(),
    _id(),
    Column("rep_id", BigInteger, nullable=False),
    *_words("provider", "gmail", default="gmail"),
    Column("address", Text, nullable=False),
    *_words("mode", "full", "headers"),
    *_words("state", "connected", "disconnected", default="connected"),
    Column("disconnected_because", Text),  # 'withdrawn' | 'asked' | ...; a sentence is made of it on the page
    Column("credentials", LargeBinary),  # encrypted; NULL once disconnected
    Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("own_addresses", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("history_id", Text),
    _instant("watch_expires_at", nullable=True),
    _instant("connected_at", default=True),
    _instant("synced_at", nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "address"),
    _belongs("rep", "rep_id"),
    Index(None, "address"),
)

message = Table(
    "message",
    metadata,
    _tenant(),
    _id(),
    Column("rep_id", BigInteger, nullable=False),
    Column("mailbox_id", BigInteger),
    *_words("state", "prepared", "sent", "lapsed", default="prepared"),
    Column("compose_key", Text, nullable=False),  # one press of "Track", however often it is repeated
    Column("subject", Text),
    _instant("prepared_at", default=True),
    _instant("sent_at", nullable=True),
    _instant("lapsed_at", nullable=True),
    Column("bound_by", Text),  # the rule that recognised the sent copy
    Column("provider_message_id", Text),
    Column("thread_id", Text),
    Column("message_id_header", Text),  # as read back from the sent copy, without angle brackets
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "rep_id", "compose_key"),
    UniqueConstraint("workspace_id", "mailbox_id", "provider_message_id"),
    _belongs("rep", "rep_id"),
    _belongs("mailbox", "mailbox_id"),
    Index(None, "workspace_id", "message_id_header"),
    Index(None, "workspace_id", "mailbox_id", "thread_id"),
    Index(None, "workspace_id", "state", "prepared_at"),
)

recipient = Table(
    "recipient",
    metadata,
    _tenant(),
    Column("message_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    *_words("role", "to", "cc", "bcc"),
    PrimaryKeyConstraint("workspace_id", "message_id", "address"),
    _belongs("message", "message_id"),
    Index(None, "workspace_id", "address"),
)

link = Table(
    "link",
    metadata,
    _tenant(),
    _id(),
    Column("message_id", BigInteger, nullable=False),
    Column("destination", Text, nullable=False),
    Column("text", Text, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    _belongs("message", "message_id"),
    Index(None, "workspace_id", "message_id"),
)

tracker = Table(
    "tracker",
    metadata,
    _tenant(),
    Column("token", Text, nullable=False),
    *_words("kind", "open", "click"),
    Column("message_id", BigInteger, nullable=False),
    Column("link_id", BigInteger),
    PrimaryKeyConstraint("workspace_id", "token"),
    _belongs("message", "message_id"),
    _belongs("link", "link_id"),
    Index(None, "workspace_id", "message_id"),
)

hit = Table(
    "hit",
    metadata,
    _tenant(),
    Column("id", UUID(as_uuid=True), nullable=False),  # made by the collector, so that a replay stores it once
    *_words("kind", "open", "click"),
    Column("token", Text, nullable=False),
    _instant("received_at"),
    Column("method", Text, nullable=False),
    Column("ip", INET),
    Column("user_agent", Text, nullable=False),
    Column("headers", JSONB, nullable=False, server_default=NO_OBJECT),
    Column("device_id", UUID(as_uuid=True)),  # from the signed device cookie, which itself is not kept
    PrimaryKeyConstraint("workspace_id", "id"),
    Index(None, "workspace_id", "token"),
)

unjudged = Table(
    "unjudged",
    metadata,
    _tenant(),
    Column("hit_id", UUID(as_uuid=True), nullable=False),
    PrimaryKeyConstraint("workspace_id", "hit_id"),
)

verdict = Table(
    "verdict",
    metadata,
    _tenant(),
    Column("hit_id", UUID(as_uuid=True), nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("confidence", REAL, nullable=False),
    Column("rules_version", Integer, nullable=False),
    _instant("judged_at"),
    PrimaryKeyConstraint("workspace_id", "hit_id"),
    ForeignKeyConstraint(["workspace_id", "hit_id"], ["hit.workspace_id", "hit.id"], ondelete="CASCADE"),
    _belongs("message", "message_id"),
    Index(None, "workspace_id", "message_id"),
)

claim = Table(
    "claim",
    metadata,
    _tenant(),
    Column("hit_id", UUID(as_uuid=True), nullable=False),
    Column("rep_id", BigInteger, nullable=False),  # who said "That was me"
    _instant("at"),
    Column("teaches", Boolean, nullable=False, server_default=text("true")),  # until "Not me" of what it taught
    PrimaryKeyConstraint("workspace_id", "hit_id", "rep_id"),
    ForeignKeyConstraint(["workspace_id", "hit_id"], ["hit.workspace_id", "hit.id"], ondelete="CASCADE"),
    _belongs("rep", "rep_id"),
    Index(None, "workspace_id", "rep_id"),
)

presence = Table(
    "presence",
    metadata,
    _tenant(),
    _id(),
    Column("rep_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    _instant("at"),
    *_words("source", "addon", "web"),
    PrimaryKeyConstraint("workspace_id", "id"),
    _belongs("rep", "rep_id"),
    _belongs("message", "message_id"),
    Index(None, "workspace_id", "message_id", "at"),
)

incoming = Table(
    "incoming",
    metadata,
    _tenant(),
    _id(),
    Column("mailbox_id", BigInteger, nullable=False),
    Column("provider_message_id", Text, nullable=False),
    Column("message_id", BigInteger, nullable=False),  # the tracked message that it is about
    Column("thread_id", Text),
    Column("message_id_header", Text),
    _instant("received_at"),
    Column("from_name", Text, nullable=False, server_default=""),
    Column("from_address", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("headers", JSONB, nullable=False, server_default=NO_OBJECT),
    Column("kind", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("who", Text, nullable=False, server_default=""),
    Column("confidence", REAL, nullable=False),
    Column("evidence", JSONB, nullable=False, server_default=NO_OBJECT),
    Column("back_on", Date),
    Column("rules_version", Integer, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "mailbox_id", "provider_message_id"),
    _belongs("mailbox", "mailbox_id"),
    _belongs("message", "message_id"),
    Index(None, "workspace_id", "message_id"),
    Index(None, "workspace_id", "message_id_header"),
)

feed_item = Table(
    "feed_item",
    metadata,
    _tenant(),
    Column("message_id", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _instant("occurred_at"),
    Column("data", JSONB, nullable=False, server_default=NO_OBJECT),
    Column("retracted", Boolean, nullable=False, server_default=text("false")),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace_id", "message_id", "key"),
    _belongs("message", "message_id"),
    Index(None, "workspace_id", "seq"),
    Index(None, "workspace_id", "occurred_at"),
)

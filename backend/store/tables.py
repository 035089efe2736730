"""What does Readback keep? Every table, with the workspace first in its primary key.

The workspace leads every key and every foreign key, so that tenants cannot be joined by mistake and the schema
distributes on that key unchanged; only `workspace` itself, the directory of tenants, has a key of its own.
`hit`, `claim`, `incoming`, `beacon` and `page_load` hold raw facts as they came; `verdict`, `page_view` and `feed_item`
can be computed anew from them. Documents and their reading are in `document_tables`. The migrations in `migrations/`
make exactly these tables; a guard test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB, REAL, UUID

from backend.store.columns import (
    NO_OBJECT,
    belongs,
    id_,
    in_workspace,
    instant,
    metadata,
    tenant,
    words,
)
from backend.store.document_tables import (
    beacon,
    document,
    document_page,
    document_version,
    page_load,
    page_view,
    share,
    visit,
)

__all__ = [
    "beacon",
    "claim",
    "device",
    "document",
    "document_page",
    "document_version",
    "feed_counter",
    "feed_item",
    "hit",
    "incoming",
    "invitation",
    "link",
    "mailbox",
    "message",
    "metadata",
    "page_load",
    "page_view",
    "presence",
    "recipient",
    "rep",
    "share",
    "tracker",
    "unjudged",
    "verdict",
    "visit",
    "workspace",
]

workspace = Table(
    "workspace",
    metadata,
    Column("workspace_id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("domain", Text, unique=True),  # verified company domain; NULL for a workspace of gmail.com and its like
    *words("plan", "single", "team", default="team"),
    Column("exact_addresses_days", Integer, nullable=False, server_default=text("30")),
    instant("blurred_to", nullable=True),  # up to when only the networks of addresses are left
    CheckConstraint("exact_addresses_days IN (7, 30, 90, 365)", name="exact_addresses_days"),
    *words("reader_privacy", "tell", "ask", "none", default="tell"),  # what readers of its documents meet
    instant("created_at", default=True),
)

feed_counter = Table(
    "feed_counter",
    metadata,
    Column("workspace_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    in_workspace(),
)

rep = Table(
    "rep",
    metadata,
    tenant(),
    id_(),
    Column("google_sub", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    *words("role", "admin", "member", default="member"),
    *words("status", "pending", "active", "declined", "removed", default="pending"),
    Column("time_zone", Text),
    Column("session_epoch", Integer, nullable=False, server_default=text("0")),
    instant("created_at", default=True),
    instant("admitted_at", nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "google_sub"),
    in_workspace(),
    Index(None, "google_sub"),
)

invitation = Table(
    "invitation",
    metadata,
    tenant(),
    id_(),
    Column("email", Text, nullable=False),
    Column("invited_by", BigInteger, nullable=False),
    instant("created_at", default=True),
    instant("accepted_at", nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "email"),
    belongs("rep", "invited_by"),
    Index(None, "email"),
)

device = Table(
    "device",
    metadata,
    tenant(),
    Column("id", UUID(as_uuid=True), nullable=False),
    Column("rep_id", BigInteger, nullable=False),
    Column("user_agent", Text, nullable=False, server_default=""),
    instant("created_at", default=True),
    instant("forgotten_at", nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    belongs("rep", "rep_id"),
)

mailbox = Table(
    "mailbox",
    metadata,
    tenant(),
    id_(),
    Column("rep_id", BigInteger, nullable=False),
    *words("provider", "gmail", default="gmail"),
    Column("address", Text, nullable=False),
    *words("mode", "full", "headers"),
    *words("state", "connected", "disconnected", default="connected"),
    Column("disconnected_because", Text),  # 'withdrawn' | 'asked' | ...; a sentence is made of it on the page
    Column("credentials", LargeBinary),  # encrypted; NULL once disconnected
    Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("own_addresses", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("history_id", Text),
    instant("watch_expires_at", nullable=True),
    instant("connected_at", default=True),
    instant("synced_at", nullable=True),
    Column("looked_history_id", Text),  # how far everything was looked at; `history_id` is ahead of it
    instant("looked_at", nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "address"),
    belongs("rep", "rep_id"),
    Index(None, "address"),
)

message = Table(
    "message",
    metadata,
    tenant(),
    id_(),
    Column("rep_id", BigInteger, nullable=False),
    Column("mailbox_id", BigInteger),
    *words("state", "prepared", "sent", "lapsed", default="prepared"),
    Column("compose_key", Text, nullable=False),  # one press of "Track", however often it is repeated
    Column("subject", Text),
    instant("prepared_at", default=True),
    instant("sent_at", nullable=True),
    instant("lapsed_at", nullable=True),
    Column("bound_by", Text),  # the rule that recognised the sent copy
    Column("provider_message_id", Text),
    Column("thread_id", Text),
    Column("message_id_header", Text),  # as read back from the sent copy, without angle brackets
    Column("thread_key", Text),  # what all of an Outlook conversation's Thread-Index begin with
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "rep_id", "compose_key"),
    UniqueConstraint("workspace_id", "mailbox_id", "provider_message_id"),
    belongs("rep", "rep_id"),
    belongs("mailbox", "mailbox_id"),
    Index(None, "workspace_id", "message_id_header"),
    Index(None, "workspace_id", "thread_key"),
    Index(None, "workspace_id", "mailbox_id", "thread_id"),
    Index(None, "workspace_id", "state", "prepared_at"),
)

recipient = Table(
    "recipient",
    metadata,
    tenant(),
    Column("message_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    *words("role", "to", "cc", "bcc"),
    PrimaryKeyConstraint("workspace_id", "message_id", "address"),
    belongs("message", "message_id"),
    Index(None, "workspace_id", "address"),
)

link = Table(
    "link",
    metadata,
    tenant(),
    id_(),
    Column("message_id", BigInteger, nullable=False),
    Column("destination", Text, nullable=False),
    Column("text", Text, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    belongs("message", "message_id"),
    Index(None, "workspace_id", "message_id"),
)

tracker = Table(
    "tracker",
    metadata,
    tenant(),
    Column("token", Text, nullable=False),
    *words("kind", "open", "click", "document"),
    Column("message_id", BigInteger, nullable=False),
    Column("link_id", BigInteger),
    Column("share_id", BigInteger),
    PrimaryKeyConstraint("workspace_id", "token"),
    belongs("message", "message_id"),
    belongs("link", "link_id"),
    belongs("share", "share_id"),
    Index(None, "workspace_id", "message_id"),
    Index(None, "workspace_id", "share_id"),
)

hit = Table(
    "hit",
    metadata,
    tenant(),
    Column("id", UUID(as_uuid=True), nullable=False),  # made by the collector, so that a replay stores it once
    *words("kind", "open", "click", "visit", "download", "follow"),
    Column("token", Text, nullable=False),
    instant("received_at"),
    Column("method", Text, nullable=False),
    Column("ip", INET),
    Column("place", Text),  # roughly where that is, as it is told
    Column("user_agent", Text, nullable=False),
    Column("headers", JSONB, nullable=False, server_default=NO_OBJECT),
    Column("device_id", UUID(as_uuid=True)),  # from the signed device cookie, which itself is not kept
    Column("detail", JSONB, nullable=False, server_default=NO_OBJECT),  # of a document: visit, page, where a link led
    PrimaryKeyConstraint("workspace_id", "id"),
    Index(None, "workspace_id", "token"),
)

unjudged = Table(
    "unjudged",
    metadata,
    tenant(),
    Column("hit_id", UUID(as_uuid=True), nullable=False),
    PrimaryKeyConstraint("workspace_id", "hit_id"),
)

verdict = Table(
    "verdict",
    metadata,
    tenant(),
    Column("hit_id", UUID(as_uuid=True), nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("confidence", REAL, nullable=False),
    Column("rules_version", Integer, nullable=False),
    instant("judged_at"),
    PrimaryKeyConstraint("workspace_id", "hit_id"),
    ForeignKeyConstraint(["workspace_id", "hit_id"], ["hit.workspace_id", "hit.id"], ondelete="CASCADE"),
    belongs("message", "message_id"),
    Index(None, "workspace_id", "message_id"),
)

claim = Table(
    "claim",
    metadata,
    tenant(),
    Column("hit_id", UUID(as_uuid=True), nullable=False),
    Column("rep_id", BigInteger, nullable=False),  # who said "That was me"
    instant("at"),
    Column("teaches", Boolean, nullable=False, server_default=text("true")),  # until "Not me" of what it taught
    PrimaryKeyConstraint("workspace_id", "hit_id", "rep_id"),
    ForeignKeyConstraint(["workspace_id", "hit_id"], ["hit.workspace_id", "hit.id"], ondelete="CASCADE"),
    belongs("rep", "rep_id"),
    Index(None, "workspace_id", "rep_id"),
)

presence = Table(
    "presence",
    metadata,
    tenant(),
    id_(),
    Column("rep_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    instant("at"),
    *words("source", "addon", "web"),
    PrimaryKeyConstraint("workspace_id", "id"),
    belongs("rep", "rep_id"),
    belongs("message", "message_id"),
    Index(None, "workspace_id", "message_id", "at"),
)

incoming = Table(
    "incoming",
    metadata,
    tenant(),
    id_(),
    Column("mailbox_id", BigInteger, nullable=False),
    Column("provider_message_id", Text, nullable=False),
    Column("message_id", BigInteger, nullable=False),  # the tracked message that it is about
    Column("thread_id", Text),
    Column("message_id_header", Text),
    instant("received_at"),
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
    Column("thread_key", Text),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "mailbox_id", "provider_message_id"),
    belongs("mailbox", "mailbox_id"),
    belongs("message", "message_id"),
    Index(None, "workspace_id", "message_id"),
    Index(None, "workspace_id", "message_id_header"),
    Index(None, "workspace_id", "thread_key"),
)

feed_item = Table(
    "feed_item",
    metadata,
    tenant(),
    Column("message_id", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    instant("occurred_at"),
    Column("data", JSONB, nullable=False, server_default=NO_OBJECT),
    Column("retracted", Boolean, nullable=False, server_default=text("false")),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace_id", "message_id", "key"),
    belongs("message", "message_id"),
    Index(None, "workspace_id", "seq"),
    Index(None, "workspace_id", "occurred_at"),
)

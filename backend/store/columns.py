"""Of what are the tables made? The metadata with its names of constraints, and the columns and keys that recur."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    MetaData,
    Text,
    text,
)

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


def instant(name: str, *, nullable: bool = False, default: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=NOW if default else None)


def tenant() -> Column[int]:
    return Column("workspace_id", BigInteger, nullable=False)


def id_() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), nullable=False)


def words(name: str, *allowed: str, default: str | None = None) -> tuple[Column[str], CheckConstraint]:
    listed = ", ".join(f"'{word}'" for word in allowed)
    column = Column(name, Text, nullable=False, server_default=text(f"'{default}'") if default else None)
    return column, CheckConstraint(f"{name} IN ({listed})", name=name)


def belongs(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"], ondelete="CASCADE")


def in_workspace() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id"], ["workspace.workspace_id"], ondelete="CASCADE")

"""The schema's promises: migrations make exactly the tables, and the workspace leads every key."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from backend.store import schema
from backend.store.tables import metadata


def _ours(_object, name, kind, *_):
    return kind != "table" or not name.startswith("procrastinate_")


def test_the_migrations_make_exactly_the_tables(conn):
    context = MigrationContext.configure(conn, opts={"include_object": _ours, "compare_server_default": True})
    assert compare_metadata(context, metadata) == []


def test_the_database_is_current_after_migrating(conn):
    assert schema.is_current(conn)


def test_the_workspace_leads_every_key():
    for table in metadata.sorted_tables:
        for constraint in table.constraints:
            if not isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint | ForeignKeyConstraint):
                continue
            first = next(iter(constraint.columns)).name
            is_directory = table.name == "workspace" and isinstance(constraint, UniqueConstraint)
            assert first == "workspace_id" or is_directory, f"{table.name}: {constraint}"

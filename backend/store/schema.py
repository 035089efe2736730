"""Is the schema what this code expects, and how does it get there?"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_211_925  # any number, the same in every process: migrations run one at a time


def migrate(engine: Engine) -> str:
    """Bring the schema to this code's revision and return it; waits for a migration that runs elsewhere."""
    config = _config()
    with engine.connect() as conn:
        conn.execute(text("SET statement_timeout = 0"))
        conn.execute(text("SET lock_timeout = '60s'"))
        conn.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        conn.commit()
        try:
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
            conn.commit()
        finally:
            conn.rollback()
            conn.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            conn.commit()
            conn.invalidate()  # its session settings must not go back to the pool
    return expected_revision()


def expected_revision() -> str:
    """The revision that this code was written for."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def is_current(conn: Connection) -> bool:
    """Whether the database has the schema that this code was written for."""
    return MigrationContext.configure(conn).get_current_revision() == expected_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config

"""One real PostgreSQL for all tests: a migrated template database, and a copy of it for each test process."""

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from backend.adapters.postgres import EmbeddedPostgres
from backend.store import schema
from backend.store.engine import create_store, sqlalchemy_url

FOLDER = Path(tempfile.gettempdir()) / f"readback-tests-{os.getuid()}"


def _template_name() -> str:
    versions = Path(schema.__file__).parent / "migrations" / "versions"
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(versions.glob("*.py"))))
    return f"template_{digest.hexdigest()[:12]}"


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A server's address: TEST_DATABASE_URL where given, else the embedded one."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with EmbeddedPostgres(FOLDER / "pg") as embedded:
        yield embedded.url()


@contextlib.contextmanager
def fresh_database(server_url: str, name: str) -> Iterator[str]:
    """A database of this name with the current schema, gone afterwards."""
    admin = create_engine(sqlalchemy_url(server_url), isolation_level="AUTOCOMMIT")
    template = _template_name()
    with _one_at_a_time(), admin.connect() as conn:
        _tune(conn)
        known = conn.execute(text("SELECT 1 FROM pg_database WHERE datname = :n"), {"n": template}).first()
        if known is None:
            conn.execute(text(f'CREATE DATABASE "{template}_new"'))
            engine = create_store(_url(server_url, f"{template}_new"))
            schema.migrate(engine)
            engine.dispose()
            conn.execute(text(f'ALTER DATABASE "{template}_new" RENAME TO "{template}"'))
        conn.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        conn.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    try:
        yield _url(server_url, name)
    finally:
        with admin.connect() as conn:
            conn.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        admin.dispose()


def _tune(conn) -> None:  # type: ignore[no-untyped-def]
    """Tests need no durability; the durability tests start a server of their own."""
    if conn.execute(text("SHOW fsync")).scalar() == "on" and not os.environ.get("TEST_DATABASE_URL"):
        for setting in (
            "fsync = off",
            "synchronous_commit = off",
            "full_page_writes = off",
            "max_connections = 300",
        ):
            conn.execute(text(f"ALTER SYSTEM SET {setting}"))
        conn.execute(text("SELECT pg_reload_conf()"))


def _url(server_url: str, database: str) -> str:
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)

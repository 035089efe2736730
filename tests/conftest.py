"""What every test can ask for: a clock, settings, a database (rolled back, or committed and cleaned), tenants."""

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, Engine, text

from backend.settings import Settings
from backend.store.engine import create_store
from backend.store.tables import metadata
from tests import postgres
from tests.stories import Tenant, found_workspace

# The files that take longest, handed out first: at the end one process would work alone on what came last
LONGEST_FIRST = (
    "journeys/viewer/test_every_browser.py",
    "journeys/viewer/test_pages.py",
    "journeys/test_story.py",
    "journeys/test_content.py",
    "journeys/test_connecting.py",
    "journeys/test_demo.py",
    "journeys/",
    "web/test_pages_in_browser.py",
    "web/test_any_request.py",
    "test_jobs.py",
    "test_converting.py",
    "services/test_converting.py",
    "services/test_documents.py",
    "web/test_reading_in_browser.py",
    "adapters/test_office.py",
    "collector/test_durability.py",
    "web/test_content.py",
    "services/test_syncing_interleaved.py",
    "services/test_claims.py",
)

# HYPOTHESIS_PROFILE=thorough looks harder than every run can afford to
hypothesis.settings.register_profile("suite", max_examples=40, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)

ENVIRON = {
    "PUBLIC_URL": "https://readback.example",
    "TRACKING_URL": "https://t.readback.example",
    "SECRET_KEY": "tests-secret-key-of-more-than-32-characters",
    "LINK_KEYS": "tests-link-key-of-more-than-32-characters!",
    "TOKEN_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "GOOGLE_CLIENT_ID": "client-id.apps.googleusercontent.com",
    "GOOGLE_CLIENT_SECRET": "client-secret",
    "GOOGLE_ADDON_SERVICE_ACCOUNT": "addon@gcp-sa-gsuiteaddons.iam.gserviceaccount.com",
    "GOOGLE_PUBSUB_TOPIC": "projects/readback/topics/gmail",
    "GOOGLE_PUSH_SERVICE_ACCOUNT": "push@readback.iam.gserviceaccount.com",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; the rest stays in its order."""

    def place(item: pytest.Item) -> int:
        file = item.path.relative_to(Path(__file__).parent).as_posix()
        return next((place for place, name in enumerate(LONGEST_FIRST) if file.startswith(name)), len(LONGEST_FIRST))

    items.sort(key=place)


class OneConnection:
    """Stands where an Engine does, and gives every caller the test's one connection, in a savepoint each.

    What the code under test commits is released into the test's own transaction, which is rolled back at its end.
    """

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        with self._conn.begin_nested():
            yield self._conn

    connect = begin


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings.from_environ(ENVIRON)


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def database_url(database_server: str) -> Iterator[str]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with postgres.fresh_database(database_server, f"test_{os.getpid()}_{worker}") as url:
        yield url


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """The engine over this process's database. Tests take `conn` (rolled back) or `committed` (cleaned)."""
    engine = create_store(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as conn:
        transaction = conn.begin()
        # What a server of another test still stored after that test's tables were emptied is no business of this one
        conn.execute(text("DELETE FROM unjudged"))
        yield conn
        transaction.rollback()


@pytest.fixture
def database(conn: Connection) -> Any:
    """An Engine look-alike over `conn`, for code that opens transactions itself."""
    return OneConnection(conn)


@pytest.fixture
def committed(engine: Engine) -> Iterator[Engine]:
    """The engine itself, for what needs several connections; every table is empty before and afterwards."""
    _empty(engine)  # what a server of another test still stored after its end is no business of this one
    yield engine
    _empty(engine)


def _empty(engine: Engine) -> None:
    with engine.begin() as conn:  # a few rows each: to truncate so many tables takes a hundred times as long
        for name in ("procrastinate_events", "procrastinate_periodic_defers", "procrastinate_jobs"):
            conn.execute(text(f"DELETE FROM {name}"))
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())


@pytest.fixture
def gridworks(conn: Connection) -> Tenant:
    """The rep's workspace, with Quorra (admin) and Sam."""
    return found_workspace(conn, "gridworks.example", ["Quorra Reed", "Sam Tully"])


@pytest.fixture
def othergrid(conn: Connection) -> Tenant:
    """Another company's workspace: nothing of gridworks may ever show here."""
    return found_workspace(conn, "othergrid.example", ["Tess Marlow"])

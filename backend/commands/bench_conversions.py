"""How long does a rep wait for the pages of an upload? The whole way: upload, job, worker, cage, blobs, row.

A PostgreSQL of its own and a worker as a process of its own, as in production, both warm; one document at a time.
Read off the rows, as the page does that shows the progress.
"""

import base64
import multiprocessing
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from backend.adapters.blobs import Blobs
from backend.adapters.postgres import EmbeddedPostgres
from backend.app import create_parts
from backend.commands.bench_samples import write_text
from backend.jobs import run_worker
from backend.logs import configure_logs
from backend.services.documents import Upload, Uploader, upload
from backend.settings import Settings
from backend.store.engine import create_store
from backend.store.schema import migrate

_LOOK_EVERY_S = 0.005
_STOPS_WITHIN_S = 20.0
_NOT_CALLED = ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GOOGLE_ADDON_SERVICE_ACCOUNT", "GOOGLE_PUBSUB_TOPIC",
               "GOOGLE_PUSH_SERVICE_ACCOUNT")  # fmt: skip
_FOUNDED = text(
    """
    WITH founded AS (INSERT INTO workspace (name, plan) VALUES ('Bench', 'team') RETURNING workspace_id)
    INSERT INTO rep (workspace_id, google_sub, email, name)
        SELECT workspace_id, 'sub', 'quorra@gridworks.example', 'Quorra Reed' FROM founded
    RETURNING workspace_id, id
    """
)
_FAR = text(
    """
    SELECT ready_pages, state, (
        SELECT count(*) FROM document_page AS page
        WHERE page.workspace_id = version.workspace_id AND version_id = version.id AND jsonb_array_length(images) > 3
    ) FROM document_version AS version WHERE document_id = :document_id
    """
)


@dataclass(frozen=True)
class Waited:
    """Seconds from the upload to the first page that can be read, to the last, and to the widest image of all."""

    first_s: float
    last_s: float
    sharp_s: float
    pages: int


class ConversionNotDone(RuntimeError):
    """The document came to another end than its pages."""


class House:
    """A database, a store of blobs and a worker, for one rep's uploads."""

    def __init__(self, engine: Engine, blobs: Blobs) -> None:
        self._engine = engine
        self._blobs = blobs
        with engine.begin() as conn:
            self._by = Uploader(*conn.execute(_FOUNDED).one())

    def wait_for(self, path: Path) -> Waited:
        """Upload a file and look until all is there."""
        began = time.perf_counter()
        with path.open("rb") as file:
            document_id = upload(self._engine, self._blobs, self._by, Upload(file, path.name), datetime.now(UTC))
        first = last = 0.0
        while True:
            with self._engine.begin() as conn:
                pages, state, sharp = conn.execute(_FAR, {"document_id": document_id}).one()
            passed = time.perf_counter() - began
            first = first or (passed if pages else 0.0)
            last = last or (passed if state == "ready" else 0.0)
            if state in ("refused", "failed"):
                raise ConversionNotDone(f"{path.name}: {state}")
            if last and sharp == pages:
                return Waited(first, last, passed, pages)
            time.sleep(_LOOK_EVERY_S)


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """Start everything, warm it up with a page, and stop it again."""
    with EmbeddedPostgres(folder / "pg") as server:
        engine = create_store(server.url())
        migrate(engine)
        environ = _environ(server.url(), folder)
        worker = multiprocessing.get_context("spawn").Process(target=_work, args=(environ,))
        worker.start()
        try:
            house = House(engine, Blobs(str(folder / "blobs")))
            write_text(folder / "warm-up.pdf", 1)
            house.wait_for(folder / "warm-up.pdf")
            yield house
        finally:
            worker.terminate()
            worker.join(_STOPS_WITHIN_S)
            engine.dispose()


def _work(environ: dict[str, str]) -> None:
    settings = Settings.from_environ(environ)
    configure_logs(settings.log_level)
    run_worker(create_parts(settings))


def _environ(database_url: str, folder: Path) -> dict[str, str]:
    """What a worker is told; nobody calls Google here."""
    return {
        **dict.fromkeys(_NOT_CALLED, "not called"),
        "DATABASE_URL": database_url,
        "READBACK_DATA_DIR": str(folder),
        "PUBLIC_URL": "http://localhost",
        "SECRET_KEY": secrets.token_hex(32),
        "LINK_KEYS": secrets.token_hex(32),
        "TOKEN_ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "LOG_LEVEL": "ERROR",
    }

"""Documents made into pages by the worker, as a process of its own: killed in the middle, and beside the mail."""

import contextlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from backend.adapters import documents as adapter
from backend.adapters.blobs import Blobs
from backend.adapters.cage import Limits
from backend.errors import Transient
from backend.jobs import ATTEMPTS, create_queue
from backend.services import documents
from backend.services.converting import SHARP_WIDTH, WIDTHS
from backend.services.documents import QUEUE, Upload, Uploader
from backend.services.parts import Parts
from backend.settings import Settings
from backend.store.document_tables import document_page, document_version
from backend.store.queue import enqueue
from tests import documents as files
from tests.conftest import ENVIRON
from tests.stories import found_workspace

PAGES = 16
STOPS_WITHIN_S = 8  # platforms kill after 10 s or later


class Store:
    """Uploads of one rep, and what became of them."""

    def __init__(self, engine: Engine, blobs: Blobs) -> None:
        self.engine = engine
        self.blobs = blobs
        with engine.begin() as conn:
            tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        self.by = Uploader(tenant.workspace_id, tenant.reps["quorra"].id)

    def upload(self, content: bytes) -> int:
        """Store a new document; returns its version."""
        document_id = documents.upload(
            self.engine, self.blobs, self.by, Upload(io.BytesIO(content), "Offer.pdf"), datetime.now(UTC)
        )
        return self.ask(select(document_version.c.id).where(document_version.c.document_id == document_id))

    def ask(self, asked: Any) -> Any:
        with self.engine.connect() as conn:
            return conn.execute(asked).scalar_one()

    def count(self, condition: str) -> int:
        return self.ask(text(f"SELECT count(*) FROM procrastinate_jobs WHERE {condition}"))

    def ready(self, version_id: int) -> int:
        return self.ask(select(document_version.c.ready_pages).where(document_version.c.id == version_id))

    def state(self, version_id: int) -> str:
        return self.ask(select(document_version.c.state).where(document_version.c.id == version_id))

    def told(self, version_id: int) -> tuple[str, str]:
        asked = select(document_version.c.rule, document_version.c.sentence).where(document_version.c.id == version_id)
        with self.engine.connect() as conn:
            return tuple(conn.execute(asked).one())

    def widths(self, version_id: int) -> list[tuple[int, ...]]:
        """The widths of each page's images."""
        asked = select(document_page.c.images).where(document_page.c.version_id == version_id)
        with self.engine.connect() as conn:
            pages = conn.execute(asked).scalars().all()
        return [tuple(image["asked_width"] for image in images) for images in pages]

    def page_rows(self) -> dict[int, int]:
        """Each page's number, and the transaction that wrote it."""
        with self.engine.connect() as conn:
            rows = conn.execute(text("SELECT number, xmin::text::bigint AS written_by FROM document_page")).all()
        return {row.number: row.written_by for row in rows}


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


@pytest.fixture
def store(committed, blobs) -> Store:
    return Store(committed, blobs)


@pytest.fixture
def work(database_url, tmp_path) -> Callable[[], Any]:
    @contextlib.contextmanager
    def working() -> Iterator[subprocess.Popen[bytes]]:
        environ = {**ENVIRON, "DATABASE_URL": database_url, "READBACK_DATA_DIR": str(tmp_path)}
        environ |= {"PATH": os.environ["PATH"], "LOG_LEVEL": "WARNING"}
        process = subprocess.Popen([sys.executable, "-m", "backend", "work"], env=environ)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    return working


def until(told: Callable[[], object], within_s: float = 60.0) -> None:
    """Wait for the worker, which tells nobody when it is done."""
    deadline = time.monotonic() + within_s
    while not told():
        assert time.monotonic() < deadline, "the worker did not get there"
        time.sleep(0.02)


def test_a_worker_killed_in_the_middle_of_a_conversion_finishes_it_after_restart_once(store, work):
    version_id = store.upload(files.saved(files.pdf(PAGES)))
    with work() as process:
        until(lambda: store.ready(version_id) >= 2)
        process.kill()
        process.wait()
    before = store.page_rows()
    assert 2 <= len(before) < PAGES
    assert store.state(version_id) == "converting"
    with work():
        until(lambda: store.state(version_id) == "ready")
        until(lambda: store.count("task_name = 'convert_document'") == 0)
    after = store.page_rows()
    assert sorted(after) == list(range(1, PAGES + 1))
    assert {number: after[number] for number in before} == before
    assert store.ready(version_id) == PAGES


def test_a_worker_that_is_told_to_stop_leaves_a_conversion_at_once_and_the_next_finishes_it_once(store, work):
    version_id = store.upload(files.saved(files.pdf(PAGES)))
    with work() as process:
        until(lambda: store.ready(version_id) >= 2)
        process.terminate()
        assert process.wait(timeout=STOPS_WITHIN_S) == 0
    before = store.page_rows()
    assert 2 <= len(before) < PAGES
    left = "task_name = 'convert_document' AND status = 'todo' AND args->>'attempt' = '1'"
    assert (store.state(version_id), store.count(left)) == ("converting", 1)
    with work():
        until(lambda: store.state(version_id) == "ready")
        until(lambda: store.count("task_name IN ('convert_document', 'sharpen_document')") == 0)
    after = store.page_rows()
    assert sorted(after) == list(range(1, PAGES + 1))
    assert store.ready(version_id) == PAGES
    assert set(store.widths(version_id)) == {(*WIDTHS, SHARP_WIDTH)}


def test_a_page_that_breaks_the_reader_is_refused_and_the_worker_lives(store, work):
    broken = store.upload(files.nested_page(500))
    with work() as process:
        until(lambda: store.state(broken) == "refused")
        sound = store.upload(files.saved(files.pdf(1)))
        until(lambda: store.state(sound) == "ready")
        assert process.poll() is None
    assert store.told(broken)[0] == "unreadable"


@pytest.mark.parametrize(
    ("limits", "rule", "words"),
    [
        (Limits(memory_bytes=700 << 20), "too_heavy", "more memory than a document should"),
        (Limits(silence_s=1), "too_slow", "took too long to read"),
    ],
)
def test_a_page_beyond_the_limits_is_refused_with_its_rule_and_the_next_job_is_done(
    store, blobs, monkeypatch, limits, rule, words
):
    endless = store.upload(files.endless_page())
    with monkeypatch.context() as narrow:
        narrow.setattr(adapter, "_RENDERING", limits)
        convert_once(store, blobs, endless)
    assert store.state(endless) == "refused"
    assert (store.told(endless)[0], words in store.told(endless)[1]) == (rule, True)
    assert store.page_rows() == {}
    sound = store.upload(files.saved(files.pdf(1)))
    convert_once(store, blobs, sound)
    assert store.state(sound) == "ready"


def test_documents_take_two_places_at_most_and_the_mail_does_not_wait_for_them(store, work):
    for number in range(4):
        store.upload(files.saved(files.pdf(60 + number)))
    underway = "task_name = 'convert_document' AND status = 'doing'"
    with work():
        until(lambda: store.count(underway) == 2)
        with store.engine.begin() as conn:
            for number in range(4):
                enqueue(conn, "lapse_messages", {"timestamp": number})
        until(lambda: store.count("task_name = 'lapse_messages'") == 0)
        assert store.count(underway) == 2
        assert store.count("task_name = 'convert_document' AND status = 'todo'") >= 1


class _Away:
    def stream(self, *_: object) -> Any:
        raise Transient


class _Broken:
    def stream(self, *_: object) -> Any:
        raise RuntimeError("nobody thought of this")


def convert_once(store: Store, blobs: Any, version_id: int, attempt: int = 1) -> None:
    """Do the job as the worker does."""
    parts = Parts(Settings.from_environ({**ENVIRON, "DATABASE_URL": "postgresql://nowhere"}),
                  store.engine, None, None, None, blobs, adapter.Documents())  # fmt: skip
    lock = f"convert_document:{store.by.workspace_id}:{version_id}"
    job = SimpleNamespace(id=1, task_name="convert_document", queueing_lock=lock, queue=QUEUE)
    run = create_queue(parts).tasks["convert_document"].func
    run(SimpleNamespace(job=job), attempt=attempt, workspace_id=store.by.workspace_id, version_id=version_id)


def test_what_is_transient_is_tried_again_beside_the_mail_and_given_up_at_last(store):
    version_id = store.upload(files.saved(files.pdf(1)))
    with store.engine.begin() as conn:
        conn.execute(text("DELETE FROM procrastinate_jobs"))
    convert_once(store, _Away(), version_id)
    assert store.count(f"queue_name = '{QUEUE}' AND args->>'attempt' = '2' AND scheduled_at > now()") == 1
    assert store.state(version_id) == "converting"
    with pytest.raises(Transient):
        convert_once(store, _Away(), version_id, ATTEMPTS)
    assert store.state(version_id) == "failed"


def test_what_nobody_thought_of_does_not_leave_the_rep_waiting(store):
    version_id = store.upload(files.saved(files.pdf(1)))
    with pytest.raises(RuntimeError):
        convert_once(store, _Broken(), version_id)
    assert store.state(version_id) == "failed"

"""The worker, as a process of its own over a real database: jobs done, tried again, put back after a SIGKILL."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, insert, select, text

from backend.errors import RateLimited, Transient
from backend.jobs import ATTEMPTS, create_queue, pause_before
from backend.services.hits import note_presence
from backend.services.mailboxes import leave_job
from backend.services.parts import Parts
from backend.store import schema
from backend.store.engine import create_store
from backend.store.queue import enqueue, revive_stalled
from backend.store.tables import feed_item, hit, unjudged
from tests import postgres
from tests.mailroom import Mailroom, open_mailroom
from tests.sandbox.environment import readback_environment
from tests.sandbox.faults import Fault
from tests.services.tracked import FLYNN, QUORRA, Office
from tests.stories import found_workspace

# Jobs for later may wait at any time: at a certain minute of the hour, renewals are left for the hour to come
_DUE = "status = 'doing' OR (status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))"
_LOST = """
    UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)
    WHERE task_name = 'sync_mailbox' AND status = 'todo'
"""


@pytest.fixture(scope="module")
def mailroom() -> Iterator[Mailroom]:
    with open_mailroom() as mailroom:
        yield mailroom


@pytest.fixture
def office(committed, mailroom) -> Iterator[Office]:
    mailroom.world.reset()
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
    with committed.connect() as conn:
        conn.execution_options(isolation_level="AUTOCOMMIT")
        yield Office(conn, committed, mailroom, tenant).connect()


@contextlib.contextmanager
def working(mailroom: Mailroom, database_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process for as long as the block lasts."""
    environ = readback_environment(mailroom.sandbox.url, mailroom.settings.public_url)
    environ |= {"DATABASE_URL": database_url, "PATH": os.environ["PATH"], "LOG_LEVEL": "WARNING"}
    environ |= {"PGAPPNAME": "a worker"}
    process = subprocess.Popen([sys.executable, "-m", "backend", "work"], env=environ)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _until(told: Callable[[], object], within_s: float = 40.0) -> None:
    """Wait for the worker, which tells nobody when it is done."""
    deadline = time.monotonic() + within_s
    while not told():
        assert time.monotonic() < deadline, "the worker did not get there"
        time.sleep(0.05)


def _count(engine: Engine, condition: str) -> int:
    with engine.connect() as conn:
        return conn.execute(text(f"SELECT count(*) FROM procrastinate_jobs WHERE {condition}")).scalar_one()


def test_the_worker_does_the_jobs_that_wait_and_stops_when_asked(office, mailroom, database_url):
    office.send_tracked([FLYNN])
    with working(mailroom, database_url) as process:
        _until(lambda: office.kinds() == ["sent"])
        _until(lambda: mailroom.world.mailbox(QUORRA).watch is not None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
    assert _count(office.database, "status = 'doing'") == 0


def test_a_worker_that_the_database_cuts_off_begins_anew_and_still_stops_when_asked(office, mailroom, database_url):
    with working(mailroom, database_url) as process:
        _until(lambda: mailroom.world.mailbox(QUORRA).watch is not None)
        _cut_off(office.database)
        office.send_tracked([FLYNN])
        with office.database.begin() as conn:
            leave_job(conn, "sync_mailbox", *office.mailbox)
        _until(lambda: office.kinds() == ["sent"])
        _cut_off(office.database)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0


def test_a_job_that_a_living_worker_has_lost_is_put_back(office, mailroom, database_url):
    """As where the connection broke when the job was handed out: it would keep its mailbox's lock for good."""
    with working(mailroom, database_url):
        _until(lambda: mailroom.world.mailbox(QUORRA).watch is not None and not _count(office.database, _DUE))
        office.send_tracked([FLYNN])
        with office.database.begin() as conn:
            leave_job(conn, "sync_mailbox", *office.mailbox)
            assert conn.execute(text(_LOST)).rowcount == 1
        _until(lambda: office.kinds() == ["sent"])


def test_a_worker_waits_for_the_schema_instead_of_failing(mailroom, database_server):
    with postgres.fresh_database(database_server, f"unmigrated_{os.getpid()}") as url:
        engine = create_store(url)
        with engine.begin() as conn:
            conn.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        with working(mailroom, url) as process:
            _until(lambda: _connections(engine))
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=2)
            schema.migrate(engine)
            _until(lambda: _registered(engine))
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=15) == 0
        engine.dispose()


def _connections(engine: Engine) -> int:
    with engine.connect() as conn:
        asked = (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'a worker' AND datname = current_database()"
        )
        return conn.execute(text(asked)).scalar_one()


def _registered(engine: Engine) -> int:
    with engine.connect() as conn:
        return conn.execute(text("SELECT count(*) FROM procrastinate_workers")).scalar_one()


def _cut_off(engine: Engine) -> None:
    with engine.begin() as conn:
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'a worker'"
        assert conn.execute(text(cut)).scalar_one() > 0


def test_a_worker_that_is_killed_in_the_middle_loses_nothing_and_doubles_nothing(office, mailroom, database_url):
    for number in range(3):
        office.send_tracked([FLYNN], f"Offer {number}")
        mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    with mailroom.world.change() as state:
        state.faults.waiting.append(Fault("slow", 1, "gmail.users.messages.get", QUORRA, delay_s=3.0))
    with working(mailroom, database_url) as process:
        _until(lambda: _count(office.database, "task_name = 'sync_mailbox' AND status = 'doing'"))
        process.kill()
    assert _count(office.database, "task_name = 'sync_mailbox' AND status = 'doing'") == 1
    with working(mailroom, database_url):
        _until(lambda: office.kinds() == ["reply"] * 3 + ["sent"] * 3)
    assert len(office.incoming()) == 3


def test_what_google_refuses_for_now_is_tried_again_by_itself(office, mailroom, database_url):
    office.send_tracked([FLYNN])
    with mailroom.world.change() as state:
        state.faults.waiting.append(Fault("rate_limit_429", 1, "gmail.users.history.list", QUORRA, retry_after_s=1))
    with working(mailroom, database_url):
        _until(lambda: office.kinds() == ["sent"])


def test_what_the_database_broke_off_is_tried_again_by_itself(office, mailroom, database_url):
    office.send_tracked([FLYNN])
    office.conn.execute(text("UPDATE mailbox SET synced_at = now()"))  # or it would be swept
    waiting = "FROM pg_stat_activity WHERE application_name = 'a worker' AND wait_event_type = 'Lock'"
    with office.database.connect() as holding, working(mailroom, database_url):
        holding.execute(text("SELECT id FROM mailbox FOR UPDATE"))
        _until(lambda: office.conn.execute(text(f"SELECT count(*) {waiting}")).scalar_one() >= 2)
        office.conn.execute(text(f"SELECT pg_cancel_backend(pid) {waiting}"))
        holding.rollback()
        _until(lambda: office.kinds() == ["sent"])


def test_a_hit_is_judged_when_it_announces_itself_not_when_the_worker_looks_again(office, mailroom, database_url):
    """The worker looks by itself every two seconds; of three hits one at least is judged sooner than that."""
    prepared, _ = office.send_tracked([FLYNN])
    office.sync()
    ours = {"workspace_id": office.tenant.workspace_id}
    took = []
    with working(mailroom, database_url):
        _until(lambda: mailroom.world.mailbox(QUORRA).watch is not None)
        for number in range(3):
            at, id_ = datetime.now(UTC), f"5f6f3c3e-0000-4000-8000-00000000000{number}"
            with office.database.begin() as conn:
                conn.execute(insert(unjudged).values(**ours, hit_id=id_))
                agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Microsoft Outlook 16.0"
                conn.execute(
                    insert(hit).values(**ours, id=id_, kind="open", token=prepared.token, received_at=at,
                                       method="GET", ip="203.0.113.5", user_agent=agent)
                )  # fmt: skip
                conn.execute(text("NOTIFY readback_hits"))
            began_s = time.monotonic()
            _until(lambda: not office.conn.execute(unjudged.select()).all())
            took.append(time.monotonic() - began_s)
    assert min(took) < 1.5


def test_the_reps_own_look_is_not_told_even_for_a_moment_where_the_addon_calls_right_after(
    office, mailroom, database_url
):
    prepared, _ = office.send_tracked([FLYNN])
    office.sync()
    ours = {"workspace_id": office.tenant.workspace_id}
    with working(mailroom, database_url):
        _until(lambda: mailroom.world.mailbox(QUORRA).watch is not None)
        at, id_ = datetime.now(UTC), "0193f3c3-0000-7000-8000-000000000001"
        with office.database.begin() as conn:
            conn.execute(insert(unjudged).values(**ours, hit_id=id_))
            conn.execute(
                insert(hit).values(**ours, id=id_, kind="open", token=prepared.token, received_at=at, method="GET",
                                   user_agent="Mozilla/5.0 (via ggpht.com GoogleImageProxy)")
            )  # fmt: skip
            conn.execute(text("NOTIFY readback_hits"))
        time.sleep(0.05)  # the add-on's call has a longer way
        with office.database.begin() as conn:
            note_presence(conn, office.tenant.workspace_id, office.tenant.reps["quorra"].id, prepared.id, at)
        _until(lambda: not office.conn.execute(unjudged.select()).all())
    told = office.conn.execute(select(feed_item.c.key).where(feed_item.c.message_id == prepared.id)).scalars().all()
    assert told == ["sent"]


def test_jobs_of_a_dead_worker_are_put_back_once(conn):
    _dead_job(conn, "sync_mailbox:1:1")
    assert revive_stalled(conn, 5.0) == 1
    assert revive_stalled(conn, 5.0) == 0
    assert conn.execute(text("SELECT status, attempts FROM procrastinate_jobs")).all() == [("todo", 1)]


def test_a_dead_workers_job_is_closed_where_an_equal_one_waits(conn):
    _dead_job(conn, "sync_mailbox:1:1")
    assert enqueue(conn, "sync_mailbox", {"workspace_id": 1, "mailbox_id": 1}, lock="sync_mailbox:1:1")
    assert revive_stalled(conn, 5.0) == 1
    statuses = conn.execute(text("SELECT status FROM procrastinate_jobs ORDER BY id")).scalars().all()
    assert statuses == ["aborted", "todo"]


def test_jobs_of_a_living_worker_are_left_alone(conn):
    _dead_job(conn, "sync_mailbox:1:1")
    conn.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now()"))
    assert revive_stalled(conn, 5.0) == 0


def _dead_job(conn, lock: str) -> None:
    enqueue(conn, "sync_mailbox", {"workspace_id": 1, "mailbox_id": 1}, lock=lock)
    worker = conn.execute(text("SELECT worker_id FROM procrastinate_register_worker_v1()")).scalar_one()
    conn.execute(text("SELECT procrastinate_fetch_job_v2(NULL, :worker)"), {"worker": worker})
    conn.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))


def test_a_refused_job_waits_longer_each_time_and_at_least_as_long_as_it_was_asked_to():
    pauses = [pause_before(attempt, Transient()) for attempt in range(2, ATTEMPTS + 3)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 1
    assert pauses[-1] == 60
    assert pause_before(2, RateLimited(retry_after_s=33.5)) == 33.5
    assert pause_before(7, RateLimited(retry_after_s=1)) == pause_before(7, Transient())
    assert pause_before(2, RateLimited()) == 1


def test_every_job_that_is_left_anywhere_is_known_to_the_worker(mailroom, database_url):
    settings = type(mailroom.settings)(**{**vars(mailroom.settings), "database_url": database_url})
    app = create_queue(Parts(settings, None, None, None, None, None, None))
    assert {"sync_mailbox", "watch_mailbox", "give_back_access", "convert_document"} <= set(app.tasks)
    assert {"sharpen_document", "tidy_blobs"} <= set(app.tasks)
    periodic = {name for name, _ in app.periodic_registry.periodic_tasks}
    assert {"renew_watches", "sweep_mailboxes", "lapse_messages", "leave_tidying", "blur_addresses"} <= periodic
    assert periodic <= set(app.tasks)


def test_one_mailboxs_jobs_wait_once_and_anothers_beside(conn):
    assert leave_job(conn, "sync_mailbox", 1, 1)
    assert not leave_job(conn, "sync_mailbox", 1, 1)
    assert leave_job(conn, "watch_mailbox", 1, 1)
    assert leave_job(conn, "sync_mailbox", 2, 1)
    assert leave_job(conn, "sync_mailbox", 11, 1)
    assert leave_job(conn, "sync_mailbox", 1, 11)

"""Jobs leave with the facts that cause them, and wait at most once a lock."""

from sqlalchemy import text

from backend.store.queue import enqueue


def waiting(conn):
    return conn.execute(text("SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo'")).all()


def test_a_job_waits_at_most_once_for_its_lock(conn):
    assert enqueue(conn, "sync_mailbox", {"workspace_id": 1, "mailbox_id": 2}, lock="mailbox:1:2")
    assert not enqueue(conn, "sync_mailbox", {"workspace_id": 1, "mailbox_id": 2}, lock="mailbox:1:2")
    assert enqueue(conn, "sync_mailbox", {"workspace_id": 1, "mailbox_id": 3}, lock="mailbox:1:3")
    assert len(waiting(conn)) == 2


def test_a_refused_job_spoils_nothing_else_in_the_transaction(conn):
    enqueue(conn, "sync_mailbox", {}, lock="mailbox:1:2")
    enqueue(conn, "sync_mailbox", {}, lock="mailbox:1:2")
    assert conn.execute(text("SELECT 1")).scalar() == 1


def test_a_job_is_gone_with_the_facts_that_caused_it(conn):
    savepoint = conn.begin_nested()
    enqueue(conn, "sync_mailbox", {}, lock="mailbox:1:2")
    savepoint.rollback()
    assert waiting(conn) == []

"""No address, subject or token in a log, above all not in the words of an exception: libraries put everything there."""

import json
import logging
from collections.abc import Callable

import pytest
import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from backend.errors import Transient
from backend.logs import configure_logs

FLYNN = "flynn@flynnsarcade.com"


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]):
    """Returns what was written since; the test configures the logs itself, for standard error is another by then."""
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    yield lambda: capfd.readouterr().err
    root.handlers[:] = before
    structlog.reset_defaults()


def test_an_error_of_the_database_is_logged_without_its_row(told: Callable[[], str], conn: Connection, gridworks):
    configure_logs("INFO")
    put = text("INSERT INTO workspace (name, domain) VALUES (:name, 'gridworks.example')")
    with pytest.raises(IntegrityError) as failed, conn.begin_nested():
        conn.execute(put, {"name": FLYNN})
    assert FLYNN not in str(failed.value)
    structlog.get_logger("backend").error("unforeseen", exc_info=failed.value)
    logging.getLogger("procrastinate").error("job failed", exc_info=failed.value)
    lines = [json.loads(line) for line in told().splitlines()]
    assert [line["event"] for line in lines] == ["unforeseen", "job failed"]
    for line in lines:
        assert "sqlalchemy.exc.IntegrityError" in line["exception"]
        assert "psycopg2.errors.UniqueViolation: pgcode=23505" in line["exception"]
        assert "test_logs.py" in line["exception"]
        assert FLYNN not in line["exception"]
        assert "gridworks.example" not in line["exception"]


def test_what_google_answered_is_not_logged_with_our_error_about_it(told: Callable[[], str]):
    configure_logs("INFO")
    try:
        try:
            raise ValueError(f"https://gmail.example/messages?q=to:{FLYNN}")
        except ValueError as problem:
            raise Transient from problem
    except Transient:
        logging.getLogger("backend").exception("job failed")
    written = told()
    assert "backend.errors.Transient: " in written
    assert "builtins.ValueError" in written
    assert FLYNN not in written


def test_the_servers_own_troubles_are_lines_of_json_too(told: Callable[[], str]):
    configure_logs("INFO")
    for name in ("uvicorn.error", "gunicorn.error"):
        try:
            raise OSError(5, FLYNN)
        except OSError:
            logging.getLogger(name).exception("Exception in ASGI application")
    lines = [json.loads(line) for line in told().splitlines()]
    assert [line["logger"] for line in lines] == ["uvicorn.error", "gunicorn.error"]
    assert all("builtins.OSError: errno=5" in line["exception"] and FLYNN not in line["exception"] for line in lines)

"""`python -m backend rejudge`: says what it did and where to go on; what cannot be meant is refused before anything."""

import argparse

import pytest
from sqlalchemy import update

from backend import __main__ as command_line
from backend.commands import rejudge
from backend.domain.verdicts import RULES_VERSION
from backend.services.rejudging import Progress
from backend.store import tables
from tests.conftest import ENVIRON
from tests.services.test_hits import OUTLOOK, Mail, hits
from tests.stories import found_workspace


@pytest.fixture
def told(committed, database_url, monkeypatch, capsys):
    """Run the command over the test's database; returns its status, what it printed, and what it said beside."""
    for name, value in {**ENVIRON, "DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)

    def run(*args):
        status = command_line.main(["rejudge", *args])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def mails(committed, now):
    with committed.begin() as conn:
        tenants = [found_workspace(conn, f"{name}.example", ["Quorra Reed"]) for name in ("gridworks", "othergrid")]
        mails = [Mail(conn, tenant, now) for tenant in tenants]
        for mail in mails:
            mail.hit(60, OUTLOOK)
        hits.judge_new(conn, now)
        conn.execute(update(tables.verdict).values(verdict="bot", rules_version=RULES_VERSION - 1))
    return mails


def verdicts(committed, mail):
    with committed.begin() as conn:
        mail.conn = conn
        return list(mail.verdicts.values())


def test_it_judges_everything_once_and_says_how_much(told, mails, committed):
    assert told() == (0, "2 messages with 2 hits were judged again.\n", "")
    assert [verdicts(committed, mail) for mail in mails] == [["human"], ["human"]]
    assert told() == (0, "0 messages with 0 hits were judged again.\n", "")


def test_one_workspace_alone(told, mails, committed):
    assert told("--workspace", str(mails[1].workspace_id))[0] == 0
    assert [verdicts(committed, mail) for mail in mails] == [["bot"], ["human"]]


def test_since_and_after(told, mails, committed):
    assert told("--since", "2030-01-01")[1].startswith("0 messages")
    first = f"{mails[0].workspace_id}:{mails[0].id}"
    assert told("--since", "2026-11-01", "--after", first)[1].startswith("1 messages")
    assert [verdicts(committed, mail) for mail in mails] == [["bot"], ["human"]]


def test_interrupted_it_says_where_to_go_on(told, monkeypatch):
    def interrupted(*args):
        yield Progress(all=9, seen=4, judged=3, hits=7, after=(1, 12))
        raise KeyboardInterrupt

    monkeypatch.setattr(rejudge, "rejudge", interrupted)
    status, out, beside = told()
    assert (status, out) == (130, "")
    assert "4 of 9 messages" in beside and "--after 1:12" in beside


@pytest.mark.parametrize(
    "args", [["--since", "yesterday"], ["--workspace", "gridworks"], ["--after", "12"], ["--after", "1:x"]]
)
def test_what_cannot_be_meant_is_refused(args, capsys):
    parser = argparse.ArgumentParser()
    rejudge.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(args)
    assert args[0] in capsys.readouterr().err

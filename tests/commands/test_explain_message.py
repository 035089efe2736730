"""`explain message` says what each file is, with or without the sent mails, and never stops at a bad one."""

import argparse
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.commands import explain_message
from tests.payloads.mail import FAILED, SENT_ID, SENT_SUBJECT, answer, dsn, letter

SENT = letter(
    f"From: Quorra Reed <quorra@gridworks.example>\nTo: flynn@flynnsarcade.com\nCc: alan@encom.com\n"
    f"Subject: {SENT_SUBJECT}\nMessage-ID: <{SENT_ID}>\nDate: Tue, 10 Nov 2026 09:00:00 +0000",
    "Dear Mr Flynn",
)


def explain(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, str | None]]:
    parser = argparse.ArgumentParser()
    explain_message.add_arguments(parser)
    assert explain_message.run(parser.parse_args([*map(str, arguments), "--json"])) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def saved(folder: Path, **mails: bytes) -> list[Path]:
    for name, content in mails.items():
        (folder / f"{name}.eml").write_bytes(content)
    return [folder / f"{name}.eml" for name in mails]


def test_each_file_gets_one_object_with_exactly_these_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = saved(
        tmp_path,
        reply=answer(),
        away=answer("Auto-Submitted: auto-replied"),
        bounce=dsn("From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail", FAILED),
    )
    told = explain(capsys, *files)
    assert [each["file"] for each in told] == [str(each) for each in files]
    assert [each["kind"] for each in told] == ["reply", "auto_reply", "bounce"]
    assert {each["answers"] for each in told} == {f"<{SENT_ID}>"}
    assert all(list(each) == ["file", "kind", "rule", "sentence", "answers"] for each in told)


def test_a_file_that_cannot_be_read_says_why_and_the_rest_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = saved(tmp_path, empty=b"", image=b"\x89PNG\0\0", words=b"no header here", reply=answer())
    told = explain(capsys, *files[:3], tmp_path / "missing.eml", tmp_path, files[3])
    assert [each["kind"] for each in told] == [None] * 5 + ["reply"]
    assert "empty" in str(told[0]["sentence"]) and "binary" in str(told[1]["sentence"])
    assert "cannot be opened" in str(told[3]["sentence"])


def test_with_sent_mails_only_those_are_tracked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sent, right, other, bare, own = saved(
        tmp_path,
        sent=SENT,
        right=answer("From: Alan <alan@encom.com>"),
        other=letter("In-Reply-To: <elsewhere@x.example>\nSubject: Re: Football"),
        bare=letter(f"Subject: Re: {SENT_SUBJECT}"),
        own=answer("From: Quorra <quorra@gridworks.example>"),
    )
    told = explain(capsys, right, other, bare, own, "--sent", sent)
    assert [each["kind"] for each in told] == ["reply", "unrelated", "reply", "own"]
    assert [each["answers"] for each in told] == [f"<{SENT_ID}>", None, f"<{SENT_ID}>", f"<{SENT_ID}>"]
    assert told[0]["sentence"] == "Answered by someone in copy."
    assert str(told[2]["sentence"]).startswith("Probably")


def test_without_sent_mails_an_answer_that_names_none_is_still_a_reply(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = explain(capsys, *saved(tmp_path, bare=letter("Subject: Re: Offer"), new=letter("Subject: Offer")))
    assert [(each["kind"], each["answers"]) for each in told] == [("reply", None), ("unrelated", None)]


def test_a_mail_from_the_mailbox_s_own_address_is_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = explain(capsys, *saved(tmp_path, own=answer("Delivered-To: flynn@flynnsarcade.com")))
    assert told[0]["kind"] == "own"


def test_without_json_it_reads_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    explain_message.add_arguments(parser)
    explain_message.run(parser.parse_args([str(each) for each in saved(tmp_path, reply=answer(), none=b"")]))
    out = capsys.readouterr().out
    assert f"answers: <{SENT_ID}>" in out
    assert "unreadable" in out


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=300), head=st.sampled_from([b"", b"From: a@x.example\n", answer()[:300]]))
def test_no_file_makes_it_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str], raw: bytes, head: bytes) -> None:
    told = explain(capsys, *saved(tmp_path, any=head + raw))
    assert len(told) == 1 and told[0]["sentence"]

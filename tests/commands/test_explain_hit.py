"""`python -m backend explain hit`: one hit or many, without a database; a bad line says so, and the rest go on."""

import argparse
import io
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.commands import explain_hit

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def explain(*args):
    parser = argparse.ArgumentParser()
    explain_hit.add_arguments(parser)
    return explain_hit.run(parser.parse_args(args))


def explain_lines(tmp_path, capsys, *lines):
    file = tmp_path / "hits.jsonl"
    file.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    assert explain("--jsonl", str(file)) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_hit_is_explained_in_words(capsys):
    assert explain("--user-agent", "Mozilla/5.0", "--ip", "17.58.1.1") == 0
    told = capsys.readouterr().out
    assert told.startswith("prefetch: Apple's proxy loaded it")
    assert "rule: apple_prefetch" in told


def test_a_hit_is_explained_as_json(capsys):
    assert explain("--user-agent", GMAIL, "--ip", "66.249.81.1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["rule"]) == ("human", "through_proxy")
    assert told["sentence"]


def test_the_time_of_sending_is_heeded(capsys):
    at = ["--user-agent", GMAIL, "--at", "2026-11-24T13:59:00Z", "--sent-at", "2026-11-24T14:00:00+00:00", "--json"]
    explain(*at)
    assert json.loads(capsys.readouterr().out)["verdict"] == "draft"


def test_headers_are_heeded(capsys):
    explain("--user-agent", CHROME, "--header", "Sec-Purpose=prefetch;prerender", "--json")
    assert json.loads(capsys.readouterr().out)["rule"] == "announced_prefetch"


def test_many_hits_are_explained_line_by_line_each_alone(tmp_path, capsys):
    same = {
        "user_agent": CHROME,
        "ip": "203.0.113.5",
        "headers": {},
        "at": "2026-11-24T14:10:00Z",
        "sent_at": "2026-11-24T14:00:00Z",
    }
    told = explain_lines(
        tmp_path, capsys, same, same, {**same, "user_agent": "curl/8.5.0"}, {"user_agent": "Mozilla/5.0"}
    )
    assert [one["verdict"] for one in told] == ["human", "human", "bot", "prefetch"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "This line is no JSON."),
        (b"\xff\xfe", "This line is no JSON."),
        (b"[1]", "This line is no JSON object."),
        ({"user_agent": 7}, "user_agent is told as text."),
        ({"user_agent": CHROME, "at": "yesterday"}, "at is told as an instant"),
        ({"user_agent": CHROME, "headers": 3}, "The headers are told"),
        ({"user_agent": CHROME, "kind": "drop"}, "The kind is"),
    ],
)
def test_a_bad_line_says_why_and_the_rest_go_on(tmp_path, capsys, line, reason):
    bad, good = explain_lines(tmp_path, capsys, line, {"user_agent": CHROME})
    assert (bad["verdict"], bad["rule"]) == (None, None)
    assert bad["sentence"].startswith(reason)
    assert good["verdict"] == "human"


def test_lines_come_from_standard_input_too(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"user_agent": "curl/8.5.0"}\n')))
    assert explain("--jsonl", "-") == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "bot"


def test_what_cannot_be_understood_is_said_and_is_a_failure(capsys, tmp_path):
    assert explain("--ip", "192.0.2.1") == 2
    assert explain("--user-agent", "x", "--header", "novalue") == 2
    assert explain("--jsonl", str(tmp_path / "missing")) == 2
    assert capsys.readouterr().out == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["user_agent", "ip", "headers", "at", "sent_at", "method", "kind"])


@given(st.dictionaries(names, json_values, max_size=7))
def test_any_object_is_answered(given_object):
    parser = argparse.ArgumentParser()
    explain_hit.add_arguments(parser)
    out = io.StringIO()
    line = json.dumps(given_object).encode()
    stdin, stdout = sys.stdin, sys.stdout
    sys.stdin, sys.stdout = io.TextIOWrapper(io.BytesIO(line)), out
    try:
        assert explain_hit.run(parser.parse_args(["--jsonl", "-"])) == 0
    finally:
        sys.stdin, sys.stdout = stdin, stdout
    (told,) = [json.loads(line) for line in out.getvalue().splitlines()]
    assert {"verdict", "rule", "sentence"} <= told.keys()


def test_the_command_stands_in_the_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "backend", "explain", "hit", "--user-agent", "Mozilla/5.0", "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin"},
    )
    assert json.loads(done.stdout)["verdict"] == "prefetch"

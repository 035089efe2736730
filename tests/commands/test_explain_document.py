"""`explain document` says what a file is or why it is turned away, and fails only where we do."""

import json
import os
from argparse import ArgumentParser

import pytest

from backend.adapters import documents
from backend.commands import explain_document
from tests import documents as made


def explain(*arguments):
    parser = ArgumentParser()
    explain_document.add_arguments(parser)
    return explain_document.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    for kind in ("three.pdf", "locked.pdf", "active.pdf"):
        made.write(folder, kind)
    return folder


def test_one_object_a_file_and_line(folder, capsys):
    files = [folder / kind for kind in ("three.pdf", "locked.pdf", "active.pdf")]
    assert explain(*files, "--json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(line) for line in told] == [["file", "ok", "type", "pages", "seconds", "reason"]] * 3
    assert [line["file"] for line in told] == [str(file) for file in files]
    assert [(line["ok"], line["type"], line["pages"]) for line in told] == [
        (True, "pdf", 3),
        (False, "pdf", None),
        (True, "pdf", 2),
    ]
    assert told[0]["reason"] is None
    assert "password" in told[1]["reason"] and "scripts" in told[2]["reason"]
    assert all(0 <= line["seconds"] < 20 for line in told)


def test_the_text_says_sizes_and_bytes_a_page(folder, capsys):
    assert explain(folder / "three.pdf", folder / "locked.pdf") == 0
    taken, refused, why = capsys.readouterr().out.splitlines()
    assert "a PDF file, 3 pages, 595 x 842 pt" in taken and "kB a page" in taken
    assert "refused (encrypted)" in refused and "password" in why


def test_a_name_cannot_play_with_the_terminal(tmp_path, capsys):
    path = tmp_path / "of\x1b[31mfer.pdf"
    path.write_bytes(b"")
    assert explain(path) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_our_own_failure_is_status_one_and_the_rest_go_on(folder, capsys, tmp_path):
    assert explain(tmp_path / "missing.pdf", folder / "locked.pdf", "--json") == 1
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["ok"], second["ok"]) == (False, False)


def test_what_cannot_be_read_as_a_file_is_said_so_at_once(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.pdf")
    assert explain(tmp_path / "missing.pdf", tmp_path, tmp_path / "pipe.pdf", "--json") == 1
    told = [json.loads(line)["reason"] for line in capsys.readouterr().out.splitlines()]
    assert told == ["There is no such file.", "This is a folder, not a file.", "This is no plain file."]


def test_a_broken_cage_is_our_failure(folder, capsys, monkeypatch):
    monkeypatch.setattr(documents, "_WORK", "backend.no_such_module")
    assert explain(folder / "three.pdf") == 1
    assert "broke" in capsys.readouterr().err

"""Each content lies once, by its hash; whole or not at all; one workspace's apart from another's."""

import hashlib
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.adapters.blobs import Blobs
from backend.errors import NotFound, StorageAway

GRIDWORKS, OTHERGRID = 1, 2
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
TOMORROW = datetime.now(UTC) + timedelta(days=1)


class BreaksOff(io.RawIOBase):
    """An upload whose line breaks after the first chunk."""

    def __init__(self):
        self._reads = 0

    def read(self, size=-1):
        self._reads += 1
        if self._reads > 1:
            raise ConnectionResetError
        return b"x" * size


@pytest.fixture(params=["folder", "memory://bucket"])
def blobs(request, tmp_path):
    return Blobs(str(tmp_path) if request.param == "folder" else f"{request.param}/{tmp_path.name}")


def grow_old(folder: Path) -> None:
    """Let all files be two days old."""
    for path in files(folder):
        os.utime(path, (path.stat().st_atime - 172_800, path.stat().st_mtime - 172_800))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_is_named_by_its_hash_and_read_back(blobs):
    content = bytes(range(256)) * 5000
    digest = blobs.put(GRIDWORKS, io.BytesIO(content))
    assert digest == hashlib.sha256(content).hexdigest()
    assert blobs.read(GRIDWORKS, digest) == content
    assert blobs.size(GRIDWORKS, digest) == len(content)


@pytest.mark.parametrize(("start", "end"), [(0, 10), (5, None), (300_000, 900_000), (0, 0), (7, 10**9), (10**9, None)])
def test_ranges_are_those_of_the_content(blobs, start, end):
    content = bytes(range(251)) * 4000
    digest = blobs.put(GRIDWORKS, content)
    assert b"".join(blobs.stream(GRIDWORKS, digest, start, end)) == content[start:end]


def test_the_same_content_is_stored_once(tmp_path):
    blobs = Blobs(str(tmp_path))
    first = blobs.put(GRIDWORKS, b"An offer to ENCOM")
    written_at = files(tmp_path)[0].stat().st_mtime_ns
    assert blobs.put(GRIDWORKS, b"An offer to ENCOM") == first
    assert blobs.put(GRIDWORKS, io.BytesIO(b"An offer to ENCOM")) == first
    assert len(files(tmp_path)) == 1
    assert written_at <= files(tmp_path)[0].stat().st_mtime_ns


def test_another_workspace_finds_nothing(blobs):
    digest = blobs.put(GRIDWORKS, b"for Flynn")
    for read in (blobs.read, blobs.size, blobs.stream):
        with pytest.raises(NotFound):
            read(OTHERGRID, digest)


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path):
    with pytest.raises(StorageAway):
        Blobs(str(tmp_path)).put(GRIDWORKS, BreaksOff())
    assert files(tmp_path) == []


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_name_that_is_no_hash_is_not_found(blobs, digest):
    with pytest.raises(NotFound):
        blobs.read(GRIDWORKS, digest)


def test_removing_is_safe_to_repeat(blobs):
    digest = blobs.put(GRIDWORKS, b"gone soon")
    assert blobs.remove(GRIDWORKS, digest, TOMORROW)
    assert not blobs.remove(GRIDWORKS, digest, TOMORROW)
    with pytest.raises(NotFound):
        blobs.size(GRIDWORKS, digest)


def test_what_is_younger_is_neither_listed_nor_removed(blobs):
    digest = blobs.put(GRIDWORKS, b"An offer to ENCOM")
    assert list(blobs.written_before(GRIDWORKS, YESTERDAY)) == []
    assert not blobs.remove(GRIDWORKS, digest, YESTERDAY)
    assert list(blobs.written_before(GRIDWORKS, TOMORROW)) == [digest]
    assert list(blobs.written_before(OTHERGRID, TOMORROW)) == []
    assert blobs.read(GRIDWORKS, digest) == b"An offer to ENCOM"


@pytest.mark.parametrize("content", [b"An offer to ENCOM", io.BytesIO(b"An offer to ENCOM")])
def test_writing_an_old_content_again_makes_it_young(tmp_path, content):
    blobs = Blobs(str(tmp_path))
    digest = blobs.put(GRIDWORKS, b"An offer to ENCOM")
    grow_old(tmp_path)
    assert list(blobs.written_before(GRIDWORKS, YESTERDAY)) == [digest]
    blobs.put(GRIDWORKS, content)
    assert not blobs.remove(GRIDWORKS, digest, YESTERDAY)
    assert blobs.read(GRIDWORKS, digest) == b"An offer to ENCOM"


def test_what_is_written_anew_while_it_is_removed_stays(tmp_path, monkeypatch):
    blobs = Blobs(str(tmp_path))
    digest = blobs.put(GRIDWORKS, b"An offer to ENCOM")
    grow_old(tmp_path)
    rename = Path.rename

    def late(path, target):
        if path.name == digest:
            monkeypatch.setattr(Path, "rename", rename)
            blobs.put(GRIDWORKS, b"An offer to ENCOM")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", late)
    assert not blobs.remove(GRIDWORKS, digest, YESTERDAY)
    assert blobs.read(GRIDWORKS, digest) == b"An offer to ENCOM"


def test_what_was_left_half_written_goes_once_it_is_old(tmp_path):
    blobs = Blobs(str(tmp_path))
    blobs.put(GRIDWORKS, b"whole")
    (tmp_path / "1/incoming/half").write_bytes(b"hal")
    assert blobs.remove_unfinished(GRIDWORKS, YESTERDAY) == 0
    grow_old(tmp_path)
    assert blobs.remove_unfinished(GRIDWORKS, YESTERDAY) == 1
    assert [path.read_bytes() for path in files(tmp_path)] == [b"whole"]

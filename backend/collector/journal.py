"""Where do hits wait while PostgreSQL is away? In files of this machine, safe before they are answered.

Each process appends to a file of its own in `DATA_DIR/journal`, which it holds locked; whoever gets the lock of a
file (its process has died, or has put it aside) may replay it and then removes it. A record is a mark, its length,
its CRC-32 and the hit as JSON. A torn record is passed over, the rest is kept. What this can promise ends with the
disk: a machine that is replaced takes its journal along.
"""

import contextlib
import fcntl
import io
import os
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

FOLDER = "journal"
MOST_BYTES = 256 * 1024 * 1024  # all files of this machine together
_SUFFIX = ".hits"
_MARK = b"\x1eRBH"
_HEAD = struct.Struct(">4sII")
_LONGEST = 64 * 1024


class JournalFull(OSError):
    """The journal has reached its bound."""


def waiting_hits(data_dir: Path) -> int:
    """Count the hits that wait in the journals of this machine."""
    return sum(_count(path) for path in _files(data_dir / FOLDER))


class Journal:
    """This process's own journal, and the way to those left by others. Everything here blocks: call it in a thread."""

    def __init__(self, data_dir: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = data_dir / FOLDER
        self._most_bytes = most_bytes
        self._file: BinaryIO | None = None

    def append(self, records: Sequence[bytes]) -> None:
        """Keep records, in order; they are on the disk when this returns. Raises OSError where that cannot be."""
        block = b"".join(_HEAD.pack(_MARK, len(one), zlib.crc32(one)) + one for one in records)
        if sum(path.stat().st_size for path in _files(self._folder)) + len(block) > self._most_bytes:
            raise JournalFull("the journal is full")
        file = self._file or self._open()
        start = file.tell()
        try:
            file.write(block)
            file.flush()
            os.fdatasync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                file.truncate(start)
                file.seek(start)
            raise

    def put_aside(self) -> None:
        """End the present file, so that it can be replayed; the next record begins another."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def oldest_left(self) -> "LeftJournal | None":
        """Take the oldest file that nobody holds, to replay it; None where there is none."""
        for path in _files(self._folder):
            left = _take(path)
            if left is not None:
                return left
        return None

    def _open(self) -> BinaryIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{time.time_ns():020d}-{os.getpid()}{_SUFFIX}"
        # Locked before it has its name: nobody can take it from us in between.
        hidden = path.with_suffix(".new")
        file = hidden.open("xb", buffering=io.DEFAULT_BUFFER_SIZE)
        fcntl.flock(file, fcntl.LOCK_EX)
        hidden.rename(path)
        _sync_folder(self._folder)
        self._file = file
        return file


class LeftJournal:
    """A file that is ours to replay. Remove it once all of it is stored, or release it to try again later."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file

    def records(self) -> Iterator[bytes]:
        """The whole records, in order."""
        self._file.seek(0)
        return read_records(self._file)

    def reject(self, record: bytes) -> None:
        """Set a record aside that the database refuses, so that it does not stand in the way of the rest."""
        with self.path.with_suffix(".refused").open("ab") as refused:
            refused.write(record + b"\n")
            refused.flush()
            os.fsync(refused.fileno())

    def remove(self) -> None:
        """All of it is stored elsewhere now."""
        self.path.unlink(missing_ok=True)
        _sync_folder(self.path.parent)
        self._file.close()

    def release(self) -> None:
        """Leave it for a later time."""
        self._file.close()


def read_records(file: BinaryIO) -> Iterator[bytes]:
    """Read whole records; what is torn or spoilt is passed over up to the next mark."""
    data = file.read()
    at = 0
    while (at := data.find(_MARK, at)) >= 0 and at + _HEAD.size <= len(data):
        _, length, checksum = _HEAD.unpack_from(data, at)
        record = data[at + _HEAD.size : at + _HEAD.size + length]
        if length <= _LONGEST and len(record) == length and zlib.crc32(record) == checksum:
            yield record
            at += _HEAD.size + length
        else:
            at += 1


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"))


def _take(path: Path) -> LeftJournal | None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    if not path.exists():  # whoever held it has replayed and removed it meanwhile
        file.close()
        return None
    return LeftJournal(path, file)


def _count(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(1 for _ in read_records(file))
    except OSError:
        return 0


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

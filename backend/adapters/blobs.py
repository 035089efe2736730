"""Where do the bytes of documents and pages lie? In a folder or a bucket (fsspec), each content once, by its SHA-256.

A workspace's blobs lie under its number, so that nothing is shared between companies and one can be erased whole.
A blob is written beside its place and then moved there: it is there whole or not at all, and never changes. Writing
the same content again changes nothing but its age, so a repeated job is harmless, and what somebody is about to name
is never old enough to be tidied away. The only module that imports fsspec.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from backend.errors import NotFound, StorageAway

_CHUNK_BYTES = 1 << 18
_DIGEST = re.compile(r"[0-9a-f]{64}")
_YOUNG_FOR = timedelta(hours=1)  # far less than what tidying takes for old
_WRITTEN = ("mtime", "updated", "LastModified", "created")  # as fsspec's file systems call it


class Blobs:
    """Blobs at an address: a folder's path, or what fsspec knows (`gs://bucket/prefix`, with gcsfs installed)."""

    def __init__(self, address: str) -> None:
        files, self._root = fsspec.core.url_to_fs(address)
        self._files: Any = files
        self._local = isinstance(files, LocalFileSystem)

    def put(self, workspace_id: int, content: bytes | IO[bytes]) -> str:
        """Store the content, unless it is there, and return its SHA-256. Raises StorageAway."""
        try:
            if isinstance(content, bytes):
                digest = hashlib.sha256(content).hexdigest()
                is_young = self._is_young(self._place(workspace_id, digest))
                return digest if is_young else self._write(workspace_id, iter([content]))
            return self._write(workspace_id, iter(lambda: content.read(_CHUNK_BYTES), b""))
        except OSError as problem:
            raise StorageAway from problem

    def size(self, workspace_id: int, digest: str) -> int:
        """How many bytes it has. Raises NotFound, StorageAway."""
        try:
            return int(self._files.size(self._place(workspace_id, digest)))
        except FileNotFoundError as problem:
            raise NotFound from problem
        except OSError as problem:
            raise StorageAway from problem

    def stream(self, workspace_id: int, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not including, `end` (None: its end). Raises NotFound, StorageAway."""
        try:
            file = self._files.open(self._place(workspace_id, digest), "rb")
        except FileNotFoundError as problem:
            raise NotFound from problem
        except OSError as problem:
            raise StorageAway from problem
        return _between(file, start, end)

    def read(self, workspace_id: int, digest: str) -> bytes:
        """All of it. Raises NotFound."""
        return b"".join(self.stream(workspace_id, digest))

    def written_before(self, workspace_id: int, before: datetime) -> Iterator[str]:
        """Yield the digests of the blobs that were last written before then. Raises StorageAway."""
        for place, told in self._found(f"{self._root}/{int(workspace_id)}"):
            digest = place.rpartition("/")[2]
            if _DIGEST.fullmatch(digest) and _written_at(told) < before:
                yield digest

    def remove(self, workspace_id: int, digest: str, before: datetime) -> bool:
        """Remove it, unless it was written anew since; whether it was. Only for what no row names. Raises StorageAway.

        In a folder it is put aside first, so that one that is being written anew meanwhile is never lost. In a bucket
        a moment is left between looking and removing.
        """
        place = self._place(workspace_id, digest)
        self._files.invalidate_cache()  # a bucket's listing may be remembered from before it was written anew
        try:
            if _written_at(self._files.info(place)) >= before:
                return False
            if not self._local:
                self._files.rm_file(place)
                return True
            aside = Path(self._beside(workspace_id))
            Path(place).rename(aside)
            if _written_at(self._files.info(str(aside))) >= before:
                aside.rename(place)
                return False
            aside.unlink()
        except FileNotFoundError:
            return False
        except OSError as problem:
            raise StorageAway from problem
        return True

    def remove_unfinished(self, workspace_id: int, before: datetime) -> int:
        """Remove what was left half written before then by whoever died; returns how much. Raises StorageAway."""
        left = self._found(f"{self._root}/{int(workspace_id)}/incoming")
        old = [place for place, told in left if _written_at(told) < before]
        for place in old:
            self._files.rm_file(place)
        return len(old)

    def _found(self, folder: str) -> list[tuple[str, Mapping[str, Any]]]:
        try:
            return list(self._files.find(folder, detail=True).items())
        except FileNotFoundError:
            return []
        except OSError as problem:
            raise StorageAway from problem

    def _is_young(self, place: str) -> bool:
        try:
            return _written_at(self._files.info(place)) > datetime.now(UTC) - _YOUNG_FOR
        except FileNotFoundError:
            return False

    def _write(self, workspace_id: int, chunks: Iterator[bytes]) -> str:
        beside = self._beside(workspace_id)
        hashed = hashlib.sha256()
        try:
            with self._files.open(beside, "wb") as file:
                for chunk in chunks:
                    hashed.update(chunk)
                    file.write(chunk)
                if self._local:
                    file.flush()
                    os.fsync(file.fileno())
            digest = hashed.hexdigest()
            self._settle(beside, self._place(workspace_id, digest))
        finally:
            if self._files.exists(beside):
                self._files.rm_file(beside)
        return digest

    def _settle(self, beside: str, place: str) -> None:
        self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
        if self._local:
            Path(beside).replace(place)  # atomic, which fsspec does not promise of its own move
        elif not self._is_young(place):
            self._files.mv(beside, place)

    def _beside(self, workspace_id: int) -> str:
        folder = f"{self._root}/{int(workspace_id)}/incoming"
        self._files.makedirs(folder, exist_ok=True)
        return f"{folder}/{uuid.uuid4().hex}"

    def _place(self, workspace_id: int, digest: str) -> str:
        if not _DIGEST.fullmatch(digest):
            raise NotFound
        return f"{self._root}/{int(workspace_id)}/{digest[:2]}/{digest}"


def _written_at(told: Mapping[str, Any]) -> datetime:
    written = next(told[name] for name in _WRITTEN if told.get(name) is not None)
    if isinstance(written, int | float):
        return datetime.fromtimestamp(written, UTC)
    at: datetime = datetime.fromisoformat(written) if isinstance(written, str) else written
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _between(file: Any, start: int, end: int | None) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = None if end is None else max(0, end - start)
        while left is None or left > 0:
            chunk = file.read(_CHUNK_BYTES if left is None else min(left, _CHUNK_BYTES))
            if not chunk:
                return
            if left is not None:
                left -= len(chunk)
            yield chunk

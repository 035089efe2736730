"""Where do the bytes of documents and pages lie? In a folder or a bucket (fsspec), each content once, by its SHA-256.

A workspace's blobs lie under its number, so that nothing is shared between companies and one can be erased whole.
A blob is written beside its place and then moved there: it is there whole or not at all, and never changes. Writing
the same content again changes nothing, so a repeated job is harmless. The only module that imports fsspec.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from backend.errors import NotFound, Transient

_CHUNK_BYTES = 1 << 18
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """Blobs at an address: a folder's path, or what fsspec knows (`gs://bucket/prefix`, with gcsfs installed)."""

    def __init__(self, address: str) -> None:
        files, self._root = fsspec.core.url_to_fs(address)
        self._files: Any = files
        self._local = isinstance(files, LocalFileSystem)

    def put(self, workspace_id: int, content: bytes | IO[bytes]) -> str:
        """Store the content, unless it is there, and return its SHA-256. Raises Transient."""
        try:
            if isinstance(content, bytes):
                digest = hashlib.sha256(content).hexdigest()
                return (
                    digest
                    if self._files.exists(self._place(workspace_id, digest))
                    else self._write(workspace_id, iter([content]))
                )
            return self._write(workspace_id, iter(lambda: content.read(_CHUNK_BYTES), b""))
        except OSError as problem:
            raise Transient("Documents cannot be stored at the moment.") from problem

    def size(self, workspace_id: int, digest: str) -> int:
        """How many bytes it has. Raises NotFound."""
        try:
            return int(self._files.size(self._place(workspace_id, digest)))
        except FileNotFoundError as problem:
            raise NotFound from problem

    def stream(self, workspace_id: int, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not including, `end` (None: its end). Raises NotFound at once."""
        try:
            file = self._files.open(self._place(workspace_id, digest), "rb")
        except FileNotFoundError as problem:
            raise NotFound from problem
        return _between(file, start, end)

    def read(self, workspace_id: int, digest: str) -> bytes:
        """All of it. Raises NotFound."""
        return b"".join(self.stream(workspace_id, digest))

    def remove(self, workspace_id: int, digest: str) -> None:
        """Remove it; one that is gone is no error. Only for what no row names any more."""
        try:
            self._files.rm_file(self._place(workspace_id, digest))
        except FileNotFoundError:
            return

    def _write(self, workspace_id: int, chunks: Iterator[bytes]) -> str:
        beside = f"{self._root}/{int(workspace_id)}/incoming/{uuid.uuid4().hex}"
        self._files.makedirs(beside.rpartition("/")[0], exist_ok=True)
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
        elif not self._files.exists(place):
            self._files.mv(beside, place)

    def _place(self, workspace_id: int, digest: str) -> str:
        if not _DIGEST.fullmatch(digest):
            raise NotFound
        return f"{self._root}/{int(workspace_id)}/{digest[:2]}/{digest}"


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

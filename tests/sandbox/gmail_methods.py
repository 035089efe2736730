"""Which of Gmail's methods does a request call? Read from Google's own discovery document, as their client does."""

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

_UPLOAD_PREFIXES = ("/upload", "/resumable/upload")


@dataclass(frozen=True)
class Method:
    """One method: how it is called, with which parameters and scopes."""

    id: str
    http_method: str
    pattern: re.Pattern[str]
    parameters: dict[str, Any]
    scopes: frozenset[str]
    takes_upload: bool


@functools.cache
def document(name: str) -> dict[str, Any]:
    """A discovery document that ships with google-api-python-client."""
    text = files("googleapiclient").joinpath(f"discovery_cache/documents/{name}.json").read_text()
    read: dict[str, Any] = json.loads(text)
    return read


@functools.cache
def methods() -> tuple[Method, ...]:
    """All of Gmail's methods; a literal path goes before one with a variable in its place."""
    found = [_method(told) for told in _walk(document("gmail.v1")["resources"])]
    return tuple(sorted(found, key=lambda method: method.pattern.pattern.count("(?P<")))


def find_method(http_method: str, path: str) -> tuple[Method, dict[str, str]] | None:
    """The method that this path calls, with the values in the path."""
    for prefix in _UPLOAD_PREFIXES:
        if path.startswith(f"{prefix}/gmail/"):
            path = path.removeprefix(prefix)
            found = _find(http_method, path)
            return found if found is not None and found[0].takes_upload else None
    return _find(http_method, path)


def _find(http_method: str, path: str) -> tuple[Method, dict[str, str]] | None:
    for method in methods():
        match = method.pattern.fullmatch(path)
        if match is not None and method.http_method == http_method:
            return method, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def _walk(resources: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in resources.values():
        yield from resource.get("methods", {}).values()
        yield from _walk(resource.get("resources", {}))


def _method(told: dict[str, Any]) -> Method:
    pieces = re.split(r"\{\+?(\w+)\}", told["path"])
    pattern = "".join(f"(?P<{p}>[^/:]+|[^/]+)" if i % 2 else re.escape(p) for i, p in enumerate(pieces))
    return Method(
        told["id"],
        told["httpMethod"],
        re.compile(f"/{pattern}"),
        told.get("parameters", {}),
        frozenset(told.get("scopes", ())),
        "mediaUpload" in told,
    )

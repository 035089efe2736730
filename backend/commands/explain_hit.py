"""What was this request for an image or a link? `python -m backend explain hit`, for support and admins.

The same rules as in the product (`backend.domain.verdicts`), without a database: each hit is judged alone, so what
only a message's other hits tell (repeats, bursts) is not seen, nor whether a document's pages were shown. Without
--sent-at nothing is said about time.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast, get_args
from uuid import UUID

from backend.domain.hits import Hit, HitKind, MessageFacts, Verdict
from backend.domain.verdicts import judge
from backend.errors import Malformed

_ALONE = UUID(int=0)
_NOBODY = 0
_KINDS = get_args(HitKind)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--user-agent", metavar="UA", help="the program's own name for itself")
    parser.add_argument("--ip", metavar="IP", help="where it came from")
    parser.add_argument("--at", metavar="T", help="when it came, ISO 8601 (default: now)")
    parser.add_argument("--sent-at", metavar="T", help="when the mail was sent, ISO 8601")
    parser.add_argument("--header", metavar="K=V", action="append", default=[], help="a header; may be repeated")
    parser.add_argument("--method", default="GET", help="the request's method (default: GET)")
    parser.add_argument("--kind", choices=_KINDS, default="open", help="image, link or document (default: open)")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    parser.add_argument("--jsonl", metavar="FILE", help="many hits, one JSON object a line (- for standard input)")


def run(args: argparse.Namespace) -> int:
    """Explain one hit, or each line of a file; a bad line says so, and the rest go on."""
    now = datetime.now(UTC)
    if args.jsonl is not None:
        return _explain_many(args.jsonl, now)
    try:
        told = _explain(_from_arguments(args), now)
    except Malformed as problem:
        print(problem, file=sys.stderr)
        return 2
    print(json.dumps(told, ensure_ascii=False) if args.json else _as_text(told))
    return 0


def _explain_many(name: str, now: datetime) -> int:
    try:
        for line in _lines(name):
            if line.strip():
                print(json.dumps(_explain_line(line, now), ensure_ascii=False))
    except OSError as problem:
        print(f"{name} cannot be read: {problem.strerror or type(problem).__name__}", file=sys.stderr)
        return 2
    return 0


def _lines(name: str) -> Iterator[str]:
    with ExitStack() as stack:
        file = sys.stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))
        for line in file:
            yield line.decode("utf-8", errors="replace")


def _explain_line(line: str, now: datetime) -> dict[str, object]:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return _refused("This line is no JSON.")
    if not isinstance(given, dict):
        return _refused("This line is no JSON object.")
    try:
        return _explain(given, now)
    except Malformed as problem:
        return _refused(str(problem))


def _refused(reason: str) -> dict[str, object]:
    return {"verdict": None, "rule": None, "sentence": reason}


def _from_arguments(args: argparse.Namespace) -> Mapping[str, object]:
    if args.user_agent is None:
        raise Malformed("--user-agent is needed, or --jsonl with a file of many.")
    headers = {}
    for told in args.header:
        name, equals, value = told.partition("=")
        if not equals:
            raise Malformed(f"A header is told as NAME=VALUE, not as {told!r}.")
        headers[name] = value
    return {
        "user_agent": args.user_agent,
        "ip": args.ip,
        "headers": headers,
        "at": args.at,
        "sent_at": args.sent_at,
        "method": args.method,
        "kind": args.kind,
    }


def _explain(given: Mapping[str, object], now: datetime) -> dict[str, object]:
    headers = _headers(given.get("headers"))
    user_agent = _text(given, "user_agent") or headers.pop("user-agent", "")
    kind = _text(given, "kind") or "open"
    if kind not in _KINDS:
        raise Malformed(f"The kind is one of {', '.join(_KINDS)}.")
    hit = Hit(
        id=_ALONE,
        kind=cast(HitKind, kind),
        received_at=_instant(given, "at") or now,
        user_agent=user_agent,
        ip=_text(given, "ip") or None,
        method=(_text(given, "method") or "GET").upper(),
        headers=headers,
        link_id=1 if kind == "click" else None,
    )
    (verdict,) = judge([hit], MessageFacts(rep_id=_NOBODY, sent_at=_instant(given, "sent_at")))
    return _as_object(verdict)


def _as_object(verdict: Verdict) -> dict[str, object]:
    return {
        "verdict": verdict.verdict,
        "rule": verdict.rule,
        "sentence": verdict.sentence,
        "confidence": verdict.confidence,
        "client": verdict.client,
    }


def _as_text(told: Mapping[str, object]) -> str:
    return f"{told['verdict']}: {told['sentence']}\n  rule: {told['rule']}, confidence: {told['confidence']}"


def _headers(given: object) -> dict[str, str]:
    if given is None:
        return {}
    pairs: list[Any]
    if isinstance(given, dict):
        pairs = list(given.items())
    elif isinstance(given, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in given):
        pairs = given
    else:
        raise Malformed("The headers are told as an object of names and values.")
    return {str(name).lower(): str(value) for name, value in pairs}


def _text(given: Mapping[str, object], name: str) -> str:
    told = given.get(name)
    if told is None:
        return ""
    if not isinstance(told, str):
        raise Malformed(f"{name} is told as text.")
    return told


def _instant(given: Mapping[str, object], name: str) -> datetime | None:
    told = given.get(name)
    if told is None or told == "":
        return None
    try:
        if isinstance(told, int | float) and not isinstance(told, bool):
            return datetime.fromtimestamp(told, UTC)
        found = datetime.fromisoformat(str(told))
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"{name} is told as an instant like 2026-11-24T14:05:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

"""Judges history again under the current rules: the same answer as judging from scratch, message by message.

    messages in the order of their keys --window--> those judged by older rules --settle_messages--> verdicts, feed

Each window is a short transaction under the locks of `services.hits`, so hits may come in, and workers may judge,
meanwhile: whoever comes second sees what the first has stored. Whatever was done stays done: an interrupted run goes
on where it was when it is started again, since what was judged anew is of the current rules. With `since` that cannot
be told, so the progress names the last message, to go on after.

Incoming mail is not judged again. What a mail is was mostly decided with its body, which is never kept; its headers
alone would turn absence notes into answers. And whether a body was read is not noted of each mail, so it cannot be
told which verdicts the kept headers could truthfully replace.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from backend.domain.verdicts import RULES_VERSION
from backend.services.hits import settle_messages
from backend.store import rejudging as store
from backend.store.keys import MessageKey
from backend.store.rejudging import Scope

AT_ONCE = 200
_ATTEMPTS = 5  # a lock that somebody holds for longer than we may wait is no reason to give up a long run


@dataclass(frozen=True)
class Progress:
    """How far a run has come: messages walked over, of how many, judged again, with how many hits; the last message."""

    all: int
    seen: int = 0
    judged: int = 0
    hits: int = 0
    after: MessageKey = (0, 0)


def scope_of(workspace_id: int | None = None, since: datetime | None = None) -> Scope:
    """What the current rules have not judged yet or, with `since`, whatever was hit, read or answered since then."""
    return Scope(RULES_VERSION, workspace_id, since)


def rejudge(
    engine: Engine, scope: Scope, clock: Callable[[], datetime], after: MessageKey = (0, 0), at_once: int = AT_ONCE
) -> Iterator[Progress]:
    """Judge again what the scope says, after this message; yields after each window, which is committed by then."""
    with engine.begin() as conn:
        progress = Progress(store.count_messages(conn, scope), after=after)
    while True:
        stepped = _step(engine, scope, progress, clock, at_once)
        if stepped is None:
            return
        progress = stepped
        yield progress


def _step(
    engine: Engine, scope: Scope, progress: Progress, clock: Callable[[], datetime], at_once: int
) -> Progress | None:
    for attempt in range(_ATTEMPTS):
        try:
            with engine.begin() as conn:
                found = store.next_messages(conn, scope, progress.after, at_once)
                wanted = [key for key, is_wanted in found if is_wanted]
                hits = settle_messages(conn, wanted, clock())
            break
        except OperationalError:
            if attempt + 1 == _ATTEMPTS:
                raise
    if not found:
        return None
    return replace(
        progress,
        seen=progress.seen + len(found),
        judged=progress.judged + len(wanted),
        hits=progress.hits + len(hits),
        after=found[-1][0],
    )

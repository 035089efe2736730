"""What is judged when verdicts are measured? Mails of several workspaces and what befalls them, copied into tables.

Readers with a program and a network each look again within a session, come back days later, and follow links; Gmail
and Apple load ahead, scanners follow everything at once. The same numbers every time.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from backend.domain.arrivals import new_hit_id

SENT_AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
RULED_AT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
_LINKS = 3
_MOST_HITS = 50
_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
_BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
_READERS = (
    ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "66.249"),
    ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.17928; MSOffice 16)", "203"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "198"),
    (f"{_BROWSER} Edg/142.0.0.0", "81"),
)
_FOUNDED = """
    INSERT INTO workspace (name) SELECT 'Bench ' || n FROM generate_series(1, :workspaces) n;
    INSERT INTO rep (workspace_id, google_sub, email, name)
        SELECT workspace_id, 'sub', 'quorra@gridworks.example', 'Quorra Reed' FROM workspace;
    INSERT INTO message (workspace_id, rep_id, state, compose_key, sent_at)
        SELECT rep.workspace_id, rep.id, 'sent', 'k' || n, :sent_at
        FROM generate_series(1, :messages) n
        JOIN (SELECT *, row_number() OVER () - 1 AS place FROM rep) rep ON rep.place = n % :workspaces;
    INSERT INTO recipient (workspace_id, message_id, address, name, role)
        SELECT workspace_id, id, 'flynn@flynnsarcade.com', 'Kevin Flynn', 'to' FROM message;
    INSERT INTO link (workspace_id, message_id, destination, text)
        SELECT workspace_id, id, 'https://gridworks.example/' || n, 'offer' FROM message, generate_series(1, :links) n;
    INSERT INTO tracker (workspace_id, token, kind, message_id)
        SELECT workspace_id, 'o' || id, 'open', id FROM message;
    INSERT INTO tracker (workspace_id, token, kind, message_id, link_id)
        SELECT workspace_id, 'c' || message_id || '-' || row_number() OVER (PARTITION BY message_id), 'click',
               message_id, id FROM link;
    INSERT INTO feed_item (workspace_id, message_id, key, kind, occurred_at, seq)
        SELECT workspace_id, id, 'sent', 'sent', sent_at, id FROM message;
    INSERT INTO feed_counter (workspace_id, seq)
        SELECT workspace_id, max(seq) FROM feed_item GROUP BY workspace_id;
"""


@dataclass(frozen=True)
class Size:
    """How much there is."""

    messages: int
    workspaces: int = 20


Row = tuple[UUID, str, str, datetime, str, str]


def copy_story(engine: Engine, size: Size) -> int:
    """Fill the tables; returns how many hits there are. None of them waits yet."""
    with engine.begin() as conn:
        conn.execute(
            text(_FOUNDED),
            {"workspaces": size.workspaces, "messages": size.messages, "links": _LINKS, "sent_at": SENT_AT},
        )
        messages = conn.execute(text("SELECT workspace_id, id FROM message ORDER BY id")).tuples().all()
        chance = Random(5)  # noqa: S311  the same story every time
        rows = [
            (workspace_id, id_, kind, token, at, "GET", ip, agent, json.dumps({"accept": "*/*"}))
            for workspace_id, message_id in messages
            for id_, kind, token, at, ip, agent in _befalling(message_id, chance)
        ]
        rows.sort(key=lambda row: row[1].int)
        _copy(conn, "hit (workspace_id, id, kind, token, received_at, method, ip, user_agent, headers)", rows)
    _tidy(engine)
    return len(rows)


def let_wait(engine: Engine, which: str) -> None:
    """Let the hits of some messages wait (a condition on the tracker), in place of all that wait now."""
    with engine.begin() as conn:
        conn.execute(text("TRUNCATE unjudged"))
        found = conn.execute(
            text(
                "SELECT hit.workspace_id, hit.id FROM hit JOIN tracker USING (workspace_id, token) "  # noqa: S608
                f"WHERE {which} ORDER BY hit.id"
            )
        )
        _copy(conn, "unjudged (workspace_id, hit_id)", found.tuples().all())
    _tidy(engine)


def let_latest_wait(engine: Engine) -> None:
    """Let the latest hit of every message wait, as if it had come just now: nothing was said of it yet."""
    with engine.begin() as conn:
        conn.execute(text("TRUNCATE unjudged"))
        conn.execute(
            text(
                """
                WITH latest AS (
                    SELECT DISTINCT ON (tracker.workspace_id, message_id) hit.workspace_id, hit.id
                    FROM hit JOIN tracker USING (workspace_id, token)
                    ORDER BY tracker.workspace_id, message_id, received_at DESC, hit.id DESC
                ), unsaid AS (
                    DELETE FROM verdict USING latest
                    WHERE verdict.workspace_id = latest.workspace_id AND verdict.hit_id = latest.id
                )
                INSERT INTO unjudged (workspace_id, hit_id) SELECT workspace_id, id FROM latest
                """
            )
        )
    _tidy(engine)


def _befalling(message_id: int, chance: Random) -> Iterator[Row]:
    """Between 1 and 50 hits on a message."""
    left = chance.randint(1, _MOST_HITS)
    if chance.random() < 0.3:
        yield _hit(message_id, SENT_AT + timedelta(seconds=2), _PREFETCH, "66.249.81.7", None)
        left -= 1
    if chance.random() < 0.2 and left > _LINKS:
        for number in range(_LINKS):
            at = SENT_AT + timedelta(seconds=20 + number * 0.4)
            yield _hit(message_id, at, _BROWSER, "52.102.3.9", number)
            left -= 1
    readers = [
        (agent, ".".join([block, *(str(chance.randint(1, 250)) for _ in range(3 - block.count(".")))]))
        for agent, block in chance.sample(_READERS, chance.randint(1, 3))
    ]
    at = SENT_AT
    while left > 0:
        agent, ip = chance.choice(readers)
        at += timedelta(hours=chance.uniform(0.2, 20))
        for _ in range(min(left, chance.randint(1, 5))):  # a session
            at += timedelta(minutes=chance.uniform(0.1, 8))
            clicks = chance.random() < 0.2 and "GoogleImageProxy" not in agent
            yield _hit(message_id, at, agent, ip, chance.randrange(_LINKS) if clicks else None)
            left -= 1


def _hit(message_id: int, at: datetime, agent: str, ip: str, link: int | None) -> Row:
    token = f"o{message_id}" if link is None else f"c{message_id}-{link + 1}"
    return new_hit_id(at), "open" if link is None else "click", token, at, ip, agent


def _copy(conn: Connection, into: str, rows: Iterable[Sequence[object]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    file.seek(0)
    cursor: Any = conn.connection.cursor()
    cursor.copy_expert(f"COPY {into} FROM STDIN (FORMAT csv)", file)
    cursor.close()


def _tidy(engine: Engine) -> None:
    """What autovacuum does on a server that has been running for a minute."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))

"""How many hits a second are judged and stored, next to what? `python -m backend bench verdicts`.

On a PostgreSQL of its own in a temporary folder: messages of several workspaces with 1 to 50 hits each, put there by
COPY, wait as the collector leaves them. In one run: workers that judge them as in production (`judge_new`, two
processes); then the latest hit of each message alone, as if the others had been judged long ago: it costs reading
them all. Next to them the rules alone on the same hits without any database, and a judge that does what one would
write first, one hit in one transaction. Other work on the machine touches them all, so the ratios say more than the
numbers; the processor time for each hit says what an idle machine could do. Nothing leaves the machine; the run ends
by itself.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from backend.adapters.postgres import EmbeddedPostgres
from backend.commands.bench_story import RULED_AT, Size, copy_story, let_latest_wait, let_wait
from backend.domain.verdicts import RULES_VERSION, judge
from backend.services.hits import judge_new, settle_message
from backend.store import hit_facts
from backend.store.engine import create_store
from backend.store.hits import drop_waiting, lock_messages, take_waiting
from backend.store.schema import migrate

# Measured on two cores with little else to do: 18,600 hits a second judged and stored by two workers (57 µs of Python
# and 41 µs of PostgreSQL a hit), 77 one hit a transaction, 47,000 by the rules alone. Busy cores halve all of it.
_MOST_S = 20
_PURE_S = 3.0
_ONE_BY_ONE_S = 5.0
_START_S = 30.0
_NAIVE_PART = 20  # each so manieth message is kept for the judge that takes one hit at a time


@dataclass(frozen=True)
class Measure:
    """Hits, in how many seconds, and the processor's seconds for it: in Python, and in PostgreSQL where known."""

    hits: int
    seconds: float
    python_s: float
    postgres_s: float | None = None

    @property
    def rate(self) -> float:
        return self.hits / self.seconds if self.seconds else 0.0

    def told(self) -> dict[str, float | int | None]:
        """In numbers for a person or a program."""
        each = 1e6 / max(1, self.hits)
        return {
            "hits": self.hits,
            "seconds": round(self.seconds, 2),
            "hits_per_second": round(self.rate),
            "python_us": round(self.python_s * each),
            "postgres_us": None if self.postgres_s is None else round(self.postgres_s * each),
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--messages", type=int, default=3000, help="with 1 to 50 hits each (default: 3000, most 5000)")
    parser.add_argument("--workers", type=int, default=2, help="judging processes (default: 2, most 4)")
    parser.add_argument("--seconds", type=int, default=_MOST_S, help=f"at most for the workers (default: {_MOST_S})")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Measure all three and print them; 1 where a stored verdict is not what the rules alone say."""
    size = Size(messages=max(100, min(args.messages, 5000)))
    workers, seconds = max(1, min(args.workers, 4)), max(1, min(args.seconds, _MOST_S))
    with (
        tempfile.TemporaryDirectory(prefix="readback-bench-") as folder,
        EmbeddedPostgres(Path(folder) / "pg") as server,
    ):
        engine = create_store(server.url())
        migrate(engine)
        told = _measure_all(engine, server.url(), size, workers, float(seconds))
        engine.dispose()
    print(json.dumps(told) if args.json else _as_table(told))
    return 0 if told["differing"] == 0 else 1


def _measure_all(engine: Engine, url: str, size: Size, workers: int, seconds: float) -> dict[str, Any]:
    waiting = copy_story(engine, size)
    let_wait(engine, f"message_id % {_NAIVE_PART} = 0")
    naive = _judge_one_by_one(engine)
    let_wait(engine, f"message_id % {_NAIVE_PART} <> 0")
    stored = _judge_in_processes(engine, url, workers, seconds)
    let_latest_wait(engine)
    latest = _judge_in_processes(engine, url, workers, seconds)
    pure, differing = _judge_purely(engine)
    return {
        "judged_and_stored": stored.told(),
        "latest_hits_alone": latest.told(),
        "one_hit_a_transaction": naive.told(),
        "rules_alone": pure.told(),
        "ratio_to_one_hit_a_transaction": round(stored.rate / max(1e-9, naive.rate), 1),
        "ratio_to_rules_alone": round(stored.rate / max(1e-9, pure.rate), 2),
        "workers": workers,
        "messages": size.messages,
        "hits": waiting,
        "differing": differing,
    }


def _waiting(engine: Engine) -> int:
    with engine.begin() as conn:
        return int(conn.execute(text("SELECT count(*) FROM unjudged")).scalar_one())


def _as_table(told: Mapping[str, Any]) -> str:
    names = {
        "judged_and_stored": f"judged and stored, {told['workers']} workers",
        "latest_hits_alone": "only the latest hit of each mail",
        "one_hit_a_transaction": "one hit a transaction",
        "rules_alone": "the rules alone, 1 process",
    }
    lines = [f"{'':32}{'hits':>8}{'hits/s':>9}{'Python µs':>11}{'PostgreSQL µs':>15}"]
    for name, called in names.items():
        one = told[name]
        postgres = "" if one["postgres_us"] is None else one["postgres_us"]
        lines.append(f"{called:32}{one['hits']:>8}{one['hits_per_second']:>9}{one['python_us']:>11}{postgres:>15}")
    lines.append(
        f"to one hit a transaction {told['ratio_to_one_hit_a_transaction']}, "
        f"to the rules alone {told['ratio_to_rules_alone']}"
    )
    lines.append(f"{told['messages']} messages, {told['hits']} hits, {told['differing']} verdicts differ")
    return "\n".join(lines)


# The three judges


def _judge_in_processes(engine: Engine, url: str, workers: int, seconds: float) -> Measure:
    """As in production: so many processes take from what waits until nothing does."""
    waiting = _waiting(engine)
    context = multiprocessing.get_context("spawn")
    ready, told = context.Barrier(workers + 1), context.Queue()
    processes = [context.Process(target=_work, args=(url, seconds, ready, told), daemon=True) for _ in range(workers)]
    for process in processes:
        process.start()
    ready.wait(_START_S)
    began = time.perf_counter()
    measures: list[Measure] = [told.get(timeout=seconds + _START_S) for _ in processes]
    took = time.perf_counter() - began
    for process in processes:
        process.join(_START_S)
    postgres = [one.postgres_s for one in measures if one.postgres_s is not None]
    return Measure(  # what no longer waits: a message that went through two workers' hands counts once
        waiting - _waiting(engine),
        took,
        sum(one.python_s for one in measures),
        sum(postgres) if len(postgres) == workers else None,
    )


def _work(url: str, seconds: float, ready: Barrier, told: "Queue[Measure]") -> None:
    engine = create_store(url, pool_size=1)
    with engine.begin() as conn:
        served_by = int(conn.execute(text("SELECT pg_backend_pid()")).scalar_one())
    ready.wait(_START_S)
    began, python_s, postgres_s = time.perf_counter(), time.process_time(), _processor_s(served_by)
    while time.perf_counter() - began < seconds:
        with engine.begin() as conn:
            judged = judge_new(conn, datetime.now(UTC))
        if not judged:
            break
    took, python_s, now_s = time.perf_counter() - began, time.process_time() - python_s, _processor_s(served_by)
    spent = None if postgres_s is None or now_s is None else now_s - postgres_s
    told.put(Measure(0, took, python_s, spent))
    engine.dispose()


def _judge_one_by_one(engine: Engine) -> Measure:
    """What one would write first: take a hit, judge its message, commit."""
    began, python_s, hits = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < _ONE_BY_ONE_S:
        with engine.begin() as conn:
            for one in (taken := take_waiting(conn, 1, RULES_VERSION)):
                settle_message(conn, one.workspace_id, one.message_id or 0, RULED_AT)
                drop_waiting(conn, [one.key])
        if not taken:
            break
        hits += len(taken)
    return Measure(hits, time.perf_counter() - began, time.process_time() - python_s)


def _judge_purely(engine: Engine) -> tuple[Measure, int]:
    """The rules alone, one message after the other; and how many of the stored verdicts say something else."""
    with engine.begin() as conn:
        judged = conn.execute(text("SELECT DISTINCT workspace_id, message_id FROM verdict LIMIT 2000"))
        locked = lock_messages(conn, [(workspace_id, message_id) for workspace_id, message_id in judged])
        keys = [one.key for one in locked]
        hits = hit_facts.hits_of_messages(conn, keys)
        facts = hit_facts.facts_of_messages(conn, locked, hits)
        said = hit_facts.verdicts_of_messages(conn, keys)
    began, python_s, count, differing = time.perf_counter(), time.process_time(), 0, 0
    verdicts = {}
    for key in keys:
        verdicts[key] = judge(hits[key], facts[key])
        count += len(hits[key])
        if time.perf_counter() - began > _PURE_S:
            break
    measure = Measure(count, time.perf_counter() - began, time.process_time() - python_s)
    for key, found in verdicts.items():
        for verdict in found:
            stands = said[key].get(verdict.hit_id)
            differing += stands is None or (stands.verdict, stands.sentence) != (verdict.verdict, verdict.sentence)
    return measure, differing


def _processor_s(pid: int) -> float | None:
    """The processor's seconds that a process has had; None where the system does not tell as Linux does."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

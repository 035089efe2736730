"""How many hits a second does the collector keep, next to what? `python -m backend bench collector`.

Three servers in one run, each under gunicorn on a free loopback port, each over the same fresh PostgreSQL: the web
process as in production (hits durable before they are answered), the same server answering the same GIF with nothing
recorded, and a plain Flask route with one INSERT and commit a hit. One client on this machine drives them in turn, so
the ratios say more than the numbers. Nothing leaves the machine; the run ends by itself.
"""

import argparse
import asyncio
import contextlib
import json
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from cryptography.fernet import Fernet
from flask import Flask, Response, request
from sqlalchemy import Engine, text

from backend.adapters.postgres import EmbeddedPostgres
from backend.collector.answers import GIF, IMAGE
from backend.domain.tokens import mint_token
from backend.store.engine import create_store
from backend.store.schema import migrate

_WARM_UP_S = 1.0
_START_S = 20.0
_MOST_SECONDS = 12
_WORKSPACE = 1
_GUNICORN = ("--worker-class", "uvicorn_worker.UvicornWorker", "--workers", "1")
_GTHREAD = ("--worker-class", "gthread", "--threads", "16", "--workers", "1")
_AGENT = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


@dataclass
class Measure:
    """What one server did: answers in the measured time, and how long each took."""

    answers: int = 0
    failures: int = 0
    seconds: float = 0.0
    took_s: list[float] = field(default_factory=list)

    def told(self) -> dict[str, float | int]:
        """In numbers for a person or a program."""
        ordered = sorted(self.took_s) or [0.0]
        return {
            "hits_per_second": round(self.answers / self.seconds) if self.seconds else 0,
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 2),
            "p99_ms": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000, 2),
            "failures": self.failures,
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--seconds", type=int, default=5, help=f"for each server, at most {_MOST_SECONDS} (default: 5)")
    parser.add_argument("--connections", type=int, default=64, help="kept-alive connections (default: 64)")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Measure all three and print them; 1 where rows and answers differ or a request failed."""
    seconds = max(1, min(args.seconds, _MOST_SECONDS))
    with (
        tempfile.TemporaryDirectory(prefix="readback-bench-") as folder,
        EmbeddedPostgres(Path(folder) / "pg") as server,
    ):
        url = server.url()
        engine = create_store(url)
        migrate(engine)
        _prepare(engine)
        told = _measure_all(engine, url, Path(folder), seconds, args.connections)
        engine.dispose()
    print(json.dumps(told) if args.json else _as_table(told))
    sound = told["rows_equal_answers"] and not any(told[name]["failures"] for name in ("collector", "empty", "flask"))
    return 0 if sound else 1


def _measure_all(engine: Engine, url: str, folder: Path, seconds: int, connections: int) -> dict[str, Any]:
    keys = secrets.token_urlsafe(32)
    path = f"/o/{mint_token('o', _WORKSPACE, [keys.encode()])}.gif"
    module = __name__
    with _serving("backend.asgi:create_asgi()", _GUNICORN, _environ(url, folder, keys)) as port:
        collector, sent = _drive(port, path, seconds, connections)
    rows = _count(engine, "SELECT count(*) FROM hit")
    with _serving(f"{module}:answer_nothing_else", _GUNICORN, {}) as port:
        empty, _ = _drive(port, path, seconds, connections)
    with _serving(f"{module}:insert_each({url!r})", _GTHREAD, {}) as port:
        flask, _ = _drive(port, "/", seconds, connections)
    rates = {name: measure.told() for name, measure in (("collector", collector), ("empty", empty), ("flask", flask))}
    own = rates["collector"]["hits_per_second"]
    return {
        **rates,
        "ratio_to_empty": round(own / max(1, rates["empty"]["hits_per_second"]), 2),
        "ratio_to_flask_insert": round(own / max(1, rates["flask"]["hits_per_second"]), 1),
        "rows": rows,
        "answers": sent,
        "rows_equal_answers": rows == sent,
        "connections": connections,
        "seconds": seconds,
    }


def _as_table(told: MutableMapping[str, Any]) -> str:
    names = {"collector": "collector, durable", "empty": "same server, nothing kept", "flask": "Flask, INSERT + commit"}
    lines = [f"{'':28}{'hits/s':>9}{'p50 ms':>9}{'p99 ms':>9}"]
    for name, called in names.items():
        one = told[name]
        lines.append(f"{called:28}{one['hits_per_second']:>9}{one['p50_ms']:>9}{one['p99_ms']:>9}")
    lines.append(f"to nothing kept {told['ratio_to_empty']}, to Flask {told['ratio_to_flask_insert']}")
    lines.append(f"{told['answers']} answered, {told['rows']} stored")
    return "\n".join(lines)


# The servers


async def answer_nothing_else(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """The same GIF by the same server, with nothing looked at or recorded."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send(IMAGE.start)
    await send(IMAGE.body)


def insert_each(database_url: str) -> Flask:
    """What one would write first: a route, an INSERT, a commit."""
    app = Flask(__name__)
    engine = create_store(database_url, pool_size=16)

    @app.get("/")
    def image() -> Response:
        with engine.begin() as conn:
            conn.execute(
                text("INSERT INTO bench_plain (at, ip, user_agent) VALUES (now(), :ip, :agent)"),
                {"ip": request.remote_addr, "agent": request.user_agent.string},
            )
        return Response(GIF, mimetype="image/gif")

    return app


def _prepare(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(
            text("CREATE TABLE bench_plain (id bigserial PRIMARY KEY, at timestamptz, ip inet, user_agent text)")
        )


def _count(engine: Engine, question: str) -> int:
    with engine.begin() as conn:
        return int(conn.execute(text(question)).scalar_one())


def _environ(url: str, folder: Path, keys: str) -> dict[str, str]:
    told = {name: f"bench-{name.lower()}" for name in ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET")}
    for name in ("GOOGLE_ADDON_SERVICE_ACCOUNT", "GOOGLE_PUSH_SERVICE_ACCOUNT", "GOOGLE_PUBSUB_TOPIC"):
        told[name] = f"bench-{name.lower()}"
    return {
        **told,
        "DATABASE_URL": url,
        "READBACK_DATA_DIR": str(folder / "data"),
        "PUBLIC_URL": "http://localhost",
        "SECRET_KEY": secrets.token_urlsafe(32),
        "LINK_KEYS": keys,
        "TOKEN_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }


@contextlib.contextmanager
def _serving(app: str, worker: Sequence[str], environ: dict[str, str]) -> Iterator[int]:
    """A gunicorn of one process on a free port of the loopback, gone afterwards."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        port = int(listening.getsockname()[1])
        command = [sys.executable, "-m", "gunicorn", app, *worker, "--bind", f"fd://{listening.fileno()}"]
        quiet = ["--no-control-socket", "--log-level", "error", "--keep-alive", "75"]
        process = subprocess.Popen(  # noqa: S603
            [*command, *quiet], env={"PATH": "/usr/bin:/bin", **environ}, pass_fds=[listening.fileno()]
        )
        try:
            yield port
        finally:
            process.terminate()
            process.wait(30)


# The client


def _drive(port: int, path: str, seconds: int, connections: int) -> tuple[Measure, int]:
    """Load one address for a while; returns what was measured, and all answers, those of the warm-up included."""
    return uvloop.run(_drive_for(port, path, seconds, connections))


async def _drive_for(port: int, path: str, seconds: int, connections: int) -> tuple[Measure, int]:
    asked = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {_AGENT}\r\nAccept: */*\r\n\r\n".encode()
    first = await _until_up(port, asked)
    loop = asyncio.get_running_loop()
    visitors = [Visitor(asked, first) for _ in range(connections)]
    for visitor in visitors:
        await loop.create_connection(lambda visitor=visitor: visitor, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.sleep(_WARM_UP_S)
    warm = sum(visitor.begin() for visitor in visitors)
    begun = time.perf_counter()
    await asyncio.sleep(seconds)
    measure = Measure(seconds=time.perf_counter() - begun)
    for visitor in visitors:
        measure.answers += len(visitor.took_s)
        measure.took_s += visitor.took_s
        visitor.stopping = True
    counted = [len(visitor.took_s) for visitor in visitors]
    await asyncio.wait_for(asyncio.gather(*(visitor.ended for visitor in visitors), return_exceptions=True), 10)
    late = sum(len(visitor.took_s) - before for visitor, before in zip(visitors, counted, strict=True))
    measure.failures = sum(visitor.failures for visitor in visitors)
    return measure, 1 + warm + measure.answers + late


async def _until_up(port: int, asked: bytes) -> int:
    """Ask once, waiting for the server to come up; returns the length of its answer, which never varies."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    async with asyncio.timeout(_START_S):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(len(GIF))
    writer.close()
    return len(head) + len(body)


class Visitor(asyncio.Protocol):
    """One kept-alive connection that asks again as soon as it is answered."""

    def __init__(self, asked: bytes, length: int) -> None:
        self._asked, self._length = asked, length
        self._missing = length
        self._at = 0.0
        self.took_s: list[float] = []
        self.failures = 0
        self.stopping = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin(self) -> int:
        """Begin to measure; returns the answers so far."""
        warm, self.took_s = len(self.took_s), []
        return warm

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        if self._missing == self._length and not data.startswith(b"HTTP/1.1 200 "):
            self.failures += 1
        self._missing -= len(data)
        if self._missing > 0:
            return
        self.took_s.append(time.perf_counter() - self._at)
        if self.stopping:
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.stopping:
            self.failures += 1
        if not self.ended.done():
            self.ended.set_result(None)

    def _ask(self) -> None:
        self._missing = self._length
        self._at = time.perf_counter()
        self._transport.write(self._asked)  # type: ignore[attr-defined]

"""How are the long-running processes started and stopped? `serve`, `work`, and both beside each other.

Without DATABASE_URL the command holds an embedded PostgreSQL as long as it runs, and tells its children the
address; the processes that ask for the same data folder share one server.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import FrameType

from backend.adapters.postgres import EmbeddedPostgres
from backend.app import create_parts
from backend.jobs import run_worker
from backend.logs import configure_logs
from backend.settings import Settings
from backend.store.engine import create_store
from backend.store.schema import migrate

_STOP_WITHIN_S = 20.0


def add_serve_arguments(parser: ArgumentParser) -> None:
    """The options of `serve`."""
    parser.add_argument("--with-worker", action="store_true", help="run the worker beside the web process")
    parser.add_argument("--host", default="0.0.0.0", help="the address to listen on (default: all)")  # noqa: S104


def serve(args: Namespace) -> int:
    """Run the web process until told to stop; with `--with-worker` the worker too, both or neither."""
    settings = Settings.from_environ()
    with database(settings) as url:
        children = [_web_command(settings, args.host)]
        if args.with_worker:
            children.append([sys.executable, "-m", "backend", "work"])
        return supervise(children, {**os.environ, "DATABASE_URL": url})


def work(_: Namespace) -> int:
    """Run the worker until told to stop: it finishes the jobs at hand first."""
    settings = Settings.from_environ()
    configure_logs(settings.log_level)
    with database(settings) as url:
        run_worker(create_parts(replace(settings, database_url=url)))
    return 0


def migrate_schema(_: Namespace) -> int:
    """Bring the database's schema to this code's revision."""
    with database(Settings.from_environ()) as url:
        engine = create_store(url)
        print(f"The schema is at revision {migrate(engine)}.")
        engine.dispose()
    return 0


def supervise(commands: Sequence[Sequence[str]], environ: Mapping[str, str]) -> int:
    """Run the commands until one ends or we are told to stop; then stop the rest. Returns the first bad status."""
    asked: list[int] = []

    def ask(signum: int, _: FrameType | None) -> None:
        asked.append(signum)

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, ask)
    children = [subprocess.Popen(command, env=dict(environ)) for command in commands]  # noqa: S603
    while not asked and all(child.poll() is None for child in children):
        time.sleep(0.1)
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + _STOP_WITHIN_S
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    return 0 if asked else next((child.returncode for child in children if child.returncode), 0)


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[str]:
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir / "pg") as embedded:
        yield embedded.url()


def _web_command(settings: Settings, host: str) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "backend.asgi:create_asgi()"),
        *("--worker-class", "uvicorn_worker.UvicornWorker", "--workers", str(settings.web_concurrency)),
        *("--bind", f"{host}:{settings.port}", "--keep-alive", "75", "--graceful-timeout", "10"),
        # uvicorn would believe X-Forwarded-For from this machine; TRUSTED_PROXY_HOPS alone decides.
        *("--forwarded-allow-ips", ""),
        *("--no-control-socket", "--log-level", "warning"),
    ]

"""How are the long-running processes started and stopped? `serve`, and `work` beside it if wanted.

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
from types import FrameType

from backend.adapters.postgres import EmbeddedPostgres
from backend.settings import Settings

_STOP_WITHIN_S = 20.0


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `serve`."""
    parser.add_argument("--with-worker", action="store_true", help="run the worker beside the web process")
    parser.add_argument("--host", default="0.0.0.0", help="the address to listen on (default: all)")  # noqa: S104


def run(args: Namespace) -> int:
    """Run the web process until told to stop; with `--with-worker` the worker too, both or neither."""
    settings = Settings.from_environ()
    with database(settings) as url:
        children = [_web_command(settings, args.host)]
        if args.with_worker:
            children.append([sys.executable, "-m", "backend", "work"])
        return supervise(children, {**os.environ, "DATABASE_URL": url})


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

"""The whole house as processes on this machine: PostgreSQL, the sandbox, web and worker, started and stopped together.

`make demo`, `make demo-check` and the browser journeys use the same `House`, so what they show is what runs.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from backend.adapters.postgres import EmbeddedPostgres
from backend.store.engine import create_store
from backend.store.schema import is_current
from tests.sandbox.environment import readback_environment

ROOT = Path(__file__).parents[2]
_READY_WITHIN_S = 60.0
_STOP_WITHIN_S = 15.0


class NotStarted(Exception):
    """A process of the house did not come up; its log says why."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether somebody listens on this port of the loopback address."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class House:
    """All processes over one data folder, with a PostgreSQL of their own there unless a database is given.

    `say` is told each step as it begins.
    """

    folder: Path
    web_port: int
    sandbox_port: int
    say: Callable[[str], None] = lambda _: None
    database_url: str = ""
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _postgres: EmbeddedPostgres | None = None
    _environ: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Readback's address in the browser."""
        return f"http://localhost:{self.web_port}"

    @property
    def sandbox_url(self) -> str:
        """The sandbox's address in the browser."""
        return f"http://localhost:{self.sandbox_port}"

    def start(self) -> None:
        """Start everything and wait until it is ready. Raises NotStarted, and leaves nothing running then."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.database_url:
            self.say("PostgreSQL")
            self._postgres = EmbeddedPostgres(self.folder / "pg")
        self._environ = {
            **os.environ,
            **readback_environment(self.sandbox_url, self.url, self.folder),
            "DATABASE_URL": self.database_url or self._postgres.url(),
            "READBACK_DATA_DIR": str(self.folder),
            "PORT": str(self.web_port),
            "LOG_LEVEL": "INFO",
        }
        self.say("the local Google and its mailboxes")
        self._spawn(
            "sandbox",
            *("tests.sandbox", "serve", "--port", str(self.sandbox_port), "--data", str(self.folder)),
            *("--readback-url", self.url),
        )
        self.say("the schema")
        if not self._schema_is_current():  # a second start needs no process of its own for that
            self._run("migrate", "backend", "migrate")
        self.say("web and worker")
        self._spawn("web", "backend", "serve", "--host", "127.0.0.1")
        self.start_worker()
        self._wait_for("sandbox", f"{self.sandbox_url}/control/state")
        self._wait_for("web", f"{self.url}/readyz")

    def _schema_is_current(self) -> bool:
        engine = create_store(self._environ["DATABASE_URL"])
        try:
            with engine.connect() as conn:
                return is_current(conn)
        finally:
            engine.dispose()

    def start_worker(self) -> None:
        """Start the worker (again)."""
        self._spawn("worker", "backend", "work")

    def kill_worker(self) -> None:
        """Take the worker's process away as a power cut would."""
        worker = self._children.pop("worker")
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def log(self, name: str) -> str:
        """What a process has written so far."""
        with contextlib.suppress(FileNotFoundError):
            return self._log_path(name).read_text(errors="replace")
        return ""

    def died(self) -> str | None:
        """The name of a process that ended by itself, if one did."""
        return next((name for name, child in self._children.items() if child.poll() is not None), None)

    def stop(self) -> None:
        """Stop everything; nothing of it is left running afterwards. Safe to repeat."""
        for child in self._children.values():
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_WITHIN_S
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self._children.clear()
        if self._postgres is not None:
            self._postgres.__exit__(None, None, None)
            self._postgres = None

    def _log_path(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _spawn(self, name: str, *module_and_arguments: str) -> None:
        with self._log_path(name).open("ab") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", *module_and_arguments],
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
            )

    def _run(self, name: str, *module_and_arguments: str) -> None:
        self._spawn(name, *module_and_arguments)
        if self._children.pop(name).wait() != 0:
            raise NotStarted(f"{name} failed:\n{self.log(name)[-2000:]}")

    def _wait_for(self, name: str, url: str) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline:
            died = self.died()
            if died:
                raise NotStarted(f"{died} ended at once:\n{self.log(died)[-2000:]}")
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise NotStarted(f"{name} was not ready within {_READY_WITHIN_S:.0f} s:\n{self.log(name)[-2000:]}")

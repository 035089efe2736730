"""The collector behind the server that production uses, on a free port of this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from backend.collector.asgi import Collector
from backend.domain.tokens import mint_token
from backend.settings import Settings
from tests.conftest import ENVIRON

KEYS = (ENVIRON["LINK_KEYS"].encode(),)


class Alone:
    """The collector with no web application beside it, started and stopped with the process."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "http":
            await self._collector(scope, receive, send)
            return
        await receive()
        await self._collector.startup()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._collector.shutdown()
        await send({"type": "lifespan.shutdown.complete"})


def create() -> Alone:
    """What the server process runs."""
    return Alone(Collector(Settings.from_environ()))


class Server:
    """A running process; `url` is where it answers."""

    def __init__(self, database_url: str, data_dir: Path, **environ: str) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._environ = {
            **os.environ,
            **ENVIRON,
            "DATABASE_URL": database_url,
            "READBACK_DATA_DIR": str(data_dir),
            **environ,
        }
        self.process = self._start()

    def _start(self) -> subprocess.Popen:
        command = [sys.executable, "-m", "uvicorn", "--factory", "tests.collector.serving:create"]
        options = [
            "--fd",
            str(self._listening.fileno()),
            "--log-level",
            "warning",
            "--no-access-log",
            "--no-proxy-headers",
        ]
        process = subprocess.Popen([*command, *options], env=self._environ, pass_fds=[self._listening.fileno()])
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{self.url}/o/up.gif", timeout=1)
                return process
        raise RuntimeError("the server did not come up")

    def kill(self) -> None:
        """End it without a chance to say goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def start_again(self) -> None:
        self.process = self._start()

    def stop(self) -> None:
        """Ask it to end, as a deployment does."""
        self.process.terminate()
        self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()
        self._listening.close()


@contextlib.contextmanager
def serving(database_url: str, data_dir: Path, **environ: str) -> Iterator[Server]:
    """A server for the length of a test."""
    server = Server(database_url, data_dir, **environ)
    try:
        yield server
    finally:
        server.close()


def image(workspace_id: int) -> tuple[str, str]:
    """A token, and the path of its image."""
    token = mint_token("o", workspace_id, KEYS)
    return token, f"/o/{token}.gif"

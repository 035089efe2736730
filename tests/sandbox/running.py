"""A sandbox that runs: a threaded HTTP server on a loopback port, for tests and for `serve`."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.sandbox.app import SandboxConfig, create_sandbox
from tests.sandbox.world import World


class Handler(WSGIRequestHandler):
    """Keeps connections open as Google does, and logs no addresses."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: request lines carry tokens."""


@dataclass
class RunningSandbox:
    """A sandbox at work. `readback_url` may be told later, once Readback has a port."""

    app: Flask
    url: str

    @property
    def world(self) -> World:
        world: World = self.app.extensions["world"]
        return world

    @property
    def readback_url(self) -> str | None:
        return self.world.readback_url

    @readback_url.setter
    def readback_url(self, url: str | None) -> None:
        with self.world.change():
            self.world.readback_url = url.rstrip("/") if url else None
            self.world.pubsub.wake()


def server_for(app: Flask, host: str, port: int) -> BaseWSGIServer:
    """A threaded server for the sandbox; port 0 takes a free one."""
    return make_server(host, port, app, threaded=True, request_handler=Handler)


@contextlib.contextmanager
def running_sandbox(readback_url: str | None = None, data_dir: Path | None = None) -> Iterator[RunningSandbox]:
    """Run a sandbox on a free port of the loopback address for as long as the block lasts."""
    app = create_sandbox(SandboxConfig("http://localhost", readback_url, data_dir))
    server = server_for(app, "127.0.0.1", 0)
    running = RunningSandbox(app, f"http://localhost:{server.server_port}")
    running.world.url = running.url
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.world.close()
        server.shutdown()
        thread.join()
        server.server_close()

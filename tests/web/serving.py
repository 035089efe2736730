"""The pages and the live feed over a real server on a free port, in a thread, for browsers."""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import uvicorn
from a2wsgi import WSGIMiddleware
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import Engine

from backend.app import create_app
from backend.services.parts import Parts
from backend.services.ports import BlobStore
from backend.settings import Settings
from backend.store.engine import create_store
from backend.web.feed_stream import FeedStream
from backend.web.limits import limiter
from tests.conftest import ENVIRON
from tests.stories import Rep, Tenant
from tests.web.conftest import SmallGoogle


@dataclass
class Served:
    """What is served, and the cookies that sign a rep in."""

    url: str
    app: Flask
    stream: FeedStream
    engine: Engine

    def cookie(self, tenant: Tenant, rep: Rep) -> str:
        told = {"_user_id": f"{tenant.workspace_id}:{rep.id}:0"}
        return SecureCookieSessionInterface().get_signing_serializer(self.app).dumps(told)

    def drop_watchers(self) -> None:
        """End all streams, as a proxy or a restart would."""
        for room in tuple(self.stream._rooms.values()):
            room.pump.get_loop().call_soon_threadsafe(self.stream.drop_watchers)


class _Front:
    """The live feed natively, every other path through Flask, as `backend.asgi` does it."""

    def __init__(self, stream: FeedStream, app: Flask) -> None:
        self._stream = stream
        self._pages = WSGIMiddleware(app, workers=8)

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await self._stream.startup()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._stream.shutdown()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["path"] == "/feed/stream":
            await self._stream(scope, receive, send)
        else:
            await self._pages(scope, receive, send)


@contextlib.contextmanager
def served(engine: Engine, settings: Settings, blobs: BlobStore | None = None) -> Iterator[Served]:
    """Serve on http://localhost for as long as the block lasts."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://localhost:{listening.getsockname()[1]}"
    own = replace(settings, public_url=url, tracking_url=url)
    parts = Parts(
        settings=own, engine=engine, google=SmallGoogle(), gmail=None, secrets=None, blobs=blobs, documents=None
    )
    app = create_app(parts)
    limiter.reset()
    stream = FeedStream(parts, app)
    config = uvicorn.Config(_Front(stream, app), log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Served(url, app, stream, engine)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def main() -> None:
    """Serve the database whose address is given until told to stop: `python -m tests.web.serving URL`."""
    engine = create_store(sys.argv[1])
    parts = Parts(
        Settings.from_environ(ENVIRON),
        engine,
        google=SmallGoogle(),
        gmail=None,
        secrets=None,
        blobs=None,
        documents=None,
    )
    app = create_app(parts)
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(_Front(FeedStream(parts, app), app), log_level="warning")).run([listening])


if __name__ == "__main__":
    main()

"""What does gunicorn serve? The collector and the live feed as they are, and Flask for every other path."""

from typing import Any, cast

from a2wsgi import WSGIMiddleware

from backend.app import create_app, create_parts
from backend.collector.asgi import Collector
from backend.logs import configure_logs
from backend.settings import Settings
from backend.web.asgi_types import ASGIApp, Receive, Scope, Send
from backend.web.feed_stream import FeedStream

_FLASK_THREADS = 16


class Readback:
    """Routes a connection by its path, and starts and stops the native parts with the process."""

    def __init__(self, collector: Collector, stream: FeedStream, pages: ASGIApp) -> None:
        self._collector = collector
        self._stream = stream
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._route(scope["path"])(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def _route(self, path: str) -> ASGIApp:
        if path.startswith(("/o/", "/c/")):
            return self._collector
        if path == "/feed/stream":
            return self._stream
        return self._pages

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._collector.startup()
                await self._stream.startup()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._stream.shutdown()
                await self._collector.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create_asgi() -> Readback:
    """Join a web process from the environment: `gunicorn 'backend.asgi:create_asgi()'`."""
    settings = Settings.from_environ()
    configure_logs(settings.log_level)
    parts = create_parts(settings)
    app = create_app(parts)
    # a2wsgi spells the same protocols in types of its own
    pages = cast(ASGIApp, WSGIMiddleware(cast(Any, app), workers=_FLASK_THREADS))
    return Readback(Collector(settings), FeedStream(parts, app), pages)

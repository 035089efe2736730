"""The live feed: what changes in a workspace goes to every browser that watches it, within milliseconds.

    NOTIFY readback_feed --> one listener a process --> the workspace's pump (one task, while somebody watches)
    --> the changed groups, read once in a thread --> every watcher's queue --> server-sent events

An event's id is the number of the change. A watcher brings the number it has (Last-Event-ID, or `?after=` from the
page it loaded), is given what it missed, and then only what is newer than that: nothing twice, nothing lost, since
numbers become visible in their order. The pump also looks by itself with every heartbeat, so that a lost notification
costs seconds, not the event. A watcher that does not keep up is let go; it comes back with its number.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import parse_qs

import asyncpg
from flask import Flask, Request
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import SQLAlchemyError

from backend.domain.workspaces import Member
from backend.services import feed
from backend.services.feed import Change, Changes
from backend.services.parts import Parts
from backend.web.asgi_types import Receive, Scope, Send
from backend.web.headers import security_headers
from backend.web.leaving import when_told_to_stop
from backend.web.sessions import find_member, parse_session_id

log = logging.getLogger(__name__)
T = TypeVar("T")

HEARTBEAT_S = 15.0
QUEUE_LENGTH = 64
_READERS = 4
_RECONNECT_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_DIGITS = 18
_PROBE_EVERY_S = 30.0

_WATCHERS = Gauge("readback_feed_watchers", "Browsers that watch the live feed", multiprocess_mode="livesum")
_SENT = Counter("readback_feed_events", "Changes sent to browsers of the live feed")

_HEARTBEAT = b": still here\n\n"
_SIGNED_OUT = b"event: signed-out\ndata: \n\n"


@dataclass(frozen=True)
class Event:
    """A change, ready to be sent. `seq` is None for a heartbeat."""

    seq: int | None
    body: bytes


@dataclass(eq=False)
class Watcher:
    """One browser. `after` is the number that it has; it is closed by None in its queue."""

    rep_id: int
    epoch: int
    queue: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    last_words: bytes = b""

    def offer(self, event: Event) -> None:
        """Pass an event on, or let a watcher go that is too slow."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.dismiss()

    def dismiss(self, last_words: bytes = b"") -> None:
        """End the stream; what still waits is not sent, since the browser will ask for it again."""
        self.last_words = last_words
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


@dataclass(eq=False)
class Room:
    """Those who watch one workspace, and how far they have been told."""

    seq: int
    watchers: set[Watcher] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    pump: asyncio.Task[None] | None = None


class FeedStream:
    """The native ASGI application of `GET /feed/stream`."""

    def __init__(self, parts: Parts, app: Flask) -> None:
        self._parts = parts
        self._app = app
        self._group = app.jinja_env.get_template("_group.html")
        self._rooms: dict[int, Room] = {}
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="feed")
        self._listener: asyncio.Task[None] | None = None
        self._closing = False
        self._headers = [
            (name.lower().encode(), value.encode()) for name, value in security_headers(parts.settings).items()
        ]

    async def startup(self) -> None:
        """Begin to listen."""
        self._listener = asyncio.create_task(self._listen())
        when_told_to_stop(self.close_streams)

    async def shutdown(self) -> None:
        """Let every watcher go, and stop."""
        self.close_streams()
        tasks = [room.pump for room in self._rooms.values() if room.pump] + [self._listener]
        for task in filter(None, tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._readers.shutdown(wait=False)

    def close_streams(self) -> None:
        """End all streams and begin none, so that the process can go; the browsers come back to another one."""
        self._closing = True
        self.drop_watchers()

    def drop_watchers(self) -> None:
        """End the streams of now; the browsers come back."""
        for room in self._rooms.values():
            for watcher in tuple(room.watchers):
                watcher.dismiss()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one browser until it leaves, or has to."""
        if scope["method"] != "GET":
            await self._refuse(send, 405)
            return
        try:
            member = await self._read(lambda: self._find_member(scope))
        except SQLAlchemyError:
            await self._refuse(send, 503)
            return
        if member is None or member.status != "active":
            await self._refuse(send, 401)
            return
        await self._send_start(send, 200, b"text/event-stream; charset=utf-8")
        watcher = Watcher(member.id, member.session_epoch)
        gone = asyncio.create_task(_disconnected(receive))
        serving = asyncio.create_task(self._serve(member.workspace_id, watcher, _number_of(scope), send))
        try:
            await asyncio.wait({gone, serving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, serving):
                task.cancel()
            self._leave(member.workspace_id, watcher)
        if serving.done() and not serving.cancelled():
            serving.result()

    async def _serve(self, workspace_id: int, watcher: Watcher, after: int | None, send: Send) -> None:
        room = await self._enter(workspace_id, watcher)
        if self._closing:
            watcher.dismiss()
        try:
            has = await self._catch_up(workspace_id, after if after is not None else room.seq, send)
            while (event := await watcher.queue.get()) is not None:
                if event.seq is not None and event.seq <= has:
                    continue
                await _send_body(send, event.body)
        except SQLAlchemyError:
            log.warning("the feed cannot be read; the browser comes back")
        await _send_body(send, watcher.last_words, more=False)

    async def _catch_up(self, workspace_id: int, after: int, send: Send) -> int:
        """Send what was missed; returns the number up to which the watcher is told."""
        found = await self._read(lambda: self._changes(workspace_id, after))
        bodies = [event.body for event in found[1]]
        await _send_body(send, b"retry: 1000\n\n" + b"".join(bodies))
        return found[0].seq

    async def _enter(self, workspace_id: int, watcher: Watcher) -> Room:
        if workspace_id not in self._rooms:
            seq = await self._read(lambda: self._latest(workspace_id))
            self._rooms.setdefault(workspace_id, Room(seq))
        room = self._rooms[workspace_id]
        room.watchers.add(watcher)
        _WATCHERS.inc()
        if room.pump is None:
            room.pump = asyncio.create_task(self._pump(workspace_id, room))
        return room

    def _leave(self, workspace_id: int, watcher: Watcher) -> None:
        room = self._rooms.get(workspace_id)
        if room is None or watcher not in room.watchers:
            return
        room.watchers.discard(watcher)
        _WATCHERS.dec()
        if not room.watchers:
            del self._rooms[workspace_id]
            if room.pump is not None:
                room.pump.cancel()

    async def _pump(self, workspace_id: int, room: Room) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(room.changed.wait(), HEARTBEAT_S)
            beat = not room.changed.is_set()
            room.changed.clear()
            after = room.seq
            try:
                found, events = await self._read(lambda: self._changes(workspace_id, after))  # noqa: B023
            except SQLAlchemyError:
                log.warning("the feed cannot be read; trying again with the next heartbeat")
                events = [Event(None, _HEARTBEAT)]
            else:
                room.seq = found.seq
                _dismiss_all_but(found.sessions, room)
            self._broadcast(room, [*events, Event(None, _HEARTBEAT)] if beat else events)

    def _broadcast(self, room: Room, events: Sequence[Event]) -> None:
        for watcher in tuple(room.watchers):
            for event in events:
                watcher.offer(event)
        _SENT.inc(sum(1 for event in events if event.seq is not None) * len(room.watchers))

    async def _listen(self) -> None:
        """Hear what changes; where PostgreSQL goes away, come back and look what was missed."""
        failures = 0
        while True:
            try:
                async with asyncio.timeout(10):
                    conn = await asyncpg.connect(self._address(), timeout=5)
                    await conn.add_listener(feed.CHANNEL, self._heard)
                failures = 0
                self._wake_all()
                await _until_lost(conn)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                log.warning("the feed's listener has lost PostgreSQL")
            await asyncio.sleep(_RECONNECT_S[min(failures, len(_RECONNECT_S) - 1)])
            failures += 1

    def _heard(self, _conn: object, _pid: int, _channel: str, payload: object) -> None:
        told = str(payload)
        room = self._rooms.get(int(told)) if told.isdecimal() else None
        if room is not None:
            room.changed.set()

    def _wake_all(self) -> None:
        for room in self._rooms.values():
            room.changed.set()

    def _address(self) -> str:
        return self._parts.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def _read(self, question: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, question)

    def _changes(self, workspace_id: int, after: int) -> tuple[Changes, list[Event]]:
        found = feed.changes_since(self._parts.engine, workspace_id, after)
        if found.too_many:
            return found, [Event(found.seq, _written("reload", found.seq, ""))]
        return found, [self._event(change) for change in found.changes]

    def _event(self, change: Change) -> Event:
        if change.group is None:
            return Event(change.seq, _written("gone", change.seq, str(change.message_id)))
        return Event(change.seq, _written("group", change.seq, self._group.render(group=change.group)))

    def _latest(self, workspace_id: int) -> int:
        with self._parts.engine.begin() as conn:
            return feed.latest_seq(conn, workspace_id)

    def _find_member(self, scope: Scope) -> Member | None:
        """Find whom Flask's own session cookie belongs to."""
        cookies = _header(scope, b"cookie")
        request = Request({"HTTP_COOKIE": cookies, "REQUEST_METHOD": "GET", "wsgi.url_scheme": scope["scheme"]})
        session = self._app.session_interface.open_session(self._app, request)
        session_id = parse_session_id(session.get("_user_id")) if session is not None else None
        if session_id is None:
            return None
        with self._parts.engine.begin() as conn:
            return find_member(conn, session_id)

    async def _send_start(self, send: Send, status: int, content_type: bytes) -> None:
        headers = [
            (b"content-type", content_type),
            (b"cache-control", b"no-cache, no-transform"),
            (b"x-accel-buffering", b"no"),
            *self._headers,
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})

    async def _refuse(self, send: Send, status: int) -> None:
        await self._send_start(send, status, b"text/plain; charset=utf-8")
        await _send_body(send, b"", more=False)


def _dismiss_all_but(sessions: frozenset[tuple[int, int]], room: Room) -> None:
    for watcher in tuple(room.watchers):
        if (watcher.rep_id, watcher.epoch) not in sessions:
            room.watchers.discard(watcher)
            _WATCHERS.dec()
            watcher.dismiss(_SIGNED_OUT)


def _written(kind: str, seq: int, data: str) -> bytes:
    """Write an event as the HTML standard says (section 9.2, Server-sent events)."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines()) or "data: \n"
    return f"event: {kind}\nid: {seq}\n{lines}\n".encode()


def _header(scope: Scope, name: bytes) -> str:
    return "; ".join(value.decode("latin-1") for given, value in scope["headers"] if given == name)


def _number_of(scope: Scope) -> int | None:
    """The number that the browser has: what it was last sent, or else what its page was made from."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("after", [""])
    for told in (_header(scope, b"last-event-id"), asked[-1]):
        if told.isdecimal() and told.isascii() and len(told) <= _DIGITS:
            return int(told)
    return None


async def _send_body(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until_lost(conn: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Return once the connection is gone; a silent one is asked now and then."""
    lost = asyncio.Event()
    conn.add_termination_listener(lambda _: lost.set())
    try:
        while not conn.is_closed():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), _PROBE_EVERY_S)
                return
            await conn.execute("SELECT 1", timeout=5)
    finally:
        conn.terminate()

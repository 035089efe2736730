"""The live feed over a real server: nothing lost, nothing twice, nothing of others, and nobody who has to go stays."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import httpx
import pytest
import uvicorn
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import text, update

from backend.app import create_app
from backend.services.parts import Parts
from backend.store import tables
from backend.store.feed import retract_item
from backend.web import feed_stream
from backend.web.feed_stream import FeedStream
from tests.stories import Rep, Tenant, found_workspace
from tests.web.conftest import SmallGoogle
from tests.web.rows import happen, send


@dataclass
class Event:
    """One server-sent event, as a browser reads it."""

    kind: str
    id: int
    data: str


class Browser:
    """Reads one stream; `events` never returns more than was sent."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self, within_s: float = 5.0) -> Event:
        event = Event("", -1, "")
        async with asyncio.timeout(within_s):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if name == "event":
                    event.kind = value
                elif name == "id":
                    event.id = int(value)
                elif name == "data":
                    event.data += value + "\n"
                elif not line and event.kind:
                    return event
        raise EOFError

    async def ended(self, within_s: float = 5.0) -> bool:
        async with asyncio.timeout(within_s):
            async for _ in self._lines:
                pass
        return True


@dataclass
class House:
    """A server with two workspaces."""

    url: str
    stream: FeedStream
    engine: object
    gridworks: Tenant
    othergrid: Tenant
    cookies: dict[str, str]

    @contextlib.asynccontextmanager
    async def watch(self, rep: Rep | None, after: int | None = None, last_event_id: str | None = None):
        headers = {"Last-Event-ID": last_event_id} if last_event_id is not None else {}
        if rep is not None:
            headers["Cookie"] = f"__Host-readback={self.cookies[rep.email]}"
        query = "" if after is None else f"?after={after}"
        client = httpx.AsyncClient(timeout=httpx.Timeout(10, read=30))
        async with client, client.stream("GET", f"{self.url}/feed/stream{query}", headers=headers) as answer:
            yield Browser(answer)

    def begin(self):
        return self.engine.begin()


@pytest.fixture
async def house(committed, settings) -> AsyncIterator[House]:
    url = committed.url.render_as_string(hide_password=False)
    parts = Parts(
        replace(settings, database_url=url),
        committed,
        google=SmallGoogle(),
        gmail=None,
        secrets=None,
        blobs=None,
        documents=None,
    )
    app = create_app(parts)
    stream = FeedStream(parts, app)
    with committed.begin() as conn:
        gridworks = found_workspace(conn, "gridworks.example", ["Quorra Reed", "Sam Tully"])
        othergrid = found_workspace(conn, "othergrid.example", ["Tess Marlow"])
    sign = SecureCookieSessionInterface().get_signing_serializer(app).dumps
    cookies = {
        rep.email: sign({"_user_id": f"{tenant.workspace_id}:{rep.id}:0"})
        for tenant in (gridworks, othergrid)
        for rep in tenant.reps.values()
    }
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(_with_lifespan(stream), log_level="warning", timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve([listening]))
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield House(f"http://127.0.0.1:{listening.getsockname()[1]}", stream, committed, gridworks, othergrid, cookies)
    finally:
        server.should_exit = True
        await running
        listening.close()


def _with_lifespan(stream: FeedStream):
    async def app(scope, receive, send):
        if scope["type"] != "lifespan":
            await stream(scope, receive, send)
            return
        while (message := await receive())["type"] == "lifespan.startup":
            await stream.startup()
            await send({"type": "lifespan.startup.complete"})
        assert message["type"] == "lifespan.shutdown"
        await stream.shutdown()
        await send({"type": "lifespan.shutdown.complete"})

    return app


def sent(house: House, now, subject="Games for the arcade") -> int:
    with house.begin() as conn:
        return send(conn, house.gridworks, house.gridworks.reps["quorra"], subject, now)


def viewed(house: House, message_id: int, key: str, now) -> None:
    with house.begin() as conn:
        happen(conn, house.gridworks, message_id, key, "view", now, who="Kevin Flynn")


async def test_a_change_reaches_every_window_of_the_workspace_and_no_other(house, now):
    quorra, sam, tess = house.gridworks.reps["quorra"], house.gridworks.reps["sam"], house.othergrid.reps["tess"]
    async with (
        house.watch(quorra, 0) as one,
        house.watch(quorra, 0) as two,
        house.watch(sam, 0) as three,
        house.watch(tess, 0) as other,
    ):
        message_id = sent(house, now)
        for window in (one, two, three):
            event = await window.next()
            assert (event.kind, event.id) == ("group", 1)
            assert f'id="group-{message_id}"' in event.data
        with house.begin() as conn:
            send(conn, house.othergrid, tess, "A secret of othergrid", now)
        event = await other.next()
        assert "A secret of othergrid" in event.data
        assert "Games for the arcade" not in event.data


async def test_a_window_that_comes_back_is_told_what_it_missed_and_nothing_twice(house, now):
    quorra = house.gridworks.reps["quorra"]
    message_id = sent(house, now)
    async with house.watch(quorra, 0) as window:
        assert (await window.next()).id == 1
        viewed(house, message_id, "view:1", now)
        assert (await window.next()).id == 2
    viewed(house, message_id, "view:2", now)
    other_id = sent(house, now, "The new office")
    async with house.watch(quorra, 0, last_event_id="2") as window:
        missed = [await window.next(), await window.next()]
        assert [event.id for event in missed] == [3, 4]
        assert f'id="group-{message_id}"' in missed[0].data
        assert f'id="group-{other_id}"' in missed[1].data
        viewed(house, message_id, "view:3", now)
        assert (await window.next()).id == 5


async def test_many_changes_while_windows_come_and_go_all_arrive_in_order_once(house, now):
    quorra = house.gridworks.reps["quorra"]
    message_ids = [sent(house, now, f"Mail {number}") for number in range(4)]
    last = 4

    async def change() -> None:
        for number in range(60):
            await asyncio.to_thread(viewed, house, message_ids[number % 4], f"view:{number}", now)

    changing = asyncio.create_task(change())
    seen: list[int] = []
    while last < 64:
        async with house.watch(quorra, last) as window:
            for _ in range(3):
                event = await window.next()
                seen.append(event.id)
                last = event.id
                if last == 64:
                    break
    await changing
    assert seen == sorted(set(seen))
    assert seen[-1] == 64


async def test_a_message_of_which_nothing_stands_any_more_goes(house, now):
    quorra = house.gridworks.reps["quorra"]
    message_id = sent(house, now)
    async with house.watch(quorra, 1) as window:
        with house.begin() as conn:
            retract_item(conn, house.gridworks.workspace_id, message_id, "sent")
        event = await window.next()
        assert (event.kind, event.id, event.data.strip()) == ("gone", 2, str(message_id))


async def test_without_a_number_only_what_comes_is_told(house, now):
    sent(house, now, "Before")
    async with house.watch(house.gridworks.reps["quorra"]) as window:
        await asyncio.sleep(0)
        while not house.stream._rooms:
            await asyncio.sleep(0.01)
        sent(house, now, "After")
        event = await window.next()
        assert "After" in event.data


async def test_a_number_from_the_future_or_far_behind_asks_to_load_the_page_again(house, now, monkeypatch):
    quorra = house.gridworks.reps["quorra"]
    sent(house, now)
    async with house.watch(quorra, 99) as window:
        assert (await window.next()).kind == "reload"
    for number in range(4):
        sent(house, now, f"Mail {number}")
    monkeypatch.setattr(feed_stream.feed, "MOST_CHANGES", 3)
    async with house.watch(quorra, 0) as window:
        assert (await window.next()).kind == "reload"


@pytest.mark.parametrize("cookie", [None, "forged", "eyJfdXNlcl9pZCI6IjE6MTowIn0.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"])
async def test_without_a_session_there_is_no_stream(house, cookie):
    house.cookies["stranger"] = cookie or ""
    stranger = Rep(0, "stranger", "") if cookie else None
    async with house.watch(stranger, 0) as window:
        assert window.answer.status_code == 401
        assert "default-src 'none'" in window.answer.headers["content-security-policy"]


async def test_only_get_is_answered(house):
    async with httpx.AsyncClient() as client:
        assert (await client.post(f"{house.url}/feed/stream")).status_code == 405


@pytest.mark.parametrize("change", [{"status": "removed"}, {"session_epoch": 1}])
async def test_whoever_is_removed_or_signed_out_loses_the_stream_before_the_next_event(house, now, change):
    quorra, sam = house.gridworks.reps["quorra"], house.gridworks.reps["sam"]
    async with house.watch(sam, 0) as hers, house.watch(quorra, 0) as mine:
        message_id = sent(house, now)
        assert (await hers.next()).kind == (await mine.next()).kind == "group"
        with house.begin() as conn:
            conn.execute(update(tables.rep).where(tables.rep.c.id == sam.id).values(**change))
        viewed(house, message_id, "view:1", now)
        assert (await hers.next()).kind == "signed-out"
        assert await hers.ended()
        assert (await mine.next()).kind == "group"
    async with house.watch(sam, 0) as again:
        assert again.answer.status_code == 401


async def test_heartbeats_come_and_find_what_a_lost_notification_hid(house, now, monkeypatch):
    monkeypatch.setattr(feed_stream, "HEARTBEAT_S", 0.1)
    monkeypatch.setattr(FeedStream, "_heard", lambda *_: None)
    house.stream._listener.cancel()
    async with house.watch(house.gridworks.reps["quorra"], 0) as window:
        sent(house, now)
        assert (await window.next()).kind == "group"
        async with asyncio.timeout(3):
            assert any([line == ": still here" async for line in _some(window, 4)])


async def _some(window: Browser, number: int):
    async for line in window._lines:
        yield line
        number -= 1
        if not number:
            return


async def test_the_listener_comes_back_when_postgresql_has_cut_it_off(house, now):
    async with house.watch(house.gridworks.reps["quorra"], 0) as window:
        message_id = sent(house, now)
        assert (await window.next()).id == 1
        with house.begin() as conn:
            cut = conn.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                )
            ).all()
        assert cut
        viewed(house, message_id, "view:1", now)
        assert (await window.next()).id == 2


async def test_a_window_that_does_not_keep_up_is_let_go(house, now, monkeypatch):
    watcher = feed_stream.Watcher(1, 0)
    for number in range(feed_stream.QUEUE_LENGTH + 1):
        watcher.offer(feed_stream.Event(number, b"x"))
    assert watcher.queue.qsize() == 1
    assert watcher.queue.get_nowait() is None


async def test_nobody_is_left_behind_when_windows_close(house, now):
    async with house.watch(house.gridworks.reps["quorra"], 0) as window:
        sent(house, now)
        await window.next()
        assert len(house.stream._rooms) == 1
    async with asyncio.timeout(5):
        while house.stream._rooms:
            await asyncio.sleep(0.01)


async def test_what_is_committed_reaches_an_open_window_within_five_seconds(house, now):
    message_id = sent(house, now)
    async with house.watch(house.gridworks.reps["quorra"], 0) as window:
        await window.next()
        await asyncio.to_thread(viewed, house, message_id, "view:1", now)
        async with asyncio.timeout(5):
            await window.next()


async def test_a_process_that_is_told_to_stop_does_not_wait_for_open_windows(committed, settings):
    with committed.begin() as conn:
        gridworks = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
    rep = gridworks.reps["quorra"]
    app = create_app(
        Parts(settings, committed, google=SmallGoogle(), gmail=None, secrets=None, blobs=None, documents=None)
    )
    sign = SecureCookieSessionInterface().get_signing_serializer(app).dumps
    cookie = sign({"_user_id": f"{gridworks.workspace_id}:{rep.id}:0"})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.web.serving", committed.url.render_as_string(hide_password=False)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        url = (await process.stdout.readline()).decode().strip()
        headers = {"Cookie": f"__Host-readback={cookie}"}
        async with (
            httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as client,
            client.stream("GET", f"{url}/feed/stream?after=0", headers=headers) as answer,
        ):
            window = Browser(answer)
            assert await anext(window._lines) == "retry: 1000"
            process.terminate()
            assert await window.ended(within_s=3)
        async with asyncio.timeout(3):
            assert await process.wait() in (0, -signal.SIGTERM)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()

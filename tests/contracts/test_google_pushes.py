"""Does Pub/Sub push as Google's does? Signed, repeated until acknowledged, and unruly on demand."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from google.auth import exceptions as google_errors
from google.auth.transport.requests import Request
from google.oauth2 import id_token
from googleapiclient.errors import HttpError

from tests.contracts.google import (
    ALAN,
    FULL,
    QUORRA,
    check,
    credentials_for,
    gmail,
    letter,
)
from tests.sandbox import project
from tests.sandbox.running import RunningSandbox


@dataclass
class Receiver:
    """A Readback that only listens: what was pushed, and how it answers."""

    answers: list[int] = field(default_factory=list)
    pushed: list[tuple[dict[str, Any], str]] = field(default_factory=list)


@pytest.fixture
def receiver(sandbox: RunningSandbox) -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.pushed.append((json.loads(body), self.headers["Authorization"].removeprefix("Bearer ")))
            self.send_response(kept.answers.pop(0) if kept.answers else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    sandbox.readback_url = f"http://127.0.0.1:{server.server_port}"
    watching = gmail(sandbox, credentials_for(sandbox, QUORRA, FULL))
    watching.watch(userId="me", body={"topicName": project.TOPIC}).execute()
    assert sandbox.world.pubsub.wait_until_idle()
    kept.pushed.clear()
    yield kept
    sandbox.readback_url = None
    server.shutdown()
    server.server_close()


def told(pushed: tuple[dict[str, Any], str]) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(base64.b64decode(pushed[0]["message"]["data"]))
    return data


def test_a_change_is_pushed_with_a_signed_token(sandbox: RunningSandbox, receiver: Receiver) -> None:
    sandbox.world.send(QUORRA, letter())
    assert sandbox.world.pubsub.wait_until_idle()
    ((envelope, token),) = receiver.pushed
    assert set(envelope) == {"message", "subscription"}
    known = {k: v for k, v in envelope["message"].items() if k not in ("message_id", "publish_time")}
    check(known, "PubsubMessage", "pubsub.v1")
    expected = {"emailAddress": QUORRA, "historyId": sandbox.world.mailbox(QUORRA).history_id}
    assert told(receiver.pushed[0]) == expected
    claims = id_token.verify_token(
        token, Request(), audience=f"{sandbox.readback_url}/push/gmail", certs_url=f"{sandbox.url}/oauth2/v1/certs"
    )
    assert claims["email"] == project.PUSH_SERVICE_ACCOUNT
    assert claims["email_verified"] is True


def test_a_push_comes_again_until_it_is_acknowledged(sandbox: RunningSandbox, receiver: Receiver) -> None:
    receiver.answers += [500, 429]
    sandbox.world.send(QUORRA, letter())
    assert sandbox.world.pubsub.wait_until_idle()
    assert [push[0]["message"]["messageId"] for push in receiver.pushed] == [
        receiver.pushed[0][0]["message"]["messageId"]
    ] * 3


def test_pushes_may_be_held_doubled_and_turned_round(sandbox: RunningSandbox, receiver: Receiver) -> None:
    url = f"{sandbox.url}/control/pushes"
    requests.post(url, json={"duplicate": True, "hold": True}, timeout=10).raise_for_status()
    for n in range(3):
        sandbox.world.send(QUORRA, letter(subject=f"Number {n}"))
    assert requests.get(f"{sandbox.url}/control/state", timeout=10).json()["pushes"]["held"] == 6
    assert receiver.pushed == []
    requests.post(f"{url}/release", json={"order": "reverse"}, timeout=10).raise_for_status()
    assert requests.post(f"{url}/wait", json={"timeout_s": 5}, timeout=10).status_code == 200
    ids = [told(push)["historyId"] for push in receiver.pushed]
    assert len(ids) == 6 and ids == sorted(ids, reverse=True) and len(set(ids)) == 3


def test_later_pushes_may_pass_earlier_ones_and_their_twins_come_last(
    sandbox: RunningSandbox, receiver: Receiver
) -> None:
    wish = {"duplicate": True, "reverse": True}
    requests.post(f"{sandbox.url}/control/pushes", json=wish, timeout=10).raise_for_status()
    for n in range(3):
        sandbox.world.send(QUORRA, letter(subject=f"Number {n}"))
    assert sandbox.world.pubsub.wait_until_idle()
    ids = [told(push)["historyId"] for push in receiver.pushed]
    assert ids == [*sorted(set(ids), reverse=True), *sorted(set(ids))]
    assert len(set(ids)) == 3


def test_pushes_may_be_dropped_forged_and_limited_to_one_a_second(sandbox: RunningSandbox, receiver: Receiver) -> None:
    url = f"{sandbox.url}/control/pushes"
    requests.post(url, json={"drop_next": 1, "forge_next": 1}, timeout=10)
    sandbox.world.send(QUORRA, letter())
    sandbox.world.send(QUORRA, letter())
    assert sandbox.world.pubsub.wait_until_idle()
    assert len(receiver.pushed) == 1
    with pytest.raises((ValueError, google_errors.GoogleAuthError)):
        id_token.verify_token(receiver.pushed[0][1], Request(), certs_url=f"{sandbox.url}/oauth2/v1/certs")
    requests.post(url, json={"at_most_one_a_second": True}, timeout=10)
    sandbox.world.state.pushes.last_published_s.clear()
    sandbox.world.send(QUORRA, letter())
    sandbox.world.send(QUORRA, letter())
    assert sandbox.world.pubsub.wait_until_idle()
    assert len(receiver.pushed) == 2


def test_a_watch_tells_of_its_labels_only_and_ends(sandbox: RunningSandbox, receiver: Receiver) -> None:
    me = gmail(sandbox, credentials_for(sandbox, QUORRA, FULL))
    me.watch(userId="me", body={"topicName": project.TOPIC, "labelIds": ["SENT"]}).execute()
    sandbox.world.pubsub.wait_until_idle()
    receiver.pushed.clear()
    sandbox.world.receive(QUORRA, letter(f"Alan <{ALAN}>", QUORRA))
    sandbox.world.send(QUORRA, letter())
    me.stop(userId="me").execute()
    sandbox.world.send(QUORRA, letter())
    assert sandbox.world.pubsub.wait_until_idle()
    assert len(receiver.pushed) == 1
    with pytest.raises(HttpError, match="Invalid topicName"):
        me.watch(userId="me", body={"topicName": "projects/other/topics/x"}).execute()

"""How does Readback hear of changes? Pub/Sub push: signed, retried until acknowledged, and unruly on demand.

One background thread delivers in order of due time. A push that is not acknowledged with 102, 200, 201, 202 or 204
within the deadline comes again, later each time (docs: cloud.google.com/pubsub/docs/push).
"""

import json
import random
import secrets
import threading
import time
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import requests

from tests.sandbox import project
from tests.sandbox.state import Push, PushBook

if TYPE_CHECKING:
    from tests.sandbox.world import World

_ACKNOWLEDGED = (102, 200, 201, 202, 204)
_TWIN_S, _TWIN_IN_REVERSE_S, _REVERSE_S = 0.02, 1.0, 0.25
Order = Literal["as_published", "reverse", "shuffled"]


class PubSub:
    """Publishes mailbox changes and pushes them to Readback."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._woken = threading.Condition(world.lock)
        self._thread: threading.Thread | None = None
        self._closed = False
        self._busy = False
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def _book(self) -> PushBook:
        return self._world.state.pushes

    def publish(self, address: str, history_id: int) -> None:
        """Tell that a mailbox has changed. Call with the world's lock held."""
        book, now_s = self._book, time.time()
        if book.habits.at_most_one_a_second and now_s - book.last_published_s.get(address, 0.0) < 1.0:
            book.dropped += 1
            return
        book.last_published_s[address] = now_s
        book.published += 1
        if book.habits.drop_next > 0:
            book.habits.drop_next -= 1
            book.dropped += 1
            return
        queue = book.held if book.habits.hold else book.waiting
        push = Push(str(secrets.randbelow(10**16) + 10**16), address, history_id, now_s, self._due_s(now_s))
        if book.habits.forge_next > 0:
            book.habits.forge_next -= 1
            push.forged = True
        queue.append(push)
        if book.habits.duplicate:
            later_s = _TWIN_IN_REVERSE_S if book.habits.reverse else _TWIN_S
            queue.append(Push(push.id, address, history_id, now_s, now_s + later_s))
        self.wake()

    def _due_s(self, now_s: float) -> float:
        """At once; in reverse, a little later, but before whatever waits already."""
        if not self._book.habits.reverse:
            return now_s
        return min([now_s + _REVERSE_S, *(push.due_s - 0.001 for push in self._book.waiting if push.attempts == 0)])

    def release(self, order: Order = "as_published") -> int:
        """Let go of what was held back, in this order, and hold no more. Returns how many."""
        with self._world.change():
            book = self._book
            released, book.held, book.habits.hold = book.held, [], False
            if order == "reverse":
                released.reverse()
            elif order == "shuffled":
                random.shuffle(released)
            now_s = time.time()
            for place, push in enumerate(released):
                push.due_s = now_s + place / 1e6
            book.waiting.extend(released)
            self.wake()
            return len(released)

    def wake(self) -> None:
        """Look at the queue now; starts the background thread where there is none. Call with the lock held."""
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="pubsub", daemon=True)
            self._thread.start()
        self._woken.notify_all()

    def wait_until_idle(self, timeout_s: float = 10.0) -> bool:
        """Wait until nothing is on its way (what is held back does not count); False when that took too long."""
        with self._woken:
            return self._woken.wait_for(lambda: not self._busy and not self._book.waiting, timeout_s)

    def close(self) -> None:
        """Stop delivering; what is undelivered stays in the state."""
        with self._woken:
            self._closed = True
            self._woken.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=15)
        self._session.close()

    def _run(self) -> None:
        while True:
            with self._woken:
                push = self._next()
                if push is None:
                    return
                self._busy = True
            acknowledged = self._deliver(push)
            with self._world.change():
                self._settle(push, acknowledged)
                self._busy = False
                self._woken.notify_all()

    def _next(self) -> Push | None:
        """The next push that is due, off the queue only once it is settled; None when closed."""
        while not self._closed:
            push = min(self._book.waiting, key=lambda p: p.due_s, default=None)
            if push is None or not self._world.readback_url:
                self._woken.wait()
            elif push.due_s > time.time():
                self._woken.wait(push.due_s - time.time())
            else:
                return push
        return None

    def _deliver(self, push: Push) -> bool:
        claims = {
            "aud": f"{self._world.readback_url}/push/gmail",
            "azp": "107512345678901234567",
            "sub": "107512345678901234567",
            "email": project.PUSH_SERVICE_ACCOUNT,
            "email_verified": True,
        }
        token = self._world.sign_id_token(claims, forged=push.forged)
        try:
            answer = self._session.post(
                f"{self._world.readback_url}/push/gmail",
                data=json.dumps(envelope(push)),
                headers={
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {token}",
                    "User-Agent": "CloudPubSub-Google",
                    "From": "noreply@google.com",
                },
                timeout=self._book.habits.ack_deadline_s,
                allow_redirects=False,
            )
        except requests.RequestException:
            return False
        return answer.status_code in _ACKNOWLEDGED

    def _settle(self, push: Push, acknowledged: bool) -> None:
        book = self._book
        if push not in book.waiting:
            return  # the world was reset meanwhile
        if acknowledged or push.forged:
            book.waiting = [p for p in book.waiting if p is not push]
            book.acknowledged += acknowledged
            book.refused += not acknowledged
            return
        book.refused += 1
        push.attempts += 1
        habits = book.habits
        push.due_s = time.time() + min(habits.most_backoff_s, habits.least_backoff_s * 2 ** (push.attempts - 1))


def envelope(push: Push) -> dict[str, Any]:
    """What Pub/Sub sends: Gmail's word about a mailbox, base64, in a message with an id."""
    data = json.dumps({"emailAddress": push.address, "historyId": push.history_id}).encode()
    published_at = datetime.fromtimestamp(push.published_s, UTC).isoformat(timespec="milliseconds")
    stamp = published_at.replace("+00:00", "Z")
    return {
        "message": {
            "data": b64encode(data).decode(),
            "messageId": push.id,
            "message_id": push.id,
            "publishTime": stamp,
            "publish_time": stamp,
        },
        "subscription": project.SUBSCRIPTION,
    }

"""Calls as Google's add-on service makes them: signed with keys of this test's own, published over HTTP."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from flask.testing import FlaskClient

from backend.adapters.google_auth import GoogleAuth
from backend.settings import Settings
from tests.addon.schema import complaints_about_answer
from tests.sandbox.keys import SigningKeys

Json = dict[str, Any]
SCOPES = [
    f"https://www.googleapis.com/auth/{name}"
    for name in (
        *("gmail.addons.execute", "gmail.addons.current.action.compose", "gmail.addons.current.message.metadata"),
        *("userinfo.email", "script.locale"),
    )
]


@dataclass(frozen=True)
class Caller:
    """Google's add-on service as far as a test needs it, and the adapter that verifies it."""

    keys: SigningKeys
    settings: Settings
    google: GoogleAuth

    def system_token(self, path: str, *, forged: bool = False, **changes: object) -> str:
        """The bearer of a call of this path of ours."""
        now = int(time.time())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": f"{self.settings.public_url}{path}",
            "sub": "100",
            "email": self.settings.google.addon_service_account,
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
        }
        return self.keys.sign({**claims, **changes}, forged=forged)

    def user_token(self, email: str, *, forged: bool = False, **changes: object) -> str:
        """The ID token of the person who uses the add-on."""
        now = int(time.time())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": self.settings.google.client_id,
            "sub": f"sub-{email}",
            "email": email,
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
        }
        return self.keys.sign({**claims, **changes}, forged=forged)


@dataclass
class Gmail:
    """Gmail in front of one person; every answer is held against Google's schema."""

    caller: Caller
    client: FlaskClient
    email: str
    scopes: list[str] | None = field(default_factory=lambda: list(SCOPES))
    user_token: str | None = None

    def event(self, gmail: Json | None = None, parameters: Json | None = None, **typed: str) -> Json:
        """An event of this person's."""
        told: Json = {
            "commonEventObject": {
                "hostApp": "GMAIL",
                "platform": "WEB",
                "userLocale": "en",
                "timeZone": {"id": "UTC", "offset": 0},
                "parameters": parameters or {},
                "formInputs": {name: {"stringInputs": {"value": [value]}} for name, value in typed.items()},
            },
            "authorizationEventObject": {"userIdToken": self.user_token or self.caller.user_token(self.email)},
            "gmail": gmail or {},
        }
        if self.scopes is not None:
            told["authorizationEventObject"]["authorizedScopes"] = self.scopes
        return told

    def call(self, path: str, event: Json) -> Json:
        """Call one of our addresses as Google does; the answer is one that Google takes."""
        answer = self.client.post(
            path, data=json.dumps(event), headers={"Authorization": f"Bearer {self.caller.system_token(path)}"}
        )
        assert answer.status_code == 200, answer.text
        told: Json = answer.json
        pressed = path.count("/") > 2
        assert complaints_about_answer(told, self.caller.settings.public_url, pressed=pressed) == []
        return told

    def home(self) -> Json:
        """Open the homepage."""
        return card_of(self.call("/addon/home", self.event()))

    def open(self, mail_id: str, thread_id: str = "") -> Json:
        """Open a mail."""
        return card_of(self.call("/addon/message", self.event({"messageId": mail_id, "threadId": thread_id})))

    def compose(self, to: list[str], cc: list[str] | None = None) -> "OpenDraft":
        """Press the add-on's sign in a draft."""
        people = {"toRecipients": to, "ccRecipients": cc or [], "bccRecipients": []}
        return OpenDraft(self, people, card_of(self.call("/addon/compose", self.event(people))))


@dataclass
class OpenDraft:
    """A draft with the add-on's card beside it."""

    gmail: Gmail
    people: Json
    card: Json
    inserted: list[Json] = field(default_factory=list)
    notification: str = ""

    def event(self, label: str, **typed: str) -> tuple[str, Json]:
        """The address that a button calls, and the event that it sends."""
        action = button_of(self.card, label)["action"]
        parameters = {each["key"]: each["value"] for each in action["parameters"]}
        path = action["function"].removeprefix(self.gmail.caller.settings.public_url)
        return path, self.gmail.event(self.people, parameters, **typed)

    def press(self, label: str, **typed: str) -> list[Json]:
        """Press a button; returns what was inserted by it."""
        return self.send(*self.event(label, **typed))

    def send(self, path: str, event: Json) -> list[Json]:
        """Send a prepared event, once more perhaps."""
        answer = self.gmail.call(path, event)
        self.card = card_of(answer)
        told = answer["renderActions"]
        self.notification = told["action"].get("notification", {}).get("text", "")
        if "hostAppAction" not in told:
            return []
        update = told["hostAppAction"]["gmailAction"]["updateDraftActionMarkup"]["updateBody"]
        self.inserted.append(update)
        return [update]

    @property
    def body(self) -> str:
        """All that was inserted."""
        return "".join(piece["content"] for update in self.inserted for piece in update["insertContents"])


def card_of(answer: Json) -> Json:
    """The card that an answer shows."""
    (navigation,) = answer.get("renderActions", answer)["action"]["navigations"]
    (card,) = navigation.values()
    return card


def text_of(card: Json) -> str:
    """Everything that a card says and carries."""
    return json.dumps(card, ensure_ascii=False)


def labels_of(card: Json) -> list[str]:
    """The words on its buttons."""
    return [button["text"] for button in _buttons(card)]


def button_of(card: Json, label: str) -> Json:
    """What a press of this button does."""
    return next(button["onClick"] for button in _buttons(card) if button["text"] == label)


def fields_of(card: Json) -> dict[str, str]:
    """What stands in its fields."""
    inputs = [
        widget["textInput"] for section in card["sections"] for widget in section["widgets"] if "textInput" in widget
    ]
    return {each["name"]: each.get("value", "") for each in inputs}


def _buttons(card: Json) -> list[Json]:
    found = [
        button
        for section in card["sections"]
        for widget in section["widgets"]
        for button in widget.get("buttonList", {}).get("buttons", [])
    ]
    return found + list(card.get("fixedFooter", {}).values())


@contextlib.contextmanager
def calling_google(settings: Settings) -> Iterator[Caller]:
    """Publish fresh keys for as long as the block lasts."""
    keys = SigningKeys()

    class Certificates(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(keys.certificates()).encode()
            self.send_response(200)
            self.send_header("Cache-Control", "max-age=300")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Certificates)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    google = replace(settings.google, certs_url=f"http://127.0.0.1:{server.server_port}/certs")
    try:
        yield Caller(keys, settings, GoogleAuth(google))
    finally:
        server.shutdown()
        server.server_close()

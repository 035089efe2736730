"""How does Gmail call an add-on? The event of each trigger and press, its tokens, the call itself, and consents.

The shapes are those of the HTTP runtime of Google Workspace add-ons (developers.google.com/workspace/add-ons/guides/
alternate-runtimes). The sandbox's server makes the calls, as Google's does; the browser never talks to the add-on.
"""

import json
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.sandbox.cast import Account
from tests.sandbox.client.reading import page_ids
from tests.sandbox.mailbox import NotInMailbox
from tests.sandbox.world import World

DEPLOYMENT = Path(__file__).parents[3] / "addon" / "deployment.json"
_ADDONS = "https://www.googleapis.com/auth/gmail.addons."
COMPOSE, METADATA = f"{_ADDONS}current.action.compose", f"{_ADDONS}current.message.metadata"
EMAIL, LOCALE = "https://www.googleapis.com/auth/userinfo.email", "https://www.googleapis.com/auth/script.locale"
_USUAL = (f"{_ADDONS}execute", COMPOSE, METADATA, EMAIL, LOCALE)
_PATHS = {"home": "/addon/home", "message": "/addon/message", "compose": "/addon/compose"}
_TIMEOUT_S = 30.0  # what a card's callback may take
_UTC = {"id": "Etc/UTC", "offset": 0}

Json = dict[str, Any]


class NotAsked(ValueError):
    """Gmail would not make this call; the message says why."""


@dataclass(frozen=True)
class Manifest:
    """What the deployment declares: the add-on's name, its triggers as paths, and its scopes."""

    name: str
    paths: dict[str, str]
    scopes: tuple[str, ...]

    @classmethod
    def read(cls, file: Path = DEPLOYMENT) -> "Manifest":
        """From addon/deployment.json, whose host gives way to the Readback that runs; else the usual paths."""
        if not file.exists():
            return cls("Readback", _PATHS, _USUAL)
        told = json.loads(file.read_text())
        common, gmail = told["addOns"]["common"], told["addOns"]["gmail"]
        urls = {
            "home": common["homepageTrigger"]["runFunction"],
            "message": gmail["contextualTriggers"][0]["onTriggerFunction"],
            "compose": gmail["composeTrigger"]["actions"][0]["runFunction"],
        }
        paths = {name: urlsplit(url.replace("${BASE_URL}", "https://host")).path for name, url in urls.items()}
        return cls(common["name"], paths, tuple(told["oauthScopes"]))


@dataclass
class Consents:
    """Which scopes people have not given (or taken back); installing gives all."""

    _withdrawn: dict[str, set[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def granted(self, address: str, declared: tuple[str, ...]) -> tuple[str, ...]:
        with self._lock:
            return tuple(s for s in declared if s not in self._withdrawn.get(address, ()))

    def give(self, address: str, scopes: list[str]) -> None:
        with self._lock:
            self._withdrawn.setdefault(address, set()).difference_update(scopes)

    def withdraw(self, address: str, scopes: list[str]) -> None:
        with self._lock:
            self._withdrawn.setdefault(address, set()).update(scopes)


@dataclass(frozen=True)
class Press:
    """What the page reports: a trigger, or a card's function with its parameters and form, and where it happened.

    `context` holds `message_id` (a mail is open) or `to`, `cc`, `bcc` as lists of addresses (the compose window is).
    """

    trigger: str | None
    function: str | None
    parameters: dict[str, str]
    form: dict[str, list[str]]
    context: Json
    time_zone: Json

    @classmethod
    def from_json(cls, given: Json) -> "Press":
        """Read it. Raises NotAsked for what no card or page of Gmail reports."""
        trigger, function = given.get("trigger"), given.get("function")
        if (trigger is None) == (function is None):
            raise NotAsked("either a trigger or a function is called")
        if trigger is not None and trigger not in _PATHS:
            raise NotAsked(f"there is no trigger {trigger!r}")
        return cls(
            trigger, function,
            {str(k): str(v) for k, v in (given.get("parameters") or {}).items()},
            {str(k): [str(v) for v in values] for k, values in (given.get("form") or {}).items() if values},
            given.get("context") or {}, given.get("time_zone") or _UTC,
        )  # fmt: skip


class AddonHost:
    """Calls the add-on on behalf of Gmail."""

    def __init__(self, world: World, consents: Consents) -> None:
        self._world = world
        self._consents = consents
        self.manifest = Manifest.read()

    def granted(self, account: Account) -> tuple[str, ...]:
        """The scopes that this person allows."""
        return self._consents.granted(account.address, self.manifest.scopes)

    def call(self, account: Account, press: Press) -> Json:
        """Make the call: `{"status", "response"}`, or `{"status", "error"}` as Gmail tells it. Raises NotAsked."""
        url = self._url(press)
        event, bearer = self._event(account, press, url)
        try:
            answer = requests.post(
                url, json=event, headers={"Authorization": f"Bearer {bearer}", "User-Agent": "Google-gsuiteaddons"},
                timeout=_TIMEOUT_S, allow_redirects=False,
            )  # fmt: skip
        except requests.Timeout:
            return {"status": 504, "error": "The add-on did not answer in time."}
        except requests.RequestException:
            return {"status": 502, "error": "The add-on could not be reached."}
        return _read(answer)

    def _url(self, press: Press) -> str:
        base = self._world.readback_url
        if base is None:
            raise NotAsked("no add-on is deployed: the sandbox was started without --readback-url")
        if press.function is None:
            return base + self.manifest.paths[str(press.trigger)]
        if urlsplit(press.function)[:2] != urlsplit(base)[:2]:
            raise NotAsked(f"a card may call {base} only, not {press.function}")
        return press.function

    def _event(self, account: Account, press: Press, url: str) -> tuple[Json, str]:
        granted = self.granted(account)
        tokens = self._world.addon_tokens(account.address, url, granted)
        bearer = tokens["systemIdToken"]
        if EMAIL not in granted:
            del tokens["userIdToken"]
        common: Json = {"hostApp": "GMAIL", "platform": "WEB"}
        if LOCALE in granted:
            common |= {"userLocale": "en-US", "timeZone": press.time_zone}
        if press.form:
            common["formInputs"] = {name: {"stringInputs": {"value": v}} for name, v in press.form.items()}
        if press.parameters:
            common["parameters"] = press.parameters
        event: Json = {
            "commonEventObject": common,
            "authorizationEventObject": {**tokens, "authorizedScopes": list(granted)},
        }
        if gmail := self._gmail(account, press, granted):
            event["gmail"] = gmail
        return event, bearer

    def _gmail(self, account: Account, press: Press, granted: tuple[str, ...]) -> Json:
        context = press.context
        if message_id := context.get("message_id"):
            mailbox = self._world.mailbox(account.address)
            try:
                gmail_id, thread_id = page_ids(mailbox, mailbox.get(message_id))
            except NotInMailbox:
                raise NotAsked("the mail is gone") from None
            return {"messageId": gmail_id, "threadId": thread_id, "accessToken": f"xe{secrets.token_urlsafe(48)}"}
        if press.trigger == "message":
            raise NotAsked("no mail is open")
        if METADATA not in granted:  # without it, Gmail keeps the recipients to itself
            return {}
        wanted = (("to", "toRecipients"), ("cc", "ccRecipients"), ("bcc", "bccRecipients"))
        return {name: list(context[key]) for key, name in wanted if key in context}


def _read(answer: requests.Response) -> Json:
    if answer.status_code >= 300:
        return {"status": answer.status_code, "error": f"Run time error. HTTP status code {answer.status_code}."}
    try:
        response = answer.json()
    except requests.JSONDecodeError:
        return {"status": answer.status_code, "error": "The add-on's answer is not JSON."}
    if not isinstance(response, dict):
        return {"status": answer.status_code, "error": "The add-on's answer is not a JSON object."}
    return {"status": answer.status_code, "response": response}

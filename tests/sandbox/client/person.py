"""What would this person do at their mail program? A person without a screen, over the same endpoints as the page.

quorra = Person("http://localhost:8025", "quorra@gridworks.example")
draft = quorra.compose(["flynn@flynnsarcade.com"], ["alan@encom.com"], "The offer")
draft.press("Track this mail", link_text="See the offer", link_address="https://...")
draft.send()
Person("http://localhost:8025", "flynn@flynnsarcade.com").inbox()[0]
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import Any
from urllib.parse import quote, urljoin

import requests

from tests.sandbox.client import cards
from tests.sandbox.client.cards import Asked, Json, NotOnCard, Stack

_TIMEOUT_S = 40
_MOST_REPLAYS = 3
_SHEET = ("from", "to", "cc", "bcc", "subject", "html", "answering")


class Refused(Exception):
    """The mail client said no, in its own words."""


class AddonTrouble(Exception):
    """The add-on failed; the panel would show "Something went wrong"."""


class NoSuchLink(LookupError):
    """The mail has no such link."""


@dataclass(frozen=True)
class Mail:
    """One mail in a person's mailbox; `told` is everything that the client knows of it."""

    id: str
    thread_id: str
    subject: str
    sender: str
    unread: bool
    told: Json = field(repr=False)

    @classmethod
    def from_json(cls, told: Json) -> "Mail":
        sender = next((who["address"] for who in told["from"]), "")
        return cls(told["id"], told["thread_id"], told["subject"], sender, told["unread"], told)

    @property
    def html(self) -> str:
        """The mail as the screen shows it."""
        return str(self.told["html"])

    @property
    def links(self) -> list[tuple[str, str]]:
        """The links as (words, address)."""
        return [(link["text"], link["address"]) for link in self.told["links"]]


@dataclass(frozen=True)
class Picture:
    """A picture of a mail as it was loaded: its own address, and what the client got."""

    address: str
    status: int
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Opened:
    """A mail on the screen: its pictures loaded, and (where the add-on is installed) its card beside it."""

    mail: Mail
    images: list[Picture]
    card: Json | None

    def card_text(self) -> str:
        """What can be read on the card, a line each."""
        return "\n".join(cards.texts(self.card)) if self.card else ""


class Person:
    """One person at their mail program. `cookies` are those of the browser that a rep's links open in."""

    def __init__(self, sandbox_url: str, address: str, cookies: requests.Session | None = None) -> None:
        self._base = f"{sandbox_url.rstrip('/')}/mail/{address}/"
        self._http = requests.Session()
        self._browser = cookies or requests.Session()
        self.address = address
        self.account = self.ask("GET", "me")
        self.name: str = self.account["name"]

    # Reading

    def inbox(self) -> list[Mail]:
        """The mails in the inbox, newest first."""
        return self._folder("inbox")

    def sent(self) -> list[Mail]:
        """The mails that were sent from here, newest first."""
        return self._folder("sent")

    def drafts(self) -> list[Json]:
        """What lies in Drafts, as rows."""
        rows: list[Json] = self.ask("GET", "box")["drafts"]
        return rows

    def open(self, mail: Any, images: str | None = None) -> Opened:
        """Open a mail: it is read, its pictures load (`images`: proxy, direct or none), and the add-on is told."""
        asked = f"?images={images}" if images else ""
        told = self.ask("GET", f"messages/{_id(mail)}{asked}")
        self.ask("POST", f"messages/{_id(mail)}/read", {"read": True})
        pictures = [] if images == "none" else self._load(told["images"])
        card = None
        if self.account["addon"]:
            stack = Stack()
            self._fire(stack, {"trigger": "message", "context": {"message_id": told["id"]}})
            card = stack.top
        return Opened(Mail.from_json(told), pictures, card)

    def home(self) -> Json | None:
        """The add-on's homepage card."""
        stack = Stack()
        self._fire(stack, {"trigger": "home"})
        return stack.top

    def click(self, mail: Any, text_or_url: str) -> str:
        """Click a link of a mail, by its words or its address; returns where it leads."""
        told = self.ask("GET", f"messages/{_id(mail)}?images=none")
        for link in told["links"]:
            if text_or_url in (link["text"], link["address"]):
                return self._follow(link)
        raise NoSuchLink(f"no link {text_or_url!r}; there is {[link['text'] for link in told['links']]}")

    # Writing

    def compose(self, to: Sequence[str] | str = (), cc: Sequence[str] | str = (), subject: str = "",
                text: str = "") -> "Draft":  # fmt: skip
        """Open a compose window."""
        body = f'<div dir="ltr">{_html(text)}</div>' if text else ""
        sheet = {"from": self.address, "to": _joined(to), "cc": _joined(cc), "bcc": "", "subject": subject}
        return Draft(self, {**sheet, "html": body, "answering": None})

    def open_draft(self, draft_id: str) -> "Draft":
        """Open a kept draft in the compose window."""
        kept = self.ask("GET", f"drafts/{quote(draft_id)}")
        draft = Draft(self, {key: kept[key] for key in _SHEET})
        draft.id = kept["draft_id"]
        return draft

    def begin_reply(self, mail: Any, text: str, kind: str = "reply", *, quote: bool = True) -> "Draft":
        """Open a compose window with an answer (kind: reply, reply_all, forward), the text above the quotation."""
        sheet = self.ask("GET", f"messages/{_id(mail)}/answer?kind={kind}&quote={int(quote)}")
        typed = f'<div dir="ltr">{_html(text)}</div>'
        sheet["html"] = sheet["html"].replace('<div dir="ltr"><br></div>', typed, 1)
        return Draft(self, {key: sheet[key] for key in _SHEET})

    def reply(self, mail: Any, text: str, from_address: str | None = None, all: bool = False,  # noqa: A002
              quote: bool = True) -> Mail:  # fmt: skip
        """Answer a mail; returns the sent copy."""
        draft = self.begin_reply(mail, text, "reply_all" if all else "reply", quote=quote)
        if from_address:
            draft.sheet["from"] = from_address
        return draft.send()

    def forward(self, mail: Any, to: Sequence[str] | str, text: str = "") -> Mail:
        """Forward a mail; returns the sent copy."""
        draft = self.begin_reply(mail, text, "forward")
        draft.sheet["to"] = _joined(to)
        return draft.send()

    def auto_reply(self, mail: Any, style: str = "exchange", **words: str) -> None:
        """A machine of this person's answers; `words` are the subject and text of an absence note."""
        self.ask("POST", f"messages/{_id(mail)}/auto_reply", {"style": style, **words})

    # The add-on's scopes

    def consent(self, scopes: Sequence[str] = (), *, all_scopes: bool = False, withdraw: bool = False) -> list[str]:
        """Give (or take back) scopes; returns those that are given now."""
        asked = {"scopes": list(scopes), "all_scopes": all_scopes, "withdraw": withdraw}
        granted: list[str] = self.ask("POST", "addon/consent", asked)["granted"]
        return granted

    # The ways to the sandbox

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """Ask one of the client's endpoints. Raises Refused."""
        answer = self._http.request(method, f"{self._base}api/{path}", json=body, timeout=_TIMEOUT_S)
        if answer.status_code >= 400:
            raise Refused(_words(answer))
        return answer.json()

    def _folder(self, folder: str) -> list[Mail]:
        return [Mail.from_json(told) for told in self.ask("GET", f"messages?folder={folder}")["messages"]]

    def _load(self, images: list[Json]) -> list[Picture]:
        loaded = []
        for image in images:
            answer = self._http.get(urljoin(self._base, image["path"]), timeout=_TIMEOUT_S)
            loaded.append(Picture(image["address"], answer.status_code, answer.content))
        return loaded

    def _follow(self, link: Json) -> str:
        own = link["path"].startswith("/")
        session, url = (self._http, urljoin(self._base, link["path"])) if own else (self._browser, link["path"])
        agent = {} if own else {"User-Agent": self.account["click_agent"]}
        answer = session.get(url, headers=agent, allow_redirects=False, timeout=_TIMEOUT_S)
        if answer.status_code >= 400:
            raise Refused(_words(answer))
        return answer.headers.get("Location", url)

    def _fire(self, stack: Stack, call: Json) -> Asked:
        """Call the add-on and follow its navigations; consents are given, and the call replayed, as Google does."""
        for _ in range(_MOST_REPLAYS):
            answer = self.ask("POST", "addon", call)
            if "error" in answer:
                raise AddonTrouble(f"{answer['error']} ({answer['status']})")
            asked = cards.asked(answer["response"])
            if asked.scopes is None:
                stack.apply(asked.navigations)
                return asked
            self.consent(asked.scopes, all_scopes=asked.all_scopes)
        raise AddonTrouble("the add-on asks for consents again and again")


class Draft:
    """A compose window. `body` is the HTML in it, `sheet` all its fields."""

    def __init__(self, person: Person, sheet: Json) -> None:
        self._person = person
        self._panel = Stack()
        self.sheet = sheet
        self.id: str | None = None
        self.notification: str | None = None
        self.opened_link: str | None = None
        self.opened_draft: Draft | None = None

    @property
    def body(self) -> str:
        return str(self.sheet["html"])

    @property
    def card(self) -> Json | None:
        """The add-on's card beside the compose window; its toolbar button is pressed where none is there."""
        if self._panel.top is None:
            self.open_addon()
        return self._panel.top

    def open_addon(self) -> Json | None:
        """Press the add-on's button in the toolbar."""
        self._panel.cards.clear()
        self._person._fire(self._panel, {"trigger": "compose", "context": self._recipients()})
        return self._panel.top

    def card_text(self) -> str:
        """What can be read on the card, a line each."""
        return "\n".join(cards.texts(self.card or {}))

    def type(self, text: str) -> None:
        """Type at the end of what was typed, above a quotation."""
        self.sheet["html"] = cards.inserted(self.body, {"updateBody": {"insertContents": [
            {"content": f'<div dir="ltr">{_html(text)}</div>', "contentType": "MUTABLE_HTML"}]}})  # fmt: skip
        self.save()

    def press(self, label: str, **form_inputs: str | list[str]) -> str | None:
        """Press the button with this label, with these inputs in the card's form, and let Gmail do what it asks.

        Returns the notification. Where the card that stands there has no such button, the add-on's button in the
        toolbar is pressed first, as a person would. Raises NotOnCard.
        """
        card = self.card or {}
        try:
            control = cards.control(card, label)
        except NotOnCard:
            card = self.open_addon() or {}
            control = cards.control(card, label)
        link = control.on_click.get("openLink")
        if link:
            self.opened_link = link["url"]
            return None
        action = control.on_click["action"]
        asked = self._person._fire(self._panel, {
            "function": action["function"],
            "parameters": {p["key"]: p.get("value", "") for p in action.get("parameters", [])},
            "form": _filled(card, form_inputs),
            "context": self._recipients(),
        })  # fmt: skip
        self._apply(asked)
        return asked.notification

    def save(self) -> str:
        """Keep the draft, as the compose window does while its writer pauses; returns its id."""
        kept = self._person.ask("POST", "drafts", {**self.sheet, "draft_id": self.id})
        self.id, self.sheet["html"] = kept["draft_id"], kept["html"]
        return str(self.id)

    def show(self) -> list[Picture]:
        """Look at the draft: its own pictures are loaded, by Gmail's proxy."""
        self.save()
        return self._person._load(self._person.ask("GET", f"drafts/{quote(str(self.id))}")["images"])

    def send(self) -> Mail:
        """Send; returns the sent copy."""
        answer = self._person.ask("POST", "send", {**self.sheet, "draft_id": self.id})
        return Mail.from_json(self._person.ask("GET", f"messages/{answer['message_id']}?images=none"))

    def send_with_undo(self, seconds: float = 5.0) -> "Pending":
        """Send, with `seconds` to think better of it."""
        answer = self._person.ask("POST", "send", {**self.sheet, "draft_id": self.id, "undo_s": seconds})
        return Pending(self._person, answer["pending"])

    def discard(self) -> None:
        """Throw the draft away."""
        if self.id is not None:
            self._person.ask("POST", f"drafts/{quote(self.id)}/discard", {})

    def _recipients(self) -> Json:
        return {name: _addresses(self.sheet[name]) for name in ("to", "cc", "bcc")}

    def _apply(self, asked: Asked) -> None:
        self.notification = asked.notification
        self.opened_link = (asked.link or {}).get("url") or asked.sign_in
        if asked.created_draft:
            self.opened_draft = self._person.open_draft(asked.created_draft["draftId"])
        update = asked.draft_update
        if not update:
            return
        self.sheet["html"] = cards.inserted(self.body, update)
        if "updateSubject" in update:
            self.sheet["subject"] = update["updateSubject"].get("subject", "")
        for name, key in (("to", "To"), ("cc", "Cc"), ("bcc", "Bcc")):
            if told := update.get(f"update{key}Recipients"):
                self.sheet[name] = ", ".join(who["email"] for who in told.get(f"{name}Recipients", []))
        self.save()


class Pending:
    """A mail that can still be taken back."""

    def __init__(self, person: Person, handle: str) -> None:
        self._person = person
        self._handle = handle

    def undo(self) -> bool:
        """Undo Send; False where it has left already."""
        return bool(self._person.ask("POST", f"pending/{self._handle}/undo", {})["undone"])

    def outcome(self) -> str:
        """waiting, sent, undone or failed."""
        return str(self._person.ask("GET", f"pending/{self._handle}")["outcome"])


def _filled(card: Json, given: dict[str, str | list[str]]) -> dict[str, list[str]]:
    form = cards.inputs(card)
    known = cards.input_names(card)
    for name, value in given.items():
        if name not in known:
            raise NotOnCard(f"no input {name!r} on the card; there is {sorted(known)}")
        form[name] = [value] if isinstance(value, str) else list(value)
    return {name: values for name, values in form.items() if any(values)}


def _id(mail: Any) -> str:
    return quote(mail if isinstance(mail, str) else mail.id)


def _html(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>")


def _joined(people: Sequence[str] | str) -> str:
    return people if isinstance(people, str) else ", ".join(people)


def _addresses(typed: str) -> list[str]:
    return [address for _, address in getaddresses([typed]) if "@" in address]


def _words(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (requests.JSONDecodeError, KeyError, TypeError):
        return f"HTTP {answer.status_code} from {answer.request.path_url.partition('?')[0]}"

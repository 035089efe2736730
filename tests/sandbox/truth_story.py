"""What machines do with a mail, told against a running house: scanners, prefetches, notes, bounces, receipts.

None of it is a view, a click or an answer; what people do on the same mail still counts.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

from tests.sandbox.cast import CHROME
from tests.sandbox.client.person import Mail, Person
from tests.sandbox.story import FLYNN, QUORRA, Table
from tests.sandbox.window import Group, Window

NOBODY = "clu@flynnsarcade.com"
LINKS = (("The offer", "https://gridworks.example/a"), ("The plan", "https://gridworks.example/b"))
ABROAD = {
    "subject": "Sono fuori ufficio",
    "text": "Buongiorno,\n\nsono fuori ufficio fino al 7 dicembre e leggerò la sua e-mail al mio rientro.\n"
    "Per urgenze può scrivere a info@flynnsarcade.com.\n\nCordiali saluti\nKevin Flynn",
}


@dataclass
class TruthStory:
    """One telling, in a house where Quorra is signed in and connected."""

    sandbox_url: str
    window: Window
    table: Table
    name: str

    def __post_init__(self) -> None:
        self.quorra, self.flynn = Person(self.sandbox_url, QUORRA), Person(self.sandbox_url, FLYNN)

    def tell(self) -> None:
        """All of it, in order."""
        self.a_scanner_follows_everything()
        self.apple_loads_ahead()
        self.a_note_without_a_mark_is_no_reply()
        self.a_bounce_is_no_reply()
        self.receipts_and_calendars_are_no_replies()
        self.the_quoted_pixel_is_not_flynn()

    def a_scanner_follows_everything(self) -> None:
        mail = self._send("Scanned at the door", links=True)
        addresses = [*self._pictures(mail), *(address for _, address in mail.links if "/c/" in address)]
        before = self._group(mail).uncounted
        with ThreadPoolExecutor(len(addresses)) as pool:
            answers = list(pool.map(_ask, addresses))
        self._expect("a scanner loads the pixel and follows every link: answered", [200, 302, 302], lambda: answers)
        self._expect("it is kept", True, lambda: self._group(mail).uncounted >= before + len(addresses))
        self._expect("and not counted", "Nothing yet", lambda: self._group(mail).counts)

    def apple_loads_ahead(self) -> None:
        mail = self._send("Loaded ahead")
        before = self._group(mail).uncounted
        [pixel] = self._pictures(mail)
        self._expect("Apple's proxy loads the picture ahead: answered", 200, lambda: _ask(pixel, "Mozilla/5.0"))
        self._expect("it is kept", True, lambda: self._group(mail).uncounted > before)
        self._expect("and not counted", "Nothing yet", lambda: self._group(mail).counts)
        self.flynn.open(mail)
        self._expect("Flynn opens it: counted", "1 view", lambda: self._group(mail).counts)

    def a_note_without_a_mark_is_no_reply(self) -> None:
        mail = self._send("To Italy")
        self.flynn.auto_reply(mail, style="unmarked", **ABROAD)
        self._expect("an Italian absence note without any mark: said", "out of office until 7 dec",
                     lambda: self._says(mail, "out of office until 7 dec"))  # fmt: skip
        self._expect("and no reply", True, lambda: "repl" not in self._group(mail).counts)

    def a_bounce_is_no_reply(self) -> None:
        subject = f"To nobody ({self.name})"
        draft = self.quorra.compose([NOBODY], [], subject)
        draft.press("Track this mail")
        draft.send()
        self._expect("a mail to an address that nobody has: bounced", "1 bounce", lambda: self._counts(subject))

    def receipts_and_calendars_are_no_replies(self) -> None:
        for style, words in (("receipt", "sent a receipt"), ("calendar", "answered the invitation")):
            mail = self._send(f"With a {style}")
            self.flynn.auto_reply(mail, style=style)
            self._expect(f"a {style} is said as such", words, lambda mail=mail, words=words: self._says(mail, words))  # type: ignore[misc]
            self._expect("and no reply", True, lambda mail=mail: "repl" not in self._group(mail).counts)  # type: ignore[misc]

    def the_quoted_pixel_is_not_flynn(self) -> None:
        mail = self._send("Quoted")
        self.flynn.open(mail)
        self._expect("Flynn opens and answers: counted", "1 view", lambda: self._group(mail).counts)
        self.flynn.reply(mail, "Good, let us do that.")
        self._expect("his answer is one", "1 view · 1 reply", lambda: self._group(mail).counts)
        before = self._group(mail).uncounted
        answer = self._find(self.quorra, f"Re: {mail.subject}")
        opened = self.quorra.open(answer)
        self._expect("she reads it, with her own pixel in its quotation", 1, lambda: len(opened.images))
        self._expect("that is kept", True, lambda: self._group(mail).uncounted > before)
        self._expect("and is no view of his", "1 view · 1 reply", lambda: self._group(mail).counts)

    def _send(self, what: str, links: bool = False) -> Mail:
        """Send a tracked mail to Flynn, and return what he received, once it is bound."""
        subject = f"{what} ({self.name})"
        draft = self.quorra.compose([FLYNN], [], subject)
        draft.press("Track this mail")
        for text, address in LINKS if links else ():
            draft.press("Track this mail", link_text=text, link_address=address)
        draft.send()
        self.table.expect(f"  “{subject}” is sent and bound", True, lambda: subject in self.window.feed(), 30)
        return self._find(self.flynn, subject)

    def _pictures(self, mail: Mail) -> list[str]:
        """The addresses of its remote images, not loaded."""
        return [image["address"] for image in self.flynn.ask("GET", f"messages/{mail.id}?images=direct")["images"]]

    def _expect(self, step: str, expected: object, look: Callable[[], object]) -> None:
        self.table.expect(f"10 {step}", expected, look, 30)

    def _find(self, person: Person, subject: str) -> Mail:
        return next(mail for mail in person.inbox() if mail.subject == subject)

    def _group(self, mail: Mail) -> Group:
        return self.window.feed()[mail.subject]

    def _counts(self, subject: str) -> str:
        group = self.window.feed().get(subject)
        return group.counts if group else ""

    def _says(self, mail: Mail, words: str) -> str:
        """The words, where the group says them; else all that it says."""
        told = self._group(mail).told
        return words if words in told.lower() else told


def _ask(address: str, agent: str = CHROME) -> int:
    """Ask for an address as a program does that follows no further. Its machine is another one than any reader's."""
    return requests.get(address, headers={"User-Agent": agent}, allow_redirects=False, timeout=10).status_code

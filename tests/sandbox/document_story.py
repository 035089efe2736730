"""The second story: what becomes of documents in a mail, told step by step against a running house.

Quorra uploads a PDF and a presentation and puts both into a mail. Flynn reads some pages and downloads; Alan reads on
his telephone, where no script runs; a scanner and Quorra herself look too, and count for nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.sandbox import papers
from tests.sandbox.client.person import Draft, Person
from tests.sandbox.reader import DESKTOP, PHONE, Reader
from tests.sandbox.story import ALAN, FLYNN, QUORRA, Table
from tests.sandbox.window import Group, Window

SCANNER = "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))"
LOOKS = ((1, 1.2), (2, 0.8), (3, 0.8), (7, 1.4))  # page, seconds
PAGES, SLIDES = 12, 4


@dataclass
class DocumentStory:
    """One telling, in a house where Quorra is signed in and connected; `trouble` is made for the worker."""

    sandbox_url: str
    window: Window
    table: Table
    name: str
    trouble: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.quorra = Person(self.sandbox_url, QUORRA)
        self.flynn, self.alan = Person(self.sandbox_url, FLYNN), Person(self.sandbox_url, ALAN)
        self.report, self.deck = f"Arcade report {self.name}.pdf", f"Arcade deck {self.name}.pptx"
        self.subject = f"Two documents ({self.name})"
        self.original = papers.report(PAGES)

    def tell(self) -> None:
        """All of it, in order."""
        self.she_uploads_two_documents()
        self.she_puts_them_into_a_mail()
        self.machines_and_she_herself_count_for_nothing()
        self.flynn_reads_and_downloads()
        self.alan_reads_without_a_script()

    def she_uploads_two_documents(self) -> None:
        ids = [self.window.upload(self.report, self.original), self.window.upload(self.deck, papers.deck(SLIDES))]
        self.trouble()
        for what, id_, pages in (("PDF", ids[0], PAGES), ("presentation", ids[1], SLIDES)):
            step = f"8 a {what} is uploaded, and its pages can be read"
            self.table.expect(step, ("ready", pages), lambda id_=id_: self.window.conversion(id_), 60)  # type: ignore[misc]
        self.ids = ids

    def she_puts_them_into_a_mail(self) -> None:
        draft = self.quorra.compose([FLYNN], [ALAN], self.subject)
        for name in (self.report, self.deck):
            self._add(draft, name)
        self.table.expect("8 two blocks and one pixel are in the draft", (2, 1), lambda: _holds(draft.body))
        draft.send()
        self.table.expect("8 the mail is sent and bound", True, lambda: self.subject in self.window.feed(), 30)
        links = [address for _, address in self._received(self.flynn).links if "/d/" in address]
        self.addresses = list(dict.fromkeys(links))

    def machines_and_she_herself_count_for_nothing(self) -> None:
        before = self._group().uncounted
        self.table.expect(
            "9 a scanner follows the link: answered", 200, lambda: Reader(self.addresses[0], SCANNER).open(), 0
        )
        own = Reader(self.addresses[0], DESKTOP, self.window.session)
        self.table.expect("9 she looks at it herself: answered", 200, own.open, 0)
        own.look(1, 0.5)
        own.leave()
        self.table.expect("9 both are kept", True, lambda: self._group().uncounted >= before + 2)
        self.table.expect("9 and nothing is counted", "Nothing yet", lambda: self._group().counts)

    def flynn_reads_and_downloads(self) -> None:
        flynn = Reader(self.addresses[0])
        flynn.open()
        for page, seconds in LOOKS:
            flynn.look(page, seconds)
        reading = f"is reading page {LOOKS[-1][0]} of {PAGES}"
        self.table.expect("10 Flynn reads: live in the feed", reading, lambda: self._says(reading))
        same = self.original
        self.table.expect("10 he downloads: the very bytes", True, lambda: flynn.download() == same, 0)
        flynn.leave(LOOKS[-1][0])
        for words in (f"read 4 of {PAGES} pages", "downloaded"):
            self.table.expect("10 he leaves: one row tells it", words, lambda words=words: self._says(words))  # type: ignore[misc]
        page = f"/content/{self.ids[0]}"
        self.table.expect("10 the document's page tells of one reader", True, lambda: "1 reader" in self._text(page))

    def alan_reads_without_a_script(self) -> None:
        alan = Reader(self.addresses[1], PHONE)
        alan.open()
        alan.turn(2)
        words = f"2 of {SLIDES} pages"
        self.table.expect("11 Alan reads the slides without a script", words, lambda: self._says(words))
        card = self.quorra.open(next(mail for mail in self.quorra.sent() if mail.subject == self.subject))
        for words in (f"4 of {PAGES} pages", f"2 of {SLIDES} pages"):
            self.table.expect(
                "11 the card in Gmail says the same", True, lambda words=words: words in card.card_text(), 0
            )  # type: ignore[misc]

    def _add(self, draft: Draft, name: str) -> None:
        draft.press("Add document")
        draft.press(name)

    def _received(self, person: Person):  # type: ignore[no-untyped-def]
        return next(mail for mail in person.inbox() if mail.subject == self.subject)

    def _group(self) -> Group:
        return self.window.feed()[self.subject]

    def _says(self, words: str) -> str:
        told = self._group().told
        return words if words.lower() in told.lower() else told

    def _text(self, path: str) -> str:
        return " ".join(self.window.page(path).split())


def _holds(body: str) -> tuple[int, int]:
    """How many tracked documents and pixels a body holds."""
    return len({part[:32] for part in body.split("/d/")[1:]}), body.count("/o/")

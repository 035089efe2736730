"""The story that everything stands for, told step by step against a running house: what is expected, what is seen.

Quorra writes to Flynn, Alan in copy, and tracks the mail. Her own looks count for nothing; Flynn's do. Answers count
from whatever address they come; an out-of-office and a colleague's word do not.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.sandbox.client.person import Draft, Person
from tests.sandbox.window import Group, Window

DESTINATION = "https://gridworks.example/offer?plan=arcade&seats=12&utm_source=mail#terms"
LINK_TEXT = "See the offer"
FLYNN, KEVIN, ALAN = "flynn@flynnsarcade.com", "kevinf@flynnsarcade.com", "alan@encom.com"
QUORRA, SAM = "quorra@gridworks.example", "sam@gridworks.example"


@dataclass
class Table:
    """The steps with what was expected and seen; `say` gets each row as it is known."""

    say: Callable[[str], None]
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    failed: bool = False

    def expect(self, step: str, expected: object, look: Callable[[], object], within_s: float = 15.0) -> None:
        """Look until it is as expected or the time is up; raises Different at the first difference."""
        deadline = time.monotonic() + within_s
        seen = look()
        while seen != expected and time.monotonic() < deadline:
            time.sleep(0.02)
            seen = look()
        self.rows.append((step, str(expected), str(seen)))
        self.failed = seen != expected
        self.say(f"  {'✗' if self.failed else '✓'} {step:<74} {expected!s:<44} {seen}")
        if self.failed:
            raise Different(step)


class Different(Exception):
    """A step was not seen as it was expected."""


@dataclass
class Story:
    """One telling. `name` makes its subjects its own, so that it can be told twice in one house."""

    sandbox_url: str
    window: Window
    table: Table
    name: str
    between: Callable[[], None] = lambda: None
    delays_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.quorra, self.sam = Person(self.sandbox_url, QUORRA), Person(self.sandbox_url, SAM)
        self.flynn, self.kevin = Person(self.sandbox_url, FLYNN), Person(self.sandbox_url, KEVIN)
        self.alan = Person(self.sandbox_url, ALAN)

    def tell(self) -> None:
        """All of it, in order."""
        self.her_own_looks_count_for_nothing()
        self.flynn_opens_and_clicks()
        self.kevin_answers()
        self.alan_answers_in_copy()
        self.an_out_of_office_is_no_reply()
        self.a_colleague_in_the_thread_is_no_reply()

    def subject(self, what: str) -> str:
        return f"{what} ({self.name})"

    def her_own_looks_count_for_nothing(self) -> None:
        subject = self.subject("The offer")
        draft = self._draft(subject)
        draft.press("Track this mail", link_text=LINK_TEXT, link_address=DESTINATION)
        self.table.expect("1 the draft holds pixel and link", True, lambda: "/o/" in draft.body and "/c/" in draft.body)
        draft.press("Track this mail")
        self.table.expect("1 a second press inserts nothing more", 1, lambda: draft.body.count("/o/"))
        draft.show()
        self.table.expect("1 a prepared mail is not in the feed", False, lambda: subject in self.window.feed())
        self._send(draft, subject)
        for _ in range(2):
            self.quorra.open(self._sent(subject))
        self.table.expect(
            "1 she looked at draft and sent copy: views", "Nothing yet", lambda: self._group(subject).counts
        )
        self.table.expect("1 her looks are kept, and not counted", True, lambda: self._group(subject).uncounted >= 2)
        self.table.expect("1 and still nothing is counted", "Nothing yet", lambda: self._group(subject).counts)

    def flynn_opens_and_clicks(self) -> None:
        subject = self.subject("The offer")
        mail = self._received(self.flynn, subject)
        began = time.monotonic()
        self.flynn.open(mail)
        within = self._delay(subject, "1 view", began)
        self.table.expect(
            "2 Flynn opens: in the open feed within a second", True, lambda: within is not None and within < 1
        )
        self.table.expect("2 Flynn opens: counted", "1 view", lambda: self._group(subject).counts)
        before = self._group(subject).uncounted
        self.flynn.open(mail)
        self.table.expect("2 again at once: kept", True, lambda: self._group(subject).uncounted > before)
        self.table.expect("2 again at once: still", "1 view", lambda: self._group(subject).counts)
        self.table.expect("2 he clicks, and lands at", DESTINATION, lambda: self.flynn.click(mail, LINK_TEXT), 0)
        self.table.expect("2 he clicks: counted", "1 view · 1 click", lambda: self._group(subject).counts)

    def kevin_answers(self) -> None:
        subject = self.subject("The offer")
        self.between()
        began = time.monotonic()
        self.flynn.reply(self._received(self.flynn, subject), "Yes, let us talk on Thursday.", from_address=KEVIN)
        self._delay(subject, "1 reply", began)
        self.table.expect(
            "3 kevinf@ answers: counted", "1 reply", lambda: _just(self._group(subject).counts, "repl"), 30
        )
        self.table.expect(
            "3 said as", "answered from another address", lambda: self._says(subject, "answered from another address")
        )

    def alan_answers_in_copy(self) -> None:
        subject = self.subject("A second mail")
        self._send_tracked(subject)
        began = time.monotonic()
        self.alan.reply(self._received(self.alan, subject), "I can answer that for Kevin.", all=True)
        self._delay(subject, "1 reply", began)
        self.table.expect(
            "4 Alan, only copied, answers: counted", "1 reply", lambda: _just(self._group(subject).counts, "repl"), 30
        )
        self.table.expect(
            "4 said as", "answered by someone in copy", lambda: self._says(subject, "answered by someone in copy")
        )

    def an_out_of_office_is_no_reply(self) -> None:
        subject = self.subject("A third mail")
        self._send_tracked(subject)
        self.flynn.auto_reply(self._received(self.flynn, subject), style="exchange")
        self.table.expect(
            "5 an out-of-office arrives: shown as such",
            "is out of office",
            lambda: self._says(subject, "is out of office"),
            30,
        )
        self.table.expect("5 and is no reply", "", lambda: _just(self._group(subject).counts, "repl"))

    def a_colleague_in_the_thread_is_no_reply(self) -> None:
        subject = self.subject("A fourth mail")
        self._send_tracked(subject, cc=[SAM])
        self.sam.reply(self._received(self.sam, subject), "One more thing from my side.", all=True)
        self.flynn.open(self._received(self.flynn, f"Re: {subject}"))
        self.table.expect("6 a colleague's mail is kept as no answer", True, lambda: self._is_kept(subject, SAM), 30)
        self.table.expect(
            "6 a colleague answers in the thread: no reply", "", lambda: _just(self._group(subject).counts, "repl")
        )
        self.flynn.reply(self._received(self.flynn, subject), "Thanks, both.", all=True)
        self.table.expect(
            "6 Flynn's answer after it is one", "1 reply", lambda: _just(self._group(subject).counts, "repl"), 30
        )

    def _draft(self, subject: str, cc: list[str] | None = None) -> Draft:
        return self.quorra.compose([FLYNN], cc if cc is not None else [ALAN], subject)

    def _send_tracked(self, subject: str, cc: list[str] | None = None) -> None:
        draft = self._draft(subject, cc)
        draft.press("Track this mail")
        self._send(draft, subject)

    def _send(self, draft: Draft, subject: str) -> None:
        began = time.monotonic()
        draft.send()
        self._delay(subject, "Sent", began)
        self.table.expect(f"  “{subject}” is sent and bound", True, lambda: subject in self.window.feed(), 30)

    def _sent(self, subject: str) -> object:
        return next(mail for mail in self.quorra.sent() if mail.subject == subject)

    def _received(self, person: Person, subject: str) -> object:
        return next(mail for mail in person.inbox() if mail.subject == subject)

    def _group(self, subject: str) -> Group:
        return self.window.feed()[subject]

    def _is_kept(self, subject: str, sender: str) -> bool:
        """Whether the message's page names this sender under what was not counted."""
        page = self.window.page(f"/messages/{self._group(subject).message_id}")
        return sender in page[page.index('id="not-counted"') :] or "Sam Tully" in page[page.index('id="not-counted"') :]

    def _says(self, subject: str, words: str) -> str:
        """The words, where the group says them; else all that it says."""
        told = self._group(subject).told
        return words if words in told.lower() else told

    def _delay(self, subject: str, words: str, began: float) -> float | None:
        """How long until the open feed told it; remembered for the median."""
        at = self.window.told_at(subject, words, began)
        if at is None:
            return None
        self.delays_s.append(at - began)
        return at - began


def _just(counts: str, word: str) -> str:
    """The part of "1 view · 1 reply" that holds this word, or nothing."""
    return next((part for part in counts.split(" · ") if word in part and "auto" not in part), "")

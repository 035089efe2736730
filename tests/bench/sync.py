"""What does it cost to find the answers of a rep's day? `python -m backend bench sync`, against the local Google.

A day of nine hours in Quorra's mailbox, the same each time: adverts and notices that Gmail sorts as bulk, junk, talk
with colleagues, other customers' mail, what she sends, and among it the answers to what she tracked, in their
conversations and outside of them. Readback reads as in production: conversations at each push (bulk pushes nothing)
and every quarter of an hour, everything else five minutes after a sent copy and hourly. Beside it a naive reader
fetches each new mail at each push. The local Google counts the quota units of both (a mail 20, a page of history 2, a
search 5); its clock is moved, nobody waits.
"""

import json
import logging
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import structlog
from sqlalchemy import Engine, insert, select

from backend.adapters.gmail import GmailSession
from backend.adapters.postgres import EmbeddedPostgres
from backend.services.looking import look_around
from backend.services.mailboxes import LOOK_AFTER, SWEEP_AFTER
from backend.services.syncing import LOOK_SOON_AFTER, sync_mailbox
from backend.store.engine import create_store
from backend.store.schema import migrate
from backend.store.tables import incoming, message, recipient
from tests.mailroom import Mailroom, open_mailroom
from tests.sandbox.postoffice import Vacation
from tests.services.tracked import ALAN, FLYNN, KEVIN, QUORRA, SAM, Office
from tests.stories import found_workspace

_DAY_S = 9 * 3600
_BULK = ("CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_SOCIAL", "CATEGORY_FORUMS")
_COMPANIES = 60  # to so many companies tracked mail went in the weeks before


@dataclass(frozen=True)
class Day:
    """How much of what comes on a day."""

    bulk: int = 110
    junk: int = 15
    threads_of_colleagues: int = 14
    mails_of_colleagues: int = 45
    threads_of_strangers: int = 9
    mails_of_strangers: int = 25
    sent: int = 18
    tracked: int = 12


@dataclass
class Cost:
    """What a reader paid, and when it found each answer."""

    units: int = 0
    found: dict[str, datetime] = field(default_factory=dict)


@dataclass
class Scene:
    """The day's people and places."""

    office: Office
    engine: Engine
    naive: GmailSession
    cursor: str
    came: dict[str, datetime] = field(default_factory=dict)
    threads: dict[str, list[str]] = field(default_factory=dict)
    tracked: list[str] = field(default_factory=list)

    @property
    def world(self) -> Any:
        return self.office.mailroom.world

    @property
    def box(self) -> Any:
        return self.world.mailbox(QUORRA)

    def units(self) -> int:
        return int(self.world.state.faults.units.get(QUORRA, 0))


def measure(day: Day, mode: str) -> dict[str, Any]:
    """Play the day, and return what both readers paid for what they found."""
    with (
        tempfile.TemporaryDirectory(prefix="readback-bench-") as folder,
        EmbeddedPostgres(Path(folder) / "pg") as server,
        open_mailroom() as mailroom,
    ):
        engine = create_store(server.url())
        migrate(engine)
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                return play(set_scene(conn, engine, mailroom, mode), day)
        finally:
            engine.dispose()


def set_scene(conn: Any, engine: Engine, mailroom: Mailroom, mode: str) -> Scene:
    """Connect Quorra's mailbox, with what she sent in the weeks before."""
    office = Office(conn, engine, mailroom, found_workspace(conn, "gridworks.example", ["Quorra Reed"]), mode=mode)
    office.connect()
    ours = {"workspace_id": office.tenant.workspace_id, "rep_id": office.tenant.reps["quorra"].id}
    for number in range(_COMPANIES):
        at = office.now - timedelta(days=1 + number % 40)
        row = {**ours, "compose_key": f"old{number}", "state": "sent", "sent_at": at, "subject": f"Offer {number}"}
        id_ = conn.execute(insert(message).values(**row).returning(message.c.id)).scalar_one()
        person = {"address": f"buyer@company{number}.example", "role": "to", "message_id": id_}
        conn.execute(insert(recipient).values(workspace_id=ours["workspace_id"], **person))
    naive = mailroom.open(QUORRA)
    naive.watch()
    return Scene(office, engine, naive, naive.profile().cursor)


def play(scene: Scene, day: Day) -> dict[str, Any]:
    """Let the day pass; tells what was found, when, and what both readers paid."""
    ours, naive, mails = Cost(), Cost(), 0
    start = scene.office.now
    due = {"look": start + LOOK_AFTER, "sweep": start + SWEEP_AFTER}
    for at_s, event in [*_events(scene, day), (_DAY_S + 3600.0, lambda: None)]:
        while (at := min(due.values())) <= start + timedelta(seconds=at_s):
            _move(scene, at)
            is_look = due["look"] == at
            _pay(scene, ours, _read(scene, look_around if is_look else sync_mailbox))
            due["sweep"] = scene.office.now + SWEEP_AFTER
            due["look"] = scene.office.now + LOOK_AFTER if is_look else due["look"]
        _move(scene, start + timedelta(seconds=at_s))
        sent, changes = len(scene.tracked), len(scene.box.changes)
        event()
        if any(scene.box.watch.wants(change) for change in scene.box.changes[changes:]):
            _pay(scene, ours, _read(scene, sync_mailbox))
            due["sweep"] = scene.office.now + SWEEP_AFTER
        if len(scene.tracked) > sent:
            due["look"] = min(due["look"], scene.office.now + LOOK_SOON_AFTER)
        before = scene.units()
        mails += _read_naively(scene, naive)
        naive.units += scene.units() - before
    return _told(scene, ours, naive, mails)


def _move(scene: Scene, to: datetime) -> None:
    with scene.world.change() as state:
        state.clock_shift_s += max(0.0, (to - scene.office.now).total_seconds())


def _read(scene: Scene, how: Callable[..., None]) -> Callable[[], None]:
    office = scene.office
    return lambda: how(scene.engine, office.mailroom.gmail, office.secrets, office.mailbox, office.now)


def _pay(scene: Scene, cost: Cost, read: Callable[[], None]) -> None:
    before = scene.units()
    read()
    cost.units += scene.units() - before
    stored = scene.office.conn.execute(select(incoming.c.message_id_header).where(incoming.c.kind != "own")).scalars()
    for header in stored:
        cost.found.setdefault(str(header), scene.office.now)


def _read_naively(scene: Scene, cost: Cost) -> int:
    """Fetch each new mail that is no draft, whatever its labels say; it finds whatever is there."""
    changes = scene.naive.changes_since(scene.cursor)
    scene.cursor = changes.cursor
    ids = [mail.id for mail in changes.found if not mail.is_draft]
    for headers in scene.naive.headers(ids):
        header = next((value for name, value in headers.headers if name.lower() == "message-id"), "").strip("<> ")
        if header in scene.came:
            cost.found.setdefault(header, scene.office.now)
    return len(ids)


def _events(scene: Scene, day: Day) -> Iterator[tuple[float, Callable[[], None]]]:
    """The day's events in their order; answers come after what they answer."""
    dice = Random(20261124)
    plain: list[Callable[[], None]] = [lambda n=n: _bulk(scene, n) for n in range(day.bulk)]
    plain += [lambda n=n: _arrive(scene, f"x{n}@junk.example", f"Win {n}", "SPAM") for n in range(day.junk)]
    plain += [lambda n=n: _talk(scene, SAM, n % day.threads_of_colleagues) for n in range(day.mails_of_colleagues)]
    plain += [lambda n=n: _stranger(scene, n % day.threads_of_strangers) for n in range(day.mails_of_strangers)]
    plain += [lambda n=n: _send(scene, n) for n in range(day.sent)]
    timed = [(dice.uniform(0, _DAY_S), event) for event in plain]
    for number in range(day.tracked):
        at_s = 600 + (number // 4) * _DAY_S * 0.3 + (number % 4) * 240  # four at a sitting
        timed.append((at_s, lambda n=number: _track(scene, n)))
        if number in _ANSWERS:
            timed.append((at_s + dice.uniform(60, 7000), lambda n=number: _ANSWERS[n](scene, n)))
    return iter(sorted(timed, key=lambda each: each[0]))


def _arrive(scene: Scene, sender: str, subject: str, sorted_as: str | None = None, head: str = "") -> str:
    number = len(scene.world.mailbox(QUORRA).messages)
    who = f"From: {sender}\r\nTo: {QUORRA}\r\nSubject: {subject}\r\n"
    raw = f"{who}Message-ID: <m{number}@day.example>\r\n{head}\r\nHello"
    scene.world.receive(QUORRA, raw.encode(), sorted_as=sorted_as)
    return f"m{number}@day.example"


def _bulk(scene: Scene, number: int) -> None:
    _arrive(scene, f"news{number % 25}@shop{number % 25}.example", f"News {number}", _BULK[number % len(_BULK)])


def _talk(scene: Scene, sender: str, thread: int) -> None:
    """A conversation without us: the first mail begins it, the others name those before."""
    name = f"{sender} {thread}"
    before = scene.threads.setdefault(name, [])
    head = f"References: {' '.join(f'<{each}>' for each in before)}\r\n" if before else ""
    subject = f"{'Re: ' if before else ''}About {thread} by {sender.partition('@')[0]}"
    before.append(_arrive(scene, sender, subject, None, head))


def _stranger(scene: Scene, thread: int) -> None:
    _talk(scene, f"client@customer{thread}.example", thread)


def _send(scene: Scene, number: int) -> None:
    scene.office.mailroom.write(QUORRA, [SAM], f"Lunch {number}")


def _track(scene: Scene, number: int) -> None:
    to = FLYNN if number % 2 else ALAN
    if number == 5:
        scene.world.set_vacation(FLYNN, Vacation(subject="Away", text="I am away."))
    _, sent = scene.office.send_tracked([to if number != 7 else "nobody@nowhere.example"], f"Offer of the day {number}")
    scene.tracked.append(scene.world.mailbox(QUORRA).get(sent).message_id or "")
    known = set(scene.came)
    for mail in scene.world.mailbox(QUORRA).messages.values():  # a bounce or a note came by itself
        automatic = "automatic" in mail.subject.lower() or "delivery status" in mail.subject.lower()
        if automatic and mail.message_id and mail.message_id.strip("<>") not in known:
            scene.came[mail.message_id.strip("<>")] = scene.office.now


def _answer(sender: str, subject: str, names: bool = True) -> Callable[[Scene, int], None]:
    def answer(scene: Scene, number: int) -> None:
        header = scene.tracked[number]
        head = f"In-Reply-To: {header}\r\nReferences: {header}\r\n" if names else ""
        id_ = _arrive(scene, sender, subject.format(number), None, head)
        scene.came[id_] = scene.office.now

    return answer


_ANSWERS: dict[int, Callable[[Scene, int], None]] = {
    0: _answer(ALAN, "Re: Offer of the day {}"),
    1: _answer(KEVIN, "Re: Offer of the day {}"),
    2: _answer(ALAN, "Re: Offer of the day {}"),
    3: _answer("ram@elsewhere.example", "A question about what Kevin sent me"),
    4: _answer(ALAN, "Re: Offer of the day {}"),
    6: _answer(ALAN, "Re: Offer of the day {}", names=False),
    8: _answer("lora@encom.com", "Re: Offer of the day {}"),
    9: _answer(FLYNN, "Re: Offer of the day {}"),
}


def _told(scene: Scene, ours: Cost, naive: Cost, mails: int) -> dict[str, Any]:
    late = sorted((ours.found[each] - at).total_seconds() for each, at in scene.came.items() if each in ours.found)
    count = len(scene.came)
    return {
        "mails": mails,
        "answers": count,
        "lost": sorted(set(scene.came) - set(ours.found)),
        "units": ours.units,
        "naive_units": naive.units,
        "units_per_answer": round(ours.units / max(1, count)),
        "naive_units_per_answer": round(naive.units / max(1, count)),
        "ratio": round(naive.units / max(1, ours.units), 1),
        "found_at_once": sum(1 for seconds in late if seconds < 1),
        "latest_after_s": round(late[-1]) if late else 0,
    }


def main() -> int:
    """Play the day in both modes and print what it cost; 1 where an answer was lost."""
    parser = ArgumentParser(prog="python -m backend bench sync", description="quota units for each answer found")
    parser.add_argument("--bulk", type=int, default=Day.bulk, help=f"adverts and notices that day ({Day.bulk})")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    told = {mode: measure(Day(bulk=max(0, min(args.bulk, 500))), mode) for mode in ("full", "headers")}
    print(json.dumps(told) if args.json else _as_table(told))
    return 1 if any(each["lost"] for each in told.values()) else 0


def _as_table(told: dict[str, dict[str, Any]]) -> str:
    lines = [
        f"{'':10}{'mails':>7}{'answers':>9}{'lost':>6}{'units':>8}{'naive':>8}{'ratio':>7}{'at once':>9}{'latest':>10}"
    ]
    for mode, one in told.items():
        numbers = f"{one['mails']:>7}{one['answers']:>9}{len(one['lost']):>6}{one['units']:>8}{one['naive_units']:>8}"
        late = f"{one['latest_after_s'] // 60} min"
        lines.append(f"{mode:10}{numbers}{one['ratio']:>7}{one['found_at_once']:>9}{late:>10}")
    per = ", ".join(f"{mode} {one['units_per_answer']}" for mode, one in told.items())
    lines.append(f"units for each answer: {per}, naive {told['full']['naive_units_per_answer']}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

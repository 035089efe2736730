"""Pushes repeated, reordered or lost, two workers at once, and workers killed anywhere: the rows of one clean run.

The oracle is a second workspace that has the same mailbox and the same prepared messages, and reads it just once, at
the end. What the chaos left behind must be exactly the same, but for ids.
"""

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend.services.mailboxes import open_mailbox
from backend.services.syncing import plan_step, store_plan
from backend.store.mailboxes import find_mailbox
from backend.store.tables import feed_item, incoming, message, recipient
from tests.mailroom import Mailroom, open_mailroom
from tests.sandbox.postoffice import Vacation
from tests.services.tracked import ALAN, FLYNN, KEVIN, QUORRA, Office
from tests.stories import found_workspace


@pytest.fixture(scope="module")
def mailroom() -> Iterator[Mailroom]:
    with open_mailroom() as mailroom:
        yield mailroom


class Worker:
    """A worker that can be stopped between reading and storing; whoever is killed just never stores."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._held: Any = None

    def read(self) -> None:
        office = self._office
        with office.database.begin() as conn:
            found = find_mailbox(conn, *office.mailbox)
        session = open_mailbox(office.mailroom.gmail, office.secrets, found)
        changes = session.changes_since(found.history_id)
        self._held = (found, plan_step(office.database, session, found, changes, office.now))

    def store(self) -> None:
        if self._held is not None:
            with self._office.database.begin() as conn:
                store_plan(conn, *self._held, self._office.now)


class Story:
    """What happens in the mailbox, one event at a time; the chaos and the oracle have the same messages."""

    def __init__(self, chaos: Office, oracle: Office) -> None:
        self._chaos, self._oracle = chaos, oracle
        self._world = chaos.mailroom.world
        self._sent: list[str] = []

    def tracked(self) -> None:
        prepared = self._chaos.prepare([FLYNN, ALAN])
        self._oracle.prepare([FLYNN, ALAN], token=prepared.token)
        self._sent.append(self._chaos.send(prepared, [FLYNN, ALAN], f"Offer {len(self._sent)}"))

    def answer(self) -> None:
        if self._sent:
            self._world.answer(FLYNN, self._chaos.received_by(FLYNN), "Yes", sender=KEVIN)

    def answer_in_copy(self) -> None:
        if self._sent:
            self._world.answer(ALAN, self._chaos.received_by(ALAN), "Yes", to_all=True)

    def follow_up(self) -> None:
        if self._sent:
            self._world.answer(QUORRA, self._sent[-1], "Did you see it?")

    def absence(self) -> None:
        self._world.set_vacation(ALAN, Vacation())

    def another_answered(self) -> None:
        self.tracked()
        self.answer()

    def other_mail(self) -> None:
        self._chaos.mailroom.write(ALAN, [QUORRA], "Something else")


EVENTS = ["tracked", "answer", "answer_in_copy", "follow_up", "absence", "other_mail"]
ACTIONS = [(who, what) for who in (0, 1) for what in ("read", "store")]
STEPS = st.lists(st.one_of(st.sampled_from(EVENTS), st.sampled_from(ACTIONS)), min_size=3, max_size=14)


def rows(conn, workspace_id: int) -> list[Any]:
    """Everything that is stored, without the ids that differ between two workspaces."""
    tokens = select(message.c.id, message.c.compose_key).where(message.c.workspace_id == workspace_id)
    names = dict(conn.execute(tokens).all())
    told: list[Any] = []
    asked = select(message).where(message.c.workspace_id == workspace_id).order_by(message.c.compose_key)
    told += [
        (row.compose_key, row.state, row.subject, row.sent_at, row.bound_by, row.provider_message_id, row.thread_id)
        for row in conn.execute(asked)
    ]
    people = select(recipient).where(recipient.c.workspace_id == workspace_id)
    told += sorted((names[row.message_id], row.address, row.name, row.role) for row in conn.execute(people))
    mails = select(incoming).where(incoming.c.workspace_id == workspace_id)
    told += sorted(
        (row.provider_message_id, names[row.message_id], row.kind, row.rule, row.who, row.sentence, str(row.headers))
        for row in conn.execute(mails)
    )
    items = select(feed_item).where(feed_item.c.workspace_id == workspace_id, feed_item.c.retracted.is_(False))
    told += sorted(
        (
            names[row.message_id],
            row.key.partition(":")[0],
            row.kind,
            str(row.occurred_at),
            str(sorted(row.data.items())),
        )
        for row in conn.execute(items)
    )
    return told


def offices(conn, database, mailroom) -> tuple[Office, Office]:
    names = ["Quorra Reed"]
    chaos = Office(conn, database, mailroom, found_workspace(conn, "gridworks.example", names)).connect()
    oracle = Office(conn, database, mailroom, found_workspace(conn, "mirror.example", names)).connect()
    return chaos, oracle


def play(conn, database, mailroom, steps) -> None:
    """Let the steps happen, then let both workspaces read to the end, and compare what they know."""
    mailroom.world.reset()
    example = conn.begin_nested()
    try:
        chaos, oracle = offices(conn, database, mailroom)
        story, workers = Story(chaos, oracle), (Worker(chaos), Worker(chaos))
        for step in ["tracked", *steps]:
            if isinstance(step, str):
                getattr(story, step)()
            else:
                getattr(workers[step[0]], step[1])()
        chaos.sync()
        oracle.sync()
        for worker in workers:
            worker.store()
        chaos.sync()
        assert rows(conn, chaos.tenant.workspace_id) == rows(conn, oracle.tenant.workspace_id)
        assert {row.state for row in chaos.messages()} == {"sent"}
    finally:
        example.rollback()


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
def test_any_interleaving_of_two_workers_ends_in_the_rows_of_one_clean_run(conn, database, mailroom, steps):
    play(conn, database, mailroom, steps)


def test_a_name_learned_between_two_mails_is_known_to_both_as_in_one_clean_run(conn, database, mailroom):
    play(conn, database, mailroom, ["absence", "tracked", (0, "read"), (0, "store"), "tracked"])


EVERY_ORDER = sorted(
    {
        order
        for order in itertools.permutations([(0, "read"), (0, "store"), (1, "read"), (1, "store"), "another_answered"])
        if order.index((0, "read")) < order.index((0, "store"))
        and order.index((1, "read")) < order.index((1, "store"))
        and order.index((0, "read")) < order.index((1, "read"))  # the two are alike
    },
    key=str,
)


@pytest.mark.parametrize("order", EVERY_ORDER, ids=str)
def test_every_order_of_two_reads_two_stores_and_something_new(conn, database, mailroom, order):
    play(conn, database, mailroom, order)


def test_two_workers_at_the_very_same_time_store_each_thing_once(committed, mailroom):
    mailroom.world.reset()
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
    with committed.connect() as conn:
        conn.execution_options(isolation_level="AUTOCOMMIT")
        office = Office(conn, committed, mailroom, tenant).connect()
        for number in range(4):
            office.send_tracked([FLYNN, ALAN], f"Offer {number}")
            mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
            mailroom.world.answer(ALAN, office.received_by(ALAN), "Yes")
        problems: list[Exception] = []

        def work() -> None:
            try:
                office.sync()
            except Exception as problem:
                problems.append(problem)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert office.kinds() == ["reply"] * 8 + ["sent"] * 4
        assert len(office.incoming()) == 8

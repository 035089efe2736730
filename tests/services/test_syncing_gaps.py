"""When the history is lost: what matters of the time since is read again, within the quota, however big the mailbox."""

import contextlib
from datetime import timedelta

import pytest

from backend.domain.looking import worth_after_gap
from backend.domain.mailboxes import FoundMail
from backend.errors import RateLimited
from tests.sandbox.mailbox import Message
from tests.services.tracked import FLYNN, QUORRA, SAM, Office

A_MINUTE = 6000  # quota units that Gmail gives a user


@pytest.fixture
def office(conn, database, whole_mailroom, gridworks):
    whole_mailroom.world.reset()
    office = Office(conn, database, whole_mailroom, gridworks).connect()
    office.send_tracked([FLYNN])
    office.sync()
    return office


def pass_time(office: Office, time: timedelta) -> None:
    with office.mailroom.world.change() as state:
        state.clock_shift_s += time.total_seconds()


def test_a_gap_with_more_answers_than_a_minutes_quota_is_read_in_several_minutes(office):
    world = office.mailroom.world
    offer = office.received_by(FLYNN)
    for number in range(130):
        world.answer(FLYNN, offer, f"Number {number}")
    world.forget_history(QUORRA)
    pass_time(office, timedelta(seconds=60 - world.now_s() % 60))
    with world.change() as state:
        state.faults.units_a_minute = 2300
    seen = []
    for _ in range(4):
        with contextlib.suppress(RateLimited):
            office.sync()
        seen.append(office.kinds().count("reply"))
        pass_time(office, timedelta(minutes=1))
    assert 0 < seen[0] < 130
    assert seen[-1] == 130


def test_a_mailbox_of_100_000_messages_is_read_no_further_back_than_its_gap(office):
    world = office.mailroom.world
    for number in range(20):
        world.receive(QUORRA, f"From: {SAM}\r\nSubject: News {number}\r\n\r\n-".encode())
    header = office.messages()[0].message_id_header
    named = f"References: <{header}>\r\n"
    world.receive(QUORRA, f"From: ram@encom.example\r\nSubject: A word\r\n{named}\r\n-".encode(), sorted_as="SPAM")
    with world.change():
        box, at_ms = world.mailbox(QUORRA), world.now_ms() - 90 * 86_400_000
        for number in range(100_000):
            id_ = f"{(at_ms + number) << 20:x}"
            box.messages[id_] = Message(id_, id_, {"INBOX"}, b"Subject: Old\r\n\r\n-", at_ms + number, 0)
    world.forget_history(QUORRA)
    before = world.state.faults.units[QUORRA]
    office.sync()
    assert office.kinds() == ["reply", "sent"]
    assert world.state.faults.calls[QUORRA]["gmail.users.messages.list"] <= 4
    assert world.state.faults.units[QUORRA] - before < A_MINUTE


def test_likely_senders_come_first_and_then_what_begins_a_conversation():
    others = [FoundMail(str(number), str(number), begins_thread=number % 2 == 0) for number in range(20)]
    found = [mail.id for mail in worth_after_gap(others, frozenset({"19", "7", "4"}), most=2, strangers=3)]
    assert found == ["4", "7", "0", "2", "6"]

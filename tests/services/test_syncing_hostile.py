"""Mail that a stranger wrote to do harm: one such mail must never stop a mailbox from being read."""

import secrets

import pytest

from tests.services.tracked import FLYNN, KEVIN, QUORRA, Office


@pytest.fixture
def office(conn, database, whole_mailroom, gridworks):
    whole_mailroom.world.reset()
    return Office(conn, database, whole_mailroom, gridworks).connect()


HOSTILE = {
    "a NUL in what it answers": "In-Reply-To: =?utf-8?q?<a=00b@x.example>?=",
    "half a surrogate pair in what it answers": "References: =?utf-7?q?<+2AA-@x.example>?=",
    "a NUL in its sender": "From: =?utf-8?q?Flynn_<flynn@flynns=00arcade.com>?=",
    "half a surrogate pair in its sender": "From: =?utf-7?q?Flynn_<flynn@x+2AA-.example>?=",
    "a NUL in an id of its text": "X-Ignored: 1\r\n\r\nMessage-ID: <a\0b@x.example>",
}


@pytest.mark.parametrize("told", HOSTILE)
def test_a_mail_cannot_stop_the_reading_of_a_mailbox_by(told, office):
    office.send_tracked([FLYNN])
    office.sync()
    world = office.mailroom.world
    head = HOSTILE[told]
    sender = "" if head.startswith("From:") else f"From: {KEVIN}\r\n"
    world.receive(QUORRA, f"{sender}{head}\r\nSubject: Offer\r\nMessage-ID: <1@x.example>\r\n\r\nHello".encode())
    world.answer(FLYNN, office.received_by(FLYNN), "Yes, with pleasure.")
    office.sync()
    assert "reply" in office.kinds()


def test_an_answer_under_a_message_id_of_endless_length_is_kept(office):
    """PostgreSQL indexes no more than 2.7 kB of a value; RFC 5322 lets a line have 998 characters."""
    office.send_tracked([FLYNN])
    office.sync()
    [row] = office.messages()
    endless = secrets.token_hex(8000)
    head = f"From: {FLYNN}\r\nTo: {QUORRA}\r\nSubject: Re: Offer\r\nIn-Reply-To: <{row.message_id_header}>\r\n"
    office.mailroom.world.receive(QUORRA, f"{head}Message-ID: <{endless}@x.example>\r\n\r\nYes".encode())
    office.sync()
    assert office.kinds() == ["reply", "sent"]


def test_an_answer_is_found_among_a_weeks_mail_when_the_history_has_expired(office):
    """Sixty tracked mails and a hundred others came between: a busy rep's week."""
    world = office.mailroom.world
    for number in range(60):
        office.send_tracked([FLYNN], f"Offer {number}")
    first = world.mailbox(FLYNN).list("INBOX")[-1]
    office.sync()
    world.answer(FLYNN, first.id, "Yes, with pleasure.")
    for number in range(101):
        world.receive(QUORRA, f"From: {KEVIN}\r\nSubject: News {number}\r\nMessage-ID: <{number}@n>\r\n\r\n-".encode())
    world.forget_history(QUORRA)
    office.sync()
    assert office.kinds().count("reply") == 1

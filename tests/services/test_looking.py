"""What is read at once, what within the hour, what never: no answer is lost, and little is paid for the rest."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from backend.domain.feed import headline
from backend.domain.looking import after_search, aside, likely_senders
from backend.domain.mailboxes import FoundMail
from backend.services.feed import get_feed, needs_of
from backend.services.mailboxes import sweep
from backend.services.syncing import sync_mailbox
from backend.store.tables import mailbox
from tests.sandbox.writing import Draft, compose
from tests.services.tracked import ALAN, FLYNN, KEVIN, QUORRA, SAM, Office

GETS = "gmail.users.messages.get"


@pytest.fixture(params=["full", "headers"])
def any_office(request, conn, database, whole_mailroom, gridworks):
    return _office(conn, database, whole_mailroom, gridworks, request.param)


@pytest.fixture
def office(conn, database, whole_mailroom, gridworks):
    return _office(conn, database, whole_mailroom, gridworks, "full")


def _office(conn, database, mailroom, gridworks, mode, *, later=True) -> Office:
    mailroom.world.reset()
    office = Office(conn, database, mailroom, gridworks, mode=mode).connect()
    office.send_tracked([FLYNN])
    office.sync()
    if later:
        pass_time(office, timedelta(minutes=20))
    return office


def pass_time(office: Office, time: timedelta) -> None:
    with office.mailroom.world.change() as state:
        state.clock_shift_s += time.total_seconds()


def read_at_once(office: Office) -> None:
    sync_mailbox(office.database, office.mailroom.gmail, office.secrets, office.mailbox, office.now)


def paid(office: Office) -> int:
    return office.mailroom.world.state.faults.units.get(QUORRA, 0)


def gets(office: Office) -> int:
    return office.mailroom.world.state.faults.calls[QUORRA].get(GETS, 0)


def arrive(office: Office, sender: str, subject: str, sorted_as: str | None = None, head: str = "") -> None:
    """Let a mail come from outside: `head` are more header lines."""
    id_ = subject.replace(" ", "-")
    raw = f"From: {sender}\r\nTo: {QUORRA}\r\nSubject: {subject}\r\nMessage-ID: <{id_}@x>\r\n{head}\r\nHello"
    office.mailroom.world.receive(QUORRA, raw.encode(), sorted_as=sorted_as)


def test_an_answer_in_the_conversation_is_read_at_once_whatever_else_came(any_office):
    office = any_office
    for number in range(30):
        arrive(office, f"news{number}@shop.example", f"Sale {number}", "CATEGORY_PROMOTIONS")
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    before = gets(office)
    read_at_once(office)
    assert office.kinds() == ["reply", "sent"]
    assert gets(office) - before == 1


ELSEWHERE = {
    "somebody to whom it was forwarded": ("ram@encom.example", "A word on that", None),
    "the addressee, without any reference": (FLYNN, "Re: Offer", None),
    "somebody whom the spam filter suspects": ("ram@flynnsarcade.com", "A word on that", "SPAM"),
    "a system of the addressee's company": ("desk@flynnsarcade.com", "A word on that", "CATEGORY_UPDATES"),
}


@pytest.mark.parametrize("who", ELSEWHERE)
def test_what_comes_in_a_conversation_of_its_own_is_found_by_the_wide_look(office, who):
    sender, subject, sorted_as = ELSEWHERE[who]
    header = office.messages()[0].message_id_header
    for number in range(12):
        arrive(office, f"x{number}@elsewhere.example", f"Sale {number}", "CATEGORY_PROMOTIONS")
        arrive(office, SAM, f"Lunch {number}")
    named = "" if subject.startswith("Re:") else f"References: <{header}>\r\n"
    arrive(office, sender, subject, sorted_as, named)
    read_at_once(office)
    assert office.kinds() == ["sent"]
    before = paid(office)
    office.sync()
    assert office.kinds() == ["reply", "sent"]
    assert paid(office) - before < 100  # 25 mails would cost 500


def test_a_bounce_in_a_conversation_of_its_own_is_found_though_it_is_sorted_as_a_notice(office):
    header = office.messages()[0].message_id_header
    raw = (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {QUORRA}\r\nSubject: failure notice\r\n\r\n"
        "Hi. This is the qmail-send program at mx.example.\r\nI'm afraid I wasn't able to deliver your message to the "
        f"following addresses.\r\nThis is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n<{FLYNN}>:"
        "\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
        "--- Below this line is a copy of the message.\r\n\r\n"
        f"Message-ID: <{header}>\r\nSubject: Offer\r\n\r\nHello"
    )
    for number in range(12):
        arrive(office, f"x{number}@elsewhere.example", f"Sale {number}", "CATEGORY_PROMOTIONS")
    office.mailroom.world.receive(QUORRA, raw.encode(), sorted_as="CATEGORY_UPDATES")
    office.sync()
    assert office.kinds() == ["bounce", "sent"]


def test_with_headers_alone_everything_but_bulk_is_read(conn, database, whole_mailroom, gridworks):
    office = _office(conn, database, whole_mailroom, gridworks, "headers")
    header = office.messages()[0].message_id_header
    arrive(office, "ram@encom.example", "A word on that", "SPAM", f"References: <{header}>\r\n")
    for number in range(9):
        arrive(office, f"x{number}@elsewhere.example", f"Sale {number}", "CATEGORY_PROMOTIONS")
    before = gets(office)
    office.sync()
    assert office.kinds() == ["reply", "sent"]
    assert gets(office) - before == 1


def test_what_the_rep_sends_is_read_only_while_a_message_waits_for_its_copy(office):
    for number in range(5):
        office.mailroom.write(QUORRA, [ALAN], f"Lunch {number}")
    before = gets(office)
    office.sync()
    assert gets(office) == before
    office.send_tracked([ALAN], "The next one")
    office.sync()
    assert office.kinds() == ["sent", "sent"]
    assert gets(office) - before == 1


def test_a_conversation_that_an_answer_began_elsewhere_is_followed_at_once(office):
    header = office.messages()[0].message_id_header
    arrive(office, FLYNN, "Another subject", None, f"References: <{header}>\r\n")
    office.sync()
    office.mailroom.world.receive(
        QUORRA, compose(Draft(KEVIN, [QUORRA], subject="Re: Another subject", in_reply_to="<Another-subject@x>"))
    )
    read_at_once(office)
    assert office.kinds() == ["reply", "reply", "sent"]
    assert office.incoming()[-1].evidence["matched by"] in (
        "In-Reply-To to a mail of the conversation",
        "thread",
    )


def test_the_look_goes_on_from_its_own_place_and_after_a_gap_from_where_the_reading_stands(office):
    arrive(office, SAM, "Lunch")
    read_at_once(office)
    read, looked = office.conn.execute(select(mailbox.c.history_id, mailbox.c.looked_history_id)).one()
    assert read != looked
    office.sync()
    read, looked = office.conn.execute(select(mailbox.c.history_id, mailbox.c.looked_history_id)).one()
    assert read == looked
    arrive(office, SAM, "Dinner")
    office.mailroom.world.forget_history(QUORRA)
    read_at_once(office)
    read, looked = office.conn.execute(select(mailbox.c.history_id, mailbox.c.looked_history_id)).one()
    assert read == looked


def test_only_the_looks_place_in_the_history_is_lost(office):
    header = office.messages()[0].message_id_header
    arrive(office, "ram@encom.example", "A word on that", None, f"References: <{header}>\r\n")
    read_at_once(office)
    world = office.mailroom.world
    with world.change():
        box = world.mailbox(QUORRA)
        box.forget_history(box.history_id - 1)
    arrive(office, SAM, "Lunch")
    office.sync()
    assert office.kinds() == ["reply", "sent"]


def test_what_begins_a_conversation_right_after_a_tracked_mail_was_sent_is_read_at_once(
    conn, database, whole_mailroom, gridworks
):
    office = _office(conn, database, whole_mailroom, gridworks, "full", later=False)
    arrive(office, FLYNN, "Automatic reply: Offer", None, "Auto-Submitted: auto-generated\r\n")
    arrive(office, "x@elsewhere.example", "Sale", "CATEGORY_PROMOTIONS")
    before = gets(office)
    read_at_once(office)
    assert office.kinds() == ["auto_reply", "sent"]
    assert gets(office) - before == 2  # its headers, and as they concern us, the whole of it


def test_a_look_follows_soon_after_a_sent_copy_and_hourly(office):
    asked = text("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'look_around' AND status = 'todo'")
    [at] = office.conn.execute(asked).scalars()
    assert abs(at - office.now) < timedelta(minutes=20)
    office.sync()
    office.conn.execute(text("DELETE FROM procrastinate_jobs"))
    assert sweep(office.conn, office.now) == 0
    assert sweep(office.conn, office.now + timedelta(hours=1)) == 1
    assert len(office.conn.execute(asked).all()) == 1


def test_an_address_that_the_rep_sends_from_is_learned_where_nobody_tells_of_it(
    conn, database, whole_mailroom, gridworks
):
    office = _office(conn, database, whole_mailroom, gridworks, "headers")
    world = office.mailroom.world
    [first] = office.messages()
    office.mailroom.world.answer(
        QUORRA, first.provider_message_id, "Did you see it?", sender="q.reed@gridworks.example"
    )
    office.sync()
    [known] = office.conn.execute(select(mailbox.c.own_addresses)).scalars()
    assert "q.reed@gridworks.example" in known
    raw = compose(Draft("q.reed@gridworks.example", [QUORRA], in_reply_to=f"<{first.message_id_header}>"))
    world.receive(QUORRA, raw)
    office.sync()
    assert [row.kind for row in office.incoming()] == ["own", "own"]


def test_an_outlook_conversation_is_known_by_its_thread_index_though_nothing_else_joins_it(office):
    header = office.messages()[0].message_id_header
    root = "AQHbM5Vnk1d8QkqYkU6mUuQ2x1l7ZQ"
    arrive(office, "ram@encom.example", "One", None, f"References: <{header}>\r\nThread-Index: {root}==\r\n")
    office.sync()
    arrive(office, "dumont@encom.example", "Two", None, f"Thread-Index: {root[:29]}bK1d2mw0Zk\r\n")
    office.sync()
    assert [row.evidence["matched by"] for row in office.incoming()] == ["References", "Thread-Index"]


def test_people_of_public_providers_are_looked_for_by_address():
    found = likely_senders(["flynn@flynnsarcade.com", "kevin@flynnsarcade.com", "lora.baines@gmail.com"])
    assert found[3:] == ("flynnsarcade.com", "lora.baines@gmail.com")


def test_mail_that_no_search_knows_yet_is_read_where_it_begins_a_conversation():
    fresh = FoundMail("b", "b")
    waiting = aside([FoundMail("a", "a"), fresh, FoundMail("c", "a", begins_thread=False)], frozenset())
    assert after_search(waiting, frozenset({"a"}), frozenset()) == [fresh]


def test_that_a_recipient_calls_a_mail_spam_is_told_and_waits_for_the_rep(office):
    header = office.messages()[0].message_id_header
    raw = (
        f"From: fbl@isp.example\r\nTo: {QUORRA}\r\nSubject: FW: Offer\r\nMessage-ID: <arf@isp.example>\r\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        f"Original-Rcpt-To: {FLYNN}\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: <{header}>\r\nSubject: Offer\r\n\r\nHello\r\n--b--\r\n"
    )
    office.mailroom.world.receive(QUORRA, raw.encode())
    office.sync()
    assert office.kinds() == ["complaint", "sent"]
    [group] = get_feed(office.conn, office.tenant.workspace_id).groups
    assert headline(group).told == "marked it as spam"
    rep_id = office.tenant.reps["quorra"].id
    [need] = needs_of(office.conn, office.tenant.workspace_id, rep_id, office.now)
    assert need.told.startswith("Marked as spam by ")

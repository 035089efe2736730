"""What answers say: kept in `full` mode alone, in one place, for the feed; gone with the message and with the mode."""

import pytest
from sqlalchemy import select

from backend.services.mailboxes import Consent, connect
from backend.store.tables import feed_item, incoming, message
from tests.sandbox.writing import Draft, compose
from tests.services.tracked import ALAN, FLYNN, QUORRA, Office


@pytest.fixture
def answered(conn, database, whole_mailroom, gridworks):
    """Flynn answers; `mode` is the access to the rep's mailbox."""
    whole_mailroom.world.reset()

    def make(mode: str = "full", text: str = "Yes, <b>please</b>.\n\nBest regards,\nKevin") -> Office:
        office = Office(conn, database, whole_mailroom, gridworks, mode=mode).connect()
        office.send_tracked([FLYNN])
        office.sync()
        office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), text)
        office.sync()
        return office

    return make


def texts(office: Office) -> list[object]:
    return [data.get("text") for kind, data in office.feed() if kind == "reply"]


def test_an_answers_words_are_kept_without_quotation_and_signature(answered):
    office = answered()
    assert texts(office) == ["Yes, <b>please</b>."]
    [row] = office.conn.execute(select(incoming)).all()
    assert "please" not in str(row)


def test_with_headers_alone_no_word_is_kept(answered):
    assert texts(answered("headers")) == [None]


def test_words_go_once_their_owner_lets_us_read_headers_alone(answered):
    office = answered()
    grant = office.mailroom.agree(QUORRA, "mailbox_headers")
    consent = Consent(office.tenant.workspace_id, office.tenant.reps["quorra"].id, "headers", grant)
    connect(office.database, office.mailroom.gmail, office.secrets, consent, office.now)
    assert texts(office) == [None]


def test_words_go_with_their_message(answered):
    office = answered()
    office.conn.execute(message.delete())
    assert office.conn.execute(select(feed_item.c.data)).all() == []


def test_what_is_only_probably_an_answer_is_not_shown_to_colleagues(answered):
    office = answered(text="Yes")
    raw = compose(Draft(f"Kevin Flynn <{FLYNN}>", [QUORRA], subject="Offer", text="Something private"))
    office.mailroom.world.receive(QUORRA, raw)
    office.sync()
    assert all("private" not in str(data) for _, data in office.feed())


def test_an_absence_tells_its_words_too(answered):
    office = answered()
    answers = f"<{office.messages()[0].message_id_header}>"
    note = Draft(ALAN, [QUORRA], subject="Automatic reply: Offer", text="Away. Ask Ram.", in_reply_to=answers)
    raw = compose(note)
    office.mailroom.world.receive(QUORRA, raw)
    office.sync()
    assert [data["text"] for kind, data in office.feed() if kind == "auto_reply"] == ["Away. Ask Ram."]

"""From a push to the rows: sent copies recognised, answers found, nothing else kept. Against the local Google."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from backend.domain.feed import lines
from backend.errors import RateLimited, Transient
from backend.services.feed import get_feed
from backend.services.syncing import lapse_prepared
from backend.store.tables import incoming, mailbox, message, recipient
from tests.sandbox.faults import Fault
from tests.sandbox.postoffice import Vacation
from tests.sandbox.writing import Draft, compose
from tests.services.tracked import ALAN, FLYNN, KEVIN, QUORRA, SAM, Office


@pytest.fixture
def office(conn, database, mailroom, gridworks, othergrid):
    return Office(conn, database, mailroom, gridworks).connect()


@pytest.fixture
def by_headers(conn, database, mailroom, gridworks):
    return Office(conn, database, mailroom, gridworks, mode="headers").connect()


# Binding


def test_a_sent_copy_is_recognised_by_its_token_and_tells_what_was_really_sent(office):
    prepared = office.prepare([FLYNN])
    sent = office.send(prepared, [f"Kevin Flynn <{FLYNN}>", f"Alan Bradley <{ALAN}>"], "A better subject")
    office.sync()
    [row] = office.messages()
    kept = office.mailroom.world.mailbox(QUORRA).get(sent)
    assert (row.state, row.subject, row.bound_by) == ("sent", "A better subject", "token in the body")
    assert (row.provider_message_id, row.thread_id) == (sent, kept.thread_id)
    assert row.message_id_header == kept.message_id.strip("<>")
    assert row.sent_at == kept.received_at
    people = office.conn.execute(select(recipient.c.address, recipient.c.name, recipient.c.role)).all()
    assert sorted(people) == [(ALAN, "Alan Bradley", "cc"), (FLYNN, "Kevin Flynn", "to")]
    assert office.kinds() == ["sent"]


def test_with_headers_alone_a_sent_copy_is_recognised_by_its_people_and_time(by_headers):
    by_headers.send_tracked([FLYNN, ALAN])
    by_headers.sync()
    assert [(row.state, row.bound_by) for row in by_headers.messages()] == [("sent", "recipients and time")]


def test_with_headers_alone_a_mail_sent_long_after_track_is_told_with_a_probably(by_headers):
    """The tracked draft may have been thrown away, and this be another mail to the same people."""
    for minutes, subject, doubt in ((30, "Offer", ""), (180, "Seats", "probably")):
        by_headers.prepare([FLYNN])
        with by_headers.mailroom.world.change() as state:
            state.clock_shift_s += minutes * 60
        by_headers.mailroom.write(f"Quorra Reed <{QUORRA}>", [FLYNN], subject)
        by_headers.sync()
        groups = get_feed(by_headers.conn, by_headers.tenant.workspace_id).groups
        [told] = next(lines(group) for group in groups if group.subject == subject)
        assert (told.kind, told.told, told.doubt) == ("sent", "Sent", doubt)
    assert "probably the same mail" in told.sentence


def test_with_headers_alone_a_thrown_away_draft_claims_no_mail_of_another_day(by_headers):
    by_headers.prepare([FLYNN])
    with by_headers.mailroom.world.change() as state:
        state.clock_shift_s += 26 * 3600
    by_headers.mailroom.write(f"Quorra Reed <{QUORRA}>", [FLYNN], "Something else entirely")
    by_headers.sync()
    assert ([row.state for row in by_headers.messages()], by_headers.kinds()) == (["prepared"], [])


def test_with_headers_alone_no_body_is_ever_asked_for(by_headers):
    by_headers.send_tracked([FLYNN])
    by_headers.sync()
    by_headers.mailroom.world.answer(FLYNN, by_headers.received_by(FLYNN), "Yes")
    by_headers.sync()
    assert by_headers.kinds() == ["reply", "sent"]


def test_d19_a_mail_that_was_never_sent_leaves_nothing_in_the_feed_and_lapses_after_a_week(office):
    """Undo Send, or a draft thrown away: product section D, 19."""
    prepared = office.prepare([FLYNN])
    mail = compose(Draft(QUORRA, [FLYNN], subject="Offer", html=prepared.image))
    draft = office.mailroom.world.save_draft(QUORRA, mail)
    office.sync()
    office.mailroom.world.discard_draft(QUORRA, draft)
    office.sync()
    assert [row.state for row in office.messages()] == ["prepared"]
    assert lapse_prepared(office.conn, office.now + timedelta(days=6)) == 0
    assert lapse_prepared(office.conn, office.now + timedelta(days=8)) == 1
    assert [row.state for row in office.messages()] == ["lapsed"]
    assert office.feed() == []


def test_a_draft_with_the_token_is_bound_only_once_it_was_sent(office):
    prepared = office.prepare([FLYNN])
    mail = compose(Draft(QUORRA, [FLYNN], subject="Offer", html=prepared.image))
    draft = office.mailroom.world.save_draft(QUORRA, mail)
    office.sync()
    assert office.messages()[0].state == "prepared"
    sent = office.mailroom.world.send(QUORRA, mail, draft_id=draft)
    office.sync()
    assert (office.messages()[0].state, office.messages()[0].provider_message_id) == ("sent", sent)


def test_a_sent_mail_without_a_token_of_ours_is_not_bound_and_not_kept(office):
    office.prepare([FLYNN])
    office.mailroom.write(QUORRA, [FLYNN], "Lunch?", text="no token in here")
    office.sync()
    assert [row.state for row in office.messages()] == ["prepared"]
    assert office.incoming() == []


def test_a_reply_that_quotes_an_old_tracked_mail_does_not_take_the_new_ones_place(office):
    old, _ = office.send_tracked([FLYNN], "First")
    office.sync()
    new = office.prepare([ALAN])
    office.mailroom.write(QUORRA, [FLYNN], "Re: First", html=f"<p>again</p>{old.image}")
    office.sync()
    states = {row.id: row.state for row in office.messages()}
    assert (states[old.id], states[new.id]) == ("sent", "prepared")


def test_a_colleagues_token_in_my_sent_mail_is_not_my_message(office, conn, database, mailroom, gridworks):
    sams = Office(conn, database, mailroom, gridworks, rep="sam", address=SAM).connect()
    prepared = sams.prepare([FLYNN])
    office.prepare([ALAN])
    mailroom.write(QUORRA, [FLYNN], "Copied from Sam", html=prepared.image)
    office.sync()
    assert {row.state for row in office.messages()} == {"prepared"}


# Answers


def test_somebody_written_to_by_address_alone_is_called_by_name_once_they_have_answered(office):
    office.send_tracked([FLYNN, ALAN])
    office.sync()
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    office.send_tracked([FLYNN], "The next one")
    office.sync()
    groups = get_feed(office.conn, office.tenant.workspace_id).groups
    called = {group.subject: {person.address: person.called for person in group.people} for group in groups}
    assert called == {
        "Offer": {FLYNN: "Kevin Flynn", ALAN: ALAN},
        "The next one": {FLYNN: "Kevin Flynn"},
    }


def test_d2_an_answer_from_another_address_is_a_reply_and_says_so(office):
    """Product section D, 2: In-Reply-To or References decide, whoever writes."""
    office.prepare([FLYNN])
    office.send(office.prepare([FLYNN, ALAN]), [f"Kevin Flynn <{FLYNN}>", ALAN])
    office.sync()
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes", sender=KEVIN)
    office.sync()
    [(_, data)] = [item for item in office.feed() if item[0] == "reply"]
    assert data["address"] == KEVIN
    assert data["who"] == "Kevin Flynn"
    assert data["how"] == "another address"
    assert "another address" in data["sentence"].lower()


def test_d2_an_answer_of_somebody_who_was_only_copied_is_a_reply_and_says_so(office):
    office.send_tracked([FLYNN, ALAN])
    office.sync()
    office.mailroom.world.answer(ALAN, office.received_by(ALAN), "I can tell you")
    office.sync()
    [row] = office.incoming()
    assert (row.kind, row.who, row.from_address) == ("reply", "in copy", ALAN)


def test_d2_an_answer_of_somebody_to_whom_it_was_forwarded_is_a_reply(office):
    office.send_tracked([FLYNN])
    office.sync()
    header = office.messages()[0].message_id_header
    raw = compose(
        Draft("Ram <ram@encom.com>", [QUORRA], subject="About your offer", text="Flynn gave me this.",
              in_reply_to="<another@flynnsarcade.com>", references=[f"<{header}>"])
    )  # fmt: skip
    office.mailroom.world.receive(QUORRA, raw)
    office.sync()
    [row] = office.incoming()
    assert (row.kind, row.from_address, row.who) == ("reply", "ram@encom.com", "someone new")
    assert row.evidence["matched by"] == "References"


@pytest.mark.parametrize("sender", [QUORRA, "q.reed@gridworks.example"])
def test_d1_the_reps_own_follow_up_in_the_thread_is_no_reply(office, sender):
    """Product section D, 1: never what is sent, never from the owner or an alias."""
    _, sent = office.send_tracked([FLYNN])
    office.sync()
    office.mailroom.world.answer(QUORRA, sent, "Did you see this?", sender=sender)
    office.sync()
    assert office.kinds() == ["sent"]
    assert [row.kind for row in office.incoming()] == ["own"]


def test_d1_a_mail_from_the_reps_own_alias_that_comes_in_is_no_reply(office):
    office.send_tracked([FLYNN])
    office.sync()
    header = office.messages()[0].message_id_header
    raw = compose(Draft("q.reed@gridworks.example", [QUORRA], subject="Re: Offer", in_reply_to=f"<{header}>"))
    office.mailroom.world.receive(QUORRA, raw)
    office.sync()
    assert office.kinds() == ["sent"]


def test_d3_answers_that_a_filter_archived_or_marked_read_are_found(office):
    """Product section D, 3: nothing depends on UNREAD or INBOX."""
    office.send_tracked([FLYNN])
    office.sync()
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    arrived = office.received_by(QUORRA)
    with office.mailroom.world.change():
        box = office.mailroom.world.mailbox(QUORRA)
        box.relabel(arrived, {"Label_1"}, {"UNREAD", "INBOX"}, office.mailroom.world.now_ms())
    office.sync()
    assert office.kinds() == ["reply", "sent"]


def test_a_colleagues_answer_inside_the_thread_is_no_reply(office):
    office.send_tracked([FLYNN, SAM])
    office.sync()
    office.mailroom.world.answer(SAM, office.received_by(SAM), "I would add", to_all=True)
    office.sync()
    assert office.kinds() == ["sent"]


def test_an_out_of_office_answer_is_shown_as_such_with_its_date_and_is_no_reply(office):
    office.mailroom.world.set_vacation(ALAN, Vacation(subject="Away", text="I am away."))
    office.send_tracked([ALAN])
    office.sync()
    assert office.kinds() == ["auto_reply", "sent"]


def test_a_mail_that_could_not_be_delivered_is_a_bounce_and_names_whom_it_missed(office):
    office.send_tracked(["nobody@nowhere.example"])
    office.sync()
    [(_, data)] = [item for item in office.feed() if item[0] == "bounce"]
    assert data["address"] == "nobody@nowhere.example"


def test_mail_that_is_not_about_tracked_messages_is_never_stored(office):
    office.send_tracked([FLYNN])
    office.mailroom.write(ALAN, [QUORRA], "Something else", text="private")
    office.mailroom.write(QUORRA, [ALAN], "Re: something else", text="private")
    office.mailroom.world.receive(QUORRA, compose(Draft("News <news@shop.example>", [QUORRA], subject="Sale")))
    office.sync()
    assert office.incoming() == []
    assert office.kinds() == ["sent"]


def test_a_workspace_that_tracks_nothing_has_no_mail_fetched_at_all(office):
    office.mailroom.write(ALAN, [QUORRA], "Hello")
    office.sync()
    assert "gmail.users.messages.get" not in office.mailroom.world.state.faults.calls[QUORRA]


def test_what_flynn_wrote_before_is_no_answer_to_what_was_sent_after(office):
    office.mailroom.write(FLYNN, [QUORRA], "A question")
    question = office.received_by(QUORRA)
    prepared = office.prepare([FLYNN])
    office.mailroom.world.answer(QUORRA, question, "The answer", html=prepared.image)
    office.sync()
    assert office.kinds() == ["sent"]
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Thanks")
    office.sync()
    assert office.kinds() == ["reply", "sent"]


def test_a_reply_that_came_before_its_sent_copy_was_seen_is_found_once_it_is(office):
    """Both were read before the message was known; then the sent copy shows again, and its thread is read."""
    token = "A" * 32
    image = f'<img src="{office.mailroom.settings.tracking_url}/o/{token}.gif">'
    office.send_tracked([ALAN], "Something else")
    sent = office.mailroom.write(QUORRA, [FLYNN], "Offer", html=image)
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    office.sync()
    assert office.kinds() == ["sent"]
    office.prepare([FLYNN], token=token)
    with office.mailroom.world.change():
        box, at = office.mailroom.world.mailbox(QUORRA), office.mailroom.world.now_ms()
        box.relabel(sent, set(), {"SENT"}, at)
        box.relabel(sent, {"SENT"}, set(), at)
    office.sync()
    assert office.kinds() == ["reply", "sent", "sent"]


def test_an_answer_that_a_colleagues_mailbox_holds_too_is_told_once(office, conn, database, mailroom, gridworks):
    sams = Office(conn, database, mailroom, gridworks, rep="sam", address=SAM).connect()
    office.send_tracked([FLYNN, SAM])
    office.sync()
    mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes", to_all=True)
    sams.sync()
    assert office.kinds() == ["reply", "sent"]
    office.sync()
    sams.sync()
    assert office.kinds() == ["reply", "sent"]


def test_an_answer_that_reaches_only_a_colleague_is_found_in_the_colleagues_mailbox(
    office, conn, database, mailroom, gridworks
):
    sams = Office(conn, database, mailroom, gridworks, rep="sam", address=SAM).connect()
    office.send_tracked([FLYNN])
    office.sync()
    header = office.messages()[0].message_id_header
    raw = compose(Draft(FLYNN, [SAM], subject="Re: Offer", text="Tell her yes", in_reply_to=f"<{header}>"))
    mailroom.world.receive(SAM, raw)
    sams.sync()
    assert office.kinds() == ["reply", "sent"]


def test_a_reply_implies_a_view(office):
    office.send_tracked([FLYNN])
    office.sync()
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    office.sync()
    assert [data["inferred"] for kind, data in office.feed() if kind == "view"] == [True]


# Two workspaces


def test_one_workspaces_messages_are_never_answered_in_another(office, conn, database, mailroom, othergrid):
    others = Office(conn, database, mailroom, othergrid, rep="tess", address="tess@othergrid.example").connect()
    office.send_tracked([FLYNN, "tess@othergrid.example"])
    office.sync()
    mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes", to_all=True)
    others.prepare([FLYNN])
    others.sync()
    assert others.incoming() == []
    assert others.feed() == []
    office.sync()
    assert office.kinds() == ["reply", "sent"]


# What goes wrong


def test_an_expired_history_loses_neither_sent_copies_nor_answers(office):
    office.send_tracked([FLYNN], "First")
    office.sync()
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    office.send_tracked([ALAN], "Second")
    office.mailroom.world.answer(ALAN, office.received_by(ALAN), "Yes")
    office.mailroom.world.forget_history(QUORRA)
    office.sync()
    assert office.kinds() == ["reply", "reply", "sent", "sent"]
    office.sync()
    assert office.kinds() == ["reply", "reply", "sent", "sent"]


def test_a_withdrawn_consent_disconnects_the_mailbox_and_says_so(office):
    office.mailroom.world.state.grants.withdraw(QUORRA)
    office.sync()
    row = office.conn.execute(select(mailbox)).one()
    assert (row.state, row.disconnected_because, row.credentials) == ("disconnected", "withdrawn", None)
    office.sync()


def test_reconnecting_goes_on_where_the_history_had_come_to(office):
    office.send_tracked([FLYNN])
    office.mailroom.world.state.grants.withdraw(QUORRA)
    office.sync()
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    before = office.mailbox_id
    office.connect()
    assert office.mailbox_id == before
    office.sync()
    assert office.kinds() == ["reply", "sent"]


def _fail(office, kind, method="*", times=1):
    with office.mailroom.world.change() as state:
        state.faults.waiting.append(Fault(kind, times, method, QUORRA))


@pytest.mark.parametrize(
    ("kind", "expected"), [("server_503", Transient), ("rate_limit_403", RateLimited), ("rate_limit_429", RateLimited)]
)
@pytest.mark.parametrize("method", ["history.list", "messages.get", "threads.get"])
def test_googles_trouble_at_any_place_leaves_the_cursor_and_loses_nothing(office, kind, expected, method):
    office.send_tracked([FLYNN])
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    _fail(office, kind, f"gmail.users.{method}")
    with pytest.raises(expected):
        office.sync()
    assert office.feed() == []
    office.sync()
    assert office.kinds() == ["reply", "sent"]


def test_of_very_much_mail_what_was_read_before_a_limit_stays_read(office):
    office.send_tracked([FLYNN])
    office.sync()
    offer = office.received_by(FLYNN)
    for number in range(120):
        office.mailroom.world.answer(FLYNN, offer, f"Number {number}")
    cursor = office.conn.execute(select(mailbox.c.history_id)).scalar_one()
    with office.mailroom.world.change() as state:
        state.clock_shift_s += 60 - office.mailroom.world.now_s() % 60  # the quota's minute begins now
        state.faults.units_a_minute = 2300
    with pytest.raises(RateLimited):
        office.sync()
    assert 0 < office.kinds().count("reply") < 120
    assert office.conn.execute(select(mailbox.c.history_id)).scalar_one() != cursor
    with office.mailroom.world.change() as state:
        state.faults.units_a_minute = None
    office.sync()
    assert office.kinds().count("reply") == 120


BROKEN = [
    b"From: x@y.example\r\nIn-Reply-To: <%s>\r\n\r\nno Message-ID, no Date, no To",
    b"From: =?x-unknown?B?////?= <x@y.example>\r\nIn-Reply-To: <%s>\r\nSubject: \xff\xfe\x00NUL\r\n\r\n\xff",
    b"In-Reply-To: <%s>\r\nFrom: \r\nMessage-ID: undefined\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x",
    b"In-Reply-To: <%s>\r\nFrom: x@y.example\r\nX-Long: " + b"a" * 1_000_000 + b"\r\n\r\nlong",
    b"In-Reply-To: <%s>\r\nFrom: x@y.example\r\nDate: never\r\nMessage-ID: <a b>\r\n\r\n",
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_broken_mail_stops_nothing(office, number):
    office.send_tracked([FLYNN])
    office.sync()
    header = office.messages()[0].message_id_header.encode()
    office.mailroom.world.receive(QUORRA, BROKEN[number].replace(b"%s", header))
    office.mailroom.world.receive(QUORRA, b"\x00\x01 this is no mail at all")
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    office.sync()
    kinds = office.kinds()
    assert kinds.count("reply") >= 1
    assert len(office.incoming()) == 2


def test_a_mailbox_that_is_gone_or_disconnected_is_not_read(office):
    office.conn.execute(update(mailbox).values(state="disconnected"))
    office.sync()
    office.mailbox_id += 1000
    office.sync()
    assert office.mailroom.world.state.faults.calls[QUORRA].get("gmail.users.history.list") is None


def test_the_headers_are_kept_as_they_came_so_that_it_can_be_judged_again(office):
    office.send_tracked([FLYNN])
    office.sync()
    office.mailroom.world.answer(FLYNN, office.received_by(FLYNN), "Yes")
    office.sync()
    [headers] = office.conn.execute(select(incoming.c.headers)).scalars()
    names = [name.lower() for name, _ in headers]
    assert {"from", "to", "in-reply-to", "references", "received"} <= set(names)
    assert not any("Yes" in value for _, value in headers)


def test_everything_is_kept_under_its_own_workspace(office):
    office.send_tracked([FLYNN])
    office.sync()
    assert set(office.conn.execute(select(message.c.workspace_id)).scalars()) == {office.tenant.workspace_id}

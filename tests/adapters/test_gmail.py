"""A Gmail mailbox, over HTTP against the local Google: what changed, headers, raw mail, watches, and refusals."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend.adapters.gmail_errors import refusal
from backend.errors import (
    ConsentWithdrawn,
    CursorExpired,
    Forbidden,
    Malformed,
    NotFound,
    RateLimited,
    SecretUnreadable,
    Suspended,
    Transient,
)
from tests.mailroom import Mailroom, open_mailroom
from tests.sandbox.faults import Fault
from tests.sandbox.writing import Draft, compose

QUORRA, FLYNN, SAM = "quorra@gridworks.example", "flynn@flynnsarcade.com", "sam@gridworks.example"


@pytest.fixture(scope="module")
def whole_mailroom() -> Iterator[Mailroom]:
    with open_mailroom() as mailroom:
        yield mailroom


@pytest.fixture
def mailroom(whole_mailroom):
    whole_mailroom.world.reset()
    return whole_mailroom


def _fail(mailroom, kind, method="*", times=1, **rest):
    with mailroom.world.change() as state:
        state.faults.waiting.append(Fault(kind, times, method, QUORRA, **rest))


def _calls(mailroom):
    return mailroom.world.state.faults.calls.get(QUORRA, {})


def test_a_mailbox_says_whose_it_is_and_which_addresses_are_its_owners(mailroom):
    session = mailroom.open(QUORRA)
    assert session.profile().address == QUORRA
    assert session.own_addresses() == {QUORRA, "q.reed@gridworks.example"}


def test_with_headers_alone_only_the_mailboxs_own_address_is_known(mailroom):
    assert mailroom.open(QUORRA, "mailbox_headers").own_addresses() == {QUORRA}


def test_what_was_sent_and_what_arrived_is_told_once_and_the_cursor_moves_on(mailroom):
    session = mailroom.open(QUORRA)
    cursor = session.profile().cursor
    sent = mailroom.write(QUORRA, [FLYNN], "Offer")
    [at_flynns] = mailroom.world.mailbox(FLYNN).list()
    mailroom.world.answer(FLYNN, at_flynns.id, "Yes")
    changes = session.changes_since(cursor)
    assert [mail.is_sent for mail in changes.found] == [True, False]
    assert changes.found[0].id == sent
    assert changes.found[0].thread_id == changes.found[1].thread_id
    assert not changes.more
    assert session.changes_since(changes.cursor).found == ()
    assert session.changes_since(changes.cursor).cursor == changes.cursor


def test_a_draft_is_told_as_a_draft_and_its_sent_copy_as_sent(mailroom):
    session = mailroom.open(QUORRA)
    cursor = session.profile().cursor
    mail = compose(Draft(QUORRA, [FLYNN], subject="Offer", text="Hello"))
    draft = mailroom.world.save_draft(QUORRA, mail)
    drafted = session.changes_since(cursor)
    assert [found.is_draft for found in drafted.found] == [True]
    sent = mailroom.world.send(QUORRA, mail, draft_id=draft)
    [found] = [each for each in session.changes_since(drafted.cursor).found if each.is_sent]
    assert found.id == sent
    assert not found.is_draft


def test_answers_that_are_filtered_read_or_archived_are_told_like_any_other(mailroom):
    session = mailroom.open(QUORRA)
    cursor = session.profile().cursor
    mailroom.write(FLYNN, [QUORRA], "Hello")
    [arrived] = mailroom.world.mailbox(QUORRA).list("INBOX")
    with mailroom.world.change():
        mailroom.world.mailbox(QUORRA).relabel(arrived.id, set(), {"UNREAD", "INBOX"}, mailroom.world.now_ms())
    assert [found.id for found in session.changes_since(cursor).found] == [arrived.id]


def test_very_many_changes_come_in_steps_and_none_is_lost(mailroom):
    session = mailroom.open(QUORRA)
    cursor = session.profile().cursor
    wanted = [mailroom.write(FLYNN, [QUORRA], f"Number {number}") and number for number in range(230)]
    found, steps = [], 0
    while True:
        changes = session.changes_since(cursor)
        found += [mail.id for mail in changes.found]
        cursor, steps = changes.cursor, steps + 1
        if not changes.more:
            break
    assert steps == 3
    assert len(found) == len(set(found)) == len(wanted)


def test_an_expired_history_is_told_as_such(mailroom):
    session = mailroom.open(QUORRA)
    cursor = session.profile().cursor
    mailroom.write(FLYNN, [QUORRA], "Hello")
    mailroom.world.forget_history(QUORRA)
    with pytest.raises(CursorExpired):
        session.changes_since(cursor)


def test_headers_come_as_they_are_in_both_modes_and_without_the_mails_text(mailroom):
    for purpose in ("mailbox_full", "mailbox_headers"):
        session = mailroom.open(QUORRA, purpose)
        id_ = mailroom.write(QUORRA, [f"Kevin Flynn <{FLYNN}>"], "Grüße", text="Confidential")
        [headers] = session.headers([id_])
        told = dict(headers.headers)
        assert told["To"] == f"Kevin Flynn <{FLYNN}>"
        assert "Message-ID" in told or "Message-Id" in told
        assert headers.is_sent
        assert not headers.is_draft
        assert abs(headers.received_at - mailroom.world.now()) < timedelta(minutes=1)
        assert "Confidential" not in str(vars(headers))


def test_raw_mail_comes_byte_for_byte_with_full_access_only(mailroom):
    id_ = mailroom.write(QUORRA, [FLYNN], "Offer", html="<p>Grüße</p>")
    [raw] = mailroom.open(QUORRA).raw([id_])
    assert raw.content == mailroom.world.mailbox(QUORRA).get(id_).raw
    with pytest.raises(Forbidden):
        mailroom.open(QUORRA, "mailbox_headers").raw([id_])


def test_mail_that_is_gone_is_left_out_and_the_rest_keeps_its_order(mailroom):
    session = mailroom.open(QUORRA)
    ids = [mailroom.write(QUORRA, [FLYNN], f"Number {number}") for number in range(60)]
    with mailroom.world.change():
        mailroom.world.mailbox(QUORRA).remove(ids[7], mailroom.world.now_ms())
    assert [each.id for each in session.headers(ids)] == ids[:7] + ids[8:]
    assert session.headers(["ffffffffffffffff"]) == []
    assert session.headers([]) == []
    assert session.thread("ffffffffffffffff") == []


def test_a_thread_tells_what_it_holds(mailroom):
    session = mailroom.open(QUORRA)
    sent = mailroom.write(QUORRA, [FLYNN], "Offer")
    [at_flynns] = mailroom.world.mailbox(FLYNN).list()
    mailroom.world.answer(FLYNN, at_flynns.id, "Yes")
    thread_id = mailroom.world.mailbox(QUORRA).get(sent).thread_id
    assert [mail.is_sent for mail in session.thread(thread_id)] == [True, False]


@pytest.mark.parametrize("purpose", ["mailbox_full", "mailbox_headers"])
def test_recent_mail_is_found_without_a_search_and_no_further_back_than_asked(mailroom, purpose):
    session = mailroom.open(QUORRA, purpose)
    sent = mailroom.write(QUORRA, [FLYNN], "Offer")
    mailroom.write(FLYNN, [QUORRA], "Hello")
    since = mailroom.world.now() - timedelta(hours=1)
    assert len(session.recent(since, sent_only=False)) == 2
    assert [mail.id for mail in session.recent(since, sent_only=True)] == [sent]
    assert session.recent(since, sent_only=True)[0].is_sent


def test_a_watch_lasts_a_week_and_can_be_renewed_and_stopped(mailroom):
    session = mailroom.open(QUORRA)
    for _ in range(2):
        watch = session.watch()
        assert timedelta(days=6) < watch.expires_at - mailroom.world.now() <= timedelta(days=7, minutes=1)
    standing = mailroom.world.mailbox(QUORRA).watch
    assert standing.exclude
    assert set(standing.label_ids) == {f"CATEGORY_{name}" for name in ("PROMOTIONS", "UPDATES", "SOCIAL", "FORUMS")}
    session.stop_watching()
    session.stop_watching()
    assert mailroom.world.mailbox(QUORRA).watch is None


def test_who_sent_what_is_found_by_one_search_for_many_junk_too_and_with_full_access_only(mailroom):
    session, since = mailroom.open(QUORRA), mailroom.world.now() - timedelta(hours=1)
    wanted = set()
    for sender, sorted_as in (("ram@encom.example", "SPAM"), ("MAILER-DAEMON@mx.example", None), ("x@y.example", None)):
        raw = f"From: {sender}\r\nTo: {QUORRA}\r\nSubject: -\r\n\r\n-".encode()
        id_ = mailroom.world.receive(QUORRA, raw, sorted_as=sorted_as)
        wanted |= {id_} if sender != "x@y.example" else set()
    senders = ["mailer-daemon", *(f"company{number}.example" for number in range(100)), "encom.example", "a} or {b"]
    before = mailroom.world.state.faults.units.get(QUORRA, 0)
    assert session.sent_by(senders, since) == wanted
    assert mailroom.world.state.faults.units[QUORRA] - before == 10
    assert session.sent_by(senders, since + timedelta(hours=2)) == frozenset()
    with pytest.raises(Forbidden):
        mailroom.open(QUORRA, "mailbox_headers").sent_by(senders, since)


def test_the_add_ons_names_for_a_message_lead_to_it(mailroom):
    session = mailroom.open(QUORRA)
    id_ = mailroom.write(QUORRA, [FLYNN], "Offer")
    message = mailroom.world.mailbox(QUORRA).get(id_)
    place = session.resolve_addon_id(f"msg-f:{int(id_, 16)}")
    assert (place.id, place.thread_id) == (id_, message.thread_id)
    assert session.resolve_addon_id(f"msg-a:{message.alias}").id == id_
    for unknown in ("msg-f:1", "msg-a:r-1", "msg-f:x", "nonsense", "msg-f:" + "9" * 60):
        assert session.resolve_addon_id(unknown) is None


def test_an_access_token_is_renewed_by_itself_and_shared_by_the_sessions_of_a_mailbox(mailroom):
    credentials = mailroom.gmail.credentials_of(mailroom.agree(QUORRA, "mailbox_full"))
    mailroom.gmail.open(credentials).profile()
    issued = len(mailroom.world.state.grants.tokens)
    mailroom.gmail.open(credentials).profile()
    assert len(mailroom.world.state.grants.tokens) == issued
    with mailroom.world.change() as state:
        state.grants.expire_tokens(QUORRA)
    assert mailroom.gmail.open(credentials).profile().address == QUORRA
    with mailroom.world.change() as state:
        state.grants.expire_tokens(QUORRA)
    id_ = mailroom.write(QUORRA, [FLYNN], "Offer")
    assert [each.id for each in mailroom.gmail.open(credentials).headers([id_])] == [id_]


def test_a_consent_that_was_taken_back_is_told_by_every_call(mailroom):
    id_ = mailroom.write(QUORRA, [FLYNN], "Offer")
    session = mailroom.open(QUORRA)
    cursor = session.profile().cursor
    mailroom.world.state.grants.withdraw(QUORRA)
    for call in (
        session.profile,
        session.watch,
        lambda: session.changes_since(cursor),
        lambda: session.headers([id_]),
        lambda: session.raw([id_]),
    ):
        with pytest.raises(ConsentWithdrawn):
            call()


@pytest.mark.parametrize(("kind", "pause_s"), [("rate_limit_403", None), ("rate_limit_429", 17)])
def test_google_asks_to_wait(mailroom, kind, pause_s):
    session = mailroom.open(QUORRA)
    session.profile()
    _fail(mailroom, kind, retry_after_s=17)
    with pytest.raises(RateLimited) as asked:
        session.profile()
    assert asked.value.retry_after_s == pause_s
    assert session.profile().address == QUORRA


@pytest.mark.parametrize("kind", ["server_500", "server_503"])
def test_googles_own_trouble_is_transient_also_within_a_batch(mailroom, kind):
    session = mailroom.open(QUORRA)
    ids = [mailroom.write(QUORRA, [FLYNN], f"Number {number}") for number in range(3)]
    _fail(mailroom, kind)
    with pytest.raises(Transient):
        session.profile()
    _fail(mailroom, kind, "gmail.users.messages.get")
    with pytest.raises(Transient):
        session.headers(ids)
    assert len(session.headers(ids)) == 3


def test_a_rate_limit_within_a_batch_is_told(mailroom):
    session = mailroom.open(QUORRA)
    ids = [mailroom.write(QUORRA, [FLYNN], f"Number {number}") for number in range(3)]
    _fail(mailroom, "rate_limit_429", "gmail.users.messages.get")
    with pytest.raises(RateLimited):
        session.headers(ids)


def test_a_google_that_is_away_is_transient(mailroom):
    with open_mailroom() as gone:
        session = gone.open(QUORRA)
    with pytest.raises(Transient):
        session.profile()


def test_credentials_that_are_none_are_unreadable(mailroom):
    for kept in (b"", b"{}", b"[]", b'{"refresh_token": "x"}', b"\xff"):
        with pytest.raises(SecretUnreadable):
            mailroom.gmail.open(kept)


def test_nobody_sees_anothers_mailbox(mailroom):
    id_ = mailroom.write(QUORRA, [FLYNN], "Offer")
    assert mailroom.open("tess@othergrid.example").headers([id_]) == []


def _answer(reason: str) -> bytes:
    return json.dumps({"error": {"code": 403, "message": "m", "errors": [{"domain": "d", "reason": reason}]}}).encode()


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (403, _answer("rateLimitExceeded"), RateLimited),
        (403, _answer("userRateLimitExceeded"), RateLimited),
        (403, _answer("dailyLimitExceeded"), RateLimited),
        (429, b"", RateLimited),
        (401, _answer("authError"), ConsentWithdrawn),
        (403, _answer("insufficientPermissions"), ConsentWithdrawn),
        (403, _answer("domainPolicy"), ConsentWithdrawn),
        (403, _answer("accessNotConfigured"), Transient),
        (403, b"<html>", Transient),
        (404, b"", NotFound),
        (400, b"", Malformed),
        (400, _answer("failedPrecondition"), Suspended),  # "Mail service not enabled"
        (500, b"", Transient),
        (503, b'{"error": "text"}', Transient),
    ],
)
def test_a_refusal_is_translated_by_status_and_reason(status, content, expected):
    assert type(refusal(status, content, None)) is expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [(None, None), ("30", 30.0), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("-5", None)],
)
def test_how_long_to_wait_is_read_from_seconds_or_a_date(told, expected):
    assert refusal(429, b"", told).retry_after_s == expected

"""Which tracked message a mail answers, by what evidence; and that own mail and colleagues' mail is no reply.

Section D of the product: 1 (own mail is no reply), 2 (any address, by real Message-IDs), 3 (read or archived alike).
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.mail import mail_from_headers, parse_mail
from backend.domain.replies import (
    Judgement,
    MailboxFacts,
    Recipient,
    TrackedMessage,
    judge_alone,
    judge_incoming,
    references_of,
    thread_key,
)
from tests.payloads.mail import ANSWERS, FAILED, SENT_ID, SENT_SUBJECT, answer, calendar_answer, dsn, letter, mdn

SENT_AT = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
PEOPLE = (Recipient("flynn@flynnsarcade.com", "", "to"), Recipient("alan@encom.com", "", "cc"))
PROPOSAL = TrackedMessage(1, SENT_ID, "thread-1", SENT_SUBJECT, SENT_AT, PEOPLE)
REMINDER = TrackedMessage(2, "second@mail.gmail.com", "thread-1", SENT_SUBJECT, SENT_AT + timedelta(hours=3), PEOPLE)
OTHER = TrackedMessage(3, "third@mail.gmail.com", "thread-3", "Invoice", SENT_AT, (Recipient("ram@x.example"),))
TRACKED = (PROPOSAL, REMINDER, OTHER)
GRIDWORKS = MailboxFacts(frozenset({"quorra@gridworks.example"}), frozenset(), frozenset({"gridworks.example"}))


def judge(raw: bytes, **more: object) -> Judgement:
    return judge_incoming(parse_mail(raw), TRACKED, GRIDWORKS, **more)  # type: ignore[arg-type]


def test_the_addressee_answers() -> None:
    judged = judge(answer())
    assert (judged.kind, judged.message_id, judged.answers, judged.who) == ("reply", 1, SENT_ID, "addressee")
    assert judged.evidence["matched by"] == "In-Reply-To"


def test_flynn_answers_from_another_address() -> None:
    judged = judge(answer("From: Kevin Flynn <kevinf@flynnsarcade.com>"))
    assert (judged.kind, judged.message_id, judged.who) == ("reply", 1, "another address")
    assert judged.sentence.startswith("Answered from another address")


def test_alan_in_copy_answers() -> None:
    judged = judge(answer("From: Alan Bradley <alan@encom.com>"))
    assert (judged.kind, judged.who, judged.sentence) == ("reply", "in copy", "Answered by someone in copy.")


def test_someone_to_whom_the_mail_was_forwarded_answers() -> None:
    assert judge(answer("From: Ram <ram@insurance.example>")).who == "someone new"


def test_an_out_of_office_answer_is_shown_as_such_and_is_no_reply() -> None:
    judged = judge(answer("Auto-Submitted: auto-replied", "I am away until 20 November."))
    assert (judged.kind, judged.message_id, judged.who) == ("auto_reply", 1, "")
    assert judged.back_on is not None


def test_a_colleague_s_answer_inside_the_thread_is_not_a_reply() -> None:
    judged = judge(answer("From: Sam Tully <sam@gridworks.example>"))
    assert (judged.kind, judged.rule, judged.message_id) == ("unrelated", "colleague", 1)


@pytest.mark.parametrize("labels", [frozenset({"SENT"}), frozenset({"DRAFT"}), frozenset({"SENT", "INBOX"})])
def test_the_rep_s_own_follow_up_in_the_thread_is_not_a_reply(labels: frozenset[str]) -> None:
    judged = judge(answer("From: Quorra <other-alias@x.example>"), labels=labels, thread_id="thread-1")
    assert (judged.kind, judged.message_id) == ("own", 1)


def test_the_rep_s_own_mail_is_known_by_its_sender_alone() -> None:
    assert judge(answer("From: quorra@gridworks.example"), thread_id="thread-1").kind == "own"


@pytest.mark.parametrize("labels", [frozenset({"INBOX", "UNREAD"}), frozenset(), frozenset({"SPAM"})])
def test_read_archived_and_spam_answers_are_found(labels: frozenset[str]) -> None:
    assert judge(answer(), labels=labels).kind == "reply"


MATCHED = {
    "In-Reply-To alone": (f"In-Reply-To: <{SENT_ID}>", 1, "In-Reply-To"),
    "References alone": (f"References: <{SENT_ID}>", 1, "References"),
    "the last of References": (f"References: <{SENT_ID}> <second@mail.gmail.com>", 2, "References"),
    "an answer to the rep's own untracked answer": (
        f"In-Reply-To: <unknown@x.example>\nReferences: <{SENT_ID}> <unknown@x.example>",
        1,
        "References",
    ),
    "In-Reply-To before References": (
        f"In-Reply-To: <{SENT_ID}>\nReferences: <{SENT_ID}> <second@mail.gmail.com>",
        1,
        "In-Reply-To",
    ),
    "without brackets": (f"In-Reply-To: {SENT_ID}", 1, "In-Reply-To"),
    "folded inside": ("In-Reply-To: <CAF=quorra-1@\n mail.gmail.com>", 1, "In-Reply-To"),
    "with commas": (f"References: <a@x>,<{SENT_ID}>", 1, "References"),
    "in other case": (f"In-Reply-To: <{SENT_ID.upper()}>", 1, "In-Reply-To"),
    "undefined, then subject and people": ("In-Reply-To: undefined", 2, "subject, people and time"),
    "no reference at all": ("", 2, "subject, people and time"),
    "the id that Microsoft kept": (
        f"In-Reply-To: <x@y>\nX-Microsoft-Original-Message-ID: <{SENT_ID}>",
        1,
        "X-Microsoft-Original-Message-ID",
    ),
}


@pytest.mark.parametrize("way", MATCHED)
def test_a_reply_is_matched(way: str) -> None:
    headers, message_id, by = MATCHED[way]
    judged = judge(letter(f"Subject: Re: {SENT_SUBJECT}\n{headers}", "Yes"))
    assert (judged.kind, judged.message_id, judged.evidence["matched by"]) == ("reply", message_id, by)


def test_the_last_resort_is_said_as_probable() -> None:
    judged = judge(letter("", "Yes"))
    assert judged.sentence.startswith("Probably")
    assert judged.confidence < 0.7


def test_the_thread_is_second_evidence() -> None:
    raw = letter("Subject: Price\nFrom: Ram <ram@insurance.example>", "What does it cost?")
    assert judge(raw, thread_id="thread-1").message_id == 2
    assert judge(raw, thread_id="thread-9").kind == "unrelated"
    assert judge(answer(), thread_id="thread-3").message_id == 1, "ids are believed before the thread"


def test_the_thread_index_of_outlook_joins_a_thread() -> None:
    root = "AQHbM5Vnk1d8QkqYkU6mUuQ2x1l7ZQ=="
    tracked = TrackedMessage(5, "x@y", thread_keys=frozenset({thread_key(root)}), recipients=PEOPLE)
    raw = letter("Subject: Re: x\nThread-Index: AQHbM5Vnk1d8QkqYkU6mUuQ2x1l7ZbK1d2mw", "Yes")
    judged = judge_incoming(parse_mail(raw), [tracked], GRIDWORKS)
    assert (judged.message_id, judged.evidence["matched by"]) == (5, "Thread-Index")


def test_an_id_that_amazon_rewrote_in_another_region_still_matches() -> None:
    tracked = TrackedMessage(5, "0100018c-ab@email.amazonses.com")
    raw = answer("In-Reply-To: <0100018c-ab@eu-west-1.amazonses.com>").replace(ANSWERS.encode(), b"")
    assert judge_incoming(parse_mail(raw), [tracked], GRIDWORKS).message_id == 5


def test_an_answer_to_something_else_is_unrelated() -> None:
    judged = judge(letter("In-Reply-To: <elsewhere@x.example>\nSubject: Re: Football", "Yes"))
    assert (judged.kind, judged.message_id, judged.answers) == ("unrelated", None, None)


def test_subject_and_people_far_apart_in_time_do_not_match() -> None:
    assert judge(letter("Date: Fri, 11 Jun 2027 10:00:00 +0000", "Yes")).kind == "unrelated"
    assert judge(letter("Date: Mon, 9 Nov 2026 10:00:00 +0000", "Yes")).kind == "unrelated"


def test_a_bounce_is_about_the_mail_that_it_returns() -> None:
    judged = judge(dsn("From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender", FAILED))
    assert (judged.kind, judged.message_id, judged.failed) == ("bounce", 1, ("flynn@flynnsarcade.com",))


def test_a_bounce_without_the_mail_is_matched_by_the_failed_recipient_and_the_time() -> None:
    raw = dsn("From: MAILER-DAEMON@mx.example\nSubject: Failure", FAILED, returned="none")
    judged = judge(raw)
    assert (judged.kind, judged.message_id, judged.evidence["matched by"]) == (
        "bounce",
        2,
        "failed recipient and time",
    )


def test_receipts_and_calendars_are_about_their_mail() -> None:
    assert judge(mdn("Subject: Read: x")).message_id == 1
    assert judge(calendar_answer(f"Subject: Accepted: x\n{ANSWERS}")).message_id == 1


def test_headers_mode_knows_a_reply_too() -> None:
    headers = [("From", "flynn@flynnsarcade.com"), ("Subject", "Re: x"), ("In-Reply-To", f"<{SENT_ID}>")]
    mail = mail_from_headers(headers, mime_type="text/plain")
    assert judge_incoming(mail, TRACKED, GRIDWORKS, thread_id="t").kind == "reply"


def test_all_ids_worth_looking_up_are_named_once_the_surest_first() -> None:
    mail = parse_mail(letter("In-Reply-To: <c@x>\nReferences: <a@x> <b@x> <c@x>"))
    assert references_of(mail) == ("c@x", "b@x", "a@x")


def test_alone_whatever_a_mail_refers_to_is_taken_as_tracked() -> None:
    assert judge_alone(parse_mail(answer()), MailboxFacts()).answers == SENT_ID
    nothing = judge_alone(parse_mail(letter("Subject: Re: x", "Yes")), MailboxFacts())
    assert (nothing.kind, nothing.answers) == ("reply", None)
    assert judge_alone(parse_mail(letter("Subject: Lunch")), MailboxFacts()).kind == "unrelated"


UNRELATED_HEADERS = ["X-Spam-Score: 0", "X-Virus-Scanned: yes", "DKIM-Signature: v=1", "X-Originating-IP: [192.0.2.1]"]


@settings(deadline=None)  # a busy machine is no fault
@given(st.permutations(UNRELATED_HEADERS), st.permutations(TRACKED))
def test_neither_other_headers_nor_the_order_of_messages_matter(
    headers: list[str], tracked: list[TrackedMessage]
) -> None:
    mail = parse_mail(answer("\n".join(headers)))
    plain = judge_incoming(parse_mail(answer()), TRACKED, GRIDWORKS)
    assert judge_incoming(mail, tracked, GRIDWORKS) == plain
    assert judge_incoming(mail, tracked, GRIDWORKS) == judge_incoming(mail, tracked, GRIDWORKS)


NAMES = st.sampled_from(
    [
        *("From", "To", "Subject", "In-Reply-To", "References", "Auto-Submitted", "Precedence", "Content-Type", "Date"),
        *("Return-Path", "X-Auto-Response-Suppress", "Thread-Index", "List-Id", "X-Failed-Recipients", "Reply-To"),
    ]
)


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.tuples(NAMES, st.text(max_size=60))), st.text(max_size=20))
def test_any_headers_get_a_judgement(headers: list[tuple[str, str]], thread_id: str) -> None:
    judged = judge_incoming(mail_from_headers(headers), TRACKED, GRIDWORKS, thread_id=thread_id)
    assert judged.sentence and judged.rule and 0 < judged.confidence <= 1
    assert judged.kind != "reply" or judged.message_id is not None

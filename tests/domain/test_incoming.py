"""Whatever comes in gets one finding, the same each time, in time; and the table of rules is in order."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.incoming import RULES, what_is
from backend.domain.mail import parse_mail
from tests.payloads.mail import FAILED, answer, dsn, letter

KINDS = {"reply", "auto_reply", "bounce", "receipt", "calendar", "unrelated"}


def test_each_rule_has_a_name_of_its_own_and_a_sentence() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.sentence.endswith(".") and 0 < rule.confidence <= 1 for rule in RULES)
    assert {rule.kind for rule in RULES} == KINDS


def test_the_last_rule_applies_to_every_mail() -> None:
    assert RULES[-1].applies(parse_mail(letter())) is not None


SHUFFLED = (
    answer(
        "X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: a@b.example\nPrecedence: list\nList-Id: <l>"
    ),
    letter("Subject: Automatic reply: x\nAuto-Submitted: auto-generated\nReturn-Path: <>\nX-Spam-Score: 1"),
    dsn("From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\nAuto-Submitted: auto-replied", FAILED),
)


@settings(deadline=None)  # a busy machine is no fault
@given(st.sampled_from(SHUFFLED), st.randoms())
def test_the_order_of_headers_does_not_matter(raw: bytes, random: object) -> None:
    head, _, body = raw.partition(b"\n\n")
    lines = head.split(b"\n")
    random.shuffle(lines)  # type: ignore[attr-defined]
    assert what_is(parse_mail(b"\n".join(lines) + b"\n\n" + body)) == what_is(parse_mail(raw))


WORDS = st.sampled_from(
    [
        *("I am out of the office", "until 20 November", "> ", "\n", "On Monday Q wrote:", "From: Q\nSent: x\nTo: y\n"),
        *("Thank you for your message.", "ticket", "#123", "550 5.1.1", "<a@x.example>", "?", "BEGIN:VCALENDAR\n"),
        *(
            "METHOD:REPLY\n",
            "---------- Forwarded message ---------\n",
            "不在にしております",
            "Я в отпуске",
            "<b>",
            "&amp;",
        ),
    ]
)
HEADERS = st.sampled_from(
    [
        *("Auto-Submitted: auto-replied", "Auto-Submitted: no", "Precedence: bulk", "X-Failed-Recipients: a@x.example"),
        *("In-Reply-To: <a@x>", "List-Id: <x>", "Return-Path: <>", "From: MAILER-DAEMON@x.example", "Subject: Read: x"),
        *("Content-Type: text/calendar", "Content-Type: multipart/report; report-type=delivery-status", "X-Loop: x"),
        *(
            "Content-Type: text/html; charset=utf-16",
            "Subject: Fwd: x",
            "Subject: Undeliverable: x",
            "Sender: owner-x@y",
        ),
    ]
)


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(HEADERS, max_size=6), st.lists(WORDS, max_size=30))
def test_any_mixture_of_signs_gets_one_of_the_kinds(headers: list[str], words: list[str]) -> None:
    mail = parse_mail(letter("\n".join(headers), " ".join(words)))
    finding = what_is(mail)
    assert finding.kind in KINDS
    assert finding == what_is(mail)


@pytest.mark.parametrize(
    "piece", ["<", "> a\n", "On 1 x wrote:\n", "From: a\n", "\n", "I am x ", "until 1 ", "a@", "5.1."]
)
@pytest.mark.parametrize("sender", ["flynn@flynnsarcade.com", "MAILER-DAEMON@mx.example"])
def test_long_mail_is_judged_in_time(piece: str, sender: str) -> None:
    raw = letter(f"From: {sender}\nSubject: Re: x", piece * (500_000 // len(piece)))
    began = process_time()
    what_is(parse_mail(raw))
    assert process_time() - began < 2.0


@pytest.mark.parametrize("name", ["Subject", "References", "From", "Content-Type", "In-Reply-To", "Thread-Index"])
@pytest.mark.parametrize("piece", ["Re: ", "[a] ", "=?utf-8?q?a?= ", "=?", "<", '"', "a,", "x"])
def test_a_header_of_a_megabyte_is_judged_in_time(name: str, piece: str) -> None:
    raw = letter(f"{name}: {piece * (1_000_000 // len(piece))}")
    began = process_time()
    what_is(parse_mail(raw))
    assert process_time() - began < 2.0

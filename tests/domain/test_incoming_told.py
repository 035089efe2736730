"""What absence notes and bounces tell the rep: the day of return in many languages, and why a mail did not arrive."""

from datetime import date

import pytest

from backend.domain.absence_dates import stated_return
from backend.domain.incoming import what_is
from backend.domain.mail import parse_mail
from tests.payloads.mail import SENT_ID, dsn, letter, parts

SENT_ON = date(2026, 11, 24)
DAYS = {
    "Sono in ferie dal 23/11 al 4/12.": date(2026, 12, 4),
    "我正在休假,将于12月3日返回公司。": date(2026, 12, 3),
    "本人目前不在辦公室,將於 12/1 回來後儘速回覆。": date(2026, 12, 1),
    "12月1日以降に改めてご連絡いたします。": date(2026, 12, 1),
    "12월 1일에 복귀 예정입니다.": date(2026, 12, 1),
    "أنا في إجازة سنوية حتى تاريخ 3 ديسمبر 2026.": date(2026, 12, 3),
    "אני בחופשה עד ה-1 בדצמבר.": date(2026, 12, 1),
    "2026. november 23. és december 4. között szabadságon vagyok.": date(2026, 12, 4),
    "Jag är på semester och åter på kontoret måndag den 7 december.": date(2026, 12, 7),
    "atostogauju iki gruodžio 4 d.": date(2026, 12, 4),
    "Esmu atvaļinājumā līdz 4. decembrim.": date(2026, 12, 4),
    "Olen puhkusel kuni 4. detsembrini.": date(2026, 12, 4),
    "Tôi đang nghỉ phép và sẽ quay lại vào ngày 1/12.": date(2026, 12, 1),
    "Saya sedang cuti sampai dengan 4 Desember.": date(2026, 12, 4),
    "Ik ben met vakantie en op 7 december weer bereikbaar.": date(2026, 12, 7),
    "I'll be back in the office on 12/2.": date(2026, 12, 2),
    "Call me on 555-0102 or before 10 am.": None,
}
NO_MAILBOX = "there is no such mailbox"
IN_WORDS = {
    "Sorry, no mailbox here by that name.": NO_MAILBOX,
    "flynn@encom.example\n    Unrouteable address": NO_MAILBOX,
    "User flynn (flynn@encom.example) not listed in Domino Directory": NO_MAILBOX,
    "554: delivery error: dd This user doesn't have a yahoo.com account": NO_MAILBOX,
    "收件人邮箱地址不存在": NO_MAILBOX,
    "Das Postfach des Empfängers ist voll.": "the mailbox is full",
    "Host or domain name not found. Name service error": "there is no such domain",
    "552 Message size exceeds fixed limit": "the mail is too big",
    "550 rejected for policy reasons": "the recipient's server refuses the mail",
}


@pytest.mark.parametrize("said", DAYS)
def test_the_day_of_return_is_read_in_many_languages(said: str) -> None:
    assert stated_return(said, SENT_ON) == DAYS[said]


@pytest.mark.parametrize("said", IN_WORDS)
def test_a_server_that_states_no_code_is_understood_by_its_words(said: str) -> None:
    headers = "From: MAILER-DAEMON@mx.encom.example\nSubject: failure notice\nReturn-Path: <>"
    body = f"I wasn't able to deliver your message.\nThis is a permanent error.\n\n<flynn@encom.example>:\n{said}\n"
    found = what_is(parse_mail(letter(headers, body)))
    assert (found.kind, found.reason) == ("bounce", IN_WORDS[said])


@pytest.mark.parametrize(
    ("status", "reason", "later"),
    [
        ("5.1.1", NO_MAILBOX, "It will not arrive another time either."),
        ("5.2.2", "the mailbox is full", "It may arrive another time."),
        ("4.4.1", "the recipient's server did not answer", "It may arrive another time."),
        ("5.7.509", "the recipient's server refuses the mail", ""),
    ],
)
def test_a_code_is_told_in_words_and_whether_to_try_again(status: str, reason: str, later: str) -> None:
    block = f"Final-Recipient: rfc822; flynn@encom.example\nAction: failed\nStatus: {status}"
    found = what_is(parse_mail(dsn("From: MAILER-DAEMON@mx.example\nSubject: Undelivered", block)))
    assert found.reason == reason
    assert found.sentence.endswith(later or f"({status}).")


def test_a_complaint_names_whom_its_report_names() -> None:
    report = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: <Flynn@encom.example>"
    returned = f"Content-Type: message/rfc822\n\nMessage-ID: <{SENT_ID}>\nSubject: Proposal\n\nHello"
    raw = parts("From: fbl@isp.example\nSubject: FW: Proposal", "report; report-type=feedback-report", report, returned)
    found = what_is(parse_mail(raw))
    assert (found.kind, found.rule, found.evidence["recipient"]) == ("unrelated", "complaint", "flynn@encom.example")

"""What mail servers and calendars send: bounces, delays, confirmations, receipts, invitations' answers."""

import pytest

from backend.domain.deliveries import read_delivery
from backend.domain.incoming import what_is
from backend.domain.mail import parse_mail
from backend.domain.replies import references_of
from tests.payloads.mail import (
    ANSWERS,
    DELAYED,
    DELIVERED,
    FAILED,
    SENT_ID,
    SENT_SUBJECT,
    calendar_answer,
    dsn,
    letter,
    mdn,
    parts,
)

RETURNED = (
    f"Message-ID: <{SENT_ID}>\nFrom: quorra@gridworks.example\nTo: flynn@flynnsarcade.com\nSubject: {SENT_SUBJECT}"
)

BOUNCES = {
    "Postfix": dsn(
        "From: MAILER-DAEMON@mx.flynnsarcade.com (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\n"
        "Auto-Submitted: auto-replied\nReturn-Path: <>",
        FAILED,
    ),
    "Gmail": dsn(
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification "
        "(Failure)\n"
        f"Auto-Submitted: auto-replied\nX-Failed-Recipients: flynn@flynnsarcade.com\n{ANSWERS}",
        FAILED,
        notice="** Address not found **\n\nYour message wasn't delivered to flynn@flynnsarcade.com",
    ),
    "Exchange Online": dsn(
        "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@flynnsarcade.com>\n"
        f"Subject: Undeliverable: {SENT_SUBJECT}\nAuto-Submitted: "
        f"auto-replied\nX-MS-Exchange-Message-Is-Ndr:\n{ANSWERS}",
        FAILED,
    ),
    "Exchange in German": dsn(f"From: postmaster@flynnsarcade.com\nSubject: Unzustellbar: {SENT_SUBJECT}", FAILED),
    "Exchange in French": dsn(f"From: postmaster@flynnsarcade.com\nSubject: Non remis : {SENT_SUBJECT}", FAILED),
    "sendmail": dsn(
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.flynnsarcade.com>\nSubject: Returned mail: see transcript for "
        "details\nAuto-Submitted: auto-generated (failure)",
        FAILED,
    ),
    "Amazon SES": dsn(
        "From: MAILER-DAEMON@amazonses.com\nSubject: Delivery Status Notification (Failure)",
        FAILED,
        returned=f"Message-ID: <{SENT_ID}>",
    ),
    "Yahoo's report": dsn("From: mailer-daemon@yahoo.com\nSubject: Failure Notice", FAILED),
    "OpenSMTPD says error": dsn(
        "From: Mailer Daemon <MAILER-DAEMON@mx.example>\nSubject: Delivery status notification: error",
        FAILED.replace("failed", "error"),
    ),
    "full mailbox": dsn(
        "From: postmaster@flynnsarcade.com\nSubject: Undeliverable: x", FAILED.replace("5.1.1", "5.2.2")
    ),
    "only headers returned": parts(
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender",
        "report; report-type=delivery-status",
        "Content-Type: text/plain\n\nSorry",
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; "
        "flynn@flynnsarcade.com\nAction: failed\nStatus: 5.7.1",
        f"Content-Type: text/rfc822-headers\n\n{RETURNED}",
    ),
    "Exim": letter(
        "From: Mail Delivery System <Mailer-Daemon@mx.flynnsarcade.com>\nSubject: Mail delivery failed: "
        "returning message "
        "to sender\nX-Failed-Recipients: flynn@flynnsarcade.com\nAuto-Submitted: auto-replied\nReturn-Path: <>",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its recipients. This is a permanent error.\n\n  flynn@flynnsarcade.com\n    "
        "host mx [192.0.2.1]: 550 unknown user\n\n------ This is a copy of the message, including all the headers. "
        f"------\n\n{RETURNED}\n\nDear Mr Flynn",
    ),
    "qmail": letter(
        "From: MAILER-DAEMON@mx.flynnsarcade.com\nSubject: failure notice\nReturn-Path: <>",
        "Hi. This is the qmail-send program at mx.flynnsarcade.com.\nI'm afraid I wasn't able to deliver your "
        "message to "
        "the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<flynn@flynnsarcade.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a "
        "copy of the "
        f"message.\n\nReturn-Path: <quorra@gridworks.example>\n{RETURNED}\n\nDear Mr Flynn",
    ),
    "Notes": letter(
        "From: Postmaster@flynnsarcade.com\nSubject: DELIVERY FAILURE: User flynn not listed in directory\n",
        "Your message\n\n  Subject: Proposal\n\nwas not delivered to:\n\n  "
        "flynn@flynnsarcade.com\n\nbecause:\n\n  User "
        "flynn (flynn@flynnsarcade.com) not listed in Domino Directory",
    ),
    "Exchange 5.5": letter(
        "From: System Administrator <postmaster@flynnsarcade.com>\nSubject: Undeliverable: Proposal",
        "Your message\n\n  To:      Flynn\n  Subject: Proposal\n\ndid not reach the following recipient(s):\n\n"
        "flynn@flynnsarcade.com on Wed, 11 Nov 2026\n    The recipient name is not recognized",
    ),
    "a gateway that refuses": letter(
        "From: MAILER-DAEMON@gate.example\nSubject: Your message was rejected",
        "Your message to flynn@flynnsarcade.com was rejected by our content filter. 554 5.7.1",
    ),
    "Dovecot's refusal in a receipt's clothes": parts(
        "From: Mail Delivery Subsystem <postmaster@flynnsarcade.com>\nSubject: Automatically rejected mail\n"
        "Auto-Submitted: auto-replied (rejected)",
        "report; report-type=disposition-notification",
        "Content-Type: text/plain\n\nYour message to <flynn@flynnsarcade.com> was automatically rejected:\nQuota "
        "exceeded",
        f"Content-Type: message/disposition-notification\n\nOriginal-Message-ID: <{SENT_ID}>\n"
        "Disposition: automatic-action/MDN-sent-automatically; deleted",
    ),
    "X-Failed-Recipients alone": letter(
        "From: flynn@flynnsarcade.com\nX-Failed-Recipients: alan@encom.com\nSubject: Re: hi", "x"
    ),
    "Japanese": dsn("From: postmaster@example.jp\nSubject: 配信不能: 提案", FAILED),
}

DELAYS = {
    "Postfix": dsn("From: MAILER-DAEMON@mx.example\nSubject: Delayed Mail (still being retried)", DELAYED),
    "Gmail": dsn(
        f"From: mailer-daemon@googlemail.com\nSubject: Delivery Status Notification (Delay)\n{ANSWERS}", DELAYED
    ),
    "sendmail": dsn(
        "From: MAILER-DAEMON@mx.example\nSubject: Warning: could not send message for past 4 hours", DELAYED
    ),
    "Exchange": dsn("From: postmaster@x.example\nSubject: Delivery delayed: Proposal", DELAYED),
    "Exim": letter(
        "From: Mail Delivery System <Mailer-Daemon@mx.example>\nSubject: Warning: message 1abc-0001-00 delayed "
        "24 hours\n"
        "Auto-Submitted: auto-replied",
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been "
        "delivered to one or more of its recipients after more than 24 hours on the queue.\n\nThe address to which the "
        "message has not yet been delivered is:\n\n  flynn@flynnsarcade.com\n\nNo action is required on your part. "
        "Delivery attempts will continue for some time.",
    ),
}

RECEIPTS = {
    "Outlook": mdn(f"Subject: Read: {SENT_SUBJECT}\n{ANSWERS}"),
    "Outlook, deleted unread": mdn(
        f"Subject: Not read: {SENT_SUBJECT}", "automatic-action/MDN-sent-automatically; deleted"
    ),
    "Thunderbird": mdn(f"Subject: Return Receipt (displayed) - {SENT_SUBJECT}"),
    "Exchange in German": mdn(f"Subject: Gelesen: {SENT_SUBJECT}"),
    "Exchange's own class": letter("Subject: Read: x\nContent-Class: urn:content-classes:mdn", "Your message was read"),
    "Notes": letter(
        "Subject: Return Receipt (Proposal)", "Return Receipt\nYour document: Proposal\nwas received by: Kevin Flynn"
    ),
    "delivered": dsn("From: postmaster@x.example\nSubject: Delivered: Proposal", DELIVERED),
    "Postfix relayed": dsn("From: MAILER-DAEMON@x.example\nSubject: Successful Mail Delivery Report", DELIVERED),
}

CALENDARS = {
    "Outlook accepts": calendar_answer(f"Subject: Accepted: Demo\n{ANSWERS}"),
    "Google declines": calendar_answer(
        "Subject: Declined: Demo @ Mon Nov 16\nSender: Google Calendar <calendar-notification@google.com>"
    ),
    "Apple, maybe": calendar_answer("Subject: Tentative: Demo\nX-Mailer: iPhone Mail (21F90)"),
    "a counter-proposal": calendar_answer("Subject: New Time Proposed: Demo", "COUNTER"),
    "an invitation": calendar_answer("Subject: Invitation: Demo", "REQUEST"),
    "cancelled": calendar_answer("Subject: Canceled: Demo", "CANCEL"),
    "the header says REQUEST, inside is REPLY": calendar_answer("Subject: Accepted: Demo", "REPLY", stated="REQUEST"),
    "the calendar is the whole mail": letter(
        "Subject: Zugesagt: Demo\nContent-Type: text/calendar; charset=utf-8; method=REPLY",
        "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n",
    ),
}


@pytest.mark.parametrize("system", BOUNCES)
def test_a_failed_delivery_is_a_bounce(system: str) -> None:
    finding = what_is(parse_mail(BOUNCES[system]))
    assert finding.kind == "bounce"
    assert finding.failed, "the failed address is known, so that not the wrong person is blamed"


@pytest.mark.parametrize("system", DELAYS)
def test_a_late_delivery_is_not_a_bounce(system: str) -> None:
    finding = what_is(parse_mail(DELAYS[system]))
    assert (finding.kind, finding.rule) == ("unrelated", "delivery delayed")


@pytest.mark.parametrize("system", RECEIPTS)
def test_a_receipt_is_a_receipt(system: str) -> None:
    assert what_is(parse_mail(RECEIPTS[system])).kind == "receipt"


@pytest.mark.parametrize("system", CALENDARS)
def test_an_answer_of_a_calendar_is_no_reply(system: str) -> None:
    assert what_is(parse_mail(CALENDARS[system])).kind == "calendar"


@pytest.mark.parametrize(
    "system", ["Postfix", "Gmail", "Exchange Online", "only headers returned", "Exim", "qmail", "Amazon SES"]
)
def test_the_returned_mail_is_found_in_a_bounce(system: str) -> None:
    assert SENT_ID in references_of(parse_mail(BOUNCES[system]))


def test_a_receipt_names_the_mail_that_it_is_about() -> None:
    assert references_of(parse_mail(RECEIPTS["Thunderbird"])) == (SENT_ID,)


@pytest.mark.parametrize(("status", "hard"), [("5.1.1", True), ("5.2.2", False), ("4.4.7", False), ("5.7.1", True)])
def test_a_bounce_says_whether_the_address_is_lost(status: str, hard: bool) -> None:
    mail = parse_mail(dsn("From: MAILER-DAEMON@mx.example", FAILED.replace("5.1.1", status)))
    assert read_delivery(mail).is_hard is hard


def test_a_bounce_says_its_reason_in_words() -> None:
    sentence = what_is(parse_mail(BOUNCES["full mailbox"])).sentence
    assert (
        sentence
        == "The mail could not be delivered. The server says: the mailbox is full (5.2.2). It may arrive another time."
    )


def test_only_the_failed_one_of_several_recipients_is_blamed() -> None:
    status = f"{DELIVERED}\n\n{FAILED.replace('flynn@flynnsarcade.com', 'alan@encom.com')}"
    assert what_is(parse_mail(dsn("From: MAILER-DAEMON@mx.example", status))).failed == ("alan@encom.com",)

"""Does mail travel as between real mail systems? Bounces, absence notes, charsets, and what is broken."""

from email import message_from_bytes, policy

import pytest

from tests.contracts.google import ALAN, FLYNN, FULL, KEVIN, QUORRA, credentials_for, gmail, letter
from tests.sandbox.postoffice import Vacation
from tests.sandbox.running import RunningSandbox
from tests.sandbox.writing import Draft, compose


def test_an_unknown_address_comes_back_as_a_delivery_status_notification(sandbox: RunningSandbox) -> None:
    sent = sandbox.world.mailbox(QUORRA).get(sandbox.world.send(QUORRA, letter(to=f"nobody@encom.com, {ALAN}")))
    (report,) = sandbox.world.mailbox(QUORRA).list("INBOX")
    mail = message_from_bytes(report.raw, policy=policy.default)
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "delivery-status"
    assert "mailer-daemon@googlemail.com" in mail["From"]
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Failed-Recipients"] == "nobody@encom.com"
    assert mail["Return-Path"] == "<>"
    _, status, original = mail.iter_parts()
    about = status.get_payload()[1]
    assert (about["Final-Recipient"], about["Action"], about["Status"]) == (
        "rfc822; nobody@encom.com",
        "failed",
        "5.1.1",
    )
    assert original.get_payload()[0]["Message-ID"].strip() == sent.message_id
    assert report.thread_id != sent.thread_id
    assert len(sandbox.world.mailbox(ALAN).list("INBOX")) == 1


def test_absence_notes_have_the_shape_of_each_mail_system_and_come_once(sandbox: RunningSandbox) -> None:
    world = sandbox.world
    for address in (FLYNN, KEVIN, ALAN):
        world.set_vacation(address, Vacation(text="Back on Monday."))
    sent = world.mailbox(QUORRA).get(world.send(QUORRA, letter(to=f"{FLYNN}, {KEVIN}, {ALAN}")))
    world.send(QUORRA, letter(to=f"{FLYNN}, {KEVIN}, {ALAN}", subject="Again"))
    notes = {note.sender.partition("<")[2].strip(">"): note.mail for note in world.mailbox(QUORRA).list("INBOX")}
    assert len(world.mailbox(QUORRA).list("INBOX")) == 3
    assert notes[ALAN]["Auto-Submitted"] == "auto-replied"
    assert notes[ALAN]["Precedence"] == "bulk"
    assert notes[ALAN]["X-Autoreply"] == "yes"
    assert notes[ALAN]["In-Reply-To"] == sent.message_id
    assert notes[FLYNN]["Auto-Submitted"] == "auto-generated"
    assert notes[FLYNN]["X-Auto-Response-Suppress"] == "All"
    assert notes[FLYNN]["x-ms-exchange-parent-message-id"] == sent.message_id
    assert notes[FLYNN]["In-Reply-To"] is None
    assert notes[FLYNN]["Subject"] == "Automatic reply: The grid"
    assert notes[KEVIN]["Auto-Submitted"] == "auto-replied (vacation)"
    assert all(note["Return-Path"] == "<>" for note in notes.values())


@pytest.mark.parametrize(
    ("address", "text", "charset", "encoding"),
    [
        (QUORRA, "Grüße", "utf-8", "quoted-printable"),
        (FLYNN, "Grüße", "iso-8859-1", "quoted-printable"),
        (FLYNN, "Grüße – 日本", "utf-8", "base64"),
        (KEVIN, "Grüße – “ja”", "windows-1252", "quoted-printable"),
        (KEVIN, "日本", "utf-8", "base64"),
        (KEVIN, "plain", "us-ascii", "7bit"),
    ],
)
def test_each_mail_system_writes_in_its_own_charset(
    sandbox: RunningSandbox, address: str, text: str, charset: str, encoding: str
) -> None:
    sandbox.world.send(address, compose(Draft(address, [ALAN], subject="S", text=text)))
    (arrived,) = sandbox.world.mailbox(ALAN).list()
    assert arrived.mail.get_content_charset() == charset
    assert arrived.mail["Content-Transfer-Encoding"] == encoding
    assert arrived.text.strip() == text
    host = str(arrived.message_id).rpartition("@")[2]
    ends = {QUORRA: "mail.gmail.com>", FLYNN: ".prod.outlook.com>", KEVIN: "flynnsarcade.com>"}
    assert host.endswith(ends[address])


@pytest.mark.parametrize(
    "raw",
    [
        b"To: alan@encom.com\r\nSubject: =?nonsense?q?=ff?=\r\nContent-Type: text/plain; charset=x-no\r\n\r\n\xff\xfe",
        b"To: alan@encom.com\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"To: alan@encom.com\nno colon here\n\nbody",
        b"To: alan@encom.com\r\nSubject: \xff\xfe raw\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"To: alan@encom.com",
    ],
)
def test_broken_mail_travels_and_is_told_of(sandbox: RunningSandbox, raw: bytes) -> None:
    for as_typed in (True, False):
        sandbox.world.send(QUORRA, raw, as_typed=as_typed)
    me = gmail(sandbox, credentials_for(sandbox, ALAN, FULL))
    listed = me.messages().list(userId="me").execute()["messages"]
    assert len(listed) == 2
    for message in listed:
        for form in ("full", "metadata", "raw"):
            me.messages().get(userId="me", id=message["id"], format=form).execute()

"""What machines send back in the sandbox has the shapes of the standards, and refers to the mail it is about."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from tests.sandbox.cast import FLYNN
from tests.sandbox.machine_mail import MACHINES
from tests.sandbox.postoffice import Copy, Vacation

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
SENT = b"From: quorra@gridworks.example\r\nMessage-ID: <offer@gridworks.example>\r\nSubject: The offer\r\n\r\nHello"


def machine(style: str):
    copy = Copy(FLYNN, SENT, "quorra@gridworks.example")
    return message_from_bytes(MACHINES[style](copy, Vacation("Sono via", "Fino a lunedì"), NOW), policy=policy.default)


@pytest.mark.parametrize("style", MACHINES)
def test_it_comes_from_flynn_and_answers_the_mail(style):
    mail = machine(style)
    assert (mail["From"].addresses[0].addr_spec, mail["To"]) == (FLYNN.address, "quorra@gridworks.example")
    assert mail["In-Reply-To"] == "<offer@gridworks.example>"


def test_a_note_without_a_mark_has_none():
    mail = machine("unmarked")
    assert mail["Subject"] == "Sono via"
    assert not [name for name in mail if name.lower().startswith(("auto", "precedence", "x-auto"))]


def test_a_receipt_is_a_disposition_notification():
    mail = machine("receipt")
    assert (mail.get_content_type(), mail.get_param("report-type")) == (
        "multipart/report",
        "disposition-notification",
    )
    told = list(mail.walk())[-1]
    assert "Original-Message-ID: <offer@gridworks.example>" in str(told)
    assert "Disposition: manual-action/MDN-sent-manually; displayed" in str(told)


def test_a_calendars_answer_says_its_method():
    [told] = [part for part in machine("calendar").walk() if part.get_content_type() == "text/calendar"]
    assert told.get_param("method") == "REPLY"
    assert "PARTSTAT=ACCEPTED" in told.get_content()

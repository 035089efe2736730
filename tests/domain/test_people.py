"""Who answered is said with a reason and a confidence; nobody is taken for somebody else on a whim."""

import pytest

from backend.domain.mail_pieces import Address
from backend.domain.people import MailboxFacts, Recipient, canonical, is_own, who_answered

FLYNN = Recipient("flynn@flynnsarcade.com", "Kevin Flynn", "to")
ALAN = Recipient("alan@encom.com", "", "cc")
GRIDWORKS = MailboxFacts(
    own_addresses=frozenset({"quorra@gridworks.example", "sales@gridworks.example"}),
    colleague_addresses=frozenset({"clu@contractor.example"}),
    colleague_domains=frozenset({"gridworks.example"}),
)

CASES = (
    ("flynn@flynnsarcade.com", "", "addressee", "answered by the addressee"),
    ("alan@encom.com", "Alan Bradley", "in copy", "answered by someone in copy"),
    ("kevinf@flynnsarcade.com", "Kevin Flynn", "another address", "answered from another address"),
    ("kevin.flynn@flynnsarcade.com", "", "another address", "answered from another address"),
    ("flynn+mail@flynnsarcade.com", "", "another address", "answered from another address"),
    ("kevin.flynn@gmail.com", "Kevin Flynn", "another address", "answered from another address"),
    ("k@home.example", "Flynn, Kevin", "another address", "answered from another address"),
    ("alan.b@encom.com", "", "in copy", "answered by someone in copy, from another address"),
    ("lora@encom.com", "Lora Baines", "someone new", "answered by someone else at encom.com"),
    ("ram@insurance.example", "Ram", "someone new", "answered by someone to whom the mail was passed on"),
    ("sam@gridworks.example", "Sam Tully", "colleague", "answered by a colleague of yours"),
    ("clu@contractor.example", "Clu", "colleague", "answered by a colleague of yours"),
    ("quorra@gridworks.example", "", "own", "written by the rep"),
    ("sales@gridworks.example", "", "own", "written by the rep"),
    ("quorra+x@gridworks.example", "", "own", "written by the rep"),
)


@pytest.mark.parametrize(("address", "name", "who", "sentence"), CASES)
def test_who_answered_is_said_with_the_reason(address: str, name: str, who: str, sentence: str) -> None:
    answerer = who_answered(Address(name, address), (FLYNN, ALAN), GRIDWORKS)
    assert answerer.who == who
    assert answerer.sentence.startswith(sentence)


def test_flynn_s_other_address_is_known_without_any_name_stored() -> None:
    recipients = (Recipient("flynn@flynnsarcade.com"), ALAN)
    answerer = who_answered(Address("Kevin Flynn", "kevinf@flynnsarcade.com"), recipients, GRIDWORKS)
    assert (answerer.who, answerer.recipient) == ("another address", "flynn@flynnsarcade.com")


def test_a_namesake_s_mailbox_at_a_public_provider_is_not_taken_for_the_same_company() -> None:
    recipients = (Recipient("maria@gmail.com"),)
    assert who_answered(Address("", "mario@gmail.com"), recipients, GRIDWORKS).who == "someone new"


def test_a_colleague_who_alone_was_written_to_answers_as_the_addressee() -> None:
    recipients = (Recipient("sam@gridworks.example"),)
    assert who_answered(Address("Sam", "sam@gridworks.example"), recipients, GRIDWORKS).who == "addressee"


def test_less_sure_is_said_as_less_sure() -> None:
    sure = who_answered(Address("", "flynn@flynnsarcade.com"), (FLYNN,), GRIDWORKS).confidence
    likely = who_answered(Address("Kevin Flynn", "kevin@home.example"), (FLYNN,), GRIDWORKS).confidence
    assert likely < sure == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("k.e.v.i.n@gmail.com", "kevin@googlemail.com"),
        ("kevin+arcade@gmail.com", "Kevin@gmail.com"),
        ("kevin+arcade@encom.com", "kevin@encom.com"),
    ],
)
def test_one_mailbox_is_one_however_it_is_written(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


def test_dots_matter_outside_gmail_and_nobody_is_own() -> None:
    assert canonical("k.flynn@encom.com") != canonical("kflynn@encom.com")
    assert not is_own("", MailboxFacts(own_addresses=frozenset({""})))

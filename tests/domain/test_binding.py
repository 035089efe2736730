"""Which prepared message became a sent copy: by its token, or by people, subject and time; each at most once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.binding import PreparedMessage, SentCopy, bind, bind_all
from backend.domain.feed import PROBABLE_BELOW
from backend.domain.people import Recipient

PREPARED_AT = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
SENT_AT = PREPARED_AT + timedelta(minutes=3)
FLYNN, ALAN, RAM = (
    Recipient("flynn@flynnsarcade.com"),
    Recipient("alan@encom.com", role="cc"),
    Recipient("ram@x.example"),
)


def prepared(number: int = 1, *people: Recipient, subject: str | None = None, minutes: int = 0) -> PreparedMessage:
    at = PREPARED_AT + timedelta(minutes=minutes)
    return PreparedMessage(number, frozenset({f"token-{number}"}), people or (FLYNN, ALAN), subject, at)


def sent(*people: Recipient, tokens: set[str] | None = None, subject: str = "Proposal", minutes: int = 3) -> SentCopy:
    at = PREPARED_AT + timedelta(minutes=minutes)
    return SentCopy("id@mail.gmail.com", "18c", "t1", people or (FLYNN, ALAN), subject, at, frozenset(tokens or ()))


def test_the_token_in_the_body_binds_whoever_the_recipients_are() -> None:
    binding = bind(sent(RAM, tokens={"token-2"}), [prepared(1), prepared(2)], "full")
    assert binding and (binding.message_id, binding.rule) == (2, "token in the body")


def test_without_its_token_nothing_binds_in_full_mode() -> None:
    assert bind(sent(), [prepared()], "full") is None


def test_an_old_token_in_a_quotation_does_not_bind_the_answer_to_the_old_message() -> None:
    """The old message is sent already, so it is not offered; the new one's own token decides."""
    binding = bind(sent(tokens={"token-of-the-old-mail", "token-2"}), [prepared(2)], "full")
    assert binding and binding.message_id == 2
    assert bind(sent(tokens={"token-of-the-old-mail"}), [prepared(2)], "full") is None


def test_a_draft_that_was_tracked_twice_is_the_later_one() -> None:
    twice = [prepared(1), prepared(2, minutes=1)]
    binding = bind(sent(tokens={"token-1", "token-2"}), twice, "full")
    assert binding and binding.message_id == 2


def test_the_same_people_bind_in_headers_mode_in_any_order_and_case() -> None:
    copy = sent(Recipient("ALAN@encom.com"), Recipient("Flynn@FlynnsArcade.com"))
    binding = bind(copy, [prepared()], "headers")
    assert binding and (binding.rule, binding.message_id) == ("recipients and time", 1)


def test_a_recipient_more_or_less_binds_with_less_confidence() -> None:
    exact, added = bind(sent(), [prepared()], "headers"), bind(sent(FLYNN, ALAN, RAM), [prepared()], "headers")
    removed = bind(sent(FLYNN), [prepared()], "headers")
    assert exact and added and removed
    assert max(added.confidence, removed.confidence) < exact.confidence


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(sent(RAM), id="other people"),
        pytest.param(sent(minutes=-30), id="sent before Track was pressed"),
        pytest.param(sent(minutes=60 * 24 * 8), id="sent after the message lapsed"),
        pytest.param(sent(FLYNN, RAM, subject="Something else"), id="other people and subject"),
    ],
)
def test_what_does_not_fit_is_not_bound(copy: SentCopy) -> None:
    assert bind(copy, [prepared(subject="Proposal")], "headers") is None


def test_the_subject_decides_between_two_to_the_same_people() -> None:
    two = [prepared(1, subject="Proposal"), prepared(2, subject="Invoice", minutes=1)]
    binding = bind(sent(subject="Re: Proposal"), two, "headers")
    assert binding and binding.message_id == 1


def test_the_nearest_before_sending_wins() -> None:
    binding = bind(sent(), [prepared(1), prepared(2, minutes=2)], "headers")
    assert binding and binding.message_id == 2


def test_of_several_alike_the_last_is_taken_and_the_doubt_is_said() -> None:
    """The compose event names neither draft nor subject, so two drafts to the same people look the same."""
    alike = bind(sent(), [prepared(1), prepared(2, minutes=2)], "headers")
    alone = bind(sent(), [prepared(1)], "headers")
    assert alike and alone
    assert alike.confidence <= 0.5 < 0.9 <= alone.confidence
    assert "may be another" in alike.sentence
    assert "may be another" not in alone.sentence


def test_a_clock_that_is_a_little_off_does_no_harm() -> None:
    assert bind(sent(minutes=-1), [prepared()], "headers") is not None


def test_after_an_hour_a_mail_without_the_token_is_only_probably_the_tracked_one() -> None:
    """The tracked draft may have been thrown away, and this be an untracked mail to the same people."""
    soon, late = bind(sent(minutes=59), [prepared()], "headers"), bind(sent(minutes=61), [prepared()], "headers")
    assert soon and late
    assert soon.confidence >= PROBABLE_BELOW > late.confidence
    assert "probably" in late.sentence


def test_after_a_day_only_the_same_subject_binds_as_of_a_scheduled_mail() -> None:
    two_days = 60 * 48
    assert bind(sent(minutes=two_days), [prepared()], "headers") is None
    scheduled = bind(sent(minutes=two_days), [prepared(subject="Proposal")], "headers")
    assert scheduled and scheduled.confidence < PROBABLE_BELOW
    assert bind(sent(minutes=two_days, subject="Lunch"), [prepared(subject="Proposal")], "headers") is None


def test_after_an_hour_nearly_the_same_people_are_not_enough() -> None:
    assert bind(sent(FLYNN, minutes=30), [prepared()], "headers") is not None
    assert bind(sent(FLYNN, minutes=61), [prepared()], "headers") is None


@given(st.integers(min_value=0, max_value=8 * 24 * 60), st.integers(min_value=0, max_value=8 * 24 * 60))
def test_waiting_longer_never_makes_it_surer(one: int, other: int) -> None:
    sooner, later = sorted((one, other))
    confidences = [
        binding.confidence if (binding := bind(sent(minutes=minutes), [prepared()], "headers")) else 0.0
        for minutes in (sooner, later)
    ]
    assert confidences[0] >= confidences[1]


def test_two_copies_bind_two_messages_and_no_message_twice() -> None:
    copies = [sent(tokens={"token-1"}), sent(tokens={"token-1"})]
    copies = [SentCopy(**{**vars(each), "provider_message_id": f"p{n}"}) for n, each in enumerate(copies)]
    assert list(bind_all(copies, [prepared(1)], "full")) == ["p0"]
    bound = bind_all(copies, [prepared(1), prepared(2)], "headers")
    assert sorted(each.message_id for each in bound.values()) == [1, 2]


@given(st.permutations([prepared(1), prepared(2, minutes=1), prepared(3, RAM), prepared(4, subject="Proposal")]))
def test_the_order_of_what_is_prepared_does_not_matter(shuffled: list[PreparedMessage]) -> None:
    for mode in ("full", "headers"):
        first = bind(sent(tokens={"token-1", "token-2"}), shuffled, mode)
        assert first == bind(sent(tokens={"token-1", "token-2"}), sorted(shuffled, key=lambda m: m.message_id), mode)

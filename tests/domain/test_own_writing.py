"""Looks that came of the rep's own writing: what she writes quotes the mail (product section D, 7; complaint C8)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.hits import SOMEBODY, Claim, MessageFacts, Presence, Written
from backend.domain.verdicts import judge
from tests.domain.test_verdicts import (
    CHROME,
    FLYNNS,
    GMAIL,
    GMAIL_PREFETCH,
    OUTLOOK,
    QUORRA,
    SAM,
    SENT,
    YAHOO,
    any_scene,
    at,
    click,
    look,
    only,
    shuffled,
    words,
)

MINUTE = 60


def facts(*, present=(), hers=(), answers=(), sams=()):
    """She opened the conversation at these minutes; these mails were written in it."""
    mails = [Written(at(one * MINUTE), QUORRA) for one in hers]
    mails += [Written(at(one * MINUTE), SOMEBODY) for one in answers]
    mails += [Written(at(one * MINUTE), SAM) for one in sams]
    presences = tuple(Presence(QUORRA, at(one * MINUTE)) for one in present)
    return replace(FLYNNS, presences=presences, conversation=tuple(mails))


def test_d7_her_look_at_what_she_quotes_while_she_answers_never_counts():
    """He answered; she opens his answer and begins to write: that loads the image again, and is told at once as hers"""
    verdict = only(look(62 * MINUTE, GMAIL), facts(present=[61], answers=[60]))
    assert (verdict.verdict, verdict.rule) == ("self", "own_writing")
    assert verdict.sentence.startswith("Probably you")
    assert verdict.confidence < 0.8


def test_d7_her_look_at_what_she_quotes_in_a_follow_up_is_hers_once_it_is_sent():
    """Where nobody has answered, only the mail that follows shows that she was writing."""
    assert words([look(62 * MINUTE, GMAIL)], facts(present=[61])) == ["human"]
    verdict = only(look(62 * MINUTE, GMAIL), facts(present=[61], hers=[65]))
    assert (verdict.verdict, verdict.rule) == ("self", "own_writing")
    assert "right after" in verdict.sentence


def test_the_look_of_opening_and_that_of_writing_are_both_hers():
    looks = [look(61 * MINUTE + 2, GMAIL), look(62 * MINUTE, GMAIL)]
    assert [one.rule for one in judge(looks, facts(present=[61], answers=[60]))] == ["own_presence", "own_writing"]


def test_what_she_has_just_sent_is_shown_to_her_first():
    verdict = only(look(65 * MINUTE + 2, GMAIL), facts(present=[61], hers=[65]))
    assert (verdict.verdict, verdict.rule) == ("self", "own_writing")


def test_flynns_look_at_the_answer_that_she_has_sent_counts():
    """It quotes the mail, too, and is news; she has nothing left to answer."""
    assert words([look(66 * MINUTE, GMAIL)], facts(present=[61], hers=[65], answers=[60])) == ["human"]


def test_a_second_look_between_two_mails_counts_whoever_looked_first():
    looks = [look(62 * MINUTE, GMAIL), look(64 * MINUTE, GMAIL)]
    assert words(looks, facts(present=[61], answers=[60])) == ["self", "human"]
    assert words(looks, facts(present=[61, 63], hers=[65])) == ["self", "human"]


def test_gmails_proxy_asking_twice_is_one_look():
    looks = [look(62 * MINUTE, GMAIL), look(62 * MINUTE + 0.5, GMAIL)]
    assert words(looks, facts(present=[61], answers=[60])) == ["self", "self"]


def test_a_look_before_flynns_own_next_mail_is_his():
    """Whoever writes next was writing: his answer quotes the mail as well."""
    assert words([look(62 * MINUTE, GMAIL)], facts(present=[61], answers=[60, 64])) == ["human"]
    assert words([look(62 * MINUTE, GMAIL)], facts(present=[61], answers=[64], hers=[70])) == ["human"]


def test_each_answer_that_comes_in_while_she_has_it_open_can_be_answered():
    opened = facts(present=[61], hers=[62], answers=[60, 63])
    assert words([look(64 * MINUTE, GMAIL)], opened) == ["self"]


@pytest.mark.parametrize(
    "hit",
    [
        look(60 * MINUTE + 30, GMAIL),  # before she opened it
        look(77 * MINUTE, GMAIL),  # more than a quarter of an hour after
        look(62 * MINUTE, OUTLOOK),
        look(62 * MINUTE, YAHOO),
        click(62 * MINUTE, agent=CHROME),
    ],
)
def test_other_looks_in_an_answered_conversation_count(hit):
    assert words([hit], facts(present=[61], answers=[60])) == ["human"]


def test_her_presence_alone_explains_no_later_look():
    assert words([look(62 * MINUTE, GMAIL)], facts(present=[61])) == ["human"]


def test_writing_without_having_opened_the_conversation_explains_nothing():
    """Where the add-on is closed nobody can know: a view that is told too much is better than Flynn's untold."""
    assert words([look(62 * MINUTE, GMAIL)], facts(hers=[63], answers=[60])) == ["human"]


def test_gmails_own_loading_on_arrival_is_still_told_as_such():
    assert words([look(65 * MINUTE + 2, GMAIL_PREFETCH)], facts(present=[61], hers=[65])) == ["prefetch"]


def test_nothing_of_a_mail_that_was_not_sent_is_judged_by_writing():
    not_sent = replace(facts(present=[61], answers=[60]), state="prepared")
    assert words([look(62 * MINUTE, GMAIL)], not_sent) == ["draft"]


def test_a_colleagues_writing_in_the_conversation_is_the_teams():
    sam = replace(facts(sams=[65], answers=[60]), presences=(Presence(SAM, at(61 * MINUTE)),))
    verdict = only(look(62 * MINUTE, GMAIL), sam)
    assert (verdict.verdict, verdict.rule) == ("team", "colleagues_writing")
    assert "Sam Tully" in verdict.sentence
    assert words([look(62 * MINUTE, GMAIL)], replace(sam, conversation=sam.conversation[:1])) == ["human"]


def test_what_a_colleague_calls_his_is_no_writing_of_hers():
    hit = look(62 * MINUTE, GMAIL)
    called = replace(facts(present=[61], answers=[60]), claims=(Claim(hit, SAM, at(4000)),))
    assert only(hit, called).rule == "colleagues_word"


@st.composite
def any_conversation(draw):
    """A scene with mails in the conversation."""
    hits, known = draw(any_scene())
    mail = st.builds(Written, st.integers(-60, 4000).map(at), st.sampled_from([SOMEBODY, QUORRA, SAM]))
    return hits, replace(known, conversation=tuple(draw(st.lists(mail, max_size=6))))


@given(any_conversation(), st.randoms())
def test_the_order_in_which_mails_and_presences_are_known_changes_nothing(scene, chance):
    hits, known = scene
    other = replace(
        known,
        conversation=tuple(shuffled(known.conversation, chance)),
        presences=tuple(shuffled(known.presences, chance)),
    )
    assert judge(shuffled(hits, chance), other) == judge(hits, known)


@given(any_conversation())
def test_writing_explains_only_looks_through_gmail_of_somebody_present_and_is_never_sure(scene):
    hits, known = scene
    by_id = {hit.id: hit for hit in hits}
    for one in judge(hits, known):
        if one.rule in ("own_writing", "colleagues_writing"):
            hit = by_id[one.hit_id]
            assert (hit.kind, hit.user_agent) == ("open", GMAIL)
            assert known.conversation
            assert any(0 <= (hit.received_at - seen.at).total_seconds() <= 15 * MINUTE for seen in known.presences)
            assert one.confidence < 0.8


@given(any_conversation())
def test_without_the_conversation_no_fewer_looks_count(scene):
    """Writing takes views away, and makes none where none was: repeats of a view that it took may count instead."""
    hits, known = scene
    quiet = judge(hits, replace(known, conversation=()))
    opened = {one.hit_id for one in quiet if one.verdict in ("human", "repeat")}
    assert {one.hit_id for one in judge(hits, known) if one.verdict == "human"} <= opened


def test_a_single_hit_explained_without_facts_is_judged_as_before():
    assert only(look(62 * MINUTE, GMAIL), MessageFacts(rep_id=QUORRA, sent_at=SENT)).verdict == "human"

"""Who opened a document: a reader, ourselves, or a machine. As for clicks, and a page must have been shown."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.hits import Claim, Hit, MessageFacts, OwnDevice, VisitFacts, name_reader
from backend.domain.verdicts import inferred_view, judge

SENT = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
QUORRA, SAM = 1, 2
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FLYNN = {"flynn@flynnsarcade.com": "Kevin Flynn"}
BOTH = {**FLYNN, "alan@encom.com": "Alan Bradley"}


def hit(kind: str, seconds: float, *, share: int | None = 1, visit: Hit | None = None, **values) -> Hit:
    hit_id = uuid4()
    of = hit_id if kind == "visit" else (visit.id if visit else None)
    row = {"user_agent": CHROME, "ip": "203.0.113.5", "share_id": share, "visit_id": of}
    return Hit(**{"id": hit_id, "kind": kind, "received_at": SENT + timedelta(seconds=seconds), **row, **values})


def facts(*shown: Hit, people=FLYNN, visits: dict[UUID, VisitFacts] | None = None, **values) -> MessageFacts:
    known = {one.id: VisitFacts(shown=True) for one in shown} | (visits or {})
    reader = next(iter(people.values())) if len(people) == 1 else None
    return MessageFacts(**{"rep_id": QUORRA, "sent_at": SENT, "reader": reader, "people": people,
                           "colleagues": {SAM: "Sam Tully"}, "visits": known, **values})  # fmt: skip


def words(hits, known: MessageFacts) -> list[str]:
    found = {one.hit_id: one.verdict for one in judge(hits, known)}
    return [found[one.id] for one in hits]


def test_a_visit_that_showed_a_page_is_the_readers():
    visit = hit("visit", 60)
    (verdict,) = judge([visit], facts(visit))
    assert (verdict.verdict, verdict.rule) == ("human", "in_document")
    assert verdict.sentence == "Kevin Flynn opened the document in Chrome on Windows."


def test_a_visit_right_after_sending_is_a_scanners_until_somebody_reads_for_some_seconds():
    visit = hit("visit", 2)
    assert words([visit], facts(visits={visit.id: VisitFacts(shown=True, active_ms=500)})) == ["scanner"]
    assert words([visit], facts(visits={visit.id: VisitFacts(shown=True, active_ms=4000)})) == ["human"]


def test_a_visit_that_showed_nothing_is_a_program_until_it_does():
    visit = hit("visit", 60)
    (verdict,) = judge([visit], facts(visits={visit.id: VisitFacts(shown=False)}))
    assert (verdict.verdict, verdict.rule) == ("bot", "never_shown")
    assert words([visit], facts(visit)) == ["human"]


def test_what_a_program_does_in_a_document_does_not_count():
    visit = hit("visit", 60)
    hits = [visit, hit("download", 62, visit=visit), hit("follow", 63, visit=visit, followed="https://a.example")]
    assert words(hits, facts(visits={visit.id: VisitFacts(shown=False)})) == ["bot", "bot", "bot"]
    assert words(hits, facts(visit)) == ["human", "human", "human"]


def test_the_reps_own_browser_and_a_colleagues_count_for_nothing():
    own, colleagues = uuid4(), uuid4()
    hits = [hit("visit", 60, device_id=own), hit("visit", 90, device_id=colleagues)]
    hits.append(hit("download", 95, visit=hits[1], device_id=colleagues))
    known = facts(*hits, devices=(OwnDevice(own, QUORRA), OwnDevice(colleagues, SAM)))
    assert words(hits, known) == ["self", "team", "team"]


def test_that_was_me_takes_the_visit_and_what_was_done_in_it():
    visit = hit("visit", 60)
    hits = [visit, hit("download", 70, visit=visit)]
    known = facts(visit, claims=(Claim(visit, QUORRA, SENT + timedelta(hours=1)),))
    assert words(hits, known) == ["self", "self"]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"method": "HEAD"}, "bot"),
        ({"user_agent": "curl/8.5.0"}, "bot"),
        ({"user_agent": ""}, "bot"),
        ({"headers": {"sec-purpose": "prefetch"}}, "prefetch"),
    ],
)
def test_machines_that_open_a_document_are_none_of_its_readers(values, word):
    visit = hit("visit", 60, **values)
    assert words([visit], facts(visit)) == [word]


def test_a_scanner_that_follows_everything_opens_the_document_among_the_links():
    link = [hit("click", 60 + number / 10, share=None, link_id=number) for number in range(2)]
    hits = [*link, hit("visit", 60.5)]
    assert words(hits, facts(hits[2])) == ["scanner"] * 3
    assert words(hits[1:], facts(hits[2])) == ["scanner"] * 2


def test_a_visit_seconds_after_sending_is_a_scanners():
    visit = hit("visit", 3)
    (verdict,) = judge([visit], facts(visit))
    assert (verdict.verdict, verdict.rule) == ("scanner", "click_too_early")


def test_coming_back_within_the_half_hour_goes_on_from_the_first_visit():
    first, again, much_later = hit("visit", 60), hit("visit", 600), hit("visit", 6000)
    verdicts = judge([first, again, much_later], facts(first, again, much_later))
    assert [one.verdict for one in verdicts] == ["human", "repeat", "human"]
    assert verdicts[1].continues == first.id


def test_another_document_or_another_browser_is_another_reading():
    hits = [hit("visit", 60), hit("visit", 90, share=2), hit("visit", 120, user_agent=FIREFOX)]
    assert words(hits, facts(*hits)) == ["human"] * 3


def test_nobody_is_guessed_where_several_share_a_document():
    visit = hit("visit", 60)
    (verdict,) = judge([visit], facts(visit, people=BOTH))
    assert verdict.sentence == "One of Kevin Flynn, Alan Bradley opened the document in Chrome on Windows."


def test_a_share_of_ones_own_names_its_reader():
    visit = hit("visit", 60)
    known = facts(people=BOTH, visits={visit.id: VisitFacts(shown=True, address="alan@encom.com")})
    (verdict,) = judge([visit], known)
    assert verdict.sentence.startswith("Alan Bradley opened") and verdict.confidence > 0.8


def test_an_address_that_was_only_given_is_said_with_doubt():
    visit = hit("visit", 60)
    given_it = VisitFacts(shown=True, address="alan@encom.com", is_proven=False)
    (verdict,) = judge([visit], facts(people=BOTH, visits={visit.id: given_it}))
    assert "by the address that was given" in verdict.sentence and verdict.confidence < 0.8


def test_whom_a_reader_may_be():
    assert name_reader(FLYNN) == "Kevin Flynn"
    assert name_reader(BOTH) == "one of Kevin Flynn, Alan Bradley"
    assert name_reader(BOTH, "ALAN@encom.com") == "Alan Bradley"
    assert name_reader(BOTH, "gem@encom.com") == "gem@encom.com"
    assert name_reader({str(number): str(number) for number in range(4)}) == "someone on this mail"


def test_who_opened_the_document_has_seen_the_mail():
    visit = hit("visit", 60)
    known = facts(visit)
    view = inferred_view([visit], judge([visit], known), known)
    assert view is not None and view.sentence.startswith("Kevin Flynn opened a document, so the mail was seen")


@given(st.lists(st.tuples(st.sampled_from(["visit", "download", "follow", "click", "open"]), st.integers(0, 4000),
                          st.booleans(), st.sampled_from([CHROME, FIREFOX, "curl/8.5.0"])), max_size=12),
       st.randoms(use_true_random=False))  # fmt: skip
def test_whatever_comes_only_shown_documents_count_and_the_order_does_not_matter(rows, rng):
    hits, shown, visit = [], {}, None
    for kind, seconds, is_shown, agent in rows:
        one = hit(kind, seconds, visit=visit, user_agent=agent, link_id=1 if kind == "click" else None)
        if kind == "visit":
            visit, shown[one.id] = one, is_shown
        hits.append(one)
    known = facts(visits={visit_id: VisitFacts(is_shown) for visit_id, is_shown in shown.items()})
    verdicts = judge(hits, known)
    for one in verdicts:
        assert one.hit_id not in shown or shown[one.hit_id] or one.verdict not in ("human", "repeat")
    shuffled = list(hits)
    rng.shuffle(shuffled)
    assert judge(shuffled, known) == verdicts

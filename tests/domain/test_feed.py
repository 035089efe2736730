"""What the feed says: the strongest thing, doubt in words, nobody named who is not known, and who waits."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.feed import Group, Item, Person, chips, counts, headline, lines, needs, tell, whose

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
FLYNN = Person("flynn@flynnsarcade.com", "Kevin Flynn")
ALAN = Person("alan@encom.com", "Alan Bradley", "cc")


def item(kind: str, minutes_ago: float = 5, key: str = "", **data) -> Item:
    return Item(key or f"{kind}:{minutes_ago}", kind, NOW - timedelta(minutes=minutes_ago), data)


def group(*items: Item, people=(FLYNN, ALAN), **changes) -> Group:
    newest_first = tuple(sorted(items, key=lambda one: one.occurred_at, reverse=True))
    sent_at = NOW - timedelta(hours=2)
    return Group(1, 1, "Quorra Reed", "Games for the arcade", sent_at, people, newest_first, 1, **changes)


def said(one: Item, people=(FLYNN, ALAN)) -> str:
    line = tell(one, people)
    return f"{line.who} {line.told}".strip()


@pytest.mark.parametrize(
    ("kinds", "strongest"),
    [
        (["sent", "view", "click", "reply"], "reply"),
        (["sent", "view", "click"], "click"),
        (["sent", "view", "bounce"], "view"),
        (["sent", "auto_reply"], "auto_reply"),
        (["sent"], "sent"),
    ],
)
def test_the_strongest_thing_leads(kinds, strongest):
    assert headline(group(*(item(kind, 10 - n) for n, kind in enumerate(kinds)))).kind == strongest


def test_of_the_same_kind_the_latest_leads():
    best = headline(group(item("view", 50, who="Alan Bradley"), item("view", 3, who="Kevin Flynn")))
    assert best.who == "Kevin Flynn"


def test_an_answer_says_how_it_came():
    assert said(item("reply", who="Kevin Flynn", how="another address")) == "Kevin Flynn answered from another address"
    assert said(item("reply", who="Alan Bradley", how="in copy")) == "Alan Bradley answered, in copy"
    assert said(item("reply", who="Kevin Flynn", how="addressee")) == "Kevin Flynn answered"


def test_a_click_names_its_link():
    link = {"text": "Floor plan", "destination": "https://gridworks.example/plan"}
    assert said(item("click", who="Kevin Flynn", link=link)) == "Kevin Flynn clicked “Floor plan”"
    bare = {"text": "", "destination": "https://gridworks.example/plan"}
    assert said(item("click", link=bare)) == "Someone on this mail clicked “https://gridworks.example/plan”"
    assert said(item("click", link={})) == "Someone on this mail clicked a link"


def test_a_view_of_a_shared_mail_is_given_no_name():
    assert said(item("view", who="someone on this mail")) == "Someone on this mail opened it"
    assert said(item("view")) == "Someone on this mail opened it"
    assert whose(item("view", who="someone on this mail"), (FLYNN, ALAN)) is None


def test_a_view_says_with_what():
    assert said(item("view", who="Kevin Flynn", client="Outlook on Mac")) == "Kevin Flynn opened it in Outlook on Mac"
    proxied = item("view", who="Kevin Flynn", client="Gmail’s image proxy")
    assert said(proxied) == "Kevin Flynn opened it through Gmail’s image proxy"


def test_two_people_of_one_name_are_told_apart_by_address_or_not_at_all():
    twin = Person("kevinf@flynnsarcade.com", "Kevin Flynn")
    assert whose(item("reply", who="Kevin Flynn"), (FLYNN, twin)) is None
    assert whose(item("reply", who="Kevin Flynn", address=twin.address), (FLYNN, twin)) == twin


def test_a_person_is_named_and_the_address_they_wrote_from_is_at_hand():
    line = tell(
        item("reply", who="Kevin Flynn", address="kevinf@flynnsarcade.com", how="another address"), (FLYNN, ALAN)
    )
    assert (line.who, line.who_address) == ("Kevin Flynn", "kevinf@flynnsarcade.com")
    assert said(item("bounce", who="", address="alan@encom.com")) == "Alan Bradley could not be reached"
    assert said(item("bounce", who="", address="dumont@encom.com")) == "dumont@encom.com could not be reached"


def test_doubt_is_said_in_words():
    assert tell(item("view", confidence=0.6), ()).doubt == "probably"
    assert tell(item("view", confidence=0.95), ()).doubt == ""
    assert tell(item("view", inferred=True, confidence=1.0), ()).doubt == "inferred"


def test_an_absence_says_until_when():
    assert (
        said(item("auto_reply", who="Kevin Flynn", back_on="2026-12-03")) == "Kevin Flynn is out of office until 3 Dec"
    )
    assert said(item("auto_reply", who="Kevin Flynn")) == "Kevin Flynn sent an automatic answer"
    assert said(item("auto_reply", back_on="soon")) == "An automatic answer came"


def test_numbers_are_counted_in_words():
    told = counts(group(item("sent"), item("view", 1), item("view", 2), item("click"), item("reply")))
    assert told == ["2 views", "1 click", "1 reply"]


def test_an_absence_is_not_counted_as_an_answer():
    held = group(item("sent"), item("auto_reply"))
    assert counts(held) == ["1 automatic answer"]
    assert chips(held) == ["automatic"]
    assert needs([held], NOW) == []


def test_an_answer_waits_until_our_side_has_written_again():
    answered = group(item("reply", 30, who="Kevin Flynn"))
    assert [need.told for need in needs([answered], NOW)] == ["Kevin Flynn waits for your answer"]
    assert needs([group(item("reply", 30), answered_back_at=NOW - timedelta(minutes=5))], NOW) == []
    assert len(needs([group(item("reply", 30), answered_back_at=NOW - timedelta(minutes=50))], NOW)) == 1
    assert needs([group(item("reply", 60 * 24 * 15))], NOW) == []


def test_a_bounce_waits_and_names_whom_it_is_about():
    waiting = needs([group(item("bounce", who="alan@encom.com"))], NOW)
    assert [need.told for need in waiting] == ["Could not be delivered to Alan Bradley"]


anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text(), max_size=2)
    | st.just({"text": None})
)


@given(
    kind=st.sampled_from(["sent", "view", "click", "reply", "auto_reply", "bounce", "receipt", "calendar"]) | st.text(),
    data=st.dictionaries(
        st.sampled_from(
            ["who", "how", "client", "link", "confidence", "sentence", "inferred", "back_on", "reason", "address"]
        ),
        anything,
    ),
)
def test_whatever_an_item_carries_it_can_be_told(kind, data):
    held = group(Item("a", kind, NOW, data))
    assert lines(held)[0].told or kind.strip("_ ") == "" or not kind.strip()
    assert headline(held) is not None
    counts(held), chips(held), needs([held], NOW)


READ = {"document": "Offer.pdf", "document_id": 1, "pages_total": 12, "active_ms": 80_000, "who": "Kevin Flynn",
        "page": 3, "pages_read": [1, 2, 3, 7], "downloads": 1, "follows": 0, "is_timed": True}  # fmt: skip


def reads(minutes_ago: float = 0, *, heard: float = 0, state="reading", **changes) -> Item:
    """Somebody of whom something was heard so many seconds ago."""
    last_at = (NOW - timedelta(minutes=minutes_ago, seconds=heard)).isoformat()
    return item("document", minutes_ago, **{**READ, "state": state, "last_at": last_at, **changes})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "read 4 of 12 pages of “Offer.pdf” (1–3, 7) in 1 min 20 s, downloaded it"),
        ({"downloads": 0}, "read 4 of 12 pages of “Offer.pdf” (1–3, 7) in 1 min 20 s"),
        ({"downloads": 0, "follows": 2},
         "read 4 of 12 pages of “Offer.pdf” (1–3, 7) in 1 min 20 s, followed 2 links in it"),
        ({"downloads": 0, "pages_total": 4, "pages_read": [1, 2, 3, 4]},
         "read all 4 pages of “Offer.pdf” in 1 min 20 s"),
        ({"downloads": 0, "pages_total": 1, "pages_read": [1], "active_ms": 4200}, "read “Offer.pdf” in 4 s"),
        ({"downloads": 0, "is_timed": False, "pages_read": [1, 2]},
         "opened 2 of 12 pages of “Offer.pdf” (1–2), time not measured"),
        ({"downloads": 0, "pages_read": []}, "opened “Offer.pdf”"),
        ({"pages_read": []}, "downloaded “Offer.pdf”"),
        ({"active_ms": 7_500_000, "downloads": 0, "pages_read": [5]},
         "read 1 of 12 pages of “Offer.pdf” (5) in 2 h 5 min"),
        (dict.fromkeys(READ), "opened the document"),
    ],
)  # fmt: skip
def test_what_was_read_is_told(data, told):
    assert tell(reads(**data), [FLYNN]).told == told


def test_a_reader_is_reading_until_nothing_is_heard_for_forty_seconds():
    line = tell(reads(heard=30), [FLYNN, ALAN])
    assert (line.who, line.deed(NOW)) == ("Kevin Flynn", "is reading page 3 of 12 of “Offer.pdf”")
    assert line.seconds_left(NOW) == 10
    assert line.deed(NOW + timedelta(seconds=11)).startswith("read 4 of 12 pages")


@pytest.mark.parametrize("state", ["idle", "hidden", "left", None])
def test_who_rests_or_has_left_reads_no_more(state):
    assert tell(reads(state=state), [FLYNN]).deed(NOW).startswith("read 4 of 12")


def test_reading_now_counts_for_more_than_a_click_and_having_read_for_less():
    shown = group(item("sent", 60), item("view", 9), item("click", 8), reads())
    assert headline(shown, NOW).kind == "document"
    assert headline(shown, NOW + timedelta(seconds=41)).kind == "click"
    assert headline(shown).kind == "click"
    assert headline(group(reads(), item("reply", 1)), NOW).kind == "reply"
    assert headline(group(item("view", 1), reads(5))).kind == "document"


def test_documents_are_counted_once_however_often_they_were_read():
    shown = group(reads(5), reads(90), reads(100, document_id=2, pages_read=[]))
    assert counts(shown) == ["1 document read", "1 document opened"]
    assert chips(shown) == ["documents"]


def test_who_read_it_twice_needs_a_word_until_somebody_writes():
    twice = [reads(90), reads(5)]
    (need,) = needs([group(*twice)], NOW)
    assert (need.kind, need.told, need.at) == ("document", "Kevin Flynn read “Offer.pdf” twice", twice[1].occurred_at)
    assert needs([group(reads(5))], NOW) == []
    assert needs([group(reads(90), reads(5, pages_read=[]))], NOW) == []
    assert needs([group(*twice, answered_back_at=NOW - timedelta(minutes=2))], NOW) == []
    assert [one.kind for one in needs([group(*twice, item("reply", 2))], NOW)] == ["answer"]
    assert len(needs([group(*twice, item("reply", 20))], NOW)) == 2


def test_where_it_is_not_known_who_read_nobody_is_said_to_have_read_it_twice():
    several = {"who": "one of Kevin Flynn, Alan Bradley"}
    (need,) = needs([group(reads(90, **several), reads(5, **several), reads(3, **several))], NOW)
    assert need.told == "“Offer.pdf” was read 3 times"


def test_whoever_may_have_read_is_called_as_they_are_called_by_now():
    on_the_day = {"who": "one of flynn@flynnsarcade.com, alan@encom.com"}
    assert tell(reads(5, **on_the_day), (FLYNN, ALAN)).who == "One of Kevin Flynn, Alan Bradley"
    nameless = (Person(FLYNN.address, ""), Person(ALAN.address, "", "cc"))
    assert tell(reads(5, **on_the_day), nameless).who == "One of flynn@flynnsarcade.com, alan@encom.com"
    assert tell(reads(5, who="flynn@flynnsarcade.com"), (FLYNN,)).who == "Kevin Flynn"


def test_a_look_says_roughly_where_it_came_from_where_that_is_known():
    there = item("view", who="Kevin Flynn", client="Outlook on Windows", place="Berlin, Germany")
    assert said(there) == "Kevin Flynn opened it in Outlook on Windows, near Berlin, Germany"

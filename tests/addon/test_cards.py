"""Every card that any state can make is one that Google takes, and says what is so."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon import cards
from addon.compose import (
    Happened,
    Tracked,
    Typed,
    Untracked,
    image_markup,
    link_markup,
    notification,
    tracked_draft_card,
    untracked_draft_card,
)
from addon.connect import Reason, connect_card, disconnected_line, error_card
from addon.home import Today, home_card
from addon.message import OpenMail, message_card, untracked_card, verdict
from addon.words import Viewer, listed, viewer_of, when
from backend.domain.feed import Group, Item, Need, Person, tell
from backend.domain.links import CheckedLink, RefusedLink
from backend.domain.people import Recipient
from backend.services.feed import RecipientRow
from tests.addon.schema import complaints_about

BASE = "https://readback.example"
NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
VIEWER = Viewer(NOW)
HOSTILE = "<script>alert(1)</script> & <b>x</b> \u202e \"'"
FLYNN, ALAN = Person("flynn@flynnsarcade.com", "Kevin Flynn", "to"), Person("alan@encom.com", "Alan Bradley", "cc")
ANYBODY = {"who": "someone on this mail"}


def at(minutes_ago: float) -> datetime:
    return NOW - timedelta(minutes=minutes_ago)


def item(kind: str, minutes_ago: float = 5, **data: object) -> Item:
    return Item(f"{kind}:{minutes_ago}", kind, at(minutes_ago), data)


def group(*items: Item, people=(FLYNN, ALAN), subject="The offer", **more) -> Group:
    newest = tuple(sorted(items, key=lambda each: each.occurred_at, reverse=True))
    return Group(7, 1, "Quorra Reed", subject, at(60), tuple(people), newest, 3, **more)


SENT = item("sent", 60)
REPLY = item("reply", 4, who="Alan Bradley", address="alan@encom.com", how="in copy", confidence=1.0)
ELSEWHERE = item("reply", 4, who="Kevin Flynn", address="kevinf@flynnsarcade.com", how="another address")
CLICK = item("click", 8, who="Kevin Flynn", link={"text": "See the offer", "destination": "https://x.example"})
VIEW = item("view", 9, who="Kevin Flynn", client="Gmail's image proxy", confidence=0.9)
SHARED_VIEW = item("view", 9, **ANYBODY)
DOUBTFUL = item("view", 9, who="Kevin Flynn", confidence=0.5)
INFERRED = Item("view:inferred", "view", at(4), {"who": "Kevin Flynn", "inferred": True, "confidence": 0.9})
AWAY = item("auto_reply", 3, who="Alan Bradley", address="alan@encom.com", back_on="2026-12-03")
BOUNCE = item("bounce", 2, address="flynn@flynnsarcade.com", sentence="The mailbox is full.")
OFFER = {"document": "Offer.pdf", "document_id": 1, "pages_total": 12, "active_ms": 80_000}
READ = item("document", 7, who="Kevin Flynn", confidence=0.95, pages_read=[1, 2, 3, 7], downloads=1, **OFFER)
READS = item("document", 0, who="Kevin Flynn", page=3, state="reading", last_at=NOW.isoformat(), **OFFER)
SHARED_READING = item("document", 7, who="one of Kevin Flynn, Alan Bradley", pages_read=[1, 2], **OFFER)
MAYBE_READ = item("document", 7, who="Kevin Flynn", confidence=0.75, pages_read=[1], **OFFER)
CALENDAR, RECEIPT, ODD = item("calendar", 1), item("receipt", 1), item("novelty", 1)
HOSTILE_REPLY = item("reply", 1, who=HOSTILE, address=HOSTILE, how=HOSTILE)
HOSTILE_CLICK = item("click", 1, who=HOSTILE, link={"text": HOSTILE, "destination": HOSTILE})


def open_mail(shown: Group, **more) -> OpenMail:
    """Laid out as the service does it."""

    def row(person: Person) -> RecipientRow:
        mine = [each for each in shown.items if each.text("who") == person.name]
        told = {each.kind: tell(each, shown.people) for each in reversed(mine)}
        return RecipientRow(
            person,
            told.get("view"),
            told.get("click"),
            told.get("reply", told.get("auto_reply")),
            told.get("bounce"),
            list({each.data.get("document_id"): tell(each, shown.people) for each in mine
                  if each.kind == "document"}.values()),
        )  # fmt: skip

    shared = [
        tell(each, shown.people)
        for each in shown.items
        if (each.kind == "view" and each.data == ANYBODY) or each is SHARED_READING
    ]
    return OpenMail(shown, [row(person) for person in shown.people], shared, **more)


MESSAGES = [
    group(SENT),
    group(),
    group(SENT, VIEW),
    group(SENT, VIEW, CLICK, REPLY, uncounted=12),
    group(SENT, DOUBTFUL, INFERRED, ELSEWHERE),
    group(SENT, SHARED_VIEW, replace(SHARED_VIEW, key="view:2", occurred_at=at(2))),
    group(SENT, AWAY),
    group(SENT, VIEW, CLICK, READ, SHARED_READING),
    group(SENT, CLICK, READS),
    group(SENT, BOUNCE, CALENDAR, RECEIPT, ODD),
    group(SENT, HOSTILE_REPLY, HOSTILE_CLICK, subject=HOSTILE, people=(Person(HOSTILE, HOSTILE, "bcc"),)),
    group(SENT, subject="", people=()),
    group(SENT, subject="s" * 4000, people=[Person(f"p{n}@x.example", "", "to") for n in range(400)]),
]
KEY = "k" * 22
RECIPIENTS = (Recipient("flynn@flynnsarcade.com", HOSTILE, "to"), Recipient("alan@encom.com", "", "cc"))
LINK = CheckedLink(HOSTILE, "https://gridworks.example/?a=1&b=2")
REFUSED = RefusedLink("address", "Only web addresses can be tracked.")


def all_cards():
    for number, shown in enumerate(MESSAGES):
        for lost in (False, True):
            mail = open_mail(shown, not_counted=number, others=MESSAGES, is_disconnected=lost)
            yield f"message {number} {lost}", message_card(BASE, mail, VIEWER)
    yield "untracked", untracked_card()
    for reason in get_args(Reason):
        yield reason, connect_card(BASE, reason)
    yield "error", error_card(BASE, HOSTILE, HOSTILE)
    needs = [Need("answer", HOSTILE, HOSTILE, NOW, "/messages/7"), Need("mailbox", "x", "y", NOW, "/settings/mailbox")]
    events = [(shown, tell(each, shown.people)) for shown in MESSAGES for each in shown.items]
    for sent in (False, True):
        for shown_events in ([], events):
            for shown_needs in ([], needs[:1], needs * 5):
                yield f"home {sent}", home_card(BASE, Today(shown_events, shown_needs, sent), VIEWER)
    for recipients in ((), RECIPIENTS[:1], RECIPIENTS * 200):
        for refused in (None, REFUSED):
            draft = Untracked(KEY, recipients, Typed(HOSTILE, HOSTILE), refused, True, HOSTILE)
            yield "draft", untracked_draft_card(BASE, draft)
            yield "plain draft", untracked_draft_card(BASE, Untracked(KEY, recipients))
            for happened in get_args(Happened):
                for links in ([], [LINK], [LINK] * 50):
                    tracked = Tracked(
                        KEY, happened, at(3), recipients, links, LINK, Typed(HOSTILE, HOSTILE), refused, KEY
                    )
                    yield happened, tracked_draft_card(BASE, tracked, VIEWER)
                    yield happened, tracked_draft_card(BASE, Tracked(KEY, happened, at(3)), VIEWER)


@pytest.mark.parametrize(("name", "card"), list(all_cards()))
def test_google_takes_the_card(name, card):
    assert complaints_about(card, BASE) == []
    json.dumps(card).encode("ascii")


def said(card: cards.Json) -> str:
    return json.dumps(card, ensure_ascii=False)


@pytest.mark.parametrize(
    ("items", "title"),
    [
        ([SENT], "Sent, nothing seen yet"),
        ([SENT, REPLY], "Answered by Alan Bradley, in copy"),
        ([SENT, ELSEWHERE], "Answered by Kevin Flynn, from another address"),
        ([SENT, VIEW, CLICK], "Kevin Flynn clicked “See the offer”"),
        ([SENT, VIEW], "Opened by Kevin Flynn"),
        ([SENT, SHARED_VIEW], "Opened by someone on this mail"),
        ([SENT, DOUBTFUL], "Probably opened by Kevin Flynn"),
        ([SENT, VIEW, READ], "Kevin Flynn read 4 of 12 pages of “Offer.pdf” (1–3, 7) in 1 min 20 s, downloaded it"),
        ([SENT, VIEW, CLICK, READS], "Kevin Flynn is reading page 3 of 12 of “Offer.pdf”"),
        (
            [SENT, SHARED_READING],
            "One of Kevin Flynn, Alan Bradley read 2 of 12 pages of “Offer.pdf” (1–2) in 1 min 20 s",
        ),
        ([SENT, MAYBE_READ], "Kevin Flynn read 1 of 12 pages of “Offer.pdf” (1) in 1 min 20 s, probably"),
        ([SENT, INFERRED], "Opened by Kevin Flynn, as we infer"),
        ([SENT, AWAY], "Alan Bradley is out of office until 3 Dec"),
        ([SENT, VIEW, CLICK, REPLY, AWAY], "Answered by Alan Bradley, in copy"),
    ],
)
def test_the_title_is_the_verdict(items, title):
    card = message_card(BASE, open_mail(group(*items)), VIEWER)
    assert card["header"]["title"] == title == verdict(group(*items), NOW)
    assert card["header"]["subtitle"] == "The offer"


def test_each_recipient_has_a_line_with_the_strongest_thing_first():
    card = message_card(BASE, open_mail(group(SENT, VIEW, CLICK, REPLY)), VIEWER)
    lines = {
        widget["decoratedText"].get("topLabel"): widget["decoratedText"]
        for section in card["sections"]
        for widget in section["widgets"]
    }
    assert lines["Kevin Flynn"]["text"].startswith("Clicked “See the offer”, 13:57, 8 min ago")
    assert lines["Kevin Flynn"]["bottomLabel"].startswith("Opened it")
    assert lines["Alan Bradley, in copy"]["text"] == "Answered, in copy, 14:01, 4 min ago"


def test_a_view_of_a_shared_mail_is_given_no_name():
    twice = (SHARED_VIEW, replace(SHARED_VIEW, key="view:2", occurred_at=at(2)))
    told = said(message_card(BASE, open_mail(group(SENT, *twice)), VIEWER))
    assert "Opened it 2 times, last 14:03, 2 min ago" in told
    assert '"topLabel": "Someone on this mail"' in told
    assert told.count("Nothing yet") == 2


def test_counts_say_their_doubt_and_lead_to_what_they_count():
    mail = open_mail(group(SENT, VIEW, DOUBTFUL, INFERRED, REPLY), not_counted=12)
    counted = next(
        widget["decoratedText"]
        for section in message_card(BASE, mail, VIEWER)["sections"]
        for widget in section["widgets"]
        if widget["decoratedText"].get("topLabel") == "Counted"
    )
    assert counted["text"] == "3 views (1 probably, 1 inferred) · 1 reply"
    assert "12 not counted" in counted["bottomLabel"]
    assert counted["onClick"]["openLink"]["url"] == f"{BASE}/messages/7"


def test_all_details_open_the_page_of_the_message():
    footer = message_card(BASE, open_mail(group(SENT)), VIEWER)["fixedFooter"]["primaryButton"]
    assert (footer["text"], footer["onClick"]["openLink"]["url"]) == ("All details", f"{BASE}/messages/7")


def test_an_untracked_mail_says_so_and_nothing_more():
    card = untracked_card()
    assert card["sections"] == [{"widgets": [{"textParagraph": {"text": "This mail is not tracked."}}]}]
    assert "fixedFooter" not in card


def test_the_homepage_shows_three_events_and_five_needs_at_most():
    events = [(group(VIEW), tell(VIEW, [FLYNN]))] * 9
    needs = [Need("answer", f"need {number}", "The offer", NOW, "/messages/7") for number in range(9)]
    told = said(home_card(BASE, Today(events, needs, True), VIEWER))
    assert told.count("<b>Kevin Flynn</b>") == 3
    assert told.count("<b>need") == 5
    assert "4 more" in told
    assert "Open the feed" in told


def test_an_empty_homepage_tells_what_to_do_next():
    assert "Track this mail" in said(home_card(BASE, Today([], [], False), VIEWER))
    assert "yet today" in said(home_card(BASE, Today([], [], True), VIEWER))


@pytest.mark.parametrize("reason", get_args(Reason))
def test_whoever_cannot_go_on_gets_one_sentence_and_one_button(reason):
    card = connect_card(BASE, reason)
    (section,) = card["sections"]
    (_, pressed) = section["widgets"]
    (button,) = pressed["buttonList"]["buttons"]
    link = button["onClick"]["openLink"]
    assert (link["openAs"], link["onClose"]) == ("OVERLAY", "RELOAD")
    assert link["url"].startswith(f"{BASE}/")


def test_who_waits_for_an_admin_is_told_so():
    assert "admin must admit" in said(connect_card(BASE, "pending"))
    assert (
        connect_card(BASE, "stranger")["sections"][0]["widgets"][1]["buttonList"]["buttons"][0]["onClick"]["openLink"][
            "url"
        ]
        == f"{BASE}/connect"
    )
    assert "reconnect" in said(disconnected_line(BASE))


def test_what_was_typed_comes_back_with_the_refusal():
    for card in (
        untracked_draft_card(BASE, Untracked(KEY, (), Typed("our offer", "javascript:x"), REFUSED)),
        tracked_draft_card(
            BASE, Tracked(KEY, "already", NOW, typed=Typed("our offer", "javascript:x"), refused=REFUSED), VIEWER
        ),
    ):
        told = said(card)
        assert '"value": "our offer"' in told
        assert '"value": "javascript:x"' in told
        assert REFUSED.sentence in told
        assert "Nothing was inserted" in told


def test_the_confirmation_says_what_was_inserted_and_what_will_be_seen():
    both = (Recipient("a@x.example"), Recipient("b@x.example"))
    link = CheckedLink("See the offer", "https://gridworks.example/offer")
    told = said(tracked_draft_card(BASE, Tracked(KEY, "tracked", NOW, both, [link], link), VIEWER))
    assert "an invisible image, and the link <b>“See the offer”</b>, which leads to https://gridworks.example" in told
    assert "somebody on this mail opens it (not who" in told
    assert "each click on a tracked link, and who answers, from whatever address" in told


def test_the_tip_comes_with_the_first_mail_only():
    assert "Tip:" in said(untracked_draft_card(BASE, Untracked(KEY, is_first=True)))
    assert "Tip:" not in said(untracked_draft_card(BASE, Untracked(KEY)))


def test_markup_is_as_it_must_stand_in_a_mail():
    assert (
        image_markup("https://t.example/o/T.gif") == '<img src="https://t.example/o/T.gif" width="1" height="1" alt="">'
    )
    link = link_markup('<b>"5 & 6"</b>', "https://t.example/c/T?u=https%3A%2F%2Fx.example&x=\"'><script>")
    assert link == (
        '<a href="https://t.example/c/T?u=https%3A%2F%2Fx.example&amp;x=&quot;&#x27;&gt;&lt;script&gt;">'
        "&lt;b&gt;&quot;5 &amp; 6&quot;&lt;/b&gt;</a>"
    )


@pytest.mark.parametrize("happened", get_args(Happened))
def test_each_outcome_has_its_words(happened):
    assert notification(happened) or happened == "reopened"


@given(st.text(), st.text())
def test_no_name_and_no_subject_can_break_a_card(name, subject):
    storable = name.encode("utf-8", "ignore").decode().replace("\0", "")
    subject = subject.encode("utf-8", "ignore").decode().replace("\0", "")
    person = Person(storable or "x", storable, "to")
    shown = group(SENT, item("reply", 1, who=storable), people=[person], subject=subject)
    assert complaints_about(message_card(BASE, open_mail(shown), VIEWER), BASE) == []


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (NOW, "15:05, just now"),
        (at(4), "15:01, 4 min ago"),
        (at(61), "14:04"),
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "00:30"),  # today in Paris, yesterday in UTC
        (datetime(2026, 11, 23, 20, 0, tzinfo=UTC), "Mon 21:00"),
        (datetime(2026, 11, 3, 20, 0, tzinfo=UTC), "3 Nov"),
        (datetime(2025, 11, 3, 20, 0, tzinfo=UTC), "3 Nov 2025"),
        (NOW + timedelta(minutes=3), "15:08"),  # a clock that runs ahead of ours
    ],
)
def test_times_are_the_viewers(instant, written):
    assert when(instant, viewer_of(NOW, "fr-FR", "Europe/Paris", 0)) == written


def test_americans_get_their_own_clock_and_order():
    viewer = viewer_of(NOW, "en-US", "America/New_York", 0)
    assert when(at(90), viewer) == "7:35 AM"
    assert when(datetime(2026, 11, 3, 20, tzinfo=UTC), viewer) == "Nov 3"
    assert viewer.midnight == datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/Atall", "../../etc/passwd", "Europe", "/etc/localtime", "a\0b", "x" * 5000]
)
def test_a_zone_that_nobody_knows_is_read_by_its_offset(zone):
    assert viewer_of(NOW, "", zone, 3_600_000).zone == timezone(timedelta(hours=1))


def test_names_in_a_row():
    assert [listed(list("abcde")[:n]) for n in range(6)] == [
        "",
        "a",
        "a and b",
        "a, b and c",
        "a, b, c and 1 more",
        "a, b, c and 2 more",
    ]


def test_the_validator_finds_what_is_wrong():
    good = untracked_card()
    assert complaints_about(good, BASE) == []
    wrong = [
        {**good, "sektions": []},
        {**good, "sections": [{"widgets": []}]},
        {**good, "header": {"title": "a<b"}},
        cards.card("x", "x", [cards.section([cards.paragraph("<u>a")])]),
        cards.card("x", "x", [cards.section([cards.paragraph("a & b")])]),
        cards.card(
            "x", "x", [cards.section([cards.line("a", on_click=cards.open_link("https://elsewhere.example/"))])]
        ),
        cards.card("x", "x", [cards.section([{"image": {"imageUrl": "http://readback.example/x.png"}}])]),
        cards.card("x", "x", [cards.section([cards.buttons({"text": "x", "onClick": {}})])]),
        cards.card(
            "x", "x", [cards.section([cards.buttons({**cards.button("x", cards.open_link(BASE)), "type": "BIG"})])]
        ),
        cards.card("x", "x", [cards.section([cards.text_input("a", "a"), cards.text_input("a", "a")])]),
        cards.card("x", "x", [cards.section([cards.paragraph("a")] * 101)]),
        cards.card("x", "x", [cards.section([cards.paragraph("a")])] * 101),
    ]
    for card in wrong:
        assert complaints_about(card, BASE), card


def test_the_card_tells_what_is_read_now_and_what_was_read():
    told = str(message_card(BASE, open_mail(group(SENT, CLICK, READS)), VIEWER))
    assert "Is reading page 3 of 12 of “Offer.pdf”" in told
    assert "1 document opened" in told
    afterwards = replace(VIEWER, now=VIEWER.now + timedelta(minutes=1))
    told = str(message_card(BASE, open_mail(group(SENT, CLICK, READS)), afterwards))
    assert "is reading" not in told.lower()
    assert "“Offer.pdf”" in told
    told = str(message_card(BASE, open_mail(group(SENT, VIEW, READ)), VIEWER))
    assert "Read 4 of 12 pages of “Offer.pdf” (1–3, 7) in 1 min 20 s, downloaded it" in told
    assert "1 document read" in told
    told = str(message_card(BASE, open_mail(group(SENT, SHARED_READING)), VIEWER))
    assert "One of Kevin Flynn, Alan Bradley" in told
    assert "Nothing yet" in told


def test_an_answers_first_words_stand_below_who_answered_and_lead_to_the_rest():
    said = Item("incoming:9", "reply", REPLY.occurred_at, {**REPLY.data, "text": "Yes & <b>soon</b>,\n" + "word " * 40})
    card = message_card(BASE, open_mail(group(SENT, said)), VIEWER)
    assert complaints_about(card, BASE) == []
    [words] = [
        widget["decoratedText"]
        for section in card["sections"]
        for widget in section["widgets"]
        if widget.get("decoratedText", {}).get("bottomLabel") == "Show all"
    ]
    assert words["text"].startswith("“Yes &amp; &lt;b&gt;soon&lt;/b&gt;, word")
    assert len(words["text"]) < 130
    assert words["onClick"]["openLink"]["url"] == f"{BASE}/messages/{group(SENT).message_id}"

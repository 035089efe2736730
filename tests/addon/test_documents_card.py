"""The picker, its neighbours and the block in the mail: what Google takes, what a mail client keeps, what is so."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.documents import (
    Added,
    InMail,
    Offered,
    Picker,
    added_card,
    document_markup,
    notification,
    picker_card,
    plan_card,
)
from backend.domain.people import Recipient
from backend.domain.words import size
from tests.addon.schema import complaints_about
from tests.google_calls import labels_of, text_of
from tests.sandbox.client.cards import NotOnCard, control
from tests.sandbox.client.letterforms import composed, links_in
from tests.sandbox.client.letterforms import text_of as as_text

BASE = "https://readback.example"
KEY = "k" * 22
HOSTILE = "<script>alert(1)</script> & <b>x</b> \u202e \"'"
FLYNN, ALAN = Recipient("flynn@flynnsarcade.com", "Kevin Flynn", "to"), Recipient("alan@encom.com", "", "cc")
ADDRESS = f"https://t.readback.example/d/{'D' * 32}"
OFFER = InMail(7, "Offer.pdf", "pdf", 12, 1_468_006, 595, 842, ADDRESS, f"{ADDRESS}/cover.jpg")
STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
ROW = Offered(7, "Offer.pdf", "pdf", 12, 1_468_006, thumbnail=f"{BASE}/t/{'T' * 32}.jpg")


def picker(*rows: Offered, **more: object) -> Picker:
    return Picker(KEY, rows, **more)


def pressed(card, name: str) -> dict[str, str]:
    """The parameters that a press of a document sends."""
    action = control(card, name).on_click["action"]
    return {each["key"]: each["value"] for each in action["parameters"]}


def shelves(card) -> dict[str, list[str]]:
    """The documents under each heading."""
    return {
        section.get("header", ""): [item["title"] for widget in section["widgets"] for item in widget["grid"]["items"]]
        for section in card["sections"]
        if any("grid" in widget for widget in section["widgets"])
    }


def test_the_picker_shows_each_documents_picture_and_a_press_inserts_it():
    card = picker_card(BASE, picker(ROW, replace(ROW, id=8, name="Prices.pptx", type="pptx", pages=1, owner="Sam")))
    assert complaints_about(card, BASE) == []
    assert pressed(card, "Offer.pdf") == {"compose_key": KEY, "grid_item_identifier": "7"}
    assert pressed(card, "Prices.pptx")["grid_item_identifier"] == "8"
    told = text_of(card)
    assert "PDF · 12 pages · 1.4 MB" in told
    assert "PowerPoint · 1 page · 1.4 MB · Sam" in told
    assert f"{BASE}/t/{'T' * 32}.jpg" in told


def test_what_has_no_pages_yet_is_shown_and_cannot_be_pressed():
    card = picker_card(BASE, picker(replace(ROW, waits_for="Its pages are being made.", pages=None, type="")))
    assert complaints_about(card, BASE) == []
    with pytest.raises(NotOnCard):
        pressed(card, "Offer.pdf")
    assert "Its pages are being made." in text_of(card)


def test_what_was_used_lately_stands_on_a_shelf_of_its_own():
    used, fresh = replace(ROW, was_used=True), replace(ROW, id=8, name="Prices.pptx")
    assert shelves(picker_card(BASE, picker(used, fresh))) == {
        "Recently used": ["Offer.pdf"],
        "Other documents": ["Prices.pptx"],
    }
    assert shelves(picker_card(BASE, picker(fresh))) == {"Your documents": ["Prices.pptx"]}
    sought = picker_card(BASE, picker(used, fresh, sought="e"))
    assert shelves(sought) == {"Found for “e”": ["Offer.pdf", "Prices.pptx"]}


@pytest.mark.parametrize(
    ("more", "turns"),
    [
        ({}, []),
        ({"has_more": True}, ["More"]),
        ({"page": 1}, ["Back"]),
        ({"page": 1, "has_more": True, "sought": "offer"}, ["Back", "More"]),
    ],
)
def test_pages_are_turned_only_where_there_is_one(more, turns):
    card = picker_card(BASE, picker(ROW, **more))
    assert complaints_about(card, BASE) == []
    assert labels_of(card) == ["Search", "Upload in Readback", *turns]


def test_an_empty_picker_says_what_to_do():
    assert "Upload one in Readback" in text_of(picker_card(BASE, picker()))
    assert "No document has “offer” in its name" in text_of(picker_card(BASE, picker(sought="offer")))
    assert complaints_about(picker_card(BASE, picker()), BASE) == []


def test_uploading_opens_the_web_app_and_asks_anew_afterwards():
    (button,) = re.findall(r'\{"openLink": \{[^}]*\}', text_of(picker_card(BASE, picker())))
    assert '"url": "https://readback.example/content"' in button
    assert '"onClose": "RELOAD"' in button


def test_the_single_plan_is_told_what_it_misses_and_what_still_works():
    card = plan_card(BASE)
    assert complaints_about(card, BASE) == []
    assert "attach the file to the mail as always" in text_of(card)


@pytest.mark.parametrize("happened", ["document", "document_already"])
@pytest.mark.parametrize("people", [(), (FLYNN,), (FLYNN, ALAN)])
@pytest.mark.parametrize("has_tracked", [True, False])
def test_the_confirmation_promises_no_name_that_cannot_be_known(happened, people, has_tracked):
    card = added_card(BASE, Added(KEY, happened, OFFER, f"{BASE}/t/{'T' * 32}.jpg", people, has_tracked))
    assert complaints_about(card, BASE) == []
    told = text_of(card)
    seen = {0: "when it is read", 1: "when Kevin Flynn reads it", 2: "one of Kevin Flynn and alan@encom.com"}[
        len(people)
    ]
    assert seen in told
    assert ("Insert it again" in labels_of(card)) == (happened == "document_already")
    assert ("an invisible image" in told) == (happened == "document" and has_tracked)
    assert notification(happened)


@given(STORABLE, STORABLE)
def test_whatever_a_document_is_called_the_cards_stay_googles(name, sought):
    row = replace(ROW, name=name or "x", owner=name)
    assert complaints_about(picker_card(BASE, picker(row, sought=sought, note=name)), BASE) == []
    added = Added(KEY, "document", replace(OFFER, name=name or "x"), "", (Recipient("a@x.example", name),))
    assert complaints_about(added_card(BASE, added), BASE) == []


def test_the_block_says_what_it_is_and_leads_to_the_document():
    block = document_markup(OFFER)
    assert {href for _, href in links_in(block)} == {ADDRESS}
    assert f'src="{ADDRESS}/cover.jpg"' in block
    assert 'alt="First page of Offer.pdf"' in block
    plain = as_text(block)
    assert "Offer.pdf" in plain
    assert "PDF · 12 pages · 1.4 MB" in plain


def test_the_block_survives_gmails_composer_whole():
    block = document_markup(OFFER)
    kept = composed(block)
    for piece in (
        "<table",
        'bgcolor="#f2f4f8"',
        'width="440"',
        'width="90"',
        'height="128"',
        "background-color",
        "padding",
    ):
        assert piece in kept, piece
    assert re.sub(r"[\s;\"]", "", kept) == re.sub(r"[\s;\"]", "", block)
    assert composed(kept) == kept


def test_ink_and_ground_come_together_and_neither_is_pure():
    block = document_markup(OFFER).lower()
    assert not re.search(r"#fff\b|#ffffff|#000\b|#000000|\bwhite\b|\bblack\b", block)
    ground = re.findall(r"background-color:(#\w{6})", block)[0]
    inks = set(re.findall(r"[^-]color:(#\w{6})", block))
    assert len(inks) >= 2
    for ink in inks:
        assert contrast(ink, ground) >= 4.5, ink


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("wide", "high", "shown"),
    [(595, 842, (90, 128)), (842, 595, (96, 68)), (0, 0, (91, 128)), (100, 10_000, (71, 128)), (10_000, 100, (96, 38))],
)
def test_the_cover_keeps_its_page_shape_unless_that_is_extreme(wide, high, shown):
    width, height = re.findall(
        r'<img [^>]*width="(\d+)" height="(\d+)"', document_markup(replace(OFFER, width_pt=wide, height_pt=high))
    )[0]
    assert abs(int(width) - shown[0]) <= 1
    assert int(height) == shown[1]


def test_a_hostile_name_is_only_a_name():
    block = document_markup(replace(OFFER, name=HOSTILE))
    assert "<script" not in block
    assert "<b>" not in block
    assert {words for words, _ in links_in(block)} >= {" ".join(HOSTILE.split())}


@pytest.mark.parametrize(
    ("name", "way"),
    [("הצעה.pdf", "rtl"), ("عرض 12.pptx", "rtl"), ("12 Offer הצעה.pdf", "ltr"), ("12.pdf", "ltr"), ("12", "ltr")],
)
def test_a_name_is_read_in_its_own_direction(name, way):
    assert f'<div dir="{way}"' in document_markup(replace(OFFER, name=name))


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "1 KB"), (500, "1 KB"), (860_000, "840 KB"), (1_468_006, "1.4 MB"), (24_000_000, "23 MB")],
)
def test_sizes_are_written_short(count, told):
    assert size(count) == told

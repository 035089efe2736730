"""Cards are read and stacked as Gmail does it."""

import pytest

from tests.sandbox.client import cards, letterforms

NAMED = [{"name": name} for name in ("home", "list", "detail")]


@pytest.mark.parametrize(
    ("step", "left"),
    [
        ({"pop": True}, ["home", "list"]),
        ({"popToRoot": True}, ["home"]),
        ({"popToCard": "list"}, ["home", "list"]),
        ({"popToCard": "nowhere"}, ["home", "list", "detail"]),
        ({"pushCard": {"name": "more"}}, ["home", "list", "detail", "more"]),
        ({"updateCard": {"name": "new"}}, ["home", "list", "new"]),
    ],
)
def test_each_navigation_leaves_the_cards_it_should(step, left):
    stack = cards.Stack(list(NAMED))
    stack.apply([step])
    assert [card["name"] for card in stack.cards] == left


def test_the_last_card_cannot_be_taken_away():
    stack = cards.Stack([{"name": "home"}])
    stack.apply([{"pop": True}])
    assert stack.top == {"name": "home"}


def test_what_is_read_on_a_card_has_no_markup():
    told = {
        "sections": [{"widgets": [{"textParagraph": {"text": "<b>Flynn</b> &amp; <a href='x'>Alan</a><br>answered"}}]}]
    }
    assert cards.texts(told) == ["Flynn & Alan answered"]


def test_a_pressed_item_of_a_grid_is_named_in_the_parameters():
    press = {"action": {"function": "https://x/y", "parameters": [{"key": "k", "value": "v"}]}}
    items = [{"id": "7", "title": "Offer.pdf", "subtitle": "12 pages"}, {"id": "8", "title": "Prices.pptx"}]
    card = {"sections": [{"widgets": [{"grid": {"title": "Yours", "items": items, "onClick": press}}]}]}
    assert cards.texts(card) == ["Yours", "Offer.pdf", "12 pages", "Prices.pptx"]
    sent = cards.control(card, "Prices.pptx").on_click["action"]["parameters"]
    assert {each["key"]: each["value"] for each in sent} == {"k": "v", "grid_item_identifier": "8"}


def test_several_contents_are_inserted_in_their_order():
    contents = [{"content": "<i>1</i>", "contentType": "MUTABLE_HTML"}, {"content": "<2>", "contentType": "TEXT"}]
    update = {"updateBody": {"type": "INSERT_AT_START", "insertContents": contents}}
    assert cards.inserted("<p>old</p>", update) == "<i>1</i>&lt;2&gt;<p>old</p>"


def test_plain_text_of_a_mail_marks_the_quotation():
    quote = '<div class="gmail_quote">She wrote:<blockquote>One<br>two</blockquote></div>'
    body = f'<div dir="ltr">Yes.<br>Kevin</div><br>{quote}'
    assert letterforms.text_of(body) == "Yes.\nKevin\n\nShe wrote:\n> One\n> two\n"


def test_addresses_in_plain_text_become_links():
    html = letterforms.html_of("See https://gridworks.example/a?b=1&c=2. <b>")
    assert letterforms.links_in(html) == [
        ("https://gridworks.example/a?b=1&c=2", "https://gridworks.example/a?b=1&c=2")
    ]
    assert "&lt;b&gt;" in html

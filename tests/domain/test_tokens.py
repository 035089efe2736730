"""Tracking tokens: ours are known without a database, anybody else's never."""

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.tokens import click_address, find_tokens, mint_token, open_address, read_token

KEYS = (b"a" * 32, b"b" * 32)


@given(st.integers(0, 2**40 - 1), st.sampled_from(KEYS))
def test_a_token_tells_its_workspace_whichever_of_our_keys_signed_it(workspace_id, key):
    assert read_token("o", mint_token("o", workspace_id, (key,)), KEYS) == workspace_id


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_click_leads_to_its_own_destination_only(destination, other):
    token = mint_token("c", 7, KEYS, destination)
    assert read_token("c", token, KEYS, destination) == 7
    if other != destination:
        assert read_token("c", token, KEYS, other) is None


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", min_size=32, max_size=32))
def test_what_is_only_shaped_like_a_token_is_not_ours(token):
    assert read_token("o", token, KEYS) is None


@given(st.text())
def test_any_text_can_be_asked(text):
    assert read_token("o", text, KEYS) is None


def test_an_open_token_is_no_click_token():
    token = mint_token("o", 7, KEYS)
    assert read_token("c", token, KEYS, "https://gridworks.example/") is None
    assert read_token("o", token, (b"c" * 32,)) is None


def test_tokens_are_found_in_a_body_whatever_the_mail_client_did_around_them():
    seen = mint_token("o", 7, KEYS)
    clicked = mint_token("c", 7, KEYS, "https://gridworks.example/?a=1&b=2")
    body = (
        f'<img src="{open_address("https://t.example", seen)}"><a href=3D"'
        f'{click_address("https://t.example", clicked, "https://gridworks.example/?a=1&b=2")}">offer</a>'
    )
    assert find_tokens(body) == {seen, clicked}

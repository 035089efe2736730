"""The add-on's ids and the API's are the same numbers, written differently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.addon_ids import api_id


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_a_decimal_id_is_the_apis_in_hexadecimal(number):
    assert api_id(f"msg-f:{number}") == api_id(f"thread-f:{number}") == format(number, "x")
    assert api_id(format(number, "x")) == format(number, "x")


@pytest.mark.parametrize(
    "unknown",
    ["", "msg-a:r-123", "thread-a:r5", "msg-f:", "msg-f:x", "msg-f:-1", "msg-f:١", f"msg-f:{2**64}", "zz", "msg-f:1\n"],
)
def test_what_only_the_api_knows_is_not_guessed(unknown):
    assert api_id(unknown) is None


@given(st.text())
def test_any_text_is_an_id_or_none(text):
    assert api_id(text) is None or api_id(text).isascii()

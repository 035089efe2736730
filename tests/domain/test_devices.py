"""The device cookie: read as it was made, by any of our keys, and by nobody else's."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.devices import SignedDevice, mint_device, read_device

OLD, NEW, FOREIGN = (
    b"an old key of 32 characters or so",
    b"a new key of 32 characters or so.",
    b"somebody else's key.............",
)
QUORRAS = SignedDevice(7, 3, uuid4())

devices = st.builds(SignedDevice, st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.uuids())


@given(devices)
def test_a_cookie_is_read_as_it_was_made(device: SignedDevice) -> None:
    assert read_device(mint_device(device, [NEW]), [NEW]) == device


def test_a_cookie_of_an_older_key_is_still_read() -> None:
    assert read_device(mint_device(QUORRAS, [OLD]), [NEW, OLD]) == QUORRAS


def test_a_cookie_that_somebody_else_signed_is_nobodys() -> None:
    assert read_device(mint_device(QUORRAS, [FOREIGN]), [NEW, OLD]) is None


@pytest.mark.parametrize("place", range(64))
def test_a_changed_cookie_is_nobodys(place: int) -> None:
    value = mint_device(QUORRAS, [NEW])
    other = "A" if value[place] != "A" else "B"
    assert read_device(value[:place] + other + value[place + 1 :], [NEW]) is None


@given(st.text())
def test_rubbish_is_nobodys(text: str) -> None:
    assert read_device(text, [NEW]) is None


def test_the_cookie_holds_nothing_that_a_header_or_a_cookie_may_not_hold() -> None:
    assert mint_device(SignedDevice(1, 1, UUID(int=0)), [NEW]).replace("-", "").replace("_", "").isalnum()

"""What a rep may say of a hit: that it was theirs where that is not known yet, and the opposite once they said so."""

import pytest

from backend.domain.claims import open_correction


@pytest.mark.parametrize(
    ("verdict", "on_own_message", "has_said", "open_"),
    [
        ("human", True, False, "claim"),
        ("human", False, False, "claim"),
        ("scanner", True, False, "claim"),
        ("repeat", False, False, "claim"),
        ("self", True, False, None),
        ("self", False, False, None),
        ("draft", True, False, None),
        ("team", True, False, "claim"),
        ("team", False, False, None),
        ("self", True, True, "take-back"),
        ("team", False, True, "take-back"),
        ("self", False, True, "take-back"),
    ],
)
def test_what_is_known_already_needs_no_word(verdict, on_own_message, has_said, open_):
    assert open_correction(verdict, on_own_message=on_own_message, has_said=has_said) == open_

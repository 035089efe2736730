"""What a rep may say of a hit: that it was theirs where that is not known yet, and the opposite once they said so."""

import pytest

from backend.domain.claims import open_correction


@pytest.mark.parametrize(
    ("verdict", "rule", "on_own_message", "has_said", "open_"),
    [
        ("human", "any_rule", True, False, "claim"),
        ("human", "any_rule", False, False, "claim"),
        ("scanner", "any_rule", True, False, "claim"),
        ("repeat", "any_rule", False, False, "claim"),
        ("self", "any_rule", True, False, None),
        ("self", "any_rule", False, False, None),
        ("draft", "any_rule", True, False, None),
        ("team", "any_rule", True, False, "claim"),
        ("team", "any_rule", False, False, None),
        ("self", "any_rule", True, True, "take-back"),
        ("team", "any_rule", False, True, "take-back"),
        ("self", "any_rule", False, True, "take-back"),
        ("self", "learned_client", True, False, "unlearn"),
        ("self", "learned_client", False, False, None),
    ],
)
def test_what_is_known_already_needs_no_word(verdict, rule, on_own_message, has_said, open_):
    assert open_correction(verdict, rule, on_own_message=on_own_message, has_said=has_said) == open_

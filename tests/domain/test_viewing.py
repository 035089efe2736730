"""May a reading be recorded, and whose name does a page carry?"""

import itertools

import pytest

from backend.domain.viewing import Reader, label_for, recording_of

YES, NO, UNASKED = Reader(choice="yes"), Reader(choice="no"), Reader()
ELSEWHERE = Reader("flynn@arcade.example", "yes", has_objected=True)
TO, CC = "flynn@arcade.example", "alan@encom.example"


@pytest.mark.parametrize(
    ("privacy", "reader", "for_all", "is_on", "why"),
    [
        ("tell", UNASKED, False, True, "told"),
        ("tell", UNASKED, True, False, "objected"),
        ("tell", YES, True, True, "agreed"),
        ("tell", NO, False, False, "declined"),
        ("tell", ELSEWHERE, False, False, "declined"),
        ("ask", UNASKED, False, False, "asked"),
        ("ask", UNASKED, True, False, "asked"),
        ("ask", YES, False, True, "agreed"),
        ("ask", NO, False, False, "declined"),
        ("none", YES, False, False, "setting"),
    ],
)
def test_the_first_rule_that_applies_answers(privacy, reader, for_all, is_on, why):
    found = recording_of(privacy, reader, has_objection=for_all)
    assert (found.is_on, found.why) == (is_on, why)


def test_nobody_who_said_no_is_ever_recorded_and_nobody_unasked_where_readers_are_asked():
    for privacy, for_all in itertools.product(("tell", "ask", "none"), (True, False)):
        assert not recording_of(privacy, NO, has_objection=for_all).is_on
        assert privacy == "tell" or not recording_of(privacy, UNASKED, has_objection=for_all).is_on


def test_a_page_carries_who_reads_or_else_whom_the_mail_shows_and_is_never_bare():
    assert label_for("kevin@encom.example", TO, [TO, CC], "Quorra Reed") == "kevin@encom.example"
    assert label_for("", TO, [TO, CC], "Quorra Reed") == TO
    assert label_for("", "", [TO, CC], "Quorra Reed") == f"{TO}, {CC}"
    assert label_for("", "", [TO, CC, "a@b.example", "c@d.example", "e@f.example"], "Quorra Reed").endswith(
        " and 2 more"
    )
    assert label_for("", "", [], "Quorra Reed") == "from Quorra Reed"

"""Which files are taken, what they are called, and what the rep is told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.documents import (
    ACCEPTED_TYPES,
    MAX_BYTES,
    MAX_PAGES,
    NAME_LENGTH,
    REFUSALS,
    REMARKS,
    DocumentFacts,
    clean_name,
    extension_of,
    may_be_followed,
    refusal,
    remarks,
    shown_name,
)

GOOD = DocumentFacts(name="offer.pdf", size=1000, found="pdf", pages=12)

REFUSED = {
    "empty": replace(GOOD, size=0, found="unknown", pages=None),
    "too_big": replace(GOOD, size=MAX_BYTES + 1),
    "encrypted": replace(GOOD, encrypted=True, pages=None),
    "unpacks_too_big": replace(GOOD, found="docx", unpacked_bytes=4 << 30),
    "too_slow": replace(GOOD, trouble="time"),
    "too_heavy": replace(GOOD, trouble="memory"),
    "unreadable": replace(GOOD, trouble="crash"),
    "damaged": replace(GOOD, damaged=True, pages=None),
    "not_a_document": replace(GOOD, found="program"),
    "no_pages": replace(GOOD, pages=0),
    "too_many_pages": replace(GOOD, pages=10_000),
}
REMARKED = {
    "wrong_extension": replace(GOOD, name="offer.docx"),
    "renamed": replace(GOOD, name="../../etc/offer.pdf"),
    "repaired": replace(GOOD, repaired=True),
    "scripts_dropped": replace(GOOD, scripts=True),
    "macros_dropped": replace(GOOD, macros=True),
    "outside_not_loaded": replace(GOOD, outside=True),
    "launches_dropped": replace(GOOD, launches=True),
    "attachments_dropped": replace(GOOD, attachments=True),
}


def test_a_good_file_is_taken_without_a_word():
    assert refusal(GOOD) is None
    assert remarks(GOOD) == ()


@pytest.mark.parametrize("rule", [rule.name for rule in REFUSALS])
def test_each_refusal_has_its_facts(rule):
    answer = refusal(REFUSED[rule])
    assert answer and answer.rule == rule
    assert answer.sentence.endswith(".") and len(answer.sentence) < 300


@pytest.mark.parametrize("rule", [rule.name for rule in REMARKS])
def test_each_remark_has_its_facts_and_refuses_nothing(rule):
    assert refusal(REMARKED[rule]) is None
    assert [answer.rule for answer in remarks(REMARKED[rule])] == [rule]


def test_limits_are_inclusive():
    assert refusal(replace(GOOD, pages=MAX_PAGES, size=MAX_BYTES)) is None


def test_a_password_is_told_before_anything_that_follows_from_it():
    answer = refusal(replace(GOOD, encrypted=True, damaged=True, found="unknown", pages=0))
    assert answer and answer.rule == "encrypted"


def test_a_program_called_pdf_is_named():
    answer = refusal(replace(GOOD, found="program"))
    assert answer and answer.sentence.startswith("It is called .pdf but is a program.")


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("offer.pdf", "offer.pdf"),
        ("../../etc/passwd/offer.pdf", "offer.pdf"),
        ("C:\\Users\\Quorra\\offer.pdf", "offer.pdf"),
        ("offer\u202efdp.exe", "offerfdp.exe"),
        ("of\x00fer\r\n\x1b[31m.pdf", "offer[31m.pdf"),
        ("\u2067offer\u2069.pdf", "offer.pdf"),
        ("  my   offer .pdf ", "my offer.pdf"),
        ("...hidden.pdf", "hidden.pdf"),
        ("הצעה.pdf", "הצעה.pdf"),
        ("", "Document"),
        ("///", "Document"),
        ("..", "Document"),
    ],
)
def test_names_lose_paths_and_what_cannot_be_seen(raw, clean):
    assert clean_name(raw) == clean


def test_an_absurd_name_keeps_its_extension():
    name = clean_name("o" * 4000 + ".pptx")
    assert len(name) == NAME_LENGTH and name.endswith(".pptx")


@given(st.text(max_size=300))
def test_a_clean_name_is_safe_and_stays_as_it_is(raw):
    name = clean_name(raw)
    assert 0 < len(name) <= NAME_LENGTH
    assert name.isprintable() and "/" not in name and "\\" not in name and not name.startswith(".")
    assert clean_name(name) == name


@given(st.text(max_size=300), st.sampled_from(ACCEPTED_TYPES))
def test_the_shown_extension_is_the_truth(raw, found):
    name = shown_name(raw, found)
    assert extension_of(name) == found and len(name) <= NAME_LENGTH


@pytest.mark.parametrize(
    "uri", ["https://encom.com/a?b=1#c", "http://encom.com", "mailto:flynn@flynnsarcade.com", "TEL:+15551234"]
)
def test_links_of_a_browser_may_be_followed(uri):
    assert may_be_followed(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "calc.exe",
        "//evil.example",
        "",
        "https://a\nb",
        " https://a",
    ],
)
def test_other_links_may_not(uri):
    assert not may_be_followed(uri)

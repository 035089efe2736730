"""What a document's page says of its numbers: in words what the picture shows, and nothing that was not measured."""

from dataclasses import dataclass

import pytest

from backend.services.reading import DocumentReading, PageTotals, Totals
from backend.web.telling_documents import glance, in_words, leaves


@dataclass(frozen=True)
class A4:
    number: int
    width_pt: float = 595.0
    height_pt: float = 842.0


def strip(*pages: tuple[int, int, int]):
    """Pages with (views, of them timed, the average's milliseconds)."""
    told = [PageTotals(number, views, timed, timed * ms, ms) for number, (views, timed, ms) in enumerate(pages, 1)]
    return leaves([A4(each.number) for each in told], DocumentReading(per_page=told))


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([(4, 4, 9000), (4, 3, 20_000), (1, 1, 2000)],
         "Readers stayed longest on page 2, 20 s on average. 1 of 4 views came to the last page."),
        ([(1, 1, 9000), (0, 0, 0)], "Readers stayed longest on page 1, 9 s on average. Nobody came to the last page."),
        ([(1, 0, 0), (1, 0, 0)], "Every view came to the last page."),
        ([(3, 3, 9000)], ""),
        ([(0, 0, 0), (0, 0, 0)], ""),
    ],
)  # fmt: skip
def test_the_picture_is_told_in_words(pages, words):
    assert in_words(strip(*pages)) == words


def test_bars_stand_for_time_and_lines_for_views_and_what_was_not_measured_is_said():
    told = strip((4, 4, 20_000), (4, 2, 10_000), (2, 2, 100), (1, 0, 0), (0, 0, 0))
    assert [(leaf.told, leaf.bar, leaf.reach) for leaf in told] == [
        ("20 s", 100, 100), ("10 s", 50, 100), ("under 1 s", 2, 50),
        ("time not measured", 0, 25), ("not seen", 0, 0)]  # fmt: skip


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        (Totals(2, 1, 2, 20_000), "2 views by 1 reader, 20 s on average"),
        (Totals(3, 2, 1, 20_000), "3 views by 2 readers, 20 s on average of the 1 measured"),
        (Totals(1, 1, 0, 0), "1 view by 1 reader, time not measured"),
    ],
)
def test_totals_are_told_with_what_they_stand_on(totals, words):
    assert glance(totals) == words

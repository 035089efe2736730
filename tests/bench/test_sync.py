"""The day that `bench sync` measures: no answer is lost, and each costs less than a naive reader pays."""

from collections.abc import Iterator

import pytest

from tests.bench.sync import Day, play, set_scene
from tests.mailroom import Mailroom, open_mailroom

A_QUIET_DAY = Day(
    bulk=10,
    junk=1,
    threads_of_colleagues=1,
    mails_of_colleagues=4,
    threads_of_strangers=1,
    mails_of_strangers=2,
    sent=2,
)


@pytest.fixture(scope="module")
def mailroom() -> Iterator[Mailroom]:
    with open_mailroom() as mailroom:
        yield mailroom


def test_no_answer_of_the_day_is_lost_and_none_costs_what_a_naive_reader_pays(conn, database, mailroom):
    told = play(set_scene(conn, database, mailroom, "full"), A_QUIET_DAY)
    assert told["answers"] == 10
    assert told["lost"] == []
    assert told["units"] < told["naive_units"]
    assert told["found_at_once"] >= 6
    assert told["latest_after_s"] <= 3600

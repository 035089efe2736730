"""A press of "Track this mail": registered once however often and from wherever it comes, and only in its workspace."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from backend.domain.links import CheckedLink
from backend.domain.people import Recipient
from backend.domain.tokens import read_token
from backend.errors import Malformed
from backend.services.composing import JUST_NOW, MOST_LINKS, Composer, Draft, open_card, track
from backend.store import tables
from tests.stories import found_workspace

KEYS = (b"tests-link-key-of-more-than-32-characters!",)
TRACKING = "https://t.readback.example"
FLYNN = Recipient("flynn@flynnsarcade.com", "Kevin Flynn", "to")
ALAN = Recipient("alan@encom.com", "Alan Bradley", "cc")
OFFER = CheckedLink("See the offer", "https://gridworks.example/offer?plan=arcade&seats=12#terms")
PRICES = CheckedLink("prices", "https://gridworks.example/prices")
KEY = "k" * 22


def composer_of(tenant, name=None) -> Composer:
    rep = tenant.reps[name] if name else next(iter(tenant.reps.values()))
    return Composer(tenant.workspace_id, rep.id, TRACKING, KEYS)


@pytest.fixture
def quorra(gridworks) -> Composer:
    return composer_of(gridworks, "quorra")


@pytest.fixture
def tess(othergrid) -> Composer:
    return composer_of(othergrid, "tess")


def rows(conn, table) -> list:
    return conn.execute(select(table).order_by(table.c.workspace_id)).all()


def count(conn, table, tenant_id) -> int:
    return conn.execute(select(func.count()).select_from(table).where(table.c.workspace_id == tenant_id)).scalar_one()


def token_of(address: str) -> str:
    return address.split("?")[0].rsplit("/", 1)[1].removesuffix(".gif")


def test_a_press_prepares_a_message_with_its_image_and_people(conn, quorra, tess, now):
    tracking = track(conn, quorra, Draft(KEY, (FLYNN, ALAN)), now)
    assert (tracking.state, tracking.is_new, tracking.link) == ("prepared", True, None)
    assert read_token("o", token_of(tracking.image_address), KEYS) == quorra.workspace_id
    people = {(row.address, row.name, row.role) for row in rows(conn, tables.recipient)}
    assert people == {("flynn@flynnsarcade.com", "Kevin Flynn", "to"), ("alan@encom.com", "Alan Bradley", "cc")}
    assert {row.workspace_id for row in rows(conn, tables.message)} == {quorra.workspace_id}
    assert count(conn, tables.tracker, tess.workspace_id) == 0


def test_a_prepared_mail_leaves_nothing_in_the_feed(conn, quorra, now):
    track(conn, quorra, Draft(KEY, (FLYNN,), OFFER), now)
    assert rows(conn, tables.feed_item) == []


def test_link_and_image_come_in_one_press(conn, quorra, now):
    tracking = track(conn, quorra, Draft(KEY, (FLYNN,), OFFER), now)
    assert tracking.is_new
    assert tracking.link_is_new
    token = token_of(tracking.link.address)
    assert read_token("c", token, KEYS, OFFER.destination) == quorra.workspace_id
    assert read_token("c", token, KEYS, "https://elsewhere.example") is None
    assert tracking.link.address.startswith(f"{TRACKING}/c/{token}?u=https%3A%2F%2Fgridworks.example%2Foffer")
    stored = conn.execute(select(tables.tracker.c.kind, tables.tracker.c.token)).all()
    assert {tuple(row) for row in stored} == {("open", token_of(tracking.image_address)), ("click", token)}


def test_a_second_press_makes_nothing_new(conn, quorra, now):
    first = track(conn, quorra, Draft(KEY, (FLYNN,), OFFER), now)
    second = track(conn, quorra, Draft(KEY, (FLYNN,), OFFER), now + timedelta(minutes=1))
    assert replace(first, is_new=False, link_is_new=False) == second
    assert len(rows(conn, tables.message)) == 1
    assert len(rows(conn, tables.tracker)) == 2
    assert len(rows(conn, tables.link)) == 1


def test_more_links_come_onto_the_same_message(conn, quorra, now):
    track(conn, quorra, Draft(KEY, (FLYNN,)), now)
    track(conn, quorra, Draft(KEY, (FLYNN,), OFFER), now)
    third = track(conn, quorra, Draft(KEY, (FLYNN,), PRICES), now)
    assert [link.text for link in third.links] == ["See the offer", "prices"]
    assert third.link.destination == PRICES.destination
    assert len(rows(conn, tables.message)) == 1


def test_a_mail_holds_no_more_than_so_many_links(conn, quorra, now):
    for number in range(MOST_LINKS):
        track(conn, quorra, Draft(KEY, (FLYNN,), replace(PRICES, destination=f"https://a.example/{number}")), now)
    with pytest.raises(Malformed):
        track(conn, quorra, Draft(KEY, (FLYNN,), OFFER), now)


def test_who_is_added_to_the_draft_later_is_known(conn, quorra, now):
    track(conn, quorra, Draft(KEY, (FLYNN,)), now)
    track(conn, quorra, Draft(KEY, (FLYNN, ALAN)), now)
    assert {row.address for row in rows(conn, tables.recipient)} == {FLYNN.address, ALAN.address}
    track(conn, quorra, Draft(KEY), now)  # a call that tells nobody is no reason to forget anybody
    assert len(rows(conn, tables.recipient)) == 2


def test_somebody_in_to_and_cc_is_one_recipient_by_the_first_role(conn, quorra, now):
    twice = (FLYNN, Recipient("Flynn@FlynnsArcade.com", "", "cc"))
    track(conn, quorra, Draft(KEY, twice), now)
    assert [(row.address, row.role) for row in rows(conn, tables.recipient)] == [(FLYNN.address, "to")]


def test_the_same_key_of_another_rep_or_company_is_another_mail(conn, gridworks, quorra, tess, now):
    sam = composer_of(gridworks, "sam")
    ids = {track(conn, who, Draft(KEY, (FLYNN,)), now).message_id for who in (quorra, sam, tess)}
    assert len(ids) == 3
    assert not track(conn, tess, Draft(KEY, (FLYNN,)), now).is_new
    assert count(conn, tables.message, tess.workspace_id) == 1


@pytest.mark.parametrize("state", ["sent", "lapsed"])
def test_a_press_on_the_card_of_a_mail_that_is_done_changes_nothing(conn, quorra, now, state):
    track(conn, quorra, Draft(KEY, (FLYNN,)), now)
    conn.execute(update(tables.message).values(state=state))
    late = track(conn, quorra, Draft(KEY, (ALAN,), OFFER), now)
    assert (late.state, late.is_new, late.link_is_new, late.link) == (state, False, False, None)
    assert [row.address for row in rows(conn, tables.recipient)] == [FLYNN.address]
    assert rows(conn, tables.link) == []


@pytest.mark.parametrize("key", ["", "short", "k" * 65, "k" * 21 + "\n", "' OR 1=1 --" * 2])
def test_a_key_that_no_card_of_ours_carries_is_refused(conn, quorra, now, key):
    with pytest.raises(Malformed):
        track(conn, quorra, Draft(key, (FLYNN,)), now)
    assert rows(conn, tables.message) == []


def test_a_card_opened_again_knows_the_mail_that_was_tracked_a_moment_ago(conn, gridworks, quorra, tess, now):
    tracked = track(conn, quorra, Draft(KEY, (FLYNN, ALAN), OFFER), now)
    soon = now + timedelta(minutes=3)
    reopened = open_card(conn, quorra, (ALAN, replace(FLYNN, address="FLYNN@flynnsarcade.com")), soon)
    assert reopened.likely == replace(tracked, is_new=False, link=None, link_is_new=False)
    assert open_card(conn, quorra, (FLYNN,), soon).likely is None
    assert open_card(conn, quorra, (FLYNN, ALAN), now + JUST_NOW + timedelta(seconds=1)).likely is None
    assert open_card(conn, composer_of(gridworks, "sam"), (FLYNN, ALAN), soon).likely is None
    assert open_card(conn, tess, (FLYNN, ALAN), soon).likely is None
    conn.execute(update(tables.message).values(state="sent"))
    assert open_card(conn, quorra, (FLYNN, ALAN), soon).likely is None


def test_the_first_mail_of_a_rep_is_known_as_such(conn, quorra, tess, now):
    assert open_card(conn, quorra, (), now).is_first
    track(conn, quorra, Draft(KEY, (FLYNN,)), now)
    assert not open_card(conn, quorra, (ALAN,), now).is_first
    assert open_card(conn, tess, (), now).is_first


def test_two_presses_at_the_same_moment_make_one_message(committed, now):
    with committed.begin() as conn:
        who = composer_of(found_workspace(conn, "gridworks.example", ["Quorra Reed"]))
        found_workspace(conn, "othergrid.example", ["Tess Marlow"])
    together, made = threading.Barrier(4), []

    def press() -> None:
        together.wait()
        with committed.begin() as conn:
            made.append(track(conn, who, Draft(KEY, (FLYNN, ALAN), OFFER), now))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 4
    assert sum(each.is_new for each in made) == 1
    assert sum(each.link_is_new for each in made) == 1
    assert len({(each.message_id, each.image_address, each.link) for each in made}) == 1
    with committed.begin() as conn:
        assert [len(rows(conn, table)) for table in (tables.message, tables.tracker, tables.link)] == [1, 2, 1]

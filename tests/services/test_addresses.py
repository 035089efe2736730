"""Readers' addresses: a place is noted while they are exact, and only their networks stay, by each workspace's wish."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from backend.domain.arrivals import new_hit_id
from backend.domain.places import Place
from backend.errors import Malformed
from backend.services import addresses, hits
from backend.store import tables
from tests.services.test_hits import GMAIL, IPHONE, Mail


class Atlas:
    """Knows one network."""

    def find(self, ip: str) -> Place | None:
        return Place("Berlin", "Germany") if ip.startswith("81.2.69.") else None


def happen(conn, mail, at, ip, agent=IPHONE):
    """A hit as the collector keeps it; its id tells its time."""
    hit_id = new_hit_id(at)
    values = {"workspace_id": mail.workspace_id, "id": hit_id, "kind": "open", "token": mail.pixel, "received_at": at}
    conn.execute(insert(tables.hit).values(**values, method="GET", ip=ip, user_agent=agent))
    conn.execute(insert(tables.unjudged).values(workspace_id=mail.workspace_id, hit_id=hit_id))
    return hit_id


def kept(conn, hit_id):
    asked = select(tables.hit.c.ip, func.host(tables.hit.c.ip)).where(tables.hit.c.id == hit_id)
    return str(conn.execute(asked).one()[0])


def told(conn, mail):
    asked = select(tables.feed_item.c.data).where(
        tables.feed_item.c.message_id == mail.id, tables.feed_item.c.kind == "view"
    )
    return [data.get("place", "") for data in conn.execute(asked).scalars()]


def test_a_view_says_roughly_where_it_came_from(conn, gridworks, now):
    mail = Mail(conn, gridworks, now)
    happen(conn, mail, now, "81.2.69.77")
    hits.judge_new(conn, now, places=Atlas())
    assert told(conn, mail) == ["Berlin, Germany"]


@pytest.mark.parametrize(("ip", "agent"), [("66.249.84.1", GMAIL), ("198.51.100.9", IPHONE)])
def test_nothing_is_said_of_a_proxy_or_of_a_network_that_nobody_knows(conn, gridworks, now, ip, agent):
    mail = Mail(conn, gridworks, now)
    happen(conn, mail, now, ip, agent)
    hits.judge_new(conn, now, places=Atlas())
    assert told(conn, mail) == [""]


def test_without_a_database_nothing_is_noted(conn, gridworks, now):
    mail = Mail(conn, gridworks, now)
    happen(conn, mail, now, "81.2.69.77")
    hits.judge_new(conn, now)
    assert told(conn, mail) == [""]


@pytest.mark.parametrize(
    ("ip", "left"),
    [
        ("81.2.69.77", "81.2.69.0/24"),
        ("2001:db8:5:77:1234:5678:9abc:def0", "2001:db8:5::/48"),
        (None, "None"),
    ],
)
def test_after_thirty_days_only_the_network_is_left(conn, gridworks, now, ip, left):
    mail = Mail(conn, gridworks, now)
    old = happen(conn, mail, now - timedelta(days=31), ip)
    young = happen(conn, mail, now - timedelta(days=29), ip)
    addresses.blur_addresses(conn, now)
    assert kept(conn, old) == left
    assert kept(conn, young) == str(ip)


def test_the_place_stays_when_the_address_goes(conn, gridworks, now):
    at = now - timedelta(days=40)
    mail = Mail(conn, gridworks, at)
    happen(conn, mail, at, "81.2.69.77")
    hits.judge_new(conn, at, places=Atlas())
    addresses.blur_addresses(conn, now)
    hits.settle_message(conn, mail.workspace_id, mail.id, now)
    assert told(conn, mail) == ["Berlin, Germany"]


def test_each_workspace_decides_for_itself(conn, gridworks, othergrid, now):
    mine, theirs = Mail(conn, gridworks, now), Mail(conn, othergrid, now)
    at = now - timedelta(days=10)
    own, other = (happen(conn, mail, at, "81.2.69.77") for mail in (mine, theirs))
    addresses.set_exact_days(conn, gridworks.workspace_id, 1, "7")
    addresses.blur_addresses(conn, now)
    assert (kept(conn, own), kept(conn, other)) == ("81.2.69.0/24", "81.2.69.77")
    assert addresses.exact_days_of(conn, othergrid.workspace_id) == 30


def test_it_goes_on_where_it_stopped_and_takes_what_came_late(conn, gridworks, now, monkeypatch):
    monkeypatch.setattr(addresses, "_AT_ONCE", 2)
    mail = Mail(conn, gridworks, now)
    old = [happen(conn, mail, now - timedelta(days=40, minutes=n), "81.2.69.77") for n in range(5)]
    for _ in range(4):
        addresses.blur_addresses(conn, now)
    assert {kept(conn, one) for one in old} == {"81.2.69.0/24"}
    late = happen(conn, mail, now - timedelta(days=30, hours=20), "81.2.69.77")
    addresses.blur_addresses(conn, now + timedelta(hours=1))
    assert kept(conn, late) == "81.2.69.0/24"


def test_what_is_blurred_is_left_alone(conn, gridworks, now):
    mail = Mail(conn, gridworks, now)
    old = happen(conn, mail, now - timedelta(days=40), "81.2.69.77")
    addresses.blur_addresses(conn, now)
    conn.execute(update(tables.workspace).values(blurred_to=None))
    addresses.blur_addresses(conn, now)
    assert kept(conn, old) == "81.2.69.0/24"


@pytest.mark.parametrize("told", ["", "0", "31", "30 days", "-7", "³0"])
def test_other_times_are_refused(conn, gridworks, told):
    with pytest.raises(Malformed):
        addresses.set_exact_days(conn, gridworks.workspace_id, 1, told)

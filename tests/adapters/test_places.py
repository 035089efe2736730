"""Where a network is: a real database in MaxMind's format, made here."""

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from backend.adapters.places import Places
from backend.domain.places import Place, may_be_placed
from backend.errors import SettingsIncomplete

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
BERLIN = {"city": {"names": {"en": "Berlin", "de": "Berlin"}}, "country": {"names": {"en": "Germany"}}}


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> Places:
    path = tmp_path_factory.mktemp("places") / "places.mmdb"
    writer = MMDBWriter(6, ipv4_compatible=True)
    writer.insert_network(IPSet(["81.2.69.0/24"]), BERLIN)
    writer.insert_network(IPSet(["2001:db8:5::/48"]), {"country": {"names": {"en": "Norway"}}})
    writer.insert_network(IPSet(["203.0.113.0/24"]), {"continent": {"code": "EU"}})
    writer.to_db_file(str(path))
    return Places(str(path))


@pytest.mark.parametrize(
    ("ip", "place"),
    [
        ("81.2.69.77", Place("Berlin", "Germany")),
        ("2001:db8:5::1", Place("", "Norway")),
        ("203.0.113.5", None),
        ("198.51.100.1", None),
        ("no address", None),
    ],
)
def test_a_place_is_what_the_database_says(places, ip, place):
    assert places.find(ip) == place


def test_a_place_is_told_as_people_say_it():
    assert Place("Berlin", "Germany").told == "Berlin, Germany"
    assert (Place("", "Norway").told, Place().told) == ("Norway", "")


@pytest.mark.parametrize(("name", "content"), [("missing.mmdb", None), ("other.mmdb", b"PK no such database")])
def test_what_is_no_database_is_refused_at_the_start(tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsIncomplete, match="GEOIP_DATABASE"):
        Places(str(path))


@pytest.mark.parametrize(
    ("ip", "agent", "may"),
    [
        ("81.2.69.77", IPHONE, True),
        ("66.249.84.1", GMAIL, False),
        ("17.58.1.1", "Mozilla/5.0", False),
        ("17.58.1.1", IPHONE, False),
        (None, IPHONE, False),
    ],
)
def test_a_proxy_says_nothing_of_where_its_reader_is(ip, agent, may):
    assert may_be_placed(ip, agent) is may

"""What do the lists say that vendors publish of their networks? Parsing and writing them; nothing is fetched here.

A list that is empty, or far shorter than the one before, is no list: `Malformed` is raised, and the old one stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from backend.errors import Malformed

Network = IPv4Network | IPv6Network

_LEAST_SHARE = 0.5  # of the addresses before: vendors grow, and move little at a time

_MODULE = '''"""The ranges of addresses that vendors publish; `python -m backend refresh-networks` writes them anew."""

# Google's own, without what its cloud lets to others
GOOGLE = (
{google})
# Exchange Online's, which Defender fetches from
MICROSOFT_MAIL = (
{microsoft})
'''


def google_ranges(everything: object, cloud: object) -> Sequence[Network]:
    """Google's own networks: what it publishes, less what customers of its cloud may use.

    Both are Google's JSON (https://www.gstatic.com/ipranges/goog.json, cloud.json): `prefixes`, each with an
    `ipv4Prefix` or an `ipv6Prefix`. Raises Malformed.
    """
    return _without(_prefixes(everything), _prefixes(cloud))


def microsoft_mail_ranges(endpoints: object) -> Sequence[Network]:
    """Exchange Online's networks, of Microsoft's endpoints service: entries with a `serviceArea` and `ips`.

    Source: https://endpoints.office.com/endpoints/worldwide. Raises Malformed.
    """
    if not isinstance(endpoints, list):
        raise Malformed("Microsoft's list has another shape than expected.")
    mail = (entry for entry in endpoints if isinstance(entry, Mapping) and entry.get("serviceArea") == "Exchange")
    return _networks(ip for entry in mail for ip in entry.get("ips") or ())


def check_successor(name: str, before: Iterable[str], after: Sequence[Network]) -> None:
    """Raise Malformed where a new list leaves out so much that it cannot be meant."""
    known = sum(net.num_addresses for net in map(ip_network, before) if net.version == 4)
    told = sum(net.num_addresses for net in after if net.version == 4)
    if told < known * _LEAST_SHARE:
        raise Malformed(f"{name}'s list is far shorter than the one before ({told:,} addresses of {known:,}).")


def written(google: Sequence[Network], microsoft: Sequence[Network]) -> str:
    """The module that holds the ranges."""
    google_lines, microsoft_lines = ("".join(f'    "{net}",\n' for net in nets) for nets in (google, microsoft))
    return _MODULE.format(google=google_lines, microsoft=microsoft_lines)


def _prefixes(told: object) -> Sequence[Network]:
    prefixes = told.get("prefixes") if isinstance(told, Mapping) else None
    if not isinstance(prefixes, list):
        raise Malformed("Google's list has another shape than expected.")
    found = (entry for entry in prefixes if isinstance(entry, Mapping))
    return _networks(entry.get("ipv4Prefix") or entry.get("ipv6Prefix") for entry in found)


def _networks(told: Iterable[Any]) -> Sequence[Network]:
    try:
        found = [ip_network(one) for one in told]
    except (ValueError, TypeError) as problem:
        raise Malformed("A list names something that is no network.") from problem
    if not found:
        raise Malformed("A list is empty.")
    fours = collapse_addresses(net for net in found if isinstance(net, IPv4Network))
    sixes = collapse_addresses(net for net in found if isinstance(net, IPv6Network))
    return [*fours, *sixes]


def _without(these: Sequence[Network], those: Sequence[Network]) -> Sequence[Network]:
    left: list[Network] = list(these)
    for gone in those:
        left = [part for net in left for part in _part_without(net, gone)]
    return sorted(left, key=lambda net: (net.version, int(net.network_address)))


def _part_without(net: Network, gone: Network) -> Sequence[Network]:
    if net.version != gone.version or not net.overlaps(gone):
        return [net]
    if net.prefixlen >= gone.prefixlen:
        return []
    return list(net.address_exclude(gone))  # type: ignore[arg-type]

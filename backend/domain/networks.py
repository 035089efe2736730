"""Whose network is an address in? Only as supporting evidence: people share networks with machines.

Mail security has no official lists; these are ranges in which their fetchers were seen. Google's and Apple's are
named for the sentence only: iCloud Private Relay and Google's proxies carry real people. What vendors do publish is in
`network_ranges`, and `python -m backend refresh-networks` asks them again.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal

from backend.domain.network_ranges import GOOGLE, MICROSOFT_MAIL

Owner = Literal["mail security", "google", "apple"]


@dataclass(frozen=True)
class Network:
    """A range of addresses, whose it is, and how a person calls them."""

    range: IPv4Network | IPv6Network
    owner: Owner
    name: str


def _networks(owner: Owner, name: str, *ranges: str) -> tuple[Network, ...]:
    return tuple(Network(ip_network(one), owner, name) for one in ranges)


NETWORKS: tuple[Network, ...] = (
    # Defender fetches from Exchange Online's own ranges (learn.microsoft.com, urls-and-ip-address-ranges)
    *_networks("mail security", "Microsoft's mail service", *MICROSOFT_MAIL),
    *_networks("mail security", "Proofpoint", "67.231.144.0/20", "148.163.128.0/19", "205.220.160.0/19"),
    *_networks(
        "mail security", "Mimecast", "91.220.42.0/24", "146.101.78.0/24", "195.130.217.0/24", "205.139.110.0/23"
    ),
    *_networks("mail security", "Mimecast", "207.211.30.0/23", "216.205.24.0/24", "185.58.84.0/22", "207.82.80.0/24"),
    *_networks("mail security", "Barracuda", "64.235.144.0/20", "209.222.80.0/21"),
    *_networks("mail security", "Cisco", "68.232.128.0/19", "216.71.128.0/19", "184.94.240.0/20"),
    *_networks(
        "mail security", "Symantec", "67.219.240.0/20", "85.158.136.0/21", "193.109.254.0/23", "195.245.230.0/23"
    ),
    *_networks("google", "Google", *GOOGLE),
    *_networks("apple", "Apple", "17.0.0.0/8"),
)


_BOUNDS = tuple(
    (one.range.version, int(one.range.network_address), int(one.range.broadcast_address), one) for one in NETWORKS
)


@lru_cache(maxsize=4096)
def find_network(ip: str | None) -> Network | None:
    """Find the known network that an address lies in; None for all others, and for what is no address."""
    if ip is None:
        return None
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    number, version = int(address), address.version
    return next((one for kind, first, last, one in _BOUNDS if first <= number <= last and kind == version), None)

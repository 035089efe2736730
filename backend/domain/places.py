"""Roughly where was somebody, and how long is it known exactly? What may be told of an address, and what is kept of it.

A place is what a database of networks says: the town of a provider's exchange as often as the reader's own. It is told
as "near Berlin, Germany", and never where a proxy asked in a reader's stead.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from backend.domain.agents import agent_of
from backend.domain.networks import find_network

ExactDays = Literal[7, 30, 90, 365]
EXACT_DAYS: tuple[int, ...] = get_args(ExactDays)
# What is left of an address: the network of a street or a company; of IPv6 that of a provider's customer
KEPT_BITS = {4: 24, 6: 48}


@dataclass(frozen=True)
class Place:
    """A town and its country, as far as they are known."""

    city: str = ""
    country: str = ""

    @property
    def told(self) -> str:
        """As a person says it; empty where nothing is known."""
        return ", ".join(part for part in (self.city, self.country) if part)


def may_be_placed(ip: str | None, user_agent: str) -> bool:
    """Whether an address says where a reader was: not a proxy's, which asks for people everywhere."""
    return ip is not None and not agent_of(user_agent).is_proxy and find_network(ip) is None

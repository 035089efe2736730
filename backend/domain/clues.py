"""What do hits tell together that none tells alone? Bursts of links, and looks that a rep's presence explains."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from backend.domain.agents import Agent
from backend.domain.claims import claimants, is_learned, learned_clients
from backend.domain.hits import Hit, MessageFacts, client_of

Burst = Literal["many", "pair", "same machine"]

_MANY, _MANY_WITHIN = 3, timedelta(seconds=2)
_PAIR, _PAIR_WITHIN = 2, timedelta(seconds=1)
SAME_MACHINE = timedelta(minutes=1)  # what a machine does around its burst belongs to it
PRESENCE = timedelta(seconds=8)  # Gmail calls the add-on about when it loads the pictures; either may come first
ONE_LOADING = timedelta(seconds=1)  # Google's proxy may ask twice for one look


def bursts_of(hits: Sequence[Hit], agents: Mapping[UUID, Agent], facts: MessageFacts) -> dict[UUID, Burst]:
    """Find the hits of machines that follow several links at once; `hits` oldest first, at any time after sending.

    A document is a link among the others; what is done in it is not.
    """
    clicks = [hit for hit in _not_known(hits, facts) if hit.kind in ("click", "visit") and _after_sending(hit, facts)]
    found: dict[UUID, Burst] = dict.fromkeys(_crowded(clicks, _PAIR, _PAIR_WITHIN), "pair")
    found |= dict.fromkeys(_crowded(clicks, _MANY, _MANY_WITHIN), "many")
    seen = defaultdict(list)
    for hit in clicks:
        if hit.id in found:
            seen[client_of(hit, agents[hit.id])].append(hit.received_at)
    for hit in hits:
        times = seen.get(client_of(hit, agents[hit.id]), ())
        is_in_burst = hit.id in found or (hit.kind != "visit" and hit.visit_id is not None)  # judged by its visit
        if not is_in_burst and any(abs(hit.received_at - at) <= SAME_MACHINE for at in times):
            found[hit.id] = "same machine"
    return found


def _not_known(hits: Sequence[Hit], facts: MessageFacts) -> list[Hit]:
    """The hits of which nobody of ours is known to have made them."""
    devices, claimed = {device.id for device in facts.devices}, claimants(facts)
    learned = learned_clients(facts)
    return [
        hit for hit in hits if hit.device_id not in devices and hit.id not in claimed and not is_learned(hit, learned)
    ]


def _crowded(clicks: Sequence[Hit], links: int, within: timedelta) -> set[UUID]:
    """The clicks that lie in any window of this length with so many different links."""
    found: set[UUID] = set()
    first = 0
    for last, hit in enumerate(clicks):
        while hit.received_at - clicks[first].received_at > within:
            first += 1
        window = clicks[first : last + 1]
        if len({one.target for one in window}) >= links:
            found |= {one.id for one in window}
    return found


def present_at(hits: Sequence[Hit], agents: Mapping[UUID, Agent], facts: MessageFacts) -> dict[UUID, int]:
    """Find the looks through Google's proxy that were a rep's own: hit -> rep.

    One presence explains one look, the nearest in time: Flynn may look in the same seconds. Oldest presence first.
    A look that the rep called hers is the one; one that somebody else called theirs is not.
    """
    claimed = claimants(facts)
    fetches = [hit for hit in hits if hit.kind == "open" and agents[hit.id].is_google and _after_sending(hit, facts)]
    explained: dict[UUID, int] = {}
    for presence in sorted(facts.presences, key=lambda one: (one.at, one.rep_id)):
        near = [hit for hit in fetches if hit.id not in explained and abs(hit.received_at - presence.at) <= PRESENCE]
        free = [hit for hit in near if claimed.get(hit.id, presence.rep_id) == presence.rep_id]
        if not free:
            continue
        nearest = min(free, key=lambda hit: (hit.id not in claimed, abs(hit.received_at - presence.at), *_order(hit)))
        for hit in free:
            if abs(hit.received_at - nearest.received_at) <= ONE_LOADING:
                explained[hit.id] = presence.rep_id
    return explained


def _order(hit: Hit) -> tuple[datetime, UUID]:
    return hit.received_at, hit.id


def _after_sending(hit: Hit, facts: MessageFacts) -> bool:
    return facts.state == "sent" and (facts.sent_at is None or hit.received_at >= facts.sent_at)

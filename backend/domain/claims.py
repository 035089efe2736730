"""What does a rep's own word explain? The hit that it is about, and later hits of the same browser at the same place.

A rep says "That was me" of a hit (`Claim`). Where that hit came straight from a browser or mail program, the same
program in the same network is hers from that moment on, on her own messages: likely, not certain, since a family or
an office shares networks. From a picture proxy nothing is learned: it fetches for everybody.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from backend.domain.agents import Agent, agent_of
from backend.domain.hits import Hit, MessageFacts, block_of
from backend.domain.networks import find_network

LEARNED_CLIENT = "learned_client"
Correction = Literal["claim", "take-back", "unlearn"]
Client = tuple[str, str]  # a User-Agent, and the block of addresses that it comes from
Learned = Mapping[Client, datetime]


def claimants(facts: MessageFacts) -> dict[UUID, int]:
    """Say who called which hit theirs; the message's own rep before colleagues, whoever spoke first."""
    ranked = sorted(facts.claims, key=lambda claim: (claim.rep_id != facts.rep_id, claim.rep_id), reverse=True)
    return {claim.hit.id: claim.rep_id for claim in ranked}


def learned_clients(facts: MessageFacts) -> dict[Client, datetime]:
    """Find the clients that are the message's rep's by her own word, and since when."""
    found: dict[Client, datetime] = {}
    for claim in facts.claims:
        is_hers = claim.rep_id == facts.rep_id and claim.teaches
        if is_hers and is_recognisable(claim.hit, agent_of(claim.hit.user_agent)):
            client = _client_of(claim.hit)
            found[client] = min(claim.at, found.get(client, claim.at))
    return found


def is_learned(hit: Hit, learned: Learned) -> bool:
    """Whether a hit comes from a client that was called the rep's before. A signed cookie says who it is better."""
    since = learned.get(_client_of(hit)) if learned and hit.device_id is None else None
    return since is not None and hit.received_at > since


def is_recognisable(hit: Hit, agent: Agent) -> bool:
    """Whether the same client can be known again: one person's program, straight from her own network."""
    is_direct = agent.kind in ("browser", "mail_app") and bool(block_of(hit.ip)) and find_network(hit.ip) is None
    return is_direct and hit.method == "GET" and hit.device_id is None


def open_correction(verdict: str, rule: str, *, on_own_message: bool, has_said: bool) -> Correction | None:
    """Say what a rep may say of a hit: that it was theirs, or not (after all); nothing where it is known."""
    if has_said:
        return "take-back"
    if rule == LEARNED_CLIENT and on_own_message:
        return "unlearn"
    is_known = verdict in ("self", "draft") or (verdict == "team" and not on_own_message)
    return None if is_known else "claim"


def _client_of(hit: Hit) -> Client:
    return hit.user_agent, block_of(hit.ip)

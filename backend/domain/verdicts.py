"""What was each hit on a message: a person's look, or something that must not be counted, and why?

All hits of a message are judged together, oldest first, so that late ones may change what the earlier ones were (a
scanner is known by its third link), and the order of arrival does not matter. The rules stand in `RULES`
(`verdict_rules`), first answer wins; each has a name, a sentence for a person and the source of its knowledge. What
kind of program a User-Agent is, is in `agents`; loading and storing is in `services.hits`.

    hits --sort--> clues (bursts, looks explained by presence or writing, claims) --RULES, oldest first--> verdicts
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from backend.domain.agents import agent_of
from backend.domain.claims import claimants, learned_clients
from backend.domain.clues import bursts_of, present_at
from backend.domain.hits import (
    DOCUMENT_KINDS,
    Answer,
    Claim,
    Hit,
    InferredView,
    MessageFacts,
    OwnDevice,
    Presence,
    Verdict,
    Word,
)
from backend.domain.looks import Looks
from backend.domain.verdict_rules import RULES, Scene
from backend.domain.words import capital
from backend.domain.writing import written_looks

__all__ = [
    "RULES",
    "RULES_VERSION",
    "Answer",
    "Claim",
    "Hit",
    "InferredView",
    "MessageFacts",
    "OwnDevice",
    "Presence",
    "Verdict",
    "Word",
    "inferred_view",
    "judge",
]

# For whoever is answered without having been "seen": what would tell more the next time
TIP = "Pictures may be off there: a tracked link in your next mail tells of it even then."
RULES_VERSION = 5  # raise it with every change of rules that can change a verdict


def judge(hits: Iterable[Hit], facts: MessageFacts) -> tuple[Verdict, ...]:
    """Judge all hits of one message, given in any order; the verdicts come oldest hit first."""
    ordered = sorted(hits, key=lambda hit: (hit.received_at, hit.id))
    agents = {hit.id: agent_of(hit.user_agent) for hit in ordered}
    bursts = bursts_of(ordered, agents, facts)
    present = present_at(ordered, agents, facts)
    written = written_looks(ordered, agents, facts, present)
    claimed, learned = claimants(facts), learned_clients(facts)
    looks = Looks()
    verdicts: list[Verdict] = []
    visits: dict[UUID, Word] = {}
    for hit in ordered:
        agent = agents[hit.id]
        said_by = claimed.get(hit.id, claimed.get(hit.visit_id or hit.id))
        clues = (bursts.get(hit.id), present.get(hit.id), looks, said_by, learned, written.get(hit.id))
        visit = visits.get(hit.visit_id) if hit.visit_id is not None else None
        verdict = _decide(Scene(hit, agent, facts, *clues, visit))
        if hit.kind == "visit":
            visits[hit.id] = verdict.verdict
        if verdict.verdict in ("human", "repeat"):
            looks.note(hit, agent)
        elif hit.id in claimed and not agent.is_proxy:
            looks.set_apart(hit, agent)  # what went on from a rep's own look is no view of somebody else
        verdicts.append(verdict)
    return tuple(verdicts)


def _decide(scene: Scene) -> Verdict:
    for rule in RULES:
        found = rule.applies(scene)
        if found is not None:
            word = found.verdict or rule.verdict
            first = scene.looks.continued_by(scene.hit, scene.agent) if word == "repeat" else None
            told = (found.sentence, found.confidence, scene.agent.name)
            return Verdict(scene.hit.id, word, rule.name, *told, first)
    raise AssertionError("the last rule answers always")


def inferred_view(hits: Sequence[Hit], verdicts: Sequence[Verdict], facts: MessageFacts) -> InferredView | None:
    """Tell of the view that there must have been: a reply, a person's click or reading, where no view was counted."""
    if facts.state != "sent":
        return None
    counted = {verdict.hit_id for verdict in verdicts if verdict.verdict == "human"}
    human = [hit for hit in hits if hit.id in counted]
    if any(hit.kind == "open" for hit in human):
        return None
    told = [
        InferredView(
            hit.received_at,
            facts.doer(hit),
            f"{capital(facts.doer(hit))} {'opened a document' if hit.kind in DOCUMENT_KINDS else 'clicked a link'}, "
            "so the mail was seen, though its image was not loaded.",
            0.95,
        )
        for hit in human
    ] + [
        InferredView(
            answer.at,
            answer.who,
            f"{capital(answer.who)} answered, so the mail was seen, though its image was not loaded. {TIP}",
            1.0,
        )
        for answer in facts.answers
    ]
    return min(told, key=lambda view: (view.at, view.who, view.sentence), default=None)

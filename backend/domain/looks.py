"""Is this the same look again? What was counted of a message so far, by client; lives as long as one judgement."""

from datetime import datetime, timedelta
from uuid import UUID

from backend.domain.agents import Agent
from backend.domain.hits import Hit, block_of, client_of

SESSION = timedelta(minutes=30)  # what follows within it, by the same client, is the same look
RECHECK = timedelta(minutes=1)  # so soon after a person's click, mail security may follow the same link


class Looks:
    """The looks that count, oldest first, and what continues them."""

    def __init__(self) -> None:
        self._last: dict[tuple[object, ...], tuple[datetime, UUID]] = {}
        self._blocks: set[str] = set()
        self._clicked: dict[object, tuple[datetime, tuple[object, ...]]] = {}

    def continued_by(self, hit: Hit, agent: Agent) -> UUID | None:
        """The hit with which the same client began to do the same thing, within the session."""
        last = self._last.get(_deed(hit, agent))
        return last[1] if last is not None and hit.received_at - last[0] <= SESSION else None

    def opened_from(self, hit: Hit) -> bool:
        """Whether a look was counted from this address block before."""
        return hit.ip is not None and block_of(hit.ip) in self._blocks

    def rechecks(self, hit: Hit, agent: Agent) -> bool:
        """Whether another client followed this very link moments ago."""
        last = self._clicked.get(hit.target)
        return last is not None and last[1] != client_of(hit, agent) and hit.received_at - last[0] <= RECHECK

    def set_apart(self, hit: Hit, agent: Agent) -> None:
        """Remember a look that does not count, so that what goes on from it is no view of its own."""
        self._last[_deed(hit, agent)] = (hit.received_at, hit.id)

    def note(self, hit: Hit, agent: Agent) -> None:
        """Remember a hit that counts, or that continues one that does."""
        first = self.continued_by(hit, agent) or hit.id
        self._last[_deed(hit, agent)] = (hit.received_at, first)
        if hit.ip is not None:
            self._blocks.add(block_of(hit.ip))
        if hit.kind in ("click", "visit"):
            self._clicked[hit.target] = (hit.received_at, client_of(hit, agent))


def _deed(hit: Hit, agent: Agent) -> tuple[object, ...]:
    return (*client_of(hit, agent), hit.kind, *hit.target)

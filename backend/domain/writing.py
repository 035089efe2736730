"""Which looks came of a rep's own writing? What one writes in a conversation quotes the mail, image and all.

Gmail loads the quoted image when an answer is begun and when it is shown as sent, and calls no add-on for either. Such
a look and Flynn's are the same request, so it is judged by what stands around it: who had the conversation open, and
whose mail comes next in it. See DECISIONS, 18.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from backend.domain.agents import Agent
from backend.domain.claims import claimants
from backend.domain.clues import ONE_LOADING
from backend.domain.hits import SOMEBODY, Hit, MessageFacts, Written

WRITING = timedelta(minutes=15)  # from opening a conversation to its quoted image, and from there to the written mail
JUST_SENT = timedelta(seconds=5)  # so soon nobody else has opened it
Sign = Literal["wrote next", "just sent", "had an answer open"]


@dataclass(frozen=True)
class Writer:
    """Whose writing explains a look, and by what sign."""

    rep_id: int
    sign: Sign


def written_looks(
    hits: Sequence[Hit], agents: Mapping[UUID, Agent], facts: MessageFacts, explained: Mapping[UUID, int]
) -> dict[UUID, Writer]:
    """Find the looks through Google's proxy that came of a rep's writing; `hits` oldest first.

    Between two mails of the conversation one look is explained, no more: whoever else looked then stays to be counted.
    """
    if facts.state != "sent" or not facts.presences or not facts.conversation:
        return {}
    claimed = claimants(facts)
    found: dict[UUID, Writer] = {}
    turns: dict[tuple[int, int], datetime] = {}
    for hit in hits:
        is_free = hit.id not in explained and hit.id not in claimed and hit.device_id is None
        if not is_free or hit.kind != "open" or agents[hit.id].kind != "gmail_proxy":
            continue
        if facts.sent_at is not None and hit.received_at < facts.sent_at:
            continue
        writer = _writer_at(hit.received_at, facts)
        if writer is None:
            continue
        turn = (writer.rep_id, sum(1 for mail in facts.conversation if mail.at <= hit.received_at))
        if hit.received_at - turns.setdefault(turn, hit.received_at) <= ONE_LOADING:
            found[hit.id] = writer
    return found


def _writer_at(at: datetime, facts: MessageFacts) -> Writer | None:
    """Say whose writing would load the image at this instant: of those who had the conversation open."""
    present = {one.rep_id for one in facts.presences if timedelta(0) <= at - one.at <= WRITING}
    before = max((mail for mail in facts.conversation if mail.at <= at), key=_order, default=None)
    after = min((mail for mail in facts.conversation if at < mail.at <= at + WRITING), key=_order, default=None)
    if before is not None and before.rep_id in present and at - before.at <= JUST_SENT:
        return Writer(before.rep_id, "just sent")
    if after is not None:
        return Writer(after.rep_id, "wrote next") if after.rep_id in present else None
    if before is not None and before.rep_id == SOMEBODY and facts.rep_id in present:
        return Writer(facts.rep_id, "had an answer open")
    return None


def _order(mail: Written) -> tuple[datetime, int]:
    return mail.at, mail.rep_id

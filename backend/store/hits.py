"""What waits to be judged, what is known of a message to judge it by, and what was said of its hits? Queries only.

The collector writes `hit` and `unjudged` itself (COPY, on its own driver); everything after that is here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, and_, delete, func, or_, select, tuple_, union
from sqlalchemy.dialects.postgresql import insert

from backend.domain.hits import Answer, Claim, Hit, MessageFacts, OwnDevice, Presence, Verdict
from backend.store.tables import (
    claim,
    device,
    feed_item,
    hit,
    incoming,
    link,
    message,
    presence,
    recipient,
    rep,
    tracker,
    unjudged,
    verdict,
)


@dataclass(frozen=True)
class Waiting:
    """A hit that waits to be judged; `message_id` is None where no tracker has its token."""

    workspace_id: int
    hit_id: UUID
    message_id: int | None


@dataclass(frozen=True)
class Said:
    """A stored verdict, as far as it can change."""

    verdict: str
    rule: str
    sentence: str
    confidence: float
    rules_version: int


@dataclass(frozen=True)
class Link:
    """A tracked link, as the feed tells it."""

    text: str
    destination: str


_HIT = (
    hit.c.id,
    hit.c.kind,
    hit.c.received_at,
    hit.c.user_agent,
    func.host(hit.c.ip).label("ip"),
    hit.c.method,
    hit.c.headers,
    hit.c.device_id,
)


def take_waiting(conn: Connection, limit: int) -> Sequence[Waiting]:
    """Take the oldest waiting hits that nobody else has taken; they stay taken until the transaction ends."""
    asked = (
        select(unjudged.c.workspace_id, unjudged.c.hit_id)
        .order_by(unjudged.c.hit_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = [tuple(row) for row in conn.execute(asked)]
    if not taken:
        return []
    found = (
        select(hit.c.workspace_id, hit.c.id, tracker.c.message_id)
        .outerjoin(tracker, and_(tracker.c.workspace_id == hit.c.workspace_id, tracker.c.token == hit.c.token))
        .where(tuple_(hit.c.workspace_id, hit.c.id).in_(taken))
    )
    messages = {(row.workspace_id, row.id): row.message_id for row in conn.execute(found)}
    return [Waiting(workspace_id, hit_id, messages.get((workspace_id, hit_id))) for workspace_id, hit_id in taken]


def drop_waiting(conn: Connection, taken: Sequence[Waiting]) -> None:
    """Nothing more is to be done about these hits."""
    keys = [(one.workspace_id, one.hit_id) for one in taken]
    conn.execute(delete(unjudged).where(tuple_(unjudged.c.workspace_id, unjudged.c.hit_id).in_(keys)))


def lock_message(conn: Connection, workspace_id: int, message_id: int) -> bool:
    """Let nobody else judge this message until the transaction ends; False where there is none."""
    asked = (
        select(message.c.id)
        .where(message.c.workspace_id == workspace_id, message.c.id == message_id)
        .with_for_update(key_share=True)
    )
    return conn.execute(asked).one_or_none() is not None


def hits_of_message(conn: Connection, workspace_id: int, message_id: int) -> Sequence[Hit]:
    """List all hits on a message's image and links."""
    asked = (
        select(*_HIT, tracker.c.link_id)
        .join(tracker, and_(tracker.c.workspace_id == hit.c.workspace_id, tracker.c.token == hit.c.token))
        .where(
            hit.c.workspace_id == workspace_id,
            tracker.c.workspace_id == workspace_id,
            tracker.c.message_id == message_id,
            hit.c.kind == tracker.c.kind,
        )
    )
    return [Hit(**row) for row in conn.execute(asked).mappings()]


def get_facts(conn: Connection, workspace_id: int, message_id: int, devices: Sequence[UUID]) -> MessageFacts:
    """Read what a message is judged by; `devices` are those that its hits came from."""
    about = conn.execute(
        select(message.c.rep_id, message.c.state, message.c.sent_at).where(
            message.c.workspace_id == workspace_id, message.c.id == message_id
        )
    ).one()
    presences = _presences(conn, workspace_id, message_id)
    own = _devices(conn, workspace_id, devices)
    claims = _claims(conn, workspace_id, message_id, about.rep_id)
    known = {one.rep_id for one in own} | {one.rep_id for one in presences} | {one.rep_id for one in claims}
    return MessageFacts(
        rep_id=about.rep_id,
        state=about.state,
        sent_at=about.sent_at,
        reader=_only_reader(conn, workspace_id, message_id),
        devices=own,
        presences=presences,
        answers=_answers(conn, workspace_id, message_id),
        claims=claims,
        colleagues=_names(conn, workspace_id, known),
    )


def _presences(conn: Connection, workspace_id: int, message_id: int) -> tuple[Presence, ...]:
    asked = select(presence.c.rep_id, presence.c.at).where(
        presence.c.workspace_id == workspace_id, presence.c.message_id == message_id, presence.c.source == "addon"
    )
    return tuple(Presence(row.rep_id, row.at) for row in conn.execute(asked))


def _devices(conn: Connection, workspace_id: int, devices: Sequence[UUID]) -> tuple[OwnDevice, ...]:
    if not devices:
        return ()
    asked = select(device.c.id, device.c.rep_id, device.c.forgotten_at).where(
        device.c.workspace_id == workspace_id, device.c.id.in_(devices)
    )
    return tuple(OwnDevice(row.id, row.rep_id, row.forgotten_at) for row in conn.execute(asked))


def _claims(conn: Connection, workspace_id: int, message_id: int, rep_id: int) -> tuple[Claim, ...]:
    """What anybody said of this message's hits, and what its rep said of any hit."""
    on_it = (
        select(hit.c.id)
        .join(tracker, and_(tracker.c.workspace_id == hit.c.workspace_id, tracker.c.token == hit.c.token))
        .where(hit.c.workspace_id == workspace_id, tracker.c.message_id == message_id, hit.c.kind == tracker.c.kind)
    )
    ours = claim.c.workspace_id == workspace_id
    said = union(
        select(claim.c.hit_id, claim.c.rep_id, claim.c.at).where(ours, claim.c.rep_id == rep_id),
        select(claim.c.hit_id, claim.c.rep_id, claim.c.at).where(ours, claim.c.hit_id.in_(on_it)),
    ).subquery()
    asked = (
        select(*_HIT, said.c.rep_id, said.c.at)
        .join(said, said.c.hit_id == hit.c.id)
        .where(hit.c.workspace_id == workspace_id)
        .order_by(said.c.at, hit.c.id, said.c.rep_id)
    )
    return tuple(
        Claim(Hit(**{column.name: row[column.name] for column in _HIT}), row["rep_id"], row["at"])
        for row in conn.execute(asked).mappings()
    )


def _only_reader(conn: Connection, workspace_id: int, message_id: int) -> str | None:
    asked = select(recipient.c.name, recipient.c.address).where(
        recipient.c.workspace_id == workspace_id, recipient.c.message_id == message_id
    )
    people = conn.execute(asked.limit(2)).all()
    return (people[0].name or people[0].address) if len(people) == 1 else None


def _answers(conn: Connection, workspace_id: int, message_id: int) -> tuple[Answer, ...]:
    asked = select(incoming.c.received_at, incoming.c.from_name, incoming.c.from_address).where(
        incoming.c.workspace_id == workspace_id, incoming.c.message_id == message_id, incoming.c.kind == "reply"
    )
    return tuple(Answer(row.received_at, row.from_name or row.from_address) for row in conn.execute(asked))


def _names(conn: Connection, workspace_id: int, reps: set[int]) -> Mapping[int, str]:
    if not reps:
        return {}
    asked = select(rep.c.id, rep.c.name).where(rep.c.workspace_id == workspace_id, rep.c.id.in_(reps))
    return {row.id: row.name for row in conn.execute(asked)}


def links_of_message(conn: Connection, workspace_id: int, message_id: int) -> Mapping[int, Link]:
    """Map a message's links by id."""
    asked = select(link.c.id, link.c.text, link.c.destination).where(
        link.c.workspace_id == workspace_id, link.c.message_id == message_id
    )
    return {row.id: Link(row.text, row.destination) for row in conn.execute(asked)}


def verdicts_of_message(conn: Connection, workspace_id: int, message_id: int) -> Mapping[UUID, Said]:
    """Map what was said of a message's hits so far."""
    asked = select(
        verdict.c.hit_id,
        verdict.c.verdict,
        verdict.c.rule,
        verdict.c.sentence,
        verdict.c.confidence,
        verdict.c.rules_version,
    ).where(verdict.c.workspace_id == workspace_id, verdict.c.message_id == message_id)
    return {
        row.hit_id: Said(row.verdict, row.rule, row.sentence, round(row.confidence, 3), row.rules_version)
        for row in conn.execute(asked)
    }


@dataclass(frozen=True)
class Judgement:
    """Verdicts of one message, under one version of the rules."""

    message_id: int
    verdicts: Sequence[Verdict]
    rules_version: int
    judged_at: datetime


def put_verdicts(conn: Connection, workspace_id: int, judgement: Judgement) -> None:
    """Store verdicts, in the place of earlier ones on the same hits."""
    if not judgement.verdicts:
        return
    put = insert(verdict).values(
        [
            {
                "workspace_id": workspace_id,
                "hit_id": one.hit_id,
                "message_id": judgement.message_id,
                "verdict": one.verdict,
                "rule": one.rule,
                "sentence": one.sentence,
                "confidence": one.confidence,
                "rules_version": judgement.rules_version,
                "judged_at": judgement.judged_at,
            }
            for one in judgement.verdicts
        ]
    )
    changing = ("message_id", "verdict", "rule", "sentence", "confidence", "rules_version", "judged_at")
    conn.execute(
        put.on_conflict_do_update(
            index_elements=["workspace_id", "hit_id"], set_={name: put.excluded[name] for name in changing}
        )
    )


def standing_keys(conn: Connection, workspace_id: int, message_id: int) -> set[str]:
    """The keys of the views and clicks that stand in the feed for a message."""
    asked = select(feed_item.c.key).where(
        feed_item.c.workspace_id == workspace_id,
        feed_item.c.message_id == message_id,
        feed_item.c.retracted.is_(False),
        or_(feed_item.c.key.startswith("view:"), feed_item.c.key.startswith("click:")),
    )
    return set(conn.execute(asked).scalars())


def put_presence(conn: Connection, workspace_id: int, message_id: int, seen: Presence, source: str) -> None:
    """Keep that a rep had a message open."""
    conn.execute(
        insert(presence).values(
            workspace_id=workspace_id, rep_id=seen.rep_id, message_id=message_id, at=seen.at, source=source
        )
    )


def put_device(conn: Connection, workspace_id: int, owned: OwnDevice, user_agent: str, now: datetime) -> None:
    """Keep that a browser is a rep's."""
    conn.execute(
        insert(device).values(
            workspace_id=workspace_id, id=owned.id, rep_id=owned.rep_id, user_agent=user_agent, created_at=now
        )
    )

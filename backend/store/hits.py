"""What waits to be judged, and what became of it? Waiting hits, the messages' locks, verdicts, presences, devices.

Queries only, of many messages at once. The collector writes `hit` and `unjudged` itself (COPY, on its own driver);
what messages are judged by is read in `hit_facts`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, literal, or_, select
from sqlalchemy.dialects.postgresql import insert

from backend.domain.hits import DOCUMENT_KINDS, MessageState, OwnDevice, Presence, Verdict
from backend.store.keys import HitKey, MessageKey, as_hits, as_ids, as_table
from backend.store.tables import device, hit, message, presence, tracker, unjudged, verdict

_VERDICT = {
    name: verdict.c[name].type
    for name in ("workspace_id", "message_id", "hit_id", "verdict", "rule", "sentence", "confidence")
}


@dataclass(frozen=True)
class Waiting:
    """A hit that waits to be judged; `message_id` is None where no tracker has its token.

    `is_judged`: it has been, together with another hit of its message. A visit never is: it waits again whenever
    something more came in about it.
    """

    workspace_id: int
    hit_id: UUID
    message_id: int | None
    is_judged: bool

    @property
    def key(self) -> HitKey:
        return self.workspace_id, self.hit_id


@dataclass(frozen=True)
class Locked:
    """A message that nobody else judges now, with what it says of itself."""

    workspace_id: int
    message_id: int
    rep_id: int
    state: MessageState
    sent_at: datetime | None

    @property
    def key(self) -> MessageKey:
        return self.workspace_id, self.message_id


def take_waiting(conn: Connection, limit: int, rules_version: int) -> Sequence[Waiting]:
    """Take the oldest waiting hits that nobody else has taken; they stay taken until the transaction ends."""
    asked = (
        select(unjudged.c.workspace_id, unjudged.c.hit_id)
        .order_by(unjudged.c.hit_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = [(row.workspace_id, row.hit_id) for row in conn.execute(asked)]
    if not taken:
        return []
    these = as_hits(taken)
    found = (
        select(
            these.c.workspace_id,
            these.c.id,
            tracker.c.message_id,
            and_(verdict.c.hit_id.is_not(None), hit.c.kind != "visit"),
        )
        .join(hit, and_(hit.c.workspace_id == these.c.workspace_id, hit.c.id == these.c.id))
        .outerjoin(tracker, and_(tracker.c.workspace_id == hit.c.workspace_id, tracker.c.token == hit.c.token))
        .outerjoin(
            verdict,
            and_(
                verdict.c.workspace_id == these.c.workspace_id,
                verdict.c.hit_id == these.c.id,
                verdict.c.rules_version == rules_version,
            ),
        )
    )
    known = {(workspace_id, hit_id): told for workspace_id, hit_id, *told in conn.execute(found)}
    return [Waiting(*key, *known.get(key, (None, False))) for key in taken]


def is_of_tracker() -> ColumnElement[bool]:
    """Whether a hit is what its token stands for; of a document's: opened, downloaded, or a link in it followed."""
    return or_(hit.c.kind == tracker.c.kind, and_(tracker.c.kind == "document", hit.c.kind.in_(DOCUMENT_KINDS)))


def take_also_waiting(conn: Connection, hits: Collection[HitKey]) -> set[HitKey]:
    """Take those of these hits that wait, too, and that nobody else has taken; the caller's own are among them."""
    asked = as_hits(hits)
    found = (
        select(unjudged.c.workspace_id, unjudged.c.hit_id)
        .join(asked, and_(unjudged.c.workspace_id == asked.c.workspace_id, unjudged.c.hit_id == asked.c.id))
        .with_for_update(of=unjudged, skip_locked=True)
    )
    return {(workspace_id, hit_id) for workspace_id, hit_id in conn.execute(found)} if hits else set()


def drop_waiting(conn: Connection, hits: Collection[HitKey]) -> None:
    """Nothing more is to be done about these hits; those that another worker has taken are left to it."""
    asked = as_hits(hits)
    free = (
        select(unjudged.c.workspace_id, unjudged.c.hit_id)
        .join(asked, and_(unjudged.c.workspace_id == asked.c.workspace_id, unjudged.c.hit_id == asked.c.id))
        .with_for_update(of=unjudged, skip_locked=True)
        .cte("free")
    )
    conn.execute(
        delete(unjudged).where(unjudged.c.workspace_id == free.c.workspace_id, unjudged.c.hit_id == free.c.hit_id)
    )


def lock_messages(conn: Connection, messages: Collection[MessageKey], *, only_free: bool = False) -> Sequence[Locked]:
    """Let nobody else judge these messages until the transaction ends; locked in the one order that cannot deadlock.

    `only_free`: those that somebody holds are left out instead of waited for.
    """
    if not messages:
        return []
    asked = as_ids(messages)
    found = (
        select(message.c.workspace_id, message.c.id, message.c.rep_id, message.c.state, message.c.sent_at)
        .join(asked, and_(message.c.workspace_id == asked.c.workspace_id, message.c.id == asked.c.id))
        .order_by(message.c.workspace_id, message.c.id)
        .with_for_update(of=message, key_share=True, skip_locked=only_free)
    )
    return [Locked(*row) for row in conn.execute(found)]


def put_verdicts(
    conn: Connection, verdicts: Mapping[MessageKey, Sequence[Verdict]], rules_version: int, judged_at: datetime
) -> None:
    """Store verdicts by message, in the place of earlier ones on the same hits."""
    rows = [
        (workspace_id, message_id, one.hit_id, one.verdict, one.rule, one.sentence, one.confidence)
        for (workspace_id, message_id), some in verdicts.items()
        for one in some
    ]
    if not rows:
        return
    said = as_table(_VERDICT, rows)
    put = insert(verdict).from_select(
        [*_VERDICT, "rules_version", "judged_at"], select(said, literal(rules_version), literal(judged_at))
    )
    changing = ("message_id", "verdict", "rule", "sentence", "confidence", "rules_version", "judged_at")
    conn.execute(
        put.on_conflict_do_update(
            index_elements=["workspace_id", "hit_id"], set_={name: put.excluded[name] for name in changing}
        )
    )


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

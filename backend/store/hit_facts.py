"""What is known of messages to judge their hits by, and what was said of these so far? Queries only.

Everything is asked of many messages at once and answered by message (workspace, id): a query costs what dozens of
hits cost. Whoever asks has locked the messages (`store.hits.lock_messages`), so what it reads stands.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, or_, select, union, union_all
from sqlalchemy.sql.selectable import NamedFromClause

from backend.domain.hits import SOMEBODY, Answer, Claim, Hit, MessageFacts, OwnDevice, Presence, Written
from backend.store.hits import Locked, is_of_tracker
from backend.store.keys import MessageKey, as_hits, as_ids
from backend.store.reading import people_of_messages
from backend.store.tables import (
    claim,
    device,
    hit,
    incoming,
    link,
    mailbox,
    message,
    presence,
    rep,
    tracker,
    verdict,
)

Hits: TypeAlias = Mapping[MessageKey, Sequence[Hit]]

_HIT = (
    hit.c.id,
    hit.c.kind,
    hit.c.received_at,
    hit.c.user_agent,
    func.host(hit.c.ip),
    hit.c.method,
    hit.c.headers,
    hit.c.device_id,
)
_CLAIM = (claim.c.rep_id, claim.c.at, claim.c.teaches)


@dataclass(frozen=True)
class Said:
    """A stored verdict, as far as it can change; `rules_version` is by whose rules."""

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


def hits_of_messages(conn: Connection, messages: Collection[MessageKey]) -> Hits:
    """All hits on the messages' images, links and documents."""
    asked = as_ids(messages)
    found = (
        select(
            tracker.c.workspace_id,
            tracker.c.message_id,
            hit.c.detail,
            hit.c.place,
            *_HIT,
            tracker.c.link_id,
            tracker.c.share_id,
        )
        .select_from(asked)
        .join(tracker, _of(tracker, asked))
        .join(hit, and_(hit.c.workspace_id == tracker.c.workspace_id, hit.c.token == tracker.c.token))
        .where(is_of_tracker())
    )
    hits: dict[MessageKey, list[Hit]] = {key: [] for key in messages}
    for workspace_id, message_id, detail, place, *values in conn.execute(found):
        one = replace(Hit(*values), place=place) if place else Hit(*values)
        hits[workspace_id, message_id].append(one if one.share_id is None else _in_document(one, detail))
    return hits


def _in_document(one: Hit, detail: Mapping[str, Any]) -> Hit:
    """A hit with the visit that it is or was done in, and the link in the document that it followed."""
    if one.kind == "visit":
        return replace(one, visit_id=one.id)
    visit = detail.get("visit")
    return replace(one, visit_id=UUID(visit) if visit else None, followed=str(detail.get("link") or ""))


def facts_of_messages(conn: Connection, locked: Sequence[Locked], hits: Hits) -> Mapping[MessageKey, MessageFacts]:
    """Read what the messages are judged by; of devices those that their hits came from."""
    messages = [one.key for one in locked]
    presences, answers = _presences(conn, messages), _answers(conn, messages)
    conversations = _conversations(conn, [key for key in messages if presences[key]])
    people = people_of_messages(conn, messages)
    devices, claims = _devices(conn, hits), _claims(conn, locked)
    met = {
        (key[0], one.rep_id) for some in (presences, devices, claims) for key, found in some.items() for one in found
    }
    names = _names(conn, met)
    return {
        one.key: MessageFacts(
            rep_id=one.rep_id,
            state=one.state,
            sent_at=one.sent_at,
            reader=_only(people[one.key]),
            people=people[one.key],
            devices=tuple(devices[one.key]),
            presences=tuple(presences[one.key]),
            answers=tuple(answers[one.key]),
            conversation=tuple(conversations[one.key]),
            claims=tuple(claims[one.key]),
            colleagues=names.get(one.workspace_id, {}),
        )
        for one in locked
    }


def links_of_messages(
    conn: Connection, messages: Collection[MessageKey]
) -> Mapping[MessageKey, Mapping[int | None, Link]]:
    """The messages' links by id."""
    asked = as_ids(messages)
    found = select(link.c.workspace_id, link.c.message_id, link.c.id, link.c.text, link.c.destination).join(
        asked, _of(link, asked)
    )
    links: dict[MessageKey, dict[int | None, Link]] = {key: {} for key in messages}
    for workspace_id, message_id, link_id, text, destination in conn.execute(found) if messages else ():
        links[workspace_id, message_id][link_id] = Link(text, destination)
    return links


def verdicts_of_messages(
    conn: Connection, messages: Collection[MessageKey]
) -> Mapping[MessageKey, Mapping[UUID, Said]]:
    """What was said of the messages' hits so far."""
    asked = as_ids(messages)
    found = select(
        verdict.c.workspace_id,
        verdict.c.message_id,
        verdict.c.hit_id,
        verdict.c.verdict,
        verdict.c.rule,
        verdict.c.sentence,
        verdict.c.confidence,
        verdict.c.rules_version,
    ).join(asked, _of(verdict, asked))
    said: dict[MessageKey, dict[UUID, Said]] = {key: {} for key in messages}
    for workspace_id, message_id, hit_id, word, rule, sentence, confidence, version in conn.execute(found):
        said[workspace_id, message_id][hit_id] = Said(word, rule, sentence, round(confidence, 3), version)
    return said


def _presences(conn: Connection, messages: Collection[MessageKey]) -> defaultdict[MessageKey, list[Presence]]:
    asked = as_ids(messages)
    found = (
        select(presence.c.workspace_id, presence.c.message_id, presence.c.rep_id, presence.c.at)
        .join(asked, _of(presence, asked))
        .where(presence.c.source == "addon")
    )
    return _grouped(((key, Presence(*values)) for key, values in _keyed(conn.execute(found))))


def _answers(conn: Connection, messages: Collection[MessageKey]) -> defaultdict[MessageKey, list[Answer]]:
    asked = as_ids(messages)
    who = func.coalesce(func.nullif(incoming.c.from_name, ""), incoming.c.from_address)
    found = (
        select(incoming.c.workspace_id, incoming.c.message_id, incoming.c.received_at, who)
        .join(asked, _of(incoming, asked))
        .where(incoming.c.kind == "reply")
    )
    return _grouped(((key, Answer(*values)) for key, values in _keyed(conn.execute(found))))


def _conversations(conn: Connection, messages: Collection[MessageKey]) -> defaultdict[MessageKey, list[Written]]:
    """What was written in the messages' conversations: by reps, tracked or not, and by those who answered.

    A rep's mail is known by the mailbox that it was sent from, a colleague's that merely came in by its sender.
    """
    if not messages:
        return defaultdict(list)
    around = conversations_around(messages)
    told_of = and_(incoming.c.workspace_id == around.c.workspace_id, incoming.c.message_id == around.c.of_id)
    of_mailbox = and_(mailbox.c.workspace_id == incoming.c.workspace_id, mailbox.c.id == incoming.c.mailbox_id)
    sender = and_(rep.c.workspace_id == incoming.c.workspace_id, func.lower(rep.c.email) == incoming.c.from_address)
    is_colleagues = and_(incoming.c.kind == "unrelated", incoming.c.who == "colleague")
    writer = case((incoming.c.kind == "reply", SOMEBODY), (incoming.c.kind == "own", mailbox.c.rep_id), else_=rep.c.id)
    came_in = (
        select(around.c.workspace_id, around.c.id, incoming.c.received_at, writer)
        .join(incoming, told_of)
        .join(mailbox, of_mailbox)
        .outerjoin(rep, and_(sender, is_colleagues))
        .where(or_(incoming.c.kind.in_(("reply", "own")), rep.c.id.is_not(None)))
    )
    tracked = (
        select(around.c.workspace_id, around.c.id, message.c.sent_at, message.c.rep_id)
        .join(message, and_(message.c.workspace_id == around.c.workspace_id, message.c.id == around.c.of_id))
        .where(around.c.of_id != around.c.id, message.c.state == "sent", message.c.sent_at.is_not(None))
    )
    found = conn.execute(union_all(came_in, tracked))
    return _grouped(((key, Written(*values)) for key, values in _keyed(found)))


def conversations_around(messages: Collection[MessageKey]) -> FromClause:
    """The messages with each that shares its thread, itself included: (workspace_id, id, of_id)."""
    asked, other = as_ids(messages), message.alias("other")
    in_thread = and_(
        other.c.workspace_id == message.c.workspace_id,
        other.c.mailbox_id == message.c.mailbox_id,  # thread ids mean one mailbox
        other.c.thread_id == message.c.thread_id,
    )
    shared = (
        select(asked.c.workspace_id, asked.c.id, other.c.id.label("of_id"))
        .join(message, and_(message.c.workspace_id == asked.c.workspace_id, message.c.id == asked.c.id))
        .join(other, in_thread)
    )
    return union(shared, select(asked.c.workspace_id, asked.c.id, asked.c.id.label("of_id"))).subquery("around")


def _only(people: Mapping[str, str]) -> str | None:
    """The one person that a message went to, where it went to one."""
    return next(iter(people.values())) if len(people) == 1 else None


def _devices(conn: Connection, hits: Hits) -> defaultdict[MessageKey, list[OwnDevice]]:
    """The reps' devices among those that the messages' hits came from."""
    wanted = {(key[0], one.device_id) for key, some in hits.items() for one in some if one.device_id is not None}
    if not wanted:
        return defaultdict(list)
    asked = as_hits(wanted)
    found = select(device.c.workspace_id, device.c.id, device.c.rep_id, device.c.forgotten_at).join(
        asked, and_(device.c.workspace_id == asked.c.workspace_id, device.c.id == asked.c.id)
    )
    owned = {(workspace_id, values[0]): OwnDevice(*values) for workspace_id, *values in conn.execute(found)}
    met = {key: {one.device_id for one in some if (key[0], one.device_id) in owned} for key, some in hits.items()}
    return _grouped((key, owned[key[0], id_]) for key, some in met.items() for id_ in some if id_ is not None)


def _claims(conn: Connection, locked: Sequence[Locked]) -> defaultdict[MessageKey, list[Claim]]:
    """What anybody said of the messages' hits, and what each message's rep said of any hit."""
    asked = as_ids([one.key for one in locked])
    on_hits = (
        select(claim.c.workspace_id, tracker.c.message_id, *_CLAIM, *_HIT)
        .join(hit, _claimed())
        .join(tracker, and_(tracker.c.workspace_id == hit.c.workspace_id, tracker.c.token == hit.c.token))
        .join(asked, _of(tracker, asked))
        .where(is_of_tracker())
    )
    reps = as_ids({(one.workspace_id, one.rep_id) for one in locked})
    by_reps = (
        select(claim.c.workspace_id, claim.c.rep_id.label("of_rep"), *_CLAIM, *_HIT)
        .join(hit, _claimed())
        .join(reps, and_(claim.c.workspace_id == reps.c.workspace_id, claim.c.rep_id == reps.c.id))
    )
    on_message = _grouped(((key, _claim(*values)) for key, values in _keyed(conn.execute(on_hits))))
    of_rep = _grouped(((key, _claim(*values)) for key, values in _keyed(conn.execute(by_reps))))
    claims: defaultdict[MessageKey, list[Claim]] = defaultdict(list)
    for one in locked:
        all_of_it = on_message[one.key] + of_rep[one.workspace_id, one.rep_id]
        each_once = {(said.hit.id, said.rep_id): said for said in all_of_it}
        claims[one.key] = sorted(each_once.values(), key=lambda said: (said.at, said.hit.id, said.rep_id))
    return claims


def _claim(rep_id: int, at: datetime, teaches: bool, *values: Any) -> Claim:
    return Claim(Hit(*values), rep_id, at, teaches)


def _claimed() -> ColumnElement[bool]:
    return and_(hit.c.workspace_id == claim.c.workspace_id, hit.c.id == claim.c.hit_id)


def _names(conn: Connection, reps: Collection[tuple[int, int]]) -> Mapping[int, Mapping[int, str]]:
    """How reps are called, by workspace."""
    names: defaultdict[int, dict[int, str]] = defaultdict(dict)
    if reps:
        asked = as_ids(reps)
        found = select(rep.c.workspace_id, rep.c.id, rep.c.name).join(
            asked, and_(rep.c.workspace_id == asked.c.workspace_id, rep.c.id == asked.c.id)
        )
        for workspace_id, rep_id, name in conn.execute(found):
            names[workspace_id][rep_id] = name
    return names


def _of(table: FromClause, asked: NamedFromClause) -> ColumnElement[bool]:
    return and_(table.c.workspace_id == asked.c.workspace_id, table.c.message_id == asked.c.id)


def _keyed(rows: Iterable[Any]) -> Iterable[tuple[MessageKey, list[Any]]]:
    return (((workspace_id, message_id), values) for workspace_id, message_id, *values in rows)


def _grouped(found: Iterable[tuple[MessageKey, Any]]) -> defaultdict[MessageKey, list[Any]]:
    groups: defaultdict[MessageKey, list[Any]] = defaultdict(list)
    for key, one in found:
        groups[key].append(one)
    return groups

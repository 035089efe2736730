"""What became of a message: takes the hits that wait, judges the message whole, and puts the feed right.

    collector --hit, unjudged, NOTIFY--> judge_new --one message at a time--> settle_message --> verdicts, feed items

Whoever learns something that can change a verdict (the sent copy, a rep's presence, a reply) calls `settle_message`
in the same transaction. It is idempotent, and several workers are safe: the message's row is locked, and all of its
hits are read after that. Who settles several messages in one transaction locks them first, in order
(`lock_messages`), before anything is written to the feed. Deciding is in `domain.verdicts`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import uuid4

from prometheus_client import Counter
from sqlalchemy import Connection

from backend.domain.devices import SignedDevice, mint_device
from backend.domain.hits import ANYBODY, Hit, MessageFacts, OwnDevice, Presence, Verdict
from backend.domain.verdicts import RULES_VERSION, inferred_view, judge
from backend.store import hits as store
from backend.store.feed import FeedItem, put_item, retract_item, stir_message
from backend.store.hits import Judgement, Link, Said

BATCH = 500
_LONGEST_AGENT = 512

_JUDGED = Counter("readback_verdicts", "Verdicts stored, new or changed", ["verdict"])
_UNKNOWN = Counter("readback_hits_unknown", "Hits dropped because no message has their token")


@dataclass(frozen=True)
class Judged:
    """A message's hits with what they were, and what they were judged by."""

    hits: Sequence[Hit]
    verdicts: Sequence[Verdict]
    facts: MessageFacts


def judge_new(conn: Connection, now: datetime, limit: int = BATCH) -> int:
    """Judge the messages of the hits that wait; returns how many hits were taken. The caller commits."""
    taken = store.take_waiting(conn, limit)
    known = {(one.workspace_id, one.message_id) for one in taken if one.message_id is not None}
    messages = lock_messages(conn, known)
    for workspace_id, message_id in messages:
        settle_message(conn, workspace_id, message_id, now)
    unknown = sum(1 for one in taken if one.message_id is None)
    if unknown:
        _UNKNOWN.inc(unknown)
    if taken:
        store.drop_waiting(conn, taken)
    return len(taken)


def lock_messages(conn: Connection, messages: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Lock several messages (workspace, id) in the one order that cannot deadlock; returns those that exist."""
    return [one for one in sorted(messages) if store.lock_message(conn, *one)]


def settle_message(conn: Connection, workspace_id: int, message_id: int, now: datetime) -> None:
    """Judge all hits of a message under all that is known now, and put the feed right. Safe to repeat."""
    if not store.lock_message(conn, workspace_id, message_id):
        return
    hits = store.hits_of_message(conn, workspace_id, message_id)
    devices = [hit.device_id for hit in hits if hit.device_id is not None]
    facts = store.get_facts(conn, workspace_id, message_id, devices)
    verdicts = judge(hits, facts)
    said = store.verdicts_of_message(conn, workspace_id, message_id)
    changed = [verdict for verdict in verdicts if said.get(verdict.hit_id) != _as_said(verdict)]
    store.put_verdicts(conn, workspace_id, Judgement(message_id, changed, RULES_VERSION, now))
    for verdict in changed:
        _JUDGED.labels(verdict.verdict).inc()
    links = store.links_of_message(conn, workspace_id, message_id) if any(hit.kind == "click" for hit in hits) else {}
    items = _items(message_id, Judged(hits, verdicts, facts), links)
    gone = sorted(store.standing_keys(conn, workspace_id, message_id) - {item.key for item in items})
    told = [retract_item(conn, workspace_id, message_id, key) for key in gone]
    told += [put_item(conn, workspace_id, item) for item in items]
    if changed and not any(told):  # what is not counted is shown too, in every open window
        stir_message(conn, workspace_id, message_id)


def note_presence(
    conn: Connection,
    workspace_id: int,
    rep_id: int,
    message_id: int,
    at: datetime,
    source: Literal["addon", "web"] = "addon",
) -> None:
    """Keep that a rep had the message, or a mail of its thread, open at this instant, and judge it again.

    `web` is our own page, which loads nothing of the mail: kept, but it explains no hit.
    """
    store.put_presence(conn, workspace_id, message_id, Presence(rep_id, at), source)
    settle_message(conn, workspace_id, message_id, at)


def remember_device(
    conn: Connection, workspace_id: int, rep_id: int, user_agent: str, now: datetime, *, link_keys: Sequence[bytes]
) -> str:
    """Keep that this browser is a rep's; returns the value for the cookie `domain.devices.DEVICE_COOKIE`."""
    owned = OwnDevice(uuid4(), rep_id)
    store.put_device(conn, workspace_id, owned, user_agent[:_LONGEST_AGENT], now)
    return mint_device(SignedDevice(workspace_id, rep_id, owned.id), link_keys)


def _as_said(verdict: Verdict) -> Said:
    return Said(verdict.verdict, verdict.rule, verdict.sentence, round(verdict.confidence, 3), RULES_VERSION)


def _items(message_id: int, judged: Judged, links: Mapping[int, Link]) -> list[FeedItem]:
    """What the feed has to say: the views and clicks that count, of a message that was sent."""
    facts = judged.facts
    if facts.state != "sent":
        return []
    by_id = {hit.id: hit for hit in judged.hits}
    items = [
        _item(message_id, by_id[verdict.hit_id], verdict, facts, links)
        for verdict in judged.verdicts
        if verdict.verdict == "human"
    ]
    inferred = inferred_view(judged.hits, judged.verdicts, facts)
    if inferred is not None:
        data = {
            "who": inferred.who,
            "client": "",
            "confidence": inferred.confidence,
            "sentence": inferred.sentence,
            "inferred": True,
        }
        items.append(FeedItem(message_id, "view:inferred", "view", inferred.at, data))
    return items


def _item(message_id: int, hit: Hit, verdict: Verdict, facts: MessageFacts, links: Mapping[int, Link]) -> FeedItem:
    kind = "view" if hit.kind == "open" else "click"
    data: dict[str, object] = {
        "who": facts.reader or ANYBODY,
        "client": verdict.client,
        "confidence": verdict.confidence,
        "sentence": verdict.sentence,
        "inferred": False,
    }
    link = links.get(hit.link_id) if hit.link_id is not None else None
    if link is not None:
        data["link"] = {"text": link.text, "destination": link.destination}
    return FeedItem(message_id, f"{kind}:{hit.id}", kind, hit.received_at, data)

"""What became of a message: takes the hits that wait, judges the message whole, and puts the feed right.

    collector --hit, unjudged, NOTIFY--> judge_new --many messages at a time--> settle_messages --> verdicts, feed items

Whoever learns something that can change a verdict (the sent copy, a rep's presence, a reply) calls `settle_message`
in the same transaction. It is idempotent, and several workers are safe: the messages' rows are locked, and all of
their hits are read after that. Who settles several messages in one transaction locks them first, in order
(`lock_messages`), before anything is written to the feed. Deciding is in `domain.verdicts`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import uuid4

from prometheus_client import Counter
from sqlalchemy import Connection

from backend.domain.devices import SignedDevice, mint_device
from backend.domain.hits import ANYBODY, DOCUMENT_KINDS, Hit, MessageFacts, OwnDevice, Presence, Verdict
from backend.domain.verdicts import RULES_VERSION, inferred_view, judge
from backend.services.addresses import note_places
from backend.services.ports import PlaceFinder
from backend.services.visits import Visits, sessions_of, visits_of_messages
from backend.store import hit_facts
from backend.store import hits as store
from backend.store.feed import FeedItem, Telling, tell_hits
from backend.store.hit_facts import Link, Said
from backend.store.hits import Locked
from backend.store.keys import HitKey, MessageKey
from backend.store.reading import Document, documents_of_messages

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
    visits: Visits


def judge_new(conn: Connection, now: datetime, limit: int = BATCH, places: PlaceFinder | None = None) -> int:
    """Judge the messages of the hits that wait; returns how many hits are done with. The caller commits.

    All hits of a message are judged at once, so all of them that wait are done with, not only those that were taken;
    of its visits only those that wait are worked out anew, since each of their beacons lets them wait again.
    Messages that another worker has at hand are left for the next time, unless there are no others; what it has
    judged by then is done with, too.
    """
    taken = store.take_waiting(conn, limit, RULES_VERSION)
    if places is not None:
        note_places(conn, places, {one.key for one in taken})
    asked = {(one.workspace_id, one.message_id) for one in taken if one.message_id is not None and not one.is_judged}
    locked = store.lock_messages(conn, asked, only_free=True) or store.lock_messages(conn, asked)
    unknown = {one.key for one in taken if one.message_id is None}
    done = unknown | {one.key for one in taken if one.is_judged} | _settle(conn, locked, now, only_stirred=True)
    if unknown:
        _UNKNOWN.inc(len(unknown))
    if done:
        store.drop_waiting(conn, done)
    return len(done)


def lock_messages(conn: Connection, messages: Iterable[MessageKey]) -> list[MessageKey]:
    """Lock several messages (workspace, id) in the one order that cannot deadlock; returns those that exist."""
    return [one.key for one in store.lock_messages(conn, set(messages))]


def settle_message(conn: Connection, workspace_id: int, message_id: int, now: datetime) -> None:
    """Judge all hits of a message under all that is known now, and put the feed right. Safe to repeat."""
    settle_messages(conn, {(workspace_id, message_id)}, now)


def settle_messages(conn: Connection, messages: Collection[MessageKey], now: datetime) -> set[HitKey]:
    """Settle several messages (workspace, id) at once; returns the hits that were judged, told or not."""
    return _settle(conn, store.lock_messages(conn, messages), now)


def _settle(conn: Connection, locked: Sequence[Locked], now: datetime, *, only_stirred: bool = False) -> set[HitKey]:
    if not locked:
        return set()
    keys = [one.key for one in locked]
    hits = hit_facts.hits_of_messages(conn, keys)
    facts = hit_facts.facts_of_messages(conn, locked, hits)
    opened = {(key[0], hit.id) for key, some in hits.items() for hit in some if hit.kind == "visit"}
    stirred = store.take_also_waiting(conn, opened) if only_stirred else opened
    in_documents = {key: hits[key] for key in _with_any(hits, DOCUMENT_KINDS)}
    visits = visits_of_messages(conn, in_documents, stirred if only_stirred else None)
    judged = {key: _judged(hits[key], facts[key], visits.get(key, {})) for key in keys}
    news = _put_verdicts(conn, judged, now)
    links = hit_facts.links_of_messages(conn, _with_any(hits, ("click",)))
    documents = documents_of_messages(conn, _with_any(hits, DOCUMENT_KINDS))
    tellings = []
    for key, one in judged.items():
        items = _items(key[1], one, links.get(key, {})) + _read(key[1], one, documents.get(key, {}))
        tellings.append(Telling(*key, items, key in news))
    tell_hits(conn, tellings)
    return {(key[0], hit.id) for key, some in hits.items() for hit in some} - (opened - stirred)


def _judged(hits: Sequence[Hit], facts: MessageFacts, visits: Visits) -> Judged:
    known = replace(facts, visits={visit_id: one.facts for visit_id, one in visits.items()})
    return Judged(hits, judge(hits, known), known, visits)


def _with_any(hits: Mapping[MessageKey, Sequence[Hit]], kinds: Collection[str]) -> list[MessageKey]:
    return [key for key, some in hits.items() if any(hit.kind in kinds for hit in some)]


def _put_verdicts(conn: Connection, judged: Mapping[MessageKey, Judged], now: datetime) -> set[MessageKey]:
    """Store what differs; returns the messages of which something new is said, not only by newer rules."""
    said = hit_facts.verdicts_of_messages(conn, list(judged))
    changed: dict[MessageKey, list[Verdict]] = {}
    news = set()
    for key, one in judged.items():
        for verdict in one.verdicts:
            stands = said[key].get(verdict.hit_id)
            word = _as_said(verdict)
            if stands == word:
                continue
            changed.setdefault(key, []).append(verdict)
            if stands is None or replace(stands, rules_version=RULES_VERSION) != word:
                news.add(key)
                _JUDGED.labels(verdict.verdict).inc()
    store.put_verdicts(conn, changed, RULES_VERSION, now)
    return news


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


def _items(message_id: int, judged: Judged, links: Mapping[int | None, Link]) -> list[FeedItem]:
    """What the feed has to say of views and clicks: those that count, of a message that was sent."""
    facts = judged.facts
    if facts.state != "sent":
        return []
    by_id = {hit.id: hit for hit in judged.hits}
    items = [
        _item(message_id, by_id[verdict.hit_id], verdict, facts, links)
        for verdict in judged.verdicts
        if verdict.verdict == "human" and by_id[verdict.hit_id].kind in ("open", "click")
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


def _item(
    message_id: int, hit: Hit, verdict: Verdict, facts: MessageFacts, links: Mapping[int | None, Link]
) -> FeedItem:
    kind = "view" if hit.kind == "open" else "click"
    data: dict[str, object] = {
        "who": facts.reader or ANYBODY,
        "client": verdict.client,
        "confidence": verdict.confidence,
        "sentence": verdict.sentence,
        "inferred": False,
    }
    if hit.place:
        data["place"] = hit.place
    link = links.get(hit.link_id)
    if link is not None:
        data["link"] = {"text": link.text, "destination": link.destination}
    return FeedItem(message_id, f"{kind}:{hit.id}", kind, hit.received_at, data)


def _read(message_id: int, judged: Judged, documents: Mapping[int | None, Document]) -> list[FeedItem]:
    """What the feed has to say of documents: one item for each reading, with what went on from it."""
    facts = judged.facts
    if facts.state != "sent":
        return []
    items = []
    for session in sessions_of(judged.hits, judged.verdicts, judged.visits):
        first, document = session.first, documents.get(session.first.share_id)
        if document is None:
            continue
        visit = facts.visit_of(first)
        data: dict[str, object] = {
            "who": facts.doer(first),
            "address": visit.address if visit else "",
            "client": session.verdict.client,
            "confidence": session.verdict.confidence,
            "sentence": session.verdict.sentence,
            "document": document.name,
            "document_id": document.id,
            "share_id": first.share_id,
            **session.told(document.pages),
        }
        items.append(FeedItem(message_id, f"document:{first.id}", "document", session.last_at, data))
    return items

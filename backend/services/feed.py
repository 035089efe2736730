"""What does a rep see of their messages? The feed, what changed since a number, who waits, and one message's page.

Only reads; what is said about an item is in `domain.feed`. Each reading is one snapshot, so that the number that
goes with it stands for exactly what was read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine

from backend.domain.claims import Correction, open_correction
from backend.domain.feed import NEED_LASTS, Group, Item, Line, Need, Person, needs, tell, whose
from backend.errors import NotFound
from backend.services.reading import ReadingRow, readings_of_message
from backend.store import feed_reading as reading
from backend.store.claims import claimants_of
from backend.store.feed import CHANNEL
from backend.store.feed_reading import Judged, Link, Place, Received, Search
from backend.store.mailboxes import mailboxes_of_rep
from backend.store.reps import reps_of

__all__ = ["CHANNEL", "Change", "Changes", "Feed", "MessageRecord", "Place", "Search"]

PAGE_SIZE = 30
MOST_CHANGES = 200
_MOST_HITS = 500
_ITEMS = {"open": "view", "click": "click"}
_WAITING = ("reply", "bounce", "complaint", "document")
EVERYTHING = Search()


@dataclass(frozen=True)
class Feed:
    """A page of the feed. `seq` stands for what was read; `older` is the place to go on from, if there is more."""

    groups: Sequence[Group]
    seq: int
    older: Place | None


@dataclass(frozen=True)
class Change:
    """A message that changed, as it stands now; `group` is None where nothing of it stands any more."""

    seq: int
    message_id: int
    group: Group | None


@dataclass(frozen=True)
class Changes:
    """What changed since a number, in order. `too_many`: read the whole feed again instead.

    `sessions` are the (rep, epoch) whose sessions still hold: only they may be told.
    """

    changes: Sequence[Change]
    seq: int
    too_many: bool
    sessions: frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Start:
    """What a rep who has nothing in the feed yet has done of what is needed."""

    mailbox_connected: bool
    has_sent: bool


@dataclass(frozen=True)
class RecipientRow:
    """What is known of one recipient, or of somebody else who answered: each told thing, or None."""

    person: Person
    seen: Line | None
    clicked: Line | None
    answered: Line | None
    failed: Line | None
    reads: Sequence[Line] = ()  # the latest reading of each document, the newest first


@dataclass(frozen=True)
class MessageRecord:
    """Everything about one message. `uncounted` are hits by verdict, `not_replies` mails that are no answer.

    `counted` are hits by the key of their item, `claimants` the reps who called a hit theirs, `readings` those of
    its documents that count; `seq` stands for all.
    """

    group: Group
    seq: int
    rows: Sequence[RecipientRow]
    shared: Sequence[Line]
    shared_reads: Sequence[Line]
    links: Sequence[Link]
    uncounted: Sequence[tuple[str, Sequence[Judged]]]
    not_replies: Sequence[Received]
    tells_of_views: bool
    counted: Mapping[str, Judged]
    claimants: Mapping[UUID, Sequence[int]]
    readings: Sequence[ReadingRow]

    @property
    def uncounted_number(self) -> int:
        return sum(len(hits) for _, hits in self.uncounted) + len(self.not_replies)

    def correction(self, hit: Judged, rep_id: int) -> Correction | None:
        """What a rep may say of a hit."""
        said = rep_id in self.claimants.get(hit.id, ())
        return open_correction(hit.verdict, hit.rule, on_own_message=self.group.rep_id == rep_id, has_said=said)


def get_feed(conn: Connection, workspace_id: int, search: Search = EVERYTHING) -> Feed:
    """Read a page of the feed, newest event first.

    The number is read first: what is newer than it may be on the page already, and is then told again, never lost.
    """
    seq = reading.current_seq(conn, workspace_id)
    places = reading.newest_messages(conn, workspace_id, PAGE_SIZE + 1, search)
    shown = places[:PAGE_SIZE]
    groups = reading.groups(conn, workspace_id, [message_id for _, message_id in shown])
    return Feed(groups, seq, shown[-1] if len(places) > PAGE_SIZE else None)


def changes_since(engine: Engine, workspace_id: int, after: int) -> Changes:
    """Read what changed after a number, in one snapshot."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
        return read_changes(conn, workspace_id, after)


def read_changes(conn: Connection, workspace_id: int, after: int) -> Changes:
    """Read what changed after a number; a number from the future (a restored database) means: read all again.

    No change is numbered beyond `seq`: outside a snapshot a group may be newer, and is then simply told again.
    """
    seq = reading.current_seq(conn, workspace_id)
    sessions = frozenset(
        (member.id, member.session_epoch) for member in reps_of(conn, workspace_id) if member.status == "active"
    )
    if seq == after:
        return Changes([], seq, False, sessions)
    changed = reading.changed_messages(conn, workspace_id, after, MOST_CHANGES + 1) if after < seq else []
    if after > seq or len(changed) > MOST_CHANGES:
        return Changes([], seq, True, sessions)
    found = {group.message_id: group for group in reading.groups(conn, workspace_id, changed)}
    told = []
    for message_id in changed:
        group = found.get(message_id)
        number = min(group.seq, seq) if group else seq
        told.append(Change(number, message_id, group if group and group.items else None))
    return Changes(sorted(told, key=lambda change: change.seq), seq, False, sessions)


def latest_seq(conn: Connection, workspace_id: int) -> int:
    """The number of the latest change."""
    return reading.current_seq(conn, workspace_id)


def needs_of(conn: Connection, workspace_id: int, rep_id: int, now: datetime) -> list[Need]:
    """What waits for this rep: mails to answer, addresses that failed, a mailbox that we can no longer read."""
    waiting = reading.recent_messages_with(conn, workspace_id, rep_id, _WAITING, now - NEED_LASTS)
    found = needs(reading.groups(conn, workspace_id, waiting), now)
    lost = [
        Need("mailbox", "Your mailbox is disconnected", mailbox.address, now, "/settings/mailbox")
        for mailbox in mailboxes_of_rep(conn, workspace_id, rep_id)
        if mailbox.state == "disconnected" and mailbox.disconnected_because != "asked"
    ]
    return [*lost, *found]


def how_far(conn: Connection, workspace_id: int, rep_id: int) -> Start:
    """What a new rep has done already, for the empty feed."""
    mailboxes = mailboxes_of_rep(conn, workspace_id, rep_id)
    return Start(any(mailbox.is_connected for mailbox in mailboxes), reading.sent_any(conn, workspace_id, rep_id))


def get_message(conn: Connection, workspace_id: int, message_id: int) -> MessageRecord:
    """Read everything about a sent message. Raises NotFound, for another workspace's message too.

    As in `get_feed`, the number is read first.
    """
    seq = reading.current_seq(conn, workspace_id)
    found = reading.groups(conn, workspace_id, [message_id])
    if not found:
        raise NotFound("There is no such message, or it is not yours.")
    group = found[0]
    people = [*group.people, *_others(group)]
    of_anybody = [item for item in group.items if _is_shared(item, people)]
    hits = reading.judged_hits(conn, workspace_id, message_id, _MOST_HITS)
    mails = reading.received_mails(conn, workspace_id, message_id)
    return MessageRecord(
        group=group,
        seq=seq,
        rows=[_row(person, people, group) for person in people],
        shared=[tell(item, people) for item in of_anybody],
        shared_reads=_latest_reads(of_anybody, people),
        links=reading.links_of(conn, workspace_id, message_id),
        uncounted=_by_verdict([judged for judged in hits if judged.verdict != "human"]),
        not_replies=[mail for mail in mails if mail.kind in ("own", "unrelated", "receipt", "calendar")],
        tells_of_views=reading.is_tracked_for_views(conn, workspace_id, message_id),
        counted={_key(judged): judged for judged in hits if judged.verdict == "human"},
        claimants=claimants_of(conn, workspace_id, [judged.id for judged in hits]),
        readings=readings_of_message(conn, workspace_id, message_id),
    )


def _others(group: Group) -> list[Person]:
    """Who answered and is no recipient by address or name: somebody known, so no "someone on this mail"."""
    answers = [item for item in group.items if item.kind == "reply" and item.text("address")]
    strangers = [item for item in answers if whose(item, group.people) is None]
    found = {item.text("address").casefold(): Person(item.text("address"), item.text("who"), "") for item in strangers}
    return list(found.values())


def _row(person: Person, people: Sequence[Person], group: Group) -> RecipientRow:
    mine = [item for item in group.items if whose(item, people) == person]

    def latest(*kinds: str) -> Line | None:
        item = next((item for item in mine if item.kind in kinds), None)
        return tell(item, people) if item else None

    return RecipientRow(
        person=person,
        seen=latest("view"),
        clicked=latest("click"),
        answered=latest("reply", "auto_reply"),
        failed=latest("bounce"),
        reads=_latest_reads(mine, people),
    )


def _latest_reads(items: Sequence[Item], people: Sequence[Person]) -> list[Line]:
    latest: dict[object, Item] = {}
    for item in items:  # the newest first
        if item.kind == "document":
            latest.setdefault(item.data.get("document_id", item.key), item)
    return [tell(item, people) for item in latest.values()]


def _key(judged: Judged) -> str:
    return f"{_ITEMS.get(judged.kind, 'document')}:{judged.id}"


def _is_shared(item: Item, people: Sequence[Person]) -> bool:
    return item.kind in ("view", "click", "reply", "document") and whose(item, people) is None


def _by_verdict(hits: Sequence[Judged]) -> list[tuple[str, Sequence[Judged]]]:
    verdicts = dict.fromkeys(judged.verdict for judged in hits)
    return [(verdict, [judged for judged in hits if judged.verdict == verdict]) for verdict in verdicts]

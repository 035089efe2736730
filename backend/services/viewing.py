"""What may a reader see, and what is kept of the reading? Opens shares for the viewer, and keeps what it tells.

The rule stands here for every address of the viewer: a share is shown while it is on and not expired, and where the
document asks for an e-mail address, only to who gave one. Whether anything is kept is `domain.viewing.recording_of`;
where it is not, there is no visit, no time, no download. Nothing here decides what a visit means: see `services.hits`
and `services.visits`.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import Connection

from backend.domain.agents import agent_of
from backend.domain.document_pages import fitting_image
from backend.domain.reading import read_beacon
from backend.domain.shares import share_state
from backend.domain.viewing import Access, Choice, RawHit, Reader, ShareRow, label_for
from backend.errors import Malformed, NotFound
from backend.store import viewing as store

Reason = Literal["unknown", "off", "expired", "waiting"]

LONGEST_SEARCH = 100
MOST_FOUND = 500
MOST_BEACONS = 50  # in one request
_LAST_SEQ = 100_000
_ADDRESS = re.compile(r"[^\s@<>\"',;:()\\\[\]\x00-\x1f]{1,64}@[^\s@<>\"',;:()\\\[\]_\x00-\x1f]{1,190}\.[^\W\d_]{2,24}")


@dataclass(frozen=True)
class Closed:
    """Nothing is shown here, and why."""

    reason: Reason


@dataclass(frozen=True)
class OpenShare:
    """What a reader sees: the version, the sizes of its pages that are ready, and what the sender allows.

    `pages` is how many there will be. `label` is drawn over the pages where the sender wants that, else empty.
    """

    access: Access
    version_id: int
    sizes: Sequence[tuple[float, float]]
    pages: int
    label: str

    @property
    def is_whole(self) -> bool:
        """Whether all pages are ready."""
        return len(self.sizes) >= self.pages

    @property
    def allows_download(self) -> bool:
        """Whether the original may be taken away; never where pages carry a name."""
        return self.row.allows_download and not self.row.has_watermark

    @property
    def row(self) -> ShareRow:
        """The share."""
        return self.access.row


def find_live(conn: Connection, workspace_id: int | None, token: str, now: datetime) -> ShareRow | Closed:
    """The share behind an address whose token was found to be ours, if it is live."""
    row = store.find_share(conn, workspace_id, token) if workspace_id is not None else None
    if row is None:
        return Closed("unknown")
    state = share_state(row.off_at, row.expires_at, now)
    if state != "on":
        return Closed(state)
    return row if row.version_id is not None else Closed("waiting")


def access_of(conn: Connection, row: ShareRow, address: str, choice: Choice) -> Access:
    """Who reads a live share, with what is known of their wishes."""
    has_objected = bool(address) and store.has_objected(conn, row.workspace_id, row.id, address)
    return Access(row, Reader(address, choice, has_objected))


def open_share(conn: Connection, access: Access, visit_id: UUID | None = None) -> OpenShare | Closed:
    """What is shown of a live share; to a visit that goes on, the version that it began with."""
    row = access.row
    version_id = store.find_visit(conn, row.workspace_id, row.id, visit_id) if visit_id else None
    if version_id is None:
        version_id = cast(int, row.version_id)
    sizes = store.page_sizes(conn, row.workspace_id, version_id)
    if not sizes:
        return Closed("waiting")
    pages = len(sizes) if version_id != row.version_id else max(row.pages or 0, len(sizes))
    return OpenShare(access, version_id, sizes, pages, label_of(conn, access))


def label_of(conn: Connection, access: Access) -> str:
    """Whose name the pages carry. Empty where none is wanted."""
    row = access.row
    if not row.has_watermark:
        return ""
    shown = store.shown_addresses_of(conn, row.workspace_id, row.message_id)
    return label_for(access.reader.address, row.recipient, shown, row.sender)


def is_visit(conn: Connection, row: ShareRow, visit_id: UUID | None) -> bool:
    """Whether this visit is one of this share."""
    return visit_id is not None and store.find_visit(conn, row.workspace_id, row.id, visit_id) is not None


def enter(conn: Connection, access: Access, raw: RawHit, visit_id: UUID | None) -> UUID | None:
    """Go on with a visit, or begin one, also at the gate, where it says nothing until pages are shown.

    None where nothing is recorded, or it is only asked about (HEAD). Of somebody who was asked and has not answered
    only the instant is kept, so that the sender can be told why nothing is known.
    """
    row, recording = access.row, access.recording
    if not recording.is_on:
        if recording.why == "asked" and access.may_read and _is_reader(raw):
            store.note_share(conn, row.workspace_id, row.id, {"unanswered_at": raw.received_at})
        return None
    if visit_id is not None and store.go_on(conn, row, visit_id, access.reader.address):
        return visit_id
    store.put_hit(conn, raw)
    if raw.method == "HEAD":
        return None
    store.put_visit(conn, raw, row, access.reader.address)
    return raw.id


def keep_hit(conn: Connection, access: Access, raw: RawHit, visit_id: UUID | None) -> None:
    """Keep a download, or that a link in the document was followed, with the visit that it belongs to."""
    if not access.recording.is_on:
        return
    known = visit_id if is_visit(conn, access.row, visit_id) else None
    store.put_hit(conn, replace(raw, detail={"visit": str(known) if known else None, **raw.detail}))


def keep_beacons(conn: Connection, access: Access, visit_id: UUID, beacons: Sequence[object], now: datetime) -> None:
    """Keep what a viewer tells of a visit; once, however often it is told. What cannot be read is left out."""
    row = access.row
    if not access.recording.is_on or not is_visit(conn, row, visit_id):
        return
    read = (_numbered(told, now) for told in beacons[:MOST_BEACONS])
    readable = dict(pair for pair in read if pair is not None)
    if readable and store.put_beacons(conn, row.workspace_id, visit_id, readable, now):
        store.judge(conn, row.workspace_id, visit_id)


def keep_page_load(conn: Connection, access: Access, visit_id: UUID | None, page: int, now: datetime) -> None:
    """Keep that a page's image was asked for in a visit: what is known of a reader without scripts."""
    row = access.row
    if not access.recording.is_on or visit_id is None or not is_visit(conn, row, visit_id):
        return
    if store.put_page_load(conn, row.workspace_id, visit_id, page, now):
        store.judge(conn, row.workspace_id, visit_id)


def find_page(conn: Connection, row: ShareRow, version_id: int, number: int) -> Mapping[str, Any]:
    """A page that this share shows. Raises NotFound, also for versions that it never showed."""
    page = store.find_page(conn, row.workspace_id, version_id, number) if _shows(conn, row, version_id) else None
    if page is None:
        raise NotFound
    return page


def image_of(page: Mapping[str, Any], width: int) -> Mapping[str, Any]:
    """The narrowest of a page's images that is at least so wide, else the widest. Raises NotFound where it has none."""
    image = fitting_image(page["images"], width)
    if image is None:
        raise NotFound
    return image


def link_of(page: Mapping[str, Any], index: int) -> str:
    """Where a link on a page leads, outside of the document. Raises NotFound."""
    links = page["links"]
    uri = links[index][4] if 0 <= index < len(links) else None
    if not isinstance(uri, str) or not uri:
        raise NotFound
    return uri


def original(conn: Connection, row: ShareRow, visit_id: UUID | None = None) -> tuple[str, str]:
    """The original file, name and digest, of the version shown. Raises NotFound where taking it is not allowed."""
    if not row.allows_download or row.has_watermark:
        raise NotFound
    version_id = store.find_visit(conn, row.workspace_id, row.id, visit_id) if visit_id else None
    found = store.original_of(conn, row.workspace_id, version_id or cast(int, row.version_id))
    if found is None:
        raise NotFound
    return found


def search(conn: Connection, row: ShareRow, version_id: int, asked: str) -> list[tuple[int, list[tuple[int, int]]]]:
    """Where words stand in a document: pages, each with its matches as (first word, last word), both from 0.

    Raises NotFound for versions that this share never showed.
    """
    if not _shows(conn, row, version_id):
        raise NotFound
    wanted = " ".join(asked.replace("\0", "").split())[:LONGEST_SEARCH].strip()
    if not wanted:
        return []
    found, left = [], MOST_FOUND
    with closing(store.pages_with(conn, row.workspace_id, version_id, max(wanted.split(), key=len))) as pages:
        for number, words in pages:
            matches = find_words([str(word[4]) for word in words], wanted)[:left]
            if matches:
                found.append((number, matches))
                left -= len(matches)
            if not left:
                break
    return found


def find_words(words: Sequence[str], wanted: str) -> list[tuple[int, int]]:
    """Find a phrase in a row of words, in either case, also within them: (first word, last word) of each match."""
    folded = [word.casefold() for word in words]
    told, phrase = " ".join(folded), wanted.casefold()
    starts = [0, *accumulate(len(word) + 1 for word in folded)]
    matches, at, word = [], told.find(phrase), 0
    while at >= 0:
        while starts[word + 1] <= at:
            word += 1
        last = word
        while starts[last + 1] < at + len(phrase):
            last += 1
        matches.append((word, last))
        at = told.find(phrase, at + len(phrase))
    return matches


def choose(conn: Connection, access: Access, choice: Choice, now: datetime) -> None:
    """Keep what a reader answered, beyond what their own browser keeps: by their address, and for the sender."""
    row, reader = access.row, access.reader
    place = (conn, row.workspace_id, row.id)
    if choice == "no":
        if reader.address:
            store.put_objection(*place, reader.address, now)
        store.note_share(*place, {"declined_at": now, "unanswered_at": None})
        return
    if reader.address:
        store.drop_objection(*place, reader.address)
    answered = ("unanswered_at", "declined_at") if access.recording.why == "declined" else ("unanswered_at",)
    store.note_share(*place, dict.fromkeys(answered))


def object_for_all(conn: Connection, row: ShareRow, now: datetime) -> None:
    """Record nobody's reading of this share who does not want it: a reader objected whose browser keeps no answer."""
    if row.objected_at is None:
        store.note_share(conn, row.workspace_id, row.id, {"objected_at": now})


def read_address(told: str) -> str:
    """The e-mail address that somebody gave at the gate. Raises Malformed."""
    address = told.strip().lower()
    if not _ADDRESS.fullmatch(address):
        raise Malformed("This does not look like an e-mail address. It is written like flynn@example.com.")
    return address


def _shows(conn: Connection, row: ShareRow, version_id: int) -> bool:
    return version_id == row.version_id or store.was_shown(conn, row.workspace_id, row.id, version_id)


def _is_reader(raw: RawHit) -> bool:
    """Whether this looks like somebody with a browser, and no rep of ours."""
    return raw.method == "GET" and raw.device_id is None and agent_of(raw.user_agent).kind == "browser"


def _numbered(told: object, now: datetime) -> tuple[int, dict[str, Any]] | None:
    """A beacon by its number, with no more in it than we know; None where it is none."""
    seq = told.get("seq") if isinstance(told, Mapping) else None
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq <= _LAST_SEQ:
        return None
    try:
        one = read_beacon(seq, now, told)
    except Malformed:
        return None
    pages = {str(number): spent for number, spent in one.pages.items()}
    return seq, {"seq": seq, "at_ms": one.at_ms, "state": one.state, "page": one.page, "pages": pages}

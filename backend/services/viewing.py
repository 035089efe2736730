"""What may a reader see, and what is kept of the reading? Opens shares for the viewer, and keeps what it tells.

The rule stands here for every address of the viewer: a share is shown while it is on and not expired, and where the
document asks for an e-mail address, only to who gave one. Whoever objected is not recorded at all: no visit, no time,
no download. Nothing here decides what a visit means: see `services.hits` and `services.reading`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import Connection

from backend.domain.document_pages import fitting_image
from backend.domain.shares import share_state
from backend.domain.viewing import RawHit, ShareRow
from backend.errors import Malformed, NotFound
from backend.store import viewing as store

Reason = Literal["unknown", "off", "expired", "waiting"]

LONGEST_SEARCH = 100
MOST_FOUND = 500
MOST_BEACONS = 50  # in one request
_LAST_SEQ = 100_000
_LONGEST_BEACON_PAGES = 200
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

    row: ShareRow
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
    def is_recorded(self) -> bool:
        """Whether the reading is recorded: nobody has objected."""
        return self.row.objected_at is None


def find_live(conn: Connection, workspace_id: int | None, token: str, now: datetime) -> ShareRow | Closed:
    """The share behind an address whose token was found to be ours, if it is live."""
    row = store.find_share(conn, workspace_id, token) if workspace_id is not None else None
    if row is None:
        return Closed("unknown")
    state = share_state(row.off_at, row.expires_at, now)
    if state != "on":
        return Closed(state)
    return row if row.version_id is not None else Closed("waiting")


def open_share(conn: Connection, row: ShareRow, reader: str = "", visit_id: UUID | None = None) -> OpenShare | Closed:
    """What is shown of a live share; to a visit that goes on, the version that it began with."""
    version_id = store.find_visit(conn, row.workspace_id, row.id, visit_id) if visit_id else None
    if version_id is None:
        version_id = cast(int, row.version_id)
    sizes = store.page_sizes(conn, row.workspace_id, version_id)
    if not sizes:
        return Closed("waiting")
    pages = len(sizes) if version_id != row.version_id else max(row.pages or 0, len(sizes))
    return OpenShare(row, version_id, sizes, pages, label_of(conn, row, reader))


def label_of(conn: Connection, row: ShareRow, reader: str) -> str:
    """Whose name the pages carry: who gave an address, else whom the mail went to. Empty where none is wanted."""
    if not row.has_watermark:
        return ""
    return reader or row.recipient or ", ".join(store.addresses_of(conn, row.workspace_id, row.message_id))


def is_visit(conn: Connection, row: ShareRow, visit_id: UUID | None) -> bool:
    """Whether this visit is one of this share."""
    return visit_id is not None and store.find_visit(conn, row.workspace_id, row.id, visit_id) is not None


def begin_visit(conn: Connection, row: ShareRow, raw: RawHit, reader: str = "") -> UUID | None:
    """Keep that the viewer was opened: the visit's id. None where it is not recorded, or only asked about (HEAD)."""
    if row.objected_at is not None:
        return None
    store.put_hit(conn, raw)
    if raw.method == "HEAD":
        return None
    store.put_visit(conn, raw, row, reader)
    return raw.id


def keep_hit(conn: Connection, row: ShareRow, raw: RawHit, visit_id: UUID | None) -> None:
    """Keep a download, or that a link in the document was followed, with the visit that it belongs to."""
    if row.objected_at is not None:
        return
    known = visit_id if is_visit(conn, row, visit_id) else None
    store.put_hit(conn, replace(raw, detail={"visit": str(known) if known else None, **raw.detail}))


def keep_beacons(conn: Connection, row: ShareRow, visit_id: UUID, beacons: Sequence[object], now: datetime) -> None:
    """Keep what a viewer tells of a visit; once, however often it is told. What cannot be read is left out."""
    if row.objected_at is not None or not is_visit(conn, row, visit_id):
        return
    readable = dict(pair for pair in map(_numbered, beacons[:MOST_BEACONS]) if pair is not None)
    if readable and store.put_beacons(conn, row.workspace_id, visit_id, readable, now):
        store.judge(conn, row.workspace_id, visit_id)


def keep_page_load(conn: Connection, row: ShareRow, visit_id: UUID | None, page: int, now: datetime) -> None:
    """Keep that a page's image was asked for in a visit: what is known of a reader without scripts."""
    if row.objected_at is not None or visit_id is None or not is_visit(conn, row, visit_id):
        return
    if store.put_page_load(conn, row.workspace_id, visit_id, page, now):
        store.judge(conn, row.workspace_id, visit_id)


def find_page(conn: Connection, row: ShareRow, version_id: int, number: int) -> Mapping[str, Any]:
    """A page that this share shows. Raises NotFound, also for versions that it never showed."""
    shown = version_id == row.version_id or store.was_shown(conn, row.workspace_id, row.id, version_id)
    page = store.find_page(conn, row.workspace_id, version_id, number) if shown else None
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
    """Where words stand in a document: pages, each with its matches as (first word, last word), both from 0."""
    wanted = " ".join(asked.replace("\0", "").split())[:LONGEST_SEARCH]
    if not wanted or not (version_id == row.version_id or store.was_shown(conn, row.workspace_id, row.id, version_id)):
        return []
    found, left = [], MOST_FOUND
    for number, words in store.pages_with(conn, row.workspace_id, version_id, max(wanted.split(), key=len)):
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


def set_objection(conn: Connection, row: ShareRow, at: datetime | None) -> None:
    """Record no reading of this share from now on; with None, record it again."""
    store.set_objection(conn, row.workspace_id, row.id, at)


def read_address(told: str) -> str:
    """The e-mail address that somebody gave at the gate. Raises Malformed."""
    address = told.strip().lower()
    if not _ADDRESS.fullmatch(address):
        raise Malformed("This does not look like an e-mail address. It is written like flynn@example.com.")
    return address


def _numbered(told: object) -> tuple[int, dict[str, Any]] | None:
    """A beacon by its number, with no more in it than we know; None where it is none."""
    if not isinstance(told, Mapping):
        return None
    seq, pages = told.get("seq"), told.get("pages", {})
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq <= _LAST_SEQ:
        return None
    if not isinstance(pages, Mapping) or len(pages) > _LONGEST_BEACON_PAGES or not _all_plain(told, pages):
        return None
    known = {name: told[name] for name in ("seq", "at_ms", "state", "page") if name in told}
    return seq, {**known, "pages": {str(name)[:12]: spent for name, spent in pages.items()}}


def _all_plain(told: Mapping[str, Any], pages: Mapping[str, Any]) -> bool:
    values: Iterable[object] = (told.get("at_ms", 0), told.get("page", 0), *pages.values())
    numbers = all(isinstance(value, int | float) and abs(value) < 10**12 for value in values)
    names = all("\0" not in str(name) and str(name).isascii() for name in pages)
    return numbers and names and told.get("state") in ("reading", "idle", "hidden", "left")

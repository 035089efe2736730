"""How does a document get into a mail, and who may change what its readers can do?

A share is put into a message that is not sent yet, once for each document (and recipient); its token tells of the
reading. It belongs to the message: only the message's rep, or an admin, changes it, and each change can be taken back.
The caller owns the transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from backend.domain.shares import ShareOptions, ShareRecord, share_state
from backend.domain.tokens import cover_address, mint_token, read_thumbnail, read_token, share_address
from backend.errors import Forbidden, Malformed, NotFound, TeamPlanOnly
from backend.services import documents
from backend.services.composing import Composer
from backend.store import shares as store
from backend.store.shares import Shareable

_NOT_USABLE = "This document is not there any more, or not yours to send, or has no pages yet."


@dataclass(frozen=True)
class Place:
    """Which document in which message; `recipient` is an address where mails are sent one by one."""

    message_id: int
    document_id: int
    recipient: str = ""


@dataclass(frozen=True)
class Shared:
    """A document in a message, with what is shown of it. `is_new`: this call has put it there."""

    share_id: int
    token: str = field(repr=False)
    address: str = field(repr=False)
    cover_address: str = field(repr=False)
    document: Shareable
    is_new: bool

    @property
    def name(self) -> str:
        """What the document is called."""
        return self.document.name


def put_share(conn: Connection, composer: Composer, place: Place, now: datetime) -> Shared:
    """Put a document into a rep's message, or find it there. Safe to repeat, also at the same moment.

    Raises TeamPlanOnly, NotFound (document or message not theirs, archived, nothing to read yet), and Malformed for
    what is new in a mail that was sent or given up.
    """
    workspace_id = composer.workspace_id
    if not documents.may_use(conn, workspace_id):
        raise TeamPlanOnly
    found = store.find_shareable(conn, workspace_id, composer.rep_id, place.document_id)
    if found is None:
        raise NotFound(_NOT_USABLE)
    state = store.lock_state(conn, workspace_id, composer.rep_id, place.message_id)
    if state is None:
        raise NotFound
    where = (place.message_id, place.document_id, place.recipient)
    there = store.find_token(conn, workspace_id, where)
    if there is not None:
        return _shared(composer, there, found, is_new=False)
    if state != "prepared":
        raise Malformed("This mail was sent already; a document can only be put into one that is being written.")
    token = mint_token("d", workspace_id, composer.link_keys)
    share_id = store.put_share(conn, workspace_id, where, token, now)
    store.note_used(conn, workspace_id, place.document_id, now)
    return _shared(composer, (share_id, token), found, is_new=True)


def set_share(
    conn: Connection, workspace_id: int, rep_id: int, share_id: int, options: ShareOptions, now: datetime
) -> ShareRecord:
    """Change what a share allows. Raises NotFound, Forbidden, and Malformed for a new expiry that has passed."""
    found = get_share(conn, workspace_id, rep_id, share_id)
    if not found.may_change:
        raise Forbidden("Only who sent this mail, or an admin of your workspace, can change what its readers may do.")
    expires_at = options.expires_at
    if expires_at is not None and expires_at != found.expires_at and expires_at <= now:
        raise Malformed("This day is over. To end the reading now, switch the link off.")
    store.set_options(conn, workspace_id, share_id, options, now)
    return get_share(conn, workspace_id, rep_id, share_id)


def get_share(conn: Connection, workspace_id: int, rep_id: int, share_id: int) -> ShareRecord:
    """One share, as this rep may see and change it. Raises NotFound."""
    found = store.find_share(conn, workspace_id, rep_id, share_id)
    if found is None:
        raise NotFound
    return found


def shares_of_message(conn: Connection, workspace_id: int, rep_id: int, message_id: int) -> Sequence[ShareRecord]:
    """The documents in a message, in the order in which they were put into it."""
    return store.shares_of_message(conn, workspace_id, rep_id, message_id)


def shares_of_document(conn: Connection, workspace_id: int, rep_id: int, document_id: int) -> Sequence[ShareRecord]:
    """The messages that a document is in, the newest first; not those that were given up."""
    return store.shares_of_document(conn, workspace_id, rep_id, document_id)


def find_cover(conn: Connection, token: str, now: datetime, *, link_keys: Sequence[bytes]) -> tuple[int, str] | None:
    """Find the picture of what a live share shows: workspace and digest. None where it is off, expired, or not ours."""
    workspace_id = read_token("d", token, link_keys)
    found = store.find_cover(conn, workspace_id, token) if workspace_id is not None else None
    if workspace_id is None or found is None or share_state(found.off_at, found.expires_at, now) != "on":
        return None
    return (workspace_id, found.digest) if found.digest else None


def find_thumbnail(conn: Connection, token: str, *, link_keys: Sequence[bytes]) -> tuple[int, str] | None:
    """Find the small picture that a card's address stands for: workspace and digest."""
    read = read_thumbnail(token, link_keys)
    digest = store.find_thumbnail(conn, *read) if read else None
    return (read[0], digest) if read and digest else None


def _shared(composer: Composer, share: tuple[int, str], found: Shareable, *, is_new: bool) -> Shared:
    share_id, token = share
    return Shared(
        share_id=share_id,
        token=token,
        address=share_address(composer.tracking_url, token),
        cover_address=cover_address(composer.tracking_url, token),
        document=found,
        is_new=is_new,
    )

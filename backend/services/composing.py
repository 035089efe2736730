"""What happens when a rep presses "Track this mail"? A message is registered, with the addresses that tell of it.

Google names no draft, so the press is known by its compose key: a nonce that the card carries from when it is first
shown. A second press with the same key, at whatever moment and in whatever transaction, finds the message there and
makes nothing new; the caller is told what is new, and inserts only that. The message stays "prepared" until its sent
copy is seen (`services.syncing`). The caller owns the transaction.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from backend.domain.links import CheckedLink
from backend.domain.people import Recipient
from backend.domain.tokens import click_address, mint_token, open_address
from backend.errors import Malformed
from backend.store import messages as store
from backend.store.messages import Registered

JUST_NOW = timedelta(minutes=15)
MOST_LINKS = 50
_COMPOSE_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class Composer:
    """Who composes, and how the addresses of their mails are made."""

    workspace_id: int
    rep_id: int
    tracking_url: str
    link_keys: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True)
class Draft:
    """What a press of the add-on's button tells of a draft; `link` is to be in it, tracked."""

    compose_key: str = field(repr=False)
    recipients: tuple[Recipient, ...] = ()
    link: CheckedLink | None = None


@dataclass(frozen=True)
class LinkInDraft:
    """A tracked link: what is seen, where it leads, and the address that records the click on the way."""

    text: str
    destination: str
    address: str = field(repr=False)


@dataclass(frozen=True)
class Tracking:
    """A message that is being tracked, and what of it this press has made.

    `link` is the link asked for, whether new or there before. In state "sent" or "lapsed" nothing was made.
    """

    message_id: int
    compose_key: str = field(repr=False)
    state: str
    prepared_at: datetime
    image_address: str = field(repr=False)
    links: tuple[LinkInDraft, ...] = ()
    link: LinkInDraft | None = None
    is_new: bool = False
    link_is_new: bool = False


@dataclass(frozen=True)
class Opening:
    """What is known when the compose card opens: a mail like this that is not sent yet, and whether it is the first."""

    likely: Tracking | None
    is_first: bool


def is_compose_key(told: str) -> bool:
    """Whether a card of ours can carry this."""
    return _COMPOSE_KEY.fullmatch(told) is not None


def track(conn: Connection, composer: Composer, draft: Draft, now: datetime) -> Tracking:
    """Register the mail and its link, or find them registered. Safe to repeat, also at the same moment.

    Whom the draft is to is kept up with. Raises Malformed for a compose key that no card of ours carries.
    """
    if not is_compose_key(draft.compose_key):
        raise Malformed("This card was none of Readback’s. Please press once more.")
    workspace_id, rep_id = composer.workspace_id, composer.rep_id
    made = store.put_prepared(conn, workspace_id, rep_id, draft.compose_key, now)
    if made is not None:
        store.put_open_token(conn, workspace_id, made, mint_token("o", workspace_id, composer.link_keys))
    registered = store.lock_registered(conn, workspace_id, rep_id, draft.compose_key)
    if registered is None:
        raise Malformed("This mail was erased just now.")
    link_is_new = False
    if registered.state == "prepared":
        if made is not None or draft.recipients:
            store.put_recipients(conn, workspace_id, registered.id, draft.recipients)
        link_is_new = draft.link is not None and _put_link(conn, composer, registered.id, draft.link)
    return _told(conn, composer, registered, draft.link, (made is not None, link_is_new))


def find_tracking(conn: Connection, composer: Composer, compose_key: str) -> Tracking | None:
    """Find what a card's compose key stands for already, if anything."""
    if not is_compose_key(compose_key):
        return None
    registered = store.lock_registered(conn, composer.workspace_id, composer.rep_id, compose_key)
    return _told(conn, composer, registered, None, (False, False)) if registered else None


def open_card(conn: Connection, composer: Composer, recipients: Sequence[Recipient], now: datetime) -> Opening:
    """Look whether a mail to the same people was tracked a moment ago and is not sent yet: likely this very draft."""
    wanted = frozenset(each.address.lower() for each in recipients)
    waiting = store.prepared_since(conn, composer.workspace_id, composer.rep_id, now - JUST_NOW)
    likely = next((registered for registered, addresses in waiting if addresses == wanted), None)
    return Opening(
        likely=_told(conn, composer, likely, None, (False, False)) if likely else None,
        is_first=not store.has_tracked_any(conn, composer.workspace_id, composer.rep_id),
    )


def _put_link(conn: Connection, composer: Composer, message_id: int, link: CheckedLink) -> bool:
    there = store.tracked_links(conn, composer.workspace_id, message_id)
    if any((each.text, each.destination) == (link.text, link.destination) for each in there):
        return False
    if len(there) >= MOST_LINKS:
        raise Malformed(f"There are {MOST_LINKS} tracked links in this mail already.")
    token = mint_token("c", composer.workspace_id, composer.link_keys, link.destination)
    store.put_link(conn, composer.workspace_id, message_id, link, token)
    return True


def _told(
    conn: Connection, composer: Composer, registered: Registered, asked: CheckedLink | None, new: tuple[bool, bool]
) -> Tracking:
    token = store.get_open_token(conn, composer.workspace_id, registered.id)
    links = tuple(
        LinkInDraft(each.text, each.destination, click_address(composer.tracking_url, each.token, each.destination))
        for each in store.tracked_links(conn, composer.workspace_id, registered.id)
    )
    wanted = (asked.text, asked.destination) if asked else None
    return Tracking(
        message_id=registered.id,
        compose_key=registered.compose_key,
        state=registered.state,
        prepared_at=registered.prepared_at,
        image_address=open_address(composer.tracking_url, token),
        links=links,
        link=next((each for each in links if (each.text, each.destination) == wanted), None),
        is_new=new[0],
        link_is_new=new[1],
    )

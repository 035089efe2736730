"""Gmail's calls about documents: the picker, and the press that puts a document into the open draft.

One press registers the mail, where it is not tracked yet, and the share, and inserts what is new of both. A second one
finds both there and inserts nothing, unless it is asked to. What goes wrong leaves nothing behind.
"""

from collections.abc import Sequence

from flask import Blueprint
from sqlalchemy import Connection

from addon import cards, compose
from addon import documents as told
from addon.cards import Json
from addon.documents import Added, InMail, Offered, Picker
from backend.domain.tokens import thumbnail_address
from backend.errors import NotFound, TeamPlanOnly
from backend.services import composing, documents, sharing
from backend.services.composing import Draft, Tracking
from backend.services.documents import Listed, Wanted
from backend.services.sharing import Place, Shared
from backend.web.addon import Use, answering, base, over, speak_in_cards
from backend.web.parts import now, parts

blueprint = Blueprint("addon_documents", __name__)
speak_in_cards(blueprint)

_LONGEST_SEARCH = 200
_DIGITS = 18
_MOST_PAGES = 1000


@blueprint.post(compose.ADD_DOCUMENT)
@answering("compose", pressed=True)
def choose(use: Use) -> Json:
    """Offer the workspace's documents; nothing is stored yet."""
    with parts().engine.begin() as conn:
        may_use = documents.may_use(conn, use.member.workspace_id)
        picker = _picker(conn, use) if may_use else None
    shown = told.picker_card(base(), picker) if picker else told.plan_card(base())
    return cards.updated(shown) if use.event.parameter(told.IN_PLACE) else cards.opened(shown)


@blueprint.post(told.INSERT_DOCUMENT)
@answering("compose", pressed=True)
def insert(use: Use) -> Json:
    """Put a document into the draft, and track the mail with it."""
    draft = Draft(use.event.parameter(compose.COMPOSE_KEY), use.event.recipients)
    try:
        with parts().engine.begin() as conn:
            tracking = composing.track(conn, use.composer, draft, now())
            shared = _share(conn, use, tracking) if tracking.state == "prepared" else None
    except TeamPlanOnly:
        return cards.updated(told.plan_card(base()))
    except NotFound as problem:
        return _not_there(use, str(problem))
    return _inserted(use, tracking, shared) if shared else over(use, tracking)


def _share(conn: Connection, use: Use, tracking: Tracking) -> Shared:
    chosen = _number(use, told.DOCUMENT) or _number(use, cards.GRID_ITEM)
    return sharing.put_share(conn, use.composer, Place(tracking.message_id, chosen), now())


def _inserted(use: Use, tracking: Tracking, shared: Shared) -> Json:
    """Insert what is new, or the block once more where that is asked for, and say so."""
    is_block = shared.is_new or bool(use.event.parameter(compose.AGAIN))
    happened: told.Happened = "document" if is_block else "document_already"
    in_mail = _in_mail(shared)
    added = Added(
        compose_key=tracking.compose_key,
        happened=happened,
        document=in_mail,
        thumbnail=_thumbnail(use, shared.document.version_id),
        recipients=use.event.recipients,
        has_tracked=tracking.is_new,
    )
    shown = told.added_card(base(), added)
    if not is_block:
        return cards.updated(shown, told.notification(happened))
    markup = told.document_markup(in_mail)
    if tracking.is_new:
        markup += compose.image_markup(tracking.image_address)
    return cards.inserted(markup, "IN_PLACE_INSERT", shown, told.notification(happened))


def _picker(conn: Connection, use: Use, note: str = "") -> Picker:
    """One page of what the rep may use, what was used last first; what failed to become readable is left out."""
    turned = bool(use.event.parameter(told.PAGE))
    sought = use.event.parameter(told.SOUGHT) if turned else use.event.typed(told.SEARCH)
    sought = sought.strip()[:_LONGEST_SEARCH]
    page = min(_number(use, told.PAGE), _MOST_PAGES) if turned else 0
    wanted = Wanted(sought, archived=False, recent_first=True)
    listed = documents.list_documents(conn, use.member.workspace_id, use.member.id, wanted)
    usable = [each for each in listed if each.version_id is not None or each.state in ("waiting", "converting")]
    start = page * told.A_PAGE
    return Picker(
        compose_key=use.event.parameter(compose.COMPOSE_KEY),
        found=_offered(use, usable[start : start + told.A_PAGE]),
        sought=sought,
        page=page,
        has_more=len(usable) > start + told.A_PAGE,
        note=note,
    )


def _offered(use: Use, listed: Sequence[Listed]) -> list[Offered]:
    return [
        Offered(
            id=each.id,
            name=each.name,
            type=each.type or "",
            pages=each.pages,
            size=each.size,
            owner="" if each.is_own else each.owner_name,
            thumbnail=_thumbnail(use, each.version_id) if each.version_id and each.cover_digest else "",
            was_used=each.used_at is not None,
            waits_for="" if each.version_id else "Its pages are being made; it can be added in a moment.",
        )
        for each in listed
    ]


def _not_there(use: Use, sentence: str) -> Json:
    with parts().engine.begin() as conn:
        picker = _picker(conn, use, note=sentence)
    return cards.updated(told.picker_card(base(), picker))


def _in_mail(shared: Shared) -> InMail:
    found = shared.document
    return InMail(
        document_id=found.document_id,
        name=found.name,
        type=found.type,
        pages=found.pages,
        size=found.size,
        width_pt=found.width_pt,
        height_pt=found.height_pt,
        address=shared.address,
        cover_address=shared.cover_address,
    )


def _thumbnail(use: Use, version_id: int) -> str:
    return thumbnail_address(base(), use.member.workspace_id, version_id, parts().settings.link_keys)


def _number(use: Use, name: str) -> int:
    """A number that a button carries; none of ours where it is no number."""
    held = use.event.parameter(name)
    return int(held) if held.isdecimal() and held.isascii() and len(held) <= _DIGITS else 0

"""Gmail's add-on calls: verify Google's token, parse the event, find the person, answer with a card.

Forged or for another address: 401 before the body is read. Not an event: 400. From then on the person always gets a
card: one that connects, asks for permissions, or says what happened and what to do; Gmail shows no other answer.
Each call may come twice (Google replays it after a consent), and then does no more than the first did.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from addon import cards, compose, connect, home, message
from addon.cards import Json
from addon.compose import Tracked, Typed, Untracked
from addon.deployment import missing_scopes
from addon.events import Event, Malformed, parse_event
from addon.words import Viewer, viewer_of
from backend.domain.links import CheckedLink, RefusedLink, check_link
from backend.domain.workspaces import Member
from backend.errors import InvalidToken, Transient
from backend.errors import Malformed as Refused
from backend.services import composing, glances
from backend.services.composing import Composer, Draft, Tracking
from backend.services.glances import OpenedMail, Reach, Standing
from backend.web.guards import google_signed
from backend.web.parts import now, parts

blueprint = Blueprint("addon", __name__)
log = logging.getLogger(__name__)

_USERINFO = "https://www.googleapis.com/auth/userinfo.email"


@dataclass(frozen=True)
class Use:
    """One use of the add-on by a rep: what Google told, who it is, and where they stand with us."""

    event: Event
    member: Member
    standing: Standing
    viewer: Viewer

    @property
    def composer(self) -> Composer:
        """The rep as one who composes."""
        settings = parts().settings
        return Composer(self.member.workspace_id, self.member.id, settings.tracking_url, settings.link_keys)

    @property
    def typed(self) -> Typed:
        """What stands in the fields of the compose card."""
        return _typed(self.event)


View = Callable[[Use], Json]


def answering(place: str, *, pressed: bool = False) -> Callable[[View], Callable[[], ResponseReturnValue]]:
    """Do before a view what every call needs: verify, parse, permissions, the person, their standing."""

    def wrap(view: View) -> Callable[[], ResponseReturnValue]:
        @google_signed
        @wraps(view)
        def answer() -> ResponseReturnValue:
            g.pressed = pressed
            _verify_google()
            event = g.event = parse_event(request.get_data(cache=False))
            missing = missing_scopes(place, event.authorized_scopes)
            if missing or not event.user_id_token:
                return jsonify(cards.asking_for_scopes(missing or [_USERINFO]))
            identity = parts().google.verify_user(event.user_id_token)
            with parts().engine.begin() as conn:
                standing = glances.standing_of(conn, identity)
            viewer = viewer_of(now(), event.locale, event.time_zone, event.utc_offset_ms)
            if standing.member is None or not _may(standing, place):
                return jsonify(_shown(connect.connect_card(base(), _reason(standing))))
            return jsonify(view(Use(event, standing.member, standing, viewer)))

        return answer

    return wrap


@blueprint.post("/addon/home")
@answering("home")
def homepage(use: Use) -> Json:
    """What happened today, and what waits."""
    with parts().engine.begin() as conn:
        today = glances.today_of(conn, use.member, use.viewer.midnight, home.MOST_EVENTS, now())
    return cards.pushed(home.home_card(base(), home.Today(today.events, today.needs, today.has_sent), use.viewer))


@blueprint.post("/addon/message")
@answering("message")
def opened(use: Use) -> Json:
    """What became of the mail that is open; and that the rep has it open now."""
    member, mailbox = use.member, use.standing.mailbox
    mail = OpenedMail(use.event.mail_id, use.event.thread_id)
    reach = Reach(parts().engine, parts().gmail, parts().secrets)
    found = glances.find_tracked(reach, mailbox, mail, now()) if mailbox else []
    if not found:
        return cards.pushed(message.untracked_card())
    with parts().engine.begin() as conn:
        glances.note_opened(conn, member, found, now())
        conversation = glances.get_conversation(conn, member.workspace_id, found)
    record = conversation.record
    shown = message.OpenMail(
        group=record.group,
        rows=record.rows,
        shared=record.shared,
        not_counted=record.uncounted_number,
        others=conversation.others,
        is_disconnected=use.standing.place == "disconnected",
    )
    return cards.pushed(message.message_card(base(), shown, use.viewer))


@blueprint.post("/addon/compose")
@answering("compose")
def compose_card(use: Use) -> Json:
    """Offer to track the draft; nothing is stored yet."""
    recipients = use.event.recipients
    with parts().engine.begin() as conn:
        opening = composing.open_card(conn, use.composer, recipients, now())
    if opening.likely is not None:
        shown = Tracked(
            compose_key=opening.likely.compose_key,
            happened="reopened",
            tracked_at=opening.likely.prepared_at,
            recipients=recipients,
            links=_links(opening.likely),
            new_key=_new_key(),
        )
        return cards.pushed(compose.tracked_draft_card(base(), shown, use.viewer))
    return cards.pushed(
        compose.untracked_draft_card(base(), Untracked(_new_key(), recipients, is_first=opening.is_first))
    )


@blueprint.post("/addon/compose/track")
@answering("compose", pressed=True)
def track(use: Use) -> Json:
    """Track the draft, with the link that was typed; a second press inserts nothing that is there already."""
    return _press(use, "already", link_required=False)


@blueprint.post("/addon/compose/link")
@answering("compose", pressed=True)
def add_link(use: Use) -> Json:
    """Put one more tracked link into a draft that is tracked."""
    return _press(use, "link_already", link_required=True)


def _forged(_: InvalidToken) -> ResponseReturnValue:
    log.warning("add-on call refused", extra={"route": str(request.url_rule)})
    return _failed(
        "Google could not vouch for this call", "Nothing was changed. Close the card and open it again.", 401
    )


def _not_an_event(_: Malformed) -> ResponseReturnValue:
    return _failed("This call could not be understood", "Nothing was changed. Close the card and open it again.", 400)


def _not_possible(problem: Refused) -> ResponseReturnValue:
    return _failed("This cannot be done", f"{problem} Nothing was inserted.")


def _later(_: Transient) -> ResponseReturnValue:
    sentence = "Nothing that was recorded is lost. Please try again in a minute."
    return _failed("Google cannot be reached just now", sentence)


def _too_much(problem: HTTPException) -> ResponseReturnValue:
    return _failed("This call could not be taken", "Nothing was changed.", problem.code or 400)


def _broken(problem: Exception) -> ResponseReturnValue:
    """The add-on's error page: Gmail shows a card, and nothing of any other answer."""
    log.error("add-on call failed", exc_info=problem, extra={"route": str(request.url_rule)})
    sentence = "It has been noted, and nothing that was recorded is lost. Please try again in a minute."
    return _failed("Something broke on our side", sentence)


def speak_in_cards(module: Blueprint) -> None:
    """Let a blueprint of add-on calls tell its troubles in cards."""
    module.register_error_handler(InvalidToken, _forged)
    module.register_error_handler(Malformed, _not_an_event)
    module.register_error_handler(Refused, _not_possible)
    module.register_error_handler(Transient, _later)
    module.register_error_handler(HTTPException, _too_much)
    module.register_error_handler(Exception, _broken)


speak_in_cards(blueprint)


def _failed(title: str, sentence: str, status: int = 200) -> ResponseReturnValue:
    """A card that says so; after a press it holds what was typed, so that pressing again is all there is to do."""
    event: Event | None = g.get("event")
    if g.get("pressed") and event is not None:
        draft = Untracked(_shown_key(event), event.recipients, _typed(event), note=sentence, title=title)
        return jsonify(cards.updated(compose.untracked_draft_card(base(), draft))), status
    return jsonify(_shown(connect.error_card(base(), title, sentence))), status


def _typed(event: Event) -> Typed:
    return Typed(event.typed(compose.LINK_TEXT), event.typed(compose.LINK_ADDRESS))


def _verify_google() -> None:
    """Raise InvalidToken unless Google calls; the address is the configured one, whatever the Host header says."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not bearer.strip():
        raise InvalidToken
    parts().google.verify_addon_call(bearer.strip(), f"{base()}{request.url_rule}")


def _may(standing: Standing, place: str) -> bool:
    """A mailbox that we have lost still has a past to tell; what is sent now would not be seen."""
    return standing.place == "ready" or (standing.place == "disconnected" and place != "compose")


def _reason(standing: Standing) -> connect.Reason:
    return "no_mailbox" if standing.place == "ready" else standing.place


def _shown(shown: Json) -> Json:
    return cards.updated(shown) if g.get("pressed") else cards.pushed(shown)


def _press(use: Use, repeated: compose.Happened, *, link_required: bool) -> Json:
    key = use.event.parameter(compose.COMPOSE_KEY)
    link = check_link(use.typed.text, use.typed.address) if use.typed or link_required else None
    if isinstance(link, RefusedLink):
        return _refused(use, key, link)
    with parts().engine.begin() as conn:
        tracking = composing.track(conn, use.composer, Draft(key, use.event.recipients, link), now())
    if tracking.state != "prepared":
        return over(use, tracking)
    return _inserted(use, tracking, repeated)


def _inserted(use: Use, tracking: Tracking, repeated: compose.Happened) -> Json:
    """Insert what is new, or what is asked for once more, and say so; else say what this press repeated."""
    again = bool(use.event.parameter(compose.AGAIN))
    image = tracking.is_new or (again and repeated == "already")
    link = tracking.link if tracking.link_is_new or again else None
    if not image and link is None:
        shown = compose.tracked_draft_card(base(), _tracked(use, tracking, repeated), use.viewer)
        return cards.updated(shown, compose.notification(repeated))
    happened: compose.Happened = "tracked" if image else "link"
    shown = compose.tracked_draft_card(base(), _tracked(use, tracking, happened), use.viewer)
    markup = compose.link_markup(link.text, link.address) if link else ""
    if image:
        markup += compose.image_markup(tracking.image_address)
    kind: cards.Insertion = "IN_PLACE_INSERT" if link else "INSERT_AT_END"
    return cards.inserted(markup, kind, shown, compose.notification(happened))


def _tracked(use: Use, tracking: Tracking, happened: compose.Happened) -> Tracked:
    link = CheckedLink(tracking.link.text, tracking.link.destination) if tracking.link else None
    return Tracked(
        compose_key=tracking.compose_key,
        happened=happened,
        tracked_at=tracking.prepared_at,
        recipients=use.event.recipients,
        links=_links(tracking),
        link=link,
        typed=use.typed if happened in ("already", "link_already") else Typed(),
    )


def _refused(use: Use, key: str, refused: RefusedLink) -> Json:
    """The same card again, with what is wrong and everything that was typed; nothing was stored."""
    with parts().engine.begin() as conn:
        there = composing.find_tracking(conn, use.composer, key)
    if there is None or there.state != "prepared":
        shown = Untracked(_shown_key(use.event), use.event.recipients, use.typed, refused)
        return cards.updated(compose.untracked_draft_card(base(), shown))
    tracked = Tracked(
        compose_key=key,
        happened="already",
        tracked_at=there.prepared_at,
        recipients=use.event.recipients,
        links=_links(there),
        typed=use.typed,
        refused=refused,
    )
    return cards.updated(compose.tracked_draft_card(base(), tracked, use.viewer))


def over(use: Use, tracking: Tracking) -> Json:
    """The card belongs to a mail that was sent or given up: what is open now can only be another one."""
    done = "was sent already" if tracking.state == "sent" else "was tracked more than a week ago and not sent"
    note = f"The mail that this card belonged to {done}. Press once more to track the one that is open now."
    shown = Untracked(_new_key(), use.event.recipients, use.typed, note=note)
    return cards.updated(compose.untracked_draft_card(base(), shown), "Nothing was inserted.")


def _links(tracking: Tracking) -> list[CheckedLink]:
    return [CheckedLink(link.text, link.destination) for link in tracking.links]


def _shown_key(event: Event) -> str:
    """The key of the card that was pressed, for the card that takes its place."""
    key = event.parameter(compose.COMPOSE_KEY)
    return key if composing.is_compose_key(key) else _new_key()


def _new_key() -> str:
    return secrets.token_urlsafe(16)


def base() -> str:
    return parts().settings.public_url

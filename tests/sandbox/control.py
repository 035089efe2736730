"""What tests and the demo may do to this Google from outside: trouble, time, habits, and a look at its state.

All of it is JSON: `GET /control/state` tells everything; each POST changes one thing and answers that state again.
Unknown people are 404, unknown words 400.
"""

from dataclasses import asdict, fields
from typing import Any, cast, get_args

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.exceptions import BadRequest

from tests.sandbox.faults import FAULT_KINDS, Fault
from tests.sandbox.pictures import remote_pictures
from tests.sandbox.postoffice import Vacation
from tests.sandbox.pubsub import Order
from tests.sandbox.state import Arrival, PushHabits
from tests.sandbox.world import NoSuchAccount, World

blueprint = Blueprint("control", __name__, url_prefix="/control")


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


def _told() -> dict[str, Any]:
    told = request.get_json(silent=True) if request.data else {}
    if not isinstance(told, dict):
        raise BadRequest("a JSON object is expected")
    return told


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(f"{name} is missing")
    return value


@blueprint.errorhandler(NoSuchAccount)
def _nobody(problem: NoSuchAccount) -> tuple[Response, int]:
    return jsonify(error=f"nobody here has the address {problem}"), 404


@blueprint.errorhandler(BadRequest)
def _bad(problem: BadRequest) -> tuple[Response, int]:
    return jsonify(error=problem.description), 400


@blueprint.get("/state")
def state() -> Response:
    """Everything that can be seen from outside: mailboxes, pushes, faults, quota."""
    world = _world()
    with world.lock:
        now, book, faults = world.state, world.state.pushes, world.state.faults
        mailboxes = {
            address: {
                "messages": len(mailbox.messages),
                "drafts": len(mailbox.drafts),
                "history_id": mailbox.history_id,
                "watching": bool(mailbox.watch and mailbox.watch.expires_ms > world.now_ms()),
                "consents": sum(g.address == address and not g.withdrawn for g in now.grants.grants),
                "on_vacation": address in now.vacations,
            }
            for address, mailbox in now.mailboxes.items()
        }
        pushes = {
            "waiting": len(book.waiting), "held": len(book.held), "published": book.published,
            "acknowledged": book.acknowledged, "refused": book.refused, "dropped": book.dropped,
            "habits": asdict(book.habits),
        }  # fmt: skip
        return jsonify(
            readback_url=world.readback_url,
            now=world.now().isoformat(),
            clock_shift_s=now.clock_shift_s,
            mailboxes=mailboxes,
            pushes=pushes,
            faults=[asdict(fault) for fault in faults.waiting],
            quota={"units": faults.units, "calls": faults.calls, "units_a_minute": faults.units_a_minute},
        )


@blueprint.post("/reset")
def reset() -> Response:
    """A new world under the same keys."""
    _world().reset()
    return state()


@blueprint.post("/readback")
def readback() -> Response:
    """Where Readback is: {"url"}."""
    world = _world()
    with world.change():
        world.readback_url = _text(_told(), "url").rstrip("/")
        world.pubsub.wake()
    return state()


@blueprint.post("/faults")
def add_fault() -> Response:
    """The next calls go wrong: {"kind", "times", "method", "address", "retry_after_s", "delay_s"}."""
    told = _told()
    if told.get("kind") not in FAULT_KINDS:
        raise BadRequest(f"kind is one of {', '.join(FAULT_KINDS)}")
    known = {f.name for f in fields(Fault)}
    if set(told) - known:
        raise BadRequest(f"unknown: {', '.join(sorted(set(told) - known))}")
    with _world().change() as now:
        now.faults.waiting.append(Fault(**told))
    return state()


@blueprint.delete("/faults")
def clear_faults() -> Response:
    """Nothing goes wrong any more."""
    with _world().change() as now:
        now.faults.waiting = []
    return state()


@blueprint.post("/quota")
def quota() -> Response:
    """Enforce a quota of so many units a minute and user, or none: {"units_a_minute": 6000 | null}; counts restart."""
    limit = _told().get("units_a_minute")
    if limit is not None and not isinstance(limit, int):
        raise BadRequest("units_a_minute is a whole number or null")
    with _world().change() as now:
        now.faults.units_a_minute = limit
        now.faults.units, now.faults.calls, now.faults.minute_units = {}, {}, {}
    return state()


@blueprint.post("/time")
def shift_time() -> Response:
    """Let time pass for what expires here (tokens, codes, watches, history): {"advance_s"}."""
    advance = _told().get("advance_s")
    if not isinstance(advance, int | float):
        raise BadRequest("advance_s is a number of seconds")
    with _world().change() as now:
        now.clock_shift_s += advance
    return state()


@blueprint.post("/tokens/withdraw")
def withdraw() -> Response:
    """A person takes every consent back: {"address"}."""
    world = _world()
    with world.change() as now:
        now.grants.withdraw(world.account(_text(_told(), "address")).address)
    return state()


@blueprint.post("/tokens/expire")
def expire_tokens() -> Response:
    """A person's access tokens expire at once; refresh tokens stay good: {"address"}."""
    world = _world()
    with world.change() as now:
        now.grants.expire_tokens(world.account(_text(_told(), "address")).address)
    return state()


@blueprint.post("/keys/rotate")
def rotate_keys() -> Response:
    """Sign with a new key from now on."""
    with _world().change() as now:
        now.keys.rotate()
    return state()


@blueprint.post("/history/expire")
def expire_history() -> Response:
    """A mailbox's history is forgotten: {"address"}."""
    _world().forget_history(_text(_told(), "address"))
    return state()


@blueprint.post("/vacation")
def vacation() -> Response:
    """Switch an absence note on or off: {"address", "on", "subject", "text"}."""
    told = _told()
    words = {name: str(told[name]) for name in ("subject", "text") if told.get(name)}
    _world().set_vacation(_text(told, "address"), Vacation(**words) if told.get("on", True) else None)
    return state()


@blueprint.post("/arrivals")
def arrivals() -> Response:
    """A person's filter for arriving mail: {"address", "archive", "mark_read"}."""
    world, told = _world(), _told()
    with world.change() as now:
        owner = world.account(_text(told, "address")).address
        now.arrivals[owner] = Arrival(bool(told.get("archive")), bool(told.get("mark_read")))
    return state()


@blueprint.post("/prefetch")
def prefetch() -> Response:
    """Gmail loads pictures before anybody reads: of arriving mail from now on ({"address", "on"}), or of one mail
    at once ({"address", "message_id"})."""
    world, told = _world(), _told()
    owner = world.account(_text(told, "address")).address
    if "message_id" in told:
        message = world.mailbox(owner).get(_text(told, "message_id"))
        for url in remote_pictures(message.html or ""):
            world.fetch_through_proxy(owner, url, prefetch=True)
        return state()
    with world.change() as now:
        now.prefetching = now.prefetching | {owner} if told.get("on", True) else now.prefetching - {owner}
    return state()


@blueprint.post("/pushes")
def push_habits() -> Response:
    """How Pub/Sub behaves: any of {"duplicate", "reverse", "hold", "drop_next", "forge_next", "at_most_one_a_second",
    "ack_deadline_s", "least_backoff_s", "most_backoff_s"}. What was held leaves with
    {"hold": false}, or in an order of choice with /control/pushes/release."""
    told, kinds = _told(), {f.name: f.type for f in fields(PushHabits)}
    if set(told) - set(kinds):
        raise BadRequest(f"unknown: {', '.join(sorted(set(told) - set(kinds)))}")
    if not all(isinstance(value, bool | int | float) for value in told.values()):
        raise BadRequest("switches are true or false, the rest are numbers")
    with _world().change() as now:
        for name, value in told.items():
            setattr(now.pushes.habits, name, value)
        if not now.pushes.habits.hold and now.pushes.held:
            _world().pubsub.release()
    return state()


@blueprint.post("/pushes/release")
def release_pushes() -> Response:
    """Let go of what was held back: {"order": "as_published" | "reverse" | "shuffled"}."""
    order = _told().get("order", "as_published")
    if order not in get_args(Order):
        raise BadRequest(f"order is one of {', '.join(get_args(Order))}")
    _world().pubsub.release(cast(Order, order))
    return state()


@blueprint.post("/pushes/wait")
def wait_for_pushes() -> tuple[Response, int]:
    """Wait until nothing is on its way: {"timeout_s"}; 504 when that took too long."""
    timeout = _told().get("timeout_s", 10)
    done = _world().pubsub.wait_until_idle(float(timeout))
    return state(), 200 if done else 504

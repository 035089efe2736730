"""The mail client's JSON endpoints: what the page's script and the headless person ask. See the package's docstring."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import abort, current_app, request

from tests.sandbox import letters, postoffice
from tests.sandbox.cast import Account
from tests.sandbox.client import desk, people, reading
from tests.sandbox.client.addon_host import AddonHost, Consents, NotAsked, Press
from tests.sandbox.client.outbox import Outbox
from tests.sandbox.machine_mail import MACHINES
from tests.sandbox.mailbox import Mailbox, Message, NotInMailbox

MOST_UNDO_S = 30.0
STYLES = {"exchange": "outlook", "gmail": "gmail"}

Json = dict[str, Any]


@dataclass
class Desk:
    """What the client keeps between two requests."""

    outbox: Outbox = field(default_factory=Outbox)
    consents: Consents = field(default_factory=Consents)


def at_desk() -> Desk:
    found: Desk = current_app.extensions.setdefault("mail_client", Desk())
    return found


def answered(view: Callable[..., Json]) -> Callable[..., tuple[Json, int]]:
    """A view over one mailbox: finds its owner; what is not there is 404 and what cannot be done 422, in words."""

    @functools.wraps(view)
    def answer(address: str, **path: str) -> tuple[Json, int]:
        account = people.account_of(address)
        try:
            return view(account, **path), 200
        except NotInMailbox:
            return {"error": "That mail is not here any more."}, 404
        except (desk.NotSendable, NotAsked) as problem:
            return {"error": str(problem)}, 422

    return answer


def _given() -> Json:
    given = request.get_json()
    if not isinstance(given, dict):
        abort(400, "A JSON object is expected.")
    return given


def _mailbox(account: Account) -> Mailbox:
    return people.world().mailbox(account.address)


def _images(account: Account) -> str:
    asked = request.args.get("images", account.images)
    return asked if asked in ("proxy", "direct", "none") else account.images


@answered
def me(account: Account) -> Json:
    return people.told(account)


@answered
def box(account: Account) -> Json:
    with people.world().lock:
        mailbox = _mailbox(account)
        if request.args.get("since") == str(mailbox.history_id):
            return {"version": mailbox.history_id, "unchanged": True}
        return reading.box(mailbox, account)


@answered
def thread(account: Account, thread_id: str) -> Json:
    with people.world().lock:
        return reading.thread(_mailbox(account), account, thread_id, _images(account))


@answered
def messages(account: Account) -> Json:
    label = reading.FOLDERS.get(request.args.get("folder", "inbox"), "INBOX")
    with people.world().lock:
        mailbox = _mailbox(account)
        return {"messages": [reading.told(mailbox, account, m, _images(account)) for m in mailbox.list(label)]}


@answered
def message(account: Account, message_id: str) -> Json:
    with people.world().lock:
        mailbox = _mailbox(account)
        return reading.told(mailbox, account, mailbox.get(message_id), _images(account))


@answered
def mark_read(account: Account, message_id: str) -> Json:
    found = people.world().mark_read(account.address, message_id, bool(_given().get("read", True)))
    return {"id": found.id, "unread": "UNREAD" in found.labels}


@answered
def begin_answer(account: Account, message_id: str) -> Json:
    kind = request.args.get("kind", "reply")
    if kind not in ("reply", "reply_all", "forward"):
        raise desk.NotSendable(f"there is no answer of the kind {kind!r}")
    quote = request.args.get("quote", "1") != "0"
    sheet = desk.answer(_mailbox(account).get(message_id), account, kind, quote=quote)
    return sheet.as_json() | reading.composing(account, sheet.html)


@answered
def read_draft(account: Account, draft_id: str) -> Json:
    with people.world().lock:
        mailbox = _mailbox(account)
        sheet = desk.sheet_of(_draft(mailbox, draft_id), account, mailbox)
    return {"draft_id": draft_id} | sheet.as_json() | reading.composing(account, sheet.html)


@answered
def save_draft(account: Account) -> Json:
    given, mailbox = _given(), _mailbox(account)
    sheet = desk.Sheet.from_json(given, account)
    draft_id = given.get("draft_id")
    with people.world().lock:
        if draft_id:
            _draft(mailbox, draft_id)  # sent or thrown away meanwhile: a late save must not bring it back
        raw = desk.raw_of(sheet, account, mailbox)
        draft_id = people.world().save_draft(account.address, raw, draft_id or None, _thread(mailbox, sheet))
    return {"draft_id": draft_id} | reading.composing(account, sheet.html)


@answered
def discard_draft(account: Account, draft_id: str) -> Json:
    people.world().discard_draft(account.address, draft_id)
    return {"discarded": True}


@answered
def send(account: Account) -> Json:
    given, world = _given(), people.world()
    mailbox = _mailbox(account)
    sheet = desk.Sheet.from_json(given, account)
    raw = desk.raw_of(sheet, account, mailbox)
    if not letters.addresses(raw, "To", "Cc", "Bcc"):
        raise desk.NotSendable("Please say whom this mail is for.")
    draft_id = given.get("draft_id") or None
    if draft_id:
        _draft(mailbox, draft_id)
    go = functools.partial(world.send, account.address, raw, _thread(mailbox, sheet), draft_id)
    undo_s = min(float(given.get("undo_s") or 0), MOST_UNDO_S)
    if undo_s > 0:
        return {"pending": at_desk().outbox.hold(go, undo_s), "undo_s": undo_s}
    sent = mailbox.get(go())
    return {"message_id": sent.id, "thread_id": sent.thread_id}


@answered
def undo(account: Account, pending: str) -> Json:
    return {"undone": at_desk().outbox.undo(pending)}


@answered
def pending(account: Account, pending: str) -> Json:
    outcome = at_desk().outbox.outcome(pending)
    if outcome is None:
        raise NotInMailbox(pending)
    return {"outcome": outcome[0], "message_id": outcome[1]}


@answered
def auto_reply(account: Account, message_id: str) -> Json:
    """Answer a mail as a machine of this person's does: with an absence note of some system, or with what is asked."""
    given, world = _given(), people.world()
    style = given.get("style", "exchange")
    if style not in STYLES and style not in MACHINES:
        raise desk.NotSendable(f"no machine answers in the style {style!r}")
    noticed = _mailbox(account).get(message_id)
    sender = letters.addresses(noticed.raw, "Reply-To") or letters.addresses(noticed.raw, "From")
    copy = postoffice.Copy(
        people.in_system(account, STYLES[style]) if style in STYLES else account, noticed.raw, sender[0]
    )
    usual = postoffice.Vacation()
    vacation = postoffice.Vacation(given.get("subject") or usual.subject, given.get("text") or usual.text)
    note = MACHINES.get(style, postoffice.absence_note)(copy, vacation, world.now())
    with world.change():
        for arriving in postoffice.post(note, "", world.accounts(), world.now())[0]:
            world.receive(arriving.recipient.address, arriving.raw)
    return {"answered": sender[0]}


@answered
def addon(account: Account) -> Json:
    """What is installed, and what it may do."""
    host = _host(account)
    return {"name": host.manifest.name, "declared": list(host.manifest.scopes), "granted": list(host.granted(account))}


@answered
def call_addon(account: Account) -> Json:
    return _host(account).call(account, Press.from_json(_given()))


@answered
def consent(account: Account) -> Json:
    """Give scopes to the add-on, or (`withdraw`) take them back."""
    given, host = _given(), _host(account)
    scopes = list(host.manifest.scopes) if given.get("all_scopes") else [str(s) for s in given.get("scopes", [])]
    if unknown := set(scopes) - set(host.manifest.scopes):
        raise NotAsked(f"the deployment does not declare {sorted(unknown)}")
    consents = at_desk().consents
    (consents.withdraw if given.get("withdraw") else consents.give)(account.address, scopes)
    return {"granted": list(host.granted(account))}


def _host(account: Account) -> AddonHost:
    if not people.has_addon(account):
        raise NotAsked(f"{account.name} has no add-on")
    return AddonHost(people.world(), at_desk().consents)


def _draft(mailbox: Mailbox, draft_id: str) -> Message:
    if draft_id not in mailbox.drafts:
        raise NotInMailbox(draft_id)
    return mailbox.get(mailbox.drafts[draft_id])


def _thread(mailbox: Mailbox, sheet: desk.Sheet) -> str | None:
    return mailbox.get(sheet.answering).thread_id if sheet.answering else None

"""The settings: mailbox, devices, team; and the short way from the add-on's card to a connected mailbox."""

from typing import cast, get_args
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user

from backend.domain.identities import Purpose
from backend.domain.places import EXACT_DAYS
from backend.domain.workspaces import Role
from backend.errors import ConsentIncomplete, ConsentWithdrawn, Forbidden, InvalidToken, Malformed, NotFound, Transient
from backend.services import addresses, devices, mailboxes, workspaces
from backend.services.mailboxes import Consent
from backend.web import consents
from backend.web.devices import this_device
from backend.web.guards import admin_required, rep_required
from backend.web.limits import limiter
from backend.web.parts import now, parts
from backend.web.sessions import SignedIn

blueprint = Blueprint("settings", __name__)

CALLBACK = "/mailbox/callback"
_ROW = "int(max=9223372036854775807)"
_PURPOSES: dict[str, Purpose] = {"full": "mailbox_full", "headers": "mailbox_headers"}
_MODES: dict[Purpose, str] = {purpose: mode for mode, purpose in _PURPOSES.items()}


@blueprint.get("/settings")
@rep_required
def settings() -> ResponseReturnValue:
    """The first of the settings."""
    return redirect(url_for("settings.mailbox"))


@blueprint.get("/settings/mailbox")
@rep_required
def mailbox() -> ResponseReturnValue:
    """What we can read of the rep's mailbox, and why."""
    with parts().engine.begin() as conn:
        own = mailboxes.mailboxes_of(conn, current_user.workspace_id, current_user.rep_id)
    return render_template("mailbox.html", mailboxes=own)


@blueprint.get("/mailbox/connect")
@rep_required
@limiter.limit("20 per minute")
def connect_mailbox() -> ResponseReturnValue:
    """Go to Google to agree."""
    purpose = _PURPOSES.get(request.args.get("mode", ""))
    if purpose is None:
        raise Malformed("Please choose what Readback may read.")
    next_path = consents.safe_path(request.args.get("next"), url_for("settings.mailbox"))
    hint = request.args.get("address") or current_user.member.email
    return consents.begin(purpose, CALLBACK, next_path, login_hint=hint[:254])


@blueprint.get(CALLBACK)
@rep_required
@limiter.limit("20 per minute")
def mailbox_callback() -> ResponseReturnValue:
    """Come back from Google: connect the mailbox, or say why not."""
    try:
        returned = consents.finish(CALLBACK)
        mode = _MODES.get(returned.purpose)
        if mode is None:
            raise InvalidToken("This consent was for something else; please begin again.")
        mailboxes.connect(
            parts().engine,
            parts().gmail,
            parts().secrets,
            Consent(current_user.workspace_id, current_user.rep_id, mode, returned.grant),
            now(),
        )
    except (ConsentIncomplete, ConsentWithdrawn, Forbidden, InvalidToken, Transient) as problem:
        flash(_why_not(problem), "failure")
        return redirect(url_for("settings.mailbox"))
    flash("Your mailbox is connected.", "good")
    return redirect(returned.next_path)


@blueprint.post(f"/settings/mailbox/<{_ROW}:mailbox_id>/disconnect")
@rep_required
def disconnect_mailbox(mailbox_id: int) -> ResponseReturnValue:
    """Stop reading a mailbox at once; the access is given back to Google by a job."""
    with parts().engine.begin() as conn:
        mailboxes.disconnect(conn, current_user.workspace_id, current_user.rep_id, mailbox_id)
    flash("Disconnected. Readback no longer reads this mailbox, and gives its access back to Google.", "good")
    return redirect(url_for("settings.mailbox"))


@blueprint.get("/connect")
@rep_required
def connect() -> ResponseReturnValue:
    """Where the add-on's card leads: choose what Readback may read; nothing to do for whoever is connected."""
    with parts().engine.begin() as conn:
        own = mailboxes.mailboxes_of(conn, current_user.workspace_id, current_user.rep_id)
    if any(found.is_connected for found in own):
        return redirect(url_for("settings.connected"))
    return render_template("connect.html")


@blueprint.get("/connect/done")
@rep_required
def connected() -> ResponseReturnValue:
    """The end of the add-on's way."""
    return render_template("connected.html")


@blueprint.get("/settings/devices")
@rep_required
def own_devices() -> ResponseReturnValue:
    """Which browsers are the rep's own."""
    with parts().engine.begin() as conn:
        known = devices.devices_of(conn, current_user.workspace_id, current_user.rep_id, this_device())
    return render_template("devices.html", devices=known)


@blueprint.post("/settings/devices/<uuid:device_id>/forget")
@rep_required
def forget_device(device_id: UUID) -> ResponseReturnValue:
    """From now on a browser is a stranger's."""
    with parts().engine.begin() as conn:
        devices.forget_device(conn, current_user.workspace_id, current_user.rep_id, device_id, now())
    flash("Forgotten. What is opened in that browser from now on counts as somebody else’s.", "good")
    return redirect(url_for("settings.own_devices"))


@blueprint.get("/settings/team")
@rep_required
def team() -> ResponseReturnValue:
    """Members, requests and invitations."""
    with parts().engine.begin() as conn:
        found = workspaces.get_team(conn, current_user.workspace_id)
        invited_to = workspaces.invitations_for(conn, current_user.member)
    return render_template("team.html", team=found, invited_to=invited_to)


@blueprint.get("/settings/privacy")
@rep_required
def privacy() -> ResponseReturnValue:
    """What is kept of readers, and for how long."""
    with parts().engine.begin() as conn:
        days = addresses.exact_days_of(conn, current_user.workspace_id)
        readers = workspaces.reader_privacy_of(conn, current_user.workspace_id)
    return render_template("privacy.html", days=days, choices=EXACT_DAYS, privacy=readers)


@blueprint.post("/settings/privacy/readers")
@admin_required
def change_reader_privacy() -> ResponseReturnValue:
    """Let readers of documents meet something else."""
    with parts().engine.begin() as conn:
        told = request.form.get("privacy", "")
        workspaces.set_reader_privacy(conn, current_user.workspace_id, current_user.rep_id, told)
    flash("Saved. It holds for every document from now on, also for those that are open.", "good")
    return redirect(f"{url_for('settings.privacy')}#readers", 303)


@blueprint.post("/settings/privacy/addresses")
@admin_required
def change_exact_days() -> ResponseReturnValue:
    """Keep readers' exact addresses for another time."""
    with parts().engine.begin() as conn:
        told = request.form.get("days", "")
        addresses.set_exact_days(conn, current_user.workspace_id, current_user.rep_id, told)
    flash("Saved. Older addresses are reduced to their networks within the hour.", "good")
    return redirect(url_for("settings.privacy"), 303)


@blueprint.post(f"/settings/team/requests/<{_ROW}:rep_id>")
@admin_required
def answer_request(rep_id: int) -> ResponseReturnValue:
    """Admit or decline somebody who asked to join."""
    answer = request.form.get("answer")
    if answer not in ("admit", "decline"):
        raise Malformed("Please choose: admit or decline.")
    with parts().engine.begin() as conn:
        workspaces.answer_request(conn, current_user.workspace_id, rep_id, answer == "admit", now())
    flash("Admitted." if answer == "admit" else "Declined. An invitation would let them in after all.", "good")
    return redirect(url_for("settings.team"))


@blueprint.post("/settings/team/invitations")
@admin_required
@limiter.limit("60 per hour")
def invite() -> ResponseReturnValue:
    """Invite somebody by address."""
    with parts().engine.begin() as conn:
        try:
            address = request.form.get("address", "")
            workspaces.invite(conn, current_user.workspace_id, current_user.rep_id, address, now())
        except (Malformed, Forbidden) as problem:
            flash(str(problem), "failure")
        else:
            flash("Invited. They are in as soon as they sign in with this address; please tell them.", "good")
    return redirect(url_for("settings.team"))


@blueprint.post("/settings/team/invitations/withdraw")
@admin_required
def withdraw_invitation() -> ResponseReturnValue:
    """Take an invitation back."""
    with parts().engine.begin() as conn:
        workspaces.withdraw_invitation(conn, current_user.workspace_id, request.form.get("address", ""))
    flash("The invitation is withdrawn.", "good")
    return redirect(url_for("settings.team"))


@blueprint.post("/settings/team/invitations/accept")
@rep_required
def accept_invitation() -> ResponseReturnValue:
    """Go over to another workspace that invites this rep."""
    told = request.form.get("workspace", "")
    if not told.isdecimal() or not told.isascii() or len(told) > 18:
        raise NotFound("This invitation was withdrawn.")
    with parts().engine.begin() as conn:
        member = workspaces.accept_invitation(conn, current_user.member, int(told), now())
    login_user(SignedIn(member))
    flash(f"You are now in {member.workspace_name}.", "good")
    return redirect(url_for("settings.team"))


@blueprint.post(f"/settings/team/<{_ROW}:rep_id>/role")
@admin_required
def change_role(rep_id: int) -> ResponseReturnValue:
    """Make a member an admin, or an admin a member."""
    role = request.form.get("role", "")
    if role not in get_args(Role):
        raise Malformed("There is no such role.")
    with parts().engine.begin() as conn:
        workspaces.change_role(conn, current_user.workspace_id, rep_id, cast(Role, role))
    return redirect(url_for("settings.team"))


@blueprint.post(f"/settings/team/<{_ROW}:rep_id>/remove")
@rep_required
def remove_member(rep_id: int) -> ResponseReturnValue:
    """Take a member out: an admin anybody, everybody themselves."""
    if current_user.role != "admin" and rep_id != current_user.rep_id:
        raise Forbidden("Only an admin of your workspace can do this.")
    with parts().engine.begin() as conn:
        workspaces.remove_member(conn, current_user.workspace_id, rep_id)
    if rep_id == current_user.rep_id:
        return redirect(url_for("signin.sign_in"))
    flash("Removed. Their sessions are ended and their mailbox is disconnected.", "good")
    return redirect(url_for("settings.team"))


def _why_not(problem: Exception) -> str:
    if isinstance(problem, Transient):
        return "Google cannot be reached just now, so nothing was changed. Please try again."
    if isinstance(problem, ConsentIncomplete):
        return f"Not connected, nothing was changed. {problem}"
    return str(problem)

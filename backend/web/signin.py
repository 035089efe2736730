"""Signing in with Google, joining a workspace, signing out.

Google vouches for the person, `services.workspaces` says which workspace is theirs, and the session keeps no more
than workspace, rep and epoch. What the collector needs to recognise the rep's own looks is left by `devices`.
"""

from datetime import timedelta

from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user, logout_user

from backend.services import workspaces
from backend.web import consents, devices
from backend.web.guards import public, rep_required
from backend.web.limits import limiter
from backend.web.parts import now, parts
from backend.web.sessions import SignedIn, create_login_manager

blueprint = Blueprint("signin", __name__)

CALLBACK = "/auth/google/callback"
_SESSION_LASTS = timedelta(days=30)


def init_app(app: Flask) -> None:
    """Let Flask-Login find our reps, and sessions last a month."""
    app.config["PERMANENT_SESSION_LIFETIME"] = _SESSION_LASTS
    create_login_manager().init_app(app)


@blueprint.get("/sign-in")
@public("whoever is signed out has to get in")
def sign_in() -> ResponseReturnValue:
    """What Readback is, and one button."""
    next_path = consents.safe_path(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(next_path)
    return render_template("landing.html", next_path=next_path)


@blueprint.get("/auth/google")
@public("begins signing in; changes nothing but the browser's own session")
@limiter.limit("30 per minute")
def google() -> ResponseReturnValue:
    """Go to Google."""
    return consents.begin("sign_in", CALLBACK, consents.safe_path(request.args.get("next")))


@blueprint.get(CALLBACK)
@public("Google sends the browser back here; state and code are verified")
@limiter.limit("30 per minute")
def google_callback() -> ResponseReturnValue:
    """Come back from Google: let the person in, let them wait, or say why not."""
    returned = consents.finish(CALLBACK)
    with parts().engine.begin() as conn:
        entrance = workspaces.sign_in(conn, returned.grant.identity, now())
    if entrance.member is None:
        return render_template("shut.html", admission=entrance.admission), 403
    session.clear()  # whatever the browser brought along ends here
    session.permanent = True
    login_user(SignedIn(entrance.member))
    if entrance.member.status == "pending":
        return redirect(url_for("signin.waiting"))
    return devices.remember_and_go(entrance.member, returned.next_path)


@blueprint.get("/device")
@public("the second half of signing in, on the tracking domain; the address is signed and short-lived")
@limiter.limit("30 per minute")
def device() -> ResponseReturnValue:
    """Note on the tracking domain that this browser is the rep's, and go back."""
    return devices.arrive(request.args.get("t", ""))


@blueprint.get("/waiting")
@public("shows whoever asked to join that an admin has not answered yet")
@login_required  # type: ignore[untyped-decorator]
def waiting() -> ResponseReturnValue:
    """Wait for an admin."""
    if current_user.status == "active":
        return redirect("/")
    return render_template("waiting.html")


@blueprint.post("/sign-out")
@public("ends the browser's own session")
def sign_out() -> ResponseReturnValue:
    """End this session."""
    logout_user()
    session.clear()
    return redirect(url_for("signin.sign_in"))


@blueprint.post("/sign-out-everywhere")
@rep_required
def sign_out_everywhere() -> ResponseReturnValue:
    """End all sessions of this rep."""
    with parts().engine.begin() as conn:
        workspaces.sign_out_everywhere(conn, current_user.workspace_id, current_user.rep_id)
    return sign_out()

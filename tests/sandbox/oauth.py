"""Who signs in, and what do they allow? The consent page and the endpoints for tokens, certificates and user info.

Answers have Google's shapes (developers.google.com/identity/protocols/oauth2/web-server and .../openid-connect).
"""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from tests.sandbox import project
from tests.sandbox.cast import Account
from tests.sandbox.grants import (
    SIGN_IN_SCOPES,
    USERINFO_EMAIL,
    USERINFO_PROFILE,
    AccessToken,
    CodeRequest,
    Grant,
    GrantRefused,
    long_scopes,
)
from tests.sandbox.keys import base64url
from tests.sandbox.world import World

blueprint = Blueprint("oauth", __name__, template_folder="templates")

_GMAIL = "https://www.googleapis.com/auth/gmail."
SENTENCES = {
    "openid": "Associate you with your personal info on Google",
    USERINFO_EMAIL: "See your primary Google Account email address",
    USERINFO_PROFILE: "See your personal info, including any personal info you've made publicly available",
    f"{_GMAIL}readonly": "View your email messages and settings",
    f"{_GMAIL}metadata": "View your email message metadata such as labels and headers, but not the email body",
    f"{_GMAIL}compose": "Manage drafts and send emails",
    f"{_GMAIL}send": "Send email on your behalf",
    f"{_GMAIL}modify": "Read, compose, and send emails from your Gmail account",
    f"{_GMAIL}insert": "Add emails into your Gmail mailbox",
    f"{_GMAIL}labels": "See and edit your email labels",
    f"{_GMAIL}settings.basic": "See, edit, create, or change your email settings and filters in Gmail",
    "https://mail.google.com/": "Read, compose, send, and permanently delete all your email from Gmail",
}


@dataclass(frozen=True)
class Problem:
    """Why the consent page cannot be shown; such an error never goes back to the client."""

    status: int
    error: str
    description: str


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


@blueprint.get("/o/oauth2/v2/auth")
@blueprint.get("/o/oauth2/auth")
def consent_page() -> BaseResponse:
    """Show who may sign in and what is asked."""
    problem = _problem(request.args)
    if problem is not None:
        return Response(render_template("consent.html", problem=problem, title="Access blocked"), problem.status)
    if request.args.get("prompt") == "none":
        return _back({"error": "interaction_required"})
    scopes = long_scopes(request.args["scope"])
    hint = request.args.get("login_hint", "").lower()
    accounts = _choosable(request.args.get("hd"))
    chosen = next((a.address for a in accounts if hint in (a.address, a.sub)), None)
    page = render_template(
        "consent.html",
        title="Readback wants access to your Google Account" if _optional(scopes) else "Sign in to Readback",
        accounts=accounts,
        chosen=chosen,
        always=[SENTENCES[scope] for scope in scopes if scope in SIGN_IN_SCOPES],
        optional=[(scope, SENTENCES.get(scope, scope)) for scope in _optional(scopes)],
    )
    return Response(page, headers={"Cache-Control": "no-store"})


@blueprint.post("/o/oauth2/v2/auth")
@blueprint.post("/o/oauth2/auth")
def consent_given() -> BaseResponse:
    """Take the decision back to the client: a code, or access_denied."""
    problem = _problem(request.args)
    if problem is not None:
        return Response(render_template("consent.html", problem=problem, title="Access blocked"), problem.status)
    account = next((a for a in _choosable(None) if a.address == request.form.get("account")), None)
    if request.form.get("decision") != "allow":
        return _back({"error": "access_denied"})
    if account is None:
        return _back({"error": "invalid_request"})
    world, asked = _world(), long_scopes(request.args["scope"])
    ticked = set(request.form.getlist("scope"))
    allowed = tuple(scope for scope in asked if scope in SIGN_IN_SCOPES or scope in ticked)
    if not allowed:
        return _back({"error": "access_denied"})
    with world.change() as state:
        if request.args.get("include_granted_scopes") == "true":
            allowed = tuple(dict.fromkeys([*allowed, *state.grants.granted_scopes(account.address)]))
        asked_again = "consent" in request.args.get("prompt", "").split()
        offline = request.args.get("access_type") == "offline" and (
            asked_again or not state.grants.has_offline_grant(account.address, allowed)
        )
        code = state.grants.issue_code(
            CodeRequest(
                account.address,
                allowed,
                request.args["redirect_uri"],
                offline,
                request.args.get("code_challenge"),
                request.args.get("code_challenge_method", "plain"),
                request.args.get("nonce"),
            ),
            world.now_s(),
        )
    told = {"code": code, "scope": " ".join(allowed), "authuser": "0", "prompt": request.args.get("prompt", "none")}
    return _back(told | ({"hd": account.hosted_domain} if account.hosted_domain else {}))


def _choosable(hosted_domain: str | None) -> list[Account]:
    accounts = [account for account in _world().accounts() if account.has_google_account]
    if hosted_domain == "*":
        return [account for account in accounts if account.hosted_domain]
    return [a for a in accounts if hosted_domain is None or a.hosted_domain == hosted_domain]


def _optional(scopes: tuple[str, ...]) -> list[str]:
    return [scope for scope in scopes if scope not in SIGN_IN_SCOPES]


def _problem(asked: MultiDict[str, str]) -> Problem | None:
    if asked.get("client_id") != project.CLIENT_ID:
        return Problem(401, "invalid_client", "The OAuth client was not found.")
    if not _is_registered(asked.get("redirect_uri", "")):
        return Problem(400, "redirect_uri_mismatch", "The redirect address is not registered for this OAuth client.")
    if asked.get("response_type") != "code":
        return Problem(
            400, "unsupported_response_type", "Only the authorization code flow is offered: response_type=code."
        )
    if not asked.get("scope"):
        return Problem(400, "invalid_request", "Missing required parameter: scope")
    if asked.get("code_challenge_method", "S256") not in ("S256", "plain"):
        return Problem(400, "invalid_request", "Code challenge method is not supported.")
    unknown = [s for s in long_scopes(asked["scope"]) if not s.startswith("https://") and s not in SIGN_IN_SCOPES]
    if unknown:
        return Problem(400, "invalid_scope", f"Some requested scopes were invalid: {' '.join(unknown)}")
    return None


def _is_registered(redirect_uri: str) -> bool:
    """Readback's own address, and any on this machine, as desktop clients have."""
    parts = urlsplit(redirect_uri)
    own = urlsplit(_world().readback_url or "")
    here = parts.hostname in ("localhost", "127.0.0.1")
    return parts.scheme in ("http", "https") and not parts.fragment and (here or parts.netloc == own.netloc != "")


def _back(told: dict[str, str]) -> BaseResponse:
    answer = told | {"iss": project.ISSUER}
    if "state" in request.args:
        answer["state"] = request.args["state"]
    redirect_uri = request.args["redirect_uri"]
    return redirect(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}")


def _for_the_client(view: Callable[[], Response]) -> Callable[[], Response]:
    """Only the registered client, by form fields or Basic authorization, gets tokens."""

    @wraps(view)
    def checked() -> Response:
        client_id, secret = request.form.get("client_id"), request.form.get("client_secret")
        if request.authorization is not None and request.authorization.type == "basic":
            raw = request.headers["Authorization"].split(" ", 1)[1]
            client_id, _, secret = map(unquote, b64decode(raw).decode().partition(":"))
        if client_id != project.CLIENT_ID:
            return _refused(401, "invalid_client", "The OAuth client was not found.")
        if secret != project.CLIENT_SECRET:
            return _refused(401, "invalid_client", "Unauthorized")
        return view()

    return checked


@blueprint.post("/token")
@_for_the_client
def token() -> Response:
    """Exchange a code, or renew an access token."""
    world, form = _world(), request.form
    try:
        with world.change() as state:
            if form.get("grant_type") == "authorization_code":
                grant, access = state.grants.redeem(
                    form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier"), world.now_s()
                )
                refresh = {"refresh_token": grant.refresh_token} if grant.refresh_token else {}
            elif form.get("grant_type") == "refresh_token":
                grant, access = state.grants.renew(form.get("refresh_token", ""), world.now_s())
                refresh = {}
            else:
                return _refused(400, "unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
    except GrantRefused as refusal:
        return _refused(400, refusal.error, refusal.description)
    answer: dict[str, Any] = {"access_token": access.value, "expires_in": 3599, **refresh,
                              "scope": " ".join(grant.scopes), "token_type": "Bearer"}  # fmt: skip
    if "openid" in grant.scopes:
        answer["id_token"] = _id_token(grant, access, first=form["grant_type"] == "authorization_code")
    return _uncached(jsonify(answer))


def _id_token(grant: Grant, access: AccessToken, *, first: bool) -> str:
    half = base64url(sha256(access.value.encode()).digest()[:16]).decode()
    claims = {"aud": project.CLIENT_ID, "azp": project.CLIENT_ID, "at_hash": half}
    claims |= _allowed_claims(grant.address, grant.scopes)
    if first and grant.nonce:
        claims["nonce"] = grant.nonce
    return _world().sign_id_token(claims)


def _allowed_claims(address: str, scopes: tuple[str, ...] | frozenset[str]) -> dict[str, Any]:
    shown = {"sub", "hd"}
    shown |= {"email", "email_verified"} if USERINFO_EMAIL in scopes else set()
    shown |= {"name", "given_name", "family_name", "picture"} if USERINFO_PROFILE in scopes else set()
    return {name: value for name, value in _world().identity_claims(address).items() if name in shown}


@blueprint.post("/revoke")
@blueprint.post("/o/oauth2/revoke")
def revoke() -> Response:
    """Withdraw a consent by one of its tokens."""
    world = _world()
    with world.change() as state:
        done = state.grants.revoke(request.values.get("token", ""), world.now_s())
    return jsonify({}) if done else _refused(400, "invalid_token", "Token expired or revoked")


@blueprint.get("/oauth2/v1/certs")
def certificates() -> Response:
    """The public keys as X.509 certificates by key id, as google-auth reads them."""
    return _kept_a_while(jsonify(_world().state.keys.certificates()))


@blueprint.get("/oauth2/v3/certs")
def jwks() -> Response:
    """The public keys as JWKs."""
    return _kept_a_while(jsonify(_world().state.keys.jwks()))


@blueprint.get("/oauth2/v3/userinfo")
@blueprint.get("/v1/userinfo")
def userinfo() -> Response:
    """Who the bearer of this access token acts for (OpenID Connect)."""
    access = _bearer()
    if access is None:
        return _refused(401, "invalid_request", "Invalid Credentials")
    return jsonify(_allowed_claims(access.address, access.scopes))


@blueprint.get("/oauth2/v2/userinfo")
def userinfo_v2() -> Response:
    """The same in the shape of Google's older API (oauth2.v2)."""
    access = _bearer()
    if access is None:
        return _refused(401, "invalid_request", "Invalid Credentials")
    claims = _allowed_claims(access.address, access.scopes)
    names = {"sub": "id", "email_verified": "verified_email"}
    return jsonify({names.get(name, name): value for name, value in claims.items()})


@blueprint.route("/oauth2/v2/tokeninfo", methods=["GET", "POST"])
def tokeninfo() -> Response:
    """What an access token is good for (oauth2.v2)."""
    world = _world()
    access = world.state.grants.find_token(request.values.get("access_token", ""), world.now_s())
    if access is None:
        return _refused(400, "invalid_token", "Invalid Value")
    claims = _allowed_claims(access.address, access.scopes)
    email = {"email": claims["email"], "verified_email": True} if "email" in claims else {}
    return jsonify(
        issued_to=project.CLIENT_ID,
        audience=project.CLIENT_ID,
        user_id=claims["sub"],
        scope=" ".join(sorted(access.scopes)),
        expires_in=int(access.expires_s - world.now_s()),
        **email,
    )


@blueprint.get("/.well-known/openid-configuration")
def configuration() -> Response:
    """Where everything is (OpenID Connect Discovery)."""
    url = _world().url
    return jsonify(
        issuer=project.ISSUER,
        authorization_endpoint=f"{url}/o/oauth2/v2/auth",
        token_endpoint=f"{url}/token",
        userinfo_endpoint=f"{url}/oauth2/v3/userinfo",
        revocation_endpoint=f"{url}/revoke",
        jwks_uri=f"{url}/oauth2/v3/certs",
        response_types_supported=["code"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=["RS256"],
        code_challenge_methods_supported=["plain", "S256"],
    )


def _bearer() -> AccessToken | None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    world = _world()
    return world.state.grants.find_token(value.strip(), world.now_s()) if kind.lower() == "bearer" else None


def _refused(status: int, error: str, description: str) -> Response:
    answer = jsonify(error=error, error_description=description)
    answer.status_code = status
    return _uncached(answer)


def _uncached(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-cache, no-store, max-age=0, must-revalidate"
    return answer


def _kept_a_while(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "public, max-age=20000, must-revalidate, no-transform"
    return answer

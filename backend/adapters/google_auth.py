"""Is it really Google, and who is the person? Consents, ID tokens and signed calls, over google-auth and its kin.

A consent is `begin`, a round trip of the browser, `finish`: authorization code with PKCE, a nonce and exact scopes
(developers.google.com/identity/protocols/oauth2/web-server). Every token that comes in from outside is verified
against Google's published certificates, its issuer, its audience and its expiry before anybody reads it.
The addresses come from the settings; oauthlib refuses plain http, which is right but for a Google on this very
machine: there `_Loopback` lets it believe in https, without the process-wide switch that oauthlib offers.
"""

import contextlib
import hmac
import json
import re
import secrets
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from google.auth import exceptions as google_errors
from google.auth import transport
from google.auth.transport.requests import Request
from google.oauth2 import id_token
from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2.rfc6749 import errors as oauth_errors
from requests.adapters import HTTPAdapter

from backend.domain.identities import AuthorizationRequest, Grant, Identity, Purpose
from backend.errors import ConsentIncomplete, ConsentWithdrawn, InvalidToken, SettingsIncomplete, Transient
from backend.settings import GoogleSettings

TIMEOUT_S = 5.0
CLOCK_SKEW_S = 5
_CERTS_AT_LEAST_S = 10.0  # an unknown key id asks for the certificates anew, but not more often than this
_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_EMAIL = "https://www.googleapis.com/auth/userinfo.email"
_PROFILE = "https://www.googleapis.com/auth/userinfo.profile"
_ALIASES = {"email": _EMAIL, "profile": _PROFILE}  # Google answers `email` with the long form
SCOPES: Mapping[Purpose, tuple[str, ...]] = {
    "sign_in": ("openid", _EMAIL, _PROFILE),
    "mailbox_full": ("openid", _EMAIL, "https://www.googleapis.com/auth/gmail.readonly"),
    "mailbox_headers": ("openid", _EMAIL, "https://www.googleapis.com/auth/gmail.metadata"),
}


class GoogleAuth:
    """Google as the one who vouches for people and for its own calls; fulfils `IdentityProvider`."""

    def __init__(self, google: GoogleSettings) -> None:
        for url in (google.auth_url, google.token_url, google.revoke_url, google.certs_url):
            if urlsplit(url).scheme != "https" and not _is_loopback(url):
                raise SettingsIncomplete("Google's addresses must be https, except on this very machine.")
        self._google = google
        self._session = requests.Session()
        self._certificates = _Certificates(Request(self._session), google.certs_url)

    def begin(self, purpose: Purpose, redirect_uri: str, login_hint: str | None = None) -> AuthorizationRequest:
        """Begin a consent; what it is for travels at the head of the state, which the browser brings back."""
        asked = {"access_type": "online"} if purpose == "sign_in" else {"access_type": "offline", "prompt": "consent"}
        if login_hint:
            asked["login_hint"] = login_hint
        state = f"{purpose}.{secrets.token_urlsafe(24)}"
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(64)
        flow = self._flow(purpose, redirect_uri, verifier)
        url, _ = flow.authorization_url(state=state, nonce=nonce, **asked)
        if _is_loopback(self._google.auth_url):
            url = _with_scheme(url, urlsplit(self._google.auth_url).scheme)
        return AuthorizationRequest(url=url, state=state, nonce=nonce, code_verifier=verifier)

    def finish(self, redirect_uri: str, code: str, request: AuthorizationRequest) -> Grant:
        """Exchange the code for tokens and check whose they are.

        Raises InvalidToken (a code that is used, expired or not ours), ConsentIncomplete (a permission unticked),
        ConsentWithdrawn or Transient.
        """
        purpose = _purpose_of(request.state)
        token = self._exchange(self._flow(purpose, redirect_uri, request.code_verifier), code)
        claims = self._verified(str(token.get("id_token") or ""), self._google.client_id)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), request.nonce.encode()):
            raise InvalidToken("This sign-in was not begun here.")
        scopes = _scopes_of(token)
        if not set(SCOPES[purpose]) <= scopes:
            raise ConsentIncomplete
        if purpose != "sign_in" and not token.get("refresh_token"):
            raise ConsentIncomplete("Google gave no lasting access; please agree once more.")
        return Grant(
            identity=_identity(claims),
            access_token=str(token["access_token"]),
            refresh_token=str(token["refresh_token"]) if token.get("refresh_token") else None,
            expires_at=datetime.fromtimestamp(float(token["expires_at"]), UTC),
            scopes=frozenset(scopes),
        )

    def verify_addon_call(self, bearer: str, audience: str) -> None:
        """Raise InvalidToken unless Google's add-on service calls just this address (the full configured URL)."""
        self._verify_service(bearer, audience, self._google.addon_service_account)

    def verify_push(self, bearer: str) -> None:
        """Raise InvalidToken unless our own Pub/Sub subscription calls."""
        self._verify_service(bearer, self._google.push_audience, self._google.push_service_account)

    def verify_user(self, user_id_token: str) -> Identity:
        """Return who uses the add-on. Raises InvalidToken."""
        return _identity(self._verified(user_id_token, self._google.client_id))

    def revoke(self, token: str) -> None:
        """Withdraw our own access; a token that is already dead is no error. Raises Transient."""
        try:
            answer = self._session.post(self._google.revoke_url, data={"token": token}, timeout=TIMEOUT_S)
        except requests.RequestException as problem:
            raise Transient from problem
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Transient

    def _flow(self, purpose: Purpose, redirect_uri: str, verifier: str) -> Flow:
        config = {
            "web": {
                "client_id": self._google.client_id,
                "client_secret": self._google.client_secret,
                "auth_uri": _believed(self._google.auth_url),
                "token_uri": _believed(self._google.token_url),
            }
        }
        flow = Flow.from_client_config(
            config,
            scopes=list(SCOPES[purpose]),
            redirect_uri=redirect_uri,
            code_verifier=verifier,
            autogenerate_code_verifier=False,
        )
        if _is_loopback(self._google.token_url):
            parts = urlsplit(self._google.token_url)
            flow.oauth2session.mount(f"https://{parts.netloc}/", _Loopback(parts.scheme))
        flow.oauth2session.register_compliance_hook("access_token_response", _refuse_trouble)
        return flow

    def _exchange(self, flow: Flow, code: str) -> Mapping[str, Any]:
        try:
            token: Mapping[str, Any] = flow.fetch_token(code=code, timeout=TIMEOUT_S)
            return token
        except Warning as changed:  # oauthlib raises one where the scopes differ from those asked for
            kept: Mapping[str, Any] | None = getattr(changed, "token", None)
            if kept is None:
                raise
            return kept
        except requests.RequestException as problem:
            raise Transient from problem
        except (oauth_errors.ServerError, oauth_errors.TemporarilyUnavailableError) as problem:
            raise Transient from problem
        except oauth_errors.AccessDeniedError as problem:
            raise ConsentWithdrawn from problem
        except oauth_errors.OAuth2Error as problem:
            raise InvalidToken from problem

    def _verify_service(self, bearer: str, audience: str, account: str) -> None:
        claims = self._verified(bearer, audience)
        same = hmac.compare_digest(str(claims.get("email", "")).encode(), account.encode())
        if not same or claims.get("email_verified") is not True:
            raise InvalidToken

    def _verified(self, token: str, audience: str) -> Mapping[str, Any]:
        if not token or not audience or not token.isascii():
            raise InvalidToken
        try:
            claims = self._decode(token, audience)
        except google_errors.TransportError as problem:
            raise Transient from problem
        except (google_errors.GoogleAuthError, ValueError) as problem:
            raise InvalidToken from problem
        if claims.get("iss") not in _ISSUERS or not claims.get("sub"):
            raise InvalidToken
        return claims

    def _decode(self, token: str, audience: str) -> Mapping[str, Any]:
        try:
            return self._verify_signature(token, audience)
        except google_errors.TransportError:
            raise
        except (google_errors.GoogleAuthError, ValueError):
            if not self._certificates.renew():
                raise
            return self._verify_signature(token, audience)

    def _verify_signature(self, token: str, audience: str) -> Mapping[str, Any]:
        return id_token.verify_token(
            token,
            self._certificates,
            audience=audience,
            certs_url=self._google.certs_url,
            clock_skew_in_seconds=CLOCK_SKEW_S,
        )


class _Certificates(transport.Request):
    """Fetches Google's certificates and keeps them for their max-age, as Google's answer asks."""

    def __init__(self, request: Request, certs_url: str) -> None:
        self._request = request
        self._certs_url = certs_url
        self._lock = threading.Lock()
        self._kept: transport.Response | None = None
        self._fetched_s = self._good_until_s = 0.0

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> transport.Response:
        """Answer as google-auth's transport does; only the certificates are ever asked for."""
        with self._lock:
            if self._kept is None or time.monotonic() >= self._good_until_s:
                self._fetch()
            if self._kept is None:
                raise google_errors.TransportError("no certificates")  # type: ignore[no-untyped-call]
            return self._kept

    def renew(self) -> bool:
        """Fetch the certificates anew where they are not fresh; True where that brought new ones."""
        with self._lock:
            if time.monotonic() - self._fetched_s < _CERTS_AT_LEAST_S:
                return False
            before = self._kept
            with contextlib.suppress(google_errors.TransportError):  # those at hand are still good
                self._fetch()
            return self._kept is not before

    def _fetch(self) -> None:
        answer = self._request(self._certs_url, timeout=TIMEOUT_S)
        try:
            readable = answer.status == 200 and isinstance(json.loads(answer.data), dict)
        except ValueError:
            readable = False
        if not readable:
            raise google_errors.TransportError("unreadable certificates")  # type: ignore[no-untyped-call]
        self._fetched_s = time.monotonic()
        self._good_until_s = self._fetched_s + _max_age_s(answer.headers.get("cache-control", ""))
        self._kept = answer


class _Loopback(HTTPAdapter):
    """Sends what oauthlib believes to be https over the scheme that a Google on this machine speaks."""

    def __init__(self, scheme: str) -> None:
        super().__init__()
        self._scheme = scheme

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = _with_scheme(str(request.url), self._scheme)
        return super().send(request, *args, **kwargs)


def _refuse_trouble(answer: requests.Response) -> requests.Response:
    """Google's troubles are no answer about the code; oauthlib does not look at the status."""
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Transient
    return answer


def _purpose_of(state: str) -> Purpose:
    for purpose in SCOPES:
        if state.startswith(f"{purpose}."):
            return purpose
    raise InvalidToken("This consent was not begun here.")


def _scopes_of(token: Mapping[str, Any]) -> set[str]:
    told = token.get("scope") or ()
    words = told.split() if isinstance(told, str) else [str(word) for word in told]
    return {_ALIASES.get(word, word) for word in words}


def _identity(claims: Mapping[str, Any]) -> Identity:
    email = str(claims.get("email", ""))
    if not email:
        raise InvalidToken
    return Identity(
        sub=str(claims["sub"]),
        email=email.lower(),
        email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name", "")),
        hosted_domain=str(claims["hd"]).lower() if claims.get("hd") else None,
    )


def _max_age_s(cache_control: str) -> float:
    found = re.search(r"max-age=(\d{1,7})", cache_control)
    return float(found.group(1)) if found else 300.0


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def _believed(url: str) -> str:
    return _with_scheme(url, "https") if _is_loopback(url) else url


def _with_scheme(url: str, scheme: str) -> str:
    return urlunsplit(urlsplit(url)._replace(scheme=scheme))

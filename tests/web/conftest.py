"""Two browsers of two companies, over the real application and database, with a small identity provider."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.app import create_app
from backend.domain.identities import AuthorizationRequest, Grant, Identity
from backend.errors import ConsentIncomplete, InvalidToken
from backend.services.parts import Parts
from backend.web.limits import limiter

BASE = "https://readback.example"


class SmallGoogle:
    """Vouches for whoever is standing before it; a code is good once, for the consent that it was given for."""

    def __init__(self) -> None:
        self.person: Identity | None = None
        self.refuses = False
        self._codes: dict[str, tuple[Identity, str]] = {}

    def begin(self, purpose, redirect_uri, login_hint=None) -> AuthorizationRequest:
        number = len(self._codes)
        state, nonce = f"{purpose}.state-{number}-{id(object())}", f"nonce-{number}"
        url = f"https://accounts.google.example/auth?{urlencode({'state': state, 'redirect_uri': redirect_uri})}"
        assert self.person is not None
        self._codes[f"code-{state}"] = (self.person, nonce)
        return AuthorizationRequest(url=url, state=state, nonce=nonce, code_verifier="verifier")

    def finish(self, redirect_uri, code, request) -> Grant:
        if self.refuses:
            raise ConsentIncomplete
        identity, nonce = self._codes.pop(code, (None, ""))
        if identity is None or nonce != request.nonce:
            raise InvalidToken
        expires_at = datetime(2026, 11, 24, 15, 5, tzinfo=UTC)
        return Grant(identity, "access", "refresh", expires_at, frozenset({"openid"}))


def person(email: str, name: str, company: str | None = None, **changes) -> Identity:
    return replace(Identity(f"sub-{email}", email, True, name, company), **changes)


QUORRA = person("quorra@gridworks.example", "Quorra Reed", "gridworks.example")
SAM = person("sam@gridworks.example", "Sam Tully", "gridworks.example")
TESS = person("tess@othergrid.example", "Tess Marlow", "othergrid.example")
LORA = person("lora.baines@gmail.com", "Lora Baines")


@pytest.fixture
def google() -> SmallGoogle:
    return SmallGoogle()


@pytest.fixture
def app(settings, database, google) -> Flask:
    same_host = replace(settings, tracking_url=settings.public_url)
    app = create_app(
        Parts(settings=same_host, engine=database, google=google, gmail=None, secrets=None, blobs=None, documents=None)
    )
    limiter.reset()
    return app


@pytest.fixture
def browser(app) -> Callable[[], FlaskClient]:
    """Open a fresh browser."""

    def open_browser() -> FlaskClient:
        client = app.test_client()
        client.environ_base["wsgi.url_scheme"] = "https"
        client.environ_base["HTTP_HOST"] = urlsplit(BASE).netloc
        return client

    return open_browser


def get(client: FlaskClient, path: str, **more):
    return client.get(path, base_url=BASE, **more)


def post(client: FlaskClient, path: str, **form):
    """Post a form as a browser does: with the token of the page that it stands on, and where it stands."""
    page = get(client, "/settings/team").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0] if "csrf_token" in page else ""
    return client.post(path, base_url=BASE, data={"csrf_token": token, **form}, headers={"Referer": f"{BASE}/"})


def come_back(client: FlaskClient, going, error: str | None = None):
    """Follow a redirect to Google, agree (or not), and come back."""
    asked = parse_qs(urlsplit(going.headers["Location"]).query)
    path = urlsplit(asked["redirect_uri"][0]).path
    state = asked["state"][0]
    answer = {"error": error, "state": state} if error else {"code": f"code-{state}", "state": state}
    return get(client, f"{path}?{urlencode(answer)}")


@pytest.fixture
def sign_in(google, browser) -> Callable[[Identity], FlaskClient]:
    """Sign a person in with a fresh browser."""

    def sign_in(who: Identity) -> FlaskClient:
        client = browser()
        google.person = who
        come_back(client, get(client, "/auth/google"))
        return client

    return sign_in


def at(now: datetime, minutes_ago: float) -> datetime:
    return now - timedelta(minutes=minutes_ago)

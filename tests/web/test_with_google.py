"""Signing in and connecting over the local Google: real adapters, real tokens, real consents."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from backend.adapters.gmail import Gmail
from backend.adapters.google_auth import GoogleAuth
from backend.adapters.secrets import FernetBox
from backend.app import create_app
from backend.services.parts import Parts
from backend.settings import Settings
from backend.store import tables
from backend.web.limits import limiter
from tests.sandbox.consenting import consent
from tests.sandbox.environment import readback_environment
from tests.sandbox.running import running_sandbox

READBACK = "http://localhost:8000"
QUORRA, SAM, LORA, TESS = (
    "quorra@gridworks.example",
    "sam@gridworks.example",
    "lora.baines@gmail.com",
    "tess@othergrid.example",
)


@pytest.fixture(scope="module")
def sandbox():
    with running_sandbox(READBACK) as running:
        yield running


@pytest.fixture
def app(sandbox, database):
    settings = Settings.from_environ(readback_environment(sandbox.url, READBACK))
    box = FernetBox(settings.token_encryption_keys)
    app = create_app(Parts(settings, database, GoogleAuth(settings.google), Gmail(settings.google), box, None, None))
    limiter.reset()
    return app


def go(client, path: str, address: str, **choice):
    """Go to Google, choose, and come back."""
    back = urlsplit(consent(client.get(path, base_url=READBACK).headers["Location"], address, **choice))
    return client.get(f"{back.path}?{back.query}", base_url=READBACK)


def signed_in(app, address: str):
    client = app.test_client()
    assert go(client, "/auth/google", address).status_code == 302
    return client


def read(client, path: str) -> str:
    return client.get(path, base_url=READBACK).text


def test_people_come_in_by_their_verified_company(app):
    quorra, sam, lora, tess = (signed_in(app, address) for address in (QUORRA, SAM, LORA, TESS))
    assert "Invite by address" in read(quorra, "/settings/team")
    assert "An admin has to let you in" in read(sam, "/waiting")
    assert "Lora Baines’s workspace" in read(lora, "/settings/team")
    assert "Quorra" not in read(tess, "/settings/team")


@pytest.mark.parametrize("mode", ["full", "headers"])
def test_a_mailbox_is_connected_and_its_token_is_sealed(app, conn, mode):
    quorra = signed_in(app, QUORRA)
    assert go(quorra, f"/mailbox/connect?mode={mode}", QUORRA).headers["Location"] == "/settings/mailbox"
    assert "Your mailbox is connected." in read(quorra, "/settings/mailbox")
    stored = conn.execute(select(tables.mailbox)).one()
    assert (stored.address, stored.mode, stored.state) == (QUORRA, mode, "connected")
    assert b"refresh_token" not in bytes(stored.credentials)
    assert "Connect your mailbox" in read(signed_in(app, TESS), "/settings/mailbox")


def test_refusing_and_unticking_are_told_and_store_nothing(app, conn):
    quorra = signed_in(app, QUORRA)
    for choice in ({"allow": False}, {"untick": ("gmail.readonly",)}):
        go(quorra, "/mailbox/connect?mode=full", QUORRA, **choice)
        assert "Not connected, nothing was changed." in read(quorra, "/settings/mailbox")
    assert conn.execute(select(tables.mailbox)).all() == []


def test_a_google_that_cannot_be_reached_is_a_state_not_a_crash(app, sandbox):
    quorra = signed_in(app, QUORRA)
    going = quorra.get("/mailbox/connect?mode=full", base_url=READBACK).headers["Location"]
    back = urlsplit(consent(going, QUORRA))
    parts = app.extensions["readback"]
    nowhere = replace(parts.settings.google, token_url="http://localhost:9/token")
    app.extensions["readback"] = replace(parts, google=GoogleAuth(nowhere))
    assert quorra.get(f"{back.path}?{back.query}", base_url=READBACK).status_code == 302
    assert "Google cannot be reached just now" in read(quorra, "/settings/mailbox")

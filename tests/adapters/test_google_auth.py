"""Consents and tokens, against the local Google over HTTP; what is forged, expired or meant for others never passes."""

import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from backend.adapters.google_auth import GoogleAuth
from backend.errors import ConsentIncomplete, InvalidToken, SettingsIncomplete, Transient
from tests.mailroom import CALLBACK, Mailroom, open_mailroom
from tests.sandbox import project
from tests.sandbox.consenting import consent

ENDPOINT = "https://readback.example/addon/home"
ADDON = {"aud": ENDPOINT, "sub": "1", "email": project.ADDON_SERVICE_ACCOUNT, "email_verified": True}
QUORRA = "quorra@gridworks.example"


@pytest.fixture(scope="module")
def mailroom() -> Iterator[Mailroom]:
    with open_mailroom() as mailroom:
        yield mailroom


def test_a_sign_in_tells_who_it_is_and_of_which_company_and_gives_no_lasting_access(mailroom):
    grant = mailroom.agree(QUORRA, "sign_in")
    assert (grant.identity.email, grant.identity.name) == (QUORRA, "Quorra Reed")
    assert grant.identity.hosted_domain == "gridworks.example"
    assert grant.identity.email_verified
    assert grant.refresh_token is None


def test_a_person_without_a_company_has_no_company_domain(mailroom):
    assert mailroom.agree("lora.baines@gmail.com", "sign_in").identity.hosted_domain is None


@pytest.mark.parametrize(("purpose", "scope"), [("mailbox_full", "readonly"), ("mailbox_headers", "metadata")])
def test_a_mailbox_is_asked_for_with_the_least_permission_and_for_good(mailroom, purpose, scope):
    asked = parse_qs(urlsplit(mailroom.google.begin(purpose, CALLBACK).url).query)
    gmail = [each for each in asked["scope"][0].split() if "gmail" in each]
    assert gmail == [f"https://www.googleapis.com/auth/gmail.{scope}"]
    assert (asked["access_type"], asked["prompt"]) == (["offline"], ["consent"])
    assert asked["code_challenge_method"] == ["S256"]
    assert mailroom.agree(QUORRA, purpose).refresh_token


def test_an_unticked_permission_is_told_as_such(mailroom):
    with pytest.raises(ConsentIncomplete):
        mailroom.agree(QUORRA, "mailbox_full", untick=("gmail.readonly",))


def _begun(mailroom):
    asked = mailroom.google.begin("sign_in", CALLBACK)
    return asked, parse_qs(urlsplit(consent(asked.url, QUORRA)).query)["code"][0]


def test_a_code_is_good_once(mailroom):
    asked, code = _begun(mailroom)
    mailroom.google.finish(CALLBACK, code, asked)
    with pytest.raises(InvalidToken):
        mailroom.google.finish(CALLBACK, code, asked)


def test_a_code_is_good_only_for_who_began_it(mailroom):
    asked, code = _begun(mailroom)
    with pytest.raises(InvalidToken):
        mailroom.google.finish(CALLBACK, code, replace(asked, code_verifier="x" * 64))


def test_an_identity_with_another_nonce_was_not_begun_here(mailroom):
    asked, code = _begun(mailroom)
    with pytest.raises(InvalidToken):
        mailroom.google.finish(CALLBACK, code, replace(asked, nonce="another"))


def test_a_state_that_we_never_gave_ends_before_google_is_asked(mailroom):
    asked, code = _begun(mailroom)
    with pytest.raises(InvalidToken):
        mailroom.google.finish(CALLBACK, code, replace(asked, state="mailbox_everything.x"))


def test_google_calls_our_add_on(mailroom):
    mailroom.google.verify_addon_call(mailroom.world.sign_id_token(ADDON), ENDPOINT)


@pytest.mark.parametrize(
    "claims",
    [
        {**ADDON, "aud": "https://readback.example/addon/compose"},
        {**ADDON, "aud": "https://elsewhere.example/addon/home"},
        {**ADDON, "aud": ""},
        {**ADDON, "email": "addon@attacker.iam.gserviceaccount.com"},
        {**ADDON, "email_verified": False},
        {**ADDON, "email_verified": "true"},
        {key: value for key, value in ADDON.items() if key != "email"},
        {key: value for key, value in ADDON.items() if key != "email_verified"},
        {key: value for key, value in ADDON.items() if key != "aud"},
        {**ADDON, "iss": "https://attacker.example"},
        {**ADDON, "exp": int(time.time()) - 60, "iat": int(time.time()) - 3660},
        {**ADDON, "iat": int(time.time()) + 600, "exp": int(time.time()) + 4200},
    ],
)
def test_a_call_with_wrong_audience_account_issuer_or_time_is_not_googles(mailroom, claims):
    with pytest.raises(InvalidToken):
        mailroom.google.verify_addon_call(mailroom.world.sign_id_token(claims), ENDPOINT)


def test_a_clock_a_few_seconds_off_is_no_crime(mailroom):
    now_s = int(time.time())
    late = mailroom.world.sign_id_token({**ADDON, "iat": now_s - 3600, "exp": now_s - 2})
    mailroom.google.verify_addon_call(late, ENDPOINT)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "ä.b.c", "." * 10_000])
def test_what_is_no_token_is_no_token(mailroom, token):
    with pytest.raises(InvalidToken):
        mailroom.google.verify_addon_call(token, ENDPOINT)


def test_a_forged_token_is_refused_everywhere(mailroom):
    sign = mailroom.world.sign_id_token
    push = {**ADDON, "aud": mailroom.settings.google.push_audience, "email": project.PUSH_SERVICE_ACCOUNT}
    user = {"aud": project.CLIENT_ID, **mailroom.world.identity_claims(QUORRA)}
    with pytest.raises(InvalidToken):
        mailroom.google.verify_addon_call(sign(ADDON, forged=True), ENDPOINT)
    with pytest.raises(InvalidToken):
        mailroom.google.verify_push(sign(push, forged=True))
    with pytest.raises(InvalidToken):
        mailroom.google.verify_user(sign(user, forged=True))


def test_a_push_is_our_own_subscriptions(mailroom):
    push = {**ADDON, "aud": mailroom.settings.google.push_audience, "email": project.PUSH_SERVICE_ACCOUNT}
    mailroom.google.verify_push(mailroom.world.sign_id_token(push))
    with pytest.raises(InvalidToken):
        mailroom.google.verify_push(mailroom.world.sign_id_token({**push, "email": project.ADDON_SERVICE_ACCOUNT}))
    with pytest.raises(InvalidToken):
        mailroom.google.verify_push(mailroom.world.sign_id_token({**push, "aud": ENDPOINT}))


def test_who_uses_the_add_on_is_told_by_google_for_our_client_alone(mailroom):
    claims = mailroom.world.identity_claims(QUORRA)
    identity = mailroom.google.verify_user(mailroom.world.sign_id_token({"aud": project.CLIENT_ID, **claims}))
    assert (identity.email, identity.sub) == (QUORRA, claims["sub"])
    with pytest.raises(InvalidToken):
        mailroom.google.verify_user(mailroom.world.sign_id_token({"aud": "another-client", **claims}))


def test_certificates_are_fetched_once_and_not_again_for_every_forgery(mailroom):
    google = GoogleAuth(mailroom.settings.google)
    asked = []
    send = requests.Session.send

    def counting(session, request, **options):
        asked.append(request.url)
        return send(session, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", counting)
        for _ in range(5):
            google.verify_addon_call(mailroom.world.sign_id_token(ADDON), ENDPOINT)
        for _ in range(5):
            with pytest.raises(InvalidToken):
                google.verify_addon_call(mailroom.world.sign_id_token(ADDON, forged=True), ENDPOINT)
    assert asked == [mailroom.settings.google.certs_url]


def test_a_new_key_of_googles_is_fetched_when_the_old_certificates_are_old_enough(monkeypatch):
    with open_mailroom() as mailroom:
        mailroom.google.verify_addon_call(mailroom.world.sign_id_token(ADDON), ENDPOINT)
        with mailroom.world.change() as state:
            state.keys.rotate()
        token = mailroom.world.sign_id_token(ADDON)
        with pytest.raises(InvalidToken):
            mailroom.google.verify_addon_call(token, ENDPOINT)
        later = time.monotonic() + 11
        monkeypatch.setattr("backend.adapters.google_auth.time.monotonic", lambda: later)
        mailroom.google.verify_addon_call(token, ENDPOINT)


def test_revoking_ends_the_access_and_may_be_repeated(mailroom):
    grant = mailroom.agree(QUORRA, "mailbox_full")
    mailroom.google.revoke(grant.refresh_token)
    mailroom.google.revoke(grant.refresh_token)
    assert mailroom.world.state.grants.find_token(grant.access_token, mailroom.world.now_s()) is None


def test_a_google_that_is_away_is_no_verdict_on_the_token(mailroom):
    away = GoogleAuth(
        replace(
            mailroom.settings.google, certs_url="http://127.0.0.1:9/certs", token_url="http://127.0.0.1:9/token",
            revoke_url="http://127.0.0.1:9/revoke",
        )
    )  # fmt: skip
    with pytest.raises(Transient):
        away.verify_addon_call(mailroom.world.sign_id_token(ADDON), ENDPOINT)
    asked, code = _begun(mailroom)
    with pytest.raises(Transient):
        away.finish(CALLBACK, code, asked)
    with pytest.raises(Transient):
        away.revoke("token")


def test_plain_http_is_for_this_machine_alone(mailroom):
    with pytest.raises(SettingsIncomplete):
        GoogleAuth(replace(mailroom.settings.google, token_url="http://google.example/token"))


def test_no_secret_shows_in_a_grants_or_a_consents_repr(mailroom):
    grant = mailroom.agree(QUORRA, "mailbox_full")
    asked = mailroom.google.begin("sign_in", CALLBACK)
    assert grant.access_token not in repr(grant)
    assert grant.refresh_token not in repr(grant)
    assert asked.code_verifier not in repr(asked)

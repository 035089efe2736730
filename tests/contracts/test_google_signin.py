"""Does signing in work as with Google? Its own libraries go through the consent, redeem, refresh, verify and revoke."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from google.auth import exceptions as google_errors
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from tests.contracts.google import FULL, QUORRA, SIGN_IN, begin, check, credentials_for, redeem
from tests.sandbox import project
from tests.sandbox.consenting import ConsentBlocked, consent
from tests.sandbox.running import RunningSandbox


def test_googles_own_flow_signs_a_person_in_and_the_id_token_verifies(sandbox: RunningSandbox) -> None:
    flow, url = begin(sandbox, *SIGN_IN, nonce="n-1", login_hint=QUORRA)
    back = consent(url, QUORRA)
    token = flow.fetch_token(authorization_response=back)

    claims = id_token.verify_token(
        token["id_token"], Request(), audience=project.CLIENT_ID, certs_url=f"{sandbox.url}/oauth2/v1/certs"
    )
    assert claims["iss"] == "https://accounts.google.com"
    assert claims["email"] == QUORRA
    assert claims["email_verified"] is True
    assert claims["hd"] == "gridworks.example"
    assert claims["name"] == "Quorra Reed"
    assert claims["nonce"] == "n-1"
    assert claims["exp"] - claims["iat"] == 3600
    assert token["scope"] == list(SIGN_IN)
    assert token["refresh_token"].startswith("1//")


def test_the_published_keys_also_verify_as_jwks_and_survive_one_rotation(sandbox: RunningSandbox) -> None:
    token = sandbox.world.sign_id_token({"aud": "x", "sub": "1"})
    requests.post(f"{sandbox.url}/control/keys/rotate", timeout=10)
    newer = sandbox.world.sign_id_token({"aud": "x", "sub": "1"})
    certs = f"{sandbox.url}/oauth2/v1/certs"
    for good in (token, newer):
        assert id_token.verify_token(good, Request(), audience="x", certs_url=certs)["sub"] == "1"
    ids = [key["kid"] for key in requests.get(f"{sandbox.url}/oauth2/v3/certs", timeout=10).json()["keys"]]
    assert set(ids) == set(requests.get(certs, timeout=10).json())
    requests.post(f"{sandbox.url}/control/keys/rotate", timeout=10)
    with pytest.raises((ValueError, google_errors.GoogleAuthError)):
        id_token.verify_token(token, Request(), audience="x", certs_url=certs)


def test_a_forged_token_does_not_verify(sandbox: RunningSandbox) -> None:
    forged = sandbox.world.sign_id_token({"aud": "x", "sub": "1"}, forged=True)
    with pytest.raises((ValueError, google_errors.GoogleAuthError)):
        id_token.verify_token(forged, Request(), audience="x", certs_url=f"{sandbox.url}/oauth2/v1/certs")


def test_a_consumer_account_has_no_hosted_domain(sandbox: RunningSandbox) -> None:
    credentials = credentials_for(sandbox, "lora.baines@gmail.com")
    told = requests.get(
        f"{sandbox.url}/oauth2/v3/userinfo", headers={"Authorization": f"Bearer {credentials.token}"}, timeout=10
    ).json()
    assert told["email"] == "lora.baines@gmail.com"
    assert "hd" not in told


def test_user_info_and_token_info_have_the_shapes_of_the_oauth2_document(sandbox: RunningSandbox) -> None:
    token = credentials_for(sandbox, QUORRA, FULL).token
    bearer = {"Authorization": f"Bearer {token}"}
    check(requests.get(f"{sandbox.url}/oauth2/v2/userinfo", headers=bearer, timeout=10).json(), "Userinfo", "oauth2.v2")
    told = requests.get(f"{sandbox.url}/oauth2/v2/tokeninfo", params={"access_token": token}, timeout=10).json()
    check(told, "Tokeninfo", "oauth2.v2")
    assert FULL in told["scope"].split()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_verifier": "wrong" * 10}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code": "4/nonsense"}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:9/"}, "redirect_uri_mismatch"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_code_is_redeemed_only_by_who_began(sandbox: RunningSandbox, change: dict[str, str], error: str) -> None:
    flow, url = begin(sandbox, *SIGN_IN)
    code = parse_qs(urlsplit(consent(url, QUORRA)).query)["code"][0]
    asked = {"code_verifier": flow.code_verifier, "code": code} | change
    assert redeem(sandbox, asked.pop("code"), asked.pop("code_verifier"), **asked)["error"] == error
    assert "access_token" in redeem(sandbox, code, flow.code_verifier)
    assert redeem(sandbox, code, flow.code_verifier)["error"] == "invalid_grant"


def test_a_person_may_decline_or_leave_a_permission_out(sandbox: RunningSandbox) -> None:
    flow, url = begin(sandbox, *SIGN_IN, FULL, state="s")
    declined = parse_qs(urlsplit(consent(url, QUORRA, allow=False)).query)
    assert declined["error"] == ["access_denied"]
    assert declined["state"] == ["s"]
    partly = parse_qs(urlsplit(consent(url, QUORRA, untick=("gmail.readonly",))).query)
    answer = redeem(sandbox, partly["code"][0], flow.code_verifier)
    assert answer["scope"].split() == list(SIGN_IN)


@pytest.mark.parametrize("wrong", [{"redirect_uri": "https://evil.example/"}, {"client_id": "other"}, {"scope": "x"}])
def test_a_request_that_is_not_ours_stops_at_the_consent_page(sandbox: RunningSandbox, wrong: dict[str, str]) -> None:
    _, url = begin(sandbox, *SIGN_IN)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | wrong
    prepared = requests.Request("GET", f"{sandbox.url}/o/oauth2/v2/auth", params=asked).prepare()
    with pytest.raises(ConsentBlocked):
        consent(str(prepared.url), QUORRA)


def test_a_refresh_token_comes_with_the_first_offline_consent_only_unless_asked_again(sandbox: RunningSandbox) -> None:
    told = []
    for prompt in ("select_account", "select_account", "consent"):
        flow, url = begin(sandbox, *SIGN_IN, prompt=prompt)
        code = parse_qs(urlsplit(consent(url, QUORRA)).query)["code"][0]
        told.append("refresh_token" in redeem(sandbox, code, flow.code_verifier))
    assert told == [True, False, True]


def test_google_auth_refreshes_and_learns_of_a_withdrawal(sandbox: RunningSandbox) -> None:
    credentials = credentials_for(sandbox, QUORRA, FULL)
    before = credentials.token
    credentials.refresh(Request())
    assert credentials.token != before
    requests.post(f"{sandbox.url}/control/tokens/withdraw", json={"address": QUORRA}, timeout=10)
    refused = requests.get(
        f"{sandbox.url}/gmail/v1/users/me/profile", headers={"Authorization": f"Bearer {credentials.token}"}, timeout=10
    )
    assert refused.status_code == 401
    with pytest.raises(google_errors.RefreshError, match="invalid_grant"):
        credentials.refresh(Request())


def test_revoking_either_token_ends_the_consent(sandbox: RunningSandbox) -> None:
    for kind in ("token", "refresh_token"):
        credentials = credentials_for(sandbox, QUORRA, FULL)
        form = {"token": getattr(credentials, kind)}
        assert requests.post(f"{sandbox.url}/revoke", data=form, timeout=10).status_code == 200
        assert requests.post(f"{sandbox.url}/revoke", data=form, timeout=10).json()["error"] == "invalid_token"
        with pytest.raises(google_errors.RefreshError):
            credentials.refresh(Request())

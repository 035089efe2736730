"""Signing in: who gets in where, what the browser keeps, and what nobody gets in with."""

from urllib.parse import parse_qs, urlsplit

import pytest

from backend.app import create_app
from backend.domain.devices import DEVICE_COOKIE, read_device
from backend.services.parts import Parts
from tests.web.conftest import BASE, LORA, QUORRA, SAM, TESS, come_back, get, person, post


def test_the_signed_out_see_what_it_is_and_one_button(browser):
    page = get(browser(), "/")
    assert page.status_code == 200
    assert page.text.count("/auth/google") == 1
    assert "Sign in with Google" in page.text


def test_the_first_of_a_company_founds_its_workspace_as_admin(sign_in):
    team = get(sign_in(QUORRA), "/settings/team").text
    assert "Quorra Reed" in team
    assert "Invite by address" in team


def test_a_colleague_waits_until_an_admin_admits_them(sign_in):
    quorra, sam = sign_in(QUORRA), sign_in(SAM)
    assert get(sam, "/").headers["Location"] == "/waiting"
    assert "gridworks.example" in get(sam, "/waiting").text
    assert get(sam, "/settings/team").headers["Location"] == "/waiting"
    page = get(quorra, "/settings/team").text
    request = page.split('action="/settings/team/requests/')[1].split('"')[0]
    assert post(quorra, f"/settings/team/requests/{request}", answer="admit").status_code == 302
    assert get(sam, "/").status_code == 200
    assert get(sam, "/waiting").headers["Location"] == "/"


def test_a_person_without_a_company_gets_a_workspace_of_their_own(sign_in):
    sign_in(QUORRA)
    lora = get(sign_in(LORA), "/settings/team").text
    assert "Lora Baines’s workspace" in lora
    assert "Quorra" not in lora


def test_an_unverified_address_gets_in_nowhere(google, browser):
    client = browser()
    google.person = person("quorra@gridworks.example", "Clu", "gridworks.example", email_verified=False)
    answer = come_back(client, get(client, "/auth/google"))
    assert answer.status_code == 403
    assert "not verified" in answer.text
    assert "Sign in with Google" in get(client, "/").text


def test_the_session_cookie_is_kept_from_scripts_and_other_hosts(google, browser):
    client = browser()
    google.person = QUORRA
    answer = come_back(client, get(client, "/auth/google"))
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("__Host-readback="))
    told = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= told
    assert not any(part.startswith("domain") for part in told)


def test_a_code_without_our_state_is_refused(google, browser):
    client = browser()
    google.person = QUORRA
    get(client, "/auth/google")
    answer = get(client, "/auth/google/callback?code=anything&state=sign_in.of-somebody-else")
    assert answer.status_code == 400
    assert "begin again" in answer.text
    assert get(client, "/settings/team").status_code == 302


def test_a_consent_of_one_browser_is_of_no_use_in_another(google, browser):
    mine, theirs = browser(), browser()
    google.person = QUORRA
    going = get(mine, "/auth/google")
    assert come_back(theirs, going).status_code == 400
    assert come_back(mine, going).status_code == 302


def test_a_consent_is_used_once(google, browser):
    client = browser()
    google.person = QUORRA
    going = get(client, "/auth/google")
    assert come_back(client, going).status_code == 302
    assert come_back(client, going).status_code == 400


def test_whoever_does_not_agree_is_told_that_nothing_changed(google, browser):
    client = browser()
    google.person = QUORRA
    answer = come_back(client, get(client, "/auth/google"), error="access_denied")
    assert answer.status_code == 400
    assert "nothing was changed" in answer.text


def test_after_signing_in_one_is_where_one_wanted_to_be(google, browser):
    client = browser()
    google.person = QUORRA
    asked = get(client, "/settings/team?x=1")
    sign_in = urlsplit(asked.headers["Location"])
    assert parse_qs(sign_in.query)["next"] == ["/settings/team?x=1"]
    going = get(client, "/auth/google?next=/settings/team")
    assert come_back(client, going).headers["Location"] == "/settings/team"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aX: y\r\n",
        "\\\\evil.example",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(google, browser, elsewhere):
    client = browser()
    google.person = QUORRA
    going = client.get("/auth/google", base_url=BASE, query_string={"next": elsewhere})
    assert come_back(client, going).headers["Location"] == "/"


def test_signing_out_ends_the_session_and_needs_a_token(sign_in):
    quorra = sign_in(QUORRA)
    assert quorra.post("/sign-out", base_url=BASE).status_code == 400
    assert get(quorra, "/settings/team").status_code == 200
    assert post(quorra, "/sign-out").status_code == 302
    assert get(quorra, "/settings/team").status_code == 302


def test_signing_out_everywhere_ends_the_other_browsers_session_too(sign_in):
    here, there, tess = sign_in(QUORRA), sign_in(QUORRA), sign_in(TESS)
    assert post(here, "/sign-out-everywhere").status_code == 302
    assert get(there, "/settings/team").status_code == 302
    assert get(tess, "/settings/team").status_code == 200


def test_a_cookie_that_nobody_signed_is_no_session(browser):
    client = browser()
    client.set_cookie("__Host-readback", "eyJfdXNlcl9pZCI6IjE6MTowIn0.forged.forged", domain="readback.example")
    assert get(client, "/settings/team").status_code == 302


def test_going_to_google_again_and_again_is_slowed_down(google, browser):
    client = browser()
    google.person = QUORRA
    statuses = [get(client, "/auth/google").status_code for _ in range(32)]
    assert statuses[0] == 302
    assert statuses[-1] == 429


def device_cookie(answer) -> str:
    return next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith(f"{DEVICE_COOKIE}="))


def test_signing_in_notes_the_browser_as_the_reps_own(app, google, browser, settings):
    client = browser()
    google.person = QUORRA
    answer = come_back(client, get(client, "/auth/google"))
    cookie = device_cookie(answer)
    assert all(told in cookie for told in ("Secure", "HttpOnly", "SameSite=None", "Path=/", "Max-Age=34560000"))
    first = read_device(cookie.split("=", 1)[1].split(";")[0], settings.link_keys)
    again = device_cookie(come_back(client, get(client, "/auth/google")))
    assert read_device(again.split("=", 1)[1].split(";")[0], settings.link_keys) == first
    assert get(client, "/settings/devices").text.count("/forget") == 1


def test_where_the_tracking_domain_is_another_the_browser_makes_a_hop_there(settings, database, google):
    app = create_app(
        Parts(settings=settings, engine=database, google=google, gmail=None, secrets=None, blobs=None, documents=None)
    )
    client = app.test_client()
    google.person = QUORRA
    hop = come_back(client, get(client, "/auth/google?next=/settings/team"))
    assert hop.headers["Location"].startswith("https://t.readback.example/device?t=")
    assert DEVICE_COOKIE not in str(hop.headers)
    landed = client.get(hop.headers["Location"])
    assert landed.headers["Location"] == "https://readback.example/settings/team"
    value = device_cookie(landed).split("=", 1)[1].split(";")[0]
    assert read_device(value, settings.link_keys) is not None
    assert client.get(hop.headers["Location"][:-3]).status_code == 400

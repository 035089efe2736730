"""Health, readiness, measures, headers, and the states for trouble."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from backend.app import create_app
from backend.services.parts import Parts
from tests.web.conftest import BASE, QUORRA, get


def test_the_process_says_that_it_is_up(browser):
    assert get(browser(), "/healthz").json == {"status": "ok"}


def test_ready_names_its_parts(browser):
    answer = get(browser(), "/readyz")
    assert (answer.status_code, answer.json) == (200, {"database": "ok", "schema": "ok", "journal": "ok"})


def test_not_ready_without_the_database_but_still_up(settings):
    away = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 1})
    client = create_app(
        Parts(settings=settings, engine=away, google=None, gmail=None, secrets=None, blobs=None, documents=None)
    ).test_client()
    answer = client.get("/readyz", base_url=BASE)
    assert answer.status_code == 503
    assert answer.json["database"] == "cannot be reached"
    assert client.get("/healthz", base_url=BASE).status_code == 200


def test_measures_are_for_whoever_has_the_token(settings, database):
    guarded = replace(settings, metrics_token="a-token-for-prometheus")
    client = create_app(
        Parts(settings=guarded, engine=database, google=None, gmail=None, secrets=None, blobs=None, documents=None)
    ).test_client()
    client.get("/healthz", base_url=BASE)
    assert client.get("/metrics", base_url=BASE).status_code == 401
    assert client.get("/metrics", base_url=BASE, headers={"Authorization": "Bearer wrong"}).status_code == 401
    answer = client.get("/metrics", base_url=BASE, headers={"Authorization": "Bearer a-token-for-prometheus"})
    assert answer.status_code == 200
    assert 'readback_request_seconds_count{route="/healthz",status="200"}' in answer.text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing-here", "/settings/team", "/static/readback.css"])
def test_every_answer_forbids_what_no_page_needs(browser, path):
    headers = get(browser(), path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_no_page_holds_a_script_a_style_or_anything_from_elsewhere(sign_in):
    quorra = sign_in(QUORRA)
    for path in ("/", "/settings/mailbox", "/settings/devices", "/settings/team", "/connect", "/connect/done"):
        page = get(quorra, path).text
        assert len(page.encode()) < 100_000
        for forbidden in ("<style", "style=", "onclick", "javascript:", 'src="http', 'href="http'):
            assert forbidden not in page, f"{path} holds {forbidden}"
        assert all(script.startswith((' src="', ' type="module" src="')) for script in page.split("<script")[1:])


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nothing-here", 404, "nothing here"),
        ("GET", f"/messages/{2**63}", 404, "nothing here"),
        ("PUT", "/sign-out", 405, "cannot be used like that"),
        ("GET", "/sign-out", 405, "cannot be used like that"),
        ("POST", "/sign-out", 400, "Load it again"),
        ("GET", "/device?t=forged", 400, "expired"),
    ],
)
def test_trouble_is_a_state_with_one_sentence_and_one_thing_to_do(browser, method, path, status, said):
    answer = browser().open(path, method=method, base_url=BASE)
    assert answer.status_code == status
    assert said in answer.text
    assert answer.text.count('class="button primary"') == 1
    assert "Oops" not in answer.text


def test_too_much_at_once_is_refused(browser):
    answer = browser().post("/sign-out", base_url=BASE, data={"csrf_token": "x" * (1024 * 1024 + 1)})
    assert answer.status_code == 413


def test_whoever_asks_for_json_is_told_in_json(browser):
    answer = get(browser(), "/nothing-here", headers={"Accept": "application/json"})
    assert answer.json["error"] == "There is nothing here"


def test_our_own_trouble_is_told_without_its_details(app, browser):
    def broken():
        raise RuntimeError("the secret detail")

    app.add_url_rule("/broken", view_func=broken)
    answer = get(browser(), "/broken")
    assert answer.status_code == 500
    assert "nothing that was recorded is lost" in answer.text
    assert "secret detail" not in answer.text

"""Whatever is sent to any route, signed in or not: a clear answer, never a 500, and nothing of another company.

The description that Schemathesis works from is made of the application's own routes, so a new route is tried too.
"""

import re
from dataclasses import replace

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.adapters.gmail import Gmail
from backend.adapters.google_auth import GoogleAuth
from backend.adapters.secrets import FernetBox
from backend.app import create_app
from backend.services.parts import Parts
from backend.web.limits import limiter
from tests.sandbox.environment import readback_environment
from tests.sandbox.running import running_sandbox

_TEXT = {"type": "string"}
_QUERY = ("next", "mode", "state", "code", "error", "after", "q", "ticket")


def description(app):
    """The routes as OpenAPI 3.0, with the loosest of inputs."""
    paths = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule)
        inputs = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in rule.arguments]
        inputs += [{"name": name, "in": "query", "schema": _TEXT} for name in _QUERY]
        inputs += [{"name": "Authorization", "in": "header", "schema": _TEXT}]
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            operation = {"parameters": inputs, "responses": {"default": {"description": "any"}}}
            if method == "POST":
                operation["requestBody"] = {
                    "content": {"application/json": {"schema": {}}, "text/plain": {"schema": _TEXT}}
                }
            paths.setdefault(path, {})[method.lower()] = operation
    return {"openapi": "3.0.3", "info": {"title": "Readback", "version": "1"}, "paths": paths}


@pytest.fixture(scope="module")
def sandbox():
    with running_sandbox() as running:
        yield running


@pytest.fixture
def app(sandbox, settings, database):
    environ = readback_environment(sandbox.url, settings.public_url)
    own = replace(settings, google=type(settings).from_environ(environ).google)
    parts = Parts(
        own, database, GoogleAuth(own.google), Gmail(own.google), FernetBox(own.token_encryption_keys), None, None
    )
    app = create_app(parts)
    limiter.enabled = False
    yield app
    limiter.enabled = True


@pytest.mark.parametrize("who", ["a stranger", "an admin"])
def test_no_request_makes_a_500(app, gridworks, othergrid, who):
    client = app.test_client()
    if who == "an admin":
        quorra = gridworks.reps["quorra"]
        with client.session_transaction(base_url="https://readback.example") as session:
            session["_user_id"] = f"{gridworks.workspace_id}:{quorra.id}:0"
    schema = schemathesis.openapi.from_dict(description(app))
    for result in schema.get_all_operations():
        _try(result.ok(), client)


def _try(operation, client) -> None:
    @given(case=operation.as_strategy())
    @settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def any_request(case) -> None:
        asked = case.as_transport_kwargs(base_url="https://readback.example")
        headers = {k: v for k, v in (asked.get("headers") or {}).items() if _sendable(v)}
        answer = client.open(
            asked["url"].removeprefix("https://readback.example"),
            method=asked["method"],
            base_url="https://readback.example",
            query_string=asked.get("params"),
            headers=headers,
            json=asked.get("json"),
            data=asked.get("data"),
        )
        assert answer.status_code < 500, f"{asked['method']} {operation.path}: {answer.status_code}"
        assert "othergrid" not in answer.get_data(as_text=True)

    any_request()


def _sendable(value: object) -> bool:
    """Whether an HTTP server would let this header through at all."""
    return isinstance(value, str) and "\n" not in value and "\r" not in value and value.isascii()


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_as_a_body_are_refused_before_they_are_read(app, body):
    client = app.test_client()
    for path in ("/push/gmail", "/addon/home", "/addon/message", "/addon/compose"):
        answer = client.post(path, data=body, base_url="https://readback.example")
        assert answer.status_code == 401, path


def test_a_body_past_all_reason_is_refused(app):
    answer = app.test_client().post("/addon/home", data=b"{" * (10 * 1024 * 1024), base_url="https://readback.example")
    assert answer.status_code in (401, 413)


def test_the_description_knows_every_route(app):
    assert len(description(app)["paths"]) >= 15

"""Google's own clients, pointed at the local Google, and their answers held against the discovery documents.

The documents ship inside google-api-python-client; `check` reads them as JSON schemas.
"""

import base64
import functools
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httplib2
import jsonschema
import requests
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build

from tests.sandbox import project
from tests.sandbox.consenting import consent
from tests.sandbox.gmail_methods import document, find_method
from tests.sandbox.running import RunningSandbox
from tests.sandbox.writing import Draft, compose

QUORRA, SAM, FLYNN, KEVIN, ALAN = (
    "quorra@gridworks.example",
    "sam@gridworks.example",
    "flynn@flynnsarcade.com",
    "kevinf@flynnsarcade.com",
    "alan@encom.com",
)
REDIRECT = "http://localhost:8000/signed-in"
AUTH = "https://www.googleapis.com/auth/"
FULL, METADATA, MODIFY = f"{AUTH}gmail.readonly", f"{AUTH}gmail.metadata", f"{AUTH}gmail.modify"
SIGN_IN = ("openid", f"{AUTH}userinfo.email", f"{AUTH}userinfo.profile")
EVERYTHING = "https://mail.google.com/"


@functools.cache
def schema_of(name: str, document_name: str = "gmail.v1") -> dict[str, Any]:
    definitions = {key: _strict(value) for key, value in document(document_name)["schemas"].items()}
    return {"$ref": f"#/definitions/{name}", "definitions": definitions}


def _strict(told: Any) -> Any:
    """The discovery document's dialect in JSON Schema's words; what it does not name may not be there."""
    if isinstance(told, list):
        return [_strict(item) for item in told]
    if not isinstance(told, dict):
        return told
    strict = {k: _strict(v) for k, v in told.items() if k in ("type", "items", "properties", "enum", "required")}
    if isinstance(told.get("properties"), dict):
        strict["properties"] = {name: _strict(value) for name, value in told["properties"].items()}
        strict["additionalProperties"] = False
        strict.pop("required", None)
    if "$ref" in told:
        return {"$ref": f"#/definitions/{told['$ref']}"}
    if told.get("format") in ("int64", "uint64"):
        strict["pattern"] = r"^-?\d+$"
    if told.get("format") == "byte":
        strict["pattern"] = r"^[A-Za-z0-9_-]*=*$"
    return strict


def check(answer: Any, name: str, document_name: str = "gmail.v1") -> None:
    jsonschema.validate(answer, schema_of(name, document_name))


class Listening(httplib2.Http):
    """An httplib2 that holds every JSON answer of a Gmail method against that method's response schema."""

    def __init__(self) -> None:
        super().__init__(timeout=10)
        self.checked: set[str] = set()

    def request(self, uri: str, method: str = "GET", **kwargs: Any) -> Any:  # type: ignore[override]
        response, content = super().request(uri, method=method, **kwargs)
        found = find_method(method, urlsplit(uri).path)
        if found is not None and response.status == 200 and response["content-type"].startswith("application/json"):
            told = _described(found[0].id)
            check(json.loads(content), told["response"]["$ref"])
            self.checked.add(found[0].id)
        return response, content


def _described(method_id: str) -> dict[str, Any]:
    *resources, method = method_id.split(".")[1:]
    place = document("gmail.v1")
    for resource in resources:
        place = place["resources"][resource]
    described: dict[str, Any] = place["methods"][method]
    return described


def credentials_for(sandbox: RunningSandbox, address: str, *scopes: str) -> Credentials:
    flow, url = begin(sandbox, *SIGN_IN, *scopes)
    code = parse_qs(urlsplit(consent(url, address)).query)["code"][0]
    answer = redeem(sandbox, code, flow.code_verifier)
    return Credentials(
        answer["access_token"],
        refresh_token=answer["refresh_token"],
        token_uri=f"{sandbox.url}/token",
        client_id=project.CLIENT_ID,
        client_secret=project.CLIENT_SECRET,
    )


def begin(sandbox: RunningSandbox, *scopes: str, **more: str) -> tuple[Flow, str]:
    config = {
        "web": {
            "client_id": project.CLIENT_ID,
            "client_secret": project.CLIENT_SECRET,
            "auth_uri": f"{sandbox.url}/o/oauth2/v2/auth",
            "token_uri": f"{sandbox.url}/token",
        }
    }
    flow = Flow.from_client_config(config, scopes=list(scopes), redirect_uri=REDIRECT)
    url, _ = flow.authorization_url(**{"access_type": "offline", "prompt": "consent", **more})
    return flow, url


def redeem(sandbox: RunningSandbox, code: str, verifier: str | None, **change: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": project.CLIENT_ID,
        "client_secret": project.CLIENT_SECRET,
        "code_verifier": verifier or "",
    }
    answer: dict[str, Any] = requests.post(f"{sandbox.url}/token", data=form | change, timeout=10).json()
    return answer


def gmail(sandbox: RunningSandbox, credentials: Credentials, http: httplib2.Http | None = None) -> Any:
    return build(
        "gmail",
        "v1",
        http=AuthorizedHttp(credentials, http=http or Listening()),
        static_discovery=True,
        client_options={"api_endpoint": f"{sandbox.url}/"},
    ).users()


def letter(sender: str = f"Quorra Reed <{QUORRA}>", to: str = FLYNN, subject: str = "The grid", **more: Any) -> bytes:
    return compose(Draft(sender, [to], subject=subject, text="Hello.\n", html="<p>Hello.</p>", **more))


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()

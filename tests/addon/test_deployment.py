"""The description that Google installs from says where we are and asks for no more than what is used."""

import json
from argparse import ArgumentParser

import pytest

from addon.deployment import SCOPES, deployment, missing_scopes
from backend.app import create_app
from backend.commands import addon_deployment
from backend.services.parts import Parts

BASE = "https://readback.example"
LOGO = f"{BASE}/static/addon-logo.png"


def test_the_description_is_as_google_documents_it():
    told = deployment(BASE, LOGO)
    assert told["httpOptions"] == {
        "authorizationHeader": "SYSTEM_ID_TOKEN",
        "granularOauthPermissionSupport": "OPT_IN",
    }
    assert told["addOns"]["common"]["openLinkUrlPrefixes"] == [f"{BASE}/"]
    assert told["addOns"]["common"]["logoUrl"] == LOGO
    assert told["addOns"]["gmail"]["composeTrigger"]["draftAccess"] == "METADATA"
    assert "$" not in json.dumps(told)


def test_every_trigger_is_a_route(settings):
    told = deployment(BASE, LOGO)
    triggers = {
        told["addOns"]["common"]["homepageTrigger"]["runFunction"],
        told["addOns"]["gmail"]["contextualTriggers"][0]["onTriggerFunction"],
        told["addOns"]["gmail"]["composeTrigger"]["actions"][0]["runFunction"],
    }
    app = create_app(
        Parts(settings=settings, engine=None, google=None, gmail=None, secrets=None, blobs=None, documents=None)
    )
    rules = {f"{BASE}{rule.rule}" for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert triggers == {f"{BASE}/addon/{name}" for name in ("home", "message", "compose")}
    assert triggers <= rules


def test_every_scope_that_is_asked_for_is_declared_and_none_is_restricted():
    declared = set(deployment(BASE, LOGO)["oauthScopes"])
    assert {scope for scopes in SCOPES.values() for scope in scopes} <= declared
    names = {scope.rsplit("/", 1)[1] for scope in declared}
    assert names == {
        "gmail.addons.execute",
        "gmail.addons.current.action.compose",
        "gmail.addons.current.message.metadata",
        "userinfo.email",
        "script.locale",
    }


def test_only_what_was_refused_is_asked_for_again():
    assert missing_scopes("compose", None) == []
    assert missing_scopes("home", SCOPES["compose"]) == []
    assert missing_scopes("compose", SCOPES["home"]) == list(SCOPES["compose"][:2])


@pytest.mark.parametrize(
    "url", ["http://readback.example", "readback.example", "https://", 'https://x"y', "https://x?a=b"]
)
def test_an_address_that_google_would_not_call_is_refused(url):
    with pytest.raises(ValueError, match="https"):
        deployment(url, LOGO)


def run(*arguments: str) -> int:
    parser = ArgumentParser()
    addon_deployment.add_arguments(parser)
    return addon_deployment.run(parser.parse_args(arguments))


def test_the_command_prints_it(capsys):
    assert run("--base-url", f"{BASE}/") == 0
    assert json.loads(capsys.readouterr().out) == deployment(BASE, LOGO)


def test_the_command_says_what_is_wrong_with_an_address(capsys):
    assert run("--base-url", "http://localhost:8000") == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "https" in told.err

"""Does the local Google keep its state, and does its control desk refuse what it does not know?"""

from pathlib import Path
from typing import Any

import pytest
import requests
from google.oauth2.credentials import Credentials

from tests.contracts.google import FULL, QUORRA, credentials_for, gmail, letter
from tests.sandbox.environment import readback_environment
from tests.sandbox.running import RunningSandbox, running_sandbox


def test_the_state_survives_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with running_sandbox(data_dir=tmp_path) as first:
        credentials = credentials_for(first, QUORRA, FULL)
        sent = first.world.send(QUORRA, letter())
        certificates = requests.get(f"{first.url}/oauth2/v1/certs", timeout=10).json()
    with running_sandbox(data_dir=tmp_path) as second:
        me = gmail(second, Credentials(credentials.token))
        assert me.messages().get(userId="me", id=sent).execute()["id"] == sent
        assert requests.get(f"{second.url}/oauth2/v1/certs", timeout=10).json() == certificates


def test_readbacks_secrets_are_made_once_for_a_folder(tmp_path: Path) -> None:
    first = readback_environment("http://localhost:8025", "http://localhost:8000", tmp_path)
    assert first == readback_environment("http://localhost:8025/", "http://localhost:8000/", tmp_path)
    assert first["GOOGLE_PUSH_AUDIENCE"] == "http://localhost:8000/push/gmail"


@pytest.mark.parametrize(
    ("path", "told", "status"),
    [("faults", {"kind": "flood"}, 400), ("time", {"advance_s": "x"}, 400), ("vacation", {"address": "x@y.z"}, 404),
     ("pushes", {"colour": 1}, 400), ("pushes/release", {"order": "sideways"}, 400), ("tokens/withdraw", {}, 400)],
)  # fmt: skip
def test_the_control_desk_refuses_what_it_does_not_know(
    sandbox: RunningSandbox, path: str, told: dict[str, Any], status: int
) -> None:
    assert requests.post(f"{sandbox.url}/control/{path}", json=told, timeout=10).status_code == status

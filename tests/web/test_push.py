"""A push of Pub/Sub: verified, parsed, acknowledged; forged, malformed, repeated, about nobody, in our own trouble."""

import contextlib
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, text

from backend.app import create_app
from backend.errors import Malformed
from backend.services.parts import Parts
from backend.store.tables import mailbox
from backend.web.push import pushed_address
from tests.mailroom import Mailroom, open_mailroom
from tests.sandbox import project

QUORRA = "quorra@gridworks.example"


@pytest.fixture(scope="module")
def mailroom() -> Iterator[Mailroom]:
    with open_mailroom() as mailroom:
        yield mailroom


@pytest.fixture
def client(mailroom, database):
    parts = Parts(mailroom.settings, database, mailroom.google, mailroom.gmail, None, None, None)
    return create_app(parts).test_client()


@pytest.fixture
def connected(conn, gridworks, othergrid) -> Connection:
    for tenant, name, address, state in (
        (gridworks, "quorra", QUORRA, "connected"),
        (gridworks, "sam", "sam@gridworks.example", "disconnected"),
        (othergrid, "tess", "tess@othergrid.example", "connected"),
    ):
        row = {"workspace_id": tenant.workspace_id, "rep_id": tenant.reps[name].id, "mode": "full", "state": state}
        conn.execute(insert(mailbox).values(**row, address=address, credentials=b"sealed"))
    return conn


def _bearer(mailroom, forged=False, **claims):
    google = mailroom.settings.google
    told = {"aud": google.push_audience, "sub": "1", "email": google.push_service_account, "email_verified": True}
    return {"Authorization": f"Bearer {mailroom.world.sign_id_token({**told, **claims}, forged=forged)}"}


def _push(notice: object, encode=b64encode) -> bytes:
    data = encode(json.dumps(notice).encode()).decode()
    message = {"data": data, "messageId": "1", "publishTime": "2026-11-24T14:05:00Z", "attributes": {}}
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/s"}).encode()


def _jobs(conn):
    return conn.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'sync_mailbox'")).scalar()


@pytest.mark.parametrize("history_id", [987, "987"])
@pytest.mark.parametrize("address", [QUORRA, "Quorra@GridWorks.Example"])
def test_a_push_leaves_one_job_and_is_acknowledged_however_often_it_comes(
    client, mailroom, connected, history_id, address
):
    for _ in range(3):
        push = _push({"emailAddress": address, "historyId": history_id})
        answer = client.post("/push/gmail", data=push, headers=_bearer(mailroom))
        assert (answer.status_code, answer.data) == (204, b"")
    assert _jobs(connected) == 1


@pytest.mark.parametrize("address", ["nobody@nowhere.example", "sam@gridworks.example"])
def test_a_push_about_a_mailbox_that_we_do_not_read_is_acknowledged_and_forgotten(client, mailroom, connected, address):
    push = _push({"emailAddress": address, "historyId": "1"})
    assert client.post("/push/gmail", data=push, headers=_bearer(mailroom)).status_code == 204
    assert _jobs(connected) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"forged": True},
        {"aud": "https://elsewhere.example/push/gmail"},
        {"aud": project.CLIENT_ID},
        {"email": "somebody@else.iam.gserviceaccount.com"},
        {"email": project.ADDON_SERVICE_ACCOUNT},
        {"email_verified": False},
        {"iss": "https://attacker.example"},
        {"iat": 1_700_000_000, "exp": 1_700_003_600},
    ],
)
def test_a_push_that_is_not_our_subscriptions_is_refused_and_nothing_is_stored(client, mailroom, connected, wrong):
    push = _push({"emailAddress": QUORRA, "historyId": "1"})
    assert client.post("/push/gmail", data=push, headers=_bearer(mailroom, **wrong)).status_code == 401
    assert _jobs(connected) == 0


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic eDp5", "Bearer x.y.z", "Bearer \x7f"])
def test_a_push_without_a_token_is_refused_before_it_is_read(client, connected, header):
    headers = {} if header is None else {"Authorization": header}
    assert client.post("/push/gmail", data=b"not even json", headers=headers).status_code == 401
    assert _jobs(connected) == 0


MALFORMED = [
    b"",
    b"[]",
    b"null",
    b"{",
    b"\xff\xfe",
    b"[" * 100_000,
    b"{}",
    b'{"message": null}',
    b'{"message": []}',
    b'{"message": {}}',
    b'{"message": {"data": 1}}',
    b'{"message": {"data": "###"}}',
    b'{"message": {"data": "AAAA"}}',
    _push([]),
    _push({}),
    _push({"emailAddress": QUORRA}),
    _push({"emailAddress": QUORRA, "historyId": None}),
    _push({"emailAddress": QUORRA, "historyId": True}),
    _push({"emailAddress": QUORRA, "historyId": "later"}),
    _push({"emailAddress": [QUORRA], "historyId": "1"}),
    _push({"emailAddress": "nobody", "historyId": "1"}),
    _push({"emailAddress": "a\0@b.example", "historyId": "1"}),
    _push({"emailAddress": "\ud800@b.example", "historyId": "1"}),
    _push({"emailAddress": QUORRA, "historyId": "1", "more": "x" * 70_000}),
]


@pytest.mark.parametrize("number", range(len(MALFORMED)))
def test_a_malformed_push_is_told_so_and_nothing_is_stored(client, mailroom, connected, number):
    answer = client.post("/push/gmail", data=MALFORMED[number], headers=_bearer(mailroom))
    assert answer.status_code == 400
    assert _jobs(connected) == 0


def test_both_alphabets_of_base64_are_read():
    notice = {"emailAddress": QUORRA, "historyId": "1", "more": "??>>~~ÿÿ"}
    assert pushed_address(_push(notice)) == pushed_address(_push(notice, urlsafe_b64encode)) == QUORRA


@given(st.binary() | st.text().map(lambda told: _push(told)) | st.dictionaries(st.text(), st.text()).map(_push))
def test_any_body_is_an_address_or_malformed(body):
    with contextlib.suppress(Malformed):
        assert "@" in pushed_address(body)


def test_when_google_cannot_be_asked_for_its_keys_the_push_comes_again(mailroom, database, connected):
    google = replace(mailroom.settings.google, certs_url="http://127.0.0.1:9/certs")
    away = type(mailroom.google)(google)
    client = create_app(Parts(mailroom.settings, database, away, mailroom.gmail, None, None, None)).test_client()
    push = _push({"emailAddress": QUORRA, "historyId": "1"})
    assert client.post("/push/gmail", data=push, headers=_bearer(mailroom)).status_code == 503
    assert _jobs(connected) == 0


def test_when_our_database_is_in_trouble_the_push_comes_again(mailroom, connected):
    class Broken:
        def begin(self):
            raise ConnectionError

    parts = Parts(mailroom.settings, Broken(), mailroom.google, mailroom.gmail, None, None, None)
    app = create_app(parts)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    push = _push({"emailAddress": QUORRA, "historyId": "1"})
    assert app.test_client().post("/push/gmail", data=push, headers=_bearer(mailroom)).status_code >= 500


def test_only_a_post_is_a_push(client):
    assert client.get("/push/gmail").status_code == 405

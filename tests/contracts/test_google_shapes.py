"""Does the local Gmail answer as Gmail does? Each answer is held against the schemas of Google's discovery document."""

import json
import time
from collections.abc import Callable
from typing import Any

import httplib2
import jsonschema
import pytest
import requests
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import BatchHttpRequest, MediaInMemoryUpload

from tests.contracts.google import (
    ALAN,
    AUTH,
    EVERYTHING,
    FLYNN,
    FULL,
    KEVIN,
    METADATA,
    MODIFY,
    QUORRA,
    SAM,
    Listening,
    check,
    credentials_for,
    encoded,
    gmail,
    letter,
)
from tests.sandbox import project
from tests.sandbox.gmail_methods import document
from tests.sandbox.running import RunningSandbox


def test_an_answer_that_google_would_not_give_is_noticed() -> None:
    check({"id": "1", "threadId": "1", "internalDate": "1764000000000"}, "Message")
    for wrong in ({"identity": "1"}, {"internalDate": 1764000000000}, {"raw": "a+b/"}, {"payload": {"part": []}}):
        with pytest.raises(jsonschema.ValidationError):
            check(wrong, "Message")


def test_every_method_answers_in_googles_shape(sandbox: RunningSandbox) -> None:
    http = Listening()
    me = gmail(sandbox, credentials_for(sandbox, QUORRA, EVERYTHING), http)
    me.getProfile(userId="me").execute()
    me.watch(userId="me", body={"topicName": project.TOPIC, "labelIds": ["INBOX", "SENT"]}).execute()
    start = me.getProfile(userId="me").execute()["historyId"]
    sent = me.messages().send(userId="me", body={"raw": encoded(letter())}).execute()
    draft = me.drafts().create(userId="me", body={"message": {"raw": encoded(letter(subject="Draft"))}}).execute()
    me.drafts().update(userId="me", id=draft["id"], body={"message": {"raw": encoded(letter())}}).execute()
    me.drafts().get(userId="me", id=draft["id"]).execute()
    assert [d["id"] for d in me.drafts().list(userId="me").execute()["drafts"]] == [draft["id"]]
    me.drafts().send(userId="me", body={"id": draft["id"]}).execute()
    for form in ("minimal", "full", "raw", "metadata"):
        me.messages().get(userId="me", id=sent["id"], format=form).execute()
    me.messages().list(userId="me", q="in:sent", maxResults=1).execute()
    kept = me.messages().insert(userId="me", body={"raw": encoded(letter()), "labelIds": ["INBOX"]}).execute()
    me.messages().import_(userId="me", body={"raw": encoded(letter())}).execute()
    label = me.labels().create(userId="me", body={"name": "Deals"}).execute()
    me.labels().get(userId="me", id=label["id"]).execute()
    me.labels().list(userId="me").execute()
    me.messages().modify(userId="me", id=kept["id"], body={"addLabelIds": [label["id"]]}).execute()
    me.messages().trash(userId="me", id=kept["id"]).execute()
    me.messages().untrash(userId="me", id=kept["id"]).execute()
    me.threads().list(userId="me").execute()
    me.threads().get(userId="me", id=sent["threadId"]).execute()
    me.threads().modify(userId="me", id=sent["threadId"], body={"addLabelIds": ["STARRED"]}).execute()
    me.settings().sendAs().list(userId="me").execute()
    me.settings().getVacation(userId="me").execute()
    me.messages().delete(userId="me", id=kept["id"]).execute()
    history = me.history().list(userId="me", startHistoryId=start).execute()
    kinds = {key for record in history["history"] for key in record if key not in ("id", "messages")}
    assert kinds == {"messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved"}
    me.stop(userId="me").execute()
    assert len(http.checked) == 24


def test_a_sent_mail_gets_gmails_message_id_and_bcc_stays_with_the_sender(sandbox: RunningSandbox) -> None:
    me = gmail(sandbox, credentials_for(sandbox, QUORRA, MODIFY))
    raw = b"Message-ID: <mine@gridworks.example>\r\n" + letter(bcc=[ALAN])
    sent = me.messages().send(userId="me", body={"raw": encoded(raw)}).execute()
    assert sent["labelIds"] == ["SENT"]
    copy = me.messages().get(userId="me", id=sent["id"]).execute()
    headers = {header["name"]: header["value"] for header in copy["payload"]["headers"]}
    assert headers["Message-ID"].startswith("<CA") and headers["Message-ID"].endswith("@mail.gmail.com>")
    assert headers["Bcc"] == ALAN
    for address in (FLYNN, ALAN):
        (arrived,) = sandbox.world.mailbox(address).list("INBOX")
        assert arrived.message_id == headers["Message-ID"]
        assert "Bcc" not in arrived.mail
        assert arrived.mail["Delivered-To"] == address
        assert arrived.mail["Return-Path"] == f"<{QUORRA}>"
        assert arrived.mail["Received"]


def test_answers_join_the_thread_by_references_and_subject_only(sandbox: RunningSandbox) -> None:
    world = sandbox.world
    sent = world.mailbox(QUORRA).get(world.send(QUORRA, letter()))
    arrived = world.mailbox(FLYNN).list("INBOX")[0]
    world.answer(FLYNN, arrived.id, "Yes – gladly, à bientôt.", sender=KEVIN)
    world.send(FLYNN, letter(f"Kevin Flynn <{FLYNN}>", QUORRA, "Re: The grid"))
    world.send(FLYNN, letter(f"Kevin Flynn <{FLYNN}>", QUORRA, "Something else", in_reply_to=sent.message_id))
    stranger, unrelated, answer = world.mailbox(QUORRA).list("INBOX")
    assert answer.thread_id == sent.thread_id
    assert answer.mail["From"] == f"Kevin Flynn <{KEVIN}>"
    assert answer.mail["In-Reply-To"] == sent.message_id
    assert answer.text.strip() == "Yes – gladly, à bientôt."
    assert sent.thread_id not in (stranger.thread_id, unrelated.thread_id)


def test_gmail_page_ids_are_understood(sandbox: RunningSandbox) -> None:
    me = gmail(sandbox, credentials_for(sandbox, QUORRA, FULL))
    sent = sandbox.world.mailbox(QUORRA).get(sandbox.world.send(QUORRA, letter()))
    for given in (sent.id, f"msg-f:{int(sent.id, 16)}", f"msg-a:{sent.alias}"):
        assert me.messages().get(userId="me", id=given).execute()["id"] == sent.id
    for given in (sent.thread_id, f"thread-f:{int(sent.thread_id, 16)}", f"thread-a:{sent.alias}"):
        assert me.threads().get(userId=QUORRA, id=given).execute()["id"] == sent.thread_id


def test_drafts_change_their_message_id_and_are_gone_once_sent(sandbox: RunningSandbox) -> None:
    me = gmail(sandbox, credentials_for(sandbox, QUORRA, MODIFY))
    first = me.drafts().create(userId="me", body={"message": {"raw": encoded(letter())}}).execute()
    second = me.drafts().update(userId="me", id=first["id"], body={"message": {"raw": encoded(letter())}}).execute()
    assert first["id"] == second["id"]
    assert first["message"]["id"] != second["message"]["id"]
    sent = me.drafts().send(userId="me", body={"id": first["id"]}).execute()
    assert sent["labelIds"] == ["SENT"]
    assert sent["id"] not in (first["message"]["id"], second["message"]["id"])
    with pytest.raises(HttpError, match="404"):
        me.drafts().get(userId="me", id=first["id"]).execute()


@pytest.mark.parametrize("resumable", [False, True])
def test_a_mail_may_be_uploaded(sandbox: RunningSandbox, resumable: bool) -> None:
    # googleapiclient takes the address of uploads from the document, and https with it, whatever the endpoint
    told = document("gmail.v1") | {"rootUrl": f"{sandbox.url}/"}
    http = AuthorizedHttp(credentials_for(sandbox, QUORRA, MODIFY), http=Listening())
    me = build_from_document(told, http=http).users()
    for body in (None, {"labelIds": []}):
        media = MediaInMemoryUpload(letter(subject="Uploaded – ü"), mimetype="message/rfc822", resumable=resumable)
        sent = me.messages().send(userId="me", body=body, media_body=media).execute()
        assert sandbox.world.mailbox(FLYNN).list()[0].subject == "Uploaded – ü"
        assert sandbox.world.mailbox(QUORRA).get(sent["id"]).text.strip() == "Hello."


def test_search_pages_and_partial_answers(sandbox: RunningSandbox) -> None:
    me = gmail(sandbox, credentials_for(sandbox, QUORRA, FULL), httplib2.Http())
    ids = [sandbox.world.send(QUORRA, letter(subject=f"Number {n}")) for n in range(5)]
    message_id = str(sandbox.world.mailbox(QUORRA).get(ids[0]).message_id)
    for query, expected in (
        ('subject:"Number 3"', [ids[3]]),
        (f"rfc822msgid:{message_id.strip('<>')}", [ids[0]]),
        (f"to:{FLYNN} -subject:number", []),
        ("in:inbox", []),
        (f"in:sent from:{QUORRA} after:{int(time.time()) - 60}", ids[::-1]),
        (f"before:{int(time.time()) - 60}", []),
    ):
        answer = me.messages().list(userId="me", q=query).execute()
        assert [m["id"] for m in answer.get("messages", [])] == expected, query
    seen, request = [], me.messages().list(userId="me", maxResults=2, labelIds=["SENT"])
    while request is not None:
        page = request.execute()
        seen += [message["id"] for message in page["messages"]]
        request = me.messages().list_next(request, page)
    assert seen == ids[::-1]
    narrow = me.messages().get(userId="me", id=ids[0], format="metadata", fields="id,payload(headers/name)").execute()
    assert set(narrow) == {"id", "payload"}
    assert all(set(header) == {"name"} for header in narrow["payload"]["headers"])


def test_history_is_told_from_a_cursor_in_pages_and_expires(sandbox: RunningSandbox) -> None:
    me = gmail(sandbox, credentials_for(sandbox, QUORRA, FULL))
    start = me.getProfile(userId="me").execute()["historyId"]
    sent = sandbox.world.send(QUORRA, letter())
    sandbox.world.answer(FLYNN, sandbox.world.mailbox(FLYNN).list()[0].id, "Yes")
    seen, request = [], me.history().list(userId="me", startHistoryId=start, maxResults=1)
    while request is not None:
        page = request.execute()
        seen += [added["message"] for record in page["history"] for added in record["messagesAdded"]]
        request = me.history().list_next(request, page)
    assert seen[0] == {"id": sent, "threadId": sent, "labelIds": ["SENT"]}
    assert "INBOX" in seen[1]["labelIds"]
    only = me.history().list(userId="me", startHistoryId=start, labelId="SENT", historyTypes=["messageAdded"]).execute()
    assert len(only["history"]) == 1
    assert "history" not in me.history().list(userId="me", startHistoryId=page["historyId"]).execute()
    requests.post(f"{sandbox.url}/control/history/expire", json={"address": QUORRA}, timeout=10)
    with pytest.raises(HttpError) as gone:
        me.history().list(userId="me", startHistoryId=start).execute()
    assert gone.value.status_code == 404
    again = me.getProfile(userId="me").execute()["historyId"]
    me.history().list(userId="me", startHistoryId=again).execute()
    sandbox.world.send(QUORRA, letter())
    requests.post(f"{sandbox.url}/control/time", json={"advance_s": 8 * 86400}, timeout=10)
    with pytest.raises(HttpError, match="404"):
        gmail(sandbox, credentials_for(sandbox, QUORRA, FULL)).history().list(
            userId="me", startHistoryId=again
        ).execute()


def test_headers_only_access_sees_headers_only(sandbox: RunningSandbox) -> None:
    me = gmail(sandbox, credentials_for(sandbox, QUORRA, METADATA))
    sent = sandbox.world.send(QUORRA, letter())
    told = me.messages().get(userId="me", id=sent, format="metadata", metadataHeaders=["Subject", "to"]).execute()
    assert {h["name"] for h in told["payload"]["headers"]} == {"Subject", "To"}
    assert "Hello" not in json.dumps(told)
    for form in ("full", "raw"):
        with pytest.raises(HttpError, match=f"Metadata scope doesn't allow format {form.upper()}"):
            me.messages().get(userId="me", id=sent, format=form).execute()
    with pytest.raises(HttpError, match="Metadata scope does not support 'q' parameter"):
        me.messages().list(userId="me", q="subject:grid").execute()
    both = gmail(sandbox, credentials_for(sandbox, QUORRA, METADATA, FULL))
    with pytest.raises(HttpError, match="Metadata scope"):
        both.messages().get(userId="me", id=sent, format="full").execute()


@pytest.mark.parametrize(
    ("scope", "call"),
    [
        (FULL, lambda me: me.messages().send(userId="me", body={"raw": encoded(letter())})),
        (METADATA, lambda me: me.settings().sendAs().list(userId="me")),
        (f"{AUTH}gmail.send", lambda me: me.messages().list(userId="me")),
        (f"{AUTH}gmail.compose", lambda me: me.history().list(userId="me", startHistoryId="1")),
    ],
)
def test_a_scope_allows_what_google_says_and_no_more(
    sandbox: RunningSandbox, scope: str, call: Callable[[Any], Any]
) -> None:
    with pytest.raises(HttpError) as refused:
        call(gmail(sandbox, credentials_for(sandbox, QUORRA, scope))).execute()
    assert refused.value.status_code == 403
    assert refused.value.error_details[0]["reason"] in ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


def test_nobody_reads_anothers_mailbox(sandbox: RunningSandbox) -> None:
    me = gmail(sandbox, credentials_for(sandbox, QUORRA, FULL))
    sent = sandbox.world.send(SAM, letter(f"Sam Tully <{SAM}>"))
    with pytest.raises(HttpError, match="Delegation denied"):
        me.messages().get(userId=SAM, id=sent).execute()
    with pytest.raises(HttpError, match="404"):
        me.messages().get(userId="me", id=sent).execute()


def test_a_batch_answers_each_call_on_its_own(sandbox: RunningSandbox) -> None:
    credentials = credentials_for(sandbox, QUORRA, FULL)
    me = gmail(sandbox, credentials)
    ids = [sandbox.world.send(QUORRA, letter(subject=f"Nümber {n}")) for n in range(3)]
    answers: dict[str, Any] = {}
    errors: dict[str, int] = {}

    def take(request_id: str, answer: Any, problem: HttpError | None) -> None:
        if problem is not None:
            errors[request_id] = problem.status_code
        else:
            check(answer, "Message")
            answers[request_id] = answer

    for path in ("/batch", "/batch/gmail/v1"):
        batch = BatchHttpRequest(callback=take, batch_uri=f"{sandbox.url}{path}")
        for message_id in [*ids, "18f0000000000000"]:
            request = me.messages().get(userId="me", id=message_id, format="metadata", metadataHeaders=["Subject"])
            batch.add(request, request_id=message_id)
        batch.execute(http=AuthorizedHttp(credentials, http=httplib2.Http()))
        assert [answers.pop(i)["payload"]["headers"][0]["value"] for i in ids] == ["Nümber 0", "Nümber 1", "Nümber 2"]
        assert errors == {"18f0000000000000": 404}


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ({"kind": "rate_limit_403"}, 403, "rateLimitExceeded"),
        ({"kind": "rate_limit_429", "retry_after_s": 3}, 429, "rateLimitExceeded"),
        ({"kind": "server_500"}, 500, "backendError"),
        ({"kind": "server_503"}, 503, "backendError"),
        ({"kind": "auth_401"}, 401, "authError"),
    ],
)
def test_trouble_on_demand_in_googles_words_and_then_no_more(
    sandbox: RunningSandbox, fault: dict[str, Any], status: int, reason: str
) -> None:
    credentials = credentials_for(sandbox, QUORRA, FULL)
    requests.post(
        f"{sandbox.url}/control/faults", json=fault | {"method": "gmail.users.getProfile"}, timeout=10
    ).raise_for_status()
    url = f"{sandbox.url}/gmail/v1/users/me"
    bearer = {"Authorization": f"Bearer {credentials.token}"}
    assert requests.get(f"{url}/labels", headers=bearer, timeout=10).status_code == 200
    refused = requests.get(f"{url}/profile", headers=bearer, timeout=10)
    assert refused.status_code == status
    assert refused.json()["error"]["code"] == status
    assert refused.json()["error"]["errors"][0]["reason"] == reason
    assert refused.headers.get("Retry-After") == ("3" if status == 429 else None)
    assert requests.get(f"{url}/profile", headers=bearer, timeout=10).status_code == 200


def test_quota_units_are_counted_for_each_user_and_enforced_when_asked(sandbox: RunningSandbox) -> None:
    me = gmail(sandbox, credentials_for(sandbox, QUORRA, FULL))
    sent = sandbox.world.send(QUORRA, letter())
    me.messages().get(userId="me", id=sent).execute()
    me.history().list(userId="me", startHistoryId=me.getProfile(userId="me").execute()["historyId"]).execute()
    quota = requests.get(f"{sandbox.url}/control/state", timeout=10).json()["quota"]
    assert quota["units"] == {QUORRA: 23}
    requests.post(f"{sandbox.url}/control/quota", json={"units_a_minute": 1}, timeout=10)
    with pytest.raises(HttpError, match="Quota exceeded"):
        me.messages().get(userId="me", id=sent).execute()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/gmail/v1/users/me/nonsense", 404), ("/gmail/v1/users/me/messages/xyz", 404),
     ("/gmail/v1/users/me/history", 400), ("/gmail/v1/users/me/messages?maxResults=x", 400),
        ("/gmail/v1/users/me/history?startHistoryId=" + "9" * 5000, 400),
        ("/gmail/v1/users/me/messages/msg-f:" + "9" * 5000, 404),
     ("/gmail/v1/users/me/messages?colour=red", 400), ("/gmail/v1/users/me/settings/imap", 501)],
)  # fmt: skip
def test_a_wrong_request_is_refused_in_googles_shape(sandbox: RunningSandbox, path: str, status: int) -> None:
    bearer = {"Authorization": f"Bearer {credentials_for(sandbox, QUORRA, FULL).token}"}
    refused = requests.get(f"{sandbox.url}{path}", headers=bearer, timeout=10)
    assert refused.status_code == status
    assert set(refused.json()["error"]) >= {"code", "message", "errors", "status"}


def test_without_a_token_google_asks_for_one(sandbox: RunningSandbox) -> None:
    refused = requests.get(f"{sandbox.url}/gmail/v1/users/me/profile", timeout=10)
    assert refused.status_code == 401
    assert refused.json()["error"]["status"] == "UNAUTHENTICATED"

"""How do we read a Gmail mailbox? The only module that knows googleapiclient; fulfils `MailboxProvider`.

`Gmail.open` gives a session for one mailbox; its access token is renewed when needed and kept in memory only, for
as long as the process lives. What Google refuses becomes one of our errors in `gmail_errors`.
"""

import http.client
import json
import re
import threading
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import httplib2
from google.auth import exceptions as google_errors
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp, Request
from googleapiclient.discovery import build
from googleapiclient.errors import BatchError, HttpError
from googleapiclient.http import BatchHttpRequest

from backend.adapters.gmail_errors import no_token, refusal
from backend.domain.identities import Grant
from backend.domain.looking import searches_for
from backend.domain.mailboxes import Changes, FoundMail, MailboxProfile, MailHeaders, MailPlace, RawMail, Watch
from backend.errors import CursorExpired, Forbidden, Malformed, NotFound, SecretUnreadable, Transient
from backend.settings import GoogleSettings

TIMEOUT_S = 10.0
_BATCH = 50  # Google advises no more than 50 calls in a batch
_STEP = 100  # messages in a step of history: 2,000 of the 6,000 quota units that a user has in a minute
_OPEN_MAILBOXES = 1000
_READ = "https://www.googleapis.com/auth/gmail.readonly"
_SENT, _DRAFT = "SENT", "DRAFT"
_BULK = frozenset({"CATEGORY_PROMOTIONS", "CATEGORY_SOCIAL", "CATEGORY_UPDATES", "CATEGORY_FORUMS"})
_JUNK = frozenset({"SPAM", "TRASH"})
_RAW_BATCH = 10  # whole mails may have 25 MB each
_RAW_FIELDS = "id,threadId,labelIds,internalDate,raw"
_SENDER = re.compile(r"[\w.+@-]{1,254}$", re.ASCII)  # what stands in a search as it is
_HEADER_FIELDS = "id,threadId,labelIds,internalDate,payload(mimeType,headers)"  # not the snippet: it is the mail's text


class Gmail:
    """Opens mailboxes. One for the process; safe to share between threads."""

    def __init__(self, google: GoogleSettings) -> None:
        self._google = google
        self._credentials: OrderedDict[str, Credentials] = OrderedDict()
        self._lock = threading.Lock()
        self._thread = threading.local()

    def credentials_of(self, grant: Grant) -> bytes:
        """What must be kept, sealed, to open the mailbox again."""
        kept = {"refresh_token": grant.refresh_token, "scopes": sorted(grant.scopes)}
        return json.dumps(kept).encode()

    def open(self, credentials: bytes) -> "GmailSession":
        """Open a mailbox with what was kept; asks nobody yet."""
        try:
            kept = json.loads(credentials)
            refresh_token, scopes = str(kept["refresh_token"]), frozenset(map(str, kept["scopes"]))
        except (ValueError, KeyError, TypeError) as problem:
            raise SecretUnreadable from problem
        authorized = AuthorizedHttp(self._token_for(refresh_token), http=self._http())
        return GmailSession(self, authorized, may_read=_READ in scopes)

    @property
    def topic(self) -> str:
        """Where Google is to publish what happens in mailboxes."""
        return self._google.pubsub_topic

    @property
    def batch_url(self) -> str:
        """googleapiclient would build it from Google's own address, whatever endpoint it was given."""
        return f"{self._google.gmail_url}/batch"

    @cached_property
    def users(self) -> Any:
        """The API's methods; the discovery document is the one that ships with googleapiclient."""
        api = build(
            "gmail",
            "v1",
            http=httplib2.Http(timeout=TIMEOUT_S),
            static_discovery=True,
            client_options={"api_endpoint": f"{self._google.gmail_url}/"},
        )
        return api.users()

    def _token_for(self, refresh_token: str) -> Credentials:
        with self._lock:
            known = self._credentials.pop(refresh_token, None) or Credentials(  # type: ignore[no-untyped-call]
                token=None,
                refresh_token=refresh_token,
                token_uri=self._google.token_url,
                client_id=self._google.client_id,
                client_secret=self._google.client_secret,
            )
            self._credentials[refresh_token] = known
            if len(self._credentials) > _OPEN_MAILBOXES:
                self._credentials.popitem(last=False)
            return known

    def _http(self) -> httplib2.Http:
        """One keep-alive connection a thread: httplib2 is not safe to share."""
        if not hasattr(self._thread, "http"):
            self._thread.http = httplib2.Http(timeout=TIMEOUT_S)
        http: httplib2.Http = self._thread.http
        return http


class GmailSession:
    """One mailbox; fulfils `MailboxSession`. For one thread."""

    def __init__(self, gmail: Gmail, http: AuthorizedHttp, *, may_read: bool) -> None:
        self._gmail = gmail
        self._http = http
        self._may_read = may_read

    def profile(self) -> MailboxProfile:
        """Whose mailbox it is, and where its history stands now."""
        answer = self._ask(self._gmail.users.getProfile(userId="me"))
        return MailboxProfile(address=str(answer["emailAddress"]).lower(), cursor=str(answer["historyId"]))

    def own_addresses(self) -> frozenset[str]:
        """The addresses that its owner sends from; under `gmail.metadata` only the mailbox's own is told."""
        own = {self.profile().address}
        if self._may_read:
            answer = self._ask(self._gmail.users.settings().sendAs().list(userId="me"))
            for alias in answer.get("sendAs", []):
                if alias.get("verificationStatus", "accepted") == "accepted":
                    own.add(str(alias["sendAsEmail"]).lower())
        return frozenset(own)

    def watch(self) -> Watch:
        """Ask for pushes of everything but bulk: filtered, archived and suspected answers count, too.

        Half of what comes is bulk; an answer that Gmail takes for it is read at the next push, or by the sweep.
        """
        wanted = {"labelIds": sorted(_BULK), "labelFilterBehavior": "exclude"}
        answer = self._ask(self._gmail.users.watch(userId="me", body={"topicName": self._gmail.topic, **wanted}))
        return Watch(cursor=str(answer["historyId"]), expires_at=_instant(answer["expiration"]))

    def stop_watching(self) -> None:
        """Ask for no more pushes."""
        self._ask(self._gmail.users.stop(userId="me"))

    def changes_since(self, cursor: str) -> Changes:
        """All mail added, and drafts that became sent, since the cursor, in steps of some 100 messages."""
        found: dict[str, FoundMail] = {}
        stands = cursor
        for page in self._history(cursor):
            for record in page.get("history", []):
                if len(found) >= _STEP:
                    return Changes(tuple(found.values()), stands, more=True)
                found.update((mail.id, mail) for mail in _changed(record))
                stands = str(record["id"])
            stands = stands if "nextPageToken" in page else str(page["historyId"])
        return Changes(tuple(found.values()), stands)

    def recent(self, since: datetime, *, sent_only: bool) -> Sequence[FoundMail]:
        """What the mailbox holds of the time since then; `q` is not allowed under gmail.metadata, so by pages."""
        labels = {"labelIds": [_SENT]} if sent_only else {}
        found: list[FoundMail] = []
        token: str | None = None
        while True:
            page = self._ask(
                self._gmail.users.messages().list(
                    userId="me", maxResults=500, pageToken=token, includeSpamTrash=True, **labels
                )
            )
            heads = [self._minimal(message["id"]) for message in page.get("messages", [])[-1:]]
            found.extend(_found(message, sent=sent_only) for message in page.get("messages", []))
            token = page.get("nextPageToken")
            if not token or any(head and _instant(head["internalDate"]) < since for head in heads):
                return found

    def sent_by(self, senders: Sequence[str], since: datetime) -> frozenset[str]:
        """The ids of mail from any of these senders since then; `q` needs gmail.readonly, else Forbidden."""
        if not self._may_read:
            raise Forbidden
        found: set[str] = set()
        for group in searches_for(each for each in senders if _SENDER.match(each)):
            any_of = " ".join(f"from:{each}" for each in group)
            query = f"{{{any_of}}} after:{int(since.timestamp())}"
            found.update(str(message["id"]) for message in self._searched(query))
        return frozenset(found)

    def _searched(self, query: str) -> Iterator[Mapping[str, Any]]:
        token: str | None = None
        while True:
            page = self._ask(
                self._gmail.users.messages().list(
                    userId="me", q=query, maxResults=500, pageToken=token, includeSpamTrash=True
                )
            )
            yield from page.get("messages", [])
            token = page.get("nextPageToken")
            if not token:
                return

    def thread(self, thread_id: str) -> Sequence[FoundMail]:
        """What the thread holds now; nothing where it is gone."""
        try:
            answer = self._ask(self._gmail.users.threads().get(userId="me", id=thread_id, format="minimal"))
        except NotFound:
            return []
        return [_found(message) for message in answer.get("messages", [])]

    def headers(self, ids: Iterable[str]) -> Sequence[MailHeaders]:
        """Headers of these messages, all of them; those that are gone are left out."""
        messages = self._gmail.users.messages()
        answers = self._batch(
            ids, lambda id_: messages.get(userId="me", id=id_, format="metadata", fields=_HEADER_FIELDS)
        )
        return [_headers(answer) for answer in answers]

    def raw(self, ids: Iterable[str]) -> Sequence[RawMail]:
        """These messages as they are; those that are gone are left out. Raises Forbidden without gmail.readonly."""
        if not self._may_read:
            raise Forbidden
        messages = self._gmail.users.messages()
        answers = self._batch(
            ids, lambda id_: messages.get(userId="me", id=id_, format="raw", fields=_RAW_FIELDS), _RAW_BATCH
        )
        return [_raw(answer) for answer in answers]

    def resolve_addon_id(self, addon_id: str) -> MailPlace | None:
        """Find the message that the add-on names so: `msg-f:` holds the API's id in decimal, others it knows as is."""
        kind, _, number = addon_id.partition(":")
        id_ = format(int(number), "x") if kind == "msg-f" and number.isdecimal() else addon_id
        answer = self._minimal(id_)
        return MailPlace(str(answer["id"]), str(answer["threadId"])) if answer else None

    def _minimal(self, id_: str) -> Mapping[str, Any] | None:
        try:
            return self._ask(self._gmail.users.messages().get(userId="me", id=id_, format="minimal"))
        except (NotFound, Malformed):
            return None

    def _history(self, cursor: str) -> Iterator[Mapping[str, Any]]:
        history = self._gmail.users.history()
        token: str | None = None
        while True:
            asked = history.list(
                userId="me",
                startHistoryId=cursor,
                historyTypes=["messageAdded", "labelAdded"],
                maxResults=500,
                pageToken=token,
            )
            try:
                page = self._ask(asked)
            except NotFound as problem:
                raise CursorExpired from problem
            yield page
            token = page.get("nextPageToken")
            if not token:
                return

    def _ask(self, request: Any) -> Mapping[str, Any]:
        with _translated():
            answer: Mapping[str, Any] = request.execute(http=self._http)
            return answer or {}

    def _batch(self, ids: Iterable[str], ask: Callable[[str], Any], size: int = _BATCH) -> Sequence[Mapping[str, Any]]:
        wanted = list(dict.fromkeys(ids))
        answers: list[Mapping[str, Any]] = []
        for start in range(0, len(wanted), size):
            answers.extend(self._batch_once([ask(id_) for id_ in wanted[start : start + size]]))
        return answers

    def _batch_once(self, requests: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        answers: list[Mapping[str, Any]] = []
        refused: list[HttpError] = []

        def take(_: str, answer: Mapping[str, Any], problem: HttpError | None) -> None:
            if problem is None:
                answers.append(answer)
            elif problem.resp.status != 404:
                refused.append(problem)

        batch = BatchHttpRequest(callback=take, batch_uri=self._gmail.batch_url)
        for request in requests:
            batch.add(request)
        with _translated():
            if not self._http.credentials.valid:  # else the batch would renew them itself, over a slow connection
                self._http.credentials.refresh(Request(self._http.http))
            batch.execute(http=self._http)
            if refused:
                raise refused[0]
        return answers


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the libraries raise within into our own errors."""
    try:
        yield
    except HttpError as problem:
        raise refusal(int(problem.resp.status), problem.content, problem.resp.get("retry-after")) from problem
    except google_errors.RefreshError as problem:
        raise no_token(problem) from problem
    except (
        google_errors.TransportError,
        httplib2.HttpLib2Error,
        http.client.HTTPException,
        BatchError,
        OSError,
    ) as problem:
        raise Transient from problem


def _changed(record: Mapping[str, Any]) -> Iterator[FoundMail]:
    for added in record.get("messagesAdded", []):
        yield _found(added["message"])
    for labelled in record.get("labelsAdded", []):  # a draft that was sent may keep its id and just change labels
        if _SENT in labelled.get("labelIds", []):
            yield _found(labelled["message"], sent=True)


def _found(message: Mapping[str, Any], *, sent: bool = False) -> FoundMail:
    labels = frozenset(message.get("labelIds", []))
    is_sent = sent or _SENT in labels
    return FoundMail(
        id=str(message["id"]),
        thread_id=str(message["threadId"]),
        is_sent=is_sent,
        is_draft=_DRAFT in labels and not is_sent,
        begins_thread=message["id"] == message["threadId"],  # a thread has the id of its first message
        is_bulk=bool(labels & _BULK),
        is_junk=bool(labels & _JUNK),
    )


def _headers(answer: Mapping[str, Any]) -> MailHeaders:
    labels = answer.get("labelIds", [])
    payload = answer.get("payload", {})
    return MailHeaders(
        id=str(answer["id"]),
        thread_id=str(answer["threadId"]),
        received_at=_instant(answer["internalDate"]),
        is_sent=_SENT in labels,
        is_draft=_DRAFT in labels,
        headers=tuple((str(header["name"]), str(header["value"])) for header in payload.get("headers", [])),
        mime_type=payload.get("mimeType"),
    )


def _raw(answer: Mapping[str, Any]) -> RawMail:
    content = str(answer["raw"])
    return RawMail(
        id=str(answer["id"]),
        thread_id=str(answer["threadId"]),
        content=urlsafe_b64decode(content + "=" * (-len(content) % 4)),
        received_at=_instant(answer["internalDate"]),
        is_sent=_SENT in answer.get("labelIds", []),
        is_draft=_DRAFT in answer.get("labelIds", []),
    )


def _instant(epoch_ms: str | int) -> datetime:
    return datetime.fromtimestamp(int(epoch_ms) / 1000, UTC)

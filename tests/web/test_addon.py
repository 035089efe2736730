"""Gmail calls: only Google itself is listened to, a rep sees their own, and every call may come twice."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text, update

from backend.app import MAX_REQUEST_BYTES, create_app
from backend.domain.mailboxes import Changes, FoundMail, MailHeaders, MailPlace
from backend.domain.tokens import read_token
from backend.errors import ConsentWithdrawn, Transient
from backend.services.parts import Parts
from backend.store import tables
from tests import stories
from tests.addon.schema import complaints_about_answer
from tests.google_calls import Gmail, button_of, calling_google, card_of, fields_of, labels_of, text_of
from tests.web import rows
from tests.web.conftest import BASE

OFFER = "https://gridworks.example/offer?plan=arcade&seats=12&utm_source=mail#terms"
FLYNN, ALAN = "flynn@flynnsarcade.com", "alan@encom.com"
PATHS = ["/addon/home", "/addon/message", "/addon/compose", "/addon/compose/track", "/addon/compose/link"]
MAIL, THREAD = 1791, 1792  # 6ff and 700 for the API


class SmallMailbox:
    """Quorra's mailbox as the provider's session shows it; `trouble` is raised by every call."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.trouble: Exception | None = None
        self.places: dict[str, MailPlace] = {}
        self.mails: list[MailHeaders] = []

    def open(self, credentials: bytes) -> "SmallMailbox":
        return self

    def unseal(self, sealed: bytes) -> bytes:
        return sealed

    def _ask(self, name: str) -> None:
        self.asked.append(name)
        if self.trouble:
            raise self.trouble

    def resolve_addon_id(self, addon_id: str) -> MailPlace | None:
        self._ask("resolve")
        return self.places.get(addon_id)

    def headers(self, ids) -> list[MailHeaders]:
        self._ask("headers")
        return [mail for mail in self.mails if mail.id in set(ids)]

    def changes_since(self, cursor: str) -> Changes:
        self._ask("changes")
        return Changes(tuple(FoundMail(mail.id, mail.thread_id, mail.is_sent) for mail in self.mails), "9")

    def thread(self, thread_id: str) -> list[FoundMail]:
        return []


@pytest.fixture(scope="module")
def caller(settings):
    with calling_google(settings) as caller:
        yield caller


@pytest.fixture
def mailbox() -> SmallMailbox:
    return SmallMailbox()


@pytest.fixture
def client(settings, database, caller, mailbox):
    app = create_app(
        Parts(
            settings=settings,
            engine=database,
            google=caller.google,
            gmail=mailbox,
            secrets=mailbox,
            blobs=None,
            documents=None,
        )
    )
    return app.test_client()


@pytest.fixture
def quorra(conn, gridworks, othergrid, caller, client) -> Gmail:
    """Gmail of a rep whose mailbox is connected."""
    rows.mailbox(conn, gridworks, gridworks.reps["quorra"], mode="headers", history_id="1")
    return Gmail(caller, client, "quorra@gridworks.example")


@pytest.fixture
def tess(conn, othergrid, caller, client) -> Gmail:
    """Gmail of a rep of another company."""
    rows.mailbox(conn, othergrid, othergrid.reps["tess"], mode="headers", history_id="1")
    return Gmail(caller, client, "tess@othergrid.example")


def count(conn, table, tenant=None) -> int:
    asked = select(func.count()).select_from(table)
    return conn.execute(asked.where(table.c.workspace_id == tenant.workspace_id) if tenant else asked).scalar_one()


def nothing_stored(conn) -> bool:
    return not any(count(conn, table) for table in (tables.message, tables.tracker, tables.recipient, tables.presence))


def posted(client, path: str, body: bytes, bearer: str | None):
    headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
    return client.post(path, data=body, headers=headers)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "how",
    [
        "no bearer",
        "empty",
        "nonsense",
        "forged",
        "expired",
        "another path",
        "another host",
        "another account",
        "unverified account",
        "another issuer",
        "a person's token",
        "unsigned",
        "in the body only",
    ],
)
def test_a_call_that_is_not_googles_is_refused_before_it_is_read(conn, quorra, caller, client, path, how):
    past = int(time.time()) - 7200
    bearer = {
        "no bearer": None,
        "empty": "",
        "nonsense": "a.b.c",
        "forged": caller.system_token(path, forged=True),
        "expired": caller.system_token(path, iat=past, exp=past + 3600),
        "another path": caller.system_token("/addon/other"),
        "another host": caller.system_token(path, aud=f"https://evil.example{path}"),
        "another account": caller.system_token(path, email="somebody@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"),
        "unverified account": caller.system_token(path, email_verified=False),
        "another issuer": caller.system_token(path, iss="https://evil.example"),
        "a person's token": caller.user_token("quorra@gridworks.example"),
        "unsigned": caller.system_token(path).rsplit(".", 1)[0] + ".",
        "in the body only": None,
    }[how]
    event = quorra.event({"toRecipients": [FLYNN]}, {"compose_key": "k" * 22})
    event["authorizationEventObject"]["systemIdToken"] = caller.system_token(path)
    answer = posted(client, path, json.dumps(event).encode(), bearer)
    assert answer.status_code == 401
    assert nothing_stored(conn)
    assert posted(client, path, b"not even json", bearer).status_code == 401


def test_other_schemes_are_no_bearer(client, caller):
    token = caller.system_token("/addon/home")
    for header in (f"Basic {token}", token, f"Bearer{token}"):
        assert client.post("/addon/home", headers={"Authorization": header}).status_code == 401


def test_the_audience_is_the_configured_address_whatever_the_host_says(quorra, client, caller):
    bearer = caller.system_token("/addon/home")
    body = json.dumps(quorra.event()).encode()
    for host in ("evil.example", "readback.example:8443"):
        answer = client.post("/addon/home", data=body, headers={"Authorization": f"Bearer {bearer}", "Host": host})
        assert answer.status_code == 200
    forged = caller.system_token("/addon/home", aud="https://evil.example/addon/home")
    answer = client.post(
        "/addon/home", data=body, headers={"Authorization": f"Bearer {forged}", "Host": "evil.example"}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"\xff", b"[" * 50_000, b'{"commonEventObject": 5}'])
def test_what_is_no_event_is_malformed(conn, client, caller, path, body):
    answer = posted(client, path, body, caller.system_token(path))
    assert answer.status_code == 400
    assert complaints_about_answer(answer.json, BASE, pressed=path.count("/") > 2) == []
    assert nothing_stored(conn)


def test_ten_megabytes_are_too_much_and_still_a_card(conn, client, caller):
    body = b'{"commonEventObject": {"userLocale": "' + b"x" * 10 * MAX_REQUEST_BYTES + b'"}}'
    answer = posted(client, "/addon/home", body, caller.system_token("/addon/home"))
    assert answer.status_code == 413
    assert complaints_about_answer(answer.json, BASE, pressed=False) == []
    assert posted(client, "/addon/home", body, caller.system_token("/addon/home", forged=True)).status_code == 401


def test_ten_megabytes_of_header_are_refused(client):
    assert client.post("/addon/home", headers={"Authorization": "Bearer " + "x" * 10_000_000}).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"forged": True}, {"aud": "another-app"}, {"exp": 1_000_000_000, "iat": 999_996_400}, {"iss": "https://x"}],
)
def test_a_person_for_whom_google_does_not_vouch_is_nobody(conn, quorra, caller, changes):
    quorra.user_token = caller.user_token(quorra.email, **changes)
    event = quorra.event({"toRecipients": [FLYNN]}, {"compose_key": "k" * 22})
    answer = posted(
        quorra.client, "/addon/compose/track", json.dumps(event).encode(), caller.system_token("/addon/compose/track")
    )
    assert answer.status_code == 401
    assert nothing_stored(conn)


def test_a_stranger_gets_the_card_that_connects(conn, gridworks, caller, client):
    stranger = Gmail(caller, client, "lora.baines@gmail.com")
    for card in (stranger.home(), stranger.open(f"msg-f:{MAIL}"), stranger.compose([FLYNN]).card):
        (label,) = labels_of(card)
        link = button_of(card, label)["openLink"]
        assert link == {"url": f"{BASE}/connect", "openAs": "OVERLAY", "onClose": "RELOAD"}
    assert nothing_stored(conn)


def test_a_rep_without_a_mailbox_gets_the_card_that_connects(gridworks, caller, client):
    assert "/connect" in text_of(Gmail(caller, client, "quorra@gridworks.example").home())


def test_a_rep_in_another_mailbox_than_the_connected_one_has_to_connect_it(conn, gridworks, caller, client):
    rows.mailbox(conn, gridworks, gridworks.reps["quorra"], address="reed@gridworks.example")
    card = Gmail(caller, client, "quorra@gridworks.example").home()
    assert "another mailbox of yours" in text_of(card)
    assert button_of(card, "Connect this mailbox")["openLink"]["url"] == f"{BASE}/settings/mailbox"


def test_a_rep_who_writes_under_an_alias_of_the_connected_mailbox_is_at_home(conn, gridworks, caller, client):
    own = ["reed@gridworks.example", "quorra@gridworks.example"]
    rows.mailbox(conn, gridworks, gridworks.reps["quorra"], address=own[0], own_addresses=own)
    assert "Open the feed" in labels_of(Gmail(caller, client, "quorra@gridworks.example").home())


@pytest.mark.parametrize(
    ("status", "told"), [("pending", "admin must admit"), ("declined", "no access"), ("removed", "no access")]
)
def test_who_is_not_in_is_told_why(conn, quorra, gridworks, status, told):
    conn.execute(update(tables.rep).where(tables.rep.c.id == gridworks.reps["quorra"].id).values(status=status))
    assert told in text_of(quorra.home())
    assert told in text_of(quorra.compose([FLYNN]).card)


def test_a_press_of_somebody_who_was_removed_meanwhile_stores_nothing(conn, quorra, gridworks):
    draft = quorra.compose([FLYNN])
    conn.execute(update(tables.rep).where(tables.rep.c.id == gridworks.reps["quorra"].id).values(status="removed"))
    assert draft.press("Track this mail") == []
    assert "no access" in text_of(draft.card)
    assert nothing_stored(conn)


def test_missing_permissions_are_asked_for_and_the_replayed_call_goes_through(conn, quorra):
    draft = quorra.compose([FLYNN])
    path, event = draft.event("Track this mail")
    granted = event["authorizationEventObject"].pop("authorizedScopes")
    event["authorizationEventObject"]["authorizedScopes"] = [each for each in granted if "action.compose" not in each]
    asked = quorra.call(path, event)["requesting_google_scopes"]["scopes"]
    assert asked == ["https://www.googleapis.com/auth/gmail.addons.current.action.compose"]
    assert nothing_stored(conn)
    event["authorizationEventObject"]["authorizedScopes"] = granted
    assert draft.send(path, event)
    assert count(conn, tables.message) == 1


def test_a_person_whom_google_may_not_name_is_asked_for_it(quorra):
    event = quorra.event()
    del event["authorizationEventObject"]["userIdToken"]
    event["authorizationEventObject"]["authorizedScopes"] = []
    asked = quorra.call("/addon/home", event)["requesting_google_scopes"]["scopes"]
    assert asked == ["https://www.googleapis.com/auth/userinfo.email"]


def test_permissions_that_google_does_not_tell_are_taken_as_given(quorra):
    quorra.scopes = None
    assert "Track this mail" in labels_of(quorra.compose([FLYNN]).card)


def test_opening_the_compose_card_stores_nothing(conn, quorra):
    card = quorra.compose([FLYNN], [ALAN]).card
    assert labels_of(card)[0] == "Track this mail"
    assert nothing_stored(conn)


def test_one_press_inserts_the_image_and_the_link(conn, quorra, gridworks, settings):
    draft = quorra.compose([FLYNN], [ALAN])
    (update_,) = draft.press("Track this mail", link_text="See the <offer>", link_address=OFFER)
    assert update_["type"] == "IN_PLACE_INSERT"
    image = draft.body[draft.body.index("<img") :]
    token = image.split("/o/")[1].split(".gif")[0]
    assert image == f'<img src="{settings.tracking_url}/o/{token}.gif" width="1" height="1" alt="">'
    assert draft.body.startswith(f'<a href="{settings.tracking_url}/c/')
    assert ">See the &lt;offer&gt;</a>" in draft.body
    assert read_token("o", token, settings.link_keys) == gridworks.workspace_id
    assert "This mail is tracked" in text_of(draft.card)
    assert fields_of(draft.card) == {"link_text": "", "link_address": ""}
    assert draft.notification == "This mail is tracked."
    people = conn.execute(select(tables.recipient.c.address, tables.recipient.c.role)).all()
    assert {tuple(each) for each in people} == {(FLYNN, "to"), (ALAN, "cc")}
    assert count(conn, tables.feed_item) == 0


def test_the_image_alone_goes_to_the_end(quorra):
    draft = quorra.compose([FLYNN])
    (update_,) = draft.press("Track this mail")
    assert update_["type"] == "INSERT_AT_END"
    assert draft.body.count("<") == 1


def test_a_second_press_says_so_and_inserts_nothing(conn, quorra):
    draft = quorra.compose([FLYNN])
    draft.press("Track this mail", link_text="offer", link_address=OFFER)
    assert draft.press("Track this mail") == []
    assert draft.card["header"]["title"] == "Tracked already"
    assert draft.body.count("<img") == 1
    assert (count(conn, tables.message), count(conn, tables.tracker)) == (1, 2)


def test_a_replayed_press_makes_nothing_twice(conn, quorra):
    draft = quorra.compose([FLYNN])
    path, event = draft.event("Track this mail", link_text="offer", link_address=OFFER)
    draft.send(path, event)
    assert draft.send(path, event) == []
    assert (count(conn, tables.message), count(conn, tables.tracker), count(conn, tables.link)) == (1, 2, 1)


def test_what_was_removed_from_the_draft_can_be_inserted_again_as_the_same(conn, quorra):
    draft = quorra.compose([FLYNN])
    draft.press("Track this mail", link_text="offer", link_address=OFFER)
    first = draft.body
    draft.press("Track this mail", link_text="offer", link_address=OFFER)
    draft.inserted.clear()
    draft.press("Insert it again", **fields_of(draft.card))
    assert draft.body == first
    assert count(conn, tables.tracker) == 2


def test_more_links_come_into_a_tracked_draft(conn, quorra):
    draft = quorra.compose([FLYNN])
    draft.press("Track this mail")
    draft.press("Add tracked link", link_text="prices", link_address="gridworks.example/prices")
    draft.press("Add tracked link", link_text="offer", link_address=OFFER)
    assert draft.body.count("<img") == 1
    assert draft.body.count("<a href") == 2
    assert "https://gridworks.example/prices" in text_of(draft.card)
    assert (count(conn, tables.message), count(conn, tables.link)) == (1, 2)
    assert draft.press("Add tracked link", link_text="offer", link_address=OFFER) == []
    assert (
        draft.press("Insert the link again", **fields_of(draft.card))[0]["insertContents"][0]["content"].count("<a")
        == 1
    )
    assert count(conn, tables.link) == 2


@pytest.mark.parametrize(
    ("text", "address"),
    [
        *(("offer", "javascript:alert(1)"), ("offer", "data:text/html,x"), ("offer", "https://a:b@c.example")),
        *(("offer", "https://x.example/" + "a" * 5000), ("https://paypal.com", OFFER), ("offer", "")),
    ],
)
def test_a_refused_link_tracks_nothing_and_loses_nothing(conn, quorra, text, address):
    draft = quorra.compose([FLYNN])
    assert draft.press("Track this mail", link_text=text, link_address=address) == []
    assert "Nothing was inserted" in text_of(draft.card)
    assert fields_of(draft.card) == {"link_text": text, "link_address": address}
    assert nothing_stored(conn)
    assert draft.press("Track this mail", link_text="offer", link_address=OFFER)


def test_a_refused_link_leaves_a_tracked_draft_tracked(conn, quorra):
    draft = quorra.compose([FLYNN])
    draft.press("Track this mail")
    for label in ("Add tracked link", "Track this mail"):
        assert draft.press(label, link_text="offer", link_address="javascript:x") == []
        assert "stays tracked" in text_of(draft.card)
        assert fields_of(draft.card)["link_address"] == "javascript:x"
    assert draft.press("Add tracked link") == []
    assert count(conn, tables.link) == 0


def test_a_card_opened_again_says_that_the_mail_may_be_tracked_and_takes_it_as_new(conn, quorra, tess):
    quorra.compose([FLYNN], [ALAN]).press("Track this mail")
    again = quorra.compose([FLYNN], [ALAN])
    assert again.card["header"]["title"] == "Tracked a moment ago?"
    assert again.press("Add tracked link", link_text="offer", link_address=OFFER)
    assert count(conn, tables.message) == 1
    as_new = quorra.compose([FLYNN], [ALAN])
    (update_,) = as_new.press("Track as a new mail")
    assert "<img" in update_["insertContents"][0]["content"]
    assert count(conn, tables.message) == 2
    assert quorra.compose([FLYNN]).card["header"]["title"] == "Track this mail"
    assert tess.compose([FLYNN], [ALAN]).card["header"]["title"] == "Track this mail"


@pytest.mark.parametrize("state", ["sent", "lapsed"])
def test_a_card_that_outlived_its_mail_starts_anew(conn, quorra, state):
    draft = quorra.compose([FLYNN])
    draft.press("Track this mail")
    conn.execute(update(tables.message).values(state=state))
    assert draft.press("Track this mail") == []
    assert draft.press("Track this mail")
    assert count(conn, tables.message) == 2


def test_the_key_of_another_reps_card_is_a_mail_of_ones_own(conn, quorra, tess, gridworks, othergrid):
    draft = quorra.compose([FLYNN])
    draft.press("Track this mail")
    path, event = draft.event("Track this mail")
    event["authorizationEventObject"] = tess.event()["authorizationEventObject"]
    tess.call(path, event)
    assert (count(conn, tables.message, gridworks), count(conn, tables.message, othergrid)) == (1, 1)


def test_a_press_that_fails_on_our_side_gives_back_what_was_typed(conn, quorra):
    draft = quorra.compose([FLYNN])
    conn.execute(text("ALTER TABLE link RENAME TO link_away"))
    assert draft.press("Track this mail", link_text="offer", link_address=OFFER) == []
    conn.execute(text("ALTER TABLE link_away RENAME TO link"))
    assert "broke on our side" in text_of(draft.card)
    assert fields_of(draft.card) == {"link_text": "offer", "link_address": OFFER}
    assert nothing_stored(conn)
    assert draft.press("Track this mail", **fields_of(draft.card))
    assert count(conn, tables.message) == 1


@pytest.mark.parametrize("key", [None, "", "x", "k" * 500, "';--"])
def test_a_press_without_a_key_of_ours_is_refused_with_a_card(conn, quorra, key):
    event = quorra.event({"toRecipients": [FLYNN]}, {"compose_key": key} if key is not None else {})
    assert "cannot be done" in text_of(card_of(quorra.call("/addon/compose/track", event)))
    assert nothing_stored(conn)


def test_a_lost_mailbox_is_told_before_anything_is_tracked(conn, quorra, gridworks):
    change = {"state": "disconnected", "disconnected_because": "withdrawn", "credentials": None}
    conn.execute(update(tables.mailbox).where(tables.mailbox.c.workspace_id == gridworks.workspace_id).values(**change))
    assert "disconnected" in text_of(quorra.compose([FLYNN]).card)
    assert "Your mailbox is disconnected" in text_of(quorra.home())


def sent(conn, tenant, rep="quorra", subject="The offer", mail: int = MAIL, thread: int = THREAD, **more) -> int:
    """A mail that was sent and bound in the rep's mailbox."""
    message_id = rows.send(conn, tenant, tenant.reps[rep], subject, datetime.now(UTC) - timedelta(minutes=30), **more)
    box = select(tables.mailbox.c.id).where(tables.mailbox.c.rep_id == tenant.reps[rep].id).scalar_subquery()
    place = {"mailbox_id": box, "provider_message_id": format(mail, "x"), "thread_id": format(thread, "x")}
    conn.execute(update(tables.message).where(tables.message.c.id == message_id).values(**place))
    return message_id


def presences(conn) -> set[tuple[int, int]]:
    return {tuple(each) for each in conn.execute(select(tables.presence.c.rep_id, tables.presence.c.message_id))}


def test_a_tracked_mail_shows_its_verdict_and_its_opening_is_noted(conn, quorra, gridworks):
    message_id = sent(conn, gridworks)
    rows.happen(
        conn, gridworks, message_id, "incoming:1", "reply", datetime.now(UTC), who="Alan Bradley", how="in copy"
    )
    card = quorra.open(f"msg-f:{MAIL}", f"thread-f:{THREAD}")
    assert card["header"]["title"] == "Answered by Alan Bradley, in copy"
    assert button_of(card, "All details")["openLink"]["url"] == f"{BASE}/messages/{message_id}"
    assert presences(conn) == {(gridworks.reps["quorra"].id, message_id)}


def test_opening_a_mail_twice_does_no_harm(conn, quorra, gridworks):
    sent(conn, gridworks)
    assert quorra.open(f"msg-f:{MAIL}") == quorra.open(f"msg-f:{MAIL}")


def test_any_mail_of_the_conversation_shows_the_tracked_one_and_notes_all_of_them(conn, quorra, gridworks):
    first = sent(conn, gridworks)
    second = sent(conn, gridworks, subject="One more thing", mail=MAIL + 5)
    card = quorra.open("msg-f:99", f"thread-f:{THREAD}")
    assert "Also in this conversation" in text_of(card)
    me = gridworks.reps["quorra"].id
    assert presences(conn) == {(me, first), (me, second)}
    assert quorra.open(f"msg-f:{MAIL}", f"thread-f:{THREAD}")["header"]["subtitle"] == "The offer"
    assert quorra.open(f"msg-f:{MAIL + 5}", f"thread-f:{THREAD}")["header"]["subtitle"] == "One more thing"


def test_an_answer_in_a_thread_of_its_own_shows_what_it_answers(conn, quorra, gridworks):
    message_id = sent(conn, gridworks)
    box = conn.execute(select(tables.mailbox.c.id).where(tables.mailbox.c.workspace_id == gridworks.workspace_id))
    rows.received(
        conn, gridworks, message_id, box.scalar_one(), "reply", datetime.now(UTC),
        provider_message_id=format(5555, "x"), thread_id=format(5556, "x"),
    )  # fmt: skip
    assert quorra.open("msg-f:5555", "thread-f:5556")["header"]["subtitle"] == "The offer"


def test_an_untracked_mail_says_so(conn, quorra, gridworks, mailbox):
    sent(conn, gridworks)
    card = quorra.open("msg-f:4242", "thread-f:4243")
    assert card["header"]["title"] == "Not tracked"
    assert "The offer" not in text_of(card)
    assert mailbox.asked == []
    assert presences(conn) == set()


def test_a_mail_without_any_id_is_untracked(quorra, conn, gridworks):
    sent(conn, gridworks)
    conn.execute(update(tables.message).values(thread_id=None))
    for mail_id in ("", "nonsense", "msg-f:x", "0"):
        assert quorra.open(mail_id)["header"]["title"] == "Not tracked"


def test_another_companys_message_never_shows(conn, quorra, tess, othergrid, gridworks):
    sent(conn, othergrid, rep="tess", subject="Secret of another company")
    card = quorra.open(f"msg-f:{MAIL}", f"thread-f:{THREAD}")
    assert card["header"]["title"] == "Not tracked"
    assert "Secret" not in text_of(quorra.home())
    assert presences(conn) == set()
    assert tess.open(f"msg-f:{MAIL}")["header"]["subtitle"] == "Secret of another company"


def test_a_prepared_mail_shows_as_untracked(conn, quorra, gridworks):
    sent(conn, gridworks)
    conn.execute(update(tables.message).values(state="prepared"))
    assert quorra.open(f"msg-f:{MAIL}", f"thread-f:{THREAD}")["header"]["title"] == "Not tracked"


def test_a_mail_just_sent_is_found_by_asking_the_mailbox(conn, quorra, gridworks, mailbox):
    message_id = sent(conn, gridworks)
    mailbox.places["msg-a:r-77"] = MailPlace(format(MAIL, "x"), format(THREAD, "x"))
    assert quorra.open("msg-a:r-77", "thread-a:r-77")["header"]["subtitle"] == "The offer"
    assert presences(conn) == {(gridworks.reps["quorra"].id, message_id)}
    assert quorra.open("msg-a:r-78", "thread-a:r-78")["header"]["title"] == "Not tracked"


def test_an_answer_in_a_thread_that_was_begun_in_this_browser_is_found_too(conn, quorra, gridworks, mailbox):
    sent(conn, gridworks)
    mailbox.places["msg-f:5555"] = MailPlace(format(5555, "x"), format(THREAD, "x"))
    assert quorra.open("msg-f:5555", "thread-a:r-77")["header"]["subtitle"] == "The offer"


def test_a_sent_copy_opened_before_googles_push_is_bound_there_and_then(conn, quorra, gridworks, mailbox):
    draft = quorra.compose([FLYNN], [ALAN])
    draft.press("Track this mail")
    sent_at = datetime.now(UTC)
    mailbox.mails = [
        MailHeaders(
            id=format(MAIL, "x"),
            thread_id=format(THREAD, "x"),
            received_at=sent_at,
            is_sent=True,
            is_draft=False,
            headers=(
                ("From", "Quorra Reed <quorra@gridworks.example>"),
                *(("To", FLYNN), ("Cc", ALAN), ("Subject", "The offer"), ("Message-ID", "<x1@mail.gmail.com>")),
            ),
        )
    ]
    card = quorra.open(f"msg-f:{MAIL}", f"thread-f:{THREAD}")
    assert (card["header"]["title"], card["header"]["subtitle"]) == ("Sent, nothing seen yet", "The offer")
    assert len(presences(conn)) == 1


def test_a_colleague_with_the_mail_in_their_own_mailbox_is_recognised(conn, quorra, gridworks, caller, client, mailbox):
    message_id = sent(conn, gridworks)
    header = conn.execute(select(tables.message.c.message_id_header)).scalar_one()
    rows.mailbox(conn, gridworks, gridworks.reps["sam"])
    mailbox.mails = [
        MailHeaders(
            "abc", "abd", datetime.now(UTC), False, False, (("Message-ID", "<y@x>"), ("References", f"<{header}>"))
        )
    ]
    sam = Gmail(caller, client, "sam@gridworks.example")
    assert sam.open(f"msg-f:{0xABC}", f"thread-f:{0xABD}")["header"]["subtitle"] == "The offer"
    assert presences(conn) == {(gridworks.reps["sam"].id, message_id)}


def test_a_message_id_of_another_company_is_not_recognised(conn, quorra, tess, gridworks, othergrid, mailbox):
    sent(conn, gridworks)
    header = conn.execute(select(tables.message.c.message_id_header)).scalar_one()
    ram = stories.Rep(_hire(conn, othergrid, "ram@othergrid.example"), "ram@othergrid.example", "Ram")
    rows.send(conn, othergrid, ram, "Something else", datetime.now(UTC))  # so that headers are looked at
    mailbox.mails = [MailHeaders("abc", "abd", datetime.now(UTC), False, False, (("References", f"<{header}>"),))]
    assert tess.open(f"msg-f:{0xABC}", "")["header"]["title"] == "Not tracked"
    assert mailbox.asked == ["headers"]
    assert presences(conn) == set()


def _hire(conn, tenant, email: str) -> int:
    values = {"workspace_id": tenant.workspace_id, "google_sub": f"sub-{email}", "email": email, "name": "Ram"}
    return conn.execute(insert(tables.rep).values(**values).returning(tables.rep.c.id)).scalar_one()


def test_googles_trouble_is_a_card_that_asks_to_try_again(conn, quorra, gridworks, mailbox):
    mailbox.trouble = Transient()
    assert "try again" in text_of(quorra.open("msg-a:r-77"))


def test_a_withdrawn_consent_is_found_out_and_told(conn, quorra, gridworks, mailbox):
    mailbox.trouble = ConsentWithdrawn()
    assert quorra.open("msg-a:r-77")["header"]["title"] == "Not tracked"
    assert "disconnected" in text_of(quorra.compose([FLYNN]).card)


def test_whatever_breaks_on_our_side_is_a_card(quorra, mailbox, caplog):
    mailbox.trouble = RuntimeError("secret detail")
    card = quorra.open("msg-a:r-77")
    assert "broke on our side" in text_of(card)
    assert "secret detail" not in text_of(card)
    assert "add-on call failed" in caplog.text


def test_the_homepage_shows_the_day_and_what_waits(conn, quorra, gridworks, othergrid):
    message_id = sent(conn, gridworks)
    now = datetime.now(UTC)
    rows.happen(conn, gridworks, message_id, "view:1", "view", now, who="Kevin Flynn")
    rows.happen(conn, gridworks, message_id, "incoming:1", "reply", now, who="Kevin Flynn", how="another address")
    rows.happen(conn, gridworks, message_id, "view:0", "view", now - timedelta(days=2), who="Alan Bradley")
    sams = rows.send(conn, gridworks, gridworks.reps["sam"], "A colleague's", now)
    rows.happen(conn, gridworks, sams, "view:2", "view", now, who="Alan Bradley")
    told = text_of(quorra.home())
    assert "<b>Kevin Flynn</b> answered from another address" in told
    assert "<b>Kevin Flynn</b> opened it" in told
    assert "Kevin Flynn waits for your answer" in told
    assert "Alan Bradley" not in told
    assert f"{BASE}/messages/{message_id}" in told


def test_no_address_and_no_token_is_logged(quorra, conn, caplog):
    draft = quorra.compose([FLYNN])
    draft.press("Track this mail", link_text="offer", link_address=OFFER)
    token = draft.body.split("/o/")[1].split(".gif")[0]
    event = quorra.event()
    for secret in (FLYNN, "quorra@", token, OFFER, event["authorizationEventObject"]["userIdToken"][:40]):
        assert secret not in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
GMAIL = st.dictionaries(st.sampled_from(["messageId", "threadId", "toRecipients", "ccRecipients"]), JSON, max_size=4)
TYPED = st.dictionaries(st.sampled_from(["link_text", "link_address"]), st.text(max_size=80), max_size=2)
MORE = st.dictionaries(st.sampled_from(["timeZone", "userLocale", "hostApp", "formInputs", "parameters"]), JSON)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PATHS), GMAIL, TYPED, MORE)
def test_any_event_is_answered_with_a_card_or_is_malformed(quorra, path, gmail, typed, more):
    event = quorra.event(gmail, {"compose_key": "k" * 22}, **typed)
    event["commonEventObject"].update(more)
    answer = posted(quorra.client, path, json.dumps(event).encode(), quorra.caller.system_token(path))
    assert answer.status_code in (200, 400)
    assert complaints_about_answer(answer.json, BASE, pressed=path.count("/") > 2) == []
    assert "broke on our side" not in answer.text

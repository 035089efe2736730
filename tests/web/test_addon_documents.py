"""A document in the open draft: chosen from what the rep may use, put there in one press, and never by halves."""

import json
import re

import pytest
from sqlalchemy import func, select, update

from addon.documents import A_PAGE
from backend.app import create_app
from backend.domain.tokens import read_thumbnail, read_token
from backend.services.parts import Parts
from backend.store import tables
from backend.store.document_tables import document, share
from tests.addon.schema import complaints_about_answer
from tests.google_calls import Gmail, OpenDraft, calling_google, labels_of, text_of
from tests.sandbox.client.cards import control
from tests.services.shared_documents import on_single_plan, put_document
from tests.web import rows
from tests.web.conftest import BASE

FLYNN, ALAN = "flynn@flynnsarcade.com", "alan@encom.com"
PATHS = ["/addon/compose/documents", "/addon/compose/document"]


@pytest.fixture(scope="module")
def caller(settings):
    with calling_google(settings) as caller:
        yield caller


@pytest.fixture
def client(settings, database, caller):
    parts = Parts(
        settings=settings,
        engine=database,
        google=caller.google,
        gmail=None,
        secrets=None,
        blobs=None,
        documents=None,
    )
    return create_app(parts).test_client()


def gmail_of(conn, tenant, caller, client, name) -> Gmail:
    rep = tenant.reps[name]
    rows.mailbox(conn, tenant, rep, mode="full", history_id="1")
    return Gmail(caller, client, rep.email)


@pytest.fixture
def quorra(conn, gridworks, othergrid, caller, client) -> Gmail:
    return gmail_of(conn, gridworks, caller, client, "quorra")


@pytest.fixture
def offer(conn, gridworks):
    return put_document(conn, gridworks, gridworks.reps["quorra"])


def count(conn, table) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


def row_of(draft: OpenDraft, name: str):
    """A document that can be chosen, as it stands on the card."""
    return next(each for each in items_on(draft) if each["title"] == name)


def items_on(draft: OpenDraft):
    widgets = [widget for section in draft.card["sections"] for widget in section["widgets"]]
    return [item for widget in widgets for item in widget.get("grid", {}).get("items", [])]


def names_on(draft: OpenDraft) -> list[str]:
    """The documents that can be pressed."""
    return [each["title"] for each in items_on(draft)]


def choosing(draft: OpenDraft, name: str):
    """The address that a press of a document calls, and the event that it sends."""
    action = control(draft.card, name).on_click["action"]
    parameters = {each["key"]: each["value"] for each in action["parameters"]}
    return action["function"].removeprefix(BASE), draft.gmail.event(draft.people, parameters)


def choose(draft: OpenDraft, name: str):
    return draft.send(*choosing(draft, name))


def picking(gmail: Gmail, to=(FLYNN,)) -> OpenDraft:
    draft = gmail.compose(list(to))
    assert draft.press("Add document") == []
    return draft


def token_in(body: str) -> str:
    (token,) = set(re.findall(r"/d/([\w-]{32})", body))
    return token


@pytest.mark.parametrize("path", PATHS)
def test_only_google_may_call(conn, client, caller, quorra, offer, path):
    body = json.dumps(quorra.event({"toRecipients": [FLYNN]}, {"compose_key": "k" * 22, "document": str(offer.id)}))
    for bearer in ("", "a.b.c", caller.system_token(path, forged=True), caller.system_token("/addon/compose")):
        assert client.post(path, data=body, headers={"Authorization": f"Bearer {bearer}"}).status_code == 401
    assert client.post(path, data=body).status_code == 401
    answer = client.post(path, data=b"{", headers={"Authorization": f"Bearer {caller.system_token(path)}"})
    assert answer.status_code == 400
    assert complaints_about_answer(answer.json, BASE, pressed=True) == []
    assert count(conn, tables.message) == count(conn, share) == 0


def test_looking_through_the_documents_stores_nothing(conn, quorra, offer):
    draft = picking(quorra)
    assert names_on(draft) == ["Offer.pdf"]
    assert count(conn, tables.message) == count(conn, share) == 0


def test_one_press_inserts_the_block_and_tracks_the_mail(conn, gridworks, quorra, offer, settings):
    draft = picking(quorra)
    (update_,) = choose(draft, "Offer.pdf")
    assert update_["type"] == "IN_PLACE_INSERT"
    token = token_in(draft.body)
    assert read_token("d", token, settings.link_keys) == gridworks.workspace_id
    assert f'href="{settings.tracking_url}/d/{token}"' in draft.body
    assert f'src="{settings.tracking_url}/d/{token}/cover.jpg"' in draft.body
    assert draft.body.count("/o/") == 1
    assert "PDF · 12 pages · 1.4 MB" in draft.body
    assert "Document added" in text_of(draft.card)
    assert "when flynn@flynnsarcade.com reads it" in text_of(draft.card)
    made = conn.execute(select(tables.message.c.state, share.c.document_id).join(
        share, share.c.message_id == tables.message.c.id)).all()  # fmt: skip
    assert [tuple(row) for row in made] == [("prepared", offer.id)]


def test_in_a_tracked_mail_only_the_block_is_inserted(conn, quorra, offer):
    draft = quorra.compose([FLYNN])
    draft.press("Track this mail")
    draft.press("Add document")
    choose(draft, "Offer.pdf")
    assert draft.body.count("/o/") == 1
    assert count(conn, tables.message) == count(conn, share) == 1


def test_a_second_press_and_a_replay_insert_nothing(conn, quorra, offer):
    draft = picking(quorra)
    event = choosing(draft, "Offer.pdf")
    draft.send(*event)
    before = draft.body
    assert draft.send(*event) == []
    assert draft.body == before
    assert draft.notification == "This document is in the mail already."
    assert count(conn, tables.message) == count(conn, share) == 1


def test_what_was_deleted_is_inserted_again_with_its_address(conn, quorra, offer):
    draft = picking(quorra)
    event = choosing(draft, "Offer.pdf")
    draft.send(*event)
    draft.send(*event)
    draft.press("Insert it again")
    assert len(draft.inserted) == 2
    assert token_in(draft.body)
    assert draft.body.count("/o/") == 1
    assert count(conn, share) == 1


def test_a_second_document_goes_into_the_same_mail(conn, gridworks, quorra, offer):
    put_document(conn, gridworks, gridworks.reps["quorra"], "Prices.pptx")
    draft = picking(quorra)
    choose(draft, "Offer.pdf")
    draft.press("Add another document")
    choose(draft, "Prices.pptx")
    assert len(set(re.findall(r"/d/([\w-]{32})", draft.body))) == 2
    assert (count(conn, tables.message), count(conn, share)) == (1, 2)


def test_with_several_people_the_card_names_nobody_in_particular(quorra, offer):
    draft = picking(quorra, [FLYNN, ALAN])
    choose(draft, "Offer.pdf")
    assert "one of flynn@flynnsarcade.com and alan@encom.com" in text_of(draft.card)


def test_a_rep_is_offered_their_own_and_the_teams(conn, gridworks, othergrid, quorra, now):
    quorras, sam, tess = gridworks.reps["quorra"], gridworks.reps["sam"], othergrid.reps["tess"]
    put_document(conn, gridworks, quorras, "Mine.pdf")
    put_document(conn, gridworks, sam, "Ours.pdf", is_shared=True)
    put_document(conn, gridworks, sam, "Sams.pdf")
    put_document(conn, gridworks, quorras, "Old.pdf", archived_at=now)
    put_document(conn, gridworks, quorras, "Soon.docx", is_ready=False)
    put_document(conn, othergrid, tess, "Theirs.pdf", is_shared=True)
    draft = picking(quorra)
    assert sorted(names_on(draft)) == ["Mine.pdf", "Ours.pdf"]
    assert row_of(draft, "Ours.pdf")["subtitle"].endswith("Sam Tully")
    assert "Soon.docx" in text_of(draft.card)


@pytest.mark.parametrize("what", ["another's", "another company's", "nothing", "nonsense", "archived meanwhile"])
def test_what_may_not_be_sent_leaves_nothing_behind(conn, gridworks, othergrid, quorra, offer, now, what):
    draft = picking(quorra)
    path, event = choosing(draft, "Offer.pdf")
    told = {
        "another's": lambda: str(put_document(conn, gridworks, gridworks.reps["sam"]).id),
        "another company's": lambda: str(put_document(conn, othergrid, othergrid.reps["tess"], is_shared=True).id),
        "nothing": lambda: "",
        "nonsense": lambda: "9" * 40,
        "archived meanwhile": lambda: str(offer.id),
    }[what]()
    if what == "archived meanwhile":
        conn.execute(update(document).values(archived_at=now))
    event["commonEventObject"]["parameters"]["grid_item_identifier"] = told
    assert draft.send(path, event) == []
    assert "Nothing was inserted" in text_of(draft.card)
    assert count(conn, tables.message) == count(conn, share) == count(conn, tables.tracker) == 0


def test_thumbnails_are_addressed_for_loaders_without_a_session(gridworks, quorra, offer, settings):
    icon = row_of(picking(quorra), "Offer.pdf")["image"]["imageUri"]
    token = re.fullmatch(rf"{BASE}/t/([\w-]{{32}})\.jpg", icon)[1]
    assert read_thumbnail(token, settings.link_keys) == (gridworks.workspace_id, offer.version_id)


def test_what_was_used_last_comes_first(conn, gridworks, quorra, now):
    for name in ("One.pdf", "Two.pdf", "Three.pdf"):
        put_document(conn, gridworks, gridworks.reps["quorra"], name)
    draft = picking(quorra)
    choose(draft, "One.pdf")
    again = quorra.compose([ALAN])
    again.press("Add document")
    assert names_on(again)[0] == "One.pdf"
    assert "Recently used" in text_of(again.card)


def test_many_documents_are_turned_page_by_page_and_searched(conn, gridworks, quorra):
    wanted = {f"Part {number:02}.pdf" for number in range(2 * A_PAGE + 1)}
    for name in sorted(wanted):
        put_document(conn, gridworks, gridworks.reps["quorra"], name)
    draft = picking(quorra)
    seen = list(names_on(draft))
    while "More" in labels_of(draft.card):
        draft.press("More")
        seen += names_on(draft)
    assert (sorted(seen), len(seen)) == (sorted(wanted), len(wanted))
    draft.press("Search", document_search="16 PART")
    assert names_on(draft) == ["Part 16.pdf"]
    draft.press("Search", document_search="no such thing")
    assert "No document has “no such thing” in its name" in text_of(draft.card)
    draft.press("Search", document_search="%_\0'")
    assert names_on(draft) == []


def test_a_turned_page_keeps_what_was_sought(conn, gridworks, quorra):
    for number in range(A_PAGE + 2):
        put_document(conn, gridworks, gridworks.reps["quorra"], f"Part {number}.pdf")
        put_document(conn, gridworks, gridworks.reps["quorra"], f"Other {number}.pdf")
    draft = picking(quorra)
    draft.press("Search", document_search="part")
    draft.press("More")
    assert len(names_on(draft)) == 2
    assert all(name.startswith("Part") for name in names_on(draft))
    draft.press("Back")
    assert len(names_on(draft)) == A_PAGE


def test_an_empty_workspace_is_told_where_to_upload(quorra):
    draft = picking(quorra)
    assert "Upload one in Readback" in text_of(draft.card)
    assert "Upload in Readback" in labels_of(draft.card)


def test_the_single_plan_is_explained_and_mails_are_still_tracked(conn, gridworks, quorra, offer):
    draft = picking(quorra)
    event = choosing(draft, "Offer.pdf")
    on_single_plan(conn, gridworks)
    assert draft.send(*event) == []
    assert "Documents come with the team plan" in text_of(draft.card)
    assert count(conn, tables.message) == 0
    other = picking(quorra)
    assert "attach the file to the mail as always" in text_of(other.card)
    assert quorra.compose([FLYNN]).press("Track this mail")


@pytest.mark.parametrize("state", ["sent", "lapsed"])
def test_a_card_of_a_mail_that_is_over_puts_nothing_into_the_next(conn, quorra, offer, state):
    draft = picking(quorra)
    event = choosing(draft, "Offer.pdf")
    draft.send(*event)
    conn.execute(update(tables.message).values(state=state))
    before = draft.body
    assert draft.send(*event) == []
    assert draft.body == before
    assert "Nothing was inserted." in draft.notification
    assert count(conn, share) == 1


def test_a_key_that_no_card_of_ours_carries_is_refused(conn, quorra, offer):
    draft = picking(quorra)
    path, event = choosing(draft, "Offer.pdf")
    event["commonEventObject"]["parameters"]["compose_key"] = "short"
    assert draft.send(path, event) == []
    assert count(conn, tables.message) == count(conn, share) == 0

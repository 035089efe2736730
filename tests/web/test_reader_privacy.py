"""What readers of documents meet: set by admins for their workspace, and told to the rep beside each document."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from structlog.testing import capture_logs

from backend.domain.people import Recipient
from backend.domain.shares import ShareRecord
from backend.store import document_tables as docs
from backend.store import tables
from tests.services.shared_documents import put_document
from tests.web.conftest import QUORRA, SAM, TESS, get, post

FLYNN = Recipient("flynn@arcade.example", "Flynn", "to")
ALAN = Recipient("alan@encom.example", "Alan", "cc")


def chosen(page: str) -> list[str]:
    return [
        part.split('"')[0]
        for part in page.split('name="privacy" value="')[1:]
        if part.split(">")[0].endswith("checked")
    ]


def stored(conn, tenant) -> str:
    asked = select(tables.workspace.c.reader_privacy).where(tables.workspace.c.workspace_id == tenant.workspace_id)
    return conn.execute(asked).scalar_one()


def test_an_admin_sets_it_for_her_workspace_alone(sign_in, conn, gridworks, othergrid):
    quorra, tess = sign_in(QUORRA), sign_in(TESS)
    assert chosen(get(quorra, "/settings/privacy").text) == ["tell"]
    with capture_logs() as said:
        assert post(quorra, "/settings/privacy/readers", privacy="ask").status_code == 303
    page = get(quorra, "/settings/privacy").text
    assert chosen(page) == ["ask"] and "Saved" in page
    assert chosen(get(tess, "/settings/privacy").text) == ["tell"] and stored(conn, othergrid) == "tell"
    noted = [one for one in said if "readers" in one["event"]]
    rep = gridworks.reps["quorra"]
    assert [(one["workspace_id"], one["rep_id"], one["to"]) for one in noted] == [
        (gridworks.workspace_id, rep.id, "ask")
    ]
    assert "@" not in str(noted)


def test_a_member_sees_it_and_cannot_change_it(sign_in, conn, gridworks):
    sam = sign_in(SAM)
    page = get(sam, "/settings/privacy").text
    assert "Record, and tell readers how to object" in page and 'name="privacy"' not in page
    assert post(sam, "/settings/privacy/readers", privacy="none").status_code == 403
    assert stored(conn, gridworks) == "tell"


@pytest.mark.parametrize("told", ["", "everything", "tell ", "\0"])
def test_only_what_is_offered_can_be_chosen(sign_in, conn, gridworks, told):
    assert post(sign_in(QUORRA), "/settings/privacy/readers", privacy=told).status_code == 400
    assert stored(conn, gridworks) == "tell"


def test_the_rep_is_told_beside_the_document(sign_in, conn, gridworks, now):
    rep = gridworks.reps["quorra"]
    offer, own = put_document(conn, gridworks, rep), {"workspace_id": gridworks.workspace_id}
    message = {
        **own,
        "rep_id": rep.id,
        "state": "sent",
        "compose_key": "k" * 22,
        "subject": "The offer",
        "sent_at": now,
    }
    message_id = conn.execute(insert(tables.message).values(**message).returning(tables.message.c.id)).scalar_one()
    person = {"address": FLYNN.address, "name": FLYNN.name, "role": FLYNN.role}
    conn.execute(insert(tables.recipient).values(**own, message_id=message_id, **person))
    share = {**own, "document_id": offer.id, "message_id": message_id}
    share_id = conn.execute(insert(docs.share).values(**share).returning(docs.share.c.id)).scalar_one()
    tracker = {"token": "t" * 40, "kind": "document", "message_id": message_id, "share_id": share_id}
    conn.execute(insert(tables.tracker).values(**own, **tracker))
    quorra, page = sign_in(QUORRA), f"/content/{offer.id}"
    assert "recording" not in get(quorra, page).text
    conn.execute(update(tables.workspace).values(reader_privacy="ask"))
    conn.execute(update(docs.share).values(unanswered_at=now))
    assert "Flynn has opened it and has not agreed to recording." in get(quorra, page).text


def record(now, **changes) -> ShareRecord:
    known = (1, 2, "Offer.pdf", 3, "sent", "The offer", "Quorra Reed", "", now, None, None, True, False, True)
    return replace(ShareRecord(*known), recipients=(FLYNN, ALAN), **changes)


def test_each_reason_for_knowing_nothing_has_its_sentence(now):
    later = now + timedelta(hours=1)
    assert record(now).unrecorded == ""
    assert record(now, privacy="ask").unrecorded == "Nothing is recorded until a reader agrees."
    assert record(now, unanswered_at=now).unrecorded == ""  # asked once, and since then readers are told
    both = record(now, privacy="ask", declined_at=now, unanswered_at=later)
    assert both.unrecorded == "A reader has opened it and has not agreed to recording."
    sent_alone = replace(both, recipient="Alan@encom.example", declined_at=later)
    assert sent_alone.unrecorded == "Alan does not want the reading recorded."
    assert record(now, objected_at=now).unrecorded == "A reader does not want the reading recorded."
    assert record(now, privacy="none", declined_at=now).unrecorded.startswith("Nothing of the reading is recorded")

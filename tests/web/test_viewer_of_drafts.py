"""A document in a mail that was never sent: who looks at it, she herself or a stranger, reads a draft."""

# ruff: noqa: F811 (fixtures of a neighbour)
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from backend.domain.devices import DEVICE_COOKIE
from backend.services.feed import get_feed
from backend.services.hits import judge_new, remember_device, settle_message
from backend.services.reading import readings_of_document, totals_of_documents
from backend.store import tables
from tests.reading_room import KEYS
from tests.web.test_viewer import AGENT, app, beacon, blobs, image_path, open_visit, reader, shelf  # noqa: F401


def read(client, shelf) -> None:
    """Open the document and read its first page for some seconds."""
    visit = open_visit(client, shelf)
    client.get(f"{image_path(shelf)}?v={visit}", headers=AGENT)
    told = [beacon(0), beacon(1, pages={"1": 3000}), beacon(2, page=2, pages={"2": 3000})]
    assert client.post(f"{shelf.path}/pages", json={"visit": str(visit), "beacons": told}).status_code == 204


def verdicts(conn, shelf) -> list[tuple[str, str]]:
    said = tables.verdict.c
    asked = select(said.verdict, said.rule).where(said.message_id == shelf.message_id)
    hit = tables.hit.c
    return [tuple(row) for row in conn.execute(asked.join(tables.hit, hit.id == said.hit_id).order_by(hit.received_at))]


def test_looks_at_a_mail_that_was_never_sent_count_for_nothing_also_once_it_is(app, reader, shelf, conn):
    workspace_id, rep = shelf.tenant.workspace_id, next(iter(shelf.tenant.reps.values()))
    message = update(tables.message).where(tables.message.c.id == shelf.message_id)
    conn.execute(message.values(state="prepared", sent_at=None))
    quorra, began = app.test_client(use_cookies=False), datetime.now(UTC)
    cookie = remember_device(conn, workspace_id, rep.id, AGENT["User-Agent"], began, link_keys=KEYS)
    quorra.environ_base["HTTP_COOKIE"] = f"{DEVICE_COOKIE}={cookie}"
    for client in (quorra, reader):
        read(client, shelf)
    judge_new(conn, datetime.now(UTC))
    assert [verdict for verdict, _ in verdicts(conn, shelf)] == ["draft", "draft"]
    assert get_feed(conn, workspace_id).groups == []
    sent_at = datetime.now(UTC)
    conn.execute(message.values(state="sent", sent_at=sent_at))
    settle_message(conn, workspace_id, shelf.message_id, sent_at)
    assert get_feed(conn, workspace_id).groups == []
    assert readings_of_document(conn, workspace_id, shelf.document_id).rows == []
    conn.execute(message.values(sent_at=sent_at - timedelta(hours=1)))  # as if they had looked an hour after it
    settle_message(conn, workspace_id, shelf.message_id, sent_at)
    assert [verdict for verdict, _ in verdicts(conn, shelf)] == ["self", "human"]
    assert totals_of_documents(conn, workspace_id, [shelf.document_id])[shelf.document_id].views == 1

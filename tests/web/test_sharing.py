"""What its sender allows: switched by who may, taken back by the same switch; pictures only while it is live."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from backend.app import create_app
from backend.domain.shares import ShareOptions
from backend.domain.tokens import thumbnail_address
from backend.errors import NotFound
from backend.services import sharing
from backend.services.composing import Composer, Draft, track
from backend.services.parts import Parts
from backend.services.sharing import Place, put_share
from backend.store import tables
from backend.store.document_tables import share
from tests.services.shared_documents import on_single_plan, put_document
from tests.web import rows
from tests.web.conftest import BASE, QUORRA, SAM, TESS, get, post

JPEG = b"\xff\xd8\xff the first page"


class SmallBlobs:
    """One picture of one workspace."""

    def __init__(self, workspace_id: int) -> None:
        self.held = {(workspace_id, "c" * 64): JPEG}

    def read(self, workspace_id: int, digest: str) -> bytes:
        if (workspace_id, digest) not in self.held:
            raise NotFound
        return self.held[workspace_id, digest]


@pytest.fixture
def offer(conn, gridworks):
    return put_document(conn, gridworks, gridworks.reps["quorra"], is_shared=True)


@pytest.fixture
def shared(conn, gridworks, offer, settings, now):
    """Quorra's offer in a mail of hers that is sent."""
    quorra = Composer(gridworks.workspace_id, gridworks.reps["quorra"].id, BASE, settings.link_keys)
    message_id = track(conn, quorra, Draft("k" * 22), now).message_id
    made = put_share(conn, quorra, Place(message_id, offer.id), now)
    conn.execute(tables.message.update().values(state="sent", subject="The offer", sent_at=now))
    rows.happen(conn, gridworks, message_id, "sent", "sent", now)
    return made


@pytest.fixture
def reader(settings, database, gridworks):
    """A mail client without any session."""
    parts = Parts(
        settings=settings,
        engine=database,
        google=None,
        gmail=None,
        secrets=None,
        blobs=SmallBlobs(gridworks.workspace_id),
        documents=None,
    )
    return create_app(parts).test_client()


def stored(conn, shared):
    return conn.execute(select(share).where(share.c.id == shared.share_id)).one()


@pytest.mark.parametrize(
    ("path", "column", "off"),
    [("download", "allows_download", False), ("watermark", "has_watermark", True), ("link", "off_at", True)],
)
def test_a_switch_takes_itself_back(conn, gridworks, shared, sign_in, path, column, off):
    before = stored(conn, shared)
    client = sign_in(QUORRA)
    told = ("on", "off") if column == "has_watermark" else ("off", "on")
    answer = post(client, f"/shares/{shared.share_id}/{path}", **{"is": told[0]})
    assert answer.status_code == 303
    assert bool(getattr(stored(conn, shared), column)) is off
    post(client, f"/shares/{shared.share_id}/{path}", **{"is": told[1]})
    assert stored(conn, shared) == before


def test_the_page_comes_back_where_it_was_and_to_no_other_site(conn, gridworks, offer, shared, sign_in):
    client = sign_in(QUORRA)
    path = f"/shares/{shared.share_id}/link"
    answer = post(client, path, **{"is": "off", "next": f"/content/{offer.id}"})
    assert answer.headers["Location"] == f"/content/{offer.id}#share-{shared.share_id}"
    answer = post(client, path, **{"is": "off", "next": "https://evil.example/"})
    assert answer.headers["Location"].startswith("/messages/")


def test_a_last_day_is_over_by_the_browsers_clock(conn, gridworks, offer, shared, sign_in):
    client = sign_in(QUORRA)
    path = f"/shares/{shared.share_id}/expiry"
    post(client, path, expires_on="2099-11-30", time_zone="America/New_York")
    page = get(client, f"/content/{offer.id}").text
    assert "until the end of 30 November 2099 (America/New_York)" in page
    assert 'until <time datetime="2099-12-01T04:59:00+00:00" title="1 Dec 2099, 04:59 UTC">' in page
    assert stored(conn, shared).expires_at == datetime(2099, 12, 1, 5, tzinfo=UTC)
    post(client, path, expires_on="2099-11-30", time_zone="Nowhere/At_all")
    assert stored(conn, shared).expires_at == datetime(2099, 12, 1, tzinfo=UTC)
    post(client, path, expires_on="2020-01-01", time_zone="UTC")
    assert stored(conn, shared).expires_at == datetime(2099, 12, 1, tzinfo=UTC)
    assert post(client, path, expires_on="9999-12-31", time_zone="UTC").status_code == 400
    assert post(client, path, expires_on="soon").status_code == 400
    post(client, path, expires_on="")
    assert stored(conn, shared).expires_at is None


def test_nobody_else_changes_it(conn, gridworks, othergrid, shared, sign_in, browser):
    path = f"/shares/{shared.share_id}/link"
    assert post(sign_in(SAM), path, **{"is": "off"}).status_code == 403
    assert post(sign_in(TESS), path, **{"is": "off"}).status_code == 404
    assert stored(conn, shared).off_at is None
    stranger = browser()
    assert stranger.post(path, base_url=BASE, data={"is": "off"}).status_code == 400
    quorra = sign_in(QUORRA)
    assert quorra.post(path, base_url=BASE, data={"is": "off"}, headers={"Referer": f"{BASE}/"}).status_code == 400
    assert get(quorra, path).status_code == 405
    assert stored(conn, shared).off_at is None


def test_the_messages_page_has_the_switches_for_its_sender_only(conn, gridworks, shared, sign_in):
    message_id = stored(conn, shared).message_id
    page = get(sign_in(QUORRA), f"/messages/{message_id}").text
    assert "Documents in it" in page
    assert "Offer.pdf" in page
    assert f'action="/shares/{shared.share_id}/link"' in page
    page = get(sign_in(SAM), f"/messages/{message_id}").text
    assert "Offer.pdf" in page
    assert "/shares/" not in page


def cover(shared) -> str:
    return f"/d/{shared.token}/cover.jpg"


def test_a_mail_client_gets_the_cover_and_nothing_is_counted(conn, shared, reader):
    answer = reader.get(cover(shared))
    assert (answer.status_code, answer.data, answer.content_type) == (200, JPEG, "image/jpeg")
    assert "private" in answer.headers["Cache-Control"]
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers
    assert conn.execute(select(tables.hit)).all() == []
    assert conn.execute(select(tables.unjudged)).all() == []


@pytest.mark.parametrize("why", ["off", "expired"])
def test_a_share_that_is_not_live_shows_no_cover(conn, gridworks, shared, reader, now, why):
    long_ago = now - timedelta(days=400)
    options = {"off": ShareOptions(is_on=False), "expired": ShareOptions(long_ago + timedelta(minutes=1))}[why]
    rep_id = gridworks.reps["quorra"].id
    sharing.set_share(conn, gridworks.workspace_id, rep_id, shared.share_id, options, long_ago)
    assert reader.get(cover(shared)).status_code == 404


def test_what_was_sent_is_shown_on_the_single_plan_too(conn, gridworks, shared, reader):
    on_single_plan(conn, gridworks)
    assert reader.get(cover(shared)).status_code == 200


@pytest.mark.parametrize("token", ["A" * 32, "short", "A" * 31 + "%00", "..%2f..%2fetc"])
def test_made_up_addresses_show_nothing(reader, token):
    assert reader.get(f"/d/{token}/cover.jpg").status_code == 404
    assert reader.get(f"/t/{token}.jpg").status_code == 404


def test_a_thumbnail_needs_no_session_but_our_signature(gridworks, othergrid, offer, settings, reader):
    def path(tenant, keys=settings.link_keys) -> str:
        return thumbnail_address("", tenant.workspace_id, offer.version_id, keys)

    answer = reader.get(path(gridworks))
    assert (answer.status_code, answer.data) == (200, JPEG)
    assert "private" in answer.headers["Cache-Control"]
    assert reader.get(path(othergrid)).status_code == 404
    assert reader.get(path(gridworks, (b"another-key-of-more-than-32-characters!!",))).status_code == 404

"""A document in a mail: once, from its owner or the team, and changed by its sender or an admin only."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from backend.domain.binding import SentCopy, bind
from backend.domain.people import Recipient
from backend.domain.shares import ShareOptions, end_of_day
from backend.domain.tokens import find_tokens, read_thumbnail, read_token, thumbnail_address
from backend.errors import Forbidden, Malformed, NotFound, TeamPlanOnly
from backend.services import composing, sharing
from backend.services.composing import Composer, Draft
from backend.services.sharing import Place, put_share, set_share, shares_of_document, shares_of_message
from backend.store import tables
from backend.store.document_tables import document, share
from backend.store.incoming import prepared_messages
from backend.store.mailboxes import mailboxes_of_rep
from tests.services.shared_documents import on_single_plan, put_document, put_version
from tests.stories import found_workspace
from tests.web import rows

KEYS = (b"tests-link-key-of-more-than-32-characters!",)
TRACKING = "https://t.readback.example"
FLYNN = Recipient("flynn@flynnsarcade.com", "Kevin Flynn", "to")
ALAN = Recipient("alan@encom.com", "Alan Bradley", "cc")


def composer_of(tenant, name) -> Composer:
    return Composer(tenant.workspace_id, tenant.reps[name].id, TRACKING, KEYS)


def track(conn, composer, now, key="k" * 22) -> int:
    return composing.track(conn, composer, Draft(key, (FLYNN, ALAN)), now).message_id


def shares(conn) -> int:
    return conn.execute(select(func.count()).select_from(share)).scalar_one()


@pytest.fixture
def quorra(gridworks) -> Composer:
    return composer_of(gridworks, "quorra")


@pytest.fixture
def sam(gridworks) -> Composer:
    return composer_of(gridworks, "sam")


@pytest.fixture
def offer(conn, gridworks):
    return put_document(conn, gridworks, gridworks.reps["quorra"])


@pytest.fixture
def message_id(conn, quorra, now) -> int:
    return track(conn, quorra, now)


def test_a_share_has_an_address_of_its_own_and_is_put_once(conn, quorra, offer, message_id, now):
    first = put_share(conn, quorra, Place(message_id, offer.id), now)
    assert first.is_new
    assert read_token("d", first.token, KEYS) == quorra.workspace_id
    assert first.address == f"{TRACKING}/d/{first.token}"
    assert first.cover_address == f"{first.address}/cover.jpg"
    assert (first.name, first.document.pages, first.document.type) == ("Offer.pdf", 12, "pdf")
    second = put_share(conn, quorra, Place(message_id, offer.id), now)
    assert (second.is_new, second.address, second.share_id) == (False, first.address, first.share_id)
    tracked = select(tables.tracker.c.share_id, tables.tracker.c.message_id).where(tables.tracker.c.kind == "document")
    assert [tuple(row) for row in conn.execute(tracked)] == [(first.share_id, message_id)]
    assert conn.execute(select(document.c.used_at)).scalar_one() == now


def test_each_recipient_has_a_share_where_mails_go_one_by_one(conn, quorra, offer, message_id, now):
    made = {put_share(conn, quorra, Place(message_id, offer.id, each), now).token for each in ("", "a@x.example")}
    assert len(made) == shares(conn) == 2


def test_two_presses_at_one_moment_make_one_share(committed, now):
    with committed.begin() as conn:
        tenant = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        composer = composer_of(tenant, "quorra")
        stored = put_document(conn, tenant, tenant.reps["quorra"])
        message_id = track(conn, composer, now)
    found, start = [], threading.Barrier(4)

    def press() -> None:
        start.wait()
        with committed.begin() as conn:
            found.append(put_share(conn, composer, Place(message_id, stored.id), now))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.is_new for each in found) == [False, False, False, True]
    assert len({each.address for each in found}) == 1


@pytest.mark.parametrize("why", ["another's", "archived", "nothing to read", "another company's", "no such document"])
def test_what_the_rep_may_not_send_is_not_there(conn, gridworks, othergrid, quorra, message_id, now, why):
    sams, tess = gridworks.reps["sam"], othergrid.reps["tess"]
    document_id = {
        "another's": lambda: put_document(conn, gridworks, sams).id,
        "archived": lambda: put_document(conn, gridworks, gridworks.reps["quorra"], archived_at=now).id,
        "nothing to read": lambda: put_document(conn, gridworks, gridworks.reps["quorra"], is_ready=False).id,
        "another company's": lambda: put_document(conn, othergrid, tess, is_shared=True).id,
        "no such document": lambda: 999_999,
    }[why]()
    with pytest.raises(NotFound):
        put_share(conn, quorra, Place(message_id, document_id), now)
    assert shares(conn) == 0


def test_the_teams_documents_can_be_sent_by_all(conn, gridworks, sam, now):
    stored = put_document(conn, gridworks, gridworks.reps["quorra"], is_shared=True)
    assert put_share(conn, sam, Place(track(conn, sam, now), stored.id), now).is_new


def test_a_document_goes_into_the_reps_own_message_only(conn, gridworks, sam, message_id, now):
    stored = put_document(conn, gridworks, gridworks.reps["sam"])
    with pytest.raises(NotFound):
        put_share(conn, sam, Place(message_id, stored.id), now)


@pytest.mark.parametrize("state", ["sent", "lapsed"])
def test_a_mail_that_is_over_takes_no_more_documents(conn, gridworks, quorra, offer, message_id, now, state):
    there = put_share(conn, quorra, Place(message_id, offer.id), now)
    conn.execute(update(tables.message).values(state=state))
    assert put_share(conn, quorra, Place(message_id, offer.id), now).address == there.address
    other = put_document(conn, gridworks, gridworks.reps["quorra"], "Prices.pdf")
    with pytest.raises(Malformed):
        put_share(conn, quorra, Place(message_id, other.id), now)


def test_on_the_single_plan_nothing_is_shared(conn, gridworks, quorra, offer, message_id, now):
    on_single_plan(conn, gridworks)
    with pytest.raises(TeamPlanOnly):
        put_share(conn, quorra, Place(message_id, offer.id), now)
    assert shares(conn) == 0


def test_the_sent_copy_is_known_by_the_shares_address(conn, gridworks, quorra, offer, message_id, now):
    """Where the rep has removed the image from the draft, the document's link still tells which mail it was."""
    made = put_share(conn, quorra, Place(message_id, offer.id), now)
    rows.mailbox(conn, gridworks, gridworks.reps["quorra"])
    prepared = prepared_messages(conn, mailboxes_of_rep(conn, quorra.workspace_id, quorra.rep_id)[0])
    body = f'<a href="{made.address}"><img src="{made.cover_address}"></a>'
    copy = SentCopy("<1@mail.gmail.com>", "1", "1", (FLYNN,), "The offer", now, find_tokens(body))
    bound = bind(copy, prepared, "full")
    assert (bound.message_id, bound.rule) == (message_id, "token in the body")


def test_options_are_changed_and_changed_back(conn, quorra, offer, message_id, now):
    made = put_share(conn, quorra, Place(message_id, offer.id), now)
    before = sharing.get_share(conn, quorra.workspace_id, quorra.rep_id, made.share_id)
    assert before.options == ShareOptions()
    wanted = ShareOptions(now + timedelta(days=1), is_on=False, allows_download=False, has_watermark=True)
    changed = set_share(conn, quorra.workspace_id, quorra.rep_id, made.share_id, wanted, now)
    assert (changed.options, changed.off_at, changed.state(now)) == (wanted, now, "off")
    later = now + timedelta(hours=1)
    again = set_share(conn, quorra.workspace_id, quorra.rep_id, made.share_id, wanted, later)
    assert again.off_at == now
    back = set_share(conn, quorra.workspace_id, quorra.rep_id, made.share_id, before.options, later)
    assert back == before


def test_an_expiry_must_lie_ahead_but_a_passed_one_may_stay(conn, quorra, offer, message_id, now):
    made = put_share(conn, quorra, Place(message_id, offer.id), now)
    ends = now + timedelta(hours=2)
    change = (quorra.workspace_id, quorra.rep_id, made.share_id)
    with pytest.raises(Malformed):
        set_share(conn, *change, ShareOptions(now), now)
    kept = set_share(conn, *change, ShareOptions(ends), now)
    assert (kept.state(now), kept.state(ends)) == ("on", "expired")
    assert set_share(conn, *change, ShareOptions(ends, allows_download=False), ends).state(ends) == "expired"


def test_only_its_sender_or_an_admin_changes_a_share(conn, gridworks, othergrid, quorra, sam, now):
    team = put_document(conn, gridworks, gridworks.reps["quorra"], is_shared=True)
    sams = put_share(conn, sam, Place(track(conn, sam, now), team.id), now).share_id
    quorras = put_share(conn, quorra, Place(track(conn, quorra, now), team.id), now).share_id
    off = ShareOptions(is_on=False)
    assert not set_share(conn, quorra.workspace_id, quorra.rep_id, sams, off, now).options.is_on
    with pytest.raises(Forbidden):
        set_share(conn, sam.workspace_id, sam.rep_id, quorras, off, now)
    assert sharing.get_share(conn, sam.workspace_id, sam.rep_id, quorras).options.is_on
    tess = othergrid.reps["tess"]
    with pytest.raises(NotFound):
        set_share(conn, othergrid.workspace_id, tess.id, quorras, off, now)


def test_shares_are_listed_with_their_mail_and_its_people(conn, gridworks, othergrid, quorra, sam, offer, now):
    message_id = track(conn, quorra, now)
    put_share(conn, quorra, Place(message_id, offer.id), now)
    conn.execute(update(tables.message).values(state="sent", subject="The offer"))
    lapsed = track(conn, quorra, now, "l" * 22)
    put_share(conn, quorra, Place(lapsed, offer.id), now)
    conn.execute(update(tables.message).where(tables.message.c.id == lapsed).values(state="lapsed"))
    (told,) = shares_of_document(conn, quorra.workspace_id, quorra.rep_id, offer.id)
    assert (told.subject, told.document_name, told.message_state, told.may_change) == (
        "The offer", "Offer.pdf", "sent", True,
    )  # fmt: skip
    assert {person.name for person in told.recipients} == {"Kevin Flynn", "Alan Bradley"}
    assert [replace(told, may_change=False)] == list(shares_of_message(conn, sam.workspace_id, sam.rep_id, message_id))
    tess = othergrid.reps["tess"]
    assert shares_of_document(conn, othergrid.workspace_id, tess.id, offer.id) == []
    assert shares_of_message(conn, othergrid.workspace_id, tess.id, message_id) == []


def test_the_cover_goes_with_the_share_and_shows_the_newest_version(conn, gridworks, quorra, offer, message_id, now):
    made = put_share(conn, quorra, Place(message_id, offer.id), now)
    place = (quorra.workspace_id, quorra.rep_id, made.share_id)
    assert sharing.find_cover(conn, made.token, now, link_keys=KEYS) == (quorra.workspace_id, "c" * 64)
    put_version(conn, gridworks, offer.id, gridworks.reps["quorra"], number=2, digest="d" * 64)
    assert sharing.find_cover(conn, made.token, now, link_keys=KEYS) == (quorra.workspace_id, "d" * 64)
    set_share(conn, *place, ShareOptions(is_on=False), now)
    assert sharing.find_cover(conn, made.token, now, link_keys=KEYS) is None
    ends = now + timedelta(hours=1)
    set_share(conn, *place, ShareOptions(ends), now)
    assert sharing.find_cover(conn, made.token, now, link_keys=KEYS) is not None
    assert sharing.find_cover(conn, made.token, ends, link_keys=KEYS) is None
    assert sharing.find_cover(conn, "A" * 32, now, link_keys=KEYS) is None
    on_single_plan(conn, gridworks)
    set_share(conn, *place, ShareOptions(), now)
    assert sharing.find_cover(conn, made.token, now, link_keys=KEYS) is not None


def test_a_thumbnails_address_is_ours_alone_and_always_the_same(conn, gridworks, othergrid, offer):
    address = thumbnail_address("https://readback.example", gridworks.workspace_id, offer.version_id, KEYS)
    assert address == thumbnail_address("https://readback.example", gridworks.workspace_id, offer.version_id, KEYS)
    token = address.rpartition("/")[2].removesuffix(".jpg")
    assert sharing.find_thumbnail(conn, token, link_keys=KEYS) == (gridworks.workspace_id, "c" * 64)
    assert sharing.find_thumbnail(conn, token, link_keys=(b"another-key-of-more-than-32-characters!!",)) is None
    turned = ("B" if token[12] == "A" else "A").join((token[:12], token[13:]))
    assert sharing.find_thumbnail(conn, turned, link_keys=KEYS) is None
    assert read_token("d", token, KEYS) is None
    foreign = thumbnail_address("", othergrid.workspace_id, offer.version_id, KEYS).rpartition("/")[2][:32]
    assert read_thumbnail(foreign, KEYS) == (othergrid.workspace_id, offer.version_id)
    assert sharing.find_thumbnail(conn, foreign, link_keys=KEYS) is None


def test_a_last_day_ends_by_its_reps_clock():
    assert end_of_day(date(2026, 11, 30), UTC) == datetime(2026, 12, 1, tzinfo=UTC)
    assert end_of_day(date(2026, 11, 30), ZoneInfo("America/New_York")) == datetime(2026, 12, 1, 5, tzinfo=UTC)

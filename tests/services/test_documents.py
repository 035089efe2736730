"""Which documents a rep has, may change and may upload; nobody else's."""

import pytest
from sqlalchemy import Connection, select, update

from backend.domain.documents import MAX_BYTES
from backend.errors import DocumentRefused, Forbidden, Malformed, NotFound, TeamPlanOnly
from backend.services import converting, documents
from backend.services.documents import Upload
from backend.store.document_tables import document, document_version
from backend.store.tables import workspace
from tests import documents as files
from tests.conftest import NOW
from tests.stories import Tenant


def put_on_single_plan(conn: Connection, tenant: Tenant) -> None:
    mine = workspace.c.workspace_id == tenant.workspace_id
    conn.execute(update(workspace).where(mine).values(plan="single"))


def test_an_empty_file_is_turned_away_at_once(desk):
    with pytest.raises(DocumentRefused, match="empty"):
        desk.upload(b"")
    assert desk.listed() == []


def test_a_file_that_is_too_big_is_turned_away_before_it_is_stored(desk, tmp_path):
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with big.open("rb") as file, pytest.raises(DocumentRefused, match="100 MB"):
        documents.upload(desk.database, desk.blobs, desk.by, Upload(file, "Offer.pdf"), NOW)
    assert not (tmp_path / "blobs").exists() or not list((tmp_path / "blobs").rglob("*"))


def test_a_name_with_a_path_and_a_wrong_extension_are_told_truly(desk):
    record = desk.store(files.saved(files.pdf(1)), "../../etc/Offer.docx")
    assert record.document.name == "Offer.pdf"
    assert record.shown.file_name == "Offer.docx"
    assert any("'Offer.docx'" in remark for remark in record.shown.remarks)
    assert any("'Offer.pdf'" in remark for remark in record.shown.remarks)


def test_a_refused_version_leaves_the_shown_one(desk):
    first = desk.store(files.saved(files.pdf(1)))
    after = desk.store(b"%PDF-1.7\n" + bytes(range(256)) * 40, document_id=first.document.id)
    assert after.shown.id == first.shown.id
    assert after.document.state == "refused"


def test_the_list_is_searched_and_put_in_order(desk):
    older = desk.upload(b"%PDF-", "Price list 100%.pdf")
    newer = desk.upload(b"%PDF-", "Offer to ENCOM.pdf")
    desk.conn.execute(update(document).where(document.c.id == older).values(used_at=NOW))
    assert desk.names() == ["Offer to ENCOM.pdf", "Price list 100%.pdf"]
    assert desk.names(recent_first=True) == ["Price list 100%.pdf", "Offer to ENCOM.pdf"]
    assert desk.names("encom off") == ["Offer to ENCOM.pdf"]
    assert desk.names("100%") == ["Price list 100%.pdf"]
    assert desk.names("%") == ["Price list 100%.pdf"]
    assert newer in [each.id for each in desk.listed()]


def test_the_archive_is_a_list_of_its_own_and_gives_back(desk):
    document_id = desk.upload(b"%PDF-")
    documents.archive(desk.conn, *desk.me, document_id, NOW)
    assert (desk.names(), desk.names(archived=True)) == ([], ["Offer.pdf"])
    documents.restore(desk.conn, *desk.me, document_id)
    assert (desk.names(), desk.names(archived=True)) == (["Offer.pdf"], [])


def test_a_document_is_private_until_it_is_shared_and_then_the_teams_to_use_not_to_change(desk, sams):
    document_id = desk.store(files.saved(files.pdf(1))).document.id
    assert sams.names() == []
    with pytest.raises(NotFound):
        sams.get(document_id)
    documents.set_shared(desk.conn, *desk.me, document_id, True)
    assert [(each.is_own, each.owner_name) for each in sams.listed()] == [(False, "Quorra Reed")]
    with pytest.raises(NotFound):
        documents.rename(sams.conn, *sams.me, document_id, "Mine now")
    sams.upload(files.saved(files.pdf(2)), document_id=document_id)
    assert len(desk.get(document_id).versions) == 2
    documents.set_shared(desk.conn, *desk.me, document_id, False)
    assert sams.names() == []


def test_two_workspaces_never_see_each_other(desk, tesss):
    record = desk.store(files.saved(files.pdf(1)))
    document_id, version_id = record.document.id, record.shown.id
    documents.set_shared(desk.conn, *desk.me, document_id, True)
    assert tesss.listed() == []
    assert documents.progress_of(desk.conn, *tesss.me, [document_id]) == []
    for refused in (
        lambda: tesss.get(document_id),
        lambda: documents.get_page_image(desk.conn, *tesss.me, document_id, (version_id, 1, 320)),
        lambda: documents.rename(desk.conn, *tesss.me, document_id, "Mine"),
        lambda: documents.archive(desk.conn, *tesss.me, document_id, NOW),
        lambda: documents.set_asks_email(desk.conn, *tesss.me, document_id, True),
        lambda: documents.try_again(desk.conn, *tesss.me, document_id),
        lambda: tesss.upload(b"%PDF-", document_id=document_id),
    ):
        with pytest.raises(NotFound):
            refused()
    assert desk.get(document_id) == record.__class__(**{**vars(record), "document": desk.get(document_id).document})
    converting.convert(desk.database, desk.blobs, desk.reader, (tesss.tenant.workspace_id, version_id))
    assert desk.conn.execute(select(document_version.c.workspace_id)).scalars().all() == [desk.tenant.workspace_id]


def test_page_images_come_in_the_width_that_is_at_least_asked_for(desk):
    record = desk.store(files.saved(files.pdf(1)))

    def width(asked: int) -> int:
        page = (record.shown.id, 1, asked)
        return documents.get_page_image(desk.conn, *desk.me, record.document.id, page).width

    assert [width(asked) for asked in (100, 320, 321, 1200, 9000)] == [320, 320, 800, 1200, 1200]
    with pytest.raises(NotFound):
        documents.get_page_image(desk.conn, *desk.me, record.document.id, (record.shown.id, 2, 320))


def test_a_page_is_not_found_through_another_document(desk, sams):
    theirs = desk.store(files.saved(files.pdf(1)))
    own = sams.upload(b"%PDF-")
    with pytest.raises(NotFound):
        documents.get_page_image(sams.conn, *sams.me, own, (theirs.shown.id, 1, 320))
    with pytest.raises(NotFound):
        sams.get(own, theirs.shown.id)


def test_a_single_plan_reads_what_there_is_and_changes_nothing(desk):
    document_id = desk.store(files.saved(files.pdf(1))).document.id
    put_on_single_plan(desk.conn, desk.tenant)
    assert not documents.may_use(desk.conn, desk.tenant.workspace_id)
    assert desk.get(document_id).document.name == "Offer.pdf"
    for refused in (
        lambda: desk.upload(b"%PDF-"),
        lambda: documents.rename(desk.conn, *desk.me, document_id, "Other"),
        lambda: documents.archive(desk.conn, *desk.me, document_id, NOW),
        lambda: documents.restore(desk.conn, *desk.me, document_id),
        lambda: documents.set_shared(desk.conn, *desk.me, document_id, True),
        lambda: documents.set_asks_email(desk.conn, *desk.me, document_id, True),
        lambda: documents.try_again(desk.conn, *desk.me, document_id),
    ):
        with pytest.raises(TeamPlanOnly):
            refused()
    assert issubclass(TeamPlanOnly, Forbidden)


def test_a_document_keeps_a_name(desk):
    document_id = desk.upload(b"%PDF-")
    documents.rename(desk.conn, *desk.me, document_id, "  dir/Offer 2\u202e.pdf ")
    assert desk.names() == ["Offer 2.pdf"]
    with pytest.raises(Malformed):
        documents.rename(desk.conn, *desk.me, document_id, "  ")

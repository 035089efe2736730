"""Documents from the upload to the last page: real PostgreSQL, real LibreOffice, the real cage."""

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update

from backend.adapters.blobs import Blobs
from backend.adapters.documents import Documents
from backend.domain.documents import MAX_BYTES
from backend.errors import ConversionFailed, DocumentRefused, Forbidden, Malformed, NotFound, TeamPlanOnly, Transient
from backend.services import converting, documents
from backend.services.documents import DocumentRecord, Listed, Upload, Uploader, Wanted
from backend.store.document_tables import document, document_page, document_version
from backend.store.tables import workspace
from tests import documents as files
from tests.conftest import NOW
from tests.stories import Tenant

JPEG = b"\xff\xd8\xff"


@dataclass
class Desk:
    """Quorra's desk: she uploads, and the worker is done at once unless told otherwise."""

    database: Any
    conn: Connection
    blobs: Blobs
    tenant: Tenant
    rep: str = "quorra"

    @property
    def by(self) -> Uploader:
        return Uploader(self.tenant.workspace_id, self.tenant.reps[self.rep].id)

    @property
    def me(self) -> tuple[int, int]:
        return self.by.workspace_id, self.by.rep_id

    def upload(self, content: bytes, name: str = "Offer.pdf", document_id: int | None = None) -> int:
        """Upload without converting."""
        return documents.upload(self.database, self.blobs, self.by, Upload(io.BytesIO(content), name, document_id), NOW)

    def convert(self, reader: Any = None) -> None:
        """Do the jobs that were left."""
        jobs = "SELECT args FROM procrastinate_jobs WHERE task_name = 'convert_document' ORDER BY id"
        for args in self.conn.execute(text(jobs)).scalars().all():
            version = (args["workspace_id"], args["version_id"])
            converting.convert(self.database, self.blobs, reader or Documents(), version)

    def sharpen(self, reader: Any = None) -> None:
        """Do the jobs that were left for the widest images; what is to be tried again, is not."""
        jobs = "SELECT args FROM procrastinate_jobs WHERE task_name = 'sharpen_document'"
        for args in self.conn.execute(text(jobs)).scalars().all():
            version = (args["workspace_id"], args["version_id"])
            with contextlib.suppress(Transient):
                converting.sharpen(self.database, self.blobs, reader or Documents(), version)

    def store(self, content: bytes, name: str = "Offer.pdf", document_id: int | None = None) -> DocumentRecord:
        """Upload, convert, and look at the result."""
        stored_id = self.upload(content, name, document_id)
        self.convert()
        return self.get(stored_id)

    def get(self, document_id: int, version_id: int | None = None) -> DocumentRecord:
        return documents.get_document(self.conn, *self.me, document_id, version_id)

    def listed(self, words: str = "", **wanted: bool) -> list[Listed]:
        return list(documents.list_documents(self.conn, *self.me, Wanted(words, **wanted)))

    def names(self, words: str = "", **wanted: bool) -> list[str]:
        return [each.name for each in self.listed(words, **wanted)]


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    return Blobs(str(tmp_path / "blobs"))


@pytest.fixture
def desk(database, conn, blobs, gridworks) -> Desk:
    return Desk(database, conn, blobs, gridworks)


@pytest.fixture
def sams(desk) -> Desk:
    return Desk(desk.database, desk.conn, desk.blobs, desk.tenant, "sam")


@pytest.fixture
def tesss(desk, othergrid) -> Desk:
    return Desk(desk.database, desk.conn, desk.blobs, othergrid, "tess")


def put_on_single_plan(conn: Connection, tenant: Tenant) -> None:
    mine = workspace.c.workspace_id == tenant.workspace_id
    conn.execute(update(workspace).where(mine).values(plan="single"))


class Broken:
    """A reader that makes some pages and then fails in a certain way."""

    def __init__(self, problem: Exception, pages: int = 0) -> None:
        self._problem = problem
        self._pages = pages

    def prepare(self, source: Path, name: str) -> Any:
        return Documents().prepare(source, name)

    def render(self, ready: Any, widths: Any, numbers: Any = None, cover_width: int | None = None) -> Any:
        yield from Documents().render(ready, widths, list(numbers)[: self._pages], cover_width)
        raise self._problem


def test_a_pdf_becomes_pages_with_images_words_and_a_cover(desk):
    record = desk.store(files.saved(files.pdf(3)))
    version = record.shown
    assert (version.state, version.type, version.pages, version.ready_pages) == ("ready", "pdf", 3, 3)
    assert version.pdf_digest == version.digest
    assert [page.number for page in record.pages] == [1, 2, 3]
    assert [image["asked_width"] for image in record.pages[0].images] == list(converting.WIDTHS)
    for image in record.pages[2].images:
        assert len(desk.blobs.read(desk.tenant.workspace_id, image["digest"])) == image["bytes"]
    cover = desk.blobs.read(desk.tenant.workspace_id, version.cover_digest)
    assert cover.startswith(JPEG)
    found = desk.conn.execute(select(document_page.c.text, document_page.c.words)).all()
    assert found[1].text.startswith("Proposal, page 2")
    assert found[1].words[0][4:] == ["Proposal,", 0]


def test_the_original_stays_as_it_was(desk):
    content = files.word(2)
    record = desk.store(content, "Offer.docx")
    assert desk.blobs.read(desk.tenant.workspace_id, record.shown.digest) == content
    assert desk.blobs.read(desk.tenant.workspace_id, record.shown.pdf_digest).startswith(b"%PDF")


def test_office_files_become_pages(desk):
    record = desk.store(files.slides(1), "Deck.pptx")
    assert (record.shown.state, record.shown.type) == ("ready", "pptx")
    assert len(record.pages) == record.shown.pages == 1


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("locked.pdf", "encrypted"),
        ("no-pages.pdf", "no_pages"),
        ("program.pdf", "not_a_document"),
    ],
)
def test_what_cannot_be_a_document_is_turned_away_with_a_sentence(desk, tmp_path, kind, rule):
    record = desk.store(files.write(tmp_path, kind).read_bytes(), kind)
    [version] = record.versions
    assert (version.state, version.rule) == ("refused", rule)
    assert version.sentence.endswith(".")
    assert record.shown is None
    assert [(each.state, each.sentence) for each in desk.listed()] == [("refused", version.sentence)]


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


def test_a_name_that_the_rep_gave_meanwhile_stays(desk):
    document_id = desk.upload(files.saved(files.pdf(1)), "Offer.docx")
    documents.rename(desk.conn, *desk.me, document_id, "The offer")
    desk.convert()
    assert desk.get(document_id).document.name == "The offer"


def test_the_first_page_can_be_read_before_the_others_and_what_is_missing_is_made_later(desk):
    document_id = desk.upload(files.saved(files.pdf(3)))
    with pytest.raises(Transient):
        desk.convert(Broken(Transient(), pages=1))
    record = desk.get(document_id)
    assert (record.shown.state, record.shown.ready_pages, record.shown.pages) == ("converting", 1, 3)
    assert record.shown.cover_digest
    desk.convert()
    assert [page.number for page in desk.get(document_id).pages] == [1, 2, 3]
    assert desk.get(document_id).shown.ready_pages == 3


def test_converting_what_is_ready_changes_nothing(desk):
    before = desk.store(files.saved(files.pdf(1)))
    desk.convert(Broken(AssertionError()))
    assert desk.get(before.document.id) == before


def test_links_show_the_old_version_until_the_new_one_is_complete(desk):
    first = desk.store(files.saved(files.pdf(1)))
    desk.upload(files.saved(files.pdf(3)), "Better.pdf", first.document.id)
    with pytest.raises(Transient):
        desk.convert(Broken(Transient(), pages=2))
    halfway = desk.get(first.document.id)
    assert halfway.shown.id == first.shown.id
    assert (halfway.document.state, halfway.document.ready_pages, halfway.document.pages) == ("converting", 2, 3)
    desk.convert()
    done = desk.get(first.document.id)
    assert (done.shown.number, done.document.pages) == (2, 3)
    assert [version.number for version in done.versions] == [2, 1]
    assert len(desk.get(first.document.id, first.shown.id).pages) == 1


def test_an_earlier_version_that_is_complete_later_does_not_come_back(desk):
    document_id = desk.upload(files.saved(files.pdf(2)))
    with pytest.raises(Transient):
        desk.convert(Broken(Transient(), pages=1))
    desk.upload(files.saved(files.pdf(1)), document_id=document_id)
    newest = desk.get(document_id).versions[0]
    converting.convert(desk.database, desk.blobs, Documents(), (desk.tenant.workspace_id, newest.id))
    desk.convert()
    record = desk.get(document_id)
    assert [version.state for version in record.versions] == ["ready", "ready"]
    assert record.shown.number == 2


def test_a_refused_version_leaves_the_shown_one(desk):
    first = desk.store(files.saved(files.pdf(1)))
    after = desk.store(b"%PDF-1.7\n" + bytes(range(256)) * 40, document_id=first.document.id)
    assert after.shown.id == first.shown.id
    assert after.document.state == "refused"


def test_a_document_whose_later_page_cannot_be_read_is_shown_no_more(desk):
    document_id = desk.upload(files.saved(files.pdf(2)))
    desk.convert(Broken(DocumentRefused("too_slow", "It took too long.", "pdf", 2), pages=1))
    record = desk.get(document_id)
    assert record.shown is None
    assert (record.document.state, record.document.sentence) == ("refused", "It took too long.")


def test_a_failure_of_ours_says_so_and_can_be_tried_again(desk):
    document_id = desk.upload(files.saved(files.pdf(2)))
    desk.convert(Broken(ConversionFailed("broken"), pages=1))
    told = desk.get(document_id).document
    assert told.state == "failed"
    assert "fault is ours" in told.sentence
    documents.try_again(desk.conn, *desk.me, document_id)
    assert desk.get(document_id).document.state == "waiting"
    desk.convert()
    assert (desk.get(document_id).document.state, desk.get(document_id).document.sentence) == ("ready", "")


def test_a_job_that_is_given_up_says_so(desk):
    document_id = desk.upload(files.saved(files.pdf(1)))
    converting.give_up(desk.database, (desk.tenant.workspace_id, desk.get(document_id).versions[0].id))
    assert desk.get(document_id).document.state == "failed"


def test_the_same_file_is_kept_once(desk, tmp_path):
    content = files.saved(files.pdf(1))
    desk.store(content, "One.pdf")
    kept = sorted(path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    desk.store(content, "Two.pdf")
    assert sorted(path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()) == kept


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
    converting.convert(desk.database, desk.blobs, Documents(), (tesss.tenant.workspace_id, version_id))
    assert desk.conn.execute(select(document_version.c.workspace_id)).scalars().all() == [desk.tenant.workspace_id]


def test_page_images_come_in_the_width_that_is_at_least_asked_for(desk):
    record = desk.store(files.saved(files.pdf(1)))

    def width(asked: int) -> int:
        page = (record.shown.id, 1, asked)
        return documents.get_page_image(desk.conn, *desk.me, record.document.id, page).width

    assert [width(asked) for asked in (100, 320, 321, 1200, 9000)] == [320, 320, 800, 1200, 1200]
    with pytest.raises(NotFound):
        documents.get_page_image(desk.conn, *desk.me, record.document.id, (record.shown.id, 2, 320))


def test_the_widest_image_comes_once_all_pages_can_be_read(desk):
    record = desk.store(files.saved(files.pdf(2)))
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'sharpen_document' AND queue_name = 'background'"
    assert desk.conn.execute(text(jobs)).scalar_one() == 1

    def image(number: int) -> documents.StoredImage:
        return documents.get_page_image(desk.conn, *desk.me, record.document.id, (record.shown.id, number, 2000))

    assert (image(1).width, image(1).may_be_wider) == (1200, True)
    desk.sharpen(Broken(Transient(), pages=1))
    assert [image(number).width for number in (1, 2)] == [2000, 1200]
    desk.sharpen()
    assert [image(number).width for number in (1, 2)] == [2000, 2000]
    assert not image(2).may_be_wider
    before = desk.get(record.document.id)
    desk.sharpen(Broken(AssertionError()))
    assert desk.get(record.document.id) == before


def test_pages_that_cannot_be_made_finer_stay_readable(desk):
    record = desk.store(files.saved(files.pdf(1)))
    desk.sharpen(Broken(DocumentRefused("too_heavy", "It needs more memory.", "pdf", 1)))
    assert desk.get(record.document.id) == record


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


def test_progress_tells_of_the_newest_version(desk):
    document_id = desk.upload(files.saved(files.pdf(2)))
    [told] = documents.progress_of(desk.conn, *desk.me, [document_id])
    assert (told.state, told.pages, told.ready_pages) == ("waiting", None, 0)
    desk.convert()
    [told] = documents.progress_of(desk.conn, *desk.me, [document_id])
    assert (told.state, told.pages, told.ready_pages) == ("ready", 2, 2)

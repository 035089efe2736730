"""From the upload to the last page: real PostgreSQL, and the real cage where a test asks for `caged`."""

import pytest
from sqlalchemy import select, text

from backend.errors import ConversionFailed, DocumentRefused, Transient
from backend.services import converting, documents
from backend.store.document_tables import document_page
from tests import documents as files
from tests.services.desks import Broken

JPEG = b"\xff\xd8\xff"


def test_a_pdf_becomes_pages_with_images_words_and_a_cover(caged):
    record = caged.store(files.saved(files.pdf(3)))
    version = record.shown
    assert (version.state, version.type, version.pages, version.ready_pages) == ("ready", "pdf", 3, 3)
    assert version.pdf_digest == version.digest
    assert [page.number for page in record.pages] == [1, 2, 3]
    assert [image["asked_width"] for image in record.pages[0].images] == list(converting.WIDTHS)
    for image in record.pages[2].images:
        assert len(caged.blobs.read(caged.tenant.workspace_id, image["digest"])) == image["bytes"]
    cover = caged.blobs.read(caged.tenant.workspace_id, version.cover_digest)
    assert cover.startswith(JPEG)
    found = caged.conn.execute(select(document_page.c.text, document_page.c.words)).all()
    assert found[1].text.startswith("Proposal, page 2")
    assert found[1].words[0][4:] == ["Proposal,", 0]


def test_the_original_stays_as_it_was(caged):
    content = files.word(2)
    record = caged.store(content, "Offer.docx")
    assert caged.blobs.read(caged.tenant.workspace_id, record.shown.digest) == content
    assert caged.blobs.read(caged.tenant.workspace_id, record.shown.pdf_digest).startswith(b"%PDF")


def test_office_files_become_pages(caged):
    record = caged.store(files.slides(1), "Deck.pptx")
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
def test_what_cannot_be_a_document_is_turned_away_with_a_sentence(caged, tmp_path, kind, rule):
    record = caged.store(files.write(tmp_path, kind).read_bytes(), kind)
    [version] = record.versions
    assert (version.state, version.rule) == ("refused", rule)
    assert version.sentence.endswith(".")
    assert record.shown is None
    assert [(each.state, each.sentence) for each in caged.listed()] == [("refused", version.sentence)]


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
    converting.convert(desk.database, desk.blobs, desk.reader, (desk.tenant.workspace_id, newest.id))
    desk.convert()
    record = desk.get(document_id)
    assert [version.state for version in record.versions] == ["ready", "ready"]
    assert record.shown.number == 2


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


def test_progress_tells_of_the_newest_version(desk):
    document_id = desk.upload(files.saved(files.pdf(2)))
    [told] = documents.progress_of(desk.conn, *desk.me, [document_id])
    assert (told.state, told.pages, told.ready_pages) == ("waiting", None, 0)
    desk.convert()
    [told] = documents.progress_of(desk.conn, *desk.me, [document_id])
    assert (told.state, told.pages, told.ready_pages) == ("ready", 2, 2)

"""Files made to do harm, beyond what is merely broken: each is told truly or turned away, and nothing of it runs."""

import pytest

from backend.adapters import containers, documents, pdf
from backend.domain.documents import MAX_PARTS
from backend.errors import DocumentRefused
from tests import hostile_documents as hostile


@pytest.fixture
def kept(tmp_path):
    def keep(content: bytes, name: str = "document.pdf"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return keep


@pytest.mark.parametrize(
    ("box", "more"),
    [
        (b"0 0 100000 100000", b""),
        (b"0 0 10000000000 10000000000", b""),
        (b"0 0 0 0", b""),
        (b"0 0 0.001 800", b""),
        (b"0 0 80000 0.01", b""),
        (b"600 800 0 0", b""),
        (b"0 0 1e400 -1e400", b""),
        (b"0 0 600 800", b"/UserUnit 100000"),
    ],
)
def test_a_page_of_an_absurd_size_becomes_an_image_of_a_sane_one(kept, box, more):
    (page,) = pdf.render(kept(hostile.sized(box, more)), [1], (320, 1200), 480)
    assert page.width_pt > 0 and page.height_pt > 0
    for image in (*page.images, page.cover):
        assert 1 <= image.width <= 1200 and 1 <= image.height <= 16_000


@pytest.mark.parametrize(
    "content",
    [
        hostile.counted(b"<</Type/Pages/Kids[2 0 R]/Count 5>>"),
        hostile.counted(b"<</Type/Pages/Kids[3 0 R]/Count 100000000>>"),
        hostile.counted(b"<</Type/Pages/Kids[3 0 R]/Count -3>>"),
        hostile.counted(b"2 0 R"),
        hostile.table_that_leads_to_itself(),
    ],
)
def test_a_file_that_leads_in_circles_or_lies_about_its_pages_is_damaged(kept, content):
    assert pdf.inspect(kept(content)).damaged


def test_a_page_that_is_its_own_parent_is_refused(kept):
    path = kept(hostile.counted(b"<</Type/Pages/Kids[3 0 R]/Count 1/Parent 3 0 R>>"))
    with pytest.raises(DocumentRefused) as refused:
        list(documents.render(documents.prepare(path, path.name), (320,)))
    assert refused.value.reason == "unreadable"


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (hostile.starts_a_program, "launches"),
        (hostile.script_by_another_spelling, "scripts"),
        (hostile.packed_script, "scripts"),
        (hostile.attachment, "attachments"),
    ],
)
def test_what_a_pdf_carries_besides_pages_is_found_wherever_it_hides(kept, make, found):
    assert getattr(pdf.inspect(kept(make())), found)


def test_a_page_that_unpacks_to_many_megabytes_is_shown(kept):
    path = kept(hostile.packed_twice())
    (page,) = documents.render(documents.prepare(path, path.name), (320,))
    assert page.kind == "text"


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (hostile.calls_a_program, "outside"),
        (hostile.includes_a_file, "outside"),
        (hostile.template_from_elsewhere, "outside"),
        (hostile.video_from_elsewhere, "outside"),
        (hostile.packaged_program, "attachments"),
    ],
)
def test_what_an_office_file_reaches_for_or_carries_is_found(kept, make, found):
    contents = containers.inspect(kept(make(), "document.docx"))
    assert getattr(contents, found)
    assert not contents.damaged


def test_an_archive_of_parts_without_end_is_told_by_their_number(kept):
    assert containers.inspect(kept(hostile.parts_without_end())).parts > MAX_PARTS


def test_a_file_that_is_to_be_included_is_not_and_names_that_lead_out_lead_nowhere(kept, tmp_path):
    path = kept(hostile.names_that_lead_out(hostile.includes_a_file()), "offer.docx")
    (page,) = documents.render(documents.prepare(path, path.name), (320,))
    words = " ".join(word.text for word in page.words)
    assert "as it was" in words
    assert "PATH=" not in words
    assert [each.name for each in tmp_path.iterdir()] == ["offer.docx"]


def test_entities_of_entities_are_refused(kept):
    path = kept(hostile.entities_of_entities(), "offer.docx")
    with pytest.raises(DocumentRefused) as refused:
        documents.prepare(path, path.name)
    assert refused.value.reason == "unreadable"

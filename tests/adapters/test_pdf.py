"""PDFs become pages: images that fit, words and links in their places; hostile ones become a reason."""

import json

import pymupdf
import pytest
import pyvips

from backend.adapters import documents, pdf
from backend.adapters.cage import Cage
from backend.errors import ConversionFailed, DocumentRefused
from tests import documents as made

THUMBNAIL, SCREEN = 320, 1200
SOUND = {"kind": "text", "width_pt": 9, "height_pt": 9, "images": [[320, 9, 9, "webp"]], "words": [], "links": []}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pdf")


@pytest.fixture(scope="module")
def shown(folder):
    """Render a kind once, whoever asks."""
    known = {}

    def show(kind):
        if kind not in known:
            ready = documents.prepare(made.write(folder, kind), kind)
            known[kind] = ready, list(documents.render(ready, (THUMBNAIL, SCREEN)))
        return known[kind]

    return show


def test_pages_come_in_order_with_an_image_for_each_width(shown):
    ready, pages = shown("three.pdf")
    assert ready.facts.found == "pdf" and ready.facts.pages == 3
    assert [page.number for page in pages] == [1, 2, 3]
    for page in pages:
        assert [(image.asked_width, image.width) for image in page.images] == [(320, 320), (1200, 1200)]
        for image in page.images:
            decoded = pyvips.Image.new_from_buffer(image.content, "")
            assert (decoded.width, decoded.height) == (image.width, image.height)
            assert abs(image.height / image.width - page.height_pt / page.width_pt) < 0.01


def test_only_the_pages_asked_for_are_made(shown):
    ready, _ = shown("three.pdf")
    assert [page.number for page in documents.render(ready, (THUMBNAIL,), numbers=(3, 1))] == [3, 1]


def test_text_is_kept_without_loss_and_photographs_are_not(shown):
    _, (text, *_) = shown("three.pdf")
    assert (text.kind, text.images[1].format) == ("text", "webp")
    with pymupdf.open(stream=made.saved(made.pdf(3))) as document:
        raster = document[0].get_pixmap(matrix=pymupdf.Matrix(1200 / 595, 1200 / 595), alpha=False)
    assert pyvips.Image.new_from_buffer(text.images[1].content, "").write_to_memory() == raster.samples
    _, (both,) = shown("pictures.pdf")
    assert (both.kind, both.images[1].format) == ("mixed", "webp")


def test_a_page_that_is_a_photograph_is_a_jpeg(tmp_path):
    document = pymupdf.open()
    document.new_page(width=400, height=300).insert_image((0, 0, 400, 300), stream=made.photograph(400, 300))
    (tmp_path / "photo.pdf").write_bytes(made.saved(document))
    (page,) = documents.render(documents.prepare(tmp_path / "photo.pdf", "photo.pdf"), (800,))
    assert (page.kind, page.images[0].format) == ("photograph", "jpeg")


def test_words_stand_where_they_are_drawn(shown):
    _, (first, *_) = shown("three.pdf")
    heading = first.words[:3]
    assert [word.text for word in heading] == ["Proposal,", "page", "1"]
    assert {word.line for word in heading} == {0} and first.words[3].line == 1
    box = heading[0].box
    assert box.left == pytest.approx(50 / 595, abs=0.002)
    assert box.top < 60 / 842 < box.bottom + 0.01 and box.right < 0.4


def test_right_to_left_words_are_in_reading_order(shown):
    _, (page,) = shown("rtl.pdf")
    assert " ".join(word.text for word in page.words) == made.HEBREW
    assert page.words[0].box.left > page.words[1].box.left


def test_mixed_and_turned_pages_keep_their_shapes(shown):
    _, pages = shown("mixed-sizes.pdf")
    assert [(page.width_pt, page.height_pt) for page in pages] == [(595, 842), (842, 595), (842, 595), (200, 14400)]
    turned, long = pages[2], pages[3]
    assert turned.words[0].text == "Turned" and turned.words[0].box.left > 0.9
    assert turned.links[0].box.left > 0.9 and turned.links[0].box.top == pytest.approx(50 / 595, abs=0.002)
    assert long.images[1].height <= 16_000 and long.images[1].width < 1200


@pytest.mark.parametrize(
    ("size", "shown"),
    [((595, 842), (480, 679)), ((200, 14_400), (480, 864)), ((3000, 300), (480, 192)), ((960, 540), (480, 270))],
)
def test_the_cover_of_a_very_long_or_wide_page_is_cropped(tmp_path, size, shown):
    document = pymupdf.open()
    page = document.new_page(width=size[0], height=size[1])
    page.draw_rect(pymupdf.Rect(0, 0, size[0], 20), fill=(1, 0, 0), color=None)
    (tmp_path / "long.pdf").write_bytes(made.saved(document))
    (rendered,) = pdf.render(tmp_path / "long.pdf", [1], (THUMBNAIL,), 480)
    picture = pyvips.Image.new_from_buffer(rendered.cover.content, "")
    assert (rendered.cover.width, rendered.cover.height) == (picture.width, picture.height)
    assert (picture.width, picture.height) == pytest.approx(shown, abs=1)
    red, green, _ = picture(picture.width // 2, 1)
    assert red > 200 > 60 > green


def test_links_that_do_harm_are_dropped_and_said_so(shown):
    ready, (first, _) = shown("active.pdf")
    assert {link.uri for link in first.links} == {"https://encom.com/offer?a=1", None}
    assert [link.page for link in first.links if link.page] == [2]
    assert ready.facts.scripts and ready.facts.launches and ready.facts.attachments


def test_a_cut_off_file_is_repaired_and_said_so(shown):
    ready, pages = shown("cut-off.pdf")
    assert ready.facts.repaired and len(pages) == ready.facts.pages


def test_a_file_that_only_forbids_printing_is_shown(shown):
    assert len(shown("no-printing.pdf")[1]) == 1


def test_an_image_of_a_gigabyte_does_no_harm(folder):
    ready = documents.prepare(made.write(folder, "image-bomb.pdf"), "image-bomb.pdf")
    assert len(list(documents.render(ready, (THUMBNAIL,)))) == 1


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("locked.pdf", "encrypted"),
        ("rubbish.pdf", "damaged"),
        ("no-pages.pdf", "no_pages"),
        ("ten-thousand.pdf", "too_many_pages"),
        ("empty.pdf", "empty"),
        ("picture.pdf", "not_a_document"),
        ("program.pdf", "not_a_document"),
        ("web-page.doc", "not_a_document"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_its_reason(folder, kind, reason):
    with pytest.raises(DocumentRefused) as refused:
        documents.prepare(made.write(folder, kind), kind)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "told",
    [b"rubbish", b"[]", b'{"found": 7}', b"\xff\xfe"],
)
def test_a_prisoner_that_lies_about_facts_only_harms_its_own_file(folder, monkeypatch, told):
    monkeypatch.setattr(Cage, "lines", lambda *_: iter([told]))
    with pytest.raises(DocumentRefused) as refused:
        documents.prepare(made.write(folder, "three.pdf"), "three.pdf")
    assert refused.value.reason == "unreadable"


@pytest.mark.parametrize(
    "page",
    [
        b"{}",
        b"7",
        json.dumps(SOUND).encode(),  # but its image is none
        json.dumps(SOUND | {"images": [[320, 9, 9, "html"]]}).encode(),
        json.dumps(SOUND | {"images": [[9, 9, 9, "webp"]]}).encode(),
        json.dumps(SOUND | {"kind": "<b>"}).encode(),
        json.dumps(SOUND | {"words": [[0]]}).encode(),
    ],
)
def test_a_prisoner_that_lies_about_pages_only_harms_its_own_file(shown, monkeypatch, page):
    ready, _ = shown("three.pdf")

    def lines(cage, *_):
        cage.put(page, "1.json")
        cage.put(b"<script>", "1-320")
        yield b"1"

    monkeypatch.setattr(Cage, "lines", lines)
    with pytest.raises(DocumentRefused):
        list(documents.render(ready, (THUMBNAIL,)))


def test_where_our_own_program_breaks_the_file_is_not_blamed(shown, monkeypatch):
    ready, _ = shown("three.pdf")
    monkeypatch.setattr(documents, "_WORK", "backend.no_such_module")
    with pytest.raises(ConversionFailed):
        list(documents.render(ready, (THUMBNAIL,)))

"""Office files become pages by LibreOffice in the cage: what they carry besides neither runs nor is fetched."""

import http.server
import threading

import pytest

from backend.adapters import documents, office
from backend.errors import ConversionFailed, DocumentRefused
from tests import documents as made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The offer and the deck in all six formats."""
    folder = tmp_path_factory.mktemp("office")
    for target in ("doc", "odt"):
        made.by_libreoffice(folder, made.write(folder, "offer.docx"), target)
    for target in ("ppt", "odp"):
        made.by_libreoffice(folder, made.write(folder, "deck.pptx"), target)
    return folder


def texts(ready):
    return [" ".join(word.text for word in page.words) for page in documents.render(ready, (320,))]


@pytest.mark.parametrize("kind", ["doc", "docx", "odt"])
def test_text_documents_become_pages(folder, kind):
    ready = documents.prepare(folder / f"offer.{kind}", f"offer.{kind}")
    pages = texts(ready)
    assert ready.facts.found == kind and len(pages) == ready.facts.pages == 2
    assert pages[0].startswith("An offer to ENCOM")


@pytest.mark.parametrize("kind", ["ppt", "pptx", "odp"])
def test_presentations_become_pages(folder, kind):
    ready = documents.prepare(folder / f"deck.{kind}", f"deck.{kind}")
    pages = texts(ready)
    assert ready.facts.found == kind and len(pages) == 4
    assert [page[:7] for page in pages] == ["Slide 1", "Slide 2", "Slide 3", "Slide 4"]


def test_macros_are_dropped_and_said_so(folder):
    ready = documents.prepare(made.write(folder, "macros.docx"), "macros.docx")
    assert ready.facts.macros and ready.facts.pages == 1


def test_a_picture_from_elsewhere_is_not_fetched(tmp_path):
    asked = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)

    server = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/pixel.png"
    (tmp_path / "outside.docx").write_bytes(made.word_with_outside_picture(url))
    ready = documents.prepare(tmp_path / "outside.docx", "outside.docx")
    server.shutdown()
    server.server_close()
    assert ready.facts.outside and ready.facts.pages == 1
    assert asked == []


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("zip-bomb.docx", "unpacks_too_big"), ("cut-off.docx", "damaged"), ("locked.docx", "encrypted")],
)
def test_what_cannot_be_shown_is_refused_with_its_reason(folder, kind, reason):
    with pytest.raises(DocumentRefused) as refused:
        documents.prepare(made.write(folder, kind), kind)
    assert refused.value.reason == reason


def test_a_locked_opendocument_is_refused(folder):
    path = folder / "locked.odt"
    path.write_bytes(made.locked_odt((folder / "offer.odt").read_bytes()))
    with pytest.raises(DocumentRefused) as refused:
        documents.prepare(path, path.name)
    assert refused.value.reason == "encrypted"


def test_a_document_whose_text_is_no_xml_is_refused(tmp_path):
    path = tmp_path / "broken.docx"
    path.write_bytes(made.changed_zip(made.word(1), {"word/document.xml": (b"<w:body>", b"<w:body")}, {}))
    with pytest.raises(DocumentRefused) as refused:
        documents.prepare(path, path.name)
    assert refused.value.reason == "unreadable"


def test_a_pdf_that_is_called_docx_is_a_pdf(folder):
    assert documents.prepare(made.write(folder, "really-a-pdf.docx"), "really-a-pdf.docx").facts.found == "pdf"


def test_without_libreoffice_the_fault_is_ours(folder, monkeypatch, tmp_path):
    monkeypatch.setattr(office, "_PROGRAM", tmp_path)
    with pytest.raises(ConversionFailed):
        documents.prepare(folder / "offer.docx", "offer.docx")

"""Documents to upload, good and bad, each made here: no third party's file is in the repository.

`write(folder, kind)` makes one of `PDF_KINDS` or `OFFICE_KINDS`. The Office formats that no Python library writes are
made by LibreOffice from those that one does.
"""

import io
import random
import struct
import subprocess
import zipfile
import zlib
from functools import cache
from pathlib import Path

import docx
import msoffcrypto
import pptx
import pymupdf
from pptx.util import Inches, Pt

from backend.adapters import office

TEXT = "the quarterly forecast shows a margin that grows where customers renew early and support answers soon"
WORDS = TEXT.split()
HEBREW = "שלום עולם"
VBA = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 not really, and nobody should look"


def lorem(count: int, seed: int = 1) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(WORDS) for _ in range(count))


@cache
def photograph(width: int = 800, height: int = 600) -> bytes:
    """A picture with grain, as a camera makes it: a PNG."""
    rng = random.Random(7)
    rows = bytearray()
    for y in range(height):
        rows += b"\0"
        for x in range(width):
            light = (x * 160 // width) + (y * 60 // height)
            grain = rng.getrandbits(15)
            rows += bytes((light + (grain & 31), light + (grain >> 5 & 31), light // 2 + (grain >> 10 & 31)))
    return _png(width, height, bytes(rows))


def _png(width: int, height: int, rows: bytes, depth: int = 8, colour: int = 2) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")


def pdf(pages: int, picture: bytes | None = None) -> pymupdf.Document:
    """A proposal of so many pages; with a picture on each where one is given."""
    document = pymupdf.open()
    for number in range(1, pages + 1):
        page = document.new_page()
        page.insert_text((50, 60), f"Proposal, page {number}", fontsize=22)
        page.insert_textbox((50, 450 if picture else 90, 545, 790), lorem(200 if picture else 400, number), fontsize=10)
        if picture:
            page.insert_image((50, 90, 545, 430), stream=picture)
    return document


def saved(document: pymupdf.Document, **options: object) -> bytes:
    return document.tobytes(**options)


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1, the first being the catalog; with a correct table of them."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def _stream(content: bytes, rest: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(content), rest, content)


def image_bomb() -> bytes:
    """A page with an image of 20,000 by 20,000 pixels: 1.2 GB, in a few kB."""
    image = b"/Type/XObject/Subtype/Image/Width 20000/Height 20000/ColorSpace/DeviceRGB/BitsPerComponent 8"
    return raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 600]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
        _stream(b"600 0 0 600 0 0 cm /I Do"),
        _stream(zlib.compress(b"\x81\x00" * (10 << 20)), image + b"/Filter[/FlateDecode/RunLengthDecode]"),
    )


def endless_page() -> bytes:
    """A page that draws itself over and over, ten to the eleventh times."""
    forms = [
        _stream(
            b"/N Do " * 10, b"/Type/XObject/Subtype/Form/BBox[0 0 600 600]/Resources<</XObject<</N %d 0 R>>>>" % (n + 1)
        )
        for n in range(5, 15)
    ]
    return raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 600]/Contents 4 0 R/Resources<</XObject<</N 5 0 R>>>>>>",
        _stream(b"/N Do " * 10),
        *forms,
        _stream(b"0 0 600 600 re f " * 200, b"/Type/XObject/Subtype/Form/BBox[0 0 600 600]"),
    )


def nested_page(depth: int) -> bytes:
    """A page of groups within groups, deeper than any reader goes."""
    group = b"/Type/XObject/Subtype/Form/BBox[0 0 600 600]/Group<</S/Transparency>>"
    inner = [_stream(b"/N Do", group + b"/Resources<</XObject<</N %d 0 R>>>>" % (n + 1)) for n in range(5, 5 + depth)]
    return raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 600]/Contents 4 0 R/Resources<</XObject<</N 5 0 R>>>>>>",
        _stream(b"/N Do"),
        *inner,
        _stream(b"0 0 600 600 re f", group),
    )


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>"
    return raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count), *[page] * count
    )


def active_pdf() -> bytes:
    """JavaScript when it is opened, a link that starts a program, one that runs a script, and good ones."""
    document = pdf(2)
    page = document[0]
    for row, uri in enumerate(("https://encom.com/offer?a=1", "javascript:app.alert(1)", "file:///etc/passwd")):
        box = pymupdf.Rect(50, 100 + 40 * row, 200, 130 + 40 * row)
        page.insert_link({"kind": pymupdf.LINK_URI, "from": box, "uri": uri})
    page.insert_link({"kind": pymupdf.LINK_GOTO, "from": pymupdf.Rect(50, 300, 200, 330), "page": 1})
    page.insert_link({"kind": pymupdf.LINK_LAUNCH, "from": pymupdf.Rect(50, 340, 200, 370), "file": "calc.exe"})
    script = document.get_new_xref()
    document.update_object(script, "<</S/JavaScript/JS(app.launchURL\\('http://evil.example'\\))>>")
    document.xref_set_key(document.pdf_catalog(), "OpenAction", f"{script} 0 R")
    document.embfile_add("list.txt", b"attached")
    return saved(document)


def mixed_sizes() -> bytes:
    document = pymupdf.open()
    document.new_page(width=595, height=842).insert_text((50, 60), "Portrait")
    document.new_page(width=842, height=595).insert_text((50, 60), "Landscape")
    turned = document.new_page(width=595, height=842)
    turned.insert_text((50, 60), "Turned")
    turned.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(50, 40, 100, 70), "uri": "https://encom.com/"})
    turned.set_rotation(90)
    document.new_page(width=200, height=14400).insert_text((10, 60), "Long")
    return saved(document)


def right_to_left() -> bytes:
    document = pymupdf.open()
    document.new_page().insert_htmlbox((50, 50, 545, 300), f'<p dir="rtl" style="font-size:24px">{HEBREW}</p>')
    return saved(document)


@cache
def word(paragraphs: int = 12) -> bytes:
    document = docx.Document()
    document.add_heading("An offer to ENCOM", 1)
    for number in range(paragraphs):
        document.add_paragraph(lorem(80, number))
    return _office(document)


@cache
def slides(count: int, picture: bytes | None = None) -> bytes:
    presentation = pptx.Presentation()
    for number in range(1, count + 1):
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = f"Slide {number}"
        text = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(7), Inches(3)).text_frame
        text.word_wrap = True
        text.text = lorem(40, number)
        text.paragraphs[0].font.size = Pt(20)
        if picture and number % 4 == 0:
            slide.shapes.add_picture(io.BytesIO(picture), Inches(5), Inches(4), Inches(3))
    return _office(presentation)


def _office(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def changed_zip(content: bytes, change: dict[str, tuple[bytes, bytes]], add: dict[str, bytes]) -> bytes:
    """The archive with parts edited (old, new) and parts added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            before, after = change.get(part.filename, (b"", b""))
            new.writestr(part, old.read(part).replace(before, after) if before else old.read(part))
        for name, extra in add.items():
            new.writestr(name, extra)
    return out.getvalue()


def word_with_macros() -> bytes:
    plain, active = b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml"
    types = (b"application/vnd.openxmlformats-officedocument." + plain, b"application/vnd." + active)
    return changed_zip(word(3), {"[Content_Types].xml": types}, {"word/vbaProject.bin": VBA})


def word_with_outside_picture(url: str) -> bytes:
    """The document's picture is to be fetched from the web when it is opened."""
    document = docx.Document()
    document.add_paragraph("A picture from elsewhere:")
    document.add_picture(io.BytesIO(_png(8, 8, (b"\0" + b"\xff\0\0" * 8) * 8)))
    content = _office(document)
    here = b'Target="media/image1.png"'
    there = b'Target="%s" TargetMode="External"' % url.encode()
    linked = changed_zip(content, {"word/_rels/document.xml.rels": (here, there)}, {})
    return changed_zip(linked, {"word/document.xml": (b"r:embed=", b"r:link=")}, {})


def zip_bomb() -> bytes:
    """A Word file of 3 MB whose text unpacks to 600 MB."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(word(1))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for part in old.infolist():
            if part.filename != "word/document.xml":
                new.writestr(part, old.read(part))
        with new.open("word/document.xml", "w", force_zip64=True) as text:
            for _ in range(600):
                text.write(bytes(1 << 20))
    return out.getvalue()


def locked_word() -> bytes:
    out = io.BytesIO()
    office = msoffcrypto.OfficeFile(io.BytesIO(word(2)))
    office.encrypt("secret", out)
    return out.getvalue()


def locked_odt(plain: bytes) -> bytes:
    entry = (b'manifest:full-path="content.xml"', b'manifest:full-path="content.xml" manifest:size="1"')
    found = changed_zip(plain, {"META-INF/manifest.xml": entry}, {})
    tail = (b"</manifest:manifest>", b"<!-- --><manifest:encryption-data/></manifest:manifest>")
    return changed_zip(found, {"META-INF/manifest.xml": tail}, {})


def by_libreoffice(folder: Path, source: Path, target: str) -> Path:
    """Save a file in another of LibreOffice's formats."""
    office.write_profile(folder / "profile")
    command = office.command(f"file://{folder}/profile", str(folder), target)
    subprocess.run([*command, str(source)], capture_output=True, check=True)
    return folder / f"{source.stem}.{target}"


PDF_KINDS = {
    "three.pdf": lambda: saved(pdf(3)),
    "pictures.pdf": lambda: saved(pdf(1, photograph())),
    "mixed-sizes.pdf": mixed_sizes,
    "active.pdf": active_pdf,
    "rtl.pdf": right_to_left,
    "locked.pdf": lambda: saved(pdf(1), encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="owner"),
    "no-printing.pdf": lambda: saved(pdf(1), encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="", owner_pw="owner"),
    "cut-off.pdf": lambda: (whole := saved(pdf(6)))[: len(whole) * 2 // 3],
    "rubbish.pdf": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40,
    "no-pages.pdf": lambda: raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"),
    "ten-thousand.pdf": lambda: many_pages(10_000),
    "image-bomb.pdf": image_bomb,
    "empty.pdf": lambda: b"",
    "picture.pdf": lambda: photograph(40, 30),
    "program.pdf": lambda: b"MZ" + bytes(2000),
    "web-page.doc": lambda: b"<!DOCTYPE html><html><body>Not a document</body></html>",
}
OFFICE_KINDS = {
    "offer.docx": word,
    "deck.pptx": lambda: slides(4),
    "macros.docx": word_with_macros,
    "zip-bomb.docx": zip_bomb,
    "cut-off.docx": lambda: (whole := word(3))[: len(whole) // 2],
    "locked.docx": locked_word,
    "really-a-pdf.docx": lambda: saved(pdf(1)),
}


def write(folder: Path, name: str) -> Path:
    """Make one of the kinds above as a file."""
    path = folder / name
    if not path.exists():
        path.write_bytes((PDF_KINDS | OFFICE_KINDS)[name]())
    return path

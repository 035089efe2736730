"""Files that somebody made to do harm, or that came out so: each a few bytes, each made here."""

import zlib

import pymupdf

from backend.domain.documents import MAX_PARTS
from tests import documents as made

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CATALOG, _TREE = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>"


def sized(box: bytes, more: bytes = b"") -> bytes:
    """One page of this size."""
    return made.raw_pdf(_CATALOG, _TREE, b"<</Type/Page/Parent 2 0 R/MediaBox[%s]%s>>" % (box, more))


def counted(tree: bytes) -> bytes:
    """A tree of pages that says something untrue of itself."""
    return made.raw_pdf(_CATALOG, tree, _PAGE)


def table_that_leads_to_itself() -> bytes:
    body = made.saved(made.pdf(1)).rsplit(b"startxref", 1)[0]
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 9/Root 1 0 R/Prev %d>>\n" % len(body)
    return body + table + b"startxref\n%d\n%%%%EOF" % len(body)


def starts_a_program() -> bytes:
    return made.raw_pdf(b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/Launch/F(/bin/sh)>>>>", _TREE, _PAGE)


def script_by_another_spelling() -> bytes:
    script = b"<</S/J#61vaScript/J#53(app.alert\\(1\\))>>"
    return made.raw_pdf(b"<</Type/Catalog/Pages 2 0 R/OpenAction%s>>" % script, _TREE, _PAGE)


def packed_script() -> bytes:
    document = made.pdf(1)
    script = document.get_new_xref()
    document.update_object(script, "<</S/JavaScript/JS(app.alert\\(1\\))>>")
    document.xref_set_key(document.pdf_catalog(), "OpenAction", f"{script} 0 R")
    return document.tobytes(use_objstms=1, deflate=True)


def attachment() -> bytes:
    document: pymupdf.Document = made.pdf(1)
    document.embfile_add("calc.exe", b"MZ" * 100)
    return made.saved(document)


def packed_twice() -> bytes:
    """64 MB of nothing as a page's content, in some hundred bytes."""
    content = zlib.compress(zlib.compress(bytes(64 << 20), 9), 9)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R>>"
    stream = b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>\nstream\n%s\nendstream" % (len(content), content)
    return made.raw_pdf(_CATALOG, _TREE, page, stream)


def _field(instruction: str) -> bytes:
    field = f'<w:p><w:fldSimple w:instr="{instruction}"><w:r><w:t>as it was</w:t></w:r></w:fldSimple></w:p><w:sectPr'
    return made.changed_zip(made.word(1), {"word/document.xml": (b"<w:sectPr", field.encode())}, {})


def calls_a_program() -> bytes:
    return _field("DDEAUTO c:\\\\windows\\\\cmd.exe &quot;/k calc&quot;")


def includes_a_file() -> bytes:
    return _field("INCLUDETEXT &quot;/proc/self/environ&quot;")


def template_from_elsewhere() -> bytes:
    told = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/attachedTemplate" Target="http://127.0.0.1:9/t.dotm" '
        'TargetMode="External"/></Relationships>'
    )
    return made.changed_zip(made.word(1), {}, {"word/_rels/settings.xml.rels": told.encode()})


def video_from_elsewhere() -> bytes:
    video = f'<Relationship Id="rId9" Type="{_RELATIONS}/video" Target="file:///etc/passwd" TargetMode="External"/>'
    there = (b"</Relationships>", video.encode() + b"</Relationships>")
    return made.changed_zip(made.slides(1), {"ppt/slides/_rels/slide1.xml.rels": there}, {})


def packaged_program() -> bytes:
    return made.changed_zip(made.word(1), {}, {"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0" + bytes(200)})


def names_that_lead_out(content: bytes) -> bytes:
    return made.changed_zip(content, {}, {"../../../../tmp/evil.txt": b"x", "/etc/evil": b"x"})


def parts_without_end() -> bytes:
    return made.changed_zip(made.word(1), {}, {f"word/media/{number}": b"" for number in range(MAX_PARTS)})


def entities_of_entities() -> bytes:
    entities = b"".join(
        b'<!ENTITY %s "%s">' % (bytes([98 + step]), b"&%s;" % bytes([97 + step]) * 20) for step in range(10)
    )
    declared = b'?>\n<!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">%s]>' % entities
    whole = made.changed_zip(made.word(1), {"word/document.xml": (b"<w:body>", b"<w:body><w:p>&k;</w:p>")}, {})
    return made.changed_zip(whole, {"word/document.xml": (b"?>\n", declared)}, {})

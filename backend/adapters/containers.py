"""What is in a file, by its content and never by its name? Told without unpacking more of it than a few small parts.

It runs inside the cage only. A modern Office file or OpenDocument is a ZIP archive, an old Office file a compound file
(OLE); what they hold besides pages (macros, references to the outside, a password) is looked for here.
"""

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import olefile

_PDF_WITHIN = 1024
_PART_BYTES = 32 << 20
_MAGIC = (
    (b"PK\x05\x06", "zip"),
    (b"{\\rtf", "rtf"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"#!", "program"),
    (b"\xff\xd8\xff", "image"),
    (b"\x89PNG", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"BM", "image"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
)
_OFFICE_TYPES = (
    (b"wordprocessingml.document.main", "docx"),
    (b"ms-word.document.macroenabled.main", "docx"),
    (b"wordprocessingml.template.main", "docx"),
    (b"presentationml.presentation.main", "pptx"),
    (b"ms-powerpoint.presentation.macroenabled.main", "pptx"),
    (b"presentationml.slideshow.main", "pptx"),
    (b"presentationml.template.main", "pptx"),
    (b"spreadsheetml", "xlsx"),
)
_OPEN_TYPES = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.text-template": "odt",
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/vnd.oasis.opendocument.presentation-template": "odp",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
}
_EXTERNAL = re.compile(rb"<Relationship\b[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>", re.IGNORECASE)
_ONLY_A_LINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", re.IGNORECASE)
_FIELD_OUTSIDE = re.compile(
    rb"(?:<w:instrText\b[^>]*>|w:instr\s*=\s*[\"'])\s*(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK)\b",
    re.IGNORECASE,
)
_OPEN_OUTSIDE = re.compile(
    rb"<(?:draw:(?:image|object|object-ole|plugin|fill-image)|text:section-source|style:background-image)\b"
    rb"[^>]*xlink:href\s*=\s*[\"'](?:[a-z][a-z0-9+.-]*:|\.\./|/)",
    re.IGNORECASE,
)

_TEXTS = {"word/document.xml": _FIELD_OUTSIDE, "content.xml": _OPEN_OUTSIDE, "styles.xml": _OPEN_OUTSIDE}


@dataclass(frozen=True)
class Contents:
    """What was found; see DocumentFacts for the words of `found`."""

    found: str
    encrypted: bool = False
    damaged: bool = False
    macros: bool = False
    outside: bool = False
    attachments: bool = False
    unpacked_bytes: int = 0
    parts: int = 0


def inspect(path: Path) -> Contents:
    """Find out what the file is, and what to beware of."""
    with path.open("rb") as file:
        start = file.read(4096)
        if b"%PDF-" in start[:_PDF_WITHIN]:
            return Contents("pdf")
        if start.startswith(b"PK\x03\x04"):
            return _zip(file)
        if start.startswith(olefile.MAGIC):
            return _compound(path)
    return Contents(_plainly(start))


def _plainly(start: bytes) -> str:
    for magic, found in _MAGIC:
        if start.startswith(magic):
            return found
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image"
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return "html"
    if head.startswith(b"<?xml"):
        return "xml"
    try:
        text = start[:-4].decode() if len(start) == 4096 else start.decode()  # a letter may be cut at the end
    except UnicodeDecodeError:
        return "unknown"
    return "text" if text and all(letter.isprintable() or letter in "\r\n\t\f" for letter in text) else "unknown"


def _zip(file: BinaryIO) -> Contents:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            found = _kind_of_zip(archive)
            if found == "zip":
                return Contents(found)
            unpacked = sum(part.file_size for part in parts)
            if any(part.flag_bits & 1 for part in parts) or _locked(archive):
                return Contents(found, encrypted=True)
            names = [part.filename.lower() for part in parts]
            return Contents(
                found,
                macros=_has_macros(names),
                outside=unpacked < _PART_BYTES * 8 and _refers_outside(archive),
                attachments=any("/embeddings/" in name and name.endswith(".bin") for name in names),
                unpacked_bytes=unpacked,
                parts=len(parts),
            )
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError):
        return Contents(_first_part_says(file), damaged=True)


def _kind_of_zip(archive: zipfile.ZipFile) -> str:
    mimetype = _part(archive, "mimetype").strip()
    if mimetype in _OPEN_TYPES:
        return _OPEN_TYPES[mimetype]
    types = _part(archive, "[Content_Types].xml").lower()
    for word, found in _OFFICE_TYPES:
        if word in types:
            return found
    return "zip"


def _first_part_says(file: BinaryIO) -> str:
    """What a broken archive seems to have been: its first part names it, and stands at the file's start."""
    file.seek(0)
    start = file.read(4096)
    if b"[Content_Types].xml" in start or b"word/" in start or b"_rels/" in start:
        return "pptx" if b"ppt/" in start else "docx"
    for mimetype, found in _OPEN_TYPES.items():
        if mimetype in start:
            return found
    return "zip"


def _locked(archive: zipfile.ZipFile) -> bool:
    return b"encryption-data" in _part(archive, "META-INF/manifest.xml")


def _has_macros(names: Iterable[str]) -> bool:
    return any(name.endswith("vbaproject.bin") or name.startswith(("basic/", "scripts/")) for name in names)


def _refers_outside(archive: zipfile.ZipFile) -> bool:
    for part in archive.infolist():
        if part.filename.endswith(".rels"):
            references = _EXTERNAL.findall(_part(archive, part.filename))
            if any(not _ONLY_A_LINK.search(reference) for reference in references):
                return True
        elif part.filename in _TEXTS and _TEXTS[part.filename].search(_part(archive, part.filename)):
            return True
    return False


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """The start of a part, as far as we are willing to unpack it; empty where there is none."""
    try:
        with archive.open(name) as part:
            return part.read(_PART_BYTES)
    except (KeyError, RuntimeError):
        return b""


def _compound(path: Path) -> Contents:
    try:
        with olefile.OleFileIO(path) as compound:
            names = {"/".join(entry).lower() for entry in compound.listdir(streams=True, storages=True)}
            macros = any(name.split("/")[0] in ("macros", "_vba_project_cur") or "vba" in name for name in names)
            if "encryptedpackage" in names:
                return Contents("docx", encrypted=True)
            if "worddocument" in names:
                head = compound.openstream("WordDocument").read(12)
                return Contents("doc", encrypted=len(head) == 12 and bool(head[11] & 1), macros=macros)
            if "powerpoint document" in names:
                return Contents("ppt", encrypted=_locked_slides(compound), macros=macros)
            if names & {"workbook", "book"}:
                return Contents("xls")
            if "__properties_version1.0" in names:
                return Contents("mail")
            return Contents("unknown")
    except (OSError, ValueError, IndexError, TypeError):  # what olefile says of a broken file
        return Contents("doc", damaged=True)


def _locked_slides(compound: "olefile.OleFileIO") -> bool:
    """[MS-PPT] 2.3.2 CurrentUserAtom: headerToken F3D1C4DF says that the document is encrypted."""
    if not compound.exists("Current User"):
        return False
    head: bytes = compound.openstream("Current User").read(16)
    return head[12:16] == b"\xdf\xc4\xd1\xf3"

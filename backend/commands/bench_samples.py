"""Which documents are measured? Written here, byte by byte: text, slides, photographs, and both on one page.

The same words and pictures every time, so that two runs can be compared.
"""

import random
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from backend.adapters import alternatives, office

_WORDS = "the quarterly forecast shows a margin that grows where customers renew early and support answers soon"
_A4 = (595, 842)
_LINE_LETTERS = 105
_PICTURE = 4  # the number of the object that holds the photograph; 3 is the font


def write_text(path: Path, pages: int) -> None:
    """Pages full of words."""
    _write_pdf(path, _A4, [_heading(n) + _lines(n, 480, 760) for n in range(1, pages + 1)])


def write_mixed(path: Path, pages: int) -> None:
    """A photograph above words."""
    picture = "q 495 0 0 371 50 392 cm /P Do Q "
    _write_pdf(path, _A4, [_heading(n) + picture + _lines(n, 200, 370) for n in range(1, pages + 1)])


def write_photographs(path: Path, pages: int) -> None:
    """Nothing but a photograph a page."""
    _write_pdf(path, (800, 600), ["q 800 0 0 600 0 0 cm /P Do Q"] * pages)


def write_slides(path: Path, pages: int) -> None:
    """Coloured grounds, large letters, bars."""
    bars = "".join(f"{1 - 0.2 * bar:.1f} 0.5 0.2 rg {420 + bar * 50} 55 40 {10 + bar * 40} re f " for bar in range(5))
    ground = "0.1 0.2 0.5 rg 0 0 720 405 re f 1 1 1 rg "
    words = "BT /F 16 Tf 40 300 Td (" + ") Tj 0 -22 Td (".join(_folded(_WORDS, 44)) + ") Tj ET "
    _write_pdf(
        path, (720, 405), [f"{ground}{_text(36, 40, 335, f'Slide {n}')}{words}{bars}" for n in range(1, pages + 1)]
    )


KINDS: Mapping[str, Callable[[Path, int], None]] = {
    "text": write_text,
    "slide": write_slides,
    "photograph": write_photographs,
    "mixed": write_mixed,
}


def write_deck(path: Path, slides: int) -> None:
    """A PPTX: written as flat OpenDocument, saved as PPTX by LibreOffice."""
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"' for name, urn in (
        ("office", "office"), ("draw", "drawing"), ("text", "text"), ("svg", "svg-compatible")))  # fmt: skip
    frame = (
        '<draw:frame svg:width="20cm" svg:height="{h}cm" svg:x="2cm" svg:y="{y}cm"><draw:text-box>'
        "<text:p>{t}</text:p></draw:text-box></draw:frame>"
    )
    written = "".join(
        f'<draw:page draw:name="p{n}">'
        f"{frame.format(h=2, y=1, t=f'Slide {n}')}{frame.format(h=9, y=5, t=_WORDS)}</draw:page>"
        for n in range(1, slides + 1)
    )
    flat = path.with_suffix(".fodp")
    flat.write_text(
        f'<?xml version="1.0"?><office:document {spaces} office:version="1.2" '
        'office:mimetype="application/vnd.oasis.opendocument.presentation">'
        f"<office:body><office:presentation>{written}</office:presentation></office:body></office:document>"
    )
    with tempfile.TemporaryDirectory() as profile:
        run_office(Path(profile), "pptx", [flat], path.parent)


def run_office(profile: Path, target: str, sources: Sequence[Path], into: Path) -> None:
    """Let one LibreOffice, outside of any cage, save our own files in another format, one after the other."""
    office.write_profile(profile)
    command = office.command(f"file://{profile}", str(into), target)
    subprocess.run([*command, *map(str, sources)], capture_output=True, check=True)  # noqa: S603


def _heading(number: int) -> str:
    return _text(22, 50, 782, f"Page {number}")


def _text(size: int, left: int, bottom: int, words: str) -> str:
    return f"BT /F {size} Tf {left} {bottom} Td ({words}) Tj ET "


def _lines(seed: int, words: int, top: int) -> str:
    chosen = " ".join(random.Random(seed).choices(_WORDS.split(), k=words))  # noqa: S311 (words, no secrets)
    return f"BT /F 10 Tf 50 {top} Td (" + ") Tj 0 -13 Td (".join(_folded(chosen, _LINE_LETTERS)) + ") Tj ET "


def _folded(words: str, letters: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) > letters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _write_pdf(path: Path, size: tuple[int, int], contents: Sequence[str]) -> None:
    first = _PICTURE + 1
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(contents)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(contents)}/Kids[{kids}]/MediaBox[0 0 {size[0]} {size[1]}]"
        f"/Resources<</Font<</F 3 0 R>>/XObject<</P {_PICTURE} 0 R>>>>>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        _picture(),
    ]
    for number, content in enumerate(contents):
        objects.append(f"<</Type/Page/Parent 2 0 R/Contents {first + 2 * number + 1} 0 R>>".encode())
        objects.append(f"<</Length {len(content)}>>\nstream\n{content}\nendstream".encode())
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, written in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, written)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    path.write_bytes(out)


@cache
def _picture() -> bytes:
    content, width, height = alternatives.photograph()
    head = f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceRGB/BitsPerComponent 8"
    return f"<<{head}/Filter/DCTDecode/Length {len(content)}>>\nstream\n".encode() + content + b"\nendstream"

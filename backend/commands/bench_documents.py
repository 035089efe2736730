"""How fast do documents become pages, and how small? `python -m backend bench documents`, side by side with baselines.

Everything is measured in one run, and the ratios are what counts. It makes its own files; it measures the libraries
themselves beside our use of them, which is why it imports PyMuPDF and libvips as no other command may. It takes two or
three minutes.
"""

import itertools
import random
import resource
import shutil
import subprocess
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymupdf
import pyvips

from backend.adapters import documents, images, office
from backend.adapters.cage import what_holds

_WIDTH = 1200
_THUMBNAIL = 320
_WORDS = "the quarterly forecast shows a margin that grows where customers renew early and support answers soon"
_JPEG_QUALITIES = (50, 60, 70, 75, 80, 85, 90, 95)
_DECKS = 4


@dataclass(frozen=True)
class _Sample:
    """Pages of one kind, as pixels; the rasters are kept, because the images read them where they lie."""

    kind: str
    path: Path
    rasters: list[pymupdf.Pixmap]
    originals: list[pyvips.Image]


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `bench documents`."""
    parser.add_argument("--pages", type=int, default=500, help="pages of the longest PDF (default: 500)")


def run(args: Namespace) -> int:
    """Measure and print; always 0."""
    print(f"The cage here: {what_holds()}.")
    images.prepare()
    with tempfile.TemporaryDirectory(prefix="readback-bench-") as folder:
        here = Path(folder)
        samples = [_sample(here, kind) for kind in ("text", "slide", "photograph", "mixed")]
        _compare_formats(samples)
        _compare_renderers(samples)
        _time_to_pages(here, args.pages)
        _compare_starts(here)
    return 0


def _compare_formats(samples: Sequence[_Sample]) -> None:
    print(
        f"\nOne page at {_WIDTH} px: encoder's ms, kB, SSIM; JPEG's kB (libjpeg-turbo) at the same SSIM, and the ratio"
    )
    encoders: dict[str, Callable[[pyvips.Image], bytes]] = {
        "WebP lossless": lambda image: image.webpsave_buffer(lossless=True, Q=20, effort=1, keep="none"),
        "WebP q80": lambda image: image.webpsave_buffer(Q=80, effort=2, keep="none"),
        "AVIF q60": lambda image: image.heifsave_buffer(Q=60, effort=0, compression="av1", keep="none"),
        "JPEG q80": lambda image: image.jpegsave_buffer(Q=80, keep="none"),
        "PNG": lambda image: image.pngsave_buffer(compression=4, keep="none"),
    }
    for sample in samples:
        curve = [
            (_ssim_of(sample, made), _kilobytes(made))
            for made in (
                [image.jpegsave_buffer(Q=quality, keep="none") for image in sample.originals]
                for quality in _JPEG_QUALITIES
            )
        ]
        taken = images.encode(sample.rasters[0].samples_mv, sample.rasters[0].width, sample.rasters[0].height)
        print(f"  {sample.kind}: taken for {taken.kind}, stored as {taken.format}")
        _tell_format(sample, "ours", *_timed(_ours, sample.rasters), curve)
        _tell_format(sample, "MuPDF's JPEG q80", *_timed(_mupdf_jpeg, sample.rasters), curve)
        for name, encode in encoders.items():
            _tell_format(sample, name, *_timed(encode, sample.originals), curve)


def _tell_format(
    sample: _Sample, name: str, seconds: float, made: list[bytes], curve: list[tuple[float, float]]
) -> None:
    ssim, size = _ssim_of(sample, made), _kilobytes(made)
    jpeg = _at(ssim, curve)
    print(f"    {name:18}{seconds * 1000:7.1f} ms{size:8.0f} kB  {ssim:.4f}{jpeg:8.0f} kB{size / jpeg:7.2f}")


def _compare_renderers(samples: Sequence[_Sample]) -> None:
    print(f"\nPages a second at {_WIDTH} px, processor time, one core (ours / the other)")
    for sample in samples:
        count = len(sample.rasters)
        ours = count / _processor(sample.path, _ours)
        own = count / _processor(sample.path, _mupdf_jpeg)
        alone = count / _processor(sample.path, _nothing)
        told = f"  {sample.kind:12}ours {ours:6.1f}; PyMuPDF with its JPEG {own:6.1f} ({ours / own:.2f})"
        told += f"; its raster alone {alone:6.1f}"
        if shutil.which("pdftoppm"):
            poppler = count / _poppler(sample.path)
            told += f"; pdftoppm -jpeg {poppler:6.1f} ({ours / poppler:.2f})"
        print(told)


def _time_to_pages(here: Path, longest: int) -> None:
    print(f"\nFrom the file to pages ({_THUMBNAIL} and {_WIDTH} px, words, links), in the cage, seconds on the clock")
    for count in (3, 50, longest):
        path = here / f"{count}.pdf"
        _write_text(path, count)
        _tell_pages(f"PDF, {count} pages", path)
    _tell_pages("PPTX, 40 slides", _deck(here))


def _tell_pages(name: str, path: Path) -> None:
    began = time.perf_counter()
    ready = documents.prepare(path, path.name)
    prepared = time.perf_counter() - began
    first, count, size = 0.0, 0, 0
    for page in documents.render(ready, (_THUMBNAIL, _WIDTH)):
        first = first or time.perf_counter() - began
        count += 1
        size += len(page.images[1].content)
    last = time.perf_counter() - began
    told = f"  {name:16} ready {prepared:6.2f}  first page {first:6.2f}  last {last:7.2f}"
    print(f"{told}  {size / count / 1000:5.0f} kB a page")


def _compare_starts(here: Path) -> None:
    """A warm LibreOffice is one that has converted a file already: several files in one process show what it saves."""
    deck = _deck(here)
    one = _office_seconds(deck, 1)
    several = _office_seconds(deck, _DECKS)
    warm = (several - one) / (_DECKS - 1)
    print(f"\nLibreOffice, the same 40 slides: cold {one:.2f} s, warm {warm:.2f} s (warm / cold {warm / one:.2f})")


def _office_seconds(deck: Path, count: int) -> float:
    with tempfile.TemporaryDirectory() as profile:
        began = time.perf_counter()
        copies = [Path(shutil.copy(deck, Path(profile) / f"{number}.pptx")) for number in range(count)]
        _soffice(Path(profile), "pdf", copies, Path(profile))
        return time.perf_counter() - began


def _soffice(profile: Path, target: str, sources: Sequence[Path], into: Path) -> None:
    office.write_profile(profile)
    command = office.command(f"file://{profile}", str(into), target)
    subprocess.run([*command, *map(str, sources)], capture_output=True, check=True)  # noqa: S603


def _sample(here: Path, kind: str) -> _Sample:
    path = here / f"{kind}.pdf"
    {"text": _write_text, "slide": _write_slides, "photograph": _write_photographs, "mixed": _write_mixed}[kind](
        path, 4
    )
    with pymupdf.open(path) as document:
        rasters = [_raster(page) for page in document]
    originals = [
        pyvips.Image.new_from_memory(r.samples_mv, r.width, r.height, 3, "uchar").copy(interpretation="srgb")
        for r in rasters
    ]
    return _Sample(kind, path, rasters, originals)


def _write_text(path: Path, count: int, picture: bytes | None = None) -> None:
    rng = random.Random(1)  # noqa: S311 (words, no secrets)
    with pymupdf.open() as document:
        for number in range(1, count + 1):
            page = document.new_page()
            page.insert_text((50, 60), f"Page {number}", fontsize=22)
            words = " ".join(rng.choices(_WORDS.split(), k=200 if picture else 480))
            page.insert_textbox((50, 450 if picture else 90, 545, 800), words, fontsize=10)
            if picture:
                page.insert_image((50, 90, 545, 430), stream=picture)
        document.save(path)


def _write_mixed(path: Path, count: int) -> None:
    _write_text(path, count, _photograph())


def _write_photographs(path: Path, count: int) -> None:
    with pymupdf.open() as document:
        for _ in range(count):
            page = document.new_page(width=800, height=600)
            page.insert_image(page.rect, stream=_photograph())
        document.save(path)


def _write_slides(path: Path, count: int) -> None:
    with pymupdf.open() as document:
        for number in range(count):
            page = document.new_page(width=720, height=405)
            page.draw_rect(page.rect, fill=(0.1, 0.2, 0.5))
            page.insert_text((40, 70), f"Slide {number + 1}", fontsize=36, color=(1, 1, 1))
            page.insert_textbox((40, 90, 400, 300), _WORDS, fontsize=16, color=(1, 1, 1))
            for bar in range(5):
                page.draw_rect((420 + bar * 50, 340 - bar * 40, 460 + bar * 50, 350), fill=(1 - 0.2 * bar, 0.5, 0.2))
        document.save(path)


def _photograph() -> bytes:
    """Noise of every coarseness, in colour: its detail falls off as a photograph's does."""
    layers = [_clouds(seed) for seed in range(3)]
    bands = [layers[0] * 0.7 + layer * 0.3 for layer in layers]
    image = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    content: bytes = image.jpegsave_buffer(Q=93)
    return content


def _clouds(seed: int) -> pyvips.Image:
    total = pyvips.Image.black(1600, 1200)
    for octave in range(8):
        step = 1 << octave
        noise = pyvips.Image.gaussnoise(1600 // step + 2, 1200 // step + 2, sigma=step, mean=0, seed=seed)
        total += noise.resize(step, kernel="cubic").crop(0, 0, 1600, 1200)
    return (total - total.avg()) * (45 / total.deviate()) + 128


def _deck(here: Path) -> Path:
    """Forty slides as PPTX: written as flat OpenDocument, saved as PPTX by LibreOffice."""
    deck = here / "deck.pptx"
    if deck.exists():
        return deck
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"' for name, urn in (
        ("office", "office"), ("draw", "drawing"), ("text", "text"), ("svg", "svg-compatible")))  # fmt: skip
    frame = (
        '<draw:frame svg:width="20cm" svg:height="{h}cm" svg:x="2cm" svg:y="{y}cm"><draw:text-box>'
        "<text:p>{t}</text:p></draw:text-box></draw:frame>"
    )
    slides = "".join(
        f'<draw:page draw:name="p{n}">'
        f"{frame.format(h=2, y=1, t=f'Slide {n}')}{frame.format(h=9, y=5, t=_WORDS)}</draw:page>"
        for n in range(1, 41)
    )
    flat = here / "deck.fodp"
    flat.write_text(
        f'<?xml version="1.0"?><office:document {spaces} office:version="1.2" '
        'office:mimetype="application/vnd.oasis.opendocument.presentation">'
        f"<office:body><office:presentation>{slides}</office:presentation></office:body></office:document>"
    )
    with tempfile.TemporaryDirectory() as profile:
        _soffice(Path(profile), "pptx", [flat], here)
    return deck


def _raster(page: pymupdf.Page) -> pymupdf.Pixmap:
    scale = _WIDTH / page.rect.width
    return page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False)


def _ours(raster: pymupdf.Pixmap) -> bytes:
    return images.encode(raster.samples_mv, raster.width, raster.height).content


def _mupdf_jpeg(raster: pymupdf.Pixmap) -> bytes:
    content: bytes = raster.tobytes("jpg", jpg_quality=80)
    return content


def _nothing(_: pymupdf.Pixmap) -> bytes:
    return b""


def _render_each(path: Path, encode: Callable[[pymupdf.Pixmap], bytes]) -> None:
    with pymupdf.open(path) as document:
        for page in document:
            encode(_raster(page))


def _poppler(path: Path) -> float:
    """Its children's processor time, which is its own: it starts none."""
    with tempfile.TemporaryDirectory() as out:
        command = ["pdftoppm", "-jpeg", "-jpegopt", "quality=80", "-scale-to-x", str(_WIDTH), "-scale-to-y", "-1"]
        before = _children()
        subprocess.run([*command, str(path), f"{out}/page"], check=True, capture_output=True)  # noqa: S603
        return _children() - before


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _processor(path: Path, encode: Callable[[pymupdf.Pixmap], bytes]) -> float:
    _render_each(path, encode)  # once to warm up
    began = time.process_time()
    _render_each(path, encode)
    return time.process_time() - began


def _timed(encode: Callable[[Any], bytes], pages: Sequence[Any]) -> tuple[float, list[bytes]]:
    encode(pages[0])
    began = time.process_time()
    made = [encode(page) for page in pages]
    return (time.process_time() - began) / len(pages), made


def _kilobytes(made: Sequence[bytes]) -> float:
    return sum(map(len, made)) / len(made) / 1000


def _at(ssim: float, curve: Sequence[tuple[float, float]]) -> float:
    """JPEG's size at this SSIM, between its qualities; beyond the best one, the best one's."""
    for (low, small), (high, large) in itertools.pairwise(curve):
        if ssim <= high:
            return max(curve[0][1] * 0.5, small + (large - small) * (ssim - low) / (high - low))
    return curve[-1][1]


def _ssim_of(sample: _Sample, made: Sequence[bytes]) -> float:
    return sum(map(_ssim, sample.originals, map(_decoded, made))) / len(made)


def _decoded(content: bytes) -> pyvips.Image:
    return pyvips.Image.new_from_buffer(content, "").colourspace("srgb")


def _ssim(one: pyvips.Image, other: pyvips.Image) -> float:
    """Structural similarity of lightness (Wang and others, 2004), with the usual constants and Gaussian window."""

    def blurred(image: pyvips.Image) -> pyvips.Image:
        return image.gaussblur(1.5, precision="float")

    a, b = (image.colourspace("b-w").extract_band(0).cast("float") for image in (one, other))
    mean_a, mean_b = blurred(a), blurred(b)
    spread = blurred(a * a) - mean_a * mean_a + blurred(b * b) - mean_b * mean_b
    together = blurred(a * b) - mean_a * mean_b
    likeness = (mean_a * mean_b * 2 + 6.5025) * (together * 2 + 58.5225)
    return float((likeness / ((mean_a * mean_a + mean_b * mean_b + 6.5025) * (spread + 58.5225))).avg())

"""How fast do documents become pages, and how small? `python -m backend bench documents`, side by side with baselines.

Everything is measured in one run on files of its own, so the ratios hold on a busy machine too; seconds on the clock
are only as good as the machine is calm, so its load is told. Four questions:

    our page images against PyMuPDF with its own encoder, and against pdftoppm, at the same size
    bytes against JPEG's at the same likeness, by kind of page
    from the upload to the first page and to the last: database, worker and cage; next to the cage alone
    a warm LibreOffice against a cold one
"""

import itertools
import os
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

from backend.adapters import alternatives, documents, images, pdf
from backend.adapters.cage import what_holds
from backend.adapters.pdf import Raster
from backend.commands.bench_conversions import House, open_house
from backend.commands.bench_samples import KINDS, run_office, write_deck, write_text
from backend.services.converting import COVER_WIDTH, WIDTHS

_WIDTH = 1200
_SAMPLE_PAGES = 6
_JPEG_QUALITIES = (50, 60, 70, 75, 80, 85, 90, 95)
_BYTES_GOAL, _TIME_GOAL = 0.7, 1.0
_SLIDES = 40
_DECKS = 4


@dataclass(frozen=True)
class _Sample:
    """Pages of one kind, as pixels; the rasters are kept, because the pictures are read where they lie."""

    kind: str
    path: Path
    rasters: Sequence[Raster]
    pictures: Sequence[Any]


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `bench documents`."""
    parser.add_argument("--pages", type=int, default=500, help="pages of the longest PDF (default: 500)")


def run(args: Namespace) -> int:
    """Measure and print; always 0."""
    print(f"The cage here: {what_holds()}. Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    images.prepare()
    with tempfile.TemporaryDirectory(prefix="readback-bench-") as folder:
        here = Path(folder)
        samples = [_sample(here, kind) for kind in KINDS]
        _compare_renderers(samples)
        _compare_formats(samples)
        write_deck(here / "deck.pptx", _SLIDES)
        with open_house(here) as house:
            _compare_waits(here, house, args.pages)
        _compare_starts(here)
    return 0


def _compare_renderers(samples: Sequence[_Sample]) -> None:
    print(f"\nPage images at {_WIDTH} px, raster and encoder: pages a second of processor time, one core.")
    print(f"Time is ours / the other's; goal: at most {_TIME_GOAL:.2f} of PyMuPDF's raster with its JPEG encoder (q80)")
    print("  kind            ours   PyMuPDF   time          raster alone   pdftoppm -jpeg   time")
    for sample in samples:
        count = len(sample.rasters)
        ours = count / _processor(sample.path, _ours)
        own = count / _processor(sample.path, Raster.as_jpeg)
        alone = count / _processor(sample.path, lambda _: b"")
        told = (
            f"  {sample.kind:12}{ours:8.1f}{own:10.1f}{own / ours:7.2f} {_met(own / ours, _TIME_GOAL):7}{alone:13.1f}"
        )
        if shutil.which("pdftoppm"):
            poppler = count / _poppler(sample.path)
            told += f"{poppler:17.1f}{poppler / ours:7.2f}"
        print(told)


def _compare_formats(samples: Sequence[_Sample]) -> None:
    print(f"\nOne page at {_WIDTH} px: the encoder's time, bytes, likeness (SSIM), and JPEG's (libjpeg-turbo) bytes at")
    print(f"the same likeness. Goal for ours: at most {_BYTES_GOAL:.2f} of JPEG's bytes, or no more bytes than MuPDF's")
    print(f"JPEG at most {_BYTES_GOAL:.2f} of its time")
    print("                            ms      kB    SSIM   JPEG kB  bytes")
    for sample in samples:
        curve = [
            (_likeness_of(sample, made), _kilobytes(made))
            for made in ([alternatives.jpeg(each, q) for each in sample.pictures] for q in _JPEG_QUALITIES)
        ]
        taken = images.encode(sample.rasters[0].pixels, sample.rasters[0].width, sample.rasters[0].height)
        print(f"  {sample.kind}: taken for {taken.kind}, stored as {taken.format}")
        ours, own = _timed(_ours, sample.rasters), _timed(Raster.as_jpeg, sample.rasters)
        bytes_, own_bytes = (_tell_format(sample, *told, curve) for told in (("ours", *ours), ("MuPDF's JPEG", *own)))
        print(f"      ours / MuPDF's JPEG: time {ours[0] / own[0]:.2f}: {_goal(bytes_, own_bytes, ours[0] / own[0])}")
        for name, encode in alternatives.FORMATS.items():
            _tell_format(sample, name, *_timed(encode, sample.pictures), curve)


def _tell_format(
    sample: _Sample, name: str, seconds: float, made: list[bytes], curve: list[tuple[float, float]]
) -> float:
    likeness, size = _likeness_of(sample, made), _kilobytes(made)
    jpeg = _at(likeness, curve)
    print(f"    {name:18}{seconds * 1000:8.1f}{size:8.0f}  {likeness:.4f}{jpeg:9.0f}{size / jpeg:7.2f}")
    return size / jpeg


def _compare_waits(here: Path, house: House, longest: int) -> None:
    print(
        f"\nFrom the upload to pages that can be read ({', '.join(map(str, WIDTHS))} px, words, links), seconds on the"
    )
    print("clock, through database and worker; / the same in the cage alone. Sharp: with the widest images too")
    print("  document             first    last  pages/s   sharp   cage: first    last   first /   last /   kB a page")
    for count in (3, 50, longest):
        write_text(here / f"{count}.pdf", count)
        _tell_wait(f"PDF, {count} pages", here / f"{count}.pdf", house)
    _tell_wait(f"PPTX, {_SLIDES} slides", here / "deck.pptx", house)


def _tell_wait(name: str, path: Path, house: House) -> None:
    waited = house.wait_for(path)
    first, last, size = _in_cage(path)
    told = (
        f"  {name:18}{waited.first_s:8.2f}{waited.last_s:8.2f}{waited.pages / waited.last_s:9.1f}{waited.sharp_s:8.2f}"
    )
    told += f"{first:14.2f}{last:8.2f}{waited.first_s / first:10.2f}{waited.last_s / last:9.2f}"
    print(f"{told}{size / waited.pages / 1000:12.0f}", flush=True)


def _in_cage(path: Path) -> tuple[float, float, int]:
    """Seconds to the first page and to the last, and the bytes of all at 1,200 px."""
    began = time.perf_counter()
    ready = documents.prepare(path, path.name)
    first, size = 0.0, 0
    for page in documents.render(ready, WIDTHS, None, COVER_WIDTH):
        first = first or time.perf_counter() - began
        size += len(page.images[-1].content)
    return first, time.perf_counter() - began, size


def _compare_starts(here: Path) -> None:
    """A warm LibreOffice is one that has converted a file already: several files in one process show what it saves."""
    one = _office_seconds(here / "deck.pptx", 1)
    several = _office_seconds(here / "deck.pptx", _DECKS)
    warm = (several - one) / (_DECKS - 1)
    print(f"\nLibreOffice, the same {_SLIDES} slides to PDF, seconds on the clock, without a cage")
    print(
        f"  cold {one:.2f}   warm {warm:.2f}   cold / warm {one / warm:.1f}   a warm one would save {one - warm:.2f} s"
    )


def _office_seconds(deck: Path, count: int) -> float:
    with tempfile.TemporaryDirectory() as profile:
        copies = [Path(shutil.copy(deck, Path(profile) / f"{number}.pptx")) for number in range(count)]
        began = time.perf_counter()
        run_office(Path(profile), "pdf", copies, Path(profile))
        return time.perf_counter() - began


def _sample(here: Path, kind: str) -> _Sample:
    path = here / f"{kind}.pdf"
    KINDS[kind](path, _SAMPLE_PAGES)
    rasters = list(pdf.rasters(path, _WIDTH))
    pictures = [alternatives.as_picture(each.pixels, each.width, each.height) for each in rasters]
    return _Sample(kind, path, rasters, pictures)


def _ours(raster: Raster) -> bytes:
    return images.encode(raster.pixels, raster.width, raster.height).content


def _render_each(path: Path, encode: Callable[[Raster], bytes]) -> None:
    for raster in pdf.rasters(path, _WIDTH):
        encode(raster)


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


def _processor(path: Path, encode: Callable[[Raster], bytes]) -> float:
    _render_each(path, encode)  # once to warm up
    began = time.process_time()
    _render_each(path, encode)
    return time.process_time() - began


def _timed(encode: Callable[[Any], bytes], pages: Sequence[Any]) -> tuple[float, list[bytes]]:
    encode(pages[0])
    began = time.process_time()
    made = [encode(page) for page in pages]
    return (time.process_time() - began) / len(pages), made


def _met(ratio: float, goal: float) -> str:
    return "met" if ratio <= goal else "NOT MET"


def _goal(bytes_: float, own_bytes: float, time_: float) -> str:
    if bytes_ <= _BYTES_GOAL:
        return "goal met in bytes"
    return "goal met in time" if bytes_ <= own_bytes and time_ <= _BYTES_GOAL else "goal NOT MET"


def _kilobytes(made: Sequence[bytes]) -> float:
    return sum(map(len, made)) / len(made) / 1000


def _at(likeness: float, curve: Sequence[tuple[float, float]]) -> float:
    """JPEG's size at this likeness, between its qualities; beyond the best one, the best one's."""
    for (low, small), (high, large) in itertools.pairwise(curve):
        if likeness <= high:
            return max(curve[0][1] * 0.5, small + (large - small) * (likeness - low) / (high - low))
    return curve[-1][1]


def _likeness_of(sample: _Sample, made: Sequence[bytes]) -> float:
    return sum(map(alternatives.likeness, sample.pictures, made)) / len(made)

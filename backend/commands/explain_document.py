"""What is this document to Readback, or why is it turned away? `python -m backend explain document FILE...`

The file goes through the very cage that an upload goes through, and comes out as pages or as the reason that the rep
is told. Nothing is stored. The exit status is 0 for both, and 1 only where we failed.
"""

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.adapters.documents import prepare, render
from backend.domain.documents import clean_name, known_as, remarks
from backend.errors import ConversionFailed, DocumentRefused

_WIDTH = 1200
_NOT_READ: Mapping[type[Exception], str] = {
    FileNotFoundError: "There is no such file.",
    IsADirectoryError: "This is a folder, not a file.",
    PermissionError: "Whoever runs this command may not read the file.",
}


@dataclass(frozen=True)
class Explained:
    """What came of one file. `pages_bytes` is the pages' images at 1,200 pixels together."""

    file: str
    ok: bool
    type: str | None
    pages: int | None
    seconds: float
    reason: str | None
    rules: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    pages_bytes: int = 0

    def as_json(self) -> str:
        """One line for a program."""
        keys = ("file", "ok", "type", "pages", "seconds", "reason")
        return json.dumps({key: getattr(self, key) for key in keys}, ensure_ascii=False)

    def as_text(self) -> str:
        """A few lines for a person."""
        if not self.ok:
            rules = f" ({', '.join(self.rules)})" if self.rules else ""
            return f"{_printable(self.file)}: refused{rules} after {self.seconds} s\n  {self.reason}"
        pages = self.pages or 0
        told = (
            f"{_printable(self.file)}: {known_as(self.type or '')}, {pages:,} page{'s' if pages != 1 else ''}, "
            f"{', '.join(self.sizes)}, {self.seconds} s, {self.pages_bytes / max(1, pages) / 1000:,.0f} kB a page"
        )
        return f"{told}\n  {self.reason}" if self.reason else told


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `explain document`."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a document as it would be uploaded")
    parser.add_argument("--json", action="store_true", help="one JSON object a file and line")


def run(args: Namespace) -> int:
    """Explain each file; returns 1 if we failed at any, else 0."""
    failed = False
    for file in args.files:
        try:
            explained = explain(file)
        except (ConversionFailed, OSError) as problem:
            failed = True
            told = next((words for kind, words in _NOT_READ.items() if isinstance(problem, kind)), str(problem))
            explained = Explained(file, False, None, None, 0.0, told)
            if not args.json:
                print(f"{_printable(file)}: {told}", file=sys.stderr, flush=True)
                continue
        print(explained.as_json() if args.json else explained.as_text(), flush=True)
    return 1 if failed else 0


def explain(file: str) -> Explained:
    """Put one file through the cage. Raises ConversionFailed, or OSError where the file cannot be read."""
    began = time.monotonic()
    path = Path(file)
    if path.exists() and not path.is_file() and not path.is_dir():  # a pipe or a device might never end
        raise OSError("This is no plain file.")
    try:
        with path.open("rb"):  # an empty or a large one is judged without being read
            pass
        ready = prepare(path, path.name)
        sizes: Counter[str] = Counter()
        pages_bytes = 0
        for page in render(ready, (_WIDTH,)):
            sizes[f"{page.width_pt:g} x {page.height_pt:g} pt"] += 1
            pages_bytes += sum(len(image.content) for image in page.images)
    except DocumentRefused as refused:
        return Explained(file, False, refused.found, refused.pages, _since(began), str(refused), (refused.reason,))
    said = remarks(ready.facts)
    return Explained(
        file=file,
        ok=True,
        type=ready.facts.found,
        pages=ready.facts.pages,
        seconds=_since(began),
        reason=" ".join(answer.sentence for answer in said) or None,
        rules=tuple(answer.rule for answer in said),
        sizes=_told(sizes),
        pages_bytes=pages_bytes,
    )


def _told(sizes: Counter[str]) -> tuple[str, ...]:
    if len(sizes) == 1:
        return tuple(sizes)
    shown = [f"{count} of {size}" for size, count in sizes.most_common(3)]
    return (*shown, f"{len(sizes) - 3} more sizes") if len(sizes) > 3 else tuple(shown)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 2)


def _printable(file: str) -> str:
    """A name may hold what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in file) or clean_name(file)

"""The work that is done inside the cage: `python -m backend.adapters.document_work inspect|render ...`.

It talks to `documents`, outside, by lines of JSON on standard output and files in its folder. Nobody outside believes
any of it: every value is checked there again.

    inspect FILE                  -> one line of facts
    render FILE NUMBERS WIDTHS COVER -> a line with a page's number each, once `<number>.json` and an image
                                     `<number>-<width>` for each width are written; with page 1 also `1-cover`, of
                                     the width COVER, unless that is null
    stamp FILE LABEL              -> a page's image once more, as `stamped`, with the label drawn across it
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backend.adapters import containers, images, pdf
from backend.adapters.cage_door import OUT_OF_MEMORY
from backend.domain.document_pages import RenderedPage

UNREADABLE_PAGE = 122


def inspect(path: str) -> None:
    """Print what the file holds."""
    contents = containers.inspect(Path(path))
    facts: dict[str, Any] = asdict(contents)
    if contents.found == "pdf":
        facts |= asdict(pdf.inspect(Path(path)))
    _tell(facts)


def render(path: str, numbers: str, widths: str, cover_width: str) -> None:
    """Write the pages down, and print each page's number when it can be taken."""
    for page in pdf.render(Path(path), json.loads(numbers), json.loads(widths), json.loads(cover_width)):
        for image in page.images:
            Path(f"{page.number}-{image.asked_width}").write_bytes(image.content)
        if page.cover:
            Path(f"{page.number}-cover").write_bytes(page.cover.content)
        Path(f"{page.number}.json").write_text(json.dumps(_without_images(page)))
        _tell(page.number)


def stamp(path: str, label: str) -> None:
    """Write the image down with a label across it."""
    Path("stamped").write_bytes(images.stamp(Path(path).read_bytes(), label))


def _without_images(page: RenderedPage) -> dict[str, Any]:
    return {
        "width_pt": page.width_pt,
        "height_pt": page.height_pt,
        "kind": page.kind,
        "images": [[image.asked_width, image.width, image.height, image.format] for image in page.images],
        "cover": [page.cover.width, page.cover.height] if page.cover else None,
        "words": [[*asdict(word.box).values(), word.text, word.line] for word in page.words],
        "links": [[*asdict(link.box).values(), link.uri, link.page] for link in page.links],
    }


def _tell(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Do the work; the exit status says which limit it met."""
    verbs: dict[str, Callable[..., None]] = {"inspect": inspect, "render": render, "stamp": stamp}
    try:
        verbs[arguments[0]](*arguments[1:])
    except MemoryError:
        return OUT_OF_MEMORY
    except RuntimeError:
        return UNREADABLE_PAGE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

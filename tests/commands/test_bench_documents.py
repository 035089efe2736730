"""What the measuring of documents stands on: its files are documents, each of the kind that it is named after."""

import pytest

from backend.adapters import documents
from backend.commands.bench_samples import KINDS, write_deck

TAKEN_FOR = {"text": "text", "slide": "text", "photograph": "photograph", "mixed": "mixed"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_is_taken_for_its_kind(tmp_path, kind):
    path = tmp_path / f"{kind}.pdf"
    KINDS[kind](path, 2)
    ready = documents.prepare(path, path.name)
    pages = list(documents.render(ready, (800,)))
    assert ([page.kind for page in pages], ready.facts.repaired) == ([TAKEN_FOR[kind]] * 2, False)
    assert bool(pages[0].words) == (kind != "photograph")


def test_the_deck_has_its_slides(tmp_path):
    write_deck(tmp_path / "deck.pptx", 3)
    ready = documents.prepare(tmp_path / "deck.pptx", "deck.pptx")
    assert (ready.facts.found, ready.facts.pages) == ("pptx", 3)

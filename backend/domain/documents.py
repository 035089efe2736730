"""Which files do we take as documents, what do we call them, and what do we tell the rep about them?

An adapter finds the facts, in a cage; here they are judged. `REFUSALS` is asked in order and the first rule that
applies turns the file away; `REMARKS` are what is worth saying about a file that we take, all that apply. Each answer
carries its rule's name and a sentence for the rep: what it is, that nothing was lost, what to do.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

DocumentType = Literal["pdf", "doc", "docx", "ppt", "pptx", "odt", "odp"]
Trouble = Literal["time", "memory", "disk", "crash"]
PageKind = Literal["text", "mixed", "photograph"]

ACCEPTED_TYPES: tuple[DocumentType, ...] = get_args(DocumentType)
MAX_BYTES = 100 << 20
MAX_PAGES = 2000
MAX_UNPACKED_BYTES = 512 << 20
MAX_PARTS = 20_000
NAME_LENGTH = 120

TYPE_NAMES: Mapping[str, str] = {  # in a few letters, for lists and cards
    "pdf": "PDF",
    "doc": "Word",
    "docx": "Word",
    "ppt": "PowerPoint",
    "pptx": "PowerPoint",
    "odt": "OpenDocument text",
    "odp": "OpenDocument presentation",
}

_KNOWN_AS = {
    "pdf": "a PDF file",
    "doc": "a Word document",
    "docx": "a Word document",
    "ppt": "a PowerPoint presentation",
    "pptx": "a PowerPoint presentation",
    "odt": "an OpenDocument text",
    "odp": "an OpenDocument presentation",
    "xls": "an Excel workbook",
    "xlsx": "an Excel workbook",
    "ods": "an OpenDocument spreadsheet",
    "rtf": "a rich text file",
    "html": "a web page",
    "xml": "an XML file",
    "zip": "a ZIP archive",
    "archive": "an archive",
    "image": "a picture",
    "program": "a program",
    "mail": "a saved mail",
    "text": "plain text",
}
_BROWSER_LINKS = ("http://", "https://", "mailto:", "tel:")
_SPACES = re.compile(r"\s+")
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})$")


@dataclass(frozen=True)
class DocumentFacts:
    """What was found in a file. `found` is a DocumentType, or another word of what the content is, or "unknown".

    `trouble` is how reading it ended when it did not end well. `unpacked_bytes` and `parts` are of the container.
    """

    name: str
    size: int
    found: str = "unknown"
    encrypted: bool = False
    damaged: bool = False
    repaired: bool = False
    pages: int | None = None
    unpacked_bytes: int = 0
    parts: int = 0
    scripts: bool = False
    macros: bool = False
    outside: bool = False
    launches: bool = False
    attachments: bool = False
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Answer:
    """What a rule says: its name, and a sentence for the rep."""

    rule: str
    sentence: str


@dataclass(frozen=True)
class Rule:
    """A named rule about a file."""

    name: str
    applies: Callable[[DocumentFacts], bool]
    sentence: Callable[[DocumentFacts], str]


def clean_name(raw: str) -> str:
    """The name as we show and offer it: no path, nothing unseen, of a sane length. Safe to repeat.

    Control characters and Unicode's direction overrides, which make `fdp.exe` read as `exe.pdf`, are dropped.
    """
    last = re.split(r"[/\\]", raw.rstrip("/\\"))[-1]
    seen = "".join(letter for letter in last if unicodedata.category(letter) not in _UNSEEN)
    name = _SPACES.sub(" ", unicodedata.normalize("NFC", seen)).strip().lstrip(".").strip()
    stem, extension = _split(name)
    return (stem[: NAME_LENGTH - len(extension)].strip() + extension) or "Document"


_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def shown_name(raw: str, found: str) -> str:
    """The clean name with an extension that tells the truth."""
    name = clean_name(raw)
    if found not in ACCEPTED_TYPES or extension_of(name) == found:
        return name
    stem, extension = _split(name)
    kept = stem if extension[1:].lower() in ACCEPTED_TYPES else name
    return f"{kept[: NAME_LENGTH - len(found) - 1]}.{found}"


def extension_of(name: str) -> str:
    """The extension in lower case, without its dot; empty where there is none."""
    found = _EXTENSION.search(name)
    return found[1].lower() if found else ""


def known_as(found: str) -> str:
    """What a person calls a file of this kind."""
    return _KNOWN_AS.get(found, "a file of a kind that Readback doesn't know")


def may_be_followed(uri: str) -> bool:
    """May a link in a document be followed from the viewer? Web, mail and telephone; never a program or a file."""
    return uri.lower().startswith(_BROWSER_LINKS) and not any(ord(letter) < 33 for letter in uri)


def refusal(facts: DocumentFacts) -> Answer | None:
    """Why the file is turned away; None when it is taken (as far as is known yet)."""
    for rule in REFUSALS:
        if rule.applies(facts):
            return Answer(rule.name, rule.sentence(facts))
    return None


def remarks(facts: DocumentFacts) -> tuple[Answer, ...]:
    """What the rep should know about a file that is taken."""
    return tuple(Answer(rule.name, rule.sentence(facts)) for rule in REMARKS if rule.applies(facts))


def _split(name: str) -> tuple[str, str]:
    found = _EXTENSION.search(name)
    return (name[: found.start()], found[0]) if found and found.start() else (name, "")


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MB"


def _not_a_document(facts: DocumentFacts) -> str:
    extension = extension_of(facts.name)
    claim = f"It is called .{extension} but is {known_as(facts.found)}"
    if extension not in ACCEPTED_TYPES:
        claim = f"It is {known_as(facts.found)}"
    return f"{claim}. Documents can be PDF, Word, PowerPoint or OpenDocument files; save it as one of these, or as PDF."


REFUSALS: tuple[Rule, ...] = (
    Rule("empty", lambda f: f.size == 0, lambda f: "The file is empty. Save it again and upload that."),
    Rule(
        "too_big",
        lambda f: f.size > MAX_BYTES,
        lambda f: (
            f"It has {_megabytes(f.size)}; a document may have {_megabytes(MAX_BYTES)}. "
            "Smaller pictures in it help most."
        ),
    ),
    Rule(
        "encrypted",
        lambda f: f.encrypted,
        lambda f: "It is locked with a password, so its pages can't be shown. Save it without the password.",
    ),
    Rule(
        "unpacks_too_big",
        lambda f: f.unpacked_bytes > MAX_UNPACKED_BYTES or f.parts > MAX_PARTS,
        lambda f: (
            f"It is small but unpacks to {_megabytes(f.unpacked_bytes)} in {f.parts:,} parts, as harmful files "
            "do. If it is real, save it as PDF and upload that."
        ),
    ),
    Rule(
        "too_slow",
        lambda f: f.trouble == "time",
        lambda f: "It took too long to read, so it was given up. Saving it anew, or as PDF, often helps.",
    ),
    Rule(
        "too_heavy",
        lambda f: f.trouble in ("memory", "disk"),
        lambda f: (
            "It needs more memory than a document should, as harmful files do, so it was given up. "
            "Smaller pictures in it, or saving it as PDF, often help."
        ),
    ),
    Rule(
        "unreadable",
        lambda f: f.trouble == "crash",
        lambda f: "It is damaged in a way that breaks the reader. Open it where it was made, and save it as PDF.",
    ),
    Rule(
        "damaged",
        lambda f: f.damaged,
        lambda f: "It is damaged and can't be read. Open it where it was made, save it anew and upload that.",
    ),
    Rule("not_a_document", lambda f: f.found not in ACCEPTED_TYPES, _not_a_document),
    Rule("no_pages", lambda f: f.pages == 0, lambda f: "It has no pages. Save it again and upload that."),
    Rule(
        "too_many_pages",
        lambda f: (f.pages or 0) > MAX_PAGES,
        lambda f: f"It has {f.pages:,} pages; a document may have {MAX_PAGES:,}. Split it into several.",
    ),
)

REMARKS: tuple[Rule, ...] = (
    Rule(
        "wrong_extension",
        lambda f: extension_of(clean_name(f.name)) != f.found,
        lambda f: f"It is {known_as(f.found)}, whatever its name says: it is shown as {shown_name(f.name, f.found)!r}.",
    ),
    Rule(
        "renamed",
        lambda f: clean_name(f.name) != f.name and extension_of(clean_name(f.name)) == f.found,
        lambda f: f"Its name had a path, unseen characters or too many of them: it is shown as {clean_name(f.name)!r}.",
    ),
    Rule("repaired", lambda f: f.repaired, lambda f: "It was damaged and has been repaired: look through its pages."),
    Rule(
        "scripts_dropped",
        lambda f: f.scripts,
        lambda f: "It carries scripts. They never run here, and the viewer's pages have none.",
    ),
    Rule(
        "macros_dropped", lambda f: f.macros, lambda f: "It carries macros. They were not run, and the pages have none."
    ),
    Rule(
        "outside_not_loaded",
        lambda f: f.outside,
        lambda f: "It refers to files or pictures outside of itself. They were not loaded, so they are missing.",
    ),
    Rule(
        "launches_dropped",
        lambda f: f.launches,
        lambda f: "It has links that start programs or open files. They lead nowhere in the viewer.",
    ),
    Rule("attachments_dropped", lambda f: f.attachments, lambda f: "Files are attached inside it. They are not shown."),
)

"""What a rep would send along: a report as PDF and a deck as PPTX, made when they are asked for."""

import io

import pptx
import pymupdf
from pptx.util import Inches, Pt

_LINES = (
    "Seats are sold by the season. A season has thirteen weeks, and the price holds for all of it.",
    "The arcade opens at ten and closes at midnight; machines are serviced before noon.",
    "Whoever brings a second player pays half for the first month.",
    "All figures are in whole units and were counted at the end of the day.",
)
LINK = "https://gridworks.example/terms"


def report(pages: int = 12) -> bytes:
    """A report of so many pages, a heading, text and a table-like block on each; the second page has a link."""
    document = pymupdf.open()
    for number in range(1, pages + 1):
        page = document.new_page()
        page.insert_text((60, 90), f"Arcade report, part {number}", fontsize=24)
        text = " ".join(_LINES[(number + line) % len(_LINES)] for line in range(8))
        page.insert_textbox((60, 120, 535, 420), text, fontsize=12)
        for row in range(6):
            top = 450 + row * 30
            page.draw_rect((60, top, 60 + 60 * ((number + row) % 7 + 1), top + 20), fill=(0.2, 0.4, 0.7), color=None)
        if number == 2:
            page.insert_text((60, 700), "The terms", fontsize=12, color=(0, 0, 0.8))
            page.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(60, 685, 130, 705), "uri": LINK})
    return bytes(document.tobytes())


def deck(count: int = 5) -> bytes:
    """A presentation of so many slides."""
    presentation = pptx.Presentation()
    for number in range(1, count + 1):
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = f"Arcade, slide {number}"
        text = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(8), Inches(3)).text_frame
        text.word_wrap = True
        text.text = _LINES[number % len(_LINES)]
        text.paragraphs[0].font.size = Pt(24)
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()

"""What lies on the desk of the viewer's tests: papers, what was told of them, and patience."""

import os
import time
from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Page, expect
from sqlalchemy import select

from backend.store import document_tables as docs
from tests.reading_room import PageText
from tests.web.serving import Served

SHOTS = os.environ.get("READBACK_SHOTS")  # a folder for pictures, for whoever wants to look
LINES = (
    "The arcade reopens with twelve new machines",
    "Each light cycle was rebuilt by hand and tested for a week",
    "Delivery is planned for the third of December",
)
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "device_scale_factor": 3,
        "has_touch": True,
        "is_mobile": True,
    },
}


def paper(pages: int) -> list[PageText]:
    """Pages with text; a link out and one to the third page on the first; the last speaks of a recognizer."""
    made = [PageText(("Page of the offer", *LINES))] * pages
    made[0] = replace(made[0], links=("https://shop.gridworks.example/cycles", min(3, pages)))
    made[-1] = replace(made[-1], lines=("The last page is about a Recognizer", *LINES))
    return made


def eventually(look: Callable[[], object], within_s: float = 8.0) -> None:
    """Wait for something that a browser causes."""
    end = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def beacons(house: Served) -> list[dict]:
    """What was told, in the order of its numbers."""
    with house.engine.connect() as conn:
        return list(conn.execute(select(docs.beacon.c.body).order_by(docs.beacon.c.seq)).scalars())


def page_loads(house: Served) -> list[int]:
    """The pages whose images were asked for in a visit without scripts."""
    with house.engine.connect() as conn:
        return list(conn.execute(select(docs.page_load.c.page).order_by(docs.page_load.c.page)).scalars())


def spent(house: Served) -> dict[int, int]:
    """Milliseconds by page, of all that was told."""
    total: dict[int, int] = {}
    for body in beacons(house):
        for page, ms in body["pages"].items():
            total[int(page)] = total.get(int(page), 0) + ms
    return total


# --- a page of Playwright's ---------------------------------------------------------------------------------------


def until(page: Page, expression: str) -> None:
    """Wait for something in the page; asked from outside, since the page's own policy forbids `eval`."""
    eventually(lambda: page.evaluate(expression))


def wait_shown(page: Page, number: int) -> None:
    """Wait until a page's image is there, and on the screen."""
    expect(page.locator(f"#page-{number} img")).to_be_in_viewport()
    until(page, f"document.querySelector('#page-{number} img')?.naturalWidth > 0")


def leave(page: Page, house: Served) -> None:
    """Go elsewhere, and wait until what was read last has arrived."""
    page.goto("about:blank")
    eventually(lambda: beacons(house)[-1]["state"] in ("hidden", "left"))


def shoot(page: Page, name: str) -> None:
    """Keep a picture, if pictures are wanted."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")

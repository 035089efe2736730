"""Does a page keep anybody out, in light, in dark or on a phone? Asked of one loaded page, which is turned about."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
# What can differ where a page that was looked at whole comes in other colours, or narrower
LOOKS = {
    "light": ("light", DESKTOP, None),
    "dark": ("dark", DESKTOP, {"runOnly": ["color-contrast"]}),
    "phone": ("light", PHONE, {"runOnly": ["target-size", "scrollable-region-focusable", "aria-hidden-focus"]}),
}


def assert_keeps_nobody_out(page: Page) -> None:
    """Every look has nothing that axe-core finds, and nothing that sticks out sideways."""
    for look, (colours, size, options) in LOOKS.items():
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")
        page.set_viewport_size(size)
        found = Axe().run(page, options=options).response["violations"]
        grave = [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found]
        assert grave == [], f"{page.url} in {look}: {grave}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} in {look} is too wide"

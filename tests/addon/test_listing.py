"""The listing keeps the Marketplace's limits, and explains exactly the permissions that are asked for."""

import re
from pathlib import Path

from addon.deployment import deployment

LISTING = (Path(__file__).parents[2] / "addon" / "listing.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n", 1)[0]: part.split("\n", 1)[1].strip() for part in LISTING.split("\n## ")[1:]}
BASE = "https://readback.example"


def test_the_name_is_short_and_does_not_speak_of_google():
    name = SECTIONS["Application name"]
    assert 0 < len(name) <= 50
    assert "google" not in name.lower()
    assert name == deployment(BASE, f"{BASE}/logo.png")["addOns"]["common"]["name"]


def test_the_descriptions_fit():
    assert 0 < len(SECTIONS["Short description"]) <= 200
    assert "\n" not in SECTIONS["Short description"]
    assert 0 < len(SECTIONS["Detailed description"]) < 16_000


def test_every_permission_is_explained_and_no_other():
    explained = set(re.findall(r"^\| `([\w.]+)` \| \S", SECTIONS["Why each permission"], re.MULTILINE))
    asked = {scope.removeprefix("https://www.googleapis.com/auth/") for scope in deployment(BASE, BASE)["oauthScopes"]}
    assert explained == asked

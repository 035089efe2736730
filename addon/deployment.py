"""How does Google learn of the add-on? Fills the deployment description with the address that it is served from.

The description goes to `gcloud workspace-add-ons deployments create`; its scopes are the ones that the Marketplace
listing and the consent screen have to name as well. What each is for:
`gmail.addons.execute` runs us at all; `current.action.compose` inserts into the open draft; `current.message.metadata`
tells a draft's recipients; `userinfo.email` says who the person is; `script.locale` their language and time zone.
"""

import json
from collections.abc import Iterable
from importlib.resources import files
from string import Template
from typing import Any
from urllib.parse import urlsplit

SCOPES: dict[str, tuple[str, ...]] = {
    "home": ("https://www.googleapis.com/auth/userinfo.email",),
    "message": ("https://www.googleapis.com/auth/userinfo.email",),
    "compose": (
        "https://www.googleapis.com/auth/gmail.addons.current.action.compose",
        "https://www.googleapis.com/auth/gmail.addons.current.message.metadata",
        "https://www.googleapis.com/auth/userinfo.email",
    ),
}


def deployment(base_url: str, logo_url: str) -> dict[str, Any]:
    """Render the description. Raises ValueError where an address is not https: Google calls no other."""
    for name, url in (("the add-on's address", base_url), ("the logo's address", logo_url)):
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.netloc or parts.query or '"' in url or "\\" in url:
            raise ValueError(f"{name} must be an https address without query: {url}")
    template = Template(files("addon").joinpath("deployment.json").read_text(encoding="utf-8"))
    rendered: dict[str, Any] = json.loads(template.substitute(BASE_URL=base_url.rstrip("/"), LOGO_URL=logo_url))
    return rendered


def missing_scopes(place: str, authorized: Iterable[str] | None) -> list[str]:
    """Which scopes a place needs and the person has not granted; none where Google did not say what was granted."""
    if authorized is None:
        return []
    granted = set(authorized)
    return [scope for scope in SCOPES[place] if scope not in granted]

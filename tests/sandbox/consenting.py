"""A person at the consent page, without a browser: reads the form that the page shows, and sends it."""

from html.parser import HTMLParser

import requests


class ConsentBlocked(Exception):
    """The page shows an error instead of a form."""


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.accounts: list[str] = []
        self.scopes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "input" and told.get("name") == "account":
            self.accounts.append(told.get("value") or "")
        if tag == "input" and told.get("name") == "scope":
            self.scopes.append(told.get("value") or "")


def consent(authorization_url: str, address: str, *, allow: bool = True, untick: tuple[str, ...] = ()) -> str:
    """Choose an account, allow or deny, and return the address that the browser is sent back to.

    `untick` names permissions (the end of their scope: `gmail.readonly`) to leave out. Raises ConsentBlocked.
    """
    page = requests.get(authorization_url, timeout=10)
    form = _Form()
    form.feed(page.text)
    if page.status_code != 200 or address not in form.accounts:
        raise ConsentBlocked(f"{page.status_code}: {address} cannot be chosen")
    kept = [scope for scope in form.scopes if not scope.endswith(untick or ("\0",))]
    decision = {"account": address, "scope": kept, "decision": "allow" if allow else "deny"}
    answer = requests.post(authorization_url, data=decision, allow_redirects=False, timeout=10)
    if answer.status_code != 302:
        raise ConsentBlocked(f"{answer.status_code}")
    return answer.headers["Location"]

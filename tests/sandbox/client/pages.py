"""The mail client's pages, and the two ways out of a mail: its pictures and its links."""

from collections.abc import Mapping
from urllib.parse import urljoin

from flask import Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from tests.sandbox.client import people

_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PICTURES = ("image/gif", "image/png", "image/jpeg", "image/webp", "image/svg+xml", "image/x-icon", "image/avif")


def start() -> str:
    """Choose whose mailbox to look at."""
    return render_template("mail/start.html", accounts=people.world().accounts(), has_addon=people.has_addon)


def mailbox(address: str) -> str:
    """One person's mailbox."""
    account = people.account_of(address)
    return render_template(
        "mail/mailbox.html", account=account, told=people.told(account), accounts=people.world().accounts()
    )


def image(address: str) -> Response:
    """A picture of a mail, fetched as this person's mail program fetches it (or as the page's switch says)."""
    account, url = people.account_of(address), _address()
    via = request.args.get("via", account.images)
    if via == "proxy":
        status, headers, body = people.world().fetch_through_proxy(account.address, url)
    elif via == "direct":
        status, headers, body = people.world().fetch_as(account.address, url)
    else:
        abort(400, "Pictures are fetched via the proxy or directly.")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if status != 200 or kind not in _PICTURES:
        return Response("", 404 if status < 500 else 502)
    return Response(body, 200, {"Content-Type": kind, "Cache-Control": "no-store"})


def follow(address: str) -> AnyResponse:
    """A link of a mail: followed as this person's browser would, and its redirect passed on to the real browser."""
    account, url = people.account_of(address), _address()
    status, headers, _ = people.world().fetch_as(account.address, url, click=True)
    location = _header(headers, "location")
    if status in (301, 302, 303, 307, 308) and location:
        return redirect(urljoin(url, location), 302)
    if status == 502:
        return Response(f"Nobody answers at {url}", 502, content_type="text/plain; charset=utf-8")
    return redirect(url, 302)  # a page of its own: the browser fetches what this person has seen


def harden(response: Response) -> Response:
    """Nothing on these pages comes from elsewhere: a mail's picture cannot slip past the proxy."""
    response.headers.setdefault("Content-Security-Policy", _CSP)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _address() -> str:
    url = request.args.get("u", "")
    if not url.startswith(("http://", "https://")):
        abort(400, "Only http and https addresses are fetched.")
    return url


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name), None)

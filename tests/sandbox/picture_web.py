"""Pictures over HTTP: the image proxy, and the accounts' portraits."""

from html import escape

from flask import Blueprint, Response, abort, current_app, request

blueprint = Blueprint("pictures", __name__)


@blueprint.get("/proxy/image")
def proxied() -> Response:
    """A mail's picture as Google's proxy hands it to a reader; 404 where it got none."""
    url = request.args.get("url", "")
    status, headers, body = current_app.extensions["world"].proxy.fetch(url, prefetch="prefetch" in request.args)
    kind = headers.get("content-type", "")
    if status != 200 or not kind.startswith("image/"):
        abort(404)
    answer = Response(body, content_type=kind)
    answer.headers["Cache-Control"] = "no-store" if "no-store" in headers.get("cache-control", "") else "private"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blueprint.get("/avatars/<sub>.svg")
def portrait(sub: str) -> Response:
    """A disc with the person's initials."""
    accounts = current_app.extensions["world"].accounts()
    account = next((a for a in accounts if a.sub == sub), None)
    if account is None:
        abort(404)
    initials = escape("".join(word[0] for word in account.name.split())[:2])
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><circle cx="48" cy="48" r="48" '
        f'fill="hsl({int(sub[-3:]) % 360} 45% 38%)"/><text x="48" y="61" fill="#fff" text-anchor="middle" '
        f'font-family="system-ui,sans-serif" font-size="36">{initials}</text></svg>'
    )
    return Response(drawn, content_type="image/svg+xml")

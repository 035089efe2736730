"""What does every answer tell the browser not to do? Content policy, framing, transport, referrer, permissions.

Nothing is loaded from elsewhere, no script or style stands in a page, and nobody may frame us. There is no
Cross-Origin-Opener-Policy: Gmail has to notice when the window that it opened for connecting is closed.
"""

from urllib.parse import urlsplit

from flask import Flask, Response

from backend.settings import Settings

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_YEAR_S = 365 * 24 * 3600


def security_headers(settings: Settings) -> dict[str, str]:
    """The headers of every answer, for Flask and for the live feed."""
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if urlsplit(settings.public_url).scheme == "https":
        headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}"
    return headers


def init_app(app: Flask, settings: Settings) -> None:
    """Set the headers on every answer; personal pages are never kept by a cache."""
    headers = security_headers(settings)

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response

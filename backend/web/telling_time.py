"""How is an instant written in a page? In UTC with its zone by the server; the browser makes it the viewer's own."""

from datetime import datetime

from flask import Flask
from markupsafe import Markup


def when(at: datetime | None) -> Markup:
    """Write an instant as a `time` element that the page's script turns into "4 min ago"."""
    if at is None:
        return Markup("")
    written = f"{at.day} {at:%b %Y, %H:%M} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), written, written)


def init_app(app: Flask) -> None:
    """Give the templates the filter `when`."""
    app.jinja_env.filters["when"] = when

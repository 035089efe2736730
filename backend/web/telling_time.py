"""How is an instant written in a page? In UTC with its zone by the server; the browser makes it the viewer's own."""

from datetime import datetime, timedelta

from flask import Flask
from markupsafe import Markup


def when(at: datetime | None) -> Markup:
    """Write an instant as a `time` element that the page's script turns into "4 min ago"."""
    if at is None:
        return Markup("")
    written = f"{at.day} {at:%b %Y, %H:%M} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), written, written)


def last_minute(at: datetime) -> datetime:
    """The minute before: what ends with a day ends "30 Nov 23:59" and not "1 Dec 00:00", which is nobody's last day."""
    return at - timedelta(minutes=1)


def init_app(app: Flask) -> None:
    """Give the templates the filters `when` and `last_minute`."""
    app.jinja_env.filters["when"] = when
    app.jinja_env.filters["last_minute"] = last_minute

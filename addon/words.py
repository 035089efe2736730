"""How are times, names and counts written on a card?

Cards stay as they are while time goes on, so that an instant is always given as such; "4 min ago" comes beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_TWELVE_HOURS = frozenset({"US", "CA", "AU", "NZ", "IN", "PH", "MY", "PK", "EG", "CO"})
_MONTH_FIRST = frozenset({"US", "PH"})
_MOST_NAMED = 3


@dataclass(frozen=True)
class Viewer:
    """Whose eyes read the card: when, in which zone, and how they write times."""

    now: datetime
    zone: tzinfo = UTC
    twelve_hours: bool = False
    month_first: bool = False

    def local(self, at: datetime) -> datetime:
        """The instant by the viewer's clock."""
        return at.astimezone(self.zone)

    @property
    def midnight(self) -> datetime:
        """When the viewer's day began."""
        return self.local(self.now).replace(hour=0, minute=0, second=0, microsecond=0)


def viewer_of(now: datetime, locale: str, time_zone: str, utc_offset_ms: int) -> Viewer:
    """Make a viewer of what Google tells; what it leaves out is UTC, 24 hours."""
    region = locale.replace("_", "-").upper().rpartition("-")[2]
    return Viewer(now, _zone(time_zone, utc_offset_ms), region in _TWELVE_HOURS, region in _MONTH_FIRST)


def when(at: datetime, viewer: Viewer) -> str:
    """Write an instant: "14:01, 4 min ago", "Tue 14:05", "3 Nov"."""
    local, today = viewer.local(at), viewer.local(viewer.now).date()
    ago = viewer.now - at
    if local.date() == today:
        near = _ago(ago) if timedelta(0) <= ago < timedelta(hours=1) else ""
        return f"{_clock(local, viewer)}, {near}" if near else _clock(local, viewer)
    if timedelta(0) < today - local.date() < timedelta(days=7):
        return f"{local:%a} {_clock(local, viewer)}"
    day = f"{local:%b} {local.day}" if viewer.month_first else f"{local.day} {local:%b}"
    return day if local.year == today.year else f"{day} {local.year}"


def listed(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    """Write names in a row: "Flynn, Alan and 2 more"."""
    shown = list(names[:most])
    rest = len(names) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return shown[0] if len(shown) == 1 else " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def shortened(text: str, most: int) -> str:
    """The text, or its beginning where it is too long for a card."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def upper_first(text: str) -> str:
    """The text with a capital letter at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def _ago(ago: timedelta) -> str:
    minutes = int(ago.total_seconds() // 60)
    return f"{minutes} min ago" if minutes else "just now"


def _clock(local: datetime, viewer: Viewer) -> str:
    if viewer.twelve_hours:
        return f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'}"
    return f"{local:%H:%M}"


def _zone(name: str, utc_offset_ms: int) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or the name of a folder of zones
        return timezone(timedelta(milliseconds=utc_offset_ms))

"""Where is a network? Asks a database of networks (MaxMind's format) that the admin supplies; nobody else is asked."""

from collections.abc import Mapping
from typing import Any

import maxminddb

from backend.domain.places import Place
from backend.errors import SettingsIncomplete


class Places:
    """An open database of cities or countries (GeoLite2, DB-IP Lite or the like)."""

    def __init__(self, path: str) -> None:
        """Open it. Raises SettingsIncomplete where there is none."""
        try:
            self._database = maxminddb.open_database(path, maxminddb.MODE_MMAP_EXT)
        except (OSError, ValueError) as problem:  # InvalidDatabaseError is a RuntimeError
            raise SettingsIncomplete("Settings malformed: GEOIP_DATABASE (a readable .mmdb file).") from problem
        except maxminddb.InvalidDatabaseError as problem:
            raise SettingsIncomplete("Settings malformed: GEOIP_DATABASE (no MaxMind database).") from problem

    def find(self, ip: str) -> Place | None:
        """The place of an address, in English; None where the database does not know it."""
        try:
            found = self._database.get(ip)
        except (ValueError, maxminddb.InvalidDatabaseError):  # no address, an IPv6 one in a database of IPv4
            return None
        if not isinstance(found, Mapping):
            return None
        place = Place(_name(found, "city"), _name(found, "country"))
        return place if place.told else None


def _name(found: Mapping[str, Any], what: str) -> str:
    part = found.get(what)
    names = part.get("names") if isinstance(part, Mapping) else None
    name = names.get("en") if isinstance(names, Mapping) else part
    return name.strip()[:80] if isinstance(name, str) else ""

"""Time zones by the names that Microsoft 365 and Entra have for them. The tables are CLDR's (`local.translations`).

A mailbox names its zone as Windows does, "W. Europe Standard Time", or as the IANA database does. Names that neither
knows, such as "Customized Time Zone", are no error: another clock is taken.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

ZONES = Path(__file__).parent / "locales" / "zones.json"


def zone_named(name: str | None) -> ZoneInfo | None:
    """Return a time zone by its Windows or IANA name; None where there is none of that name."""
    if not name:
        return None
    try:
        return ZoneInfo(zone_tables()["windows"].get(name, name))
    except (ValueError, OSError, LookupError):
        return None


def zone_of_country(code: str | None) -> ZoneInfo | None:
    """Return the time zone of a country, as two letters; None where it is not known or the country has several."""
    return zone_named(zone_tables()["countries"].get(code.upper())) if code else None


@cache
def zone_tables() -> Mapping[str, Mapping[str, str]]:
    """Return the zones by Windows name and by country."""
    tables: Mapping[str, Mapping[str, str]] = json.loads(ZONES.read_text(encoding="utf-8"))
    return tables

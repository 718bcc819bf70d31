"""Official calendars that ship with the programme: days off and make-up working days by year.

Each is a TOML file beside this module, with the document that it was taken from.
"""

import tomllib
from datetime import date, timedelta
from importlib import resources

from hallserver.domain.rules import Holidays

CALENDARS = ("china",)
"""What `[calendar] holidays = "…"` may name."""


def official_holidays(name: str) -> Holidays:
    """Read a calendar of `CALENDARS`. A year that it does not have is not in the answer."""
    file = resources.files(__name__) / f"{name}.toml"
    years = tomllib.loads(file.read_text(encoding="utf-8"))["year"]
    days_off: set[date] = set()
    for year in years:
        for off in year["off"]:
            days_off |= _days(off["first"], off["last"])
    return Holidays(
        days_off=frozenset(days_off),
        working_days=frozenset(day for year in years for day in year["working_days"]),
        known_until=max(int(year["year"]) for year in years),
    )


def _days(first: date, last: date) -> set[date]:
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}

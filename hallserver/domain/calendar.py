"""The business day: the hall's own day, with its own boundary."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum, unique
from zoneinfo import ZoneInfo

from hallserver.domain.plan import Rules
from hallserver.protocol.ids import BusinessDay

NOON_MIN = 720
_MILLISECOND = timedelta(milliseconds=1)
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


@unique
class HalfDay(StrEnum):
    """The halves of a business day that quotas are set for. Noon parts them."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


def business_day(wall_ms: int, rules: Rules) -> BusinessDay:
    """Name the business day of a moment as `YYYYMMDD`.

    With a boundary at 04:00 the hours from midnight on still belong to the day before.
    """
    local = (_UNIX + timedelta(milliseconds=wall_ms)).astimezone(ZoneInfo(rules.timezone))
    began = local - timedelta(minutes=rules.business_day_starts)
    return BusinessDay(f"{began.year:04}{began.month:02}{began.day:02}")


def date_of(day: BusinessDay) -> date:
    """Return the date on which a business day begins."""
    return date(int(day[:4]), int(day[4:6]), int(day[6:]))


def day_after(day: BusinessDay) -> BusinessDay:
    """Name the next business day."""
    return BusinessDay(f"{date_of(day) + timedelta(days=1):%Y%m%d}")


def moment_ms(day: BusinessDay, minutes: int, rules: Rules) -> int:
    """Return the moment of a business day when the clock shows `minutes` after local midnight.

    Minutes before the day's own boundary come on the next date. In Unix milliseconds; a time that
    is left out when the clocks are set forward comes as much later.
    """
    on = date_of(day) + timedelta(days=minutes < rules.business_day_starts)
    midnight = datetime(on.year, on.month, on.day)
    local = (midnight + timedelta(minutes=minutes)).replace(tzinfo=ZoneInfo(rules.timezone))
    return (local - _UNIX) // _MILLISECOND

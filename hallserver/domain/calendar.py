"""The business day: the hall's own day, with its own boundary."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hallserver.domain.plan import Rules
from hallserver.protocol.ids import BusinessDay

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


def business_day(wall_ms: int, rules: Rules) -> BusinessDay:
    """Name the business day of a moment as `YYYYMMDD`.

    With a boundary at 04:00 the hours from midnight on still belong to the day before.
    """
    local = (_UNIX + timedelta(milliseconds=wall_ms)).astimezone(ZoneInfo(rules.timezone))
    began = local - timedelta(minutes=rules.business_day_starts)
    return BusinessDay(f"{began.year:04}{began.month:02}{began.day:02}")

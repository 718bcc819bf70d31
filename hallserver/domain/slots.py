"""The slots in which a service can be booked: its opening hours of a day, cut into pieces. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from hallserver.domain.calendar import date_of, moment_ms
from hallserver.domain.hours import MINUTE_MS, periods_on
from hallserver.domain.plan import HallPlan
from hallserver.domain.rules import AppointmentRules
from hallserver.protocol.ids import BusinessDay, ServiceId

NEAREST_SHOWN = 3
"""So many free slots are offered in place of one that cannot be had."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a business day: its beginning as `HH:MM`, and both ends in Unix milliseconds."""

    name: str
    from_ms: int
    until_ms: int


def read_day(text: str) -> BusinessDay | None:
    """Read `YYYYMMDD`; None when there is no such day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return BusinessDay(text) if f"{day:%Y%m%d}" == text else None


def is_within(day: BusinessDay, today: BusinessDay, days_ahead: int) -> bool:
    """Say whether a day is open for booking: from today on, so many calendar days ahead."""
    return timedelta(0) <= date_of(day) - date_of(today) <= timedelta(days=days_ahead)


def slots_on(
    plan: HallPlan, service: ServiceId, rules: AppointmentRules, day: BusinessDay
) -> tuple[Slot, ...]:
    """Return the slots of a service on a business day, in order; none when it is closed.

    Every period of the opening hours is cut from its beginning on; what is left over at its end
    and is shorter than a slot is no slot. Hours before the hall's own boundary of the day are those
    of the next date.
    """
    schedule, boundary = plan.schedule_of(service), plan.rules.business_day_starts
    begins: dict[int, None] = {}
    for ahead in (0, 1):
        periods = periods_on(schedule, plan.holidays, date_of(day) + timedelta(days=ahead))
        for period in periods:
            for minute in range(period.begins, period.ends - rules.slot_min + 1, rules.slot_min):
                if (minute < boundary) is bool(ahead):
                    begins[minute] = None
    slots = [_slot(day, minute, rules.slot_min, plan) for minute in begins]
    return tuple(sorted(slots, key=lambda slot: slot.from_ms))


def nearest(slots: tuple[Slot, ...], to_ms: int) -> tuple[Slot, ...]:
    """Return the few slots that begin nearest to a moment, in the order of the day."""
    closest = sorted(slots, key=lambda slot: (abs(slot.from_ms - to_ms), slot.from_ms))
    return tuple(sorted(closest[:NEAREST_SHOWN], key=lambda slot: slot.from_ms))


def wanted_ms(plan: HallPlan, day: BusinessDay, name: str) -> int:
    """Return when a slot of this name would begin."""
    hours, minutes = name.split(":")
    return moment_ms(day, int(hours) * 60 + int(minutes), plan.rules)


def _slot(day: BusinessDay, minute: int, length_min: int, plan: HallPlan) -> Slot:
    from_ms = moment_ms(day, minute, plan.rules)
    name = f"{minute // 60:02}:{minute % 60:02}"
    return Slot(name, from_ms, from_ms + length_min * MINUTE_MS)

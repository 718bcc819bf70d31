"""Whether a number of a service can be had now, for which day, and when again if not.

One function decides it for the act that gives numbers and for the screens that say so before.
"""

from hallserver.domain.calendar import (
    HalfDay,
    business_day,
    day_after,
    moment_ms,
)
from hallserver.domain.hours import Span
from hallserver.domain.numbering import Numbering
from hallserver.domain.plan import Service
from hallserver.domain.quota import Quota
from hallserver.domain.rules import Schedule
from hallserver.domain.state import HallState
from hallserver.domain.steady import Availability, Steady
from hallserver.protocol.ids import BusinessDay
from hallserver.protocol.states import ServiceStatus

__all__ = ["Availability", "availability", "steady", "steady_span"]


def availability(state: HallState, service: Service, wall_ms: int) -> Availability:
    """Decide it for one service. What the clock decides is worked out once a stretch."""
    if not state.numbering.day:  # nobody has looked at the clock yet
        return Availability(ServiceStatus.CLOSED, state.numbering.day, HalfDay.MORNING)
    known = state.steady.get(service.id)
    if known is None or not known.begins_ms <= wall_ms < known.ends_ms:
        known = state.steady[service.id] = steady(state, service, wall_ms)
    full = known.full
    if full.status is ServiceStatus.CLOSED:
        return full
    has_day = _numbering(state, full.day).has_next(service)
    has_day = has_day and state.quotas.has_day(service.rules, full.day, service.id)
    quota = Quota(full.day, service.id, full.half)
    if has_day and state.quotas.has_half(service.rules, quota):
        return full
    again_ms = None
    schedule = state.plan.schedule_of(service.id)
    if has_day and full.half is HalfDay.MORNING:
        again_ms = _afternoon_ms(state, service, schedule, quota)
    if again_ms is None:
        again_ms = _next_day_ms(state, schedule, full.day)
    return Availability(ServiceStatus.USED_UP, full.day, full.half, again_ms)


def steady(state: HallState, service: Service, wall_ms: int) -> Steady:
    """Work out what the clock decides, and for how long: on the open day, as if no number was
    given."""
    schedule = state.plan.schedule_of(service.id)
    begins_ms, ends_ms = state.hours.steady(schedule, wall_ms)
    for noon_ms in state.noons_ms.values():
        if noon_ms <= wall_ms:
            begins_ms = max(begins_ms, noon_ms)
        else:
            ends_ms = min(ends_ms, noon_ms)
    return Steady(begins_ms, ends_ms, _by_clock(state, service, schedule, wall_ms))


def steady_span(state: HallState) -> Span:
    """Return the stretch of wall time in which only numbers given change any availability.

    Empty as long as not every service was asked for on this day.
    """
    known = state.steady.values()
    if len(known) < len(state.plan.services):
        return (0, 0)
    return max(each.begins_ms for each in known), min(each.ends_ms for each in known)


def _by_clock(state: HallState, service: Service, schedule: Schedule, wall_ms: int) -> Availability:
    day, hours = state.numbering.day, state.hours
    if hours.may_take(schedule, wall_ms):
        return Availability(ServiceStatus.OPEN, day, _half(state, wall_ms, day))
    opening_ms = hours.next_taking_ms(schedule, wall_ms)
    if opening_ms is not None and service.rules.has_night_tickets:
        opening_day = max(day, business_day(opening_ms, state.plan.rules))
        if opening_day <= day_after(day):
            half = _half(state, opening_ms, opening_day)
            return Availability(ServiceStatus.NIGHT, opening_day, half, opening_ms)
    return Availability(ServiceStatus.CLOSED, day, _half(state, wall_ms, day), opening_ms)


def _afternoon_ms(
    state: HallState, service: Service, schedule: Schedule, morning: Quota
) -> int | None:
    """Return when the afternoon's numbers are given; None when there are none."""
    rules = state.plan.rules
    afternoon = morning._replace(half=HalfDay.AFTERNOON)
    if not state.quotas.has_half(service.rules, afternoon):
        return None
    opening_ms = state.hours.next_taking_ms(schedule, state.noons_ms[morning.day])
    if opening_ms is None or business_day(opening_ms, rules) != morning.day:
        return None
    return opening_ms


def _next_day_ms(state: HallState, schedule: Schedule, day: BusinessDay) -> int | None:
    """Return the first opening of a later business day.

    None for a service that is open when that day begins: nobody is sent for in the small hours.
    """
    rules = state.plan.rules
    begins_ms = moment_ms(day_after(day), rules.business_day_starts, rules)
    opening_ms = state.hours.next_taking_ms(schedule, begins_ms)
    return None if opening_ms == begins_ms else opening_ms


def _half(state: HallState, wall_ms: int, day: BusinessDay) -> HalfDay:
    is_early = wall_ms < state.noons_ms[day]
    return HalfDay.MORNING if is_early else HalfDay.AFTERNOON


def _numbering(state: HallState, day: BusinessDay) -> Numbering:
    return state.night.numbering if day == state.night.day else state.numbering

"""Whether a number of a service can be had now, for which day, and when again if not.

One function decides it for the act that gives numbers and for the screens that say so before.
"""

from dataclasses import dataclass

from hallserver.domain.calendar import (
    HalfDay,
    business_day,
    day_after,
    moment_ms,
)
from hallserver.domain.numbering import Numbering
from hallserver.domain.plan import Service
from hallserver.domain.quota import Quota
from hallserver.domain.rules import Schedule
from hallserver.domain.state import HallState
from hallserver.protocol.ids import BusinessDay
from hallserver.protocol.states import ServiceStatus


@dataclass(frozen=True, slots=True)
class Availability:
    """What a visitor gets who asks now.

    `day` and `half` are those that a number counts for. `again_ms`, in Unix milliseconds: while
    open None, in the night the opening that a number is for, else when to come again, None when
    nobody knows.
    """

    status: ServiceStatus
    day: BusinessDay
    half: HalfDay
    again_ms: int | None = None


def availability(state: HallState, service: Service, wall_ms: int) -> Availability:
    """Decide it for one service. Costs a few look-ups."""
    rules, hours = state.plan.rules, state.hours
    day = state.numbering.day
    if not day:  # nobody has looked at the clock yet
        return Availability(ServiceStatus.CLOSED, day, HalfDay.MORNING)
    schedule = state.plan.schedule_of(service.id)
    status, at_ms, opening_ms = ServiceStatus.OPEN, wall_ms, None
    if not hours.may_take(schedule, wall_ms):
        status, opening_ms = ServiceStatus.NIGHT, hours.next_taking_ms(schedule, wall_ms)
        at_ms = wall_ms if opening_ms is None else opening_ms
        opening_day = max(day, business_day(at_ms, rules))
        is_too_far = opening_ms is None or opening_day > day_after(day)
        if is_too_far or not service.rules.has_night_tickets:
            return Availability(ServiceStatus.CLOSED, day, _half(state, wall_ms, day), opening_ms)
        day = opening_day
    half = _half(state, at_ms, day)
    quota = Quota(day, service.id, half)
    has_number = _numbering(state, day).has_next(service)
    has_day = has_number and state.quotas.has_day(service.rules, day, service.id)
    if has_day and state.quotas.has_half(service.rules, quota):
        return Availability(status, day, half, opening_ms)
    again_ms = None
    if has_day and half is HalfDay.MORNING:
        again_ms = _afternoon_ms(state, service, schedule, quota)
    if again_ms is None:
        again_ms = _next_day_ms(state, schedule, day)
    return Availability(ServiceStatus.USED_UP, day, half, again_ms)


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

"""From checked rows to the things of a plan: what a hall file writes flat, a plan has in parts."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, TypeVar

from hallserver.config.calendars import official_holidays
from hallserver.config.shapes import OFF, Ratio
from hallserver.domain.plan import Clerk, Counter, Service
from hallserver.domain.rules import (
    DEFAULT_POLICY,
    WEEKDAYS,
    CounterRules,
    Holidays,
    Mix,
    Order,
    Period,
    Permission,
    Policy,
    Schedule,
    ServiceRules,
)

DAY_GROUPS: Mapping[str, Sequence[str]] = {
    "daily": WEEKDAYS,
    "workdays": WEEKDAYS[:5],
    "weekend": WEEKDAYS[5:],
}
"""Short ways to give several days of a schedule the same periods. A day's own key goes before
them, and the narrower group before `daily`."""

R = TypeVar("R", ServiceRules, CounterRules)


def week_of(given: Mapping[str, Any]) -> tuple[tuple[Period, ...], ...]:
    """Return the periods of Monday to Sunday of a schedule's keys; what is not named is closed."""
    return tuple(_of_day(given, day) for day in WEEKDAYS)


def _of_day(given: Mapping[str, Any], day: str) -> tuple[Period, ...]:
    group = "workdays" if day in DAY_GROUPS["workdays"] else "weekend"
    for key in (day, group, "daily"):
        found: tuple[Period, ...] | None = given.get(key)
        if found is not None:
            return found
    return ()


def make_schedule(
    id: str,
    last_ticket_min: int = 0,
    *,
    keeps_holidays: bool = True,
    **periods: tuple[Period, ...],
) -> Schedule:
    """Make a schedule of its days and day groups."""
    return Schedule(id, week_of(periods), last_ticket_min, keeps_holidays)


def make_policy(
    id: str,
    order: Order = DEFAULT_POLICY.order,
    mix: Mix = DEFAULT_POLICY.mix,
    ratio: Ratio = (DEFAULT_POLICY.ordinary, DEFAULT_POLICY.priority),
    ageing_s: int | None = DEFAULT_POLICY.ageing_s,
) -> Policy:
    """Make a policy; `OFF` as `ageing_s` switches ageing off."""
    ordinary, priority = ratio
    return Policy(id, order, mix, ordinary, priority, None if ageing_s == OFF else ageing_s)


def make_holidays(
    holidays: str | None = None,
    days_off: tuple[date, ...] = (),
    working_days: tuple[date, ...] = (),
) -> Holidays:
    """Join an official calendar with the hall's own days, which go before it."""
    official = Holidays() if holidays is None else official_holidays(holidays)
    own_off, own_working = frozenset(days_off), frozenset(working_days)
    return Holidays(
        days_off=(official.days_off - own_working) | own_off,
        working_days=(official.working_days - own_off) | own_working,
        known_until=official.known_until,
    )


def make_service(**given: Any) -> Service:
    """Make a service; what is decided for it becomes its rules."""
    rules = _taken(given, ServiceRules)
    return Service(**given, rules=rules)


def make_counter(**given: Any) -> Counter:
    """Make a counter; what is decided for it becomes its rules."""
    rules = _taken(given, CounterRules)
    return Counter(**given, rules=rules)


def _taken(given: dict[str, Any], rules: type[R]) -> R:
    """Take the keys that the rules have out of what was given."""
    names = {each.name for each in fields(rules)} & given.keys()
    return rules(**{name: given.pop(name) for name in names})


def make_clerk(permissions: tuple[Permission, ...] = (), **given: Any) -> Clerk:
    """Make a clerk's account."""
    return Clerk(**given, permissions=frozenset(permissions))

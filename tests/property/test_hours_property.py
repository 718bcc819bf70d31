"""Opening hours against a slow oracle that looks at a clock on the wall, minute by minute."""

from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hallserver.domain.hours import DAY_MS, MINUTE_MS, SEARCH_DAYS, Hours
from hallserver.domain.rules import ALWAYS, Holidays, Period, Schedule

# Clocks are set at 2:00, at midnight, a minute after it, by half an hour, by a whole day, never.
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Beirut",
)
STARTS = (
    date(2026, 11, 23),
    date(2026, 3, 28),
    date(2026, 10, 24),
    date(2026, 3, 7),
    date(2026, 10, 31),
    date(2026, 4, 4),
    date(2006, 10, 28),  # St. John's set its clocks at 0:01
    date(2006, 11, 4),  # São Paulo at midnight
    date(2011, 12, 29),  # Apia left a day out
    date(1970, 1, 1),
    date(2038, 1, 18),
    date(2028, 2, 28),
)


@st.composite
def periods(draw: st.DrawFn) -> tuple[Period, ...]:
    cuts = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return tuple(Period(begins, ends) for begins, ends in pairs)


schedules = st.builds(
    Schedule,
    id=st.just("drawn"),
    week=st.tuples(*[periods()] * 7),
    last_ticket_min=st.integers(0, 200),
    keeps_holidays=st.booleans(),
)


@st.composite
def holidays_near(draw: st.DrawFn, start: date) -> Holidays:
    near = st.frozensets(st.integers(-1, 5).map(lambda n: start + timedelta(n)), max_size=4)
    return Holidays(draw(near), draw(near))


def shown(zone: str, wall_ms: int) -> datetime:
    return datetime.fromtimestamp(wall_ms / 1_000, ZoneInfo(zone))


def hours_by_hand(schedule: Schedule, holidays: Holidays, on: date) -> list[tuple[int, int]]:
    weekday = on.weekday()
    if schedule.keeps_holidays and on in holidays.working_days:
        weekday = 0
    elif schedule.keeps_holidays and on in holidays.days_off:
        return []
    return [(period.begins, period.ends) for period in schedule.week[weekday]]


def looked_up(schedule: Schedule, holidays: Holidays, at: datetime) -> tuple[bool, bool]:
    """Whether it is open and whether it gives numbers, by looking at the clock."""
    minute = at.hour * 60 + at.minute
    hours = hours_by_hand(schedule, holidays, at.date())
    is_open = any(begins <= minute < ends for begins, ends in hours)
    return is_open, is_open and minute < hours[-1][1] - schedule.last_ticket_min


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(st.data(), st.sampled_from(ZONES), st.sampled_from(STARTS), schedules, st.integers(0))
def test_hours_are_what_the_clock_on_the_wall_says(
    data: st.DataObject, zone: str, start: date, schedule: Schedule, seed: int
) -> None:
    holidays = data.draw(holidays_near(start))
    hours = Hours(zone, holidays)
    first_ms = (start - date(1970, 1, 1)).days * DAY_MS
    minutes = range(first_ms, first_ms + 4 * DAY_MS, MINUTE_MS)
    said = [looked_up(schedule, holidays, shown(zone, at)) for at in minutes]
    assert [hours.is_open(schedule, at) for at in minutes] == [is_open for is_open, _ in said]
    assert [hours.may_take(schedule, at) for at in minutes] == [takes for _, takes in said]
    chance = Random(seed)
    for at in chance.choices(minutes, k=200):
        index = (at - first_ms) // MINUTE_MS
        opening = next((n for n in range(index, len(said)) if said[n][0]), None)
        taking = next((n for n in range(index, len(said)) if said[n][1]), None)
        within = chance.randrange(MINUTE_MS)
        if opening is not None:
            assert hours.next_open_ms(schedule, at) == minutes[opening]
        if opening == index:
            assert hours.next_open_ms(schedule, at + within) == at + within
            assert hours.is_open(schedule, at + within)
        if taking is not None:
            assert hours.next_taking_ms(schedule, at) == minutes[taking]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(STARTS), st.integers(1, 55))
@example("Asia/Shanghai", date(2026, 11, 23), 1)
def test_the_next_opening_is_found_behind_a_long_closure(zone: str, start: date, days: int) -> None:
    nine = Schedule("nine", ((Period(540, 1020),),) * 7)
    closed = frozenset(start + timedelta(n) for n in range(-1, days))
    hours = Hours(zone, Holidays(days_off=closed))
    from_ms = (start - date(1970, 1, 1)).days * DAY_MS
    found = hours.next_open_ms(nine, from_ms)
    assert found is not None
    at = shown(zone, found)
    assert at.date() not in closed
    assert (at.hour, at.minute, at.second) == (9, 0, 0)
    assert start < at.date() <= start + timedelta(days + 1)


def test_a_service_that_never_opens_has_no_next_opening() -> None:
    never = Schedule("never", ((),) * 7)
    hours = Hours("Asia/Shanghai", Holidays())
    assert hours.next_open_ms(never, 0) is None
    assert hours.next_taking_ms(never, 0) is None
    off = frozenset(date(2026, 1, 1) + timedelta(n) for n in range(3 * SEARCH_DAYS))
    nine = Schedule("nine", ((Period(540, 1020),),) * 7)
    closed = Hours("Asia/Shanghai", Holidays(days_off=off))
    from_ms = (date(2026, 1, 10) - date(1970, 1, 1)).days * DAY_MS
    assert closed.next_open_ms(nine, from_ms) is None
    assert closed.next_open_ms(ALWAYS, from_ms) == from_ms


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(2**40), 2**42), min_size=1, max_size=30), schedules)
def test_a_clock_that_jumps_changes_no_answer(moments: list[int], schedule: Schedule) -> None:
    jumping = Hours("Europe/Berlin", Holidays())
    for at in moments:
        fresh = Hours("Europe/Berlin", Holidays())
        assert jumping.is_open(schedule, at) == fresh.is_open(schedule, at)
        assert jumping.next_taking_ms(schedule, at) == fresh.next_taking_ms(schedule, at)


def test_what_is_kept_of_past_days_has_a_bound() -> None:
    hours = Hours("Asia/Shanghai", Holidays())
    nine = Schedule("nine", ((Period(540, 1020),),) * 7)
    for day in range(5_000):
        assert hours.is_open(nine, day * DAY_MS + 2 * 3_600_000)
    assert len(hours._spans) <= 2_048
    assert len(hours._offsets) <= 2_048

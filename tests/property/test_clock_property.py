"""Whatever the wall clock does: order, durations, numbers and the business day stay right."""

import json
import tempfile
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.clock import AT_ONCE_MS, HallClock
from tests.helpers.journals import rows
from tests.helpers.stepped import SteppedHall

IN_MEMORY = Path("/dev/shm")
"""What is tried is the order of lines, not the disk, and there are many halls."""
DAY_S = 86_400.0
YEAR_S = 365.25 * DAY_S
SETTLES_S = HallClock.SETTLES_MS / 1_000
AT_ONCE_S = AT_ONCE_MS / 1_000
ROUNDING_MS = 5
"""Of one start: the uptime and the hall's time are whole milliseconds."""

BEGINNINGS = (
    1_795_392_000.0,  # 2026-11-23 08:00 in Shanghai
    1_795_463_970.0,  # 03:59:30 on the next day there, before a boundary at four
    1_792_889_970.0,  # 2026-10-25, 30 s before Berlin's clocks go back
    1_774_745_970.0,  # 2026-03-29, 30 s before they go forward
    2_147_483_640.0,  # 2038-01-19 03:14:00 UTC
)
PLACES = st.tuples(
    st.sampled_from(("Asia/Shanghai", "Europe/Berlin")),
    st.sampled_from((0, 240)),
    st.sampled_from(BEGINNINGS),
)
STEPS = st.sampled_from(
    (
        *(-10 * YEAR_S, -YEAR_S, -40 * DAY_S, -DAY_S, -7_200.0, -90.0, -1.0),
        *(1.0, 90.0, 7_200.0, DAY_S, 3 * DAY_S, 40 * DAY_S, YEAR_S, 10 * YEAR_S),
        *(-1e10, 1e10),  # beyond 1970 and 2038: `shown` keeps it within
    )
) | st.floats(-10 * YEAR_S, 10 * YEAR_S)
PEOPLE = st.sampled_from(("reserve", "serve", "serve"))
FIRST_S, LAST_S = 0.0, 2.0**31 + 1e6


def step_within(hall: SteppedHall, step_s: float) -> None:
    """Set the machine's clock, to 1970 at the earliest and beyond 2038 at the latest."""
    shown_s = min(max(hall.true_s + step_s, FIRST_S), LAST_S)
    hall.wrong_s = shown_s - hall.true_s


def goes_on(hall: SteppedHall, what: str) -> None:
    {"reserve": hall.reserve, "serve": hall.serve, "restart": hall.restart}[what]()


def hold_order(directory: Path) -> None:
    """The journal's lines are numbered without a gap, and the hall's own time never goes back."""
    lines = rows(directory, "SELECT seq, elapsed_ms FROM event ORDER BY seq")
    assert [seq for seq, _ in lines] == list(range(1, len(lines) + 1))
    elapsed = [ms for _, ms in lines]
    assert elapsed == sorted(elapsed)


def hold_numbers(directory: Path) -> None:
    """Each series counts up from one, each day anew, and no ticket is given twice."""
    given: dict[tuple[str, str], list[int]] = defaultdict(list)
    query = "SELECT body FROM event WHERE type = 'TicketReserved' ORDER BY seq"
    for (body,) in rows(directory, query):
        ticket = json.loads(str(body))
        given[ticket["ticket"][:8], ticket["series"]].append(ticket["ordinal"])
    for ordinals in given.values():
        assert ordinals == list(range(1, len(ordinals) + 1))


def hold_days(directory: Path) -> list[str]:
    """One business day after the other, forward only, each closed before the next one opens."""
    days = rows(directory, "SELECT day, opened_seq, closed_seq FROM business_day ORDER BY 2")
    names = [str(day) for day, _, _ in days]
    assert names == sorted(set(names))
    for (_, _, closed), (_, opened, _) in pairwise(days):
        assert closed is not None
        assert closed < opened
    assert days[-1][2] is None
    return names


def hold_durations_from_below(directory: Path) -> None:
    for table in ("visit", "stint"):
        for duration in ("waiting_ms", "way_ms", "serving_ms"):
            assert rows(directory, f"SELECT * FROM {table} WHERE {duration} < 0") == []


def hold_durations(directory: Path, hall: SteppedHall) -> None:
    """Every duration is what truly passed, over restarts of the server too."""
    at: dict[tuple[str, str], float] = {}
    query = "SELECT seq, type, json_extract(body, '$.ticket') FROM event"
    for seq, kind, ticket in rows(directory, query):
        at[str(ticket), str(kind)] = hall.true_of_seq[int(str(seq))] * 1_000
    slack_ms = ROUNDING_MS * hall.starts
    for table in ("visit", "stint"):
        columns = f"SELECT ticket, waiting_ms, way_ms, serving_ms FROM {table}"
        for ticket, *durations in rows(directory, columns):
            ends = ("TicketPrinted", "TicketCalled", "TicketArrived", "TicketCompleted")
            for ms, (begin, end) in zip(durations, pairwise(ends), strict=True):
                if ms is not None:
                    truth = at[str(ticket), end] - at[str(ticket), begin]
                    assert abs(float(str(ms)) - truth) <= slack_ms


SCRIPTS = st.lists(
    st.tuples(
        STEPS,
        st.floats(0, SETTLES_S - 60),
        st.sampled_from(("reserve", "serve", "restart")),
        st.sampled_from((0.0, 5.0, 40.0, 600.0, 5_000.0, DAY_S, 3 * DAY_S)),
        PEOPLE,
    ),
    max_size=12,
)


def hold_all_while_the_clock_is_wrong_for_minutes(
    place: tuple[str, int, float], script: list[tuple[float, float, str, float, str]]
) -> None:
    """A step of up to an hour is followed there and back: it may bring a day so much sooner."""
    zone, day_starts_min, begins_s = place
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as name:
        directory = Path(name)
        hall = SteppedHall(directory, zone, day_starts_min, begins_s)
        wanted = [hall.day_at(begins_s)]

        def note_day() -> None:
            follows_s = hall.wrong_s if abs(hall.wrong_s) <= AT_ONCE_S else 0.0
            day = hall.day_at(hall.true_s + follows_s)
            if day > wanted[-1]:
                wanted.append(day)

        for step_s, held_s, meanwhile, then_s, afterwards in script:
            step_within(hall, step_s)
            note_day()
            for _ in range(2):
                goes_on(hall, meanwhile)
                hall.pass_s(held_s / 2)
                note_day()
            hall.wrong_s = 0.0
            hall.tell()
            hall.pass_s(then_s)
            note_day()
            goes_on(hall, afterwards)
            note_day()
        hall.journal.close()
        hold_order(directory)
        hold_numbers(directory)
        assert hold_days(directory) == wanted
        hold_durations(directory, hall)


@settings(max_examples=4, deadline=None)
@given(PLACES, SCRIPTS)
def test_while_the_clock_is_wrong_for_minutes_everything_is_as_if_it_were_right(
    place: tuple[str, int, float], script: list[tuple[float, float, str, float, str]]
) -> None:
    """Steps of seconds to years, to 1970 and beyond 2038; the server is started anew meanwhile."""
    hold_all_while_the_clock_is_wrong_for_minutes(place, script)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(PLACES, SCRIPTS)
def test_that_holds_for_many_more_wrong_clocks(
    place: tuple[str, int, float], script: list[tuple[float, float, str, float, str]]
) -> None:
    hold_all_while_the_clock_is_wrong_for_minutes(place, script)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    PLACES,
    st.lists(
        st.one_of(
            st.tuples(st.just("step"), STEPS),
            st.tuples(st.just("pass"), st.floats(0, 4 * DAY_S)),
            st.tuples(st.sampled_from(("reserve", "serve", "restart", "reboot")), st.just(0.0)),
        ),
        max_size=40,
    ),
)
def test_a_clock_that_nobody_sets_right_never_breaks_the_order_or_doubles_a_number(
    place: tuple[str, int, float], script: list[tuple[str, float]]
) -> None:
    """Nor is a duration negative, or a business day opened twice, over restarts of the machine."""
    zone, day_starts_min, begins_s = place
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as name:
        directory = Path(name)
        hall = SteppedHall(directory, zone, day_starts_min, begins_s)
        for what, number in script:
            if what == "step":
                step_within(hall, number)
                hall.tell()
            elif what == "pass":
                hall.pass_s(number)
            elif what == "reboot":
                hall.reboot()
            else:
                goes_on(hall, what)
        hall.journal.close()
        hold_order(directory)
        hold_numbers(directory)
        hold_days(directory)
        hold_durations_from_below(directory)


@pytest.mark.parametrize("shown_s", [0.0, 2.0**31, 1_795_392_000.0 + 10 * YEAR_S])
def test_a_board_that_wakes_with_a_dead_battery_goes_on_with_the_day_until_its_clock_is_set(
    tmp_path: Path, shown_s: float
) -> None:
    """Numbers go on, nobody who waits is forgotten, and the next morning comes when it is told."""
    hall = SteppedHall(tmp_path, "Asia/Shanghai", 240, 1_795_392_000.0)
    hall.reserve()
    hall.pass_s(600)
    hall.wrong_s = shown_s - hall.true_s
    hall.reboot()
    hall.reserve()
    hall.serve()
    assert hold_days(tmp_path) == ["20261123"]
    assert [str(n) for (n,) in rows(tmp_path, "SELECT number FROM visit ORDER BY issued_ms")] == [
        "A001",
        "A002",
    ]
    assert rows(tmp_path, "SELECT number FROM visit WHERE state = 'called'") == [("A001",)]
    hall.pass_s(20 * 3_600)
    hall.wrong_s = 0.0  # the network has set it
    hall.tell()
    hall.reserve()
    hall.journal.close()
    assert hold_days(tmp_path) == ["20261123", "20261124"]
    hold_numbers(tmp_path)
    hold_durations_from_below(tmp_path)


def test_a_leap_of_days_that_holds_brings_one_day_and_its_return_brings_none_back(
    tmp_path: Path,
) -> None:
    hall = SteppedHall(tmp_path, "Asia/Shanghai", 240, 1_795_392_000.0)
    hall.wrong_s = 5 * DAY_S
    for _ in range(11):
        hall.pass_s(60)
    hall.reserve()
    hall.wrong_s = 0.0
    for _ in range(11):
        hall.pass_s(60)
    hall.reserve()  # still in the later day: its numbers go on
    for _ in range(6):
        hall.pass_s(DAY_S)
    hall.reserve()
    hall.journal.close()
    assert hold_days(tmp_path) == ["20261123", "20261128", "20261129"]
    hold_numbers(tmp_path)

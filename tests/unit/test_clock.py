"""The hall's time goes on, whatever the wall clock does."""

import logging
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallserver.clock import (
    AT_ONCE_MS,
    DAY_MS,
    HOUR_MS,
    HallClock,
    ImplausibleClockError,
    Pause,
)
from hallserver.domain.instant import Now
from hallserver.uptime import FILE_NAME, start_clock

NOON_MS = 1_795_492_800_000
SETTLES_S = HallClock.SETTLES_MS / 1_000
YEAR_S = 365.25 * 86_400
DAY_S = 86_400.0
LAST = Now(wall_ms=NOON_MS, elapsed_ms=7_000)


@dataclass
class Machine:
    """The two clocks of a machine, set by hand; seconds."""

    wall_s: float = NOON_MS / 1_000
    mono_s: float = 50.0

    def wall(self) -> float:
        return self.wall_s

    def mono(self) -> float:
        return self.mono_s

    def pass_s(self, seconds: float) -> None:
        self.wall_s += seconds
        self.mono_s += seconds

    def clock(self, last: Now | None = None, pause: Pause | None = None) -> HallClock:
        return HallClock.after(last, self.wall, self.mono, pause)


def test_a_new_hall_begins_at_zero() -> None:
    machine = Machine()
    clock = machine.clock()
    assert clock.now() == Now(NOON_MS, 0)
    machine.pass_s(1.5)
    assert clock.now() == Now(NOON_MS + 1_500, 1_500)
    assert clock.elapsed_ms() == 1_500


def test_it_goes_on_over_a_restart_by_the_time_that_passed_meanwhile() -> None:
    machine = Machine(wall_s=NOON_MS / 1_000 + 10)
    assert machine.clock(LAST).now() == Now(NOON_MS + 10_000, 17_000)


def test_the_real_clocks_are_the_default() -> None:
    clock = HallClock()
    first, second = clock.now(), clock.now()
    assert second.elapsed_ms >= first.elapsed_ms >= 0
    assert first.wall_ms > 1_600_000_000_000


# Steps while it runs.


@pytest.mark.parametrize("step_s", [-3_600.0, -1.0, 0.25, 1.0, 90.0, 3_600.0])
def test_a_step_of_up_to_an_hour_is_followed_at_once(step_s: float) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall_s += step_s
    machine.pass_s(1)
    assert clock.now() == Now(NOON_MS + round(step_s * 1_000) + 1_000, 1_000)


@pytest.mark.parametrize("step_s", [-20 * DAY_S, -7_200.0, 3_601.0, DAY_S, 31 * DAY_S])
def test_a_longer_step_is_followed_when_it_has_held_for_ten_minutes(step_s: float) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall_s += step_s
    assert clock.now() == Now(NOON_MS, 0)
    machine.pass_s(SETTLES_S - 1)
    assert clock.now().wall_ms == NOON_MS + HallClock.SETTLES_MS - 1_000
    machine.pass_s(1)
    assert clock.now().wall_ms == NOON_MS + HallClock.SETTLES_MS + round(step_s * 1_000)
    assert clock.now().elapsed_ms == HallClock.SETTLES_MS


@pytest.mark.parametrize(
    "shown_s",
    [
        *(0.0, 1_000.0),  # 1970
        *(2.0**31 - 1, 2.0**31 + 9),  # around 2038-01-19 03:14:07
        *(NOON_MS / 1_000 - 10 * YEAR_S, NOON_MS / 1_000 + 10 * YEAR_S),
        NOON_MS / 1_000 + 32 * DAY_S,
    ],
)
def test_a_step_of_more_than_a_month_is_never_followed(shown_s: float) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall_s = shown_s
    assert clock.now() == Now(NOON_MS, 0)
    machine.pass_s(30 * DAY_S)
    assert clock.now() == Now(NOON_MS + 30 * DAY_MS, 30 * DAY_MS)
    machine.wall_s = NOON_MS / 1_000 + 30 * DAY_S - 5  # somebody has set it right
    assert clock.now().wall_ms == NOON_MS + 30 * DAY_MS - 5_000


def test_a_clock_that_does_not_come_to_rest_is_not_followed() -> None:
    machine = Machine()
    clock = machine.clock()
    for minute in range(30):
        machine.wall_s += DAY_S * (-1) ** minute * (minute + 1)
        machine.pass_s(60)
        assert clock.now().wall_ms == NOON_MS + (minute + 1) * 60_000


def test_a_doubt_is_said_once_an_hour_and_its_end_once(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall_s = 12.0
    for _ in range(7_200):
        clock.now()
        machine.pass_s(1)
    machine.wall_s = NOON_MS / 1_000 + 7_200
    clock.now()
    clock.now()
    first, _, again = [each.getMessage() for each in caplog.records]
    assert first.startswith("the machine's clock shows 1970-01-01 00:00:12 UTC, but it should be")
    assert again == "the machine's clock is right again: 2026-11-24 06:00:00 UTC"


# Steps between two starts.


@pytest.mark.parametrize("shown_s", [0.0, NOON_MS / 1_000 - 2 * DAY_S, 2.0**31, 4e9])
def test_after_a_start_with_an_impossible_clock_the_hall_goes_on_from_what_it_knows(
    shown_s: float,
) -> None:
    machine = Machine(wall_s=shown_s)
    clock = machine.clock(LAST)
    assert clock.now() == LAST
    machine.pass_s(30)
    assert clock.now() == Now(NOON_MS + 30_000, 37_000)
    # The network sets it: a night has passed. It is believed at once, and no wait grows by it.
    machine.wall_s = NOON_MS / 1_000 + DAY_S
    assert clock.now() == Now(NOON_MS + DAY_MS, 37_000)
    # From here on it is a clock like any other.
    machine.wall_s += DAY_S
    assert clock.now() == Now(NOON_MS + DAY_MS, 37_000)


@pytest.mark.parametrize("shown_s", [0.0, NOON_MS / 1_000 + 5 * DAY_S, 2.0**31])
def test_a_pause_that_the_uptime_tells_is_believed_and_no_clock_beside_it(shown_s: float) -> None:
    machine = Machine(wall_s=shown_s)
    assert machine.clock(LAST, Pause(3_000)).now() == Now(NOON_MS + 3_000, 10_000)


def test_a_new_journal_is_not_begun_in_1970() -> None:
    with pytest.raises(ImplausibleClockError, match="1970-01-01 00:00:05 UTC"):
        Machine(wall_s=5.0).clock()


@dataclass
class Box:
    """A machine with a disk: servers start on it, and it is started anew."""

    directory: Path
    machine: Machine

    def boot(self, name: str) -> None:
        (self.directory / "boot_id").write_text(name + "\n", "ascii")
        self.machine.mono_s = 3.0

    def start(self, last: Now | None) -> HallClock:
        machine = self.machine
        boot_id = self.directory / "boot_id"
        return start_clock(last, self.directory, machine.wall, machine.mono, boot_id)


def test_between_two_servers_on_one_uptime_no_step_of_the_wall_clock_counts(tmp_path: Path) -> None:
    box = Box(tmp_path, Machine())
    box.boot("first")
    clock = box.start(None)
    box.machine.pass_s(100)
    last = clock.now()
    box.machine.pass_s(3)
    box.machine.wall_s += 5 * DAY_S
    clock = box.start(last)
    assert clock.now() == Now(NOON_MS + 103_000, 103_000)
    box.boot("second")  # the uptime begins again: only the wall clock tells
    clock = box.start(last)
    assert clock.now().elapsed_ms == 103_000 + 5 * DAY_MS


@pytest.mark.parametrize("damage", [b"", b"{", b'{"boot":"first","mono_ms":1}', b"\xff"])
def test_a_mark_that_cannot_be_read_is_as_none(tmp_path: Path, damage: bytes) -> None:
    box = Box(tmp_path, Machine())
    box.boot("first")
    box.start(None)
    (tmp_path / FILE_NAME).write_bytes(damage)
    box.machine.pass_s(60)
    assert box.start(LAST).now().elapsed_ms == LAST.elapsed_ms + 60_000


def test_a_mark_of_another_journal_is_as_none(tmp_path: Path) -> None:
    box = Box(tmp_path, Machine())
    box.boot("first")
    box.start(Now(NOON_MS, 50_000_000))
    box.machine.pass_s(60)
    assert box.start(LAST).now().elapsed_ms == LAST.elapsed_ms + 60_000


def test_where_no_mark_can_be_left_the_server_starts_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    box = Box(tmp_path, Machine())
    box.boot("first")
    (tmp_path / FILE_NAME).mkdir()
    assert box.start(None).now().elapsed_ms == 0
    assert [each.levelno for each in caplog.records] == [logging.WARNING]


# Whatever happens.

steps = st.sampled_from([-10 * YEAR_S, -40 * DAY_S, -3 * DAY_S, -90.0, 0.0, 90.0, 3 * DAY_S]) | (
    st.floats(-3.2e8, 3.2e8)
)
passed = st.floats(0, 3_600)


@given(st.lists(st.tuples(steps, passed, st.booleans()), max_size=30))
def test_the_halls_own_time_never_goes_back(steps: list[tuple[float, float, bool]]) -> None:
    """Whatever steps the wall clock makes, and however often the machine is started anew."""
    machine = Machine()
    clock = machine.clock()
    before = clock.now()
    for step_s, seconds, is_restart in steps:
        machine.wall_s += step_s
        machine.pass_s(seconds)
        if is_restart:
            machine.mono_s = 0.0
            clock = machine.clock(before)
        now = clock.now()
        assert now.elapsed_ms >= before.elapsed_ms
        if not is_restart:
            assert abs(now.elapsed_ms - before.elapsed_ms - seconds * 1_000) <= 2
        before = now


@given(st.lists(st.tuples(steps, st.floats(0, SETTLES_S - 1), passed), max_size=20))
def test_a_step_that_is_taken_back_within_ten_minutes_is_never_seen(
    steps: list[tuple[float, float, float]],
) -> None:
    """But for one of up to an hour, which is followed there and back."""
    machine = Machine()
    clock = machine.clock()
    for step_s, held_s, then_s in steps:
        true_s = machine.wall_s
        machine.wall_s += step_s
        machine.pass_s(held_s)
        off_ms = clock.now().wall_ms - (true_s + held_s) * 1_000
        assert abs(off_ms - (step_s * 1_000 if abs(step_s) * 1_000 <= AT_ONCE_MS else 0)) <= 2
        machine.wall_s -= step_s
        machine.pass_s(then_s)
        assert abs(clock.now().wall_ms - machine.wall_s * 1_000) <= 2


def test_the_bounds_are_in_their_order() -> None:
    assert HOUR_MS == AT_ONCE_MS < DAY_MS

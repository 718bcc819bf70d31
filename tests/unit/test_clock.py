"""The hall's clock goes forward whatever happens to the wall clock."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from hallserver.clock import HallClock
from hallserver.domain.instant import Now


@dataclass
class Machine:
    """The two clocks of a machine, set by hand; seconds."""

    wall_s: float = 1_795_392_000.0
    mono_s: float = 50.0

    def wall(self) -> float:
        return self.wall_s

    def mono(self) -> float:
        return self.mono_s

    def pass_s(self, seconds: float) -> None:
        self.wall_s += seconds
        self.mono_s += seconds


def test_a_new_hall_begins_at_zero() -> None:
    machine = Machine()
    clock = HallClock.after(None, machine.wall, machine.mono)
    assert clock.now() == Now(1_795_392_000_000, 0)
    machine.pass_s(1.5)
    assert clock.now() == Now(1_795_392_001_500, 1_500)


def test_it_goes_on_over_a_restart_by_the_time_that_passed_meanwhile() -> None:
    machine = Machine()
    last = Now(wall_ms=1_795_391_990_000, elapsed_ms=7_000)
    clock = HallClock.after(last, machine.wall, machine.mono)
    assert clock.now().elapsed_ms == 17_000


def test_a_wall_clock_that_was_set_back_while_the_server_was_down_does_not_set_it_back() -> None:
    machine = Machine()
    last = Now(wall_ms=1_800_000_000_000, elapsed_ms=7_000)
    clock = HallClock.after(last, machine.wall, machine.mono)
    assert clock.now().elapsed_ms == 7_000


def test_the_real_clocks_are_the_default() -> None:
    clock = HallClock()
    first, second = clock.now(), clock.now()
    assert second.elapsed_ms >= first.elapsed_ms >= 0
    assert first.wall_ms > 1_600_000_000_000


wall_steps = st.floats(-3.2e8, 3.2e8)
passed = st.floats(0, 3_600)


@given(st.lists(st.tuples(wall_steps, passed, st.booleans()), max_size=30))
def test_it_never_goes_back(steps: list[tuple[float, float, bool]]) -> None:
    """Whatever steps the wall clock makes, and however often the server is started anew."""
    machine = Machine()
    clock = HallClock.after(None, machine.wall, machine.mono)
    before = clock.now()
    for step_s, seconds, is_restart in steps:
        machine.wall_s += step_s
        machine.pass_s(seconds)
        if is_restart:
            machine.mono_s = 0.0
            clock = HallClock.after(before, machine.wall, machine.mono)
        now = clock.now()
        assert now.elapsed_ms >= before.elapsed_ms
        if not is_restart:
            assert abs(now.elapsed_ms - before.elapsed_ms - seconds * 1_000) <= 2
        before = now

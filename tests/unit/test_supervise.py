"""What has to live is started anew; what was ended stays so."""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from hallserver.supervise import MAX_PAUSE_S, Children, Supervised, pause_s

DEADLINE_S = 10.0
FOR_EVER = ["-c", "import signal; signal.pause()"]
AT_ONCE = ["-c", "raise SystemExit(3)"]


def eventually(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline_s
        threading.Event().wait(0.01)


def test_the_first_death_costs_no_pause_and_the_next_ones_more_and_more_up_to_a_bound() -> None:
    pauses = [pause_s(deaths) for deaths in range(10)]
    assert pauses[:2] == [0.0, 0.0]
    assert pauses == sorted(pauses)
    assert pauses[2] > 0
    assert pauses[-1] == MAX_PAUSE_S


def test_a_process_that_is_killed_lives_again_and_one_that_is_ended_does_not(
    tmp_path: Path,
) -> None:
    children = Children(tmp_path, {})
    supervised = Supervised(children, "child", FOR_EVER)
    first = supervised.child.process.pid
    assert supervised.kill()
    eventually(lambda: supervised.child.process.pid != first)
    assert supervised.exit_codes == [-signal.SIGKILL]
    supervised.end()
    assert not supervised.child.is_running
    assert supervised.deaths == 1
    assert children.children == []
    assert not supervised.kill()


def test_a_process_that_dies_at_every_start_is_given_up(tmp_path: Path) -> None:
    supervised = Supervised(Children(tmp_path, {}), "child", AT_ONCE, max_quick_deaths=2)
    eventually(lambda: supervised.is_given_up)
    assert supervised.exit_codes == [3, 3]
    supervised.end()


def test_one_that_must_never_be_given_up_is_not(tmp_path: Path) -> None:
    supervised = Supervised(Children(tmp_path, {}), "child", AT_ONCE, max_quick_deaths=None)
    eventually(lambda: supervised.deaths >= 4)
    assert not supervised.is_given_up
    supervised.end()

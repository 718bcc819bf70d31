"""Who may speak for the hall: asked every second, and before each connection."""

import threading

import pytest

from hallserver.guard import CONFIRM_EVERY_MS, Guard
from tests.helpers.servers import DEADLINE_S, Clock


class NotOursError(Exception):
    """What the journal raises when it is somebody else's."""


class Ground:
    def __init__(self) -> None:
        self.clock = Clock()
        self.asked = 0
        self.is_ours = True
        self.woken = threading.Event()
        self.guard = Guard(self.confirm, lambda: self.clock.elapsed_ms, self.woken.set)

    def confirm(self) -> None:
        self.asked += 1
        if not self.is_ours:
            raise NotOursError


def test_the_journal_is_asked_once_a_second_however_much_is_said() -> None:
    ground = Ground()
    for _ in range(40):
        ground.guard.look()
        ground.clock.pass_ms(CONFIRM_EVERY_MS // 10)
    assert ground.asked == 4


def test_after_a_pause_the_journal_is_asked_before_anything_is_said() -> None:
    ground = Ground()
    ground.guard.look()
    ground.is_ours = False  # while we were frozen
    ground.clock.pass_ms(CONFIRM_EVERY_MS)
    for _ in range(2):
        with pytest.raises(NotOursError):
            ground.guard.look()


def test_a_connection_waits_until_the_journal_was_asked_for_it() -> None:
    ground = Ground()
    ground.guard.look()
    assert not ground.guard.may_connect(0)
    assert ground.woken.is_set()
    ground.guard.look()  # not due, but asked for
    assert ground.asked == 2
    assert ground.guard.may_connect(DEADLINE_S)
    assert not ground.guard.may_connect(0)  # each connection anew


def test_a_server_whose_journal_is_gone_never_connects_again() -> None:
    ground = Ground()
    ground.guard.look()
    ground.is_ours = False
    assert not ground.guard.may_connect(0)
    with pytest.raises(NotOursError):
        ground.guard.look()
    assert not ground.guard.may_connect(0)


def test_an_answer_that_came_too_late_is_not_good_for_ever() -> None:
    ground = Ground()
    assert not ground.guard.may_connect(0)
    ground.guard.look()
    ground.clock.pass_ms(CONFIRM_EVERY_MS)  # frozen, perhaps
    assert not ground.guard.may_connect(0)
    ground.guard.look()
    assert ground.guard.may_connect(DEADLINE_S)

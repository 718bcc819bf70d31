"""Counters and shifts."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.invariant import invariant
from hallserver.domain.state import HallState, Pause


def _sign_in(state: HallState, _: ev.Recorded, event: ev.ClerkSignedIn) -> None:
    desk = state.desks[event.counter]
    invariant(desk.clerk is None, f"counter {event.counter} has one clerk")
    invariant(event.clerk not in state.desk_of_clerk, f"{event.clerk} is at one counter")
    desk.clerk = event.clerk
    state.desk_of_clerk[event.clerk] = event.counter
    state.touch_desk(event.counter)


def _sign_out(state: HallState, _: ev.Recorded, event: ev.ClerkSignedOut) -> None:
    desk = state.desks[event.counter]
    invariant(desk.active is None, f"counter {event.counter} is free when its clerk leaves")
    invariant(desk.clerk == event.clerk, f"{event.clerk} is at counter {event.counter}")
    desk.clerk = None
    desk.completed = None
    desk.pause = None
    del state.desk_of_clerk[event.clerk]
    state.touch_desk(event.counter)


def _pause(state: HallState, recorded: ev.Recorded, event: ev.CounterPaused) -> None:
    desk = state.desks[event.counter]
    invariant(desk.clerk == event.clerk, f"{event.clerk} is at counter {event.counter}")
    desk.pause = Pause(event.reason, recorded.wall_ms)
    state.touch_desk(event.counter)


def _resume(state: HallState, _: ev.Recorded, event: ev.CounterResumed) -> None:
    desk = state.desks[event.counter]
    invariant(desk.pause is not None, f"counter {event.counter} pauses")
    desk.pause = None
    state.touch_desk(event.counter)


def _staff_in(state: HallState, _: ev.Recorded, event: ev.StaffSignedIn) -> None:
    invariant(event.client not in state.staff, f"{event.client} has one person")
    state.staff[event.client] = event.clerk


def _staff_out(state: HallState, _: ev.Recorded, event: ev.StaffSignedOut) -> None:
    invariant(state.staff.pop(event.client, None) == event.clerk, f"{event.clerk} was there")


FOLDS: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.ClerkSignedIn: _sign_in,
    ev.ClerkSignedOut: _sign_out,
    ev.CounterPaused: _pause,
    ev.CounterResumed: _resume,
    ev.StaffSignedIn: _staff_in,
    ev.StaffSignedOut: _staff_out,
}

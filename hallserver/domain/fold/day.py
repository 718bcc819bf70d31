"""The business day."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.invariant import invariant
from hallserver.domain.state import HallState


def _open_day(state: HallState, _: ev.Recorded, event: ev.DayOpened) -> None:
    state.begin(event.day)
    state.day = event.day


def _close_day(state: HallState, _: ev.Recorded, event: ev.DayClosed) -> None:
    invariant(event.day == state.day, "the day that closes is the day that is open")
    invariant(not state.held, "nobody holds a ticket after the close of the day")
    invariant(not state.desk_of_clerk, "nobody is signed in after the close of the day")
    invariant(not state.staff, "no staff is signed in after the close of the day")
    state.day = None


FOLDS: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.DayOpened: _open_day,
    ev.DayClosed: _close_day,
}

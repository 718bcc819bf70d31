"""Ratings."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.invariant import invariant
from hallserver.domain.state import HallState


def _rate(state: HallState, _: ev.Recorded, event: ev.ServiceRated) -> None:
    invariant(not state.tickets[event.ticket].is_rated, f"{event.ticket} is rated once")
    state.alter(event.ticket, is_rated=True)
    state.touched_counters.add(event.counter)


FOLDS: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.ServiceRated: _rate,
}

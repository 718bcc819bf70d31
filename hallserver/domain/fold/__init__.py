"""The fold: how each event changes the hall. It decides nothing."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.fold import (
    appointments,
    counters,
    day,
    issue,
    journeys,
    ratings,
    supervise,
    tickets,
    voice,
)
from hallserver.domain.invariant import invariant
from hallserver.domain.state import HallState

_APPLY: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    **day.FOLDS,
    **issue.FOLDS,
    **tickets.FOLDS,
    **journeys.FOLDS,
    **counters.FOLDS,
    **ratings.FOLDS,
    **appointments.FOLDS,
    **voice.FOLDS,
    **supervise.FOLDS,
}


def apply(state: HallState, recorded: ev.Recorded) -> None:
    """Change the hall by one event. Raises InvariantError or IllegalMoveError on a bug."""
    invariant(recorded.seq > state.seq, f"event {recorded.seq} after event {state.seq}")
    state.seq = recorded.seq
    state.now_ms = recorded.elapsed_ms
    state.wall_ms = recorded.wall_ms
    _APPLY[type(recorded.event)](state, recorded, recorded.event)

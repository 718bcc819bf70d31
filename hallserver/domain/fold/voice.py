"""Announcements that ended."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.state import HallState


def _end(state: HallState, _: ev.Recorded, event: ev.AnnouncementEnded) -> None:
    state.voices.end(event.zone, event.call_seq, event.outcome)
    state.touched_voices.add(event.zone)


FOLDS: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.AnnouncementEnded: _end,
}

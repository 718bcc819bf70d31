"""The one place that asks what time it is."""

import time
from collections.abc import Callable
from typing import Self

from hallserver.domain.instant import Now


class HallClock:
    """Wall time for people and the hall's own time for durations.

    The hall's own time counts on from `start_elapsed_ms` with the machine's monotonic clock, so a
    wall clock that is set does not touch it.
    """

    def __init__(
        self,
        start_elapsed_ms: int = 0,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        """`wall` gives Unix seconds, `mono` seconds that never go back."""
        self._wall = wall
        self._mono = mono
        self._start_elapsed_ms = start_elapsed_ms
        self._start_mono_s = mono()

    @classmethod
    def after(
        cls,
        last: Now | None,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Go on from the last moment that the journal knows; from zero when it knows none.

        While the server was down only the wall clock ran. When it was set back meanwhile, the
        pause counts as nothing: too short a wait is reported rather than a negative one.
        """
        if last is None:
            return cls(0, wall, mono)
        pause_ms = max(0, _ms(wall()) - last.wall_ms)
        return cls(last.elapsed_ms + pause_ms, wall, mono)

    def now(self) -> Now:
        """Return the present moment."""
        passed_ms = _ms(self._mono() - self._start_mono_s)
        return Now(wall_ms=_ms(self._wall()), elapsed_ms=self._start_elapsed_ms + passed_ms)


def _ms(seconds: float) -> int:
    return int(seconds * 1_000)

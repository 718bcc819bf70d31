"""The one place that asks what time it is, and that does not believe everything.

Durations come from the machine's monotonic clock. The wall clock is for people, for opening hours
and for the business day; one that leaps is believed only as far as it can be right (DECISIONS.md,
"Time goes on, whatever the clock shows").
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from hallserver.domain.instant import Now

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
AT_ONCE_MS = HOUR_MS
"""A step of up to an hour, either way, is followed at once: somebody has set the clock right."""
FAR_MS = 31 * DAY_MS
"""A step of more than a month is not followed while we run, however long it holds."""
LONGEST_PAUSE_MS = 366 * DAY_MS
"""No hall is switched off for longer: after such a pause the clock is not believed either."""
EARLIEST_MS = 1_704_067_200_000
"""2024-01-01, before this software was: where a clock begins again whose battery is empty."""
SAY_AGAIN_MS = HOUR_MS

_LOG = logging.getLogger(__name__)


def wall_s() -> float:
    """Return what the machine's wall clock shows, in Unix seconds."""
    return time.time()


class ImplausibleClockError(Exception):
    """The machine's clock cannot be right, and there is nothing to go on from."""


@dataclass(frozen=True, slots=True)
class Pause:
    """How long the hall had no server, where the machine's own uptime tells; milliseconds."""

    ms: int


@dataclass(slots=True)
class _Doubt:
    """A wall clock that is not believed: by how much it is ahead of the uptime, since when."""

    ahead_ms: int
    since_ms: int
    said_ms: int


class HallClock:
    """Wall time for people and the hall's own time for durations. `now` is for one thread.

    The hall's own time counts on from `start_elapsed_ms` with the machine's monotonic clock, so a
    wall clock that is set does not touch it.
    """

    SETTLES_MS = 600_000
    """A step that is neither small nor far is followed when it has held for ten minutes."""

    def __init__(
        self,
        start_elapsed_ms: int = 0,
        wall: Callable[[], float] = wall_s,
        mono: Callable[[], float] = time.monotonic,
        *,
        expected_wall_ms: int | None = None,
        has_resumed: bool = True,
    ) -> None:
        """`wall` gives Unix seconds, `mono` seconds that never go back.

        `expected_wall_ms` is what the wall clock should show, where that is known. Unless
        `has_resumed`, that is only the earliest that it can show: the pause is not known.
        """
        self._wall = wall
        self._mono = mono
        self._start_elapsed_ms = start_elapsed_ms
        self._start_mono_s = mono()
        self._ahead_ms = _ms(wall()) if expected_wall_ms is None else expected_wall_ms
        self._has_resumed = has_resumed
        self._doubt: _Doubt | None = None

    @classmethod
    def after(
        cls,
        last: Now | None,
        wall: Callable[[], float] = wall_s,
        mono: Callable[[], float] = time.monotonic,
        pause: Pause | None = None,
    ) -> Self:
        """Go on from the last moment that the journal knows; from zero when it knows none.

        Without a known `pause` the wall clock tells how long it was, if it can be right. If it
        cannot, the pause counts as nothing, and the hall goes on from the moment that it knows:
        too short a wait is reported rather than a wrong one. Raises ImplausibleClockError.
        """
        shown_ms = _ms(wall())
        if last is None:
            if shown_ms < EARLIEST_MS:
                raise ImplausibleClockError(
                    f"the machine's clock shows {_word(shown_ms)}, and a new journal has no "
                    "better; set the clock, or wait until the network has set it"
                )
            return cls(0, wall, mono)
        if pause is not None:
            return cls(
                last.elapsed_ms + pause.ms, wall, mono, expected_wall_ms=last.wall_ms + pause.ms
            )
        passed_ms = shown_ms - last.wall_ms
        if 0 <= passed_ms <= LONGEST_PAUSE_MS:
            return cls(last.elapsed_ms + passed_ms, wall, mono)
        return cls(last.elapsed_ms, wall, mono, expected_wall_ms=last.wall_ms, has_resumed=False)

    def elapsed_ms(self) -> int:
        """Return the hall's own time. From any thread."""
        return self._start_elapsed_ms + self._passed_ms()

    def now(self) -> Now:
        """Return the present moment."""
        passed_ms = self._passed_ms()
        ahead_ms = _ms(self._wall()) - passed_ms
        step_ms = ahead_ms - self._ahead_ms
        is_news = step_ms != 0 or self._doubt is not None
        if is_news and not self._follows(step_ms, ahead_ms, passed_ms):
            ahead_ms = self._ahead_ms
        self._ahead_ms = ahead_ms
        return Now(wall_ms=passed_ms + ahead_ms, elapsed_ms=self._start_elapsed_ms + passed_ms)

    def _passed_ms(self) -> int:
        return _ms(self._mono() - self._start_mono_s)

    def _follows(self, step_ms: int, ahead_ms: int, passed_ms: int) -> bool:
        """Whether the wall clock is believed that has made such a step."""
        is_small = abs(step_ms) <= AT_ONCE_MS
        if is_small or (not self._has_resumed and 0 < step_ms <= LONGEST_PAUSE_MS):
            if self._doubt is not None:
                _LOG.warning("the machine's clock is right again: %s", _word(passed_ms + ahead_ms))
            self._has_resumed, self._doubt = True, None
            return True
        doubt = self._doubt
        if doubt is None or abs(ahead_ms - doubt.ahead_ms) > AT_ONCE_MS:
            doubt = self._doubt = _Doubt(ahead_ms, passed_ms, passed_ms - SAY_AGAIN_MS)
        is_plausible = abs(step_ms) <= FAR_MS and passed_ms + ahead_ms >= EARLIEST_MS
        if is_plausible and passed_ms - doubt.since_ms >= self.SETTLES_MS:
            _LOG.warning("the machine's clock is followed: %s", _word(passed_ms + ahead_ms))
            self._has_resumed, self._doubt = True, None
            return True
        if passed_ms - doubt.said_ms >= SAY_AGAIN_MS:
            doubt.said_ms = passed_ms
            self._say_doubt(passed_ms, ahead_ms, is_plausible=is_plausible)
        return False

    def _say_doubt(self, passed_ms: int, ahead_ms: int, *, is_plausible: bool) -> None:
        end = f"; it is followed if it holds for {self.SETTLES_MS // 60_000} minutes"
        _LOG.error(
            "the machine's clock shows %s, but it should be %s: the hall goes by its own time; "
            "set the clock right%s",
            *(_word(passed_ms + ahead_ms), _word(passed_ms + self._ahead_ms)),
            end if is_plausible else "",
        )


def _word(wall_ms: int) -> str:
    return f"{datetime.fromtimestamp(wall_ms / 1_000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _ms(seconds: float) -> int:
    return int(seconds * 1_000)

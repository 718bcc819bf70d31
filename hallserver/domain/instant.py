"""A moment, as the rules see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Now:
    """The wall clock for people, the hall's own clock for durations.

    `wall_ms` is Unix time in milliseconds and may jump. `elapsed_ms` counts milliseconds of the
    hall's life, never goes back and goes on over restarts. Neither gives the order of events: that
    is the journal's sequence number.
    """

    wall_ms: int
    elapsed_ms: int

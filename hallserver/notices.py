"""Notices of the same kind, said once a burst: a stranger who floods must not fill the log."""

import logging
from collections import Counter

BURST_MS = 60_000
MAX_KINDS = 1_000
"""More kinds than this within a burst are counted under one name."""

_OTHER = "other notices"


class Notices:
    """Counts what happens and logs the first of each kind; then once a burst how many more.

    `totals` counts since the start. Notices never hold a payload.
    """

    def __init__(self, log: logging.Logger) -> None:
        self.totals: Counter[str] = Counter()
        self._log = log
        self._of_burst: Counter[str] = Counter()
        self._burst_ends_ms = 0

    def note(self, what: str) -> None:
        """Count one, and say so when it is the first of its kind in this burst."""
        if what not in self._of_burst and len(self._of_burst) >= MAX_KINDS:
            what = _OTHER
        self._of_burst[what] += 1
        self.totals[what] += 1
        if self._of_burst[what] == 1:
            self._log.warning("%s", what)

    def look(self, elapsed_ms: int) -> None:
        """End the burst when its time is over, and say what was counted but not said."""
        if elapsed_ms < self._burst_ends_ms:
            return
        self._burst_ends_ms = elapsed_ms + BURST_MS
        for what, count in self._of_burst.items():
            if count > 1:
                self._log.warning("%s: %d times more", what, count - 1)
        self._of_burst.clear()

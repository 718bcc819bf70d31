"""Whether the disk has room for what new numbers will need. Asked before a number is promised."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

MB = 1 << 20
LOW_BYTES = 64 * MB
"""With less free no new numbers are given. Those that wait take less than this to be served: the
busiest day of a hall of 92 counters writes some 30 MB."""
ENOUGH_BYTES = 96 * MB
"""With so much free they are given again."""
ASK_EVERY_MS = 5_000

_LOG = logging.getLogger(__name__)


def free_bytes(directory: Path) -> int:
    """Return how much we may still write there. Raises OSError."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


class DiskRoom:
    """Asks the disk of a directory, at most every few seconds. For one thread."""

    def __init__(
        self,
        directory: Path,
        elapsed_ms: Callable[[], int],
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """`elapsed_ms` is the hall's own clock; `free` tells what is free, or raises OSError."""
        self._directory = directory
        self._elapsed_ms = elapsed_ms
        self._free = free
        self._ask_at_ms: int | None = None
        self._is_enough = True

    def is_enough(self) -> bool:
        """Whether there is room for new numbers. Says in the log when that changes."""
        now_ms = self._elapsed_ms()
        if self._ask_at_ms is None or now_ms >= self._ask_at_ms:
            self._ask_at_ms = now_ms + ASK_EVERY_MS
            self._ask()
        return self._is_enough

    def _ask(self) -> None:
        try:
            free = self._free(self._directory)
        except OSError as error:
            _LOG.error("the disk of %s cannot be asked: %s", self._directory, error.strerror)
            return  # the journal itself says what is wrong with it, at the next commit
        is_enough = free >= (LOW_BYTES if self._is_enough else ENOUGH_BYTES)
        if self._is_enough and not is_enough:
            _LOG.critical(
                "the disk of %s has %d MB left: no new numbers are given until there are %d MB; "
                "numbers already given are called as usual",
                *(self._directory, free // MB, ENOUGH_BYTES // MB),
            )
        elif is_enough and not self._is_enough:
            _LOG.warning("the disk of %s has room again: numbers are given", self._directory)
        self._is_enough = is_enough

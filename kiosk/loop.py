"""The owner's thread of terminals that have no screen."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Final

MAX_WAITING: Final = 65_536
"""Posts that wait. Every source posts seldom and is bounded itself; this is the bug catcher."""

_LOG = logging.getLogger(__name__)


class OwnerLoop:
    """Runs what is posted, in order, on one thread, and `every` so often what was registered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._posted: queue.Queue[Callable[[], None] | None] = queue.Queue(MAX_WAITING)
        self._every: list[tuple[float, Callable[[], None]]] = []
        self._thread = threading.Thread(target=self._run, name="owner", daemon=True)

    def post(self, work: Callable[[], None]) -> None:
        """Have `work` run soon. Raises queue.Full, which is a bug."""
        self._posted.put_nowait(work)

    def every(self, period_s: float, work: Callable[[], None]) -> None:
        """Have `work` run again and again; before `start` only."""
        self._every.append((period_s, work))

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End after what was posted before."""
        self._posted.put(None)
        if self._thread.ident is not None and threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        due = [(self._clock() + period_s, period_s, work) for period_s, work in self._every]
        while True:
            wait_s = min((at_s for at_s, _, _ in due), default=self._clock() + 60) - self._clock()
            try:
                work = self._posted.get(timeout=max(0.0, wait_s)) if wait_s > 0 else _nothing
            except queue.Empty:
                work = _nothing
            if work is None:
                return
            work()
            now_s = self._clock()
            for index, (at_s, period_s, regular) in enumerate(due):
                if now_s >= at_s:
                    due[index] = (now_s + period_s, period_s, regular)
                    regular()


def _nothing() -> None:
    """Wake up only."""

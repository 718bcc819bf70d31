"""The owner's thread of terminals that have no screen."""

import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import Final

MAX_WAITING: Final = 65_536
"""Posts that wait. Every source posts seldom and is bounded itself; this catches bugs."""

IDLE_S: Final = 60.0

Work = Callable[[], None]


class OwnerLoop:
    """Runs on one thread, in order, what is posted, and at its time what was put off."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._posted: queue.Queue[Work | None] = queue.Queue(MAX_WAITING)
        self._due: list[tuple[float, int, Work]] = []
        self._order = itertools.count()
        self._thread = threading.Thread(target=self._run, name="owner", daemon=True)

    def post(self, work: Work) -> None:
        """Have `work` run soon; from any thread. Raises queue.Full, which is a bug."""
        self._posted.put_nowait(work)

    def later(self, after_s: float, work: Work) -> None:
        """Have `work` run after a while; on the owner's thread, or before `start`."""
        heapq.heappush(self._due, (self._clock() + after_s, next(self._order), work))

    def every(self, period_s: float, work: Work) -> None:
        """Have `work` run again and again."""

        def again() -> None:
            self.later(period_s, again)
            work()

        self.later(period_s, again)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End after what was posted before."""
        self._posted.put(None)
        if self._thread.ident is not None and threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            while self._due and self._due[0][0] <= self._clock():
                heapq.heappop(self._due)[2]()
            wait_s = self._due[0][0] - self._clock() if self._due else IDLE_S
            try:
                work = self._posted.get(timeout=max(0.0, wait_s))
            except queue.Empty:
                continue
            if work is None:
                return
            work()

"""The server's wait for its turn: the hall is kept warm behind the one that serves."""

import logging
import queue
from collections.abc import Callable

from hallserver.hall import Hall
from hallserver.journal import Journal
from hallserver.journal.owner import Owner
from hallserver.journal.standby import Standby
from hallserver.writer import fold

LOOK_EVERY_S = 0.25
"""How often to look for new lines, and whether the other one is gone."""

_LOG = logging.getLogger(__name__)


class StoppedError(Exception):
    """The wait was ended from outside."""


class StopSignal:
    """Ends a wait. `set` may be called by a signal's handler, in the midst of `wait`."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """End every wait, this one and those to come."""
        self._queue.put(None)

    def wait(self, timeout_s: float) -> bool:
        """Whether it is set, after at most `timeout_s`."""
        try:
            self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return False
        self.set()
        return True


def wait_for_turn(
    standby: Standby, make_hall: Callable[[Owner], Hall], stop: StopSignal
) -> tuple[Journal, Hall | None]:
    """Wait until nobody else has the journal; return it, and the hall folded so far, if there is.

    What is left to fold are the lines that `standby.day` has not had. `make_hall` refuses the
    journal of another hall. Raises StoppedError, and what the journal and the fold raise.
    """
    hall: Hall | None = None
    leader = ""
    while True:
        journal = standby.take_over()
        if journal is not None:
            if leader:
                _LOG.info("takes over from %s at line %d", leader, journal.last_seq)
            return journal, hall
        now_leads = standby.leader
        if now_leads != leader:
            leader = now_leads
            _LOG.info("standby: waits behind %s", leader)
        if hall is None and (owner := standby.owner) is not None:
            hall = make_hall(owner)
        if hall is not None:
            fold(hall, standby.new_lines())
        if stop.wait(LOOK_EVERY_S):
            raise StoppedError

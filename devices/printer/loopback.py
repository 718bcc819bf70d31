"""Driver and simulated printer in one thread, on a clock that only moves when somebody waits.

A printer that is silent for a minute costs no time here, and every run is the same.
"""

from devices.printer.mechanism import Mechanism
from devices.transport.link import LinkLost, LinkMissing, LinkStalled


class ManualClock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds


class LoopbackLink:
    """A `ByteLink` to a mechanism in the same thread. Waiting moves the clock."""

    def __init__(
        self, mechanism: Mechanism, clock: ManualClock, write_timeout_s: float = 1.0
    ) -> None:
        """Plug in. Raises `LinkMissing` while the printer is unplugged."""
        if mechanism.is_unplugged:
            raise LinkMissing("loopback: not there")
        self._mechanism = mechanism
        self._clock = clock
        self._write_timeout_s = write_timeout_s
        self._pending = b""

    def write(self, data: bytes, /) -> None:
        """Give bytes to the printer."""
        self._require_plugged()
        if self._mechanism.is_hanging:
            self._clock.advance(self._write_timeout_s)
            raise LinkStalled("loopback: takes no bytes")
        self._mechanism.receive(data)

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Take what the printer says; if it says nothing, the time is up at once."""
        self._require_plugged()
        self._pending += self._mechanism.answers()
        if not self._pending and timeout_s > 0:
            self._clock.advance(timeout_s)
            self._mechanism.elapse(timeout_s)
            self._pending += self._mechanism.answers()
        data, self._pending = self._pending[:max_bytes], self._pending[max_bytes:]
        return data

    def close(self) -> None:
        """Unplug this end; what the printer still says is lost."""
        self._pending = b""

    def _require_plugged(self) -> None:
        if self._mechanism.is_unplugged:
            raise LinkLost("loopback: unplugged")

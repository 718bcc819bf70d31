"""What every simulated device on a pseudo-terminal is: a thread of its own behind a port."""

import threading
from typing import Final, Self

from devices.transport.pty import PtyPort

POLL_S: Final = 1.0


class SimulatedDevice:
    """The device behind a `PtyPort`. Its side overrides `_take`, called with whatever came."""

    def __init__(self, port: PtyPort, name: str) -> None:
        self.port = port
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Power on."""
        self._thread.start()

    def stop(self) -> None:
        """Power off and close the port."""
        self._stopping.set()
        self.port.wake()
        if self._thread.is_alive():
            self._thread.join()
        self.port.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._take(self.port.read(4096, POLL_S))

    def _take(self, data: bytes) -> None:
        raise NotImplementedError

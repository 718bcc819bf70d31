"""The device's end of a serial cable, for simulators: a pseudo-terminal that can be unplugged."""

import os
import threading
import tty
from pathlib import Path

from devices.transport.waiting import wait_readable, wait_writable

WRITE_TIMEOUT_S = 1.0


class PtyPort:
    """A pseudo-terminal in raw mode; drivers open `path` like any serial port.

    One thread reads and writes (the simulator's own); `unplug`, `replug`, `wake` and `close` may
    be called from any thread. With a `link_path` the port keeps its name over `replug`, as udev
    names do; without one, `path` changes.
    """

    def __init__(self, link_path: Path | None = None) -> None:
        self._link_path = link_path
        self._use = threading.Lock()  # held while the descriptors are in use
        self._waking = threading.Lock()
        self._plugged = threading.Event()
        self._is_closed = False
        self._master = self._slave = -1
        self._wake_r, self._wake_w = os.pipe()
        os.set_blocking(self._wake_r, False)
        os.set_blocking(self._wake_w, False)
        self.replug()

    @property
    def path(self) -> str:
        """The name that a driver opens."""
        return str(self._link_path) if self._link_path else self._tty_name

    @property
    def is_plugged(self) -> bool:
        """Whether a driver could open it now."""
        return self._plugged.is_set()

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return what the driver wrote, waiting at most `timeout_s`; empty on time-out or `wake`.

        While unplugged it waits for the replug.
        """
        with self._use:
            if self._plugged.is_set():
                ready = wait_readable([self._master, self._wake_r], timeout_s)
                if self._wake_r in ready:
                    os.read(self._wake_r, 4096)
                return os.read(self._master, max_bytes) if self._master in ready else b""
        if wait_readable([self._wake_r], timeout_s):
            os.read(self._wake_r, 4096)
        return b""

    def write(self, data: bytes, /) -> None:
        """Send to the driver. What nobody takes within a second is lost, as on a real wire."""
        with self._use:
            rest = memoryview(data)
            while rest and self._plugged.is_set():
                if not wait_writable(self._master, WRITE_TIMEOUT_S):
                    return
                try:
                    rest = rest[os.write(self._master, rest) :]
                except BlockingIOError:
                    return

    def wake(self) -> None:
        """Make a waiting `read` return at once."""
        with self._waking:
            if self._is_closed:
                return
            try:
                os.write(self._wake_w, b"w")
            except BlockingIOError:
                return  # the pipe is full: it has been woken thousands of times already

    def unplug(self) -> None:
        """Pull the cable: the name disappears and an open driver sees a hang-up."""
        self._plugged.clear()
        self.wake()
        with self._use:
            if self._master < 0:
                return
            if self._link_path:
                self._link_path.unlink(missing_ok=True)
            os.close(self._slave)
            os.close(self._master)
            self._master = self._slave = -1

    def replug(self) -> None:
        """Put the cable back in."""
        with self._use:
            if self._master >= 0 or self._is_closed:
                return
            # Our own hold on the slave end keeps the port alive while no driver has it open.
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self._tty_name = os.ttyname(self._slave)
            if self._link_path:
                self._link_path.unlink(missing_ok=True)
                self._link_path.symlink_to(self._tty_name)
            self._plugged.set()
        self.wake()

    def close(self) -> None:
        """Unplug for good. Stop the thread that reads before."""
        self.unplug()
        with self._use, self._waking:
            if not self._is_closed:
                self._is_closed = True
                os.close(self._wake_r)
                os.close(self._wake_w)

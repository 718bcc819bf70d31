"""`ByteLink` on a serial port.

pyserial opens and configures the port; reading and writing are our own, because its `read` waits
for a full count and its `write` may wait without a bound.
"""

import errno
import os
import termios
import time

import serial

from devices.transport.link import LinkBusy, LinkLost, LinkMissing
from devices.transport.waiting import wait_readable, wait_writable

WRITE_TIMEOUT_S = 1.0

_BUSY = frozenset({errno.EBUSY, errno.EAGAIN})
_PORT_TROUBLE = (serial.SerialException, OSError, termios.error, ValueError)


class SerialLink:
    """An open serial port, 8N1, no flow control, held exclusively."""

    def __init__(
        self, path: str, baud: int = 115200, write_timeout_s: float = WRITE_TIMEOUT_S
    ) -> None:
        """Open `path`. Raises `LinkMissing` or `LinkBusy`; never waits for a carrier."""
        self._path = path
        self._write_timeout_s = write_timeout_s
        try:
            self._port = serial.Serial(path, baud, timeout=0, exclusive=True)
            self._fd: int = self._port.fileno()
        except _PORT_TROUBLE as error:
            number = getattr(error, "errno", None)
            kind = LinkBusy if number in _BUSY else LinkMissing
            raise kind(f"{path}: {_reason(error)}") from None

    def write(self, data: bytes, /) -> None:
        """Write all of `data`; raises `LinkLost` when the port is gone or does not take it."""
        rest = memoryview(data)
        give_up = time.monotonic() + self._write_timeout_s
        while rest:
            try:
                if not wait_writable(self._open_fd(), give_up - time.monotonic()):
                    raise LinkLost(f"{self._path}: takes no bytes")
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise LinkLost(f"{self._path}: {_reason(error)}") from None

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Read what is there; see `ByteLink.read`."""
        try:
            if not wait_readable([self._open_fd()], timeout_s):
                return b""
            data = os.read(self._fd, max_bytes)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise LinkLost(f"{self._path}: {_reason(error)}") from None
        if not data:  # readable without data: the other end hung up
            raise LinkLost(f"{self._path}: unplugged")
        return data

    def close(self) -> None:
        """Close the port."""
        self._fd = -1
        self._port.close()

    def _open_fd(self) -> int:
        if self._fd < 0:
            raise LinkLost(f"{self._path}: closed")
        return self._fd


def _reason(error: BaseException) -> str:
    number = getattr(error, "errno", None)
    if number is None and error.args and isinstance(error.args[0], int):
        number = error.args[0]  # termios.error carries no errno attribute
    return os.strerror(number) if isinstance(number, int) else type(error).__name__

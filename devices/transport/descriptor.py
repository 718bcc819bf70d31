"""`ByteLink` on a file descriptor in non-blocking mode: every wait has an end."""

import errno
import os
import time
from typing import Any, Final

from devices.transport.link import LinkBusy, LinkError, LinkLost, LinkMissing, LinkStalled
from devices.transport.waiting import wait_readable, wait_writable

WRITE_TIMEOUT_S: Final = 1.0

_BUSY: Final = frozenset({errno.EBUSY, errno.EAGAIN})


class DescriptorLink:
    """Reads and writes what `device` has open. `name` says in errors which port it is."""

    def __init__(self, name: str, device: Any, write_timeout_s: float) -> None:
        self._name = name
        self._device = device
        self._fd: int = device.fileno()
        self._write_timeout_s = write_timeout_s

    def write(self, data: bytes, /) -> None:
        """Write all of `data`; raises `LinkStalled` or `LinkLost`."""
        rest = memoryview(data)
        give_up = time.monotonic() + self._write_timeout_s
        while rest:
            try:
                if not wait_writable(self._open_fd(), max(0.0, give_up - time.monotonic())):
                    raise LinkStalled(f"{self._name}: takes no bytes")
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise LinkLost(f"{self._name}: {reason_of(error)}") from None

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Read what is there; see `ByteLink.read`."""
        try:
            if not wait_readable([self._open_fd()], timeout_s):
                return b""
            data = os.read(self._fd, max_bytes)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise LinkLost(f"{self._name}: {reason_of(error)}") from None
        if not data:  # readable without data: the other end hung up
            raise LinkLost(f"{self._name}: the other end is gone")
        return data

    def close(self) -> None:
        """Give the port back at once, without waiting for what is still on its way out."""
        if self._fd >= 0:
            self._fd = -1
            self._discard_output()
            self._device.close()

    def _discard_output(self) -> None:
        """Closing may wait for output that nobody takes; drop it where a port would."""

    def _open_fd(self) -> int:
        if self._fd < 0:
            raise LinkLost(f"{self._name}: closed")
        return self._fd


def not_opened(path: str, error: BaseException | None) -> LinkError:
    """Say why a port could not be opened: another process holds it, or it is not to be had."""
    kind = LinkBusy if getattr(error, "errno", None) in _BUSY else LinkMissing
    return kind(f"{path}: {reason_of(error)}")


def reason_of(error: BaseException | None) -> str:
    """Say what the system said, without any data."""
    number = getattr(error, "errno", None)
    if number is None and error is not None and error.args and isinstance(error.args[0], int):
        number = error.args[0]  # termios.error carries no errno attribute
    return os.strerror(number) if isinstance(number, int) else type(error).__name__

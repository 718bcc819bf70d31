"""What a driver needs from a port, and the three ways in which a port fails it.

A link raises, because bytes have no room for a fault; a driver catches `LinkError` in one place
and hands its caller the value that `fault_of` makes of it.
"""

from collections.abc import Callable
from typing import Protocol

from devices.faults import DeviceFault, FaultCode


class LinkError(Exception):
    """The port, not the device behind it, is in trouble. The text names the port and no data."""


class LinkMissing(LinkError):  # noqa: N818 (a state of the port, said as one)
    """There is no such port, or we may not open it."""


class LinkBusy(LinkError):  # noqa: N818 (a state of the port, said as one)
    """Another process holds the port."""


class LinkLost(LinkError):  # noqa: N818 (a state of the port, said as one)
    """The port was open and went away, or stopped taking bytes."""


class LinkStalled(LinkLost):
    """The port is there, but the device takes no bytes: it hangs or holds up the line."""


class ByteLink(Protocol):
    """An open port. Not for use by two threads at once."""

    def write(self, data: bytes, /) -> None:
        """Hand all of `data` to the port within the link's write deadline, or raise `LinkLost`."""
        ...

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return what is there, at most `max_bytes`, waiting at most `timeout_s` for a first byte.

        Empty means that the time is up. Raises `LinkLost`.
        """
        ...

    def close(self) -> None:
        """Give the port back. May be called twice."""
        ...


LinkFactory = Callable[[], ByteLink]
"""Opens the port anew; raises `LinkMissing` or `LinkBusy`."""


def fault_of(error: LinkError) -> DeviceFault:
    """Say a link's trouble in the words that flows know."""
    code = FaultCode.PORT_BUSY if isinstance(error, LinkBusy) else FaultCode.PORT_MISSING
    return DeviceFault(code, str(error))

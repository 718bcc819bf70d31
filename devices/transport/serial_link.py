"""`ByteLink` on a serial port.

pyserial opens and configures the port; reading and writing are our own, because its `read` waits
for a full count and its `write` may wait without a bound.
"""

import termios

import serial

from devices.transport.descriptor import WRITE_TIMEOUT_S, DescriptorLink, not_opened

_PORT_TROUBLE = (serial.SerialException, OSError, termios.error, ValueError)


class SerialLink(DescriptorLink):
    """An open serial port, 8N1, no flow control, held exclusively."""

    def __init__(
        self, path: str, baud: int = 115200, write_timeout_s: float = WRITE_TIMEOUT_S
    ) -> None:
        """Open `path`. Raises `LinkMissing` or `LinkBusy`; never waits for a carrier."""
        try:
            port = serial.Serial(path, baud, timeout=0, exclusive=True)
        except _PORT_TROUBLE as error:
            raise not_opened(path, error) from None
        super().__init__(path, port, write_timeout_s)

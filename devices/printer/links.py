"""Printer cables as `ByteLink`s, opened by python-escpos' printer classes.

python-escpos opens and configures; its `_raw` and `_read` are not used, because a printer that
stops taking bytes blocks them without a bound: its serial class sets no write time-out and
flushes on close, its USB class takes a time-out of 0 as "for ever", its `_read` waits for
sixteen bytes where status answers have one. Here every wait has an end.
"""

import socket
import termios
import time
from typing import Any

import usb.core  # type: ignore[import-untyped]
from escpos.exceptions import Error as EscposError
from escpos.printer import Network, Serial, Usb

from devices.transport.descriptor import (
    WRITE_TIMEOUT_S,
    DescriptorLink,
    not_opened,
    reason_of,
)
from devices.transport.link import LinkLost, LinkMissing, LinkStalled

CONNECT_TIMEOUT_S = 1.0
RAW_PORT = 9100

_PORT_TROUBLE = (OSError, ValueError, termios.error)  # SerialException is an OSError
_USB_READ_BYTES = 512  # a whole packet: asking for less overflows when the printer sends more


class SerialPrinterLink(DescriptorLink):
    """A printer on a serial port (or USB serial adapter, or pty), 8N1, held exclusively."""

    def __init__(
        self,
        path: str,
        baud: int = 115200,
        *,
        is_rtscts: bool = False,
        write_timeout_s: float = WRITE_TIMEOUT_S,
    ) -> None:
        """Open `path`. Raises `LinkMissing` or `LinkBusy`; never waits for a carrier."""
        printer = Serial(devfile=path, baudrate=baud, timeout=0, dsrdtr=False)
        try:
            printer.open()
            device: Any = printer.device
            printer.device = False  # ours from here on: its `close` would flush without a bound
            try:
                device.rtscts = is_rtscts
                device.exclusive = True
            except _PORT_TROUBLE:
                device.close()
                raise
        except (EscposError, *_PORT_TROUBLE) as error:
            cause = error.__context__ if isinstance(error, EscposError) else error
            raise not_opened(path, cause) from None
        super().__init__(path, device, write_timeout_s)

    def _discard_output(self) -> None:
        try:
            self._device.reset_output_buffer()
        except _PORT_TROUBLE:
            return  # unplugged: nothing is on its way any more


class _Network(Network):  # type: ignore[misc]  # python-escpos has no types
    """python-escpos' class, whose own `open` leaks the socket when nobody listens."""

    def open(self, raise_not_found: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002
        self.device = socket.create_connection((self.host, self.port), self.timeout)


class NetworkPrinterLink(DescriptorLink):
    """A printer on a TCP port, which most call "raw" or JetDirect."""

    def __init__(
        self,
        host: str,
        port: int = RAW_PORT,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        write_timeout_s: float = WRITE_TIMEOUT_S,
    ) -> None:
        """Connect. Raises `LinkMissing`."""
        name = f"{host}:{port}"
        printer = _Network(host=host, port=port, timeout=connect_timeout_s)
        try:
            printer.open()
        except OSError as error:
            raise LinkMissing(f"{name}: {reason_of(error)}") from None
        device: Any = printer.device
        printer._device = False  # ours from here on
        device.settimeout(0)
        device.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().__init__(name, device, write_timeout_s)


class UsbPrinterLink:
    """A printer of the USB printer class, by vendor and product id."""

    def __init__(
        self,
        vendor_id: int,
        product_id: int,
        *,
        in_endpoint: int = 0x82,
        out_endpoint: int = 0x01,
        write_timeout_s: float = WRITE_TIMEOUT_S,
    ) -> None:
        """Find and claim it. Raises `LinkMissing`."""
        name = f"usb {vendor_id:04x}:{product_id:04x}"
        printer = Usb(idVendor=vendor_id, idProduct=product_id, timeout=_ms(write_timeout_s))
        try:
            printer.open()
        except (EscposError, OSError, ValueError) as error:  # ValueError: no libusb on the machine
            raise LinkMissing(f"{name}: {type(error).__name__}") from None
        self._take_over(printer, name, in_endpoint, out_endpoint, write_timeout_s)

    def _take_over(
        self, printer: Any, name: str, in_endpoint: int, out_endpoint: int, write_timeout_s: float
    ) -> None:
        self._printer, self._name = printer, name
        self._in, self._out = in_endpoint, out_endpoint
        self._write_timeout_s = write_timeout_s

    @classmethod
    def around(cls, printer: Any, name: str = "usb") -> "UsbPrinterLink":
        """Use an opened `escpos.printer.Usb`, for printers with unusual endpoints."""
        link = cls.__new__(cls)
        link._take_over(printer, name, printer.in_ep, printer.out_ep, WRITE_TIMEOUT_S)
        return link

    def write(self, data: bytes, /) -> None:
        """Write all of `data`; raises `LinkStalled` or `LinkLost`."""
        rest = data
        give_up = time.monotonic() + self._write_timeout_s
        while rest:
            left_s = give_up - time.monotonic()
            try:
                # 0 would mean "for ever" to libusb.
                done = self._printer.device.write(self._out, rest, _ms(left_s))
            except usb.core.USBTimeoutError:
                raise LinkStalled(f"{self._name}: takes no bytes") from None
            except usb.core.USBError as error:
                raise LinkLost(f"{self._name}: {reason_of(error)}") from None
            rest = rest[done:]
            if rest and left_s <= 0:
                raise LinkStalled(f"{self._name}: takes no bytes")

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Read what is there; see `ByteLink.read`."""
        try:
            size = max(max_bytes, _USB_READ_BYTES)
            return bytes(self._printer.device.read(self._in, size, _ms(timeout_s)))
        except usb.core.USBTimeoutError:
            return b""
        except usb.core.USBError as error:
            raise LinkLost(f"{self._name}: {reason_of(error)}") from None

    def close(self) -> None:
        """Release the interface."""
        self._printer.close()


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))

"""What can go wrong with a device, as exact names instead of "error".

A fault is a value, not an exception: the flow that asked the device decides what the person in
front of it is told. The sentences for people live with the screens, keyed by `FaultCode`.
"""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class FaultCode(StrEnum):
    """Every fault that a driver can report. `<device>.<what>`."""

    # Any device on a port.
    PORT_MISSING = "port.missing"  # no such port, or unplugged
    PORT_BUSY = "port.busy"  # another process holds it
    NO_ANSWER = "port.no_answer"  # deadline passed without a byte
    GARBLED = "port.garbled"  # bytes came, none of them made sense

    # ID-card reader (SAM_V status codes, one name each).
    CARD_LIFTED = "card.lifted"  # 41 while reading, or the card left between select and read
    CARD_UNREADABLE = "card.unreadable"  # 31, 32, 33: card and reader do not trust each other
    CARD_KIND_UNKNOWN = "card.kind_unknown"  # 40, or an unknown letter at offset 248
    CARD_DATA_WRONG = "card.data_wrong"  # frame was sound, its content was not (GB 11643 check)
    READER_UNLICENSED = "card.reader_unlicensed"  # 23, 66
    READER_BROKEN = "card.reader_broken"  # 47, 60
    READER_REFUSED = "card.reader_refused"  # 10, 11, 21, 24, 37, 3F: it did not like our request

    # Scanner (camera or scan engine).
    CAMERA_MISSING = "scan.camera_missing"
    CAMERA_BLACK = "scan.camera_black"  # frames arrive, nothing is on them
    SCAN_REFUSED = "scan.refused"  # the engine answered NAK or a checksum error

    # Ticket printer.
    PAPER_END = "printer.paper_end"
    COVER_OPEN = "printer.cover_open"
    CUTTER = "printer.cutter"
    PRINTER_OFFLINE = "printer.offline"
    PRINTER_HOT = "printer.hot"  # clears by itself
    PRINTER_BROKEN = "printer.broken"  # unrecoverable by its own word
    PAPER_JAM = "printer.paper_jam"


@dataclass(frozen=True)
class DeviceFault:
    """One fault of one device.

    `detail` is for facility staff (status byte, port name); it never holds what a card or a
    code said.
    """

    code: FaultCode
    detail: str = ""

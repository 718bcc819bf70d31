"""What an ESC/POS printer says about itself: bytes to values, without I/O.

Sources: Epson's public ESC/POS reference for DLE EOT, GS a, GS r and DLE DC4; the fixed bits
that tell the kinds of answer apart are the same in the Citizen and Rongta command manuals.
No answer is a fault here, never "paper adequate".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique

from devices.faults import DeviceFault, FaultCode

DLE_EOT = b"\x10\x04"
CLEAR_RESPONSE = b"\x37\x25\x00"  # header, identifier, NUL: the answer to DLE DC4 8
MAX_BLOCK_BYTES = 80
ASB_BYTES = 4

_BLOCK_HEADER = 0x37
_XON, _XOFF = 0x11, 0x13
_MARKER_NIBBLES = frozenset({0x0, 0x3, 0xC, 0xF})  # near end and end are two equal bits each


@unique
class StatusQuery(IntEnum):
    """The `n` of DLE EOT n."""

    PRINTER = 1
    OFFLINE_CAUSE = 2
    ERROR_CAUSE = 3
    PAPER = 4


def status_request(query: StatusQuery) -> bytes:
    """Return the three bytes of DLE EOT n; printers obey them while busy and while offline."""
    return DLE_EOT + bytes([query])


def is_status_answer(byte: int) -> bool:
    """Say whether `byte` can be an answer to DLE EOT: bits 0 and 7 are 0, bits 1 and 4 are 1."""
    return byte & 0x93 == 0x12


@dataclass(frozen=True)
class PrinterStatus:
    """The four answers to DLE EOT 1 to 4, each a byte that passed `is_status_answer`."""

    printer: int
    offline_cause: int
    error_cause: int
    paper: int

    @property
    def is_online(self) -> bool:
        """Whether it takes print data."""
        return not self.printer & 0x08

    @property
    def is_waiting_for_recovery(self) -> bool:
        """Whether it stays offline until somebody does something."""
        return bool(self.printer & 0x20)

    @property
    def is_fed_by_button(self) -> bool:
        """Whether somebody is holding its feed button."""
        return bool(self.printer & 0x40 or self.offline_cause & 0x08)

    @property
    def is_cover_open(self) -> bool:
        """Whether its cover is open."""
        return bool(self.offline_cause & 0x04)

    @property
    def has_error(self) -> bool:
        """Whether it is offline for an error."""
        return bool(self.offline_cause & 0x40)

    @property
    def has_recoverable_error(self) -> bool:
        """Whether its mechanism is stuck and DLE ENQ can set it going again."""
        return bool(self.error_cause & 0x04)

    @property
    def has_cutter_error(self) -> bool:
        """Whether its cutter is stuck."""
        return bool(self.error_cause & 0x08)

    @property
    def has_unrecoverable_error(self) -> bool:
        """Whether it calls itself broken."""
        return bool(self.error_cause & 0x20)

    @property
    def has_passing_error(self) -> bool:
        """Whether it waits for something that mends itself, such as a hot head."""
        return bool(self.error_cause & 0x40)

    @property
    def is_paper_near_end(self) -> bool:
        """Whether the roll is nearly used up. Not a fault."""
        return bool(self.paper & 0x0C)

    @property
    def is_paper_end(self) -> bool:
        """Whether there is no paper: by the sensor, or because printing stopped for it."""
        return bool(self.paper & 0x60 or self.offline_cause & 0x20)

    @property
    def fault(self) -> DeviceFault | None:
        """The one thing to mend first, or None if it can print."""
        for is_so, code in (
            (self.has_unrecoverable_error, FaultCode.PRINTER_BROKEN),
            (self.has_cutter_error, FaultCode.CUTTER),
            (self.is_cover_open, FaultCode.COVER_OPEN),
            (self.is_paper_end, FaultCode.PAPER_END),
            (self.has_recoverable_error, FaultCode.PAPER_JAM),
            (self.has_passing_error, FaultCode.PRINTER_HOT),
            (
                not self.is_online
                or self.is_waiting_for_recovery
                or self.is_fed_by_button
                or self.has_error,
                FaultCode.PRINTER_OFFLINE,
            ),
        ):
            if is_so:
                return DeviceFault(code, self.as_hex)
        return None

    @property
    def as_hex(self) -> str:
        """The four bytes, for facility staff."""
        answers = (self.printer, self.offline_cause, self.error_cause, self.paper)
        return "DLE EOT " + " ".join(f"{byte:02X}" for byte in answers)


def no_answer(query: StatusQuery) -> DeviceFault:
    """Return the fault for a question that was not answered."""
    return DeviceFault(FaultCode.NO_ANSWER, f"DLE EOT {query:d} was not answered")


def parse_status(answers: Sequence[int | None]) -> PrinterStatus | DeviceFault:
    """Make a status of the answers to DLE EOT 1, 2, 3, 4; None stands for "no answer"."""
    sound = []
    for query, byte in zip(StatusQuery, answers, strict=True):
        if byte is None:
            return no_answer(query)
        if not is_status_answer(byte):
            return DeviceFault(FaultCode.GARBLED, f"DLE EOT {query:d} answered {byte:02X}")
        sound.append(byte)
    return PrinterStatus(*sound)


@unique
class AnswerKind(StrEnum):
    """What a printer can send."""

    STATUS = "status"  # one byte, to DLE EOT
    MARKER = "marker"  # one byte, to GS r 1: everything sent before it has been worked off
    CLEARED = "cleared"  # to DLE DC4 8
    ASB = "asb"  # four bytes, unasked
    FLOW = "flow"  # XON or XOFF
    NOISE = "noise"


@dataclass(frozen=True)
class Answer:
    """One thing that the printer sent."""

    kind: AnswerKind
    data: bytes

    @property
    def says_paper_end(self) -> bool:
        """For a marker: whether there was no paper when it was worked off."""
        return self.kind is AnswerKind.MARKER and bool(self.data[0] & 0x0C)


class AnswerParser:
    """Cuts the printer's byte stream into answers; may be fed in pieces of any size."""

    def __init__(self) -> None:
        self._asb = bytearray()
        self._block = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        """Take bytes and return the answers that they complete."""
        answers: list[Answer] = []
        for byte in data:
            self._take(byte, answers)
        return answers

    def _take(self, byte: int, answers: list[Answer]) -> None:
        if byte in (_XON, _XOFF):  # may come between any two bytes, also inside a block
            answers.append(Answer(AnswerKind.FLOW, bytes([byte])))
        elif self._block:
            self._take_block(byte, answers)
        elif self._asb:
            self._take_asb(byte, answers)
        elif byte == _BLOCK_HEADER:
            self._block.append(byte)
        elif byte & 0x93 == 0x10:
            self._asb.append(byte)
        elif is_status_answer(byte):
            answers.append(Answer(AnswerKind.STATUS, bytes([byte])))
        elif byte & 0x90 == 0 and byte & 0x0F in _MARKER_NIBBLES:
            answers.append(Answer(AnswerKind.MARKER, bytes([byte])))
        else:
            answers.append(Answer(AnswerKind.NOISE, bytes([byte])))

    def _take_block(self, byte: int, answers: list[Answer]) -> None:
        self._block.append(byte)
        if byte == 0 or len(self._block) > MAX_BLOCK_BYTES:
            block = bytes(self._block)
            self._block.clear()
            kind = AnswerKind.CLEARED if block == CLEAR_RESPONSE else AnswerKind.NOISE
            answers.append(Answer(kind, block))

    def _take_asb(self, byte: int, answers: list[Answer]) -> None:
        if byte & 0x90:  # not one of bytes 2 to 4: the report was cut short
            answers.append(Answer(AnswerKind.NOISE, bytes(self._asb)))
            self._asb.clear()
            self._take(byte, answers)
            return
        self._asb.append(byte)
        if len(self._asb) == ASB_BYTES:
            answers.append(Answer(AnswerKind.ASB, bytes(self._asb)))
            self._asb.clear()

"""A simulated ticket printer without its cable: bytes in, bytes out, paper, and a fault menu.

It behaves as real ones do where that hurts: it keeps what it has received while it is out of
paper and prints on after the refill, it obeys real-time commands inside picture data, it answers
a marker only when it has worked off everything before it, and an error of its mechanism stays
until the host acknowledges it.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique

from devices.printer.escpos_parser import (
    AskPaper,
    Command,
    Cut,
    EscPosParser,
    Feed,
    Init,
    RasterRow,
    RealTime,
    RealTimeScanner,
    Setting,
    Text,
)
from devices.printer.paper import LINE_DOTS, Paper, Slip, text_rows
from devices.printer.status_codec import CLEAR_RESPONSE

RECEIVE_BUFFER_BYTES = 65536
KEPT_SLIPS = 64  # a slip is a tenth of a megabyte, and a day has hundreds


@unique
class PrinterFault(StrEnum):
    """What can be wrong with the simulated printer."""

    PAPER_END = "paper_end"
    PAPER_NEAR_END = "paper_near_end"
    COVER_OPEN = "cover_open"
    CUTTER = "cutter"  # jams at the next cut
    PAPER_JAM = "paper_jam"
    HOT = "hot"
    BROKEN = "broken"
    OFFLINE = "offline"
    SILENT = "silent"  # obeys, but its answers are lost
    HANG = "hang"  # does nothing; takes no bytes once its port is full
    GARBLED = "garbled"  # answers nonsense
    NO_MARKERS = "no_markers"  # knows no GS r
    KEEPS_BUFFER = "keeps_buffer"  # knows no DLE DC4 8 and no DLE ENQ 2
    CHATTER = "chatter"  # status reports and flow control bytes between its answers
    UNPLUGGED = "unplugged"


_STOPPING = frozenset(
    {
        PrinterFault.PAPER_END,
        PrinterFault.COVER_OPEN,
        PrinterFault.PAPER_JAM,
        PrinterFault.HOT,
        PrinterFault.BROKEN,
        PrinterFault.OFFLINE,
        PrinterFault.HANG,
    }
)
_MECHANICAL = frozenset({PrinterFault.CUTTER, PrinterFault.PAPER_JAM})
_NOISE = b"\xff\xa5"
_CHATTER = b"\x13\x10\x00\x00\x00\x11"  # XOFF, an ASB report, XON


@dataclass
class _Armed:
    """A fault that waits for its moment."""

    fault: PrinterFault
    at_byte: int | None = None
    at_row: int | None = None


class Mechanism:
    """The printer proper. Not thread-safe: its owner holds a lock."""

    def __init__(
        self,
        on_slip: Callable[[Slip], None] | None = None,
        rows_per_s: float | None = None,
    ) -> None:
        """`rows_per_s` None prints at once; else `elapse` drives the paper."""
        self.paper = Paper()
        self.slips_cut = 0
        self._slips: deque[Slip] = deque(maxlen=KEPT_SLIPS)
        self.bytes_received = 0
        self.bytes_lost = 0
        self._on_slip = on_slip
        self._rows_per_s = rows_per_s
        self._row_budget = 0.0
        self._parser = EscPosParser()
        self._scanner = RealTimeScanner()
        self._faults: set[PrinterFault] = set()
        self._stuck: set[PrinterFault] = set()  # errors that wait for the host's word
        self._armed: list[_Armed] = []
        self._out = bytearray()
        self._size = self._align = 0
        self._line = bytearray()

    # What people do to it.

    def inject(
        self, fault: PrinterFault, *, after_bytes: int | None = None, after_rows: int | None = None
    ) -> None:
        """Let `fault` happen now, or so many received bytes or printed rows from now."""
        if after_bytes is None and after_rows is None:
            self._happen(fault)
            return
        self._armed.append(
            _Armed(
                fault,
                None if after_bytes is None else self.bytes_received + after_bytes,
                None if after_rows is None else self.paper.rows_printed + after_rows,
            )
        )

    def mend(self, fault: PrinterFault) -> None:
        """Remove the cause. The printer goes on with what it has kept."""
        self._faults.discard(fault)
        self._work()

    def mend_all(self) -> None:
        """Remove every cause, also those still to come."""
        self._armed.clear()
        self._faults.clear()
        self._work()

    def power_cycle(self) -> None:
        """Switch off and on: buffers and error states are gone, paper stays where it is."""
        self._parser.clear()
        self._line.clear()
        self._out.clear()
        self._stuck.clear()

    @property
    def slips(self) -> list[Slip]:
        """The last `KEPT_SLIPS` slips that have been cut off."""
        return list(self._slips)

    @property
    def faults(self) -> frozenset[PrinterFault]:
        """What is wrong with it now."""
        return frozenset(self._faults | self._stuck)

    @property
    def is_unplugged(self) -> bool:
        """Whether its cable is out."""
        return PrinterFault.UNPLUGGED in self._faults

    @property
    def is_hanging(self) -> bool:
        """Whether it does nothing at all."""
        return PrinterFault.HANG in self._faults

    @property
    def waiting_bytes(self) -> int:
        """Bytes received and not worked off."""
        return len(self._parser)

    # What the cable does to it.

    def receive(self, data: bytes) -> None:
        """Take bytes from the host, up to the moment when it is unplugged or hangs."""
        while data and not self.is_unplugged:
            due = min(
                (a.at_byte for a in self._armed if a.at_byte is not None),
                default=self.bytes_received + len(data),
            )
            count = max(0, min(len(data), due - self.bytes_received))
            self._accept(data[:count])
            data = data[count:]
            self._work()
            self._trigger()
        self._work()

    def elapse(self, seconds: float) -> None:
        """Let time pass for the paper."""
        if self._rows_per_s is not None:
            self._row_budget = min(self._row_budget + seconds * self._rows_per_s, self._rows_per_s)
        self._work()

    def answers(self) -> bytes:
        """Take what it has to say."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def _accept(self, data: bytes) -> None:
        self.bytes_received += len(data)
        for piece, command in self._scanner.split(data):
            room = RECEIVE_BUFFER_BYTES - len(self._parser)
            self._parser.append(piece[:room])
            self.bytes_lost += max(0, len(piece) - room)
            if command is not None:
                # Before it obeys, it has had time to work on what came earlier.
                self._work()
                self._obey(command)

    def _obey(self, command: RealTime) -> None:
        if self.is_hanging:
            return
        match command:
            case RealTime.CLEAR:
                if PrinterFault.KEEPS_BUFFER not in self._faults:
                    self._clear()
                    self._say(CLEAR_RESPONSE)
            case RealTime.CLEAR_AND_RESUME:
                if self._stuck and PrinterFault.KEEPS_BUFFER not in self._faults:
                    self._clear()
                self._stuck &= self._faults
            case RealTime.RESUME:
                self._stuck &= self._faults
            case _:
                self._say(bytes([self._status_byte(command)]))
        self._work()

    def _clear(self) -> None:
        self._parser.clear()
        self._line.clear()
        self._stuck &= self._faults  # an error whose cause is gone ends here too

    def _say(self, data: bytes) -> None:
        if PrinterFault.SILENT in self._faults:
            return
        if PrinterFault.CHATTER in self._faults:
            self._out += _CHATTER
        self._out += _NOISE if PrinterFault.GARBLED in self._faults else data

    def _status_byte(self, query: RealTime) -> int:
        faults = self.faults
        if query is RealTime.STATUS_1:
            parts = {0x08: _STOPPING | self._stuck, 0x20: {PrinterFault.OFFLINE}}
        elif query is RealTime.STATUS_2:
            parts = {
                0x04: {PrinterFault.COVER_OPEN},
                0x20: {PrinterFault.PAPER_END},
                0x40: _MECHANICAL & self._stuck | {PrinterFault.HOT, PrinterFault.BROKEN},
            }
        elif query is RealTime.STATUS_3:
            parts = {
                0x04: {PrinterFault.PAPER_JAM},
                0x08: {PrinterFault.CUTTER} & self._stuck,
                0x20: {PrinterFault.BROKEN},
                0x40: {PrinterFault.HOT},
            }
        else:
            parts = {
                0x0C: {PrinterFault.PAPER_NEAR_END, PrinterFault.PAPER_END},
                0x60: {PrinterFault.PAPER_END},
            }
        return 0x12 | sum(bit for bit, causes in parts.items() if causes & faults)

    # Its own work.

    def _happen(self, fault: PrinterFault) -> None:
        self._faults.add(fault)
        if fault is PrinterFault.PAPER_JAM:
            self._stuck.add(fault)

    def _trigger(self) -> None:
        for armed in list(self._armed):
            is_byte_due = armed.at_byte is not None and self.bytes_received >= armed.at_byte
            is_row_due = armed.at_row is not None and self.paper.rows_printed >= armed.at_row
            if is_byte_due or is_row_due:
                self._armed.remove(armed)
                self._happen(armed.fault)

    @property
    def _is_stopped(self) -> bool:
        return bool(self._stuck) or not self._faults.isdisjoint(_STOPPING)

    def _work(self) -> None:
        while not self._is_stopped:
            if self._rows_per_s is not None and self._row_budget < 1 and self._parser.is_in_picture:
                return
            command = self._parser.next()
            if command is None:
                return
            self._perform(command)
            if self._armed:
                self._trigger()

    def _perform(self, command: Command) -> None:
        match command:
            case RasterRow(dots):
                self.paper.add(dots)
                self._row_budget -= 1
            case Text(data):
                self._line += data
            case Feed(lines, dots):
                self._print_line()
                self.paper.feed(max(0, lines - 1) * LINE_DOTS + dots)
            case Cut(feed_dots):
                self._cut(feed_dots)
            case AskPaper():
                if PrinterFault.NO_MARKERS not in self._faults:
                    self._say(b"\x03" if PrinterFault.PAPER_NEAR_END in self._faults else b"\x00")
            case Setting(b"\x1d!", value):
                self._size = value
            case Setting(b"\x1ba", value):
                self._align = value
            case Init():
                self._size = self._align = 0
                self._line.clear()

    def _print_line(self) -> None:
        if self._line:
            for row in text_rows(bytes(self._line), self._size, self._align):
                self.paper.add(row)
            self._line.clear()
        else:
            self.paper.feed(LINE_DOTS)

    def _cut(self, feed_dots: int) -> None:
        self.paper.feed(feed_dots)
        if PrinterFault.CUTTER in self._faults:
            self._stuck.add(PrinterFault.CUTTER)
            return
        slip = self.paper.cut()
        self._slips.append(slip)
        self.slips_cut += 1
        if self._on_slip is not None:
            self._on_slip(slip)

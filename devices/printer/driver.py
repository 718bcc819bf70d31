"""Prints one ticket and knows whether it did.

What makes the answer certain:

- The picture goes out in chunks, each with a marker that waits its turn in the printer's buffer;
  at most two chunks are under way unconfirmed. So at a fault most of the ticket is unsent.
- The cut goes out only when the whole picture is confirmed and the printer is sound. Without it
  there is no ticket.
- After a fault the printer's buffer is cleared by a real-time command, obeyed also while offline,
  so nothing prints on after a paper refill. Before the next ticket, paper that may carry part of
  an older one is marked void and cut off.
"""

import functools
import threading
import time
from dataclasses import dataclass
from enum import IntEnum

from PIL import Image

from devices.faults import DeviceFault, FaultCode
from devices.printer.escpos_bytes import (
    CLEAR_BUFFERS,
    FLUSH,
    RECOVER_AND_CLEAR,
    TicketJob,
    build_job,
)
from devices.printer.layout import TicketFace, draw_ticket, draw_void_strip
from devices.printer.status_codec import PrinterStatus
from devices.printer.wire import Clock, PrinterWire, Trouble
from devices.transport.link import LinkError, LinkFactory, LinkStalled, fault_of

CHUNKS_UNDER_WAY = 2
POLL_S = 0.05  # between looks at the status while waiting for a marker
CANCEL_S = 0.5  # for clearing the buffer after a fault; kept back from the deadline
RECOVER_S = 1.0  # for the knife to go home


@dataclass(frozen=True)
class Printed:
    """The ticket is out, cut, and the only one. `status` may say that the paper is nearly out."""

    status: PrinterStatus


@dataclass(frozen=True)
class NotPrinted:
    """No valid ticket is on paper or will be; the number may be voided or printed anew."""

    fault: DeviceFault


@dataclass(frozen=True)
class Uncertain:
    """A ticket may be on paper. The number must stay good until somebody has looked."""

    fault: DeviceFault


PrintOutcome = Printed | NotPrinted | Uncertain


class _Stage(IntEnum):
    """How much has been handed to the link."""

    NOTHING = 0
    VOID_STRIP = 1  # bytes, but none of this ticket
    PART = 2
    WHOLE_PICTURE = 3  # the last chunk has been begun
    CUT = 4  # the cut has been begun


class TicketPrinter:
    """One printer. Calls block: use it from a worker thread, one call at a time.

    No method raises for a reason that lies in the device. A call may overrun its deadline by one
    time-out of the link (1 s to connect or to hand over bytes) when that strikes at the last
    moment, and by half a second for clearing the printer.

    A ticket is about 46 kB: ready as fast as the paper moves over USB and TCP, 4 s at 115,200
    baud. Slower than 57,600 baud the printer cannot be watched while it prints.
    """

    def __init__(
        self,
        transport_factory: LinkFactory,
        clock: Clock = time.monotonic,
        *,
        is_scrap_suspected: bool = False,
    ) -> None:
        """Remember how to open the link; nothing is opened yet.

        `is_scrap_suspected`: an earlier process died while it printed, so the first job begins
        by cutting off, marked void, what that one may have left.
        """
        self._line = _Line(transport_factory, clock, has_scrap=is_scrap_suspected)
        self._clock = clock
        self._use = threading.Lock()

    def status(self, deadline_s: float) -> PrinterStatus | DeviceFault:
        """Ask the printer how it is, within `deadline_s` seconds.

        A status has a `fault` of its own; a `DeviceFault` means that there is no status.
        """
        until = self._clock() + deadline_s
        if not self._use.acquire(timeout=max(0.0, deadline_s)):
            return _IN_USE
        try:
            return self._line.first_status(until)
        except (Trouble, LinkError) as error:
            self._line.drop()
            return _fault(error)
        finally:
            self._use.release()

    def print_ticket(self, face: TicketFace, deadline_s: float) -> PrintOutcome:
        """Print `face` and say for certain, or that it is uncertain, within `deadline_s` seconds.

        Raises `fonts.FontMissing` where the machine cannot draw tickets at all.
        """
        return self.print_image(draw_ticket(face), deadline_s)

    def print_image(self, image: Image.Image, deadline_s: float) -> PrintOutcome:
        """Print a picture of mode "1" as a ticket of its own."""
        return self.print_job(build_job(image), deadline_s)

    def print_job(self, job: TicketJob, deadline_s: float) -> PrintOutcome:
        """Print what `build_job` made."""
        until = self._clock() + deadline_s
        if not self._use.acquire(timeout=max(0.0, deadline_s)):
            return NotPrinted(_IN_USE)
        try:
            return _Attempt(self._line, job, until).run()
        finally:
            self._use.release()

    def close(self) -> None:
        """Give the port back. The printer can be used again afterwards."""
        with self._use:
            self._line.drop()


_IN_USE = DeviceFault(FaultCode.PORT_BUSY, "another call is using the printer")


class _Line:
    """The link to the printer, and what is known of the printer's buffer and paper."""

    def __init__(self, open_link: LinkFactory, clock: Clock, *, has_scrap: bool) -> None:
        self._open_link = open_link
        self._wire: PrinterWire | None = None
        self.clock = clock
        self.has_scrap = has_scrap
        self.is_buffer_known_empty = False

    @property
    def wire(self) -> PrinterWire | None:
        """The link, if it is open."""
        return self._wire

    def first_status(self, until: float) -> PrinterStatus:
        """Ask over the link that is open; if it has gone stale, open it anew, once."""
        if self._wire is not None:
            try:
                return self._wire.status(until)
            except (Trouble, LinkError):
                self.drop()
        return self.connected().status(until)

    def connected(self) -> PrinterWire:
        """Open the link if it is not."""
        if self._wire is None:
            self._wire = PrinterWire(self._open_link(), self.clock)
            self.is_buffer_known_empty = False  # whoever had the link before may have died
            self._wire.settle()
        return self._wire

    def drop(self) -> None:
        """Close the link."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None


class _Attempt:
    """One try at one ticket."""

    def __init__(self, line: _Line, job: TicketJob, until: float) -> None:
        self._line = line
        self._job = job
        self._clock = line.clock
        self._until = until - min(CANCEL_S, (until - self._clock()) / 4)
        self._stage = _Stage.NOTHING

    def run(self) -> PrintOutcome:
        try:
            wire = self._ready_wire()
            self._send_picture(wire)
            return self._cut(wire)
        except (Trouble, LinkError) as error:
            return self._failed(error)

    def _ready_wire(self) -> PrinterWire:
        """Refuse while nothing has been sent; then make sure that the job starts on clean paper."""
        status = self._line.first_status(self._until)
        wire = self._line.connected()
        if status.has_cutter_error or status.has_recoverable_error:
            status = self._recover(wire)
        if status.fault is not None:
            raise Trouble(status.fault)
        if not self._line.is_buffer_known_empty and not self._clear(wire, self._until):
            wire.send(FLUSH, self._until)  # a printer without DLE DC4: end a half-sent picture
        self._line.is_buffer_known_empty = True
        if self._line.has_scrap:
            self._void_scrap(wire)
        return wire

    def _recover(self, wire: PrinterWire) -> PrinterStatus:
        """Ask a stuck mechanism to try again, with its buffer thrown away."""
        until = min(self._until, self._clock() + RECOVER_S)
        wire.send(RECOVER_AND_CLEAR, until)
        self._line.has_scrap = True
        status = wire.status(until)
        while status.fault is not None and self._clock() < until:
            wire.listen(min(until, self._clock() + POLL_S))
            status = wire.status(self._until)
        return status

    def _void_scrap(self, wire: PrinterWire) -> None:
        """Print "void" below whatever hangs from the printer, and cut it off."""
        self._stage = _Stage.VOID_STRIP
        self._line.is_buffer_known_empty = False
        strip = _void_job()
        before = wire.tally.markers
        wire.send(strip.data, self._until)
        wire.await_markers(before + len(strip.chunks) + 1, self._until, POLL_S)
        wire.require_sound(self._until)
        self._line.has_scrap = False

    def _send_picture(self, wire: PrinterWire) -> None:
        self._line.has_scrap = True
        self._line.is_buffer_known_empty = False
        self._stage = _Stage.PART
        first = wire.tally.markers
        wire.send(self._job.opening, self._until)
        count = len(self._job.chunks)
        for sent, chunk in enumerate(self._job.chunks):
            wire.await_markers(first + sent + 1 - CHUNKS_UNDER_WAY, self._until, POLL_S)
            wire.glance(self._until)
            if sent + 1 == count:
                self._stage = _Stage.WHOLE_PICTURE
            wire.send(chunk, self._until)
        wire.await_markers(first + count, self._until, POLL_S)
        wire.require_sound(self._until)

    def _cut(self, wire: PrinterWire) -> PrintOutcome:
        first = wire.tally.markers
        self._stage = _Stage.CUT
        wire.send(self._job.closing, self._until)
        wire.await_markers(first + 1, self._until, POLL_S)
        status = wire.status(self._until)
        fault = status.fault
        if wire.tally.markers != first + 1:
            # A glitch on the line can look like a marker (a break is read as NUL).
            fault = DeviceFault(FaultCode.GARBLED, "more markers than were asked for")
        elif fault is not None and fault.code is FaultCode.PAPER_END and self._had_paper(wire):
            fault = None  # the roll ended behind this ticket; the next one will be refused
        if fault is not None:
            raise Trouble(fault)
        self._line.has_scrap = False
        self._line.is_buffer_known_empty = True
        return Printed(status)

    @staticmethod
    def _had_paper(wire: PrinterWire) -> bool:
        return wire.last_marker is not None and not wire.last_marker.says_paper_end

    def _failed(self, error: Trouble | LinkError) -> PrintOutcome:
        """Clear what was sent, then say what can be on paper."""
        is_sent = self._stage is not _Stage.NOTHING
        # A link that failed will not carry the cancelling either; the next job begins with it.
        is_cleared = is_sent and isinstance(error, Trouble) and self._cancel()
        fault = _fault(error)
        if is_sent or isinstance(error, LinkError) or fault.code in _LINK_CODES:
            self._line.drop()
        is_certain = self._stage <= _Stage.PART or (
            self._stage is _Stage.WHOLE_PICTURE and is_cleared
        )
        return NotPrinted(fault) if is_certain else Uncertain(fault)

    def _cancel(self) -> bool:
        """Empty the printer's buffer; say if the printer has confirmed it."""
        wire = self._line.wire
        if wire is None:
            return False
        until = self._clock() + CANCEL_S
        try:
            if self._clear(wire, until):
                return True
            wire.send(RECOVER_AND_CLEAR, until + CANCEL_S)  # some printers know only this one
        except (Trouble, LinkError):
            return False
        return False

    def _clear(self, wire: PrinterWire, until: float) -> bool:
        """Send DLE DC4 8 and wait for its answer."""
        before = wire.tally.cleared
        wire.send(CLEAR_BUFFERS, until)
        return wire.await_cleared(before + 1, min(until, self._clock() + CANCEL_S))


@functools.cache
def _void_job() -> TicketJob:
    return build_job(draw_void_strip())


# Faults after which the link itself is in doubt.
_LINK_CODES = frozenset({FaultCode.NO_ANSWER, FaultCode.GARBLED})


def _fault(error: Trouble | LinkError) -> DeviceFault:
    if isinstance(error, Trouble):
        return error.fault
    if isinstance(error, LinkStalled):
        return DeviceFault(FaultCode.NO_ANSWER, str(error))
    return fault_of(error)

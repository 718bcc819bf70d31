"""One thread a device, so that nothing that hangs on a wire ever holds up the screen.

A worker calls its driver, which blocks within deadlines, and posts what it learns as events of the
flow. Cards are turned into keyed hashes here, before anything leaves the reader's thread.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

from devices.faults import DeviceFault, FaultCode
from devices.idcard.card import IdentityCard
from devices.printer.driver import NotPrinted, Printed, PrintOutcome, Uncertain
from devices.printer.face import TicketFace
from devices.printer.status_codec import PrinterStatus
from devices.scan.classify import SERVICE_PREFIX, CodeKind, ScannedCode, classify
from hallserver.client.person import person_key
from hallserver.protocol.ids import AppointmentToken, PriorityId, ServiceId, TicketId, TicketToken
from kiosk.flow import events as ev
from kiosk.flow.events import Device
from kiosk.spool import PrintStage, Spool

POLL_S: Final = 0.2
"""So long a device is listened to before the worker looks whether it is still wanted."""

STATUS_EVERY_S: Final = 2.0
STATUS_DEADLINE_S: Final = 1.0
PRINT_DEADLINE_S: Final = 10.0
MAX_FINISHING_POLLS: Final = 40
"""A read is over long before: the driver's own deadlines end it."""

STOP_TIMEOUT_S: Final = 12.0
"""The longest that any driver call takes, and a little more."""

Post = Callable[[ev.Event], None]
"""Hands an event to the flow's own thread; returns at once."""


class CardReader(Protocol):
    """`devices.idcard.driver.IdCardReader`, or another reader."""

    @property
    def fault(self) -> DeviceFault | None:
        """The reader's own standing fault."""
        ...

    @property
    def is_between_cards(self) -> bool:
        """Whether nothing is under way with a card."""
        ...

    def poll(self, deadline_s: float) -> IdentityCard | DeviceFault | None:
        """Work for at most so long, less if there is news."""
        ...

    def close(self) -> None:
        """Give the port back."""
        ...


class Scanner(Protocol):
    """`devices.scan.scanner.CodeScanner`."""

    def poll(self, deadline_s: float) -> str | DeviceFault | None:
        """Work for at most so long, less if there is news."""
        ...

    def forget(self) -> None:
        """Drop what was shown until the next poll."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


class Printer(Protocol):
    """`devices.printer.driver.TicketPrinter`."""

    def status(self, deadline_s: float) -> PrinterStatus | DeviceFault:
        """Ask the printer how it is."""
        ...

    def print_ticket(self, face: TicketFace, deadline_s: float) -> PrintOutcome:
        """Print, and say for certain or that it is uncertain."""
        ...

    def close(self) -> None:
        """Give the port back."""
        ...


class _Health:
    """Tells the flow of a device's fault when it begins, changes or ends."""

    def __init__(self, device: Device, post: Post) -> None:
        self._device = device
        self._post = post
        self._told: FaultCode | None = None

    def is_now(self, fault: DeviceFault | None) -> None:
        code = None if fault is None else fault.code
        if code is not self._told:
            self._told = code
            self._post(ev.DeviceChanged(self._device, code))


class _Listener:
    """A thread that polls while it is switched on."""

    def __init__(self, name: str) -> None:
        self._changed = threading.Condition()
        self._is_on = False
        self._turn = 0  # counts the switchings
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; listens to nothing before it is switched on."""
        self._thread.start()

    def listen(self, *, is_on: bool) -> None:
        """Switch listening on or off."""
        with self._changed:
            self._turn += is_on is not self._is_on
            self._is_on = is_on
            self._changed.notify_all()

    def end(self) -> None:
        """Ask the thread to end; returns at once."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait until the thread has ended and given the device back."""
        if self._thread.ident is not None:
            self._thread.join(STOP_TIMEOUT_S)

    def _is_wanted(self) -> bool:
        if not self._is_on and not self._is_stopping:
            self._finish()
        with self._changed:
            self._changed.wait_for(lambda: self._is_on or self._is_stopping)
            return not self._is_stopping

    def _run(self) -> None:
        try:
            while self._is_wanted():
                self._poll()
        finally:
            self._close()

    def _poll(self) -> None:
        raise NotImplementedError

    def _finish(self) -> None:
        """Leave nothing under way that would be told when listening begins again."""

    def _close(self) -> None:
        raise NotImplementedError


class CardWorker(_Listener):
    """Reads cards and forgets all but the keyed hash and the class by age."""

    def __init__(
        self,
        reader: CardReader,
        hall_key: bytes,
        post: Post,
        class_of: Callable[[date], PriorityId | None],
    ) -> None:
        """Take over `reader`. `class_of` finds the class that a date of birth gives, if any."""
        super().__init__("card reader")
        self._class_of = class_of
        self._reader = reader
        self._hall_key = hall_key
        self._post = post
        self._health = _Health(Device.READER, post)

    def _poll(self) -> None:
        turn = self._turn
        news = self._reader.poll(POLL_S)
        standing = self._reader.fault
        self._health.is_now(standing)
        if self._turn != turn:
            return  # read too late: its owner has gone on, and the next person may stand there
        if isinstance(news, IdentityCard):
            person = person_key(news.id_number, self._hall_key)
            self._post(ev.CardRead(person, self._class_of(news.birth)))
        elif news is not None and standing is None:
            self._post(ev.CardFault(news.code))

    def _finish(self) -> None:
        for _ in range(MAX_FINISHING_POLLS):
            if self._reader.is_between_cards:
                return
            self._reader.poll(POLL_S)  # and forget: nobody is there any more who laid this card

    def _close(self) -> None:
        self._reader.close()


_FOREIGN = {
    CodeKind.LICENCE: ev.ForeignCode.CERTIFICATE,
    CodeKind.URL: ev.ForeignCode.LINK,
    CodeKind.OTHER: ev.ForeignCode.OTHER,
}


def event_of(code: ScannedCode) -> ev.Event:
    """Turn a code that was held up into what the flow knows; a foreign one loses its content."""
    if code.kind is CodeKind.TICKET:
        return ev.TicketScanned(TicketToken(code.text))
    if code.kind is CodeKind.APPOINTMENT:
        return ev.AppointmentScanned(AppointmentToken(code.text))
    if code.kind is CodeKind.SERVICE:
        return ev.ServiceScanned(ServiceId(code.text.removeprefix(SERVICE_PREFIX)))
    return ev.ForeignScanned(_FOREIGN[code.kind])


class ScanWorker(_Listener):
    """Reads codes and tells ours from foreign ones."""

    def __init__(self, scanner: Scanner, post: Post) -> None:
        """Take over `scanner`."""
        super().__init__("scanner")
        self._scanner = scanner
        self._post = post
        self._health = _Health(Device.SCANNER, post)

    def _poll(self) -> None:
        turn = self._turn
        news = self._scanner.poll(POLL_S)
        self._health.is_now(news if isinstance(news, DeviceFault) else None)
        if isinstance(news, str) and self._turn == turn:  # else: held up by who has gone on
            self._post(event_of(classify(news)))

    def _finish(self) -> None:
        self._scanner.forget()

    def _close(self) -> None:
        self._scanner.close()


@dataclass(frozen=True)
class PrintJob:
    """One ticket to print; `make_face` draws on the worker's time."""

    ticket: TicketId
    make_face: Callable[[], TicketFace] = field(repr=False)


class PrinterWorker:
    """Prints one ticket at a time and looks after the printer in between."""

    def __init__(
        self,
        printer: Printer,
        spool: Spool,
        post: Post,
        *,
        print_deadline_s: float = PRINT_DEADLINE_S,
        status_every_s: float = STATUS_EVERY_S,
    ) -> None:
        """Take over `printer`."""
        self._status_every_s = status_every_s
        self._print_deadline_s = print_deadline_s
        self._printer = printer
        self._spool = spool
        self._post = post
        self._health = _Health(Device.PRINTER, post)
        self._changed = threading.Condition()
        self._job: PrintJob | None = None
        self._is_printing = False
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)

    def start(self) -> None:
        """Begin to look after the printer."""
        self._thread.start()

    def submit(self, job: PrintJob) -> bool:
        """Hand over a ticket; False when the printer still works on another one."""
        with self._changed:
            if self._job is not None or self._is_printing or self._is_stopping:
                return False
            self._job = job
            self._changed.notify_all()
            return True

    def end(self) -> None:
        """Ask the thread to finish what is being printed, and to end; returns at once."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait until the thread has ended."""
        if self._thread.ident is not None:
            self._thread.join(STOP_TIMEOUT_S)

    def _run(self) -> None:
        try:
            self._look()
            while True:
                with self._changed:
                    self._changed.wait_for(
                        lambda: self._job is not None or self._is_stopping, self._status_every_s
                    )
                    job, self._job = self._job, None
                    if job is None and self._is_stopping:
                        return
                    self._is_printing = job is not None
                if job is None:
                    self._look()
                else:
                    self._print(job)
        finally:
            self._printer.close()

    def _look(self) -> None:
        status = self._printer.status(STATUS_DEADLINE_S)
        self._health.is_now(status if isinstance(status, DeviceFault) else status.fault)

    def _print(self, job: PrintJob) -> None:
        face = job.make_face()
        # On the disk before the first byte is on the wire: after a crash nobody has to guess.
        self._spool.advance(job.ticket, PrintStage.PRINTING)
        outcome = self._printer.print_ticket(face, self._print_deadline_s)
        with self._changed:
            self._is_printing = False
        match outcome:
            case Printed(status):
                self._spool.advance(job.ticket, PrintStage.PRINTED)
                finished = ev.PrintFinished(job.ticket, ev.Paper.PRINTED)
                fault = status.fault
            case NotPrinted(fault):
                self._spool.advance(job.ticket, PrintStage.RESERVED)
                finished = ev.PrintFinished(job.ticket, ev.Paper.NOT_PRINTED, fault.code)
            case Uncertain(fault):
                finished = ev.PrintFinished(job.ticket, ev.Paper.UNCERTAIN, fault.code)
        self._post(finished)
        self._health.is_now(fault)

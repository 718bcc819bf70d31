"""The kiosk as a Qt program: terminal, screen and devices put together."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from devices.idcard.driver import IdCardReader
from devices.printer.driver import TicketPrinter
from devices.printer.links import NetworkPrinterLink, SerialPrinterLink
from devices.scan.camera import CameraScanner
from devices.scan.engine import BAUD, ScanEngine
from devices.scan.frames import CameraSource, FolderSource
from devices.transport.link import ByteLink
from devices.transport.serial_link import SerialLink
from hallserver.client.outbox import OutboxStore
from hallserver.client.paho_link import PahoLink
from hallserver.client.record import Record
from hallserver.client.settings import LinkSettings
from hallserver.client.subscriptions import subscriptions_for
from kiosk.autopilot import Autopilot
from kiosk.flow import events as ev
from kiosk.flow.state import KioskState
from kiosk.screen import KioskScreen
from kiosk.settings import KioskSettings
from kiosk.simulated import Album, SimulatedDevices
from kiosk.spool import PrintStage, Spool
from kiosk.terminal import TICK_S, Devices, KioskTerminal
from kiosk.workers import CardReader, CardWorker, Printer, PrinterWorker, Scanner, ScanWorker
from ui.kit.app import Kit
from ui.kit.finger import Finger

SAVED_TICKETS = 6


class GuiThread(QObject):
    """Runs what other threads post on the thread that draws."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        # By way of a slot of this object, which lives in the GUI thread: queued, never direct.
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, work: Callable[[], None]) -> None:
        """Have `work` run soon; from any thread."""
        self._posted.emit(work)

    @Slot(object)
    def _run(self, work: Callable[[], None]) -> None:
        work()


@dataclass(frozen=True)
class _Drivers:
    printer: Printer
    reader: CardReader | None
    scanner: Scanner | None


class KioskApp:
    """One kiosk. Make it on the GUI thread, `start` it, and `stop` it after the event loop."""

    def __init__(
        self,
        kit: Kit,
        link: LinkSettings,
        settings: KioskSettings,
        *,
        store: OutboxStore,
        spool: Spool,
        record: Record,
    ) -> None:
        """Open the window; nothing moves yet."""
        self.gui = GuiThread()
        self._record = record
        self.terminal = KioskTerminal(
            self.gui.post,
            time.monotonic,
            spool,
            record,
            tags=settings.tags,
            time_zone=settings.time_zone,
            language=kit.settings.language,
        )
        is_scrap_suspected = any(
            leftover.stage is PrintStage.PRINTING for leftover in spool.leftovers()
        )
        self.simulated: SimulatedDevices | None = None
        if settings.simulated is not None:
            self.simulated = SimulatedDevices(
                settings.simulated,
                Random(settings.autopilot_seed),
                record,
                album=Album(settings.simulated, SAVED_TICKETS),
                is_scrap_suspected=is_scrap_suspected,
            )
        drivers = self._drivers(settings, is_scrap_suspected=is_scrap_suspected)
        post = self.terminal.post_event
        devices = Devices(
            printer=PrinterWorker(drivers.printer, spool, post),
            reader=None
            if drivers.reader is None
            else CardWorker(drivers.reader, settings.hall_key, post, self.terminal.class_of),
            scanner=None if drivers.scanner is None else ScanWorker(drivers.scanner, post),
        )
        subscriptions = subscriptions_for(link.client)
        self.terminal.connect(devices, PahoLink(link, subscriptions, store, self.terminal.updated))
        self.screen = KioskScreen(kit, self.terminal.state, self._touched, name=link.client)
        self.terminal.on_state = self._show
        self._autopilot: Autopilot | None = None
        if settings.autopilot_seed is not None and self.simulated is not None:
            self._autopilot = Autopilot(
                Finger(self.screen.window), self.simulated, settings.autopilot_seed
            )
        self._ticks = QTimer()
        self._ticks.timeout.connect(self._tick)
        self._former_hook = threading.excepthook

    def start(self) -> None:
        """Set everything going. A bug in any thread shows the fail-safe screen and ends us."""
        threading.excepthook = self._bug_in_thread
        if self.simulated is not None:
            self.simulated.start()
        self.terminal.start()
        self._ticks.start(round(TICK_S * 1000))

    def stop(self) -> None:
        """End every thread and simulator; what was submitted is in the outbox."""
        self._ticks.stop()
        self.terminal.stop()
        if self.simulated is not None:
            self.simulated.stop()
        threading.excepthook = self._former_hook

    def _drivers(self, settings: KioskSettings, *, is_scrap_suspected: bool) -> _Drivers:
        if self.simulated is not None:
            hardware = self.simulated
            return _Drivers(hardware.printer, hardware.reader, hardware.scanner)
        reader_path, printer_path = settings.reader, settings.printer or ""
        return _Drivers(
            printer=TicketPrinter(
                lambda: _printer_link(printer_path), is_scrap_suspected=is_scrap_suspected
            ),
            reader=None
            if reader_path is None
            else IdCardReader(lambda: SerialLink(reader_path), time.monotonic),
            scanner=_scanner(settings),
        )

    def _tick(self) -> None:
        if self._autopilot is None:
            if self.terminal.is_tick_due:
                self.terminal.tick()
            return
        self.terminal.tick()  # it has no clock but the state's
        self._autopilot.look(self.terminal.state)

    def _touched(self, touch: ev.Touch) -> None:
        if self._autopilot is not None:
            self._autopilot.noticed_touch(self.terminal.state.now_s)
        self.terminal.handle(touch)

    def _show(self, state: KioskState) -> None:
        self.screen.show(state)

    def _bug_in_thread(self, bug: threading.ExceptHookArgs) -> None:
        """Let a worker's bug reach the hook of the GUI thread, which knows what to do."""
        error = bug.exc_value or RuntimeError("a thread ended without saying why")

        def rise() -> None:
            raise error

        self.gui.post(rise)


def _scanner(settings: KioskSettings) -> Scanner | None:
    path = settings.scanner
    if path is not None:
        return ScanEngine(lambda: SerialLink(path, BAUD), time.monotonic)
    if settings.camera is not None:
        return CameraScanner(CameraSource(settings.camera), time.monotonic)
    if settings.frames is not None:
        return CameraScanner(FolderSource(settings.frames), time.monotonic)
    return None


def _printer_link(address: str) -> ByteLink:
    """Open a printer by its device path, or by HOST:PORT."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and not address.startswith("/"):
        return NetworkPrinterLink(host, int(port))
    return SerialPrinterLink(address)

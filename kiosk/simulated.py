"""Everything that hangs on a kiosk, simulated on ptys, and the hand of the person before it.

The drivers are the real ones; only what lies behind the wires is made up.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum, unique
from pathlib import Path
from random import Random
from typing import Final

from PIL import Image

from devices.idcard.driver import IdCardReader
from devices.idcard.encode import CardContents
from devices.idcard.simulator import SimulatedReader
from devices.printer.driver import TicketPrinter
from devices.printer.links import SerialPrinterLink
from devices.printer.simulator import VirtualPrinter, read_qr
from devices.scan.camera import CameraScanner
from devices.scan.draw import draw_code_frame
from devices.scan.engine import BAUD, ScanEngine
from devices.scan.engine_simulator import SimulatedScanEngine
from devices.scan.frames import MemorySource
from devices.transport.pty import PtyPort
from devices.transport.serial_link import SerialLink
from hallserver.client.record import Record
from hallserver.protocol.ids import TicketNumber
from kiosk.terminal import ticket_of_token
from kiosk.workers import Scanner

MAX_PAPERS: Final = 256
"""Papers that nobody has taken; older ones are thrown away by the next person."""


@unique
class ScanKind(StrEnum):
    """How codes are read."""

    CAMERA = "camera"  # pictures with perspective, blur and uneven light
    ENGINE = "engine"  # a serial scan engine


class Album:
    """Keeps the first few tickets as pictures, `ticket-A023.png`; for several printers at once."""

    def __init__(self, folder: Path, places: int) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._places = places

    def keep(self, image: Image.Image, number: TicketNumber) -> None:
        """Save a ticket while there is room."""
        with self._lock:
            if self._places <= 0:
                return
            self._places -= 1
        self._folder.mkdir(parents=True, exist_ok=True)
        image.save(self._folder / f"ticket-{number}.png")


class SimulatedDevices:
    """Reader, scanner and printer of one kiosk. The methods of the hand are for any thread."""

    def __init__(
        self,
        directory: Path,
        rng: Random,
        record: Record,
        *,
        scan: ScanKind = ScanKind.CAMERA,
        album: "Album | None" = None,
        is_scrap_suspected: bool = False,
    ) -> None:
        """Make the ports in `directory`; the first tickets are saved in the `album`."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._rng = rng
        self._record = record
        self._album = album
        self._papers: deque[str] = deque(maxlen=MAX_PAPERS)
        self.on_paper: Callable[[str], None] = _ignore_paper
        self.reader_simulator = SimulatedReader(PtyPort(directory / "reader"))
        self.printer_simulator = VirtualPrinter.on_pty(
            directory / "printer", on_slip=self._take_slip
        )
        self._engine: SimulatedScanEngine | None = None
        self._camera: MemorySource | None = None
        if scan is ScanKind.ENGINE:
            self._engine = SimulatedScanEngine(PtyPort(directory / "scanner"))
        else:
            self._camera = MemorySource()
        reader_path, printer_path = str(directory / "reader"), self.printer_simulator.address
        self.reader = IdCardReader(lambda: SerialLink(reader_path), time.monotonic)
        self.printer = TicketPrinter(
            lambda: SerialPrinterLink(printer_path), is_scrap_suspected=is_scrap_suspected
        )
        self.scanner = self._make_scanner()

    def _make_scanner(self) -> Scanner:
        if self._camera is not None:
            return CameraScanner(self._camera, time.monotonic)
        path = str(self._directory / "scanner")
        return ScanEngine(lambda: SerialLink(path, BAUD), time.monotonic)

    def start(self) -> None:
        """Power on."""
        self.reader_simulator.start()
        self.printer_simulator.start()
        if self._engine is not None:
            self._engine.start()

    def stop(self) -> None:
        """Power off and remove the ports. Stop the drivers before."""
        self.reader_simulator.stop()
        self.printer_simulator.stop()
        if self._engine is not None:
            self._engine.stop()

    # The hand.

    def put_card(self, card: CardContents) -> None:
        """Lay a card on the reader."""
        self.reader_simulator.put(card)

    def lift_card(self) -> None:
        """Take it away."""
        self.reader_simulator.lift()

    def show_code(self, text: str) -> None:
        """Hold a code to the scanner: for one picture, or until `hide_code` for an engine."""
        if self._engine is not None:
            self._engine.show(text)
        elif self._camera is not None:
            self._camera.add(draw_code_frame(text, self._rng))

    def hide_code(self) -> None:
        """Take the code away."""
        if self._engine is not None:
            self._engine.clear()

    def take_paper(self) -> str | None:
        """Take the oldest paper and return what its code says; None when there is none."""
        return self._papers.popleft() if self._papers else None

    def _take_slip(self, image: Image.Image) -> None:
        """Look at what was cut off; runs in the printer's thread."""
        token = read_qr(image)
        if token is None:
            return  # a broken-off piece, marked void
        ticket, number = ticket_of_token(token), number_of_token(token)
        self._record.note("printed", ticket=ticket, number=number, qr_token=token)
        if self._album is not None:
            self._album.keep(image, number)
        self._papers.append(token)
        self.on_paper(token)


def number_of_token(token: str) -> TicketNumber:
    """Read the printed number off a ticket's token, without trusting it."""
    return TicketNumber(ticket_of_token(token).partition("-")[2])


def _ignore_paper(_: str) -> None:
    """Nobody waits for it."""

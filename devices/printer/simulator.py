"""The other end of the printer's cable: `Mechanism` behind a pty or a TCP port.

`VirtualPrinter` runs in a thread of its own and is what demonstrations and end-to-end tests plug
in. `LoopbackLink` couples a mechanism to the driver in one thread; see `loopback`.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from devices.printer.cable_port import READ_BYTES, CablePort, TcpPort
from devices.printer.loopback import LoopbackLink, ManualClock
from devices.printer.mechanism import Mechanism, PrinterFault
from devices.printer.paper import Slip, read_qr
from devices.transport.pty import PtyPort

__all__ = [
    "LoopbackLink",
    "ManualClock",
    "Mechanism",
    "PrinterFault",
    "Slip",
    "TcpPort",
    "VirtualPrinter",
    "read_qr",
]

IDLE_S = 0.5
PACE_S = 0.01  # how often the paper moves when it has a speed
JOIN_TIMEOUT_S = 5.0


class VirtualPrinter:
    """A ticket printer in a thread. Use as a context manager, or `start` and `stop`.

    All methods may be called from any thread. Every slip that is cut off is written to `directory`
    as `slip-0001.png` and so on, and handed to `on_slip` as a picture (in the printer's thread);
    the last ones are kept in `slips`.
    """

    def __init__(
        self,
        port: CablePort,
        *,
        directory: Path | None = None,
        on_slip: Callable[[Image.Image], None] | None = None,
        rows_per_s: float | None = None,
    ) -> None:
        """`rows_per_s`: paper speed (a real printer does 1,200 to 2,000); None: at once."""
        self._port = port
        self._directory = directory
        self._on_slip = on_slip
        self._is_paced = rows_per_s is not None
        self._mechanism = Mechanism(self._take_slip, rows_per_s)
        self._lock = threading.RLock()  # `on_slip` may look at the printer
        self._changed = threading.Condition(self._lock)
        self._is_stopping = False
        self._is_plugged = True
        self._settling = self._settled = 0
        self._thread = threading.Thread(target=self._run, name="virtual-printer", daemon=True)

    @classmethod
    def on_pty(
        cls,
        link_path: Path | None = None,
        *,
        directory: Path | None = None,
        on_slip: Callable[[Image.Image], None] | None = None,
        rows_per_s: float | None = None,
    ) -> "VirtualPrinter":
        """Make one on a pseudo-terminal; the driver opens `address`."""
        port = PtyPort(link_path)
        return cls(port, directory=directory, on_slip=on_slip, rows_per_s=rows_per_s)

    @classmethod
    def on_tcp(
        cls,
        *,
        directory: Path | None = None,
        on_slip: Callable[[Image.Image], None] | None = None,
        rows_per_s: float | None = None,
    ) -> "VirtualPrinter":
        """Make one on a TCP port of the loopback interface; see `address`."""
        return cls(TcpPort(), directory=directory, on_slip=on_slip, rows_per_s=rows_per_s)

    @property
    def address(self) -> str:
        """A device path, or host:port."""
        if isinstance(self._port, PtyPort):
            return self._port.path
        if isinstance(self._port, TcpPort):
            host, port = self._port.address
            return f"{host}:{port}"
        return ""

    @property
    def slips(self) -> list[Slip]:
        """The last slips that have been cut off."""
        with self._lock:
            return self._mechanism.slips

    @property
    def slips_cut(self) -> int:
        """How many slips have been cut off since it was made."""
        with self._lock:
            return self._mechanism.slips_cut

    @property
    def hanging_rows(self) -> int:
        """Rows printed and not cut off."""
        with self._lock:
            return len(self._mechanism.paper.hanging)

    @property
    def faults(self) -> frozenset[PrinterFault]:
        """What is wrong with it now."""
        with self._lock:
            return self._mechanism.faults

    def start(self) -> None:
        """Switch on."""
        self._thread.start()

    def stop(self) -> None:
        """Switch off and remove the port."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        self._port.wake()
        self._thread.join(JOIN_TIMEOUT_S)
        self._port.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def inject(
        self, fault: PrinterFault, *, after_bytes: int | None = None, after_rows: int | None = None
    ) -> None:
        """Let `fault` happen now, or so many received bytes or printed rows from now."""
        with self._changed:
            self._mechanism.inject(fault, after_bytes=after_bytes, after_rows=after_rows)
        self._follow()

    def mend(self, fault: PrinterFault) -> None:
        """Remove the cause: refill, close the cover, plug in. It goes on with what it kept."""
        with self._changed:
            self._mechanism.mend(fault)
        self._follow()

    def mend_all(self) -> None:
        """Remove every cause, also those still to come."""
        with self._changed:
            self._mechanism.mend_all()
        self._follow()

    def _follow(self) -> None:
        """Wait until the cable is as the mechanism has it; only the printer's thread touches it."""
        self._port.wake()
        with self._changed:
            self._changed.notify_all()
            if self._thread.is_alive():
                self._changed.wait_for(
                    lambda: self._is_plugged != self._mechanism.is_unplugged, JOIN_TIMEOUT_S
                )

    def refill(self) -> None:
        """Put in a new roll."""
        for fault in (PrinterFault.PAPER_END, PrinterFault.PAPER_NEAR_END):
            self.mend(fault)

    def power_cycle(self) -> None:
        """Switch off and on: what it has kept is gone."""
        with self._changed:
            self._mechanism.power_cycle()

    def wait_for_slips(self, count: int, timeout_s: float) -> list[Slip]:
        """Wait until `count` slips have been cut off, or the time is up; return the last ones."""
        with self._changed:
            self._changed.wait_for(lambda: self._mechanism.slips_cut >= count, timeout_s)
            return self._mechanism.slips

    def settle(self, timeout_s: float) -> bool:
        """Wait until it has worked off all that it was sent; say if that came about."""
        with self._changed:
            self._settling += 1
            wanted = self._settling
            self._changed.notify_all()
        self._port.wake()
        with self._changed:
            return self._changed.wait_for(lambda: self._settled >= wanted, timeout_s)

    def _take_slip(self, slip: Slip) -> None:
        image = slip.image()
        if self._directory is not None:
            self._directory.mkdir(parents=True, exist_ok=True)
            image.save(self._directory / f"slip-{self._mechanism.slips_cut:04d}.png")
        if self._on_slip is not None:
            self._on_slip(image)
        self._changed.notify_all()

    def _run(self) -> None:
        before = time.monotonic()
        while True:
            with self._changed:
                if self._is_stopping:
                    return
                self._plug()
                wanted = self._settling
                if not self._is_plugged or self._mechanism.is_hanging:
                    self._settled = wanted  # nothing will come; a hanging one's port fills up
                    self._changed.notify_all()
                    self._changed.wait(IDLE_S)
                    continue
                is_busy = self._is_paced and self._mechanism.waiting_bytes > 0
                is_settling = self._settled < wanted
            timeout_s = PACE_S if is_busy else 0.0 if is_settling else IDLE_S
            data = self._port.read(READ_BYTES, timeout_s)
            now = time.monotonic()
            with self._changed:
                self._mechanism.receive(data)
                self._mechanism.elapse(now - before)
                answers = self._mechanism.answers()
                is_unplugged = self._mechanism.is_unplugged
                if not data and not is_busy:
                    self._settled = wanted
                    self._changed.notify_all()
            before = now
            if answers and not is_unplugged:
                self._port.write(answers)

    def _plug(self) -> None:
        """Pull the cable or put it back, if that has been asked for."""
        is_wanted = not self._mechanism.is_unplugged
        if is_wanted == self._is_plugged:
            return
        if is_wanted:
            self._port.replug()
        else:
            self._port.unplug()
        self._is_plugged = is_wanted
        self._changed.notify_all()

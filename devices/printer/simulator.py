"""The other end of the printer's cable: `Mechanism` behind a pty, a TCP port, or nothing at all.

`VirtualPrinter` runs in a thread of its own and is what demonstrations and end-to-end tests plug
in. `LoopbackLink` couples a mechanism to the driver in one thread on a clock that only moves when
somebody waits, so a printer that is silent for a minute costs no time.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from PIL import Image

from devices.printer.links import LinkStalled
from devices.printer.mechanism import Mechanism, PrinterFault
from devices.printer.paper import Slip, read_qr
from devices.transport.link import LinkLost, LinkMissing
from devices.transport.pty import PtyPort
from devices.transport.waiting import wait_readable, wait_writable

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
READ_BYTES = 4096
JOIN_TIMEOUT_S = 5.0
SEND_TIMEOUT_S = 1.0


class CablePort(Protocol):
    """The device's end of a cable; `PtyPort` and `TcpPort` are two."""

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return what the driver wrote; empty on time-out or `wake`."""
        ...

    def write(self, data: bytes, /) -> None:
        """Send to the driver."""
        ...

    def wake(self) -> None:
        """Make a waiting `read` return."""
        ...

    def unplug(self) -> None:
        """Pull the cable."""
        ...

    def replug(self) -> None:
        """Put it back."""
        ...

    def close(self) -> None:
        """Unplug for good."""
        ...


class TcpPort:
    """A printer's network port on the loopback interface; one host at a time, like real ones."""

    def __init__(self) -> None:
        self._use = threading.Lock()
        self._client: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)  # noqa: FBT003 (the library's signature)
        self.address = ("127.0.0.1", 0)
        self.replug()

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return what the host wrote; accepts a host when there is none."""
        with self._use:
            source = self._client or self._listener
            descriptors = [self._wake_in.fileno()]
            if source is not None:
                descriptors.append(source.fileno())
            ready = wait_readable(descriptors, timeout_s)
            if self._wake_in.fileno() in ready:
                self._wake_in.recv(READ_BYTES)
            if source is None or source.fileno() not in ready:
                return b""
            if source is self._listener:
                self._client, _ = source.accept()
                self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return b""
            return self._receive(max_bytes)

    def _receive(self, max_bytes: int) -> bytes:
        if self._client is None:
            return b""
        try:
            data = self._client.recv(max_bytes)
        except OSError:
            data = b""
        if not data:
            self._client.close()
            self._client = None
        return data

    def write(self, data: bytes, /) -> None:
        """Send to the host; lost if there is none or it does not read."""
        with self._use:
            if self._client is None or not wait_writable(self._client.fileno(), SEND_TIMEOUT_S):
                return
            with contextlib.suppress(OSError):
                self._client.sendall(data)

    def wake(self) -> None:
        """Make a waiting `read` return."""
        with contextlib.suppress(OSError):
            self._wake_out.send(b"w")

    def unplug(self) -> None:
        """Close the connection and refuse new ones."""
        self.wake()
        with self._use:
            for end in (self._client, self._listener):
                if end is not None:
                    end.close()
            self._client = self._listener = None

    def replug(self) -> None:
        """Listen again, at the same address."""
        with self._use:
            if self._listener is None:
                self._listener = socket.create_server(self.address, backlog=1)
                host, port = self._listener.getsockname()
                self.address = (str(host), int(port))

    def close(self) -> None:
        """Unplug for good."""
        self.unplug()
        self._wake_in.close()
        self._wake_out.close()


class VirtualPrinter:
    """A ticket printer in a thread. Use as a context manager, or `start` and `stop`.

    All methods may be called from any thread. Every slip that is cut off is kept in `slips`,
    written to `directory` as `slip-0001.png` and so on, and handed to `on_slip` as a picture
    (in the printer's thread).
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
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._slips: list[Slip] = []
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
        """What has been cut off so far."""
        with self._lock:
            return list(self._slips)

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
        """Wait until `count` slips have been cut off, or the time is up; return what there is."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._slips) >= count, timeout_s)
            return list(self._slips)

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
        self._slips.append(slip)
        image = slip.image()
        if self._directory is not None:
            self._directory.mkdir(parents=True, exist_ok=True)
            image.save(self._directory / f"slip-{len(self._slips):04d}.png")
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


class ManualClock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds


class LoopbackLink:
    """A `ByteLink` to a mechanism in the same thread. Waiting moves the clock."""

    def __init__(
        self, mechanism: Mechanism, clock: ManualClock, write_timeout_s: float = 1.0
    ) -> None:
        """Plug in. Raises `LinkMissing` while the printer is unplugged."""
        if mechanism.is_unplugged:
            raise LinkMissing("loopback: not there")
        self._mechanism = mechanism
        self._clock = clock
        self._write_timeout_s = write_timeout_s
        self._pending = b""

    def write(self, data: bytes, /) -> None:
        """Give bytes to the printer."""
        self._require_plugged()
        if self._mechanism.is_hanging:
            self._clock.advance(self._write_timeout_s)
            raise LinkStalled("loopback: takes no bytes")
        self._mechanism.receive(data)

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Take what the printer says; if it says nothing, the time is up at once."""
        self._require_plugged()
        self._pending += self._mechanism.answers()
        if not self._pending and timeout_s > 0:
            self._clock.advance(timeout_s)
            self._mechanism.elapse(timeout_s)
            self._pending += self._mechanism.answers()
        data, self._pending = self._pending[:max_bytes], self._pending[max_bytes:]
        return data

    def close(self) -> None:
        """Unplug this end; what the printer still says is lost."""
        self._pending = b""

    def _require_plugged(self) -> None:
        if self._mechanism.is_unplugged:
            raise LinkLost("loopback: unplugged")

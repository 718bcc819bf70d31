"""Driver, real cables, simulated printer: a pty, a TCP connection, and what USB looks like."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import usb.core
from PIL import Image

from devices.faults import DeviceFault, FaultCode
from devices.printer.driver import NotPrinted, Printed, TicketPrinter, Uncertain
from devices.printer.layout import draw_ticket
from devices.printer.links import (
    LinkStalled,
    NetworkPrinterLink,
    SerialPrinterLink,
    UsbPrinterLink,
)
from devices.printer.mechanism import Mechanism
from devices.printer.simulator import PrinterFault, VirtualPrinter, read_qr
from devices.printer.status_codec import PrinterStatus
from devices.transport.link import ByteLink, LinkBusy, LinkLost, LinkMissing
from tests.helpers.printer_faces import english_face, long_face, plain_face, short_face
from tests.helpers.printer_world import is_void, judge, sample, sampled_positions

DEADLINE_S = 5.0
SOON_S = 5.0
FIRST, SECOND = sample("1"), sample("2")


def network_link(printer: VirtualPrinter) -> ByteLink:
    host, _, port = printer.address.partition(":")
    return NetworkPrinterLink(host, int(port), write_timeout_s=0.3)


def serial_link(printer: VirtualPrinter) -> ByteLink:
    return SerialPrinterLink(printer.address, write_timeout_s=0.3)


@dataclass(frozen=True)
class Cable:
    name: str
    make: Callable[..., VirtualPrinter]
    link: Callable[[VirtualPrinter], ByteLink]


CABLES = [
    Cable("pty", VirtualPrinter.on_pty, serial_link),
    Cable("tcp", VirtualPrinter.on_tcp, network_link),
]


@contextmanager
def plugged(cable: Cable, **options: object) -> Iterator[tuple[VirtualPrinter, TicketPrinter]]:
    with cable.make(**options) as printer:
        driver = TicketPrinter(lambda: cable.link(printer))
        try:
            yield printer, driver
        finally:
            driver.close()


@pytest.fixture(params=CABLES, ids=lambda cable: cable.name)
def cable(request: pytest.FixtureRequest) -> Cable:
    return request.param


def test_tickets_come_out_as_drawn_and_as_png_with_a_code_that_can_be_read(
    cable: Cable, tmp_path: Path
):
    seen: list[Image.Image] = []
    faces = [plain_face(), long_face(), english_face(), short_face()]
    with plugged(cable, directory=tmp_path, on_slip=seen.append) as (printer, driver):
        for face in faces:
            assert isinstance(driver.print_ticket(face, DEADLINE_S), Printed)
        slips = printer.wait_for_slips(len(faces), SOON_S)
    assert len(slips) == len(seen) == len(faces)
    for face, slip, path in zip(faces, slips, sorted(tmp_path.glob("*.png")), strict=True):
        assert slip.holds(draw_ticket(face))
        with Image.open(path) as picture:
            assert read_qr(picture) == face.qr_text


def test_status_comes_in_milliseconds(cable: Cable):
    with plugged(cable) as (_, driver):
        assert isinstance(driver.status(1.0), PrinterStatus)
        started = time.monotonic()
        for _ in range(20):
            assert isinstance(driver.status(1.0), PrinterStatus)
        assert (time.monotonic() - started) / 20 < 0.05


@pytest.mark.parametrize("fault", [PrinterFault.UNPLUGGED, PrinterFault.PAPER_END])
def test_a_fault_at_any_byte_gives_one_valid_ticket_or_a_clear_no(
    cable: Cable, fault: PrinterFault, tmp_path: Path
):
    options = {"link_path": tmp_path / "printer"} if cable.name == "pty" else {}
    total = total_bytes()
    for position in sampled_positions(total, 500)[::2]:
        with plugged(cable, **options) as (printer, driver):
            printer.inject(fault, after_bytes=position)
            outcome = driver.print_job(FIRST.job, DEADLINE_S)
            assert printer.settle(SOON_S)
            judge(outcome, printer.slips, FIRST)
            printer.mend_all()
            assert printer.settle(SOON_S)
            judge(outcome, printer.slips, FIRST)
            after = driver.print_job(SECOND.job, DEADLINE_S)
            assert isinstance(after, Printed), f"byte {position}: {outcome}, then {after}"
            assert printer.settle(SOON_S)
            judge(outcome, printer.slips, FIRST)
            assert SECOND.is_alone_on(printer.slips[-1])
            assert printer.hanging_rows == 0


def total_bytes() -> int:
    mechanism = Mechanism()
    mechanism.receive(FIRST.job.data)
    questions = 3 * (4 + 2 * len(FIRST.job.chunks) + 4 + 4)
    clearing = 10
    return mechanism.bytes_received + questions + clearing


def test_nothing_replays_after_a_refill(cable: Cable):
    with plugged(cable, rows_per_s=2000.0) as (printer, driver):
        printer.inject(PrinterFault.PAPER_END, after_rows=100)
        outcome = driver.print_job(FIRST.job, DEADLINE_S)
        assert isinstance(outcome, NotPrinted)
        assert outcome.fault.code is FaultCode.PAPER_END
        hanging = printer.hanging_rows
        printer.refill()
        assert printer.settle(SOON_S)
        assert printer.hanging_rows == hanging
        assert printer.slips == []
        assert isinstance(driver.print_job(SECOND.job, DEADLINE_S), Printed)
        assert [is_void(slip) for slip in printer.wait_for_slips(2, SOON_S)] == [True, False]


def test_a_printer_that_hangs_is_reported_within_the_deadline(cable: Cable):
    with plugged(cable) as (printer, driver):
        printer.inject(PrinterFault.HANG)
        started = time.monotonic()
        outcome = driver.print_ticket(plain_face(), 0.6)
        assert isinstance(outcome, NotPrinted)
        assert outcome.fault.code is FaultCode.NO_ANSWER
        assert time.monotonic() - started < 0.6 + 0.3 + 0.5
        status = driver.status(0.3)
        assert isinstance(status, DeviceFault)
        assert status.code is FaultCode.NO_ANSWER


def test_a_printer_that_stops_taking_bytes_in_the_middle_does_not_block_us(cable: Cable):
    with plugged(cable) as (printer, driver):
        printer.inject(PrinterFault.HANG, after_bytes=9000)
        started = time.monotonic()
        outcome = driver.print_ticket(plain_face(), 1.0)
        assert isinstance(outcome, NotPrinted | Uncertain)
        assert time.monotonic() - started < 1.0 + 0.3 + 0.6


def test_a_cable_that_is_pulled_and_put_back_is_used_again(cable: Cable, tmp_path: Path):
    options = {"link_path": tmp_path / "printer"} if cable.name == "pty" else {}
    with plugged(cable, **options) as (printer, driver):
        assert isinstance(driver.print_job(FIRST.job, DEADLINE_S), Printed)
        printer.inject(PrinterFault.UNPLUGGED)
        status = driver.status(1.0)
        assert isinstance(status, DeviceFault)
        assert status.code is FaultCode.PORT_MISSING
        printer.mend(PrinterFault.UNPLUGGED)
        assert isinstance(driver.print_job(SECOND.job, DEADLINE_S), Printed)
        assert len(printer.wait_for_slips(2, SOON_S)) == 2


def test_a_missing_port_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(LinkMissing, match="No such file"):
        SerialPrinterLink(str(tmp_path / "nothing"))
    with VirtualPrinter.on_tcp() as printer:
        printer.inject(PrinterFault.UNPLUGGED)
        with pytest.raises(LinkMissing, match="refused"):
            network_link(printer)


def test_a_serial_port_is_held_by_one_driver_only():
    with VirtualPrinter.on_pty() as printer:
        first = SerialPrinterLink(printer.address)
        with pytest.raises(LinkBusy):
            SerialPrinterLink(printer.address)
        first.close()
        first.close()
        SerialPrinterLink(printer.address).close()


def test_a_closed_link_is_lost():
    with VirtualPrinter.on_pty() as printer:
        link = SerialPrinterLink(printer.address)
        link.close()
        with pytest.raises(LinkLost):
            link.write(b"x")
        with pytest.raises(LinkLost):
            link.read(1, 0.0)


def test_two_calls_at_once_do_not_mix_their_bytes(cable: Cable):
    import threading

    with plugged(cable, rows_per_s=2000.0) as (printer, driver):
        outcomes: list[object] = []

        def work() -> None:
            outcomes.append(driver.print_job(FIRST.job, DEADLINE_S))

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert not isinstance(driver.status(3.0), DeviceFault)
        for thread in threads:
            thread.join(SOON_S)
        assert [type(outcome) for outcome in outcomes] == [Printed] * 3
        assert [FIRST.is_alone_on(slip) for slip in printer.wait_for_slips(3, SOON_S)] == [True] * 3


@dataclass
class FakeUsbDevice:
    """What pyusb gives for a device: bulk transfers with a time-out in milliseconds."""

    mechanism: Mechanism
    timeouts_ms: list[int] = field(default_factory=list)
    largest_transfer: int = 1000
    is_stuck: bool = False
    is_gone: bool = False

    def write(self, endpoint: int, data: bytes, timeout_ms: int) -> int:
        assert endpoint == 0x01
        self.timeouts_ms.append(timeout_ms)
        if self.is_gone:
            raise usb.core.USBError("No such device", errno=19)
        if self.is_stuck:
            raise usb.core.USBTimeoutError("timed out")
        self.mechanism.receive(data[: self.largest_transfer])
        return min(len(data), self.largest_transfer)

    def read(self, endpoint: int, size: int, timeout_ms: int) -> bytes:
        assert endpoint == 0x82
        assert size >= 64
        self.timeouts_ms.append(timeout_ms)
        answers = self.mechanism.answers()
        if not answers:
            raise usb.core.USBTimeoutError("timed out")
        return answers


@dataclass
class FakeUsbPrinter:
    """An opened `escpos.printer.Usb`, as far as the link touches it."""

    device: FakeUsbDevice
    in_ep: int = 0x82
    out_ep: int = 0x01
    is_closed: bool = False

    def close(self) -> None:
        self.is_closed = True


def test_over_usb_short_transfers_are_continued_and_no_time_out_is_for_ever():
    printer = FakeUsbPrinter(FakeUsbDevice(Mechanism()))
    driver = TicketPrinter(lambda: UsbPrinterLink.around(printer))
    assert isinstance(driver.print_job(FIRST.job, DEADLINE_S), Printed)
    assert FIRST.is_alone_on(printer.device.mechanism.slips[0])
    assert min(printer.device.timeouts_ms) >= 1
    assert max(printer.device.timeouts_ms) <= 1000
    driver.close()
    assert printer.is_closed


def test_over_usb_a_stuck_and_a_missing_printer_are_told_apart():
    device = FakeUsbDevice(Mechanism())
    link = UsbPrinterLink.around(FakeUsbPrinter(device))
    device.is_stuck = True
    with pytest.raises(LinkStalled):
        link.write(b"x")
    device.is_gone = True
    with pytest.raises(LinkLost, match="No such device"):
        link.write(b"x")


def test_a_usb_printer_that_is_not_there_is_missing():
    with pytest.raises(LinkMissing):
        UsbPrinterLink(0xFFFF, 0xFFFF)

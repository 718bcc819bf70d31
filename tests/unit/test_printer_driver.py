"""The driver against a simulated printer on a clock that moves only when somebody waits."""

from dataclasses import dataclass, field

import pytest

from devices.faults import DeviceFault, FaultCode
from devices.printer.driver import NotPrinted, Printed, PrintOutcome, TicketPrinter, Uncertain
from devices.printer.escpos_bytes import CLEAR_BUFFERS, FLUSH
from devices.printer.simulator import LoopbackLink, ManualClock, Mechanism, PrinterFault
from devices.printer.status_codec import PrinterStatus
from devices.transport.link import ByteLink, LinkBusy, LinkLost
from tests.helpers.printer_faces import plain_face
from tests.helpers.printer_world import is_void, judge, sample, sampled_positions, valid_tickets

DEADLINE_S = 5.0
REAL_SPEED_ROWS_PER_S = 1600.0  # 200 mm/s
FIRST, SECOND = sample("1"), sample("2")


@dataclass
class World:
    """A printer and its driver in one thread."""

    rows_per_s: float | None = None
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.mechanism = Mechanism(rows_per_s=self.rows_per_s)
        self.opened = 0
        self.driver = TicketPrinter(self.open, self.clock)

    def open(self) -> ByteLink:
        link = LoopbackLink(self.mechanism, self.clock)
        self.opened += 1
        return link

    def let_run(self) -> None:
        """Let the printer work off whatever it has kept."""
        for _ in range(30):
            self.mechanism.elapse(1.0)


def bytes_of_a_print(rows_per_s: float | None) -> int:
    world = World(rows_per_s)
    assert isinstance(world.driver.print_job(FIRST.job, DEADLINE_S), Printed)
    return world.mechanism.bytes_received


TOTAL_BYTES = bytes_of_a_print(None)
STOPPING = {  # they stop the printer, which still hears us
    PrinterFault.PAPER_END,
    PrinterFault.COVER_OPEN,
    PrinterFault.PAPER_JAM,
    PrinterFault.HOT,
    PrinterFault.BROKEN,
    PrinterFault.OFFLINE,
    PrinterFault.CUTTER,
}
HARMLESS = {PrinterFault.PAPER_NEAR_END, PrinterFault.CHATTER, PrinterFault.KEEPS_BUFFER}


def test_a_ticket_is_printed_once_and_cut():
    world = World()
    outcome = world.driver.print_ticket(plain_face(), DEADLINE_S)
    assert isinstance(outcome, Printed)
    assert len(world.mechanism.slips) == 1
    assert world.mechanism.paper.hanging == ()


def test_tickets_one_after_the_other_use_one_link_and_share_no_paper():
    world = World()
    for _ in range(3):
        assert isinstance(world.driver.print_job(FIRST.job, DEADLINE_S), Printed)
    assert world.opened == 1
    assert [FIRST.is_alone_on(slip) for slip in world.mechanism.slips] == [True] * 3


@pytest.mark.parametrize("rows_per_s", [None, REAL_SPEED_ROWS_PER_S])
@pytest.mark.parametrize("fault", PrinterFault)
def test_a_fault_at_any_byte_gives_one_valid_ticket_or_a_clear_no(
    fault: PrinterFault, rows_per_s: float | None
):
    kinds: dict[int, type[PrintOutcome]] = {}
    # At real speed the interesting part is what the printer has not yet worked off.
    every = 1 if rows_per_s is None and fault not in HARMLESS else 4
    positions = sampled_positions(TOTAL_BYTES, 250)[::every]
    for position in positions:
        world = World(rows_per_s)
        world.mechanism.inject(fault, after_bytes=position)
        outcome = world.driver.print_job(FIRST.job, DEADLINE_S)
        kinds[position] = type(outcome)
        rows = world.mechanism.paper.rows_printed
        world.mechanism.mend_all()
        world.let_run()
        judge(outcome, world.mechanism.slips, FIRST)
        if fault in STOPPING and not isinstance(outcome, Printed):
            assert world.mechanism.paper.rows_printed == rows, f"byte {position}: printed on"

        before = len(world.mechanism.slips)
        after = world.driver.print_job(SECOND.job, DEADLINE_S)
        assert isinstance(after, Printed), f"byte {position}: {after}"
        world.let_run()
        judge(outcome, world.mechanism.slips, FIRST)
        new = world.mechanism.slips[before:]
        assert SECOND.is_alone_on(new[-1]), f"byte {position}"
        if isinstance(outcome, NotPrinted):
            assert all(is_void(slip) for slip in new[:-1]), f"byte {position}"
        assert world.mechanism.paper.hanging == ()
    if fault in HARMLESS:
        assert set(kinds.values()) == {Printed}
    elif fault is not PrinterFault.CUTTER:  # its fault shows at the cut, however early it came
        # A doubt is allowed only from the moment when the whole picture has been handed over.
        last_chunk = len(FIRST.job.chunks[-1]) + len(FIRST.job.closing) + 100
        doubtful = [p for p, kind in kinds.items() if kind is Uncertain]
        assert all(p >= TOTAL_BYTES - last_chunk for p in doubtful), doubtful
        assert NotPrinted in kinds.values()


@pytest.mark.parametrize("fault", [PrinterFault.PAPER_END, PrinterFault.COVER_OPEN])
@pytest.mark.parametrize("rows_per_s", [None, REAL_SPEED_ROWS_PER_S])
def test_a_printer_that_keeps_its_buffer_against_all_orders_still_gives_no_second_ticket(
    fault: PrinterFault, rows_per_s: float | None
):
    positions = sampled_positions(TOTAL_BYTES + len(FLUSH), 500)[:: 1 if rows_per_s is None else 4]
    for position in positions:
        world = World(rows_per_s)
        world.mechanism.inject(PrinterFault.KEEPS_BUFFER)
        world.mechanism.inject(fault, after_bytes=position)
        outcome = world.driver.print_job(FIRST.job, DEADLINE_S)
        world.mechanism.mend(fault)
        world.let_run()
        judge(outcome, world.mechanism.slips, FIRST)
        after = world.driver.print_job(SECOND.job, 2 * DEADLINE_S)
        assert isinstance(after, Printed), f"byte {position}: {after}"
        judge(outcome, world.mechanism.slips, FIRST)
        assert SECOND.is_alone_on(world.mechanism.slips[-1]), f"byte {position}"


@pytest.mark.parametrize("rows", [1, 100, 200, FIRST.image.height - 1, FIRST.image.height])
def test_paper_that_ends_in_the_middle_prints_nothing_more_after_the_refill(rows: int):
    world = World(REAL_SPEED_ROWS_PER_S)
    world.mechanism.inject(PrinterFault.PAPER_END, after_rows=rows)
    outcome = world.driver.print_job(FIRST.job, DEADLINE_S)
    assert outcome == NotPrinted(DeviceFault(FaultCode.PAPER_END, "DLE EOT 1A 32 12 7E"))
    printed = world.mechanism.paper.rows_printed
    world.mechanism.mend(PrinterFault.PAPER_END)
    world.let_run()
    assert world.mechanism.paper.rows_printed == printed
    assert world.mechanism.slips == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (PrinterFault.UNPLUGGED, Uncertain),
        (PrinterFault.SILENT, Uncertain),
        (PrinterFault.COVER_OPEN, NotPrinted),
    ],
)
def test_a_whole_picture_that_was_not_cut_counts_as_no_ticket_only_if_the_printer_says_so(
    fault: PrinterFault, kind: type[PrintOutcome]
):
    """It hangs from the printer and could be torn off; only a cleared buffer is evidence."""
    world = World()
    world.mechanism.inject(fault, after_rows=FIRST.image.height)
    assert type(world.driver.print_job(FIRST.job, DEADLINE_S)) is kind
    assert world.mechanism.slips == []


def test_a_sheet_without_our_cancelling_would_have_printed_on():
    """The danger is real: the same bytes, with nobody to clear them, become a ticket."""
    mechanism = Mechanism()
    mechanism.inject(PrinterFault.PAPER_END, after_rows=100)
    mechanism.receive(FIRST.job.data)
    assert mechanism.slips == []
    mechanism.mend(PrinterFault.PAPER_END)
    assert valid_tickets(mechanism.slips, FIRST) == 1


def test_after_a_broken_ticket_the_scrap_is_marked_void_before_the_next_one():
    world = World()
    world.mechanism.inject(PrinterFault.COVER_OPEN, after_rows=200)
    assert isinstance(world.driver.print_job(FIRST.job, DEADLINE_S), NotPrinted)
    assert len(world.mechanism.paper.hanging) == 200
    world.mechanism.mend(PrinterFault.COVER_OPEN)
    assert isinstance(world.driver.print_job(SECOND.job, DEADLINE_S), Printed)
    scrap, ticket = world.mechanism.slips
    assert is_void(scrap)
    assert len(scrap.rows) > 200
    assert SECOND.is_alone_on(ticket)


def test_a_driver_that_was_told_of_scrap_cuts_it_off_first():
    world = World()
    driver = TicketPrinter(world.open, world.clock, is_scrap_suspected=True)
    assert isinstance(driver.print_job(FIRST.job, DEADLINE_S), Printed)
    assert [is_void(slip) for slip in world.mechanism.slips] == [True, False]


def test_a_half_sent_picture_of_a_dead_process_does_not_swallow_the_next_ticket():
    for is_stubborn in (False, True):
        world = World()
        if is_stubborn:
            world.mechanism.inject(PrinterFault.KEEPS_BUFFER)
        world.mechanism.receive(SECOND.job.data[:1000])
        assert isinstance(world.driver.print_job(FIRST.job, DEADLINE_S), Printed)
        assert valid_tickets(world.mechanism.slips, FIRST) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (PrinterFault.PAPER_END, FaultCode.PAPER_END),
        (PrinterFault.COVER_OPEN, FaultCode.COVER_OPEN),
        (PrinterFault.PAPER_JAM, FaultCode.PAPER_JAM),
        (PrinterFault.HOT, FaultCode.PRINTER_HOT),
        (PrinterFault.BROKEN, FaultCode.PRINTER_BROKEN),
        (PrinterFault.OFFLINE, FaultCode.PRINTER_OFFLINE),
        (PrinterFault.SILENT, FaultCode.NO_ANSWER),
        (PrinterFault.HANG, FaultCode.NO_ANSWER),
        (PrinterFault.GARBLED, FaultCode.GARBLED),
        (PrinterFault.UNPLUGGED, FaultCode.PORT_MISSING),
    ],
)
def test_a_printer_that_cannot_print_is_not_sent_a_single_dot(fault: PrinterFault, code: FaultCode):
    world = World()
    world.mechanism.inject(fault)
    outcome = world.driver.print_job(FIRST.job, DEADLINE_S)
    assert isinstance(outcome, NotPrinted)
    assert outcome.fault.code is code
    assert world.mechanism.paper.rows_printed == 0
    assert world.mechanism.bytes_received < 400  # status questions, and no chunk


@pytest.mark.parametrize("fault", [PrinterFault.SILENT, PrinterFault.HANG, PrinterFault.UNPLUGGED])
def test_status_of_a_printer_that_does_not_answer_is_a_fault_not_paper_enough(fault: PrinterFault):
    world = World()
    world.mechanism.inject(fault)
    assert isinstance(world.driver.status(2.0), DeviceFault)
    assert world.clock() <= 2.0 + 1.0


def test_status_tells_of_paper_near_its_end_and_so_does_the_outcome():
    world = World()
    world.mechanism.inject(PrinterFault.PAPER_NEAR_END)
    status = world.driver.status(1.0)
    assert isinstance(status, PrinterStatus)
    assert status.is_paper_near_end
    outcome = world.driver.print_job(FIRST.job, DEADLINE_S)
    assert isinstance(outcome, Printed)
    assert outcome.status.is_paper_near_end


def test_the_last_ticket_of_a_roll_counts_as_printed():
    world = World()
    after_first_of_last_four_questions = TOTAL_BYTES - 3 * 3
    world.mechanism.inject(PrinterFault.PAPER_END, after_bytes=after_first_of_last_four_questions)
    outcome = world.driver.print_job(FIRST.job, DEADLINE_S)
    assert isinstance(outcome, Printed)
    assert outcome.status.is_paper_end
    assert isinstance(world.driver.print_job(SECOND.job, DEADLINE_S), NotPrinted)


def test_a_stuck_knife_leaves_a_doubt_and_goes_on_by_itself_once_freed():
    world = World()
    world.mechanism.inject(PrinterFault.CUTTER)
    outcome = world.driver.print_job(FIRST.job, DEADLINE_S)
    assert isinstance(outcome, Uncertain)
    assert outcome.fault.code is FaultCode.CUTTER
    again = world.driver.print_job(SECOND.job, DEADLINE_S)
    assert isinstance(again, NotPrinted | Uncertain)
    world.mechanism.mend(PrinterFault.CUTTER)  # a hand frees it; the printer waits for our word
    assert isinstance(world.driver.print_job(SECOND.job, DEADLINE_S), Printed)
    assert valid_tickets(world.mechanism.slips, SECOND) == 1
    assert SECOND.is_alone_on(world.mechanism.slips[-1])


def test_a_printer_that_takes_longer_than_the_deadline_is_given_up_and_cleared():
    world = World(rows_per_s=100.0)
    outcome = world.driver.print_job(FIRST.job, 3.0)
    assert isinstance(outcome, NotPrinted)
    assert outcome.fault.code is FaultCode.NO_ANSWER
    assert world.clock() <= 3.0
    assert world.mechanism.waiting_bytes == 0


@pytest.mark.parametrize("deadline_s", [0.0, 0.05, 0.5, 2.0])
@pytest.mark.parametrize("fault", PrinterFault)
def test_no_fault_holds_a_call_much_beyond_its_deadline(fault: PrinterFault, deadline_s: float):
    for position in (0, 20, 5000, TOTAL_BYTES - 30):
        world = World(REAL_SPEED_ROWS_PER_S)
        world.mechanism.inject(fault, after_bytes=position)
        world.driver.print_job(FIRST.job, deadline_s)
        write_timeout_s, cancel_s = 1.0, 0.5
        assert world.clock() <= deadline_s + write_timeout_s + cancel_s + 0.01


def test_a_link_that_went_stale_between_tickets_is_opened_anew_without_a_fault():
    world = World()
    assert isinstance(world.driver.print_job(FIRST.job, DEADLINE_S), Printed)
    world.mechanism.inject(PrinterFault.UNPLUGGED)
    assert isinstance(world.driver.status(1.0), DeviceFault)
    world.mechanism.mend(PrinterFault.UNPLUGGED)
    assert isinstance(world.driver.print_job(SECOND.job, DEADLINE_S), Printed)
    assert world.opened == 2


def test_a_port_in_other_hands_is_said_to_be_busy():
    def taken() -> ByteLink:
        raise LinkBusy("/dev/ttyS9: in use")

    driver = TicketPrinter(taken, ManualClock())
    status = driver.status(1.0)
    assert isinstance(status, DeviceFault)
    assert status.code is FaultCode.PORT_BUSY
    outcome = driver.print_job(FIRST.job, 1.0)
    assert isinstance(outcome, NotPrinted)
    assert outcome.fault.code is FaultCode.PORT_BUSY


def test_a_glitch_that_looks_like_a_marker_is_not_believed():
    """A break on a serial line is read as NUL, which is also the answer to GS r."""

    @dataclass
    class Glitching:
        link: LoopbackLink
        is_cut_sent: bool = False

        def write(self, data: bytes, /) -> None:
            self.is_cut_sent = self.is_cut_sent or data.startswith(b"\x1bd")
            self.link.write(data)

        def read(self, max_bytes: int, timeout_s: float) -> bytes:
            data = self.link.read(max_bytes, timeout_s)
            return b"\x00" + data if self.is_cut_sent and data else data

        def close(self) -> None:
            self.link.close()

    clock, mechanism = ManualClock(), Mechanism()
    driver = TicketPrinter(lambda: Glitching(LoopbackLink(mechanism, clock)), clock)
    outcome = driver.print_job(FIRST.job, DEADLINE_S)
    assert isinstance(outcome, Uncertain)
    assert outcome.fault.code is FaultCode.GARBLED


def test_an_earlier_owner_s_answers_are_not_taken_for_ours():
    clock, mechanism = ManualClock(), Mechanism()
    mechanism.receive(b"\x1d\x72\x01\x10\x04\x01" * 20)  # asked by somebody who then died
    driver = TicketPrinter(lambda: LoopbackLink(mechanism, clock), clock)
    assert isinstance(driver.print_job(FIRST.job, DEADLINE_S), Printed)


def test_every_byte_of_the_cancelling_reaches_a_printer_that_is_out_of_paper():
    sent = bytearray()

    @dataclass
    class Tapped:
        link: LoopbackLink

        def write(self, data: bytes, /) -> None:
            sent.extend(data)
            self.link.write(data)

        def read(self, max_bytes: int, timeout_s: float) -> bytes:
            return self.link.read(max_bytes, timeout_s)

        def close(self) -> None:
            self.link.close()

    clock, mechanism = ManualClock(), Mechanism()
    driver = TicketPrinter(lambda: Tapped(LoopbackLink(mechanism, clock)), clock)
    mechanism.inject(PrinterFault.PAPER_END, after_rows=10)
    driver.print_job(FIRST.job, DEADLINE_S)
    assert sent.endswith(CLEAR_BUFFERS)
    assert b"\x10\x05\x01" not in sent  # "print on" is never said


def test_a_link_that_dies_at_once_is_no_exception():
    class Dead:
        def write(self, data: bytes, /) -> None:
            raise LinkLost("gone")

        def read(self, max_bytes: int, timeout_s: float) -> bytes:
            raise LinkLost("gone")

        def close(self) -> None:
            return

    driver = TicketPrinter(Dead, ManualClock())
    outcome = driver.print_job(FIRST.job, 1.0)
    assert isinstance(outcome, NotPrinted)
    assert outcome.fault.code is FaultCode.PORT_MISSING
    driver.close()

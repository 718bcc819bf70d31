"""The simulated printer: that it hears right, and that it is as nasty as real ones."""

import pytest

from devices.printer.escpos_bytes import CLEAR_BUFFERS, MARKER, RECOVER_AND_CLEAR
from devices.printer.escpos_parser import (
    AskPaper,
    Cut,
    EscPosParser,
    Feed,
    Init,
    RasterRow,
    RealTime,
    RealTimeScanner,
    Setting,
    Skipped,
    Text,
)
from devices.printer.mechanism import Mechanism, PrinterFault
from devices.printer.paper import Slip, read_qr, rows_of, text_rows
from devices.printer.status_codec import PrinterStatus, is_status_answer
from tests.helpers.printer_world import sample

FIRST = sample("1")
RASTER = (
    b"\x1dv0\x00\x02\x00\x02\x00" + b"\xaa\x10\x04\x01"
)  # two rows; the second looks like a query
STREAM = (
    b"\x1b@\x1ba\x01\x1d!\x11"
    + "请A001号".encode("gb18030")
    + b"\n"
    + RASTER
    + b"\x1dr\x01\x10\x04\x02\x1bd\x03\x1d(k\x03\x00\x31\x43\x05\x1dVB\x08\x1dV\x00"
)
COMMANDS = [
    Init(),
    Setting(b"\x1ba", 1),
    Setting(b"\x1d!", 0x11),
    Text("请A001号".encode("gb18030")),
    Feed(lines=1),
    Skipped(RASTER[:8]),
    RasterRow(b"\xaa\x10"),
    RasterRow(b"\x04\x01"),
    AskPaper(),
    Skipped(b"\x10\x04\x02"),
    Feed(lines=3),
    Skipped(b"\x1d(k\x03\x00\x31\x43\x05"),
    Cut(feed_dots=8),
    Cut(),
]


def heard(parts: list[bytes]) -> list[object]:
    parser = EscPosParser()
    found: list[object] = []
    for part in parts:
        parser.append(part)
        while (command := parser.next()) is not None:
            found.append(command)
    return joined(found)


def joined(commands: list[object]) -> list[object]:
    """Text may come in pieces; put them together."""
    whole: list[object] = []
    for command in commands:
        if isinstance(command, Text) and whole and isinstance(whole[-1], Text):
            whole[-1] = Text(whole[-1].data + command.data)
        else:
            whole.append(command)
    return whole


def query(mechanism: Mechanism) -> PrinterStatus:
    answers = []
    mechanism.answers()  # what it said before is of no interest
    for n in range(1, 5):
        mechanism.receive(bytes([0x10, 0x04, n]))
        (byte,) = mechanism.answers()
        assert is_status_answer(byte)
        answers.append(byte)
    return PrinterStatus(*answers)


def test_a_stream_is_heard_the_same_wherever_it_is_cut():
    assert heard([STREAM]) == COMMANDS
    for place in range(len(STREAM) + 1):
        assert heard([STREAM[:place], STREAM[place:]]) == COMMANDS, place
    assert heard([bytes([byte]) for byte in STREAM]) == COMMANDS


def test_real_time_commands_are_found_wherever_the_stream_is_cut():
    stream = b"\x10\x10\x04\x01ab\x10\x05\x02\x10\x04\x09" + CLEAR_BUFFERS + b"\x10\x04\x04"
    wanted = [
        RealTime.STATUS_1,
        RealTime.CLEAR_AND_RESUME,
        RealTime.CLEAR,
        RealTime.STATUS_4,
    ]
    for place in range(len(stream) + 1):
        scanner = RealTimeScanner()
        pieces = scanner.split(stream[:place]) + scanner.split(stream[place:])
        assert [command for _, command in pieces if command] == wanted, place
        assert b"".join(data for data, _ in pieces) == stream


def test_status_is_answered_in_the_middle_of_a_picture():
    mechanism = Mechanism()
    chunk = FIRST.job.chunks[0]
    mechanism.receive(chunk[:100])
    mechanism.receive(b"\x10\x04\x01")
    assert mechanism.answers() == b"\x12"


def test_a_picture_that_holds_a_query_gets_an_answer_nobody_asked_for():
    """What `escpos_bytes` guards against does happen here."""
    mechanism = Mechanism()
    mechanism.receive(RASTER)
    assert mechanism.answers() == b"\x12"


def test_a_marker_is_answered_only_when_all_before_it_is_on_paper():
    mechanism = Mechanism(rows_per_s=100.0)
    mechanism.receive(FIRST.job.chunks[0])
    assert mechanism.answers() == b""
    mechanism.elapse(0.5)
    assert mechanism.answers() == b""
    mechanism.elapse(1.0)
    mechanism.elapse(1.0)
    assert mechanism.answers() == b"\x00"


def test_a_marker_is_not_answered_while_the_printer_is_offline():
    mechanism = Mechanism()
    mechanism.inject(PrinterFault.COVER_OPEN)
    mechanism.receive(MARKER)
    assert mechanism.answers() == b""
    mechanism.mend(PrinterFault.COVER_OPEN)
    assert mechanism.answers() == b"\x00"


def test_clearing_empties_the_buffer_and_says_so_also_without_paper():
    mechanism = Mechanism()
    mechanism.inject(PrinterFault.PAPER_END, after_rows=5)
    mechanism.receive(FIRST.job.data)
    assert mechanism.waiting_bytes > 1000
    mechanism.receive(CLEAR_BUFFERS)
    assert mechanism.answers() == b"\x37\x25\x00"
    assert mechanism.waiting_bytes == 0
    mechanism.mend(PrinterFault.PAPER_END)
    assert len(mechanism.paper.hanging) == 5


def test_a_stuck_knife_stays_an_error_until_the_host_has_acknowledged_it():
    mechanism = Mechanism()
    mechanism.inject(PrinterFault.CUTTER)
    mechanism.receive(FIRST.job.data)
    assert mechanism.slips == []
    assert query(mechanism).has_cutter_error
    mechanism.mend(PrinterFault.CUTTER)
    assert query(mechanism).has_cutter_error
    mechanism.receive(RECOVER_AND_CLEAR)
    assert query(mechanism).fault is None


@pytest.mark.parametrize("fault", PrinterFault)
def test_every_fault_that_a_printer_can_tell_of_is_in_its_status(fault: PrinterFault):
    mechanism = Mechanism()
    mechanism.inject(fault)
    if fault in {
        PrinterFault.SILENT,
        PrinterFault.HANG,
        PrinterFault.UNPLUGGED,
        PrinterFault.GARBLED,
        PrinterFault.CHATTER,
    }:
        mechanism.receive(b"\x10\x04\x01")
        assert mechanism.answers() != b"\x12"
        return
    status = query(mechanism)
    told = {
        PrinterFault.PAPER_END: status.is_paper_end,
        PrinterFault.PAPER_NEAR_END: status.is_paper_near_end,
        PrinterFault.COVER_OPEN: status.is_cover_open,
        PrinterFault.PAPER_JAM: status.has_recoverable_error,
        PrinterFault.HOT: status.has_passing_error,
        PrinterFault.BROKEN: status.has_unrecoverable_error,
        PrinterFault.OFFLINE: status.is_waiting_for_recovery,
    }
    is_told_later = fault in {
        PrinterFault.CUTTER,
        PrinterFault.NO_MARKERS,
        PrinterFault.KEEPS_BUFFER,
    }
    assert told.get(fault, is_told_later)
    expected_online = fault is PrinterFault.PAPER_NEAR_END or is_told_later
    assert status.is_online == expected_online


def test_switching_off_and_on_forgets_what_was_sent_but_not_the_paper():
    mechanism = Mechanism()
    mechanism.inject(PrinterFault.PAPER_END, after_rows=7)
    mechanism.receive(FIRST.job.data)
    mechanism.power_cycle()
    mechanism.mend(PrinterFault.PAPER_END)
    assert mechanism.slips == []
    assert len(mechanism.paper.hanging) == 7


def test_more_than_the_buffer_holds_is_lost_and_counted():
    mechanism = Mechanism()
    mechanism.inject(PrinterFault.OFFLINE)
    mechanism.receive(bytes(70000))
    assert mechanism.waiting_bytes == 65536
    assert mechanism.bytes_lost == 70000 - 65536


def test_text_is_printed_in_chinese_and_latin_and_grows_with_its_size():
    mechanism = Mechanism()
    mechanism.receive(b"\x1b@" + "请A001号".encode("gb18030") + b"\n\x1dV\x00")
    mechanism.receive(b"\x1d!\x11" + "请A001号".encode("gb18030") + b"\n\x1dV\x00")
    small, large = mechanism.slips
    assert len(large.rows) == 2 * len(small.rows)
    ink = [sum(int.from_bytes(row).bit_count() for row in slip.rows) for slip in (small, large)]
    assert ink[1] == 4 * ink[0] > 0


def test_text_can_be_centred_and_set_to_the_right():
    lefts = []
    for align in (0, 1, 2):
        ink = b"".join(text_rows(b"A001", align=align))
        lefts.append(Slip(tuple(ink[i : i + 72] for i in range(0, len(ink), 72))).image())
    boxes = [image.point(lambda v: 255 - v).getbbox() for image in lefts]
    assert all(box is not None for box in boxes)
    starts = [box[0] for box in boxes if box]
    assert starts == sorted(starts)
    assert starts[0] < 10 < starts[1] < 300 < 500 < starts[2]


def test_a_slip_knows_whether_a_picture_is_on_it_as_a_whole():
    rows = rows_of(FIRST.image)
    assert Slip((bytes(72), *rows, bytes(72))).holds(FIRST.image)
    assert not Slip(rows[:-1]).holds(FIRST.image)
    changed = bytearray(rows[3])
    changed[0] ^= 0xFF
    assert not Slip((*rows[:3], bytes(changed), *rows[4:])).holds(FIRST.image)


def test_paper_without_a_code_gives_none():
    assert read_qr(FIRST.image) is None

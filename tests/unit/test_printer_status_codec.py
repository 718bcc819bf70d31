"""The status codec: every byte at every place, and a stream cut anywhere."""

import itertools

import pytest

from devices.faults import DeviceFault, FaultCode
from devices.printer.status_codec import (
    Answer,
    AnswerKind,
    AnswerParser,
    PrinterStatus,
    StatusQuery,
    is_status_answer,
    parse_status,
    status_request,
)

WELL = 0x12
VALID = [
    byte
    for byte in range(256)
    if byte in {0x12 | a | b for a in (0, 4, 8, 12) for b in (0, 0x20, 0x40, 0x60)}
]

# What a maintenance person reads off the tables of the maker's manual, most urgent first.
EXPECTED = [
    (StatusQuery.ERROR_CAUSE, 0x20, FaultCode.PRINTER_BROKEN),
    (StatusQuery.ERROR_CAUSE, 0x08, FaultCode.CUTTER),
    (StatusQuery.OFFLINE_CAUSE, 0x04, FaultCode.COVER_OPEN),
    (StatusQuery.OFFLINE_CAUSE, 0x20, FaultCode.PAPER_END),
    (StatusQuery.PAPER, 0x20, FaultCode.PAPER_END),
    (StatusQuery.PAPER, 0x40, FaultCode.PAPER_END),
    (StatusQuery.ERROR_CAUSE, 0x04, FaultCode.PAPER_JAM),
    (StatusQuery.ERROR_CAUSE, 0x40, FaultCode.PRINTER_HOT),
    (StatusQuery.PRINTER, 0x08, FaultCode.PRINTER_OFFLINE),
    (StatusQuery.PRINTER, 0x20, FaultCode.PRINTER_OFFLINE),
    (StatusQuery.PRINTER, 0x40, FaultCode.PRINTER_OFFLINE),
    (StatusQuery.OFFLINE_CAUSE, 0x08, FaultCode.PRINTER_OFFLINE),
    (StatusQuery.OFFLINE_CAUSE, 0x40, FaultCode.PRINTER_OFFLINE),
]


def expected_code(answers: tuple[int, ...]) -> FaultCode | None:
    for query, bit, code in EXPECTED:
        if answers[query - 1] & bit:
            return code
    return None


def test_requests_are_the_three_bytes_of_the_manual():
    assert [status_request(query).hex() for query in StatusQuery] == [
        "100401",
        "100402",
        "100403",
        "100404",
    ]


def test_sixteen_bytes_can_be_status_answers_and_no_others():
    assert [byte for byte in range(256) if is_status_answer(byte)] == VALID
    assert len(VALID) == 16


@pytest.mark.parametrize("place", range(4))
def test_every_byte_at_every_place_gives_a_status_or_says_that_it_is_garbled(place: int):
    for byte in range(256):
        answers = [WELL] * 4
        answers[place] = byte
        status = parse_status(answers)
        if byte in VALID:
            assert isinstance(status, PrinterStatus)
            code = status.fault.code if status.fault else None
            assert code == expected_code(tuple(answers)), f"{byte:02x} at {place}"
        else:
            assert isinstance(status, DeviceFault)
            assert status.code is FaultCode.GARBLED


def test_all_65536_combinations_of_sound_answers_name_the_most_urgent_fault():
    for answers in itertools.product(VALID, repeat=4):
        fault = PrinterStatus(*answers).fault
        assert (fault.code if fault else None) == expected_code(answers), answers


@pytest.mark.parametrize("place", range(4))
def test_a_missing_answer_is_a_fault_and_never_paper_enough(place: int):
    answers: list[int | None] = [WELL] * 4
    answers[place] = None
    status = parse_status(answers)
    assert isinstance(status, DeviceFault)
    assert status.code is FaultCode.NO_ANSWER
    assert str(place + 1) in status.detail


def test_the_published_answers_of_a_printer_without_paper_are_read_as_that():
    status = parse_status([0x1A, 0x32, 0x12, 0x7E])
    assert isinstance(status, PrinterStatus)
    assert (status.is_online, status.is_paper_end, status.is_paper_near_end) == (False, True, True)
    assert status.fault == DeviceFault(FaultCode.PAPER_END, "DLE EOT 1A 32 12 7E")


def test_paper_near_its_end_is_told_and_is_no_fault():
    status = parse_status([WELL, WELL, WELL, 0x1E])
    assert isinstance(status, PrinterStatus)
    assert status.is_paper_near_end
    assert status.fault is None


STREAM = (
    b"\x12"  # status
    b"\x13"  # XOFF
    b"\x00"  # marker: paper
    b"\x10\x00\x03\x0c"  # ASB
    b"\x03"  # marker: near end
    b"\x37\x25\x00"  # cleared
    b"\x11"  # XON
    b"\x0c"  # marker: end
    b"\x1a"  # status
    b"\xff"  # noise
    b"\x0f"  # marker
    b"\x37\x21AB\x00"  # a block that is no clear response
    b"\x7e"  # status
)
KINDS = [
    *("status", "flow", "marker", "asb", "marker", "cleared", "flow"),
    *("marker", "status", "noise", "marker", "noise", "status"),
]


def test_the_kinds_of_answer_are_told_apart():
    answers = AnswerParser().feed(STREAM)
    assert [answer.kind.value for answer in answers] == KINDS
    assert b"".join(answer.data for answer in answers) == STREAM
    assert [a.says_paper_end for a in answers if a.kind is AnswerKind.MARKER] == [
        False,
        False,
        True,
        True,
    ]


def test_a_stream_cut_at_any_two_places_gives_the_same_answers():
    whole = AnswerParser().feed(STREAM)
    for first in range(len(STREAM) + 1):
        for second in range(first, len(STREAM) + 1):
            parser = AnswerParser()
            parts = (STREAM[:first], STREAM[first:second], STREAM[second:])
            answers = [answer for part in parts for answer in parser.feed(part)]
            assert answers == whole, (first, second)


def test_a_stream_fed_byte_by_byte_gives_the_same_answers():
    parser = AnswerParser()
    answers = [answer for byte in STREAM for answer in parser.feed(bytes([byte]))]
    assert answers == AnswerParser().feed(STREAM)


def test_flow_control_inside_a_clear_response_does_not_break_it():
    answers = AnswerParser().feed(b"\x37\x13\x25\x11\x00")
    assert Answer(AnswerKind.CLEARED, b"\x37\x25\x00") in answers


def test_a_report_that_is_cut_short_does_not_swallow_the_answer_after_it():
    answers = AnswerParser().feed(b"\x10\x00\x12")
    assert [answer.kind for answer in answers] == [AnswerKind.NOISE, AnswerKind.STATUS]


def test_no_single_byte_is_taken_for_a_marker_unless_a_printer_could_mean_it():
    markers = [
        byte
        for byte in range(256)
        if [a.kind for a in AnswerParser().feed(bytes([byte]))] == [AnswerKind.MARKER]
    ]
    assert markers == [0, 3, 12, 15, 32, 35, 44, 47, 64, 67, 76, 79, 96, 99, 108, 111]

"""Driver and simulator over a real pseudo-terminal, on the real clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from devices.faults import DeviceFault, FaultCode
from devices.idcard.card import CardKind, IdentityCard
from devices.idcard.codec import FIND_CARD, FrameDecoder
from devices.idcard.driver import IdCardReader
from devices.idcard.simulator import ReaderFault, SimulatedReader, synthetic_card
from devices.transport.pty import PtyPort
from devices.transport.serial_link import SerialLink
from tests.helpers.at_once import at_once

CARDS = {kind: synthetic_card(Random(f"pty {kind}"), kind) for kind in CardKind}
CARD = CARDS[CardKind.CITIZEN]


@contextmanager
def bench(path: Path) -> Iterator[tuple[SimulatedReader, IdCardReader]]:
    """A reader of its own at `path`, and a driver for it."""
    with SimulatedReader(PtyPort(path)) as device:
        reader = IdCardReader(lambda: SerialLink(str(path)), time.monotonic)
        yield device, reader
        reader.close()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[SimulatedReader]:
    with SimulatedReader(PtyPort(tmp_path / "idcard")) as device:
        yield device


@pytest.fixture
def reader(device: SimulatedReader) -> Iterator[IdCardReader]:
    path = device.port.path
    reader = IdCardReader(lambda: SerialLink(path), time.monotonic)
    yield reader
    reader.close()


def news(reader: IdCardReader, within_s: float = 5.0) -> IdentityCard | DeviceFault:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        result = reader.poll(0.1)
        if result is not None:
            return result
    raise AssertionError(f"nothing came within {within_s} s")


def fault_code(result: object) -> FaultCode:
    assert isinstance(result, DeviceFault)
    return result.code


def poll_until_well(reader: IdCardReader, within_s: float = 5.0) -> None:
    until = time.monotonic() + within_s
    while reader.poll(0.05) is not None or reader.fault is not None:
        assert time.monotonic() < until


@pytest.mark.parametrize("kind", list(CardKind))
def test_all_four_kinds_are_read(
    device: SimulatedReader, reader: IdCardReader, kind: CardKind
) -> None:
    device.put(CARDS[kind])
    assert news(reader) == CARDS[kind].identity


def test_a_card_that_lies_there_is_read_once_and_again_after_it_was_lifted(
    device: SimulatedReader, reader: IdCardReader
) -> None:
    device.put(CARD)
    assert news(reader) == CARD.identity
    finds = device.finds
    while device.finds < finds + 2:
        assert reader.poll(0.1) is None
    device.lift()
    device.put(CARDS[CardKind.HMT_RESIDENT])
    assert news(reader) == CARDS[CardKind.HMT_RESIDENT].identity
    assert device.reads == 2


@pytest.mark.parametrize("fault", [ReaderFault.SPLIT, ReaderFault.NOISE, ReaderFault.FINGERPRINT])
def test_a_clumsy_reader_is_understood(
    device: SimulatedReader, reader: IdCardReader, fault: ReaderFault
) -> None:
    device.fail(fault)
    device.put(CARD)
    assert news(reader) == CARD.identity


FAULTS = {
    ReaderFault.SILENCE: FaultCode.NO_ANSWER,
    ReaderFault.WRONG_BAUD: FaultCode.GARBLED,
    ReaderFault.BAD_CHECKSUM: FaultCode.GARBLED,
    ReaderFault.SELECT_FAILS: FaultCode.CARD_LIFTED,
    ReaderFault.CARD_REFUSES: FaultCode.CARD_UNREADABLE,
    ReaderFault.READER_REFUSES: FaultCode.CARD_UNREADABLE,
    ReaderFault.UNLICENSED: FaultCode.READER_UNLICENSED,
    ReaderFault.SELF_TEST_FAILS: FaultCode.READER_BROKEN,
    ReaderFault.WRONG_CONTENT: FaultCode.CARD_DATA_WRONG,
    ReaderFault.UNKNOWN_KIND: FaultCode.CARD_KIND_UNKNOWN,
    ReaderFault.LIFTED_MID_READ: FaultCode.CARD_LIFTED,
}


def test_every_fault_has_its_name_and_the_next_card_is_read(tmp_path: Path) -> None:
    def scenario(fault: ReaderFault) -> None:
        with bench(tmp_path / fault.name) as (device, reader):
            device.fail(fault)
            device.put(CARD)
            assert fault_code(news(reader)) is FAULTS[fault]
            device.fail(None)
            device.lift()
            poll_until_well(reader)
            device.put(CARD)
            assert news(reader) == CARD.identity

    at_once(scenario, FAULTS)


def test_a_card_lifted_at_any_byte_is_reported_and_read_within_2_s_of_its_return(
    tmp_path: Path,
) -> None:
    """A sample of the bytes, over a real port; every one of them is in the driver's own tests."""

    def scenario(at_byte: int) -> None:
        with bench(tmp_path / str(at_byte)) as (device, reader):
            device.fail(ReaderFault.LIFTED_MID_READ, times=1, at_byte=at_byte)
            device.put(CARD)
            assert fault_code(news(reader)) is FaultCode.CARD_LIFTED
            assert not device.has_card
            device.put(CARD)
            returned = time.monotonic()
            assert news(reader) == CARD.identity
            assert time.monotonic() - returned < 2.0

    at_once(scenario, [0, 1, 4, 5, 6, 7, 13, 14, 269, 270, 700, 1293, 1294])


def test_a_card_put_back_before_the_lifting_was_noticed_is_simply_read(
    device: SimulatedReader, reader: IdCardReader
) -> None:
    device.fail(ReaderFault.LIFTED_MID_READ, times=1, at_byte=700)
    device.put(CARD)
    until = time.monotonic() + 5.0
    while device.has_card:
        assert reader.poll(0.01) is None
        assert time.monotonic() < until
    device.put(CARD)
    assert news(reader) == CARD.identity


def test_unplugging_is_reported_while_it_lasts_and_the_reader_comes_back_by_itself(
    device: SimulatedReader, reader: IdCardReader
) -> None:
    device.put(CARD)
    assert news(reader) == CARD.identity
    device.port.unplug()
    assert fault_code(news(reader)) is FaultCode.PORT_MISSING
    assert fault_code(reader.poll(0.05)) is FaultCode.PORT_MISSING
    assert fault_code(reader.poll(0.6)) is FaultCode.PORT_MISSING
    device.port.replug()
    poll_until_well(reader)
    device.lift()
    device.put(CARD)
    assert news(reader) == CARD.identity


def test_a_port_that_is_held_by_another_is_busy(
    device: SimulatedReader, reader: IdCardReader
) -> None:
    other = SerialLink(device.port.path)
    assert fault_code(news(reader)) is FaultCode.PORT_BUSY
    other.close()
    device.put(CARD)
    poll_until_well(reader)


def test_a_poll_of_a_dead_reader_keeps_its_deadline(
    device: SimulatedReader, reader: IdCardReader
) -> None:
    device.fail(ReaderFault.SILENCE)
    for deadline_s in (0.0, 0.02, 0.2):
        started = time.monotonic()
        reader.poll(deadline_s)
        assert time.monotonic() - started < deadline_s + 0.15


def test_at_wire_speed_a_card_takes_its_time_and_is_read(tmp_path: Path) -> None:
    with SimulatedReader(PtyPort(tmp_path / "slow"), baud=115200, card_time_s=0.2) as device:
        reader = IdCardReader(lambda: SerialLink(device.port.path), time.monotonic)
        device.put(CARD)
        started = time.monotonic()
        assert news(reader) == CARD.identity
        assert time.monotonic() - started > 0.2 + 1295 * 10 / 115200
        assert device.wait_for_reads(1, 1.0)
        reader.close()


@pytest.mark.parametrize(
    ("request_hex", "status"),
    [
        ("AAAAAA9669 0003 2001 00", 0x10),  # checksum
        ("AAAAAA9669 0002 20 22", 0x11),  # length
        ("AAAAAA9669 0003 7777 03", 0x21),  # no such command
        ("AAAAAA9669 0003 3001 32", 0x41),  # read without select
        ("AAAAAA9669 0003 2002 21", 0x81),  # select without find
        ("AAAAAA9669 0003 3003 30", 0x91),  # no appended address
        ("00AAAA AAAAAA9669 0003 2001 22", 0x80),  # noise, then find without a card
    ],
)
def test_the_simulated_reader_refuses_as_a_real_one(
    device: SimulatedReader, request_hex: str, status: int
) -> None:
    link = SerialLink(device.port.path)
    link.write(bytes.fromhex(request_hex))
    [answer] = FrameDecoder().feed(link.read(100, 2.0))
    assert answer.status == status
    link.close()


def test_the_simulated_reader_takes_requests_in_pieces(device: SimulatedReader) -> None:
    link = SerialLink(device.port.path)
    link.write(FIND_CARD[:6])
    assert link.read(100, 0.02) == b""
    link.write(FIND_CARD[6:])
    [answer] = FrameDecoder().feed(link.read(100, 2.0))
    assert answer.status == 0x80
    assert device.wait_for_finds(1, 1.0)
    link.close()

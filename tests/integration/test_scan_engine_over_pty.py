"""Scan engine driver and simulator over a real pseudo-terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices.faults import DeviceFault, FaultCode
from devices.scan.engine import BAUD, ScanEngine
from devices.scan.engine_codec import EngineDecoder, Refused, encode_answer
from devices.scan.simulator import EngineFault, SimulatedScanEngine
from devices.transport.pty import PtyPort
from devices.transport.serial_link import SerialLink
from tests.helpers.at_once import at_once


@contextmanager
def bench(path: Path) -> Iterator[tuple[SimulatedScanEngine, ScanEngine]]:
    """An engine of its own at `path`, and a driver for it."""
    with SimulatedScanEngine(PtyPort(path)) as device:
        engine = ScanEngine(lambda: SerialLink(str(path), BAUD), time.monotonic)
        yield device, engine
        engine.close()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[SimulatedScanEngine]:
    with SimulatedScanEngine(PtyPort(tmp_path / "scanner")) as device:
        yield device


@pytest.fixture
def engine(device: SimulatedScanEngine) -> Iterator[ScanEngine]:
    path = device.port.path
    engine = ScanEngine(lambda: SerialLink(path, BAUD), time.monotonic)
    yield engine
    engine.close()


def news(engine: ScanEngine, within_s: float = 5.0) -> str | DeviceFault:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        result = engine.poll(0.1)
        if result is not None:
            return result
    raise AssertionError(f"nothing came within {within_s} s")


def fault_code(result: object) -> FaultCode:
    assert isinstance(result, DeviceFault)
    return result.code


def poll_until_well(engine: ScanEngine, within_s: float = 5.0) -> None:
    until = time.monotonic() + within_s
    while engine.poll(0.05) is not None or engine.fault is not None:
        assert time.monotonic() < until


@pytest.mark.parametrize(
    "fault",
    [
        None,
        EngineFault.GLUED_ANSWER,
        EngineFault.ANSWER_BEHIND,
        EngineFault.NO_SUFFIX,
        EngineFault.CR_LF,
        EngineFault.SPLIT,
        EngineFault.GB18030,
        EngineFault.OVERLONG,
    ],
)
def test_a_code_is_read_from_every_kind_of_engine(
    device: SimulatedScanEngine, engine: ScanEngine, fault: EngineFault | None
) -> None:
    device.fail(fault)
    device.show("JH1.票号-Ab_12")
    assert news(engine) == "JH1.票号-Ab_12"


FAULTS = {
    EngineFault.SILENCE: FaultCode.NO_ANSWER,
    EngineFault.NOISE: FaultCode.GARBLED,
    EngineFault.BAD_CRC: FaultCode.SCAN_REFUSED,
    EngineFault.BAD_COMMAND: FaultCode.SCAN_REFUSED,
}


def test_every_fault_has_its_name_and_the_next_code_is_read(tmp_path: Path) -> None:
    def scenario(fault: EngineFault) -> None:
        with bench(tmp_path / fault.name) as (device, engine):
            device.fail(fault)
            assert fault_code(news(engine)) is FAULTS[fault]
            assert fault_code(engine.poll(0.01)) is FAULTS[fault]
            device.fail(None)
            poll_until_well(engine)
            device.show("JH1.x")
            assert news(engine) == "JH1.x"

    at_once(scenario, FAULTS)


def test_a_code_that_is_held_still_counts_once_and_another_one_at_once(
    device: SimulatedScanEngine, engine: ScanEngine
) -> None:
    device.show("JH1.one")
    assert news(engine) == "JH1.one"
    while not device.wait_for_reads(3, 0.0):
        assert engine.poll(0.1) is None
    device.show("JH1.two")
    assert news(engine) == "JH1.two"


def test_a_code_that_nobody_asked_for_is_not_given_to_the_next_person(
    device: SimulatedScanEngine,
) -> None:
    now = [0.0]
    path = device.port.path
    engine = ScanEngine(lambda: SerialLink(path, BAUD), lambda: time.monotonic() + now[0])
    poll_until_well(engine)
    device.show("JH1.somebody-elses")
    assert device.wait_for_reads(1, 5.0)
    device.clear()
    now[0] += 3600.0  # an hour in which nobody polls
    assert engine.poll(0.2) is None
    engine.close()


def test_a_code_that_is_forgotten_is_not_given_to_the_next_person_however_soon(
    device: SimulatedScanEngine, engine: ScanEngine
) -> None:
    poll_until_well(engine)
    device.show("JH1.somebody-elses")
    assert device.wait_for_reads(1, 5.0)
    device.clear()
    engine.forget()
    assert engine.poll(0.2) is None
    device.show("JH1.the-next")
    assert news(engine) == "JH1.the-next"


def test_unplugging_is_reported_while_it_lasts_and_the_engine_comes_back_by_itself(
    device: SimulatedScanEngine, engine: ScanEngine
) -> None:
    poll_until_well(engine)
    device.port.unplug()
    assert fault_code(news(engine)) is FaultCode.PORT_MISSING
    assert fault_code(engine.poll(0.05)) is FaultCode.PORT_MISSING
    device.port.replug()
    device.show("JH1.x")
    poll_results = []
    while "JH1.x" not in poll_results:
        poll_results.append(engine.poll(0.2))
        assert len(poll_results) < 30
    assert engine.fault is None


def test_a_poll_keeps_its_deadline(device: SimulatedScanEngine, engine: ScanEngine) -> None:
    for fault in (None, EngineFault.SILENCE, EngineFault.NOISE):
        device.fail(fault)
        for deadline_s in (0.0, 0.02, 0.2):
            started = time.monotonic()
            engine.poll(deadline_s)
            assert time.monotonic() - started < deadline_s + 0.15


def test_closing_switches_the_light_off(device: SimulatedScanEngine, engine: ScanEngine) -> None:
    poll_until_well(engine)
    assert device.wait_for_triggers(1, 5.0)
    assert device.is_looking
    engine.close()
    until = time.monotonic() + 5.0
    while device.is_looking:
        assert time.monotonic() < until
        device.wait_for_reads(1, 0.01)


@pytest.mark.parametrize(
    ("command_hex", "answer"),
    [
        ("7E00 0801 0002 01 02DA", encode_answer(0)),
        ("7E00 0801 0002 01 ABCD", encode_answer(0)),  # "do not check"
        ("7E00 0801 0002 01 02DB", encode_answer(1)),
        ("7E00 0901 0000 00 DEC8", encode_answer(0)),
        ("7E00 5501 0002 01 ABCD", encode_answer(3)),
        ("7E00 0801 FFFF 01 ABCD", encode_answer(3)),
        ("FF7E 7E00 0701 0002 01 ABCD", encode_answer(0)),
    ],
)
def test_the_simulated_engine_answers_as_a_real_one(
    device: SimulatedScanEngine, command_hex: str, answer: bytes
) -> None:
    link = SerialLink(device.port.path, BAUD)
    link.write(bytes.fromhex(command_hex))
    got = link.read(100, 2.0)
    assert got == answer
    assert all(isinstance(event, Refused) == (got[2] != 0) for event in EngineDecoder().feed(got))
    link.close()

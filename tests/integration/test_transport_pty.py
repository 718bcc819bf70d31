"""`SerialLink` against a real pseudo-terminal."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.faults import FaultCode
from devices.transport.link import ByteLink, LinkBusy, LinkLost, LinkMissing, fault_of
from devices.transport.pty import PtyPort
from devices.transport.serial_link import SerialLink

EVERY_BYTE = bytes(range(256))


@pytest.fixture
def port(tmp_path: Path) -> Iterator[PtyPort]:
    port = PtyPort(tmp_path / "reader")
    yield port
    port.close()


@pytest.fixture
def link(port: PtyPort) -> Iterator[SerialLink]:
    link = SerialLink(port.path)
    yield link
    link.close()


def read_all(link: ByteLink | PtyPort, count: int) -> bytes:
    got = b""
    while len(got) < count:
        more = link.read(4096, 1.0)
        assert more, f"only {len(got)} of {count} bytes came"
        got += more
    return got


def test_every_byte_value_passes_unchanged_in_both_directions(
    port: PtyPort, link: SerialLink
) -> None:
    link.write(EVERY_BYTE)
    assert read_all(port, 256) == EVERY_BYTE
    port.write(EVERY_BYTE)
    assert read_all(link, 256) == EVERY_BYTE


def test_a_read_returns_what_is_there_without_waiting_for_more(
    port: PtyPort, link: SerialLink
) -> None:
    port.write(b"abc")
    started = time.monotonic()
    assert link.read(4096, 5.0) == b"abc"
    assert time.monotonic() - started < 1.0


def test_a_read_takes_no_more_than_it_was_told(port: PtyPort, link: SerialLink) -> None:
    port.write(b"abcdef")
    assert link.read(2, 1.0) == b"ab"
    assert link.read(4096, 1.0) == b"cdef"


def test_a_read_of_a_silent_port_ends_at_its_deadline(link: SerialLink) -> None:
    started = time.monotonic()
    assert link.read(10, 0.05) == b""
    assert 0.04 < time.monotonic() - started < 0.5


def test_a_port_that_takes_nothing_ends_a_write_at_its_deadline(port: PtyPort) -> None:
    link = SerialLink(port.path, write_timeout_s=0.05)
    with pytest.raises(LinkLost, match="takes no bytes"):
        link.write(bytes(1_000_000))
    link.close()


def test_a_missing_port_is_missing() -> None:
    with pytest.raises(LinkMissing) as caught:
        SerialLink("/dev/there-is-no-such-port")
    assert fault_of(caught.value).code is FaultCode.PORT_MISSING
    assert "/dev/there-is-no-such-port" in fault_of(caught.value).detail


def test_a_file_that_is_no_port_is_missing(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    with pytest.raises(LinkMissing):
        SerialLink(str(plain))


def test_a_port_that_another_holds_is_busy(port: PtyPort, link: SerialLink) -> None:
    with pytest.raises(LinkBusy) as caught:
        SerialLink(port.path)
    assert fault_of(caught.value).code is FaultCode.PORT_BUSY


def test_unplugging_loses_an_open_link_for_reading_and_writing(
    port: PtyPort, link: SerialLink
) -> None:
    port.unplug()
    with pytest.raises(LinkLost):
        link.read(10, 1.0)
    with pytest.raises(LinkLost):
        link.write(b"x")
    assert not os.path.lexists(port.path)


def test_unplugging_ends_a_read_that_waits(port: PtyPort, link: SerialLink) -> None:
    puller = threading.Timer(0.05, port.unplug)
    puller.start()
    started = time.monotonic()
    with pytest.raises(LinkLost):
        link.read(10, 10.0)
    assert time.monotonic() - started < 5.0
    puller.join()


def test_a_closed_link_is_lost_and_closes_twice(link: SerialLink) -> None:
    link.close()
    link.close()
    with pytest.raises(LinkLost):
        link.read(1, 0.0)


def test_a_replugged_port_has_its_old_name_and_works(port: PtyPort) -> None:
    name = port.path
    port.unplug()
    with pytest.raises(LinkMissing):
        SerialLink(name)
    port.replug()
    assert port.path == name
    link = SerialLink(name)
    port.write(b"hello")
    assert read_all(link, 5) == b"hello"
    link.close()


def test_unplugging_does_not_wait_for_a_simulator_that_reads(port: PtyPort) -> None:
    reading = threading.Event()

    def read() -> None:
        reading.set()
        port.read(10, 5.0)

    waiting = threading.Thread(target=read)
    waiting.start()
    reading.wait()
    puller = threading.Timer(0.05, port.unplug)
    started = time.monotonic()
    puller.start()
    puller.join()
    assert time.monotonic() - started < 2.0
    port.replug()
    waiting.join()


@pytest.mark.parametrize("is_plugged", [True, False])
def test_wake_ends_a_wait_at_once(port: PtyPort, is_plugged: bool) -> None:
    port.read(1, 0.0)
    if not is_plugged:
        port.unplug()
        port.read(1, 0.0)
    port.wake()
    started = time.monotonic()
    assert port.read(10, 10.0) == b""
    assert time.monotonic() - started < 5.0


def test_a_port_may_be_closed_and_woken_twice(port: PtyPort) -> None:
    port.close()
    port.close()
    port.wake()
    port.replug()
    assert not port.is_plugged


def test_a_port_without_a_link_has_the_name_of_its_terminal() -> None:
    port = PtyPort()
    assert port.path.startswith("/dev/pts/")
    port.close()

"""The real server on a machine whose wall clock is wrong (libfaketime: faketime(1))."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hallserver.broker import RunningBroker, run_broker
from hallserver.protocol.codec import decode_published, decode_reply, encode_command
from hallserver.protocol.commands import ConfirmPrinted, ReserveTicket
from hallserver.protocol.ids import ClientId, ServiceId
from hallserver.protocol.replies import Done, Reservation
from hallserver.protocol.routes import INFO
from tests.helpers.broker import DEADLINE_S, Peer
from tests.helpers.hall_files import SMALL_HALL
from tests.helpers.journals import rows
from tests.helpers.servers import ServerProcess, message

pytestmark = pytest.mark.slow

KIOSK = "kiosk-1"
BEFORE_2038, IN_1970, IN_2036 = "2038-01-19 03:14:00", "1970-01-01 00:00:10", "2036-11-24 09:00:00"


@pytest.fixture
def hall_file(tmp_path: Path) -> Path:
    path = tmp_path / "hall.toml"
    path.write_text(SMALL_HALL, encoding="utf-8")
    return path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with run_broker(tmp_path / "broker", [ClientId(KIOSK)]) as broker:
        yield broker


def showing(moment: str | None) -> tuple[str, ...]:
    """Have the wall clock begin at a moment, UTC, and go on from there; the uptime stays true.

    By hand, not by faketime(1), which would stand between us and the process as its parent.
    """
    if moment is None:
        return ()
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    return (
        *("env", "TZ=UTC", f"LD_PRELOAD={library}"),
        *(f"FAKETIME=@{moment}", "FAKETIME_DONT_FAKE_MONOTONIC=1"),
    )


@contextmanager
def a_server(
    tmp_path: Path, broker: RunningBroker, hall_file: Path, shown: str | None
) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path, broker, hall_file, prefix=showing(shown)) as server:
        server.until("ready")
        yield server
        server.process.terminate()
        assert server.wait() == os.EX_OK


def take_number(broker: RunningBroker, name: str) -> tuple[str, str]:
    """Take a number as a kiosk does; returns the day and the number."""
    with Peer(broker, KIOSK) as kiosk:
        kiosk.subscribe(f"jiaohao/reply/{KIOSK}")
        command = message(f"reserve-{name}", ReserveTicket(ServiceId("passport")))
        kiosk.publish(f"jiaohao/command/{KIOSK}", encode_command(command))
        given = decode_reply(kiosk.received.get(timeout=DEADLINE_S)[1]).reply
        assert isinstance(given, Reservation)
        printed = message(f"print-{name}", ConfirmPrinted(given.ticket))
        kiosk.publish(f"jiaohao/command/{KIOSK}", encode_command(printed))
        assert isinstance(decode_reply(kiosk.received.get(timeout=DEADLINE_S)[1]).reply, Done)
        return given.ticket[:8], given.number


def open_day(broker: RunningBroker) -> str:
    with Peer(broker, KIOSK) as kiosk:
        kiosk.subscribe("jiaohao/info")
        return decode_published(INFO, kiosk.received.get(timeout=DEADLINE_S)[1]).day


def test_a_hall_lives_through_2038_and_goes_on_with_every_other_clock(
    tmp_path: Path, broker: RunningBroker, hall_file: Path
) -> None:
    """Whatever the machine shows at the next start: the uptime knows that seconds have passed."""
    given = []
    with a_server(tmp_path, broker, hall_file, BEFORE_2038) as server:
        given.append(take_number(broker, "before"))
        assert server.process.poll() is None
    for number, shown in enumerate((IN_1970, IN_2036, "2038-01-19 03:14:30", None)):
        with a_server(tmp_path, broker, hall_file, shown) as server:
            assert open_day(broker) == "20380119"
            given.append(take_number(broker, f"after-{number}"))
        is_wrong = shown != "2038-01-19 03:14:30"
        assert any("the hall goes by its own time" in line for line in server.log) is is_wrong
    assert given == [("20380119", f"A{number:03}") for number in range(1, 6)]
    state = tmp_path / "state"
    assert rows(state, "SELECT day FROM business_day") == [("20380119",)]
    times = rows(state, "SELECT wall_ms, elapsed_ms FROM event ORDER BY seq")
    for column in zip(*times, strict=True):
        assert list(column) == sorted(column)
        assert 0 < int(str(column[-1])) - int(str(column[0])) < 120_000
    [(latest_ms,)] = rows(state, "SELECT max(wall_ms) FROM event")
    assert int(str(latest_ms)) > 2_147_483_640_000


def test_a_journal_is_not_begun_in_1970_and_the_server_says_so(
    tmp_path: Path, broker: RunningBroker, hall_file: Path
) -> None:
    with ServerProcess(tmp_path, broker, hall_file, prefix=showing(IN_1970)) as server:
        assert server.wait() != os.EX_OK
    assert "the machine's clock shows 1970-01-01 00:00:1" in "".join(server.log)
    assert "Traceback" not in "".join(server.log)
    with a_server(tmp_path, broker, hall_file, None):
        assert take_number(broker, "first")[1] == "A001"

"""A broker that dies again and again is not mistaken for a second server with our account."""

from pathlib import Path

from hallserver.broker import run_broker
from hallserver.protocol.ids import ClientId
from tests.helpers.hall_files import SMALL_HALL
from tests.helpers.servers import ServerProcess

DEATHS = 7
"""More than the lives of a connection after which another server is suspected."""


def test_a_server_outlives_a_broker_that_dies_seven_times_in_a_row(tmp_path: Path) -> None:
    hall_file = tmp_path / "hall.toml"
    hall_file.write_text(SMALL_HALL, encoding="utf-8")
    with (
        run_broker(tmp_path / "broker", [ClientId("kiosk-1")]) as broker,
        ServerProcess(tmp_path, broker, hall_file) as server,
    ):
        server.until("ready")
        for _ in range(DEATHS):
            broker.kill()
            broker.start()
            server.until("ready")
        assert server.process.poll() is None

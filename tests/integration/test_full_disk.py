"""A real disk that fills up under a real server: what its clients see, and what its log says."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hallserver.broker import run_broker
from hallserver.cli import EXIT_OK, main
from hallserver.disk import MB
from hallserver.protocol.codec import decode_reply, encode_command
from hallserver.protocol.commands import ConfirmPrinted, ReserveTicket
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId, ServiceId
from hallserver.protocol.replies import Done, Rejected, Reply, Reservation
from tests.helpers.broker import Peer
from tests.helpers.hall_files import SMALL_HALL
from tests.helpers.servers import DEADLINE_S, ServerProcess, message

pytestmark = pytest.mark.slow

COMMAND_TOPIC, REPLY_TOPIC = "jiaohao/command/kiosk-1", "jiaohao/reply/kiosk-1"
SIZE_MB = 110
MAX_ASKS = 100_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, in memory."""
    directory = tmp_path / "disk"
    directory.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(directory)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


class Kiosk:
    """Asks, and waits for the answer."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.asked = 0
        peer.subscribe(REPLY_TOPIC)

    def ask(self, command: ReserveTicket | ConfirmPrinted) -> Reply:
        self.asked += 1
        wanted = f"command-{self.asked:05}"
        self._peer.publish(COMMAND_TOPIC, encode_command(message(wanted, command)))
        while True:
            topic, payload = self._peer.received.get(timeout=DEADLINE_S)
            if topic == REPLY_TOPIC and (answer := decode_reply(payload)).id == wanted:
                return answer.reply


def until(kiosk: Kiosk, code: RejectionCode) -> Rejected:
    """Ask for what is not to be had until it is refused for another reason.

    The server looks at the disk every few seconds.
    """
    for _ in range(MAX_ASKS):
        reply = kiosk.ask(ReserveTicket(ServiceId("nothing")))
        assert isinstance(reply, Rejected)
        if reply.code is code:
            return reply
    raise AssertionError(f"not {code}")


def fill(directory: Path, leave_mb: int) -> None:
    found = os.statvfs(directory)
    count = found.f_bavail * found.f_frsize - leave_mb * MB
    with (directory / "other-things").open("ab") as file:
        file.write(bytes(count))


def test_a_disk_that_fills_up_ends_new_numbers_first_and_loses_nothing(
    tmp_path: Path, small_disk: Path
) -> None:
    hall_file = tmp_path / "hall.toml"
    hall_file.write_text(SMALL_HALL, encoding="utf-8")
    ask = ReserveTicket(ServiceId("passport"))
    with run_broker(tmp_path / "broker", [ClientId("kiosk-1")]) as broker:
        with ServerProcess(small_disk, broker, hall_file) as server:
            server.until("ready")
            with Peer(broker, "kiosk-1") as peer:
                kiosk = Kiosk(peer)
                first = kiosk.ask(ask)
                assert isinstance(first, Reservation)
                fill(small_disk, leave_mb=40)
                refused = until(kiosk, RejectionCode.DISK_LOW)
                assert "存储空间不足" in refused.text.zh
                server.until("no new numbers are given until there are 96 MB")
                # Who has a number is not left alone.
                assert kiosk.ask(ConfirmPrinted(first.ticket)) == Done()
                # Backing up, verifying: with the server running, and hardly any room.
                assert main(["journal", "verify", "--state-dir", str(small_disk / "state")]) == 0
                backup = tmp_path / "backup"
                state = ["--state-dir", str(small_disk / "state")]
                assert main(["journal", "backup", *state, str(backup)]) == EXIT_OK
                (small_disk / "other-things").unlink()
                until(kiosk, RejectionCode.UNKNOWN_SERVICE)
                server.until("has room again")
            fill(small_disk, leave_mb=0)
            server.process.kill()
            server.wait()
        with ServerProcess(small_disk, broker, hall_file) as server:
            server.until("has 0 MB left: no new numbers")
            server.until("ready")  # there is room for some calls yet: SQLite's log is used again
            with Peer(broker, "kiosk-1") as peer:
                kiosk = Kiosk(peer)
                assert kiosk.ask(ask) == first  # the same command as the very first
                kiosk.asked = 50_000
                assert kiosk.ask(ConfirmPrinted(first.ticket)) == Done()
                until(kiosk, RejectionCode.DISK_LOW)
                (small_disk / "other-things").unlink()
                until(kiosk, RejectionCode.UNKNOWN_SERVICE)

"""A disk that is nearly full: nothing new is promised, and what was promised goes on."""

import errno
import os
from pathlib import Path

import pytest

from hallserver.disk import ASK_EVERY_MS, ENOUGH_BYTES, LOW_BYTES, DiskRoom, free_bytes
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, ServiceId, TicketId
from hallserver.writer import Writer
from tests.helpers.halls import PASSWORD
from tests.helpers.servers import Hosted, MemoryJournal, codes, inbound, replies


class Disk:
    """A disk whose free space is set by hand."""

    def __init__(self) -> None:
        self.free: int | OSError = ENOUGH_BYTES
        self.asked = 0
        self.now_ms = 0
        self.room = DiskRoom(Path("state"), lambda: self.now_ms, self._tell)

    def _tell(self, _: Path) -> int:
        self.asked += 1
        if isinstance(self.free, OSError):
            raise self.free
        return self.free

    def later(self, free: int | OSError) -> bool:
        self.free = free
        self.now_ms += ASK_EVERY_MS
        return self.room.is_enough()


def test_room_is_said_to_be_there_again_only_when_there_is_clearly_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    disk = Disk()
    found = [disk.later(f) for f in (LOW_BYTES, LOW_BYTES - 1, LOW_BYTES, ENOUGH_BYTES, LOW_BYTES)]
    assert found == [True, False, False, True, True]
    assert [record.levelname for record in caplog.records] == ["CRITICAL", "WARNING"]
    assert "has 63 MB left: no new numbers are given until there are 96 MB" in caplog.text


def test_the_disk_is_asked_at_most_every_few_seconds() -> None:
    disk = Disk()
    for _ in range(100):
        disk.now_ms += 100
        disk.room.is_enough()
    assert disk.asked == 100 * 100 // ASK_EVERY_MS


@pytest.mark.parametrize("before", [ENOUGH_BYTES, 0])
def test_a_disk_that_cannot_be_asked_changes_nothing(before: int) -> None:
    disk = Disk()
    was = disk.later(before)
    assert disk.later(OSError(errno.EIO, os.strerror(errno.EIO))) is was


def test_a_real_disk_tells_how_much_is_free(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0


def test_without_room_nothing_new_is_promised_and_what_was_goes_on() -> None:
    journal = MemoryJournal()
    hosted = Hosted(journal)
    disk = Disk()
    writer = Writer(
        hosted.hall,
        journal,
        hosted.clock.now,
        epoch=hosted.writer._epoch,
        hall_id=hosted.plan.id,
        server_version="1",
        has_room=disk.room.is_enough,
    )
    ticket = TicketId(f"{hosted.hall.day}-A001")
    ask = c.ReserveTicket(ServiceId("a"))
    assert codes(writer.process([inbound("kiosk-01", "command-1", ask)])) == []
    disk.later(0)
    [(_, _, refused)] = replies(writer.process([inbound("kiosk-01", "command-2", ask)]))
    assert refused.code is RejectionCode.DISK_LOW
    assert "请联系工作人员" in refused.text.zh
    # The first one's answer is given again; its number is printed, called and served.
    said = writer.process([inbound("kiosk-01", "command-1", ask)])
    assert codes(said) == []
    for number, (client, command) in enumerate(
        (
            ("kiosk-01", c.ConfirmPrinted(ticket)),
            ("counter-1", c.SignIn(ClerkId("clerk-1"), PASSWORD)),
            ("counter-1", c.CallNext()),
            ("counter-1", c.Arrive(ticket)),
            ("counter-1", c.Complete(ticket)),
        )
    ):
        assert codes(writer.process([inbound(client, f"later-{number:04}", command)])) == []
    # Refused is not stored: asked again with the same id when there is room, it is decided.
    disk.later(ENOUGH_BYTES)
    assert codes(writer.process([inbound("kiosk-01", "command-2", ask)])) == []

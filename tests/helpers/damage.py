"""A journal of some days with a backup from the middle, to be damaged in every way."""

import atexit
import contextlib
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hallserver.domain.events import Recorded, TicketReserved
from hallserver.journal import sqlite_url
from hallserver.journal.backup import Manifest, back_up
from hallserver.journal.looking import look
from hallserver.journal.restore import Outcome, restore
from hallserver.journal.verify import Report, verify
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClientId, CommandId, ServiceId
from hallserver.protocol.replies import Reservation
from tests.helpers.halls import KEY
from tests.helpers.servers import Clock, Hosted, inbound, open_journal, play_a_day

LATE = 20
"""Numbers that are given after the backup."""


@dataclass(frozen=True)
class Kept:
    """A state directory as a server leaves it. `told` are the tickets that people were told."""

    directory: Path
    lines: int
    backup_lines: int
    told: frozenset[str]

    @property
    def journal(self) -> Path:
        return self.directory / "journal.sqlite3"

    @property
    def backup(self) -> Path:
        return self.directory / "backup"

    def sql(self, statement: str) -> None:
        with contextlib.closing(sqlite3.connect(self.journal)) as connection:
            connection.execute(statement)
            connection.commit()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.journal)) as connection:
            return connection.execute(query).fetchall()

    def verify(self, key: bytes | None = KEY) -> Report:
        with look(sqlite_url(self.directory)) as looked:
            return verify(looked, key=key, say=quiet)

    def restore(self, *, from_itself: bool = False, skip: int | None = None) -> Outcome:
        backup = None if from_itself else self.backup
        return restore(self.journal, backup, key=KEY, skip=skip, say=quiet)


def quiet(_: str) -> None:
    """Say nothing."""


def back_up_to(directory: Path, name: str = "backup") -> Manifest:
    file = directory / "journal.sqlite3"
    return back_up(file, directory / name, key=KEY, wall_ms=1, say=quiet)


@cache
def _made() -> tuple[Path, int, int, frozenset[str]]:
    directory = Path(tempfile.mkdtemp(prefix="jiaohao-kept-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    told = set()
    with open_journal(directory) as journal:
        journal.seal_with(KEY)
        clock = Clock()
        hosted = Hosted(journal, clock=clock, epoch=journal.begin_epoch(clock.now()))
        play_a_day(hosted, 5, batches=330)
        backup = back_up_to(directory)
        for number in range(LATE):
            command_id = f"late-{number}"
            asked = inbound("kiosk-01", command_id, c.ReserveTicket(ServiceId("a")))
            hosted.writer.process([asked])
        for recorded in journal.open_day():
            if isinstance(recorded.event, TicketReserved):
                told.add(recorded.event.ticket)
        lines = journal.last_seq
    return directory, lines, backup.last_seq, frozenset(told)


def kept(directory: Path) -> Kept:
    """Copy it to a directory of one's own."""
    made, lines, backup_lines, told = _made()
    shutil.copytree(made, directory, dirs_exist_ok=True)
    return Kept(directory, lines, backup_lines, told)


def give_numbers(directory: Path, count: int) -> list[str]:
    """Start a server on it and let it give numbers of every service. Returns the tickets."""
    with open_journal(directory) as journal:
        journal.seal_with(KEY)
        last = journal.last_clock
        clock = Clock() if last is None else Clock(last.wall_ms, last.elapsed_ms)
        hosted = Hosted(journal, clock=clock, epoch=journal.begin_epoch(clock.now()))
        given = []
        for number in range(count):
            command_id = f"again-{number}"
            service = ServiceId("abc"[number % 3])
            hosted.writer.process([inbound("kiosk-02", command_id, c.ReserveTicket(service))])
            key = (ClientId("kiosk-02"), CommandId(command_id))
            [reply] = journal.find_replies([key]).values()
            assert isinstance(reply, Reservation), reply
            given.append(str(reply.ticket))
    return given


def lines_of(directory: Path) -> list[Recorded]:
    """The lines of the open day."""
    with open_journal(directory) as journal:
        return list(journal.open_day())

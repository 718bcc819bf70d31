"""Disks that fail below SQLite: what was acknowledged is there, and nothing else was said.

A short piece of a day is played again and again, and each time the disk fails at another one of its
operations, or the power does.
"""

import atexit
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from hallserver.domain.instant import Now
from hallserver.journal import Journal, JournalError, sqlite_url
from hallserver.journal.looking import look
from hallserver.journal.verify import verify
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClientId, CommandId, ServiceId
from hallserver.protocol.replies import Reservation
from tests.helpers.checkout import ROOT
from tests.helpers.damage import quiet
from tests.helpers.faulty_disk import Fault, FaultyDisk
from tests.helpers.halls import KEY, MORNING_MS
from tests.helpers.servers import Clock, Hosted, inbound, open_journal, replies

BATCHES = 6
SENTENCES = {
    Fault.FULL: "the disk is full; free some space and start again",
    Fault.IO_ERROR: "the disk reports an error or is full; check it before starting again",
    Fault.READ_ONLY: "the file or its directory may not be written; check owner and rights",
}


@dataclass
class Played:
    """What clients were told, and how it ended."""

    told: dict[str, str] = field(default_factory=dict)
    error: str | None = None


@cache
def _begun() -> Path:
    """A journal on which a server has run before."""
    directory = Path(tempfile.mkdtemp(prefix="jiaohao-disk-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    with open_journal(directory) as journal:
        journal.seal_with(KEY)
        hosted = Hosted(journal, epoch=journal.begin_epoch(Now(MORNING_MS, 0)))
        for number in range(20):
            ask = c.ReserveTicket(ServiceId("b"))
            hosted.writer.process([inbound("kiosk-03", f"before-{number}", ask)])
    return directory


def begin(directory: Path) -> None:
    shutil.copytree(_begun(), directory)


def play(directory: Path, disk: FaultyDisk, *, batches: int = BATCHES) -> Played:
    """Serve on such a disk until the end or an error. As a server does it: after the commit."""
    played = Played()
    with disk.installed():
        try:
            with open_journal(directory) as journal:
                journal.seal_with(KEY)
                clock = Clock(MORNING_MS + 60_000, 60_000)
                epoch = journal.begin_epoch(clock.now())
                hosted = Hosted(journal, clock=clock, epoch=epoch)
                for number in range(batches):
                    batch = [
                        inbound(
                            f"kiosk-0{of}", f"asked-{number:04}", c.ReserveTicket(ServiceId("a"))
                        )
                        for of in (1, 2)
                    ]
                    for client, command, reply in replies(hosted.writer.process(batch)):
                        assert isinstance(reply, Reservation)
                        played.told[f"{client} {command}"] = str(reply.ticket)
        except JournalError as error:
            played.error = str(error)
    return played


def check(directory: Path, played: Played) -> None:
    """All that was told is there, the journal is sound, and the numbers go on."""
    with open_journal(directory) as journal:
        clock = Clock(MORNING_MS + 120_000, 120_000)
        hosted = Hosted(journal, clock=clock, epoch=journal.begin_epoch(clock.now()))
        had = {str(ticket) for ticket in hosted.hall.state.tickets}
        assert set(played.told.values()) <= had
        for key, ticket in played.told.items():
            client, command = key.split()
            asked = (ClientId(client), CommandId(command))
            reply = journal.find_replies([asked])[asked]
            assert isinstance(reply, Reservation)
            assert reply.ticket == ticket
        again = inbound("kiosk-02", "afterwards", c.ReserveTicket(ServiceId("a")))
        [(_, _, given)] = replies(hosted.writer.process([again]))
        assert isinstance(given, Reservation)
        assert str(given.ticket) not in had
    with look(sqlite_url(directory)) as looked:
        assert verify(looked, key=KEY, say=quiet).troubles == []


def operations(tmp_path: Path, fault: Fault) -> int:
    """Count what can fail, when nothing does."""
    directory = tmp_path / "counted"
    begin(directory)
    disk = FaultyDisk(fault, fail_at=10**9)
    played = play(directory, disk)
    assert played.error is None
    assert len(played.told) == 2 * BATCHES
    assert disk.count >= 2 * BATCHES
    return disk.count


def fail_at_each(tmp_path: Path, fault: Fault, step: int, *, is_for_good: bool) -> None:
    total, refused, told = operations(tmp_path, fault), 0, 0
    for fail_at in range(1, total + 1, step):
        directory = tmp_path / f"at-{fail_at}"
        begin(directory)
        disk = FaultyDisk(fault, fail_at, is_for_good=is_for_good)
        played = play(directory, disk)
        assert disk.failed
        if played.error is not None:
            refused += 1
            assert SENTENCES[fault] in played.error
        told += len(played.told)
        check(directory, played)
        shutil.rmtree(directory)
    # The failing of a checkpoint, of the last closing above all, is no error of the journal.
    assert refused >= total // step // 2
    assert told > 0


@pytest.mark.parametrize("fault", [Fault.FULL, Fault.IO_ERROR])
def test_whenever_a_disk_fails_what_was_told_is_there_and_the_rest_was_not_told(
    tmp_path: Path, fault: Fault
) -> None:
    fail_at_each(tmp_path, fault, 40, is_for_good=True)


@pytest.mark.slow
@pytest.mark.parametrize(("is_for_good", "step"), [(True, 1), (False, 3)], ids=["for good", "once"])
@pytest.mark.parametrize("fault", list(Fault))
def test_at_each_operation_a_disk_may_fail(
    tmp_path: Path, fault: Fault, is_for_good: bool, step: int
) -> None:
    fail_at_each(tmp_path, fault, step, is_for_good=is_for_good)


def cut_power(tmp_path: Path, seed: int, batches: int, *, lies: bool) -> tuple[Path, Played]:
    """Play, cut the power in the middle, and hand out what is on the disk afterwards."""
    chance = random.Random(seed)
    directory, after = tmp_path / "running", tmp_path / "after"
    begin(directory)
    begin(after)  # with the note of the last line as it was: that is never synced
    disk = FaultyDisk(lies=lies)
    played = Played()
    with disk.installed():
        journal = open_journal(directory)
        clock = Clock(MORNING_MS + 60_000, 60_000)
        hosted = Hosted(journal, clock=clock, epoch=journal.begin_epoch(clock.now()))
        for number in range(batches):
            asked = inbound("kiosk-01", f"asked-{number:04}", c.ReserveTicket(ServiceId("a")))
            for client, command, reply in replies(hosted.writer.process([asked])):
                assert isinstance(reply, Reservation)
                played.told[f"{client} {command}"] = str(reply.ticket)
        disk.survive(after, chance)
        shutil.copy(directory / "journal.sqlite3.tail", after / "tail.running")
        journal.close()
    shutil.rmtree(directory)
    return after, played


@pytest.mark.parametrize("seed", range(4))
def test_after_a_power_cut_all_that_was_told_is_there(tmp_path: Path, seed: int) -> None:
    """Of what was not synced any sectors are there, in any order; of what was, all."""
    after, played = cut_power(tmp_path, seed, 1 + seed * 3, lies=False)
    assert len(played.told) == 1 + seed * 3
    check(after, played)


def test_a_disk_that_lies_about_syncs_is_found_out_where_the_note_of_the_last_line_was_written(
    tmp_path: Path,
) -> None:
    """Nobody can keep what such a disk loses. But no number is given twice."""
    after, played = cut_power(tmp_path, 3, 9, lies=True)
    shutil.copy(after / "tail.running", after / "journal.sqlite3.tail")
    with pytest.raises(JournalError, match=r"but line \d+ was committed"):
        open_journal(after)
    assert len(played.told) == 9


def test_the_disk_of_these_tests_forgets_what_was_not_synced(tmp_path: Path) -> None:
    """Otherwise they would show nothing: with syncs switched off, commits are lost."""
    (tmp_path / "after").mkdir()
    disk = FaultyDisk()
    with disk.installed():
        file = sqlite3.connect(tmp_path / "journal.sqlite3", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = OFF"):
            file.execute(f"PRAGMA {pragma}")
        file.execute("CREATE TABLE kept (number)")
        file.executemany("INSERT INTO kept VALUES (?)", [(each,) for each in range(50)])
        disk.survive(tmp_path / "after", random.Random(1))
        file.close()
    left = sqlite3.connect(tmp_path / "after" / "journal.sqlite3")
    with pytest.raises(sqlite3.DatabaseError):
        assert left.execute("SELECT count(*) FROM kept").fetchone() == (50,)
    left.close()


FILL = """
import resource, sys
from pathlib import Path
from hallserver.journal import JournalError
from tests.contract.test_journal_disk import play
from tests.helpers.faulty_disk import FaultyDisk
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
played = play(Path(sys.argv[1]), FaultyDisk(), batches=10_000)
for key, ticket in played.told.items():
    print(key, ticket)
sys.exit(played.error)
"""


@pytest.mark.slow
def test_a_file_that_may_not_grow_any_more_ends_the_server_with_a_sentence(tmp_path: Path) -> None:
    """A real limit of the kernel's, without any part of ours below SQLite failing by itself."""
    directory = tmp_path / "full"
    begin(directory)
    limit = str((directory / "journal.sqlite3").stat().st_size + 200_000)
    ran = subprocess.run(
        [sys.executable, "-c", FILL, str(directory), limit],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert ran.returncode == 1
    assert "disk" in ran.stderr.splitlines()[-1]
    told = dict(line.rsplit(" ", 1) for line in ran.stdout.splitlines())
    assert len(told) > 20
    check(directory, Played(told))


def test_a_start_on_a_full_disk_says_so_before_anybody_is_served(tmp_path: Path) -> None:
    """Counting the start is written first: who cannot write that never greets a client."""
    begin(tmp_path / "full")
    with (
        FaultyDisk(Fault.FULL, 1).installed(),
        pytest.raises(JournalError) as raised,
        Journal.open(sqlite_url(tmp_path / "full")) as journal,
    ):
        journal.begin_epoch(Now(MORNING_MS + 60_000, 60_000))
    assert SENTENCES[Fault.FULL] in str(raised.value)

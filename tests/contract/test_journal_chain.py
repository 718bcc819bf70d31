"""The chain of checksums: what is changed behind the journal's back is found before it is used."""

import contextlib
import hashlib
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic import command

from hallserver.domain import events as ev
from hallserver.domain.instant import Now
from hallserver.journal import Journal, JournalError, sqlite_url
from hallserver.journal.chain import BEFORE_THE_FIRST, Tail, line_checksum, reply_checksum, seal
from hallserver.journal.database import find_database
from hallserver.journal.schema import alembic_config
from hallserver.journal.sqlite import SqliteDatabase, open_engine
from hallserver.protocol.ids import CommandId
from tests.helpers.journals import DAY, KIOSK, answered, line, reserved, rows, tamper
from tests.helpers.servers import open_journal

LINE = (7, 2, "20261123", 1_795_000_000_000, 7, "kiosk-01", "c-7", "TicketReserved", '{"a":"号"}')


def fill(directory: Path, lines: int = 9) -> None:
    with open_journal(directory) as journal:
        journal.append([line(1, ev.DayOpened(DAY))], [])
        for seq in range(2, lines + 1):
            journal.append([reserved(seq, seq)], [answered(seq)])


def read_all(directory: Path) -> list[ev.Recorded]:
    with open_journal(directory) as journal:
        return list(journal.open_day())


def test_the_form_of_a_checksum_is_the_one_that_journals_have_had_from_the_beginning() -> None:
    """It is on disks: a change of it would make every journal look forged."""
    told = b'7 2 1795000000000 7 8 8 3 14\n20261123kiosk-01c-7TicketReserved{"a":"' + (
        "号".encode() + b'"}'
    )
    expected = hashlib.blake2b(BEFORE_THE_FIRST + told, digest_size=16).digest()
    assert line_checksum(BEFORE_THE_FIRST, LINE) == expected
    answer = b"7 8 3 8\nkiosk-01c-720261123{}"
    assert (
        reply_checksum("kiosk-01", "c-7", 7, "20261123", "{}")
        == hashlib.blake2b(answer, digest_size=16).digest()
    )


@pytest.mark.parametrize("column", range(9))
def test_every_column_and_the_line_before_are_in_the_checksum(column: int) -> None:
    changed = list(LINE)
    changed[column] = 8 if isinstance(LINE[column], int) else f"{LINE[column]}x"
    before = bytes([1]) * 16
    assert line_checksum(before, tuple(changed)) != line_checksum(before, LINE)
    assert line_checksum(before, LINE) != line_checksum(BEFORE_THE_FIRST, LINE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("kiosk-01", "c-7"), ("kiosk-01c", "-7")),
        (("kiosk-01", None), ("kiosk-01", "")),
    ],
)
def test_what_moves_from_one_column_to_the_next_is_another_line(one, other) -> None:
    first = (*LINE[:5], *one, *LINE[7:])
    second = (*LINE[:5], *other, *LINE[7:])
    assert line_checksum(BEFORE_THE_FIRST, first) != line_checksum(BEFORE_THE_FIRST, second)


CHANGES = {
    "a body is edited": (
        """UPDATE event SET body = replace(body, 'A005', 'A006') WHERE seq = 5""",
        "line 5 is not what was written",
    ),
    "a time is edited": ("UPDATE event SET wall_ms = wall_ms + 1 WHERE seq = 3", "line 3 is not"),
    "a client is edited": ("UPDATE event SET client = 'kiosk-02' WHERE seq = 4", "line 4 is not"),
    "a line is deleted": ("DELETE FROM event WHERE seq = 5", "line 5 is missing"),
    "two lines are exchanged": (
        "UPDATE event SET seq = CASE seq WHEN -4 THEN 5 WHEN -5 THEN 4 END WHERE seq < 0",
        "line 4 is not",
    ),
    "the first line is deleted": ("DELETE FROM event WHERE seq = 1", "line 1 is missing"),
    "the end is cut off": ("DELETE FROM event WHERE seq > 6", "ends at line 6, but line 9 was"),
    "the last line is edited": ("UPDATE event SET epoch = 2 WHERE seq = 9", "line 9 is not"),
    "the last line and its checksum are edited": (
        "UPDATE event SET epoch = 2, checksum = x'00' WHERE seq = 9",
        "line 9 is not",
    ),
    "a line is put in": (
        "INSERT INTO event SELECT 10, epoch, day, wall_ms, elapsed_ms, client, command_id, type, "
        "body, checksum FROM event WHERE seq = 9",
        "line 10 is not",
    ),
    "all lines are deleted": ("DELETE FROM event", "ends at line 0, but line 9"),
}


@pytest.mark.parametrize(("statement", "why"), CHANGES.values(), ids=CHANGES.keys())
def test_a_start_on_a_changed_journal_is_refused_with_the_line_and_what_to_do(
    tmp_path: Path, statement: str, why: str
) -> None:
    fill(tmp_path)
    if "seq < 0" in statement:
        tamper(tmp_path, "UPDATE event SET seq = -seq WHERE seq IN (4, 5)")
    tamper(tmp_path, statement)
    with pytest.raises(JournalError, match=why) as raised:
        read_all(tmp_path)
    assert "`jiaohao journal verify`" in str(raised.value)
    assert "`jiaohao journal restore`" in str(raised.value)


def test_a_flipped_bit_of_a_line_is_found(tmp_path: Path) -> None:
    """One bit of every 16th byte of a line, in the file itself."""
    fill(tmp_path, 3)
    file = tmp_path / "journal.sqlite3"
    with open_journal(tmp_path):
        pass  # the last to close puts all into the one file
    good = file.read_bytes()
    body = rows(tmp_path, "SELECT body FROM event WHERE seq = 3")[0][0]
    assert isinstance(body, str)
    at = good.index(body.encode())
    found = 0
    for offset in range(at, at + len(body), 16):
        bad = bytearray(good)
        bad[offset] ^= 1 << (offset % 8)
        file.write_bytes(bad)
        with pytest.raises(JournalError):
            read_all(tmp_path)
        found += 1
    assert found == len(range(0, len(body), 16))
    file.write_bytes(good)
    assert len(read_all(tmp_path)) == 3


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE reply SET body = body || ' ' WHERE command_id = 'command-5'",
        "UPDATE reply SET seq = 6 WHERE command_id = 'command-5'",
        "UPDATE reply SET checksum = '' WHERE command_id = 'command-5'",
    ],
)
def test_an_answer_that_was_changed_is_not_given_again(tmp_path: Path, change: str) -> None:
    fill(tmp_path)
    tamper(tmp_path, change)
    key = (KIOSK, CommandId("command-5"))
    with (
        open_journal(tmp_path) as journal,
        pytest.raises(JournalError, match="answer to command-5 of kiosk-01 is not what was stored"),
    ):
        journal.find_replies([key])


def test_an_old_copy_of_the_file_in_the_journals_place_is_refused(tmp_path: Path) -> None:
    """Its numbers would be given twice."""
    fill(tmp_path, 5)
    shutil.copy(tmp_path / "journal.sqlite3", tmp_path / "copy")
    with open_journal(tmp_path) as journal:
        journal.append([reserved(6, 6)], [])
    shutil.copy(tmp_path / "copy", tmp_path / "journal.sqlite3")
    with pytest.raises(JournalError, match="ends at line 5, but line 6 was committed"):
        open_journal(tmp_path)


def test_a_write_ahead_log_that_is_lost_or_damaged_is_found(tmp_path: Path) -> None:
    """SQLite reads it up to the first frame that is not whole, and says nothing."""
    fill(tmp_path, 5)
    with open_journal(tmp_path) as journal:
        journal.append([reserved(6, 6)], [])
        journal.append([reserved(7, 7)], [])
        crashed = tmp_path / "crashed"
        shutil.copytree(tmp_path, crashed)
    log = crashed / "journal.sqlite3-wal"
    whole = bytearray(log.read_bytes())
    whole[-2_000] ^= 1
    log.write_bytes(whole)
    (crashed / "journal.sqlite3-shm").unlink()
    with pytest.raises(JournalError, match=r"ends at line [56], but line 7 was committed"):
        open_journal(crashed)


def test_a_tail_that_lies_behind_or_is_gone_stops_nobody(tmp_path: Path) -> None:
    """As after a power cut: it is not forced to the disk."""
    fill(tmp_path, 5)
    tail = tmp_path / "journal.sqlite3.tail"
    behind = tail.read_bytes()
    with open_journal(tmp_path) as journal:
        journal.append([reserved(6, 6)], [])
    for left in (behind, b"", behind[:9], b"\xff" * len(behind)):
        tail.write_bytes(left)
        assert len(read_all(tmp_path)) == 6
    tail.unlink()
    assert len(read_all(tmp_path)) == 6


def test_a_tail_says_what_was_noted_last(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "tail")
    assert tail.read() is None
    for seq in (1, 10**12, 2):
        tail.note(seq, b"\x01" * 16)
        assert tail.read() == (seq, b"\x01" * 16)
    tail.close()


def test_with_a_key_the_last_line_and_every_256th_are_sealed(tmp_path: Path) -> None:
    key = b"k" * 32
    with open_journal(tmp_path) as journal:
        journal.seal_with(key)
        journal.append([line(1, ev.DayOpened(DAY)), *map(twice, range(2, 600))], [])
        journal.seal_with(key)
        journal.seal_with(key)
        last = journal.last_checksum
    sealed = dict(rows(tmp_path, "SELECT * FROM seal"))
    assert sorted(sealed) == [256, 512, 599]
    assert sealed[599] == seal(key, 599, last)
    assert sealed[599] not in (seal(b"x" * 32, 599, last), seal(key, 600, last))
    [(checksum,)] = rows(tmp_path, "SELECT checksum FROM event WHERE seq = 256")
    assert isinstance(checksum, bytes)
    assert sealed[256] == seal(key, 256, checksum)


def twice(seq: int) -> ev.Recorded:
    return reserved(seq, seq)


def test_the_lines_of_an_older_version_are_chained_when_it_is_brought_up(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    fill(new, 20)
    lines, answers = rows(new, "SELECT * FROM event"), rows(new, "SELECT * FROM reply")
    old.mkdir()
    database = find_database(sqlite_url(old))
    assert isinstance(database, SqliteDatabase)
    with open_engine(database.url).begin() as connection:
        command.upgrade(alembic_config(connection), "0003")
    with contextlib.closing(sqlite3.connect(old / "journal.sqlite3")) as file:
        without = [row[:-1] for row in lines]
        file.executemany("INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?)", without)
        file.executemany("INSERT INTO reply VALUES (?,?,?,?,?)", [row[:-1] for row in answers])
        file.execute("INSERT INTO business_day VALUES (?, 1, 1, NULL, NULL)", [DAY])
        file.commit()
    assert len(read_all(old)) == 20
    assert rows(old, "SELECT * FROM event") == lines
    assert rows(old, "SELECT * FROM reply") == answers


def test_a_start_counts_on_from_the_epochs_that_lines_know(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    with Journal.open(sqlite_url(tmp_path)) as journal:
        assert journal.begin_epoch(Now(1, 1)) == 2

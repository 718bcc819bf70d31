"""Backups, and a journal that is made whole again: nothing known is lost, no number comes twice."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from hallserver.domain import events as ev
from hallserver.domain.instant import Now
from hallserver.journal import JournalError, JournalInUseError
from hallserver.journal.backup import read_manifest
from hallserver.journal.restore import MARGIN_NUMBERS, SKIP_UNKNOWN_NUMBERS
from hallserver.journal.swap import finish_swap, restored_file
from tests.helpers.damage import LATE, Kept, back_up_to, give_numbers, kept, lines_of
from tests.helpers.halls import MORNING_MS
from tests.helpers.servers import Hosted, open_journal, play_a_day


@pytest.fixture
def hall(tmp_path: Path) -> Kept:
    return kept(tmp_path / "hall")


def unlink(hall: Kept, *companions: str) -> None:
    for companion in companions:
        hall.journal.with_name(hall.journal.name + companion).unlink()


def flip(hall: Kept, offset: int, bit: int) -> None:
    content = bytearray(hall.journal.read_bytes())
    content[offset] ^= 1 << bit
    hall.journal.write_bytes(content)


def offset_of(hall: Kept, seq: int, shift: int = 5) -> int:
    """Where in the file the text of a line is: in the middle of its body."""
    [(body,)] = hall.rows(f"SELECT body FROM event WHERE seq = {seq}")
    assert isinstance(body, str)
    return hall.journal.read_bytes().index(body.encode()) + shift


# Backups.


def test_a_backup_holds_one_moment_of_a_journal_that_goes_on(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin_epoch(Now(MORNING_MS, 0))
        hosted = Hosted(journal)
        play_a_day(hosted, 1, batches=20)
    with open_journal(tmp_path) as journal:
        hosted = Hosted(journal, epoch=1, clock=hosted.clock)
        manifest = back_up_to(tmp_path)
        assert manifest.last_seq == journal.last_seq
        assert manifest.checksum == journal.last_checksum.hex()
        play_a_day(hosted, 2, batches=5)
        assert journal.last_seq > manifest.last_seq
    assert read_manifest(tmp_path / "backup") == manifest
    files = sorted(path.name for path in tmp_path.iterdir() if "backup" in path.name)
    assert files == ["backup", "backup.json"]
    for name in files:
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_backup_overwrites_nothing_and_none_is_made_of_a_damaged_journal(hall: Kept) -> None:
    with pytest.raises(JournalError, match="is there already"):
        back_up_to(hall.directory)
    hall.sql("UPDATE event SET wall_ms = 7 WHERE seq = 9")
    with pytest.raises(JournalError, match="line 9 is not what was written"):
        back_up_to(hall.directory, "second")
    assert not [path for path in hall.directory.iterdir() if "second" in path.name]


def test_a_damaged_backup_is_refused_and_the_journal_left_as_it_is(hall: Kept) -> None:
    content = bytearray(hall.backup.read_bytes())
    content[70_000] ^= 1
    hall.backup.write_bytes(content)
    before = hall.journal.read_bytes()
    with pytest.raises(JournalError, match="is not what was backed up"):
        hall.restore()
    (hall.directory / "backup.json").unlink()
    with pytest.raises(JournalError, match=r"backup\.json: No such file"):
        hall.restore()
    assert hall.journal.read_bytes() == before
    assert not [path for path in hall.directory.iterdir() if "restor" in path.name]


# Restoring without a loss.

WHOLE = {
    "an edited line before the backup": ("UPDATE event SET client = 'x' WHERE seq = 9", False),
    "a deleted line before the backup": ("DELETE FROM event WHERE seq = 9", False),
    "edited figures": ("UPDATE visit SET state = 'x', recalls = 9", True),
    "deleted figures": ("DELETE FROM stint", True),
    "a dropped index": ("DROP INDEX ix_visit_day_service", True),
    "nothing": ("SELECT 1", True),
}


@pytest.mark.slow
@pytest.mark.parametrize(("statement", "from_itself"), WHOLE.values(), ids=WHOLE.keys())
def test_what_can_be_read_is_all_there_again(hall: Kept, statement: str, from_itself: bool) -> None:
    lines, replies = "SELECT * FROM event WHERE seq <> 9 ORDER BY seq", "SELECT * FROM reply"
    before = hall.rows(lines), set(hall.rows(replies)), hall.rows("SELECT * FROM seal")[:2]
    hall.sql(statement)
    outcome = hall.restore(from_itself=from_itself)
    assert (outcome.why_ended, outcome.lost_lines, outcome.skipped) == (None, 0, 0)
    assert outcome.salvaged_lines == hall.lines - (0 if from_itself else hall.backup_lines)
    assert (
        hall.rows(lines),
        set(hall.rows(replies)),
        hall.rows("SELECT * FROM seal")[:2],
    ) == before
    assert hall.verify().troubles == []
    assert give_numbers(hall.directory, 3)[0] not in hall.told
    assert outcome.aside is not None
    assert outcome.aside.is_file()
    assert stat.S_IMODE(hall.journal.stat().st_mode) == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("bit", [0, 6, 7])
def test_one_flipped_bit_of_a_line_is_put_right_by_the_journal_alone(hall: Kept, bit: int) -> None:
    before = hall.rows("SELECT * FROM event ORDER BY seq")
    flip(hall, offset_of(hall, hall.lines - 7), bit)
    with pytest.raises(JournalError):
        lines_of(hall.directory)
    outcome = hall.restore(from_itself=True)
    assert outcome.mended == [f"one bit of line {hall.lines - 7}"]
    assert outcome.why_ended is None
    assert hall.rows("SELECT * FROM event ORDER BY seq") == before
    assert hall.verify().troubles == []


def test_one_flipped_bit_of_a_number_a_checksum_or_an_answer_is_put_right(hall: Kept) -> None:
    before = hall.rows("SELECT * FROM event ORDER BY seq"), set(hall.rows("SELECT * FROM reply"))
    hall.sql("UPDATE event SET elapsed_ms = elapsed_ms | (1 << 40) WHERE seq = 50")
    [(checksum,)] = hall.rows("SELECT checksum FROM event WHERE seq = 60")
    assert isinstance(checksum, bytes)
    flipped = bytes([checksum[0] ^ 4]) + checksum[1:]
    hall.sql(f"UPDATE event SET checksum = x'{flipped.hex()}' WHERE seq = 60")
    hall.sql("UPDATE reply SET seq = seq | (1 << 30) WHERE command_id = 'late-3'")
    outcome = hall.restore(from_itself=True)
    assert outcome.mended == [
        "one bit of line 50",
        "one bit of the checksum of line 60",
        "one bit of the answer to late-3 of kiosk-01",
    ]
    after = hall.rows("SELECT * FROM event ORDER BY seq"), set(hall.rows("SELECT * FROM reply"))
    assert after == before


# Restoring with a loss.


def garble(hall: Kept) -> None:
    content = bytearray(hall.journal.read_bytes())
    for offset in range(3 * 4_096, len(content), 2 * 4_096):
        content[offset : offset + 4_096] = b"\xa5" * 4_096
    hall.journal.write_bytes(content)


def start_anew(hall: Kept) -> None:
    """What somebody does who knows no better: away with it, and a server on a new one."""
    unlink(hall, "", ".tail")
    give_numbers(hall.directory, 3)


LOSSES = {
    "the journal is gone": (lambda hall: unlink(hall, ""), LATE),
    "the journal is empty": (lambda hall: hall.journal.write_bytes(b""), LATE),
    "the journal is garbage": (lambda hall: hall.journal.write_bytes(b"?" * 9_000), LATE),
    "every second page is garbage": (garble, LATE),
    "the disk is new": (lambda hall: unlink(hall, "", ".tail"), None),
    "a new journal was begun": (start_anew, None),
    "the last lines are gone": (lambda hall: hall.sql("DELETE FROM event WHERE seq > 621"), 7),
    "a late line is edited": (
        lambda hall: hall.sql(f"UPDATE event SET client = 'zzz' WHERE seq = {hall.lines - 4}"),
        5,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("harm", "lost"), LOSSES.values(), ids=LOSSES.keys())
def test_where_the_end_is_lost_no_number_of_it_is_given_again(hall: Kept, harm, lost) -> None:
    harm(hall)
    outcome = hall.restore()
    assert outcome.why_ended is not None
    assert outcome.lost_lines == lost
    most = SKIP_UNKNOWN_NUMBERS if lost is None else lost + MARGIN_NUMBERS
    assert MARGIN_NUMBERS <= outcome.skipped <= most
    assert hall.verify().troubles == []
    assert not set(give_numbers(hall.directory, 30)) & hall.told


@pytest.mark.slow
def test_appointments_that_were_lost_leave_their_numbers_behind(hall: Kept) -> None:
    unlink(hall, "")
    outcome = hall.restore()
    carried = [
        line.event.last
        for line in lines_of(hall.directory)
        if isinstance(line.event, ev.AppointmentNumbersCarriedOver)
    ]
    assert len(carried) >= 90
    assert min(carried) >= outcome.skipped


def test_who_knows_better_says_how_many_numbers_to_skip(hall: Kept) -> None:
    before = max(ticket for ticket in hall.told if "-A" in ticket)
    unlink(hall, "")
    assert hall.restore(skip=300).skipped == 300
    [given] = give_numbers(hall.directory, 1)
    assert int(given[-3:]) > int(before[-3:]) + 300 - LATE - 1


@pytest.mark.slow
def test_the_next_start_is_counted_higher_than_any_that_clients_have_seen(hall: Kept) -> None:
    """Clients take no word from an earlier start than the last that they heard of."""
    for _ in range(5):
        give_numbers(hall.directory, 0)
    [(seen,)] = hall.rows("SELECT max(epoch) FROM server_start")
    assert isinstance(seen, int)
    unlink(hall, "", ".tail")
    outcome = hall.restore()
    assert outcome.epoch is not None
    assert outcome.epoch > seen


def test_an_act_that_is_damaged_is_left_out_as_a_whole(hall: Kept) -> None:
    """Its other lines alone were never a state of the hall."""
    query = "SELECT min(seq), max(seq) FROM event WHERE command_id IS NULL GROUP BY elapsed_ms"
    acts = [(low, high) for low, high in hall.rows(query) if low != high]
    first, last = max(each for each in acts if each[1] < hall.backup_lines)
    hall.sql(f"UPDATE event SET client = 'zzz' WHERE seq = {last}")
    hall.restore(from_itself=True)
    [(left,)] = hall.rows("SELECT max(seq) FROM event WHERE type <> 'NumbersSkipped' AND epoch = 1")
    assert left == first - 1


def test_a_lost_answer_is_made_up_for_by_a_refusal(hall: Kept) -> None:
    """The command was carried out: to decide it once more would give a second number."""
    hall.sql("UPDATE reply SET body = 'gone' WHERE command_id = 'late-3'")
    outcome = hall.restore(from_itself=True)
    assert outcome.lost_answers == 1
    [(body,)] = hall.rows("SELECT body FROM reply WHERE command_id = 'late-3'")
    assert "请到咨询台询问" in str(body)
    assert hall.verify().troubles == []


# Order, and power cuts.


def test_nothing_is_restored_while_a_server_runs(hall: Kept) -> None:
    with open_journal(hall.directory), pytest.raises(JournalInUseError):
        hall.restore()


def test_without_a_backup_and_without_a_line_it_says_so(hall: Kept) -> None:
    hall.sql("UPDATE event SET wall_ms = 7 WHERE seq = 1")
    before = hall.journal.read_bytes()
    with pytest.raises(JournalError, match=r"no line of it can be restored.*give a backup"):
        hall.restore(from_itself=True)
    assert hall.journal.read_bytes() == before


@pytest.mark.slow
def test_a_power_cut_at_any_rename_leaves_the_one_or_the_other(hall: Kept, tmp_path: Path) -> None:
    """Where it is cut, the next start of a server finishes it."""
    with open_journal(hall.directory) as journal:  # with its log beside it
        journal.begin_epoch(Hosted(journal).clock.now())
        crashed = tmp_path / "crashed"
        shutil.copytree(hall.directory, crashed)
    moves = ("-wal", "-shm", ".tail", "")
    for done in range(len(moves) + 1):
        state = tmp_path / f"cut-{done}"
        shutil.copytree(crashed, state)
        new = restored_file(state / "journal.sqlite3")
        shutil.copyfile(hall.backup, new)
        os.utime(new, (1_000, 1_000))
        for companion in moves[:done]:
            old = state / f"journal.sqlite3{companion}"
            old.rename(state / f"journal.sqlite3.damaged-1000{companion}")
        with open_journal(state) as journal:
            assert journal.last_seq == hall.backup_lines
        kept_aside = {path.name for path in state.iterdir() if "damaged-1000" in path.name}
        assert kept_aside == {f"journal.sqlite3.damaged-1000{each}" for each in moves}
        aside = state / "journal.sqlite3.damaged-1000"
        assert aside.read_bytes() == (crashed / "journal.sqlite3").read_bytes()
        assert finish_swap(state / "journal.sqlite3") is None


def test_an_interrupted_restore_is_finished_by_the_next_and_nothing_else_is_done(
    hall: Kept,
) -> None:
    shutil.copyfile(hall.backup, restored_file(hall.journal))
    (hall.directory / "journal.sqlite3.restoring").write_bytes(b"half of one")
    outcome = hall.restore(from_itself=True)
    assert outcome.is_finished_only
    assert hall.rows("SELECT max(seq) FROM event") == [(hall.backup_lines,)]

"""`journal verify`: all that is wrong with a journal is named, and nothing that is right."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from hallserver.domain.instant import Now
from hallserver.journal import JournalError, sqlite_url
from hallserver.journal.chain import line_checksum
from hallserver.journal.looking import look
from hallserver.journal.verify import MAX_NAMED, verify
from tests.helpers.damage import Kept, kept, quiet
from tests.helpers.halls import KEY, MORNING_MS
from tests.helpers.journals import tamper
from tests.helpers.servers import Hosted, open_journal, play_a_day


@pytest.fixture
def hall(tmp_path: Path) -> Kept:
    return kept(tmp_path / "hall")


def test_a_journal_that_nobody_touched_is_sound(hall: Kept) -> None:
    report = hall.verify()
    assert (report.troubles, report.notes) == ([], [])
    assert report.last_seq == hall.lines > 256
    assert hall.rows("SELECT count(*) FROM reply") == [(report.replies,)]
    assert hall.rows("SELECT checksum FROM event ORDER BY seq DESC LIMIT 1") == [(report.checksum,)]
    assert "seals were not checked" in hall.verify(key=None).notes[0]


def test_a_server_may_go_on_writing_while_it_is_looked_at(tmp_path: Path) -> None:
    """One moment is looked at, whatever is committed meanwhile."""
    with open_journal(tmp_path) as journal:
        journal.begin_epoch(Now(MORNING_MS, 0))
        hosted = Hosted(journal)
        play_a_day(hosted, 1, batches=10)
        before = journal.last_seq
        with look(sqlite_url(tmp_path)) as looked:
            seen = 0

            def write(part: str) -> None:
                nonlocal seen
                seen += 1
                play_a_day(hosted, 100 + seen, batches=3)

            report = verify(looked, key=None, say=write)
        assert seen > 5
        assert journal.last_seq > before
        assert (report.troubles, report.last_seq) == ([], before)


TICKET = "(SELECT min(ticket) FROM visit)"
TROUBLES = {
    "an edited line": ("UPDATE event SET wall_ms = 7 WHERE seq = 9", "line 9 is not what"),
    "a line that is gone": ("DELETE FROM event WHERE seq = 9", "lines 9 to 9 are missing"),
    "many that are gone": ("DELETE FROM event WHERE seq < 100", "lines 1 to 99 are missing"),
    "an end that is gone": ("DELETE FROM event WHERE seq > 300", "ends at line 300, but"),
    "an edited answer": ("UPDATE reply SET body = '{}' WHERE seq = 300", "is not what was stored"),
    "an answer that is gone": (
        "DELETE FROM reply WHERE command_id = 'late-3'",
        "has lost the answer to its command",
    ),
    "a start that is gone": ("DELETE FROM server_start", "which is not recorded"),
    "a seal that is gone": ("DELETE FROM seal WHERE seq = 512", "line 512 has lost its seal"),
    "all seals gone": ("DELETE FROM seal", "no line is sealed"),
    "a seal of another": ("UPDATE seal SET mac = x'00' WHERE seq = 256", "the seal on line 256 is"),
    "an edited visit": (
        f"UPDATE visit SET recalls = 77, state = 'x' WHERE ticket = {TICKET}",
        "has a wrong state, recalls",
    ),
    "an edited stint": ("UPDATE stint SET waiting_ms = -1", "has a wrong waiting_ms"),
    "a visit that is gone": (f"DELETE FROM visit WHERE ticket = {TICKET}", "is missing"),
    "an added day": (
        "INSERT INTO business_day VALUES ('20000101', 1, 1, NULL, NULL)",
        "20000101 is told by no line",
    ),
    "an edited rating": ("UPDATE rating SET stars = 5", "has a wrong stars"),
    "NULL": ("UPDATE event SET body = 7 WHERE seq = 12", "line 12 is not"),
    "no text": ("UPDATE event SET body = x'ff' WHERE seq = 12", "line 12 is not"),
}


def test_an_edited_figure_a_lost_answer_and_a_lost_seal_are_named(hall: Kept) -> None:
    for changed in ("an edited stint", "an answer that is gone", "a seal that is gone"):
        hall.sql(TROUBLES[changed][0])
    troubles = "\n".join(hall.verify().troubles)
    for changed in ("an edited stint", "an answer that is gone", "a seal that is gone"):
        assert TROUBLES[changed][1] in troubles


@pytest.mark.slow
@pytest.mark.parametrize(("statement", "named"), TROUBLES.values(), ids=TROUBLES.keys())
def test_what_is_changed_is_named(hall: Kept, statement: str, named: str) -> None:
    hall.sql(statement)
    report = hall.verify()
    assert any(named in trouble for trouble in report.troubles), report.troubles
    assert len(report.troubles) <= 4 * (MAX_NAMED + 1)


def test_one_edited_line_is_one_trouble(hall: Kept) -> None:
    """Every line is judged by the stored one before it: what follows is not accused."""
    hall.sql("UPDATE event SET wall_ms = 7 WHERE seq = 9")
    assert len(hall.verify().troubles) == 1


def test_whoever_forges_the_chain_onwards_is_found_by_the_seals(hall: Kept) -> None:
    """Without hall.key nobody can make the seals again."""
    lines = hall.rows("SELECT * FROM event WHERE seq >= 200 ORDER BY seq")
    [(checksum,)] = hall.rows("SELECT checksum FROM event WHERE seq = 199")
    hall.sql("DELETE FROM event WHERE seq >= 200")
    with contextlib.closing(sqlite3.connect(hall.journal)) as file:
        for line in lines:
            told = list(line[:-1])
            if told[0] == 200:
                told[4] += 1
            assert isinstance(checksum, bytes)
            checksum = line_checksum(checksum, tuple(told))
            marks = ",".join("?" * 10)
            file.execute(f"INSERT INTO event VALUES ({marks})", (*told, checksum))
        file.commit()
    (hall.directory / "journal.sqlite3.tail").unlink()
    seals = [each for each in hall.verify().troubles if "the seal on line" in each]
    assert "the seal on line 256 is not of this hall.key" in seals[0]
    assert not [each for each in hall.verify(key=None).troubles if "line" in each]


def test_with_another_key_every_seal_is_doubted(hall: Kept) -> None:
    [(count,)] = hall.rows("SELECT count(*) FROM seal")
    assert len(hall.verify(key=b"other" * 9).troubles) == count


def test_a_damaged_index_is_named_and_the_rest_is_looked_at_all_the_same(hall: Kept) -> None:
    [(page,)] = hall.rows("SELECT rootpage FROM sqlite_master WHERE name = 'ix_visit_day_service'")
    size = 4_096
    assert isinstance(page, int)
    content = bytearray(hall.journal.read_bytes())
    content[(page - 1) * size + 12 : page * size] = bytes(size - 12)
    hall.journal.write_bytes(content)
    report = hall.verify()
    assert all(trouble.startswith("the file: ") for trouble in report.troubles)
    assert f"page {page} " in report.troubles[1]
    assert report.last_seq == hall.lines
    assert report.replies > 100


def test_a_journal_that_is_not_there_or_of_another_version_cannot_be_looked_at(
    hall: Kept, tmp_path: Path
) -> None:
    with (
        pytest.raises(JournalError, match="there is no such file"),
        look(sqlite_url(tmp_path)),
    ):
        pass
    tamper(hall.directory, "UPDATE alembic_version SET version_num = '0003'")
    with pytest.raises(JournalError, match="another version"):
        hall.verify(KEY)
    (tmp_path / "journal.sqlite3").write_bytes(b"Dear diary, " * 1_000)
    with (
        pytest.raises(JournalError, match="the file is not a journal"),
        look(sqlite_url(tmp_path)) as looked,
    ):
        verify(looked, key=None, say=quiet)

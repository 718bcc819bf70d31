"""What is SQLite's own in a journal: its files, its settings, its plans."""

import contextlib
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import make_url

from hallserver.domain import events as ev
from hallserver.journal import sqlite_url
from hallserver.journal.prepared import FindReplies
from hallserver.journal.sqlite import open_engine
from tests.helpers.journals import DAY, line, rows
from tests.helpers.servers import open_journal


@pytest.mark.parametrize("size", [1, 2, 16, 256])
def test_looking_for_answers_never_reads_the_whole_table(tmp_path: Path, size: int) -> None:
    open_journal(tmp_path).close()
    with open_engine(make_url(sqlite_url(tmp_path))).connect() as connection:
        question = FindReplies(connection).of_size(size).text
    plan = rows(tmp_path, f"EXPLAIN QUERY PLAN {question}", ["x"] * size * 2)
    assert [row for row in plan if "SCAN reply" in str(row)] == []
    assert [row for row in plan if "SEARCH reply" in str(row)] != []


def test_readers_are_welcome_while_the_journal_is_written(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        reader = sqlite3.connect(tmp_path / "journal.sqlite3")
        with contextlib.closing(reader):
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM event").fetchone() == (0,)
            journal.append([line(1, ev.DayOpened(DAY))], [])
            assert reader.execute("SELECT count(*) FROM event").fetchone() == (0,)
            reader.execute("COMMIT")
            assert reader.execute("SELECT count(*) FROM event").fetchone() == (1,)


def test_commits_survive_a_power_cut_by_the_settings_that_sqlite_names_for_it(
    tmp_path: Path,
) -> None:
    with open_engine(make_url(sqlite_url(tmp_path))).connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    full = 2  # https://www.sqlite.org/pragma.html#pragma_synchronous
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 5_000,
    }


def test_only_its_owner_may_read_the_journal(tmp_path: Path) -> None:
    with open_journal(tmp_path / "state") as journal:
        journal.append([line(1, ev.DayOpened(DAY))], [])
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()
        }
    assert len(modes) >= 3
    assert set(modes.values()) == {0o600}

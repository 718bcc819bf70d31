"""Reading a journal beside its writer, on each engine."""

import pytest

from hallserver.journal import JournalError, sqlite_url
from hallserver.uplink.reader import JournalReader
from tests.helpers.journals import rows, tamper
from tests.helpers.servers import Hosted, open_journal, play_a_day


def test_lines_are_read_while_the_hall_writes_them(journal_url):
    with open_journal(journal_url) as journal, JournalReader(journal_url) as reader:
        assert reader.head() == 0
        assert reader.after(0, 10) == []
        hosted = Hosted(journal)
        for seed in range(3):
            before = reader.head()
            play_a_day(hosted, seed, 5)
            assert reader.head() == journal.last_seq > before
            assert [row.seq for row in reader.after(before, 7)] == list(
                range(before + 1, min(before + 8, journal.last_seq + 1))
            )
        query = "SELECT seq, epoch, day, wall_ms, elapsed_ms, client, type, body, checksum"
        for told in rows(journal_url, f"{query} FROM event"):
            row = reader.at(int(str(told[0])))
            assert row is not None
            assert (row.seq, row.epoch, row.day, row.wall_ms, row.elapsed_ms) == told[:5]
            assert (row.client, row.type, row.body) == told[5:8]
            assert row.checksum == bytes(told[8]).hex()  # type: ignore[call-overload]
            assert len(row.checksum) == 32
        assert reader.at(journal.last_seq + 1) is None
        assert (reader.last_before(0), reader.last_before(1)) == (0, journal.last_seq)


def test_a_hole_in_the_journal_is_said_and_not_jumped_over(journal_url):
    with open_journal(journal_url) as journal:
        play_a_day(Hosted(journal), 1, 5)
    tamper(journal_url, "DELETE FROM event WHERE seq = 4")
    with JournalReader(journal_url) as reader:
        assert [row.seq for row in reader.after(0, 3)] == [1, 2, 3]
        with pytest.raises(JournalError, match="line 4 is missing"):
            reader.after(0, 10)


def test_a_journal_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(JournalError, match="start the hall server first"):
        JournalReader(sqlite_url(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_reader_changes_nothing_and_keeps_nobody_from_writing(tmp_path):
    with open_journal(tmp_path) as journal:
        hosted = Hosted(journal)
        with JournalReader(sqlite_url(tmp_path)) as reader:
            reader.after(0, 10)
            play_a_day(hosted, 1, 3)
            with pytest.raises(JournalError):
                reader._read(_write_statement(), {})


def _write_statement():
    from sqlalchemy import text

    return text("DELETE FROM event")

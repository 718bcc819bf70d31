"""A standby on a real PostgreSQL: what it reads while it waits, and what it refuses to wait for."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hallserver.bootstrap import ServerSettings, StartError, build_server, find_key, read_key
from hallserver.client.settings import LinkSettings
from hallserver.domain import events as ev
from hallserver.domain.instant import Now
from hallserver.journal import JournalError, sqlite_url
from hallserver.journal.owner import Owner, fingerprint
from hallserver.journal.standby import Standby
from hallserver.protocol.ids import BusinessDay, HallId
from hallserver.protocol.routes import SERVER_CLIENT
from hallserver.standby import StoppedError, StopSignal
from tests.helpers.hall_files import SMALL_HALL
from tests.helpers.journals import DAY, line, reserved, rows, tamper
from tests.helpers.servers import DEADLINE_S, open_journal

HALL = HallId("small")


def test_a_standby_reads_each_line_once_and_takes_the_journal_when_it_is_free(
    postgres_url: str,
) -> None:
    with open_journal(postgres_url) as leader, Standby.open(postgres_url) as standby:
        leader.begin_epoch(Now(0, 0))
        assert list(standby.new_lines()) == []
        leader.append([line(1, ev.DayOpened(DAY)), reserved(2, 1)], [])
        assert list(standby.new_lines()) == [line(1, ev.DayOpened(DAY)), reserved(2, 1)]
        assert list(standby.new_lines()) == []
        leader.append([reserved(3, 2)], [])
        assert [each.seq for each in standby.new_lines()] == [3]
        assert standby.take_over() is None
        leader.append([reserved(4, 3), reserved(5, 4)], [])
        leader.close()
        journal = standby.take_over()
        assert journal is not None
        with journal:
            assert journal.last_seq == 5
            assert [each.seq for each in journal.open_day(standby.day)] == [4, 5]
            assert journal.begin_epoch(Now(0, 0)) == 2
            journal.append([reserved(6, 5)], [])


def test_a_standby_follows_into_the_next_day(postgres_url: str) -> None:
    later = BusinessDay("20261124")
    with open_journal(postgres_url) as leader, Standby.open(postgres_url) as standby:
        leader.append([line(1, ev.DayOpened(DAY))], [])
        assert [each.seq for each in standby.new_lines()] == [1]
        leader.append([line(2, ev.DayClosed(DAY)), line(3, ev.DayOpened(later))], [])
        assert [each.seq for each in standby.new_lines()] == [2, 3]


def test_a_standby_finds_a_line_that_was_changed_before_it_came(postgres_url: str) -> None:
    with open_journal(postgres_url) as leader, Standby.open(postgres_url) as standby:
        leader.append([line(1, ev.DayOpened(DAY)), reserved(2, 1)], [])
        tamper(postgres_url, "UPDATE event SET client = 'kiosk-99' WHERE seq = 2")
        with pytest.raises(JournalError, match="line 2 is not what was written"):
            list(standby.new_lines())


def test_a_standby_of_an_older_version_ends_and_one_of_a_newer_waits_for_its_turn(
    postgres_url: str,
) -> None:
    with open_journal(postgres_url) as leader:
        leader.append([line(1, ev.DayOpened(DAY))], [])
        [(version,)] = rows(postgres_url, "SELECT version_num FROM alembic_version")
        tamper(postgres_url, "UPDATE alembic_version SET version_num = '9999'")
        with (
            Standby.open(postgres_url) as older,
            pytest.raises(JournalError, match="newer version of this software; install that here"),
        ):
            list(older.new_lines())
        tamper(postgres_url, "UPDATE alembic_version SET version_num = '0001'")
        with Standby.open(postgres_url) as newer:
            assert list(newer.new_lines()) == []
            assert newer.take_over() is None
            tamper(postgres_url, f"UPDATE alembic_version SET version_num = '{version}'")
            assert [each.seq for each in newer.new_lines()] == [1]


def test_a_file_has_no_standby(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="one server on SQLite is simply started again"):
        Standby.open(sqlite_url(tmp_path))


# The hall and its key, which both servers have to have.


def test_a_server_with_another_hall_or_another_key_is_refused_and_told_what_to_copy(
    tmp_path: Path,
) -> None:
    path = tmp_path / "hall.key"
    key = read_key(path)
    assert find_key(path, HALL, Owner(HALL, fingerprint(key))) == key
    with pytest.raises(StartError, match="the journal is that of the hall other"):
        find_key(path, HALL, Owner(HallId("other"), fingerprint(key)))
    with pytest.raises(StartError, match=r"not the one of the journal; copy hall\.key from"):
        find_key(path, HALL, Owner(HALL, fingerprint(bytes(32))))
    path.unlink()
    with pytest.raises(StartError, match="there is none, but the journal has one; copy"):
        find_key(path, HALL, Owner(HALL, fingerprint(key)))
    assert not path.exists(), "a key that was drawn anew would not fit"


@pytest.fixture
def settings(tmp_path: Path, postgres_url: str) -> ServerSettings:
    hall_file = tmp_path / "hall.toml"
    hall_file.write_text(SMALL_HALL, encoding="utf-8")
    return ServerSettings(
        hall_file=hall_file,
        state_dir=tmp_path / "east",
        link=LinkSettings(SERVER_CLIENT, "127.0.0.1", 1, "no broker is asked"),
        database_url=postgres_url,
        is_standby=True,
    )


def elsewhere(settings: ServerSettings, **changed: object) -> ServerSettings:
    return replace(settings, state_dir=settings.state_dir.with_name("west"), **changed)


def test_the_first_of_two_standbys_leads_at_once_and_the_other_needs_its_key(
    settings: ServerSettings,
) -> None:
    with build_server(settings):
        with pytest.raises(StartError, match=r"west/hall\.key: there is none, but the journal"):
            build_server(elsewhere(settings))
        other = settings.hall_file.with_name("other.toml")
        other.write_text(SMALL_HALL.replace('"small"', '"other"'), encoding="utf-8")
        with pytest.raises(StartError, match="the journal is that of the hall small"):
            build_server(elsewhere(settings, hall_file=other))
        with pytest.raises(JournalError, match="or start this one with --standby"):
            build_server(elsewhere(settings, is_standby=False))
    with build_server(replace(settings, is_standby=False)):  # alone, it needs not wait
        pass


@pytest.fixture
def waiting(
    settings: ServerSettings,
) -> Iterator[tuple[threading.Thread, StopSignal, list[object]]]:
    """A standby that waits in a thread of its own behind a server, and what becomes of it."""
    with build_server(settings):
        copy = elsewhere(settings)
        copy.state_dir.mkdir()
        key = copy.state_dir / "hall.key"
        key.touch(0o600)
        key.write_bytes((settings.state_dir / "hall.key").read_bytes())
        stop, became = StopSignal(), []

        def wait() -> None:
            try:
                became.append(build_server(copy, stop))
            except StoppedError as error:
                became.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        yield thread, stop, became
    thread.join(DEADLINE_S)


def test_a_wait_can_be_ended(
    waiting: tuple[threading.Thread, StopSignal, list[object]],
) -> None:
    thread, stop, became = waiting
    stop.set()
    thread.join(DEADLINE_S)
    assert [type(each) for each in became] == [StoppedError]

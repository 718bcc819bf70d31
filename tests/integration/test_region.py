"""A region whole: halls, bridges, brokers, collector and PostgreSQL as processes, and signal 9."""

import os
import signal

import pytest

from tests.helpers.regions import a_region

CATCH_UP_S = 75.0
"""Longer than the longest wait of an uplink."""


@pytest.fixture
def region(postgres, tmp_path):
    with postgres.fresh(is_empty=True) as name, a_region(tmp_path, postgres.url(name)) as region:
        yield region


@pytest.mark.slow
def test_three_halls_with_a_cut_line_and_everything_killed_are_equal_in_the_end(region):
    region.admit("a", "b", "c")
    halls = [region.add_hall(name, seed, has_line=True) for seed, name in enumerate("abc")]
    a, b, c = halls
    for hall in halls:
        hall.live(20)
        region.start_uplink(hall)
    region.wait_until_equal(halls, CATCH_UP_S)

    a.line.cut()
    for hall in halls:
        hall.live(20)
    region.wait_until_equal([b, c], CATCH_UP_S)
    assert region.stored("a") != []
    assert len(region.stored("a")) < a.last_seq

    def kill_session_of_postgres():
        region.wait_until_equal([b, c], CATCH_UP_S)
        [(pid,)] = region.ask(
            "SELECT min(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        os.kill(pid, signal.SIGKILL)

    kills = (
        region.collector.kill,
        region.restart_broker,
        region.collector.start,
        lambda: os.kill(b.broker_pid(), signal.SIGKILL),
        c.uplink.kill,
        c.uplink.start,
        kill_session_of_postgres,
    )
    for kill in kills:
        for hall in halls:
            hall.live(5)
        kill()
    a.line.heal()
    for hall in halls:
        hall.live(5)
    region.wait_until_equal(halls, CATCH_UP_S)
    assert region.check() == sum(hall.last_seq for hall in halls)
    assert region.ask("SELECT sum(refused)::int FROM hall") == [(0,)]


@pytest.mark.slow
def test_nothing_that_tells_of_a_visitor_or_a_clerk_reaches_the_region(region):
    region.admit("a")
    hall = region.add_hall("a", 7)
    hall.live(60)
    bodies = b"".join(str(each.event).encode() for each in hall.hosted.journal.open_day())
    people = [f"{number:032x}".encode() for number in range(9)]
    assert any(person in bodies for person in people)
    assert b"clerk-1" in bodies
    region.start_uplink(hall)
    region.wait_until_equal([hall], CATCH_UP_S)
    stored = "".join(str(row) for row in region.ask("SELECT * FROM hall_event")).encode()
    assert b"TicketReserved" in stored
    assert not [person for person in people if person in stored]
    assert b"clerk-" not in stored


@pytest.mark.slow
def test_a_journal_that_was_replaced_is_not_mixed_with_the_one_that_the_region_has(region):
    region.admit("a")
    hall = region.add_hall("a", 1)
    hall.live(20)
    region.start_uplink(hall)
    region.wait_until_equal([hall], CATCH_UP_S)
    before = region.stored("a")
    assert hall.uplink.end() == os.EX_OK
    hall.closing.close()
    for file in hall.directory.glob("journal*"):
        file.unlink()
    again = region.add_hall("a", 2)
    again.live(40)
    region.start_uplink(again)
    assert again.uplink.process.wait(CATCH_UP_S) == os.EX_DATAERR
    assert "not in this journal" in again.uplink.log.read_text()
    assert region.stored("a") == before


@pytest.mark.slow
def test_a_hall_without_an_account_is_not_heard(region):
    region.admit("a")
    hall = region.add_hall("b", 1)
    hall.live(5)
    region.password_file("b").write_text("guessed\n")
    region.start_uplink(hall)
    known = region.add_hall("a", 2)
    known.live(5)
    region.start_uplink(known)
    region.wait_until_equal([known], CATCH_UP_S)
    region.wait_for_word(region.broker.files.log, "disconnected, not authorised", CATCH_UP_S)
    assert region.ask("SELECT hall FROM hall") == [("a",)]

"""The spool: what is known, after a crash, of numbers on their way to paper."""

from pathlib import Path

import pytest

from hallserver.protocol.ids import TicketId
from kiosk.spool import Leftover, MemorySpool, PrintStage, Spool, SqliteSpool

ONE, TWO = TicketId("20261123-A001"), TicketId("20261123-A002")


def test_stages_survive_the_end_of_the_process_in_the_order_of_reservation(tmp_path: Path):
    first = SqliteSpool(tmp_path / "spool.sqlite")
    first.begin(ONE)
    first.begin(TWO)
    first.advance(ONE, PrintStage.PRINTING)
    first.close()
    again = SqliteSpool(tmp_path / "spool.sqlite")
    assert again.leftovers() == (
        Leftover(ONE, PrintStage.PRINTING),
        Leftover(TWO, PrintStage.RESERVED),
    )
    again.drop(ONE)
    again.close()
    third = SqliteSpool(tmp_path / "spool.sqlite")
    assert third.leftovers() == (Leftover(TWO, PrintStage.RESERVED),)
    third.close()


def test_a_process_that_is_killed_leaves_its_last_stage(tmp_path: Path):
    # Copying the files of an open spool is what the disk holds at a kill: nothing is flushed.
    live = SqliteSpool(tmp_path / "live" / "spool.sqlite")
    live.begin(ONE)
    live.advance(ONE, PrintStage.PRINTING)
    crash = tmp_path / "crash"
    crash.mkdir()
    for path in (tmp_path / "live").iterdir():
        (crash / path.name).write_bytes(path.read_bytes())
    live.close()
    found = SqliteSpool(crash / "spool.sqlite")
    assert found.leftovers() == (Leftover(ONE, PrintStage.PRINTING),)
    found.close()


@pytest.mark.parametrize("junk", [b"not a database at all", b"SQLite format 3\0" + bytes(200)])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, junk: bytes):
    path = tmp_path / "spool.sqlite"
    path.write_bytes(junk)
    spool = SqliteSpool(path)
    spool.begin(ONE)
    spool.advance(ONE, PrintStage.PRINTED)
    assert spool.leftovers() == (Leftover(ONE, PrintStage.PRINTED),)
    spool.close()


MAKERS = pytest.mark.parametrize("make", [lambda path: MemorySpool(), SqliteSpool])


@MAKERS
@pytest.mark.parametrize("late", PrintStage)
def test_what_was_shown_as_valid_is_confirmed_whatever_the_printer_says_late(
    tmp_path: Path, make, late: PrintStage
):
    spool: Spool = make(tmp_path / "spool.sqlite")
    spool.begin(ONE)
    spool.advance(ONE, PrintStage.PRINTING)
    spool.advance(ONE, PrintStage.PRINTED)
    spool.advance(ONE, late)
    spool.begin(ONE)
    assert spool.leftovers() == (Leftover(ONE, PrintStage.PRINTED),)
    spool.close()


@MAKERS
@pytest.mark.parametrize("late", PrintStage)
def test_the_printer_does_not_bring_back_what_the_hall_has_settled(
    tmp_path: Path, make, late: PrintStage
):
    spool: Spool = make(tmp_path / "spool.sqlite")
    spool.begin(ONE)
    spool.advance(ONE, PrintStage.PRINTING)
    spool.drop(ONE)
    spool.advance(ONE, late)
    assert spool.leftovers() == ()
    spool.close()


@MAKERS
def test_a_closed_spool_is_quiet_and_closing_twice_is_allowed(tmp_path: Path, make):
    spool: Spool = make(tmp_path / "spool.sqlite")
    spool.begin(ONE)
    spool.close()
    spool.close()
    spool.begin(TWO)
    spool.drop(ONE)


def test_only_its_owner_may_read_the_file(tmp_path: Path):
    spool = SqliteSpool(tmp_path / "spool.sqlite")
    assert (tmp_path / "spool.sqlite").stat().st_mode & 0o777 == 0o600
    spool.close()

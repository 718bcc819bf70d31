"""What stands in the journal's way: other servers, damaged files, full disks, sudden ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hallserver.domain import events as ev
from hallserver.journal import Journal, JournalError, JournalInUseError
from hallserver.journal.database import find_database
from tests.helpers.checkout import ROOT
from tests.helpers.journals import DAY, line, reserved, rewrite, rows, tamper
from tests.helpers.servers import Hosted, open_journal


def test_a_second_server_is_locked_out_and_told_who_has_the_journal(journal_url: str) -> None:
    script = (
        "import sys\n"
        "from hallserver.journal import Journal, JournalInUseError\n"
        "try:\n"
        "    Journal.open(sys.argv[1])\n"
        "except JournalInUseError as error:\n"
        "    sys.exit(str(error))\n"
    )
    with open_journal(journal_url):
        ran = subprocess.run(
            [sys.executable, "-c", script, journal_url],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
    assert ran.returncode == 1
    assert "another hall server" in ran.stderr
    assert f"process {os.getpid()}" in ran.stderr
    assert find_database(journal_url).name in ran.stderr


def test_the_same_process_cannot_open_it_twice_but_again_after_closing(journal_url: str) -> None:
    with open_journal(journal_url), pytest.raises(JournalInUseError):
        open_journal(journal_url)
    journal = open_journal(journal_url)
    journal.close()
    journal.close()


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    file.write_bytes(b"Dear diary, " * 1_000)
    with pytest.raises(JournalError, match=r"journal\.sqlite3: the file is not a journal"):
        open_journal(tmp_path)
    assert file.read_bytes() == b"Dear diary, " * 1_000


def test_a_damaged_journal_is_refused_with_a_reason(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.append([line(1, ev.DayOpened(DAY))], [])
        journal.append([reserved(seq, seq) for seq in range(2, 500)], [])
    file = tmp_path / "journal.sqlite3"
    good = file.read_bytes()
    page_bytes = 4_096
    file.write_bytes(good[:page_bytes] + b"\xa5" * (len(good) - page_bytes))

    def open_and_fold() -> None:
        with open_journal(tmp_path) as journal:
            list(journal.open_day())

    with pytest.raises(JournalError, match="the file is damaged"):
        open_and_fold()


def test_a_line_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.append([line(1, ev.DayOpened(DAY)), reserved(2, 1)], [])
    rewrite(tmp_path, 2, '{"type":"Unheard"}')
    with (
        open_journal(tmp_path) as journal,
        pytest.raises(JournalError, match="line 2 cannot be read"),
    ):
        list(journal.open_day())


def test_a_journal_of_a_newer_version_is_refused(journal_url: str) -> None:
    open_journal(journal_url).close()
    tamper(journal_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(JournalError, match="another version of this software"):
        open_journal(journal_url)


def test_a_directory_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").mkdir()
    with pytest.raises(JournalError, match="cannot be opened for writing"):
        open_journal(tmp_path)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("not a url", "cannot be read"),
        ("sqlite://", "expected sqlite:///FILE"),
        ("sqlite:///:memory:", "lost at the first restart"),
        ("postgresql+pg8000://hall:secret@db/hall", "expected postgresql\\+psycopg"),
        ("postgresql://hall:se@secret@db/hall", "an @ too many: write one in a password as %40"),
        ("postgresql://hall:se@secret/x@db/hall", "an @ too many"),
        ("mysql://hall:secret@db/hall", "cannot be kept in mysql"),
        ("postgresql://hall:secret@db:port/hall", "cannot be read"),
    ],
)
def test_a_url_that_cannot_be_served_is_refused_without_repeating_its_password(
    url: str, why: str
) -> None:
    with pytest.raises(JournalError, match=why) as raised:
        Journal.open(url)
    assert "secret" not in str(raised.value)


APPENDER = """
import sys
from hallserver.protocol.commands import ReserveTicket
from hallserver.protocol.ids import ServiceId
from tests.helpers.servers import Hosted, inbound, open_journal
from tests.helpers.halls import small_plan

url, round = sys.argv[1], int(sys.argv[2])
with open_journal(url) as journal:
    hosted = Hosted(journal, small_plan(width=5), epoch=round)
    print("ready", flush=True)
    for number in range(1_000_000):
        batch = [
            inbound("kiosk-01", f"command-{round}-{number}-{of}", ReserveTicket(ServiceId("a")))
            for of in range(3)
        ]
        hosted.writer.process(batch)
        keys = [(each.client, each.message.id) for each in batch]
        for reply in journal.find_replies(keys).values():
            print(reply.number, flush=True)
"""


def test_a_server_that_is_killed_in_the_middle_loses_nothing_that_it_said(
    journal_url: str,
) -> None:
    said: list[str] = []
    for round_number in range(1, 6):
        process = subprocess.Popen(
            [sys.executable, "-c", APPENDER, journal_url, str(round_number)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        with process.stdout as lines:
            assert lines.readline() == "ready\n"
            said += [lines.readline().strip() for _ in range(30 * round_number)]
            process.kill()
            said += [left.strip() for left in lines if left.endswith("\n")]
        process.wait()
    with open_journal(journal_url) as journal:
        written = [
            r.event.number for r in journal.open_day() if isinstance(r.event, ev.TicketReserved)
        ]
        hosted = Hosted(journal)
    assert len(said) >= 450
    assert len(set(said)) == len(said)
    assert set(said) <= set(written)
    assert len(set(written)) == len(written)
    assert set(hosted.hall.state.tickets) == {f"20261123-{number}" for number in written}
    assert rows(journal_url, "SELECT count(*) FROM visit") == [(len(written),)]
    assert rows(journal_url, "SELECT count(*) FROM reply") == [(len(written),)]

"""The journal on a real SQLite file: what it promises to whoever appends."""

import contextlib
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from hallserver.domain import events as ev
from hallserver.domain.instant import Now
from hallserver.domain.invariant import InvariantError
from hallserver.journal import JournalError, projections, sqlite_url
from hallserver.journal.prepared import FindReplies
from hallserver.journal.schema import alembic_config, is_current, migrate
from hallserver.journal.sqlite import open_engine
from hallserver.journal.tables import metadata
from hallserver.protocol import commands as c
from hallserver.protocol.ids import (
    BusinessDay,
    ClerkId,
    ClientId,
    CommandId,
    ServiceId,
    TicketId,
)
from hallserver.protocol.replies import Done
from hallserver.writer import Answered
from tests.helpers.halls import MORNING_MS, PASSWORD
from tests.helpers.journals import DAY, KIOSK, answered, line, reserved, rows
from tests.helpers.servers import Clock, Hosted, inbound, open_journal


def test_what_was_appended_is_there_after_reopening(tmp_path: Path) -> None:
    lines = [line(1, ev.DayOpened(DAY)), reserved(2, 1), reserved(3, 2)]
    with open_journal(tmp_path) as journal:
        journal.append(lines, [answered(2), answered(3)])
    with open_journal(tmp_path) as journal:
        assert journal.last_seq == 3
        assert list(journal.open_day()) == lines
        keys = [(KIOSK, CommandId(f"command-{seq}")) for seq in (2, 3, 4)]
        assert journal.find_replies(keys) == {keys[0]: Done(), keys[1]: Done()}
        assert journal.find_replies([]) == {}


def test_the_answers_of_many_commands_are_found_at_once_and_none_of_another_client(
    tmp_path: Path,
) -> None:
    with open_journal(tmp_path) as journal:
        journal.append([line(1, ev.DayOpened(DAY))], [answered(seq) for seq in range(2, 202)])
        ours = [(KIOSK, CommandId(f"command-{seq}")) for seq in range(2, 202)]
        others = [(ClientId("kiosk-02"), command) for _, command in ours[:56]]
        assert set(journal.find_replies(ours + others)) == set(ours)


@pytest.mark.parametrize("size", [1, 2, 16, 256])
def test_looking_for_answers_never_reads_the_whole_table(tmp_path: Path, size: int) -> None:
    open_journal(tmp_path).close()
    with open_engine(make_url(sqlite_url(tmp_path))).connect() as connection:
        question = FindReplies(connection).of_size(size).text
    plan = rows(tmp_path, f"EXPLAIN QUERY PLAN {question}", ["x"] * size * 2)
    assert [row for row in plan if "SCAN reply" in str(row)] == []
    assert [row for row in plan if "SEARCH reply" in str(row)] != []


BAD_LAST_LINES = {
    "an answer that was given before": ([reserved(4, 3)], [answered(3)]),
    "a ticket that exists": ([reserved(4, 2)], [answered(4)]),
    "a rating of no ticket": (
        [
            reserved(4, 3),
            line(
                5,
                ev.ServiceRated(
                    ticket=TicketId("20261123-Z001"),
                    service=ServiceId("a"),
                    counter=1,
                    clerk="clerk-1",
                    stars=5,
                    tags=(),
                    channel=ev.RatingChannel.PAD,
                ),
            ),
        ],
        [answered(4)],
    ),
}


@pytest.mark.parametrize(("events", "answers"), BAD_LAST_LINES.values(), ids=BAD_LAST_LINES.keys())
def test_a_batch_that_fails_leaves_nothing(
    tmp_path: Path, events: list[ev.Recorded], answers: list[Answered]
) -> None:
    with open_journal(tmp_path) as journal:
        journal.append(
            [line(1, ev.DayOpened(DAY)), reserved(2, 1), reserved(3, 2)],
            [answered(2), answered(3)],
        )
        with pytest.raises(JournalError):
            journal.append(events, answers)
        assert journal.last_seq == 3
        journal.append([reserved(4, 9)], [answered(9)])
    assert rows(tmp_path, "SELECT seq FROM event ORDER BY seq") == [(1,), (2,), (3,), (4,)]
    assert rows(tmp_path, "SELECT number FROM visit ORDER BY 1") == [
        ("A001",),
        ("A002",),
        ("A009",),
    ]
    assert rows(tmp_path, "SELECT count(*) FROM reply") == [(3,)]
    assert rows(tmp_path, "SELECT count(*) FROM rating") == [(0,)]


def test_a_change_of_a_ticket_that_is_not_there_is_a_bug_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    printed = ev.TicketPrinted(TicketId("20261123-Z001"), is_by_showing=False)
    with open_journal(tmp_path) as journal:
        with pytest.raises(InvariantError):
            journal.append([line(1, ev.DayOpened(DAY)), line(2, printed)], [])
        assert journal.last_seq == 0
    assert rows(tmp_path, "SELECT count(*) FROM event") == [(0,)]


@pytest.mark.parametrize("seq", [1, 3])
def test_a_gap_or_a_repetition_in_the_numbering_is_a_bug(tmp_path: Path, seq: int) -> None:
    with open_journal(tmp_path) as journal:
        journal.append([line(1, ev.DayOpened(DAY))], [])
        with pytest.raises(InvariantError):
            journal.append([reserved(seq, 1)], [])
        assert journal.last_seq == 1


def test_the_open_day_begins_with_its_last_opening(tmp_path: Path) -> None:
    later = BusinessDay("20261124")
    with open_journal(tmp_path) as journal:
        assert list(journal.open_day()) == []
        journal.append(
            [
                line(1, ev.DayOpened(DAY)),
                reserved(2, 1),
                line(3, ev.TicketExpired(TicketId("20261123-A001"))),
                line(4, ev.DayClosed(DAY)),
                line(5, ev.DayOpened(later)),
            ],
            [],
        )
        assert [recorded.seq for recorded in journal.open_day()] == [5]
    assert rows(tmp_path, "SELECT * FROM business_day ORDER BY 1") == [
        ("20261123", 1, MORNING_MS + 1, 4, MORNING_MS + 4),
        ("20261124", 5, MORNING_MS + 5, None, None),
    ]


def test_every_start_is_counted_and_the_clock_goes_on_from_the_last_moment(
    tmp_path: Path,
) -> None:
    with open_journal(tmp_path) as journal:
        assert journal.last_clock is None
        assert journal.begin_epoch(Now(1_000, 0)) == 1
        assert journal.last_clock == Now(1_000, 0)
        journal.append([line(1, ev.DayOpened(DAY)), reserved(2, 1)], [])
        assert journal.last_clock == Now(MORNING_MS + 2, 2)
    with open_journal(tmp_path) as journal:
        assert journal.begin_epoch(Now(2_000, 7)) == 2
        assert journal.last_clock == Now(2_000, 7)


def test_a_served_ticket_is_a_row_with_its_durations(tmp_path: Path) -> None:
    """Waiting is printed to called, the way called to arrived, serving arrived to completed."""
    clock = Clock()
    with open_journal(tmp_path) as journal:
        hosted = Hosted(journal, clock=clock)
        ticket = TicketId(f"{hosted.hall.day}-A001")
        steps = [
            ("kiosk-01", c.ReserveTicket(ServiceId("a"))),
            ("kiosk-01", c.ConfirmPrinted(ticket)),
            ("counter-1", c.SignIn(ClerkId("clerk-1"), PASSWORD)),
            ("counter-1", c.CallNext()),
            ("counter-1", c.Recall(ticket)),
            ("counter-1", c.Arrive(ticket)),
            ("counter-1", c.Complete(ticket)),
            ("pad-1", c.RateAtCounter(ticket, 4, ("快",))),
        ]
        for number, (client, command) in enumerate(steps):
            clock.pass_ms(10**number)
            hosted.writer.process([inbound(client, f"command-{number}", command)])
    [row] = rows(
        tmp_path,
        "SELECT state, kiosk, counter, clerk, recalls, waiting_ms, way_ms, serving_ms, "
        "issued_ms, printed_wall_ms FROM visit",
    )
    assert row == (
        *("completed", "kiosk-01", 1, "clerk-1", 1),
        *(100 + 1_000, 10_000 + 100_000, 1_000_000),
        *(1, MORNING_MS + 11),
    )
    assert rows(tmp_path, "SELECT ticket, stars, tags, channel, counter, clerk FROM rating") == [
        (ticket, 4, '["快"]', "pad", 1, "clerk-1")
    ]


def test_the_changes_of_one_ticket_within_a_batch_are_written_in_their_order(
    tmp_path: Path,
) -> None:
    """Called, released because its counter closed, and called again: it ends as called."""
    ticket = TicketId("20261123-A001")
    sign_in = c.SignIn(ClerkId("clerk-1"), PASSWORD)
    commands = [
        ("kiosk-01", c.ReserveTicket(ServiceId("a"))),
        ("kiosk-01", c.ConfirmPrinted(ticket)),
        ("counter-1", sign_in),
        ("counter-1", c.CallNext()),
        ("counter-1", c.Recall(ticket)),
        ("counter-1", c.SignOut()),
        ("counter-1", sign_in),
        ("counter-1", c.CallNext()),
    ]
    batch = [inbound(client, f"command-{n}", asked) for n, (client, asked) in enumerate(commands)]
    with open_journal(tmp_path) as journal:
        Hosted(journal).writer.process(batch)
    query = "SELECT state, counter, clerk, recalls, waiting_ms FROM visit"
    assert rows(tmp_path, query) == [("called", 1, "clerk-1", 0, 0)]


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


def test_the_migrations_make_exactly_the_tables_of_the_software(tmp_path: Path) -> None:
    with open_engine(make_url(sqlite_url(tmp_path))).begin() as connection:
        migrate(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert is_current(connection)
        steps = ScriptDirectory.from_config(alembic_config(connection))
        assert context.get_current_revision() == steps.get_current_head()
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
        assert not is_current(connection)


def test_all_tables_and_statements_can_be_said_in_postgresql() -> None:
    dialect = postgresql.dialect()
    for table in metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert "CREATE INDEX" in str(CreateIndex(index).compile(dialect=dialect))
    for statement in projections.STATEMENTS:
        assert str(statement.compile(dialect=dialect))


def test_every_event_has_its_projection() -> None:
    for kind in ev.Event.__args__:
        assert kind in projections._PROJECT

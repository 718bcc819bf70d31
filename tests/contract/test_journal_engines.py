"""The journal in a real database, on each engine: what it promises to whoever appends."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from hallserver.domain import events as ev
from hallserver.domain.instant import Now
from hallserver.domain.invariant import InvariantError
from hallserver.journal import JournalError, projections
from hallserver.journal.schema import alembic_config, is_current, migrate
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
from tests.helpers.journals import DAY, KIOSK, answered, engine_of, line, reserved, rows
from tests.helpers.servers import Clock, Hosted, inbound, open_journal


def test_what_was_appended_is_there_after_reopening(journal_url: str) -> None:
    lines = [line(1, ev.DayOpened(DAY)), reserved(2, 1), reserved(3, 2)]
    with open_journal(journal_url) as journal:
        journal.append(lines, [answered(2), answered(3)])
    with open_journal(journal_url) as journal:
        assert journal.last_seq == 3
        assert list(journal.open_day()) == lines
        keys = [(KIOSK, CommandId(f"command-{seq}")) for seq in (2, 3, 4)]
        assert journal.find_replies(keys) == {keys[0]: Done(), keys[1]: Done()}
        assert journal.find_replies([]) == {}


def test_the_answers_of_many_commands_are_found_at_once_and_none_of_another_client(
    journal_url: str,
) -> None:
    with open_journal(journal_url) as journal:
        journal.append([line(1, ev.DayOpened(DAY))], [answered(seq) for seq in range(2, 202)])
        ours = [(KIOSK, CommandId(f"command-{seq}")) for seq in range(2, 202)]
        others = [(ClientId("kiosk-02"), command) for _, command in ours[:56]]
        assert set(journal.find_replies(ours + others)) == set(ours)


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
    journal_url: str, events: list[ev.Recorded], answers: list[Answered]
) -> None:
    with open_journal(journal_url) as journal:
        journal.append(
            [line(1, ev.DayOpened(DAY)), reserved(2, 1), reserved(3, 2)],
            [answered(2), answered(3)],
        )
        with pytest.raises(JournalError):
            journal.append(events, answers)
        assert journal.last_seq == 3
        journal.append([reserved(4, 9)], [answered(9)])
    assert rows(journal_url, "SELECT seq FROM event ORDER BY seq") == [(1,), (2,), (3,), (4,)]
    assert rows(journal_url, "SELECT number FROM visit ORDER BY 1") == [
        ("A001",),
        ("A002",),
        ("A009",),
    ]
    assert rows(journal_url, "SELECT count(*) FROM reply") == [(3,)]
    assert rows(journal_url, "SELECT count(*) FROM rating") == [(0,)]


def test_a_change_of_a_ticket_that_is_not_there_is_a_bug_and_leaves_nothing(
    journal_url: str,
) -> None:
    printed = ev.TicketPrinted(TicketId("20261123-Z001"), is_by_showing=False)
    with open_journal(journal_url) as journal:
        with pytest.raises(InvariantError):
            journal.append([line(1, ev.DayOpened(DAY)), line(2, printed)], [])
        assert journal.last_seq == 0
    assert rows(journal_url, "SELECT count(*) FROM event") == [(0,)]


@pytest.mark.parametrize("seq", [1, 3])
def test_a_gap_or_a_repetition_in_the_numbering_is_a_bug(journal_url: str, seq: int) -> None:
    with open_journal(journal_url) as journal:
        journal.append([line(1, ev.DayOpened(DAY))], [])
        with pytest.raises(InvariantError):
            journal.append([reserved(seq, 1)], [])
        assert journal.last_seq == 1


def test_the_open_day_begins_with_its_last_opening(journal_url: str) -> None:
    later = BusinessDay("20261124")
    with open_journal(journal_url) as journal:
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
    assert rows(journal_url, "SELECT * FROM business_day ORDER BY 1") == [
        ("20261123", 1, MORNING_MS + 1, 4, MORNING_MS + 4),
        ("20261124", 5, MORNING_MS + 5, None, None),
    ]


def test_every_start_is_counted_and_the_clock_goes_on_from_the_last_moment(
    journal_url: str,
) -> None:
    with open_journal(journal_url) as journal:
        assert journal.last_clock is None
        assert journal.begin_epoch(Now(1_000, 0)) == 1
        assert journal.last_clock == Now(1_000, 0)
        journal.append([line(1, ev.DayOpened(DAY)), reserved(2, 1)], [])
        assert journal.last_clock == Now(MORNING_MS + 2, 2)
    with open_journal(journal_url) as journal:
        assert journal.begin_epoch(Now(2_000, 7)) == 2
        assert journal.last_clock == Now(2_000, 7)


def test_a_served_ticket_is_a_row_with_its_durations(journal_url: str) -> None:
    """Waiting is printed to called, the way called to arrived, serving arrived to completed."""
    clock = Clock()
    with open_journal(journal_url) as journal:
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
        journal_url,
        "SELECT state, kiosk, counter, clerk, recalls, waiting_ms, way_ms, serving_ms, "
        "issued_ms, printed_wall_ms FROM visit",
    )
    assert row == (
        *("completed", "kiosk-01", 1, "clerk-1", 1),
        *(100 + 1_000, 10_000 + 100_000, 1_000_000),
        *(1, MORNING_MS + 11),
    )
    assert rows(journal_url, "SELECT ticket, stars, tags, channel, counter, clerk FROM rating") == [
        (ticket, 4, '["快"]', "pad", 1, "clerk-1")
    ]


def test_the_changes_of_one_ticket_within_a_batch_are_written_in_their_order(
    journal_url: str,
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
    with open_journal(journal_url) as journal:
        Hosted(journal).writer.process(batch)
    query = "SELECT state, counter, clerk, recalls, waiting_ms FROM visit"
    assert rows(journal_url, query) == [("called", 1, "clerk-1", 0, 0)]


def test_the_migrations_make_exactly_the_tables_of_the_software(empty_journal_url: str) -> None:
    with engine_of(empty_journal_url).begin() as connection:
        assert not is_current(connection)
        migrate(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert is_current(connection)
        steps = ScriptDirectory.from_config(alembic_config(connection))
        assert context.get_current_revision() == steps.get_current_head()
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
        assert not is_current(connection)


def test_every_event_has_its_projection() -> None:
    for kind in ev.Event.__args__:
        assert kind in projections._PROJECT

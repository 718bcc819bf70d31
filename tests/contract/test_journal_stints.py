"""The table of stints in a real database: every figure of every step can be told from it."""

from dataclasses import replace

import pytest
from alembic import command
from sqlalchemy import text

from hallserver.domain import events as ev
from hallserver.domain.invariant import InvariantError
from hallserver.journal.schema import alembic_config, migrate
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClerkId, CounterId, ServiceId, TicketId, TicketNumber
from tests.helpers.desks import BACK_OFFICE, COUNTERS, OPENING, desks_plan
from tests.helpers.halls import DAY_MS, PASSWORD
from tests.helpers.journals import DAY, engine_of, line, reserved, rows
from tests.helpers.servers import Clock, Hosted, codes, inbound, open_journal

A, B, C = ServiceId("a"), ServiceId("b"), ServiceId("c")
TICKET = TicketId("20261123-A001")
SECOND_MS = 1_000


class Server(Hosted):
    """A hall on a real database. Each thing that is asked comes ten seconds after the last one."""

    asked = 0

    def ask(self, client: str | int, *commands: c.Command, after_s: int = 10) -> None:
        sender = f"counter-{client}" if isinstance(client, int) else client
        for each in commands:
            self.asked += 1
            self.clock.pass_ms(after_s * SECOND_MS)
            outbound = self.writer.process([inbound(sender, f"command-{self.asked:04}", each)])
            assert codes(outbound) == []


@pytest.fixture
def server(journal_url: str) -> Server:
    with open_journal(journal_url) as journal:
        server = Server(journal, desks_plan(), Clock())
        for number, (counter, _) in enumerate(COUNTERS, 1):
            server.ask(counter, c.SignIn(ClerkId(f"clerk-{number}"), PASSWORD))
        yield server


def take(server: Server, *, has_item: bool = False) -> None:
    item = OPENING if has_item else None
    server.ask("kiosk-01", c.ReserveTicket(A, item=item), c.ConfirmPrinted(TICKET))


def stints(where: str, columns: str) -> list[tuple[object, ...]]:
    return rows(where, f"SELECT {columns} FROM stint ORDER BY began_seq")


def visit(where: str, columns: str) -> tuple[object, ...]:
    [row] = rows(where, f"SELECT {columns} FROM visit")
    return row


DURATIONS = "waiting_ms / 1000, way_ms / 1000, serving_ms / 1000"


def test_each_step_of_an_item_has_its_own_durations(server: Server, journal_url: str) -> None:
    take(server, has_item=True)
    server.ask(1, c.CallNext(), c.Arrive(TICKET), c.Complete(TICKET, (A, B)))
    server.ask(BACK_OFFICE, c.CallNext(), after_s=600)
    server.ask(BACK_OFFICE, c.Complete(TICKET), after_s=3_000)
    server.ask(2, c.CallNext(), c.Arrive(TICKET), c.Complete(TICKET))
    assert stints(journal_url, f"item, step, service, counter, clerk, {DURATIONS}") == [
        ("opening", 0, "a", 1, "clerk-1", 10, 10, 10),
        ("opening", 1, "r", BACK_OFFICE, "clerk-4", 600, 0, 3_000),
        ("opening", 2, "c", 2, "clerk-2", 10, 10, 10),
    ]
    assert stints(journal_url, "ended_as, services") == [
        ("step_completed", '["a","b"]'),
        ("step_completed", '["r"]'),
        ("completed", '["c"]'),
    ]
    assert visit(journal_url, f"state, item, step, service, counter, {DURATIONS}") == (
        *("completed", "opening", 2, "c", 2),
        *(620, 20, 3_020),
    )


def test_a_transfer_that_returns_is_three_stints_and_one_visit(
    server: Server, journal_url: str
) -> None:
    take(server)
    server.ask(1, c.CallNext(), c.Arrive(TICKET), c.Transfer(TICKET, C, CounterId(2), True))
    assert visit(journal_url, "state, service, counter, clerk, called_ms, arrived_ms, recalls") == (
        *("waiting", "c", None, None),
        *(None, None, 0),
    )
    server.ask(2, c.CallNext(), c.Recall(TICKET), c.Arrive(TICKET), c.Complete(TICKET))
    server.ask(1, c.CallNext(), c.Arrive(TICKET), c.Complete(TICKET))
    assert stints(journal_url, f"service, counter, recalls, ended_as, services, {DURATIONS}") == [
        ("a", 1, 0, "transferred", "[]", 10, 10, 10),
        ("c", 2, 1, "returned", '["c"]', 10, 20, 10),
        ("a", 1, 0, "completed", '["a"]', 10, 10, 10),
    ]
    assert visit(journal_url, f"state, service, counter, {DURATIONS}") == (
        *("completed", "a", 1),
        *(30, 40, 30),
    )


def test_the_time_for_which_a_visitor_is_parked_is_no_serving(
    server: Server, journal_url: str
) -> None:
    take(server)
    server.ask(1, c.CallNext(), c.Arrive(TICKET), c.Park(TICKET, 60))
    assert visit(journal_url, "state, serving_ms") == ("parked", 10_000)
    assert stints(journal_url, "serving_from_ms, serving_ms, ended_ms") == [(None, 10_000, None)]
    server.ask(1, c.SignOut())
    server.ask(3, c.Resume(TICKET), after_s=900)
    assert visit(journal_url, "state, counter, clerk") == ("serving", 3, "clerk-3")
    server.ask(3, c.Park(TICKET), c.Resume(TICKET), c.Complete(TICKET))
    assert stints(journal_url, f"counter, clerk, {DURATIONS}") == [(3, "clerk-3", 10, 10, 30)]
    assert visit(journal_url, f"state, {DURATIONS}") == ("completed", 10, 10, 30)


def test_a_call_that_was_taken_back_leaves_no_trace(server: Server, journal_url: str) -> None:
    take(server)
    server.ask(1, c.CallNext(), c.UndoCall(TICKET))
    nothing = (None, None, None, 0, None)
    assert stints(journal_url, "counter, clerk, called_ms, recalls, waiting_ms") == [nothing]
    assert visit(journal_url, "counter, clerk, called_ms, recalls, waiting_ms") == nothing
    server.ask(3, c.CallNext())
    assert stints(journal_url, "counter, waiting_ms") == [(3, 30_000)]
    assert visit(journal_url, "state, counter, waiting_ms") == ("called", 3, 30_000)


def test_who_comes_back_after_a_missed_call_waits_anew(server: Server, journal_url: str) -> None:
    take(server)
    server.ask(1, c.CallNext(), c.MarkNoShow(TICKET))
    server.ask(1, c.Reinstate(TicketNumber("A001")), after_s=500)
    server.ask(1, c.CallNext(), c.Arrive(TICKET), c.Complete(TICKET))
    assert stints(journal_url, f"ended_as, {DURATIONS}") == [
        ("no_show", 10, None, None),
        ("completed", 10, 10, 10),
    ]
    assert visit(journal_url, f"state, {DURATIONS}") == ("completed", 20, 10, 10)


def test_what_the_end_of_the_day_cut_off_counts_as_no_serving(
    server: Server, journal_url: str
) -> None:
    take(server)
    server.ask("kiosk-01", c.ReserveTicket(A))
    server.ask("kiosk-01", c.ReserveTicket(A), c.ConfirmPrinted(TicketId("20261123-A003")))
    server.ask(1, c.CallNext(), c.Arrive(TICKET))
    server.ask(3, c.CallNext(), c.MarkNoShow(TicketId("20261123-A003")))
    server.clock.pass_ms(DAY_MS)
    server.writer.process()
    assert stints(journal_url, "ticket, ended_as, serving_from_ms, serving_ms") == [
        ("20261123-A001", "expired", None, None),
        ("20261123-A003", "no_show", None, None),
    ]
    assert rows(journal_url, "SELECT state, serving_ms FROM visit ORDER BY ticket") == [
        ("expired", None),
        ("expired", None),
        ("expired", None),
    ]


def test_a_stint_belongs_to_a_visit_and_an_event_to_a_stint(journal_url: str) -> None:
    with open_journal(journal_url) as journal:
        journal.append([line(1, ev.DayOpened(DAY)), reserved(2, 1)], [])
        arrived = ev.TicketArrived(TICKET, CounterId(1))  # and never waited
        with pytest.raises(InvariantError):
            journal.append([line(3, arrived)], [])
        assert journal.last_seq == 2


OLD_VISITS = """
INSERT INTO visit (ticket, day, number, service, state, kiosk, counter, clerk, recalls,
  issued_ms, issued_wall_ms, printed_ms, printed_wall_ms, called_ms, called_wall_ms,
  arrived_ms, arrived_wall_ms, completed_ms, completed_wall_ms, waiting_ms, way_ms, serving_ms)
VALUES
  ('d-A001', 'd', 'A001', 'a', 'completed', 'k', 1, 'x', 2,
   1, 101, 2, 102, 5, 105, 9, 109, 14, 114, 3, 4, 5),
  ('d-A002', 'd', 'A002', 'a', 'waiting', 'k', NULL, NULL, 0,
   2, 102, 3, 103, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('d-A003', 'd', 'A003', 'a', 'serving', 'k', 1, 'x', 0,
   3, 103, 4, 104, 6, 106, 8, 108, NULL, NULL, 2, 2, NULL),
  ('d-A004', 'd', 'A004', 'a', 'no_show', 'k', 1, 'x', 0,
   4, 104, 5, 105, 7, 107, NULL, NULL, NULL, NULL, 2, NULL, NULL),
  ('d-A005', 'd', 'A005', 'a', 'voided', 'k', NULL, NULL, 0,
   5, 105, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
"""


def test_the_visits_of_an_older_journal_become_stints(empty_journal_url: str) -> None:
    journal_url = empty_journal_url
    with engine_of(journal_url).begin() as connection:
        command.upgrade(alembic_config(connection), "0002")
        connection.execute(text(OLD_VISITS))
        migrate(connection)
    columns = "ticket, began_seq, service, began_ms, called_ms, ended_ms, ended_as, services"
    assert rows(journal_url, f"SELECT {columns} FROM stint ORDER BY ticket") == [
        ("d-A001", 0, "a", 2, 5, 14, "completed", '["a"]'),
        ("d-A002", 0, "a", 3, None, None, None, None),
        ("d-A003", 0, "a", 4, 6, None, None, None),
        ("d-A004", 0, "a", 5, 7, 7, "no_show", None),
    ]
    assert rows(journal_url, "SELECT ticket, serving_from_ms FROM stint WHERE arrived_ms > 0") == [
        ("d-A001", None),
        ("d-A003", 8),
    ]
    assert rows(journal_url, "SELECT DISTINCT item, step FROM visit") == [(None, 0)]
    with open_journal(journal_url) as journal:  # and they go on in the middle of the day
        completed = ev.TicketCompleted(TicketId("d-A003"), CounterId(1), (A,))
        journal.append([replace(line(1, completed), elapsed_ms=20)], [])
    assert rows(journal_url, "SELECT state, serving_ms FROM visit WHERE ticket = 'd-A003'") == [
        ("completed", 12)
    ]

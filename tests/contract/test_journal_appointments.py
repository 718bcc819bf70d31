"""The table of appointments in a real database: what it says, and what it never says."""

import pytest

from hallserver.domain import events as ev
from hallserver.domain.invariant import InvariantError
from hallserver.protocol import commands as c
from hallserver.protocol.ids import AppointmentId, ServiceId
from hallserver.protocol.replies import Booked, Reply, Reservation
from tests.helpers.bookings import MINUTE_MS, TODAY, TOMORROW, booking_plan, person
from tests.helpers.halls import DAY_MS, MORNING_MS
from tests.helpers.journals import DAY, line, rows
from tests.helpers.servers import Clock, Hosted, inbound, open_journal, replies

STATES = "SELECT id, state, ticket FROM appointment ORDER BY id"


class Server(Hosted):
    """A hall with appointments on a real database, asked one command at a time."""

    asked = 0

    def ask(self, client: str, command: c.Command) -> Reply:
        self.asked += 1
        name = f"command-{self.asked:04}"
        said = replies(self.writer.process([inbound(client, name, command)]))
        return next(reply for _, answered, reply in said if answered == name)

    def book(self, who: int, slot: str = "09:00", day: str = TODAY) -> Booked:
        wish = c.BookAppointment(ServiceId("a"), day, slot, person(who))
        reply = self.ask("gateway-01", wish)
        assert isinstance(reply, Booked)
        return reply

    def check_in(self, who: int) -> Reservation:
        reply = self.ask("kiosk-01", c.CheckIn(person=person(who)))
        assert isinstance(reply, Reservation)
        return reply

    def wait(self, minutes: int) -> None:
        self.clock.pass_ms(minutes * MINUTE_MS)
        self.writer.process()


def test_each_appointment_is_one_row_that_says_how_it_stands(journal_url: str) -> None:
    with open_journal(journal_url) as journal:
        server = Server(journal, booking_plan())
        server.book(1), server.book(2)
        server.book(3, "09:30"), server.book(4, "09:30")
        cancelled = server.book(5, "10:00")
        server.ask("gateway-01", c.CancelAppointment(cancelled.appointment))
        server.wait(60)
        in_time = server.check_in(1)
        server.ask("kiosk-01", c.ConfirmPrinted(in_time.ticket))
        server.wait(90)
        late = server.check_in(2)
        assert rows(journal_url, STATES) == [
            ("20261123-0001", "checked_in", in_time.ticket),
            ("20261123-0002", "late", late.ticket),
            ("20261123-0003", "missed", None),
            ("20261123-0004", "missed", None),
            ("20261123-0005", "cancelled", None),
        ]
        [first, second] = rows(
            journal_url,
            "SELECT day, slot, service, booked_by, booked_wall_ms, from_wall_ms, until_wall_ms, "
            "checked_in_wall_ms, missed_wall_ms FROM appointment ORDER BY id LIMIT 2",
        )
    nine_ms = MORNING_MS + 60 * MINUTE_MS
    booked = (TODAY, "09:00", "a", "gateway-01", MORNING_MS, nine_ms, nine_ms + 30 * MINUTE_MS)
    assert first == (*booked, nine_ms, None)
    # Missed first, and come after all: both are known.
    assert second == (*booked, nine_ms + 90 * MINUTE_MS, nine_ms + 90 * MINUTE_MS)


def test_no_shows_are_counted_by_day_and_service(journal_url: str) -> None:
    with open_journal(journal_url) as journal:
        server = Server(journal, booking_plan())
        server.book(1), server.book(2)
        server.wait(60)
        server.check_in(1)
        server.wait(45)
    counted = rows(
        journal_url,
        "SELECT day, service, count(*), count(missed_wall_ms), "
        "count(*) FILTER (WHERE state = 'missed') FROM appointment GROUP BY day, service",
    )
    assert counted == [(TODAY, "a", 2, 1, 1)]


def test_a_number_that_was_not_printed_leaves_the_row_open(journal_url: str) -> None:
    with open_journal(journal_url) as journal:
        server = Server(journal, booking_plan())
        server.book(1)
        server.wait(60)
        given = server.check_in(1)
        server.ask("kiosk-01", c.VoidTicket(given.ticket, c.VoidReason.NOT_PRINTED))
        assert rows(journal_url, STATES) == [("20261123-0001", "booked", None)]
        again = server.check_in(1)
        assert rows(journal_url, STATES) == [("20261123-0001", "checked_in", again.ticket)]


def test_a_server_started_anew_knows_todays_and_later_appointments(journal_url: str) -> None:
    clock = Clock()
    with open_journal(journal_url) as journal:
        server = Server(journal, booking_plan(), clock)
        server.book(1)
        tomorrow = server.book(2, day=TOMORROW)
    with open_journal(journal_url) as journal:
        server = Server(journal, booking_plan(), clock)
        server.asked = 100
        server.wait(60)
        server.check_in(1)
        clock.pass_ms(DAY_MS)
        server.writer.process()
    with open_journal(journal_url) as journal:  # reads from the new day's opening on
        server = Server(journal, booking_plan(), clock)
        server.asked = 200
        given = server.check_in(2)
        assert rows(journal_url, STATES)[1] == (tomorrow.appointment, "checked_in", given.ticket)
        assert server.book(3, "14:00", TOMORROW).appointment == "20261124-0002"


def test_a_change_of_an_appointment_that_is_not_there_is_a_bug(journal_url: str) -> None:
    missed = ev.AppointmentMissed(AppointmentId("20261123-0099"))
    with open_journal(journal_url) as journal:
        with pytest.raises(InvariantError):
            journal.append([line(1, ev.DayOpened(DAY)), line(2, missed)], [])
        assert journal.last_seq == 0


def test_the_table_does_not_say_whose_an_appointment_is(journal_url: str) -> None:
    with open_journal(journal_url) as journal:
        server = Server(journal, booking_plan())
        server.book(7)
        server.wait(60)
        server.check_in(7)
    assert person(7) not in str(rows(journal_url, "SELECT * FROM appointment"))

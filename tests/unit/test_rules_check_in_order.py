"""Checked in in time or late, once more after a printer failed: when each is called."""

from dataclasses import replace

import pytest

from hallserver.domain import events as ev
from hallserver.domain.acts.number import SUPERSEDE_AFTER_MS
from hallserver.domain.appointments import Booking
from hallserver.domain.plan import HallPlan
from hallserver.domain.policy import CallReason
from hallserver.domain.rules import ServiceRules
from hallserver.hall import Hall
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, ServiceId
from hallserver.protocol.replies import Reservation
from hallserver.protocol.states import TicketState
from tests.helpers.bookings import TOMORROW, Bookings, booking_plan, person
from tests.helpers.halls import DAY_MS, KEY, PASSWORD, check_password

# In time and late.


def test_who_is_in_time_is_called_by_the_slot_and_who_is_late_at_the_end() -> None:
    hall = Bookings()
    hall.book(1, "09:00"), hall.book(2, "09:30"), hall.book(3, "09:30")
    hall.at("09:29")
    first = hall.walk_in()
    third = hall.printed(hall.check_in(3))
    second = hall.printed(hall.check_in(2))
    hall.at("09:45")
    late = hall.printed(hall.check_in(1))
    last = hall.walk_in()
    assert [third.people_ahead, second.people_ahead, late.people_ahead] == [0, 1, 3]
    assert hall.served(5) == [x.number for x in (third, second, first, late, last)]
    reasons = [event.reason for event in hall.said(ev.TicketCalled)]
    assert reasons[:3] == [CallReason.APPOINTMENT] * 2 + [CallReason.FIRST_COME]


def test_before_the_slot_begins_walk_ins_go_first_and_nobody_at_all_is_kept_waiting() -> None:
    hall = Bookings()
    hall.book(1, "09:30"), hall.book(2, "09:30")
    hall.at("09:20")
    booked = hall.printed(hall.check_in(1))
    walk_in = hall.walk_in()
    assert hall.served(2) == [walk_in.number, booked.number]


def test_the_earlier_slot_is_called_first_whoever_came_first() -> None:
    hall = Bookings()
    hall.book(1, "10:00"), hall.book(2, "09:30")
    hall.at("09:46")
    early = hall.printed(hall.check_in(1))
    hall.at("09:50")
    due = hall.printed(hall.check_in(2))
    hall.at("10:00")
    assert hall.served(2) == [due.number, early.number]


def test_who_is_just_in_time_and_who_is_just_late() -> None:
    hall = Bookings()
    first, second = hall.book(1, "09:00"), hall.book(2, "09:00")
    hall.at("09:44")
    hall.check_in(1)
    hall.at("09:45")
    hall.check_in(2)
    assert hall.known(first).state is Booking.CHECKED_IN
    assert hall.known(second).state is Booking.LATE
    assert hall.said(ev.AppointmentMissed) == [ev.AppointmentMissed(second.appointment)]


def test_who_is_late_but_not_said_to_be_is_late_all_the_same() -> None:
    """The clock's word may come a moment later than the person."""
    hall = Bookings()
    booked = hall.book(1, "09:00")
    hall.pass_time(105 * 60_000)
    hall.check_in(1)
    hall.tick()
    assert hall.known(booked).state is Booking.LATE
    assert hall.said(ev.AppointmentMissed) == []


def test_who_is_late_and_comes_after_hours_is_told_when_to_come() -> None:
    hall = Bookings()
    hall.book(1, "16:30")
    hall.at("17:14")
    hall.check_in(1)  # as was promised, a little after hours
    hall.book(2, "14:00", day=TOMORROW), hall.book(3, "14:00", day=TOMORROW)
    hall.at("14:00")
    hall.at("17:00")
    refused = hall.refusal("kiosk-01", hall.checking_in(2))
    assert refused.code is RejectionCode.CLOSED_NOW
    assert "11月25日" in refused.text.zh
    walk_in = c.ReserveTicket(ServiceId("a"), person(3))
    assert hall.refused("kiosk-01", walk_in) is RejectionCode.CLOSED_NOW


def test_who_is_late_in_a_break_gets_a_number_for_after_it() -> None:
    hall = Bookings()
    booked = hall.book(1, "09:00")
    hall.at("13:00")
    hall.check_in(1)
    assert hall.known(booked).state is Booking.LATE


def test_who_was_late_takes_a_number_of_the_night_like_everybody_else() -> None:
    plan = booking_plan()
    rules = replace(plan.services[0].rules, has_night_tickets=True)
    hall = Bookings(
        replace(plan, services=(replace(plan.services[0], rules=rules), *plan.services[1:]))
    )
    booked = hall.book(1, "16:30")
    hall.at("20:00")
    given = hall.answer(Reservation, "kiosk-01", c.ReserveTicket(ServiceId("a"), person(1)))
    assert given.day == TOMORROW
    assert hall.known(booked).state is Booking.MISSED


def test_a_wall_clock_that_jumps_after_the_check_in_changes_nobodys_order() -> None:
    hall = Bookings()
    hall.book(1, "09:30")
    hall.at("09:20")
    hall.printed(hall.check_in(1))
    hall.now = replace(hall.now, wall_ms=hall.now.wall_ms - 4_000_000)
    walk_in_first = hall.hall.state.lines
    assert walk_in_first.length(ServiceId("a")) == 1
    [checked_in] = hall.said(ev.AppointmentCheckedIn)
    hall.now = replace(hall.now, elapsed_ms=checked_in.due_ms)
    hall.send("counter-1", c.SignIn(ClerkId("clerk-1"), PASSWORD))
    hall.send("counter-1", c.CallNext())
    assert hall.said(ev.TicketCalled)[-1].reason is CallReason.APPOINTMENT


# The paper that did not come.


def test_a_number_that_was_not_printed_leaves_the_appointment_open_with_its_claim() -> None:
    hall = Bookings()
    booked = hall.book()
    hall.at("09:40")
    first = hall.check_in()
    hall.void(first)
    assert hall.known(booked).is_open
    hall.at("11:00")  # far too late for a first check-in
    second = hall.check_in(kiosk="kiosk-02")
    assert second.number != first.number
    one, other = hall.said(ev.AppointmentCheckedIn)
    assert (one.due_ms, one.place) == (other.due_ms, other.place)
    assert hall.known(booked).state is Booking.CHECKED_IN
    assert hall.said(ev.AppointmentMissed) == []


def test_the_place_of_a_late_one_is_kept_over_a_printer_that_failed() -> None:
    hall = Bookings()
    hall.book(1, "09:00")
    hall.at("10:00")
    hall.void(hall.check_in())
    walk_in = hall.walk_in()
    again = hall.printed(hall.check_in(kiosk="kiosk-02"), "kiosk-02")
    assert hall.served(2) == [again.number, walk_in.number]


@pytest.mark.parametrize("by_card", [True, False])
def test_a_number_that_its_kiosk_never_spoke_of_again_gives_way(by_card: bool) -> None:
    hall = Bookings()
    booked = hall.book()
    hall.at("09:30")
    first = hall.check_in()
    assert hall.refused("kiosk-02", hall.checking_in()) is RejectionCode.ALREADY_CHECKED_IN
    hall.pass_time(SUPERSEDE_AFTER_MS)
    wish = hall.checking_in() if by_card else c.ReserveTicket(ServiceId("a"), person(1))
    second = hall.answer(Reservation, "kiosk-02", wish)
    assert hall.hall.state.tickets[first.ticket].state is TicketState.VOIDED
    assert hall.known(booked).ticket == second.ticket
    assert [event.ticket for event in hall.said(ev.AppointmentReopened)] == [first.ticket]
    # What is said of the first one now changes nothing more.
    hall.void(first)
    assert hall.known(booked).ticket == second.ticket


def test_a_walk_in_that_was_not_printed_reopens_nothing() -> None:
    hall = Bookings()
    hall.at("09:30")
    given = hall.answer(Reservation, "kiosk-01", c.ReserveTicket(ServiceId("a")))
    hall.void(given)
    assert hall.said(ev.AppointmentReopened) == []


def restarted(hall: Bookings, plan: HallPlan) -> None:
    """Start the server anew with another hall file, on what the open day has in its journal."""
    opened = max(n for n, line in enumerate(hall.journal) if isinstance(line.event, ev.DayOpened))
    hall.hall = Hall(plan, KEY, check_password)
    for line in hall.journal[opened:]:
        hall.hall.apply(line)


def test_a_service_that_the_hall_no_longer_has_is_said_to_be_unknown() -> None:
    """The hall file was changed over night; the appointment was carried over."""
    hall = Bookings()
    booked = hall.book(1, day=TOMORROW)
    hall.pass_time(DAY_MS)
    hall.tick()
    services = tuple(service for service in hall.plan.services if service.id != "a")
    counters = tuple(
        replace(counter, services=tuple(each for each in counter.services if each != "a"))
        for counter in hall.plan.counters
    )
    restarted(hall, replace(hall.plan, services=services, counters=counters))
    by_code = c.CheckIn(token=booked.token)
    assert hall.refused("kiosk-01", by_code) is RejectionCode.UNKNOWN_SERVICE


def test_a_service_that_takes_appointments_no_longer_keeps_those_that_it_has() -> None:
    hall = Bookings()
    hall.book(1, day=TOMORROW)
    hall.pass_time(DAY_MS)
    hall.tick()
    plain = tuple(
        replace(each, rules=ServiceRules(schedule=each.rules.schedule))
        for each in hall.plan.services
    )
    restarted(hall, replace(hall.plan, services=plain))
    hall.at("09:30")
    hall.check_in(1)
    assert hall.refused("gateway-01", hall.wish(2)) is RejectionCode.NOT_BOOKABLE

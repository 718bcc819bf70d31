"""Checking in: a number without queuing twice, in time or late, and the merge with walk-ins."""

from dataclasses import replace

import pytest

from hallserver.domain import events as ev
from hallserver.domain.appointments import Booking
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.ids import AppointmentToken, ClerkId, ServiceId
from hallserver.protocol.replies import Done, Reservation
from tests.helpers.bookings import TOMORROW, Bookings, booking_plan, person
from tests.helpers.halls import DAY_MS, PASSWORD


def test_a_card_turns_an_appointment_into_a_number() -> None:
    hall = Bookings()
    booked = hall.book()
    hall.at("09:20")
    given = hall.check_in()
    assert (given.number, given.service, given.people_ahead) == ("A001", "a", 0)
    assert hall.known(booked).state is Booking.CHECKED_IN
    assert hall.known(booked).ticket == given.ticket
    hall.printed(given)
    hall.at("09:30")
    assert hall.served(1) == ["A001"]


def test_its_code_does_the_same() -> None:
    hall = Bookings()
    token = hall.book().token
    hall.at("09:30")
    given = hall.answer(Reservation, "kiosk-01", c.CheckIn(token=token))
    assert given.ticket == "20261123-A001"


def test_a_guide_checks_in_too_and_the_paper_is_the_guides() -> None:
    hall = Bookings()
    hall.book()
    hall.send("guide-01", c.SignIn(ClerkId("clerk-1"), PASSWORD))
    hall.at("09:30")
    given = hall.check_in(kiosk="guide-01")
    assert hall.hall.state.tickets[given.ticket].kiosk == "guide-01"


@pytest.mark.parametrize("command", [c.CheckIn(), c.CheckIn(AppointmentToken("x"), person(1))])
def test_a_check_in_is_by_code_or_by_card_and_not_by_both(command: c.CheckIn) -> None:
    assert Bookings().refused("kiosk-01", command) is RejectionCode.MALFORMED


def test_who_comes_too_early_is_told_from_when_on() -> None:
    hall = Bookings()
    hall.book(1, "14:00")
    hall.at("13:44")
    refused = hall.refusal("kiosk-01", hall.checking_in())
    assert refused.code is RejectionCode.APPOINTMENT_TOO_EARLY
    assert "14:00" in refused.text.zh
    assert "13:45" in refused.text.en
    hall.at("13:45")
    hall.check_in()


def test_who_comes_on_another_day_is_told_on_which() -> None:
    hall = Bookings()
    tomorrow = hall.book(1, "14:00", day=TOMORROW)
    for command in (hall.checking_in(), c.CheckIn(token=tomorrow.token)):
        refused = hall.refusal("kiosk-01", command)
        assert refused.code is RejectionCode.APPOINTMENT_OTHER_DAY
        assert "11月24日14:00" in refused.text.zh
        assert "2026-11-24 at 14:00" in refused.text.en


def test_a_code_of_a_day_that_is_over_says_which_day_it_was() -> None:
    hall = Bookings()
    token = hall.book().token
    hall.pass_time(DAY_MS)
    hall.tick()
    refused = hall.refusal("kiosk-01", c.CheckIn(token=token))
    assert refused.code is RejectionCode.APPOINTMENT_OTHER_DAY
    assert "11月23日" in refused.text.zh


def test_a_code_that_is_forged_or_cancelled_is_no_appointment() -> None:
    hall = Bookings()
    booked = hall.book()
    forged = AppointmentToken(f"{booked.token[:-1]}{'A' if booked.token[-1] != 'A' else 'B'}")
    assert hall.refused("kiosk-01", c.CheckIn(token=forged)) is RejectionCode.NO_APPOINTMENT
    hall.send("kiosk-01", c.CancelBooking(booked.token))
    refused = hall.refusal("kiosk-01", c.CheckIn(token=booked.token))
    assert refused.code is RejectionCode.NO_APPOINTMENT
    assert "已取消" in refused.text.zh


def test_who_has_no_appointment_is_told_so() -> None:
    hall = Bookings()
    hall.book(2)
    assert hall.refused("kiosk-01", hall.checking_in(1)) is RejectionCode.NO_APPOINTMENT
    assert hall.refused("kiosk-01", hall.checking_in(2, "b")) is RejectionCode.NO_APPOINTMENT


def test_a_second_check_in_gives_no_second_place_but_the_number() -> None:
    hall = Bookings()
    booked = hall.book()
    hall.at("09:30")
    given = hall.printed(hall.check_in())
    for command in (hall.checking_in(), c.CheckIn(token=booked.token)):
        refused = hall.refusal("kiosk-02", command)
        assert refused.code is RejectionCode.ALREADY_CHECKED_IN
        assert given.number in refused.text.zh


def test_a_number_given_up_by_its_visitor_is_not_given_once_more() -> None:
    hall = Bookings()
    hall.book()
    hall.at("09:30")
    given = hall.printed(hall.check_in())
    assert hall.send("kiosk-01", c.CancelTicket(given.token)) == Done()
    refused = hall.refusal("kiosk-01", hall.checking_in())
    assert refused.code is RejectionCode.NO_APPOINTMENT
    assert "重新取号" in refused.text.zh
    hall.walk_in(who=1)


# Never asked to queue twice.


def test_taking_a_number_checks_in_whoever_has_an_appointment() -> None:
    hall = Bookings()
    booked = hall.book()
    hall.at("09:20")
    given = hall.walk_in(who=1)
    assert hall.known(booked).ticket == given.ticket
    assert hall.said(ev.AppointmentCheckedIn)[0].due_ms == hall.now.elapsed_ms + 600_000
    again = c.ReserveTicket(ServiceId("a"), person(1))
    assert hall.refused("kiosk-01", again) is RejectionCode.ALREADY_WAITING


def test_taking_a_number_before_the_time_says_when_to_come() -> None:
    hall = Bookings()
    hall.book(1, "14:00")
    hall.at("09:20")
    wish = c.ReserveTicket(ServiceId("a"), person(1))
    assert hall.refused("kiosk-01", wish) is RejectionCode.APPOINTMENT_TOO_EARLY


def test_other_services_other_days_and_numbers_for_others_are_taken_as_ever() -> None:
    hall = Bookings()
    today = hall.book(1, "14:00")
    hall.book(2, day=TOMORROW)
    hall.at("09:20")
    hall.walk_in("b", who=1)
    hall.walk_in("a", who=2)
    proxy = c.ReserveTicket(ServiceId("a"), person(1), is_proxy=True)
    hall.answer(Reservation, "kiosk-01", proxy)
    assert hall.known(today).state is Booking.BOOKED


def test_an_appointment_obeys_no_quota_and_no_last_ticket_time() -> None:
    plan = booking_plan()
    rules = replace(plan.services[0].rules, quota_day=1)
    office = replace(plan.schedules[0], last_ticket_min=60)
    first = replace(plan.services[0], rules=rules)
    hall = Bookings(replace(plan, services=(first, *plan.services[1:]), schedules=(office,)))
    hall.book(1, "09:30"), hall.book(2, "16:30")
    hall.at("09:30")
    hall.walk_in()
    walk_in = c.ReserveTicket(ServiceId("a"))
    assert hall.refused("kiosk-01", walk_in) is RejectionCode.NUMBERS_USED_UP
    hall.check_in(1)
    hall.at("16:30")
    hall.walk_in(who=2)


def test_a_kiosk_that_is_closed_checks_nobody_in() -> None:
    hall = Bookings()
    hall.book()
    hall.at("09:30")
    hall.hall.state.notice = Text("停电", "No power")
    refused = hall.refusal("kiosk-01", hall.checking_in())
    assert (refused.code, refused.text.zh) == (RejectionCode.KIOSKS_CLOSED, "停电")
    hall.send("guide-01", c.SignIn(ClerkId("clerk-1"), PASSWORD))
    hall.check_in(kiosk="guide-01")


def test_a_series_that_is_used_up_is_said_and_the_appointment_stays_open() -> None:
    plan = booking_plan()
    first = replace(plan.services[0], width=1, start=9)
    hall = Bookings(replace(plan, services=(first, *plan.services[1:])))
    booked = hall.book()
    hall.at("09:30")
    hall.walk_in()
    assert hall.refused("kiosk-01", hall.checking_in()) is RejectionCode.NUMBERS_USED_UP
    assert hall.known(booked).is_open


def test_who_stands_in_line_already_gets_no_second_place() -> None:
    hall = Bookings()
    hall.at("09:00")
    hall.walk_in(who=1)
    hall.book(1, "09:30")
    hall.at("09:30")
    assert hall.refused("kiosk-01", hall.checking_in()) is RejectionCode.ALREADY_WAITING


# Several appointments.


def test_with_several_appointments_the_one_whose_time_it_is_comes_first() -> None:
    hall = Bookings()
    hall.book(1, "09:00", service="a")
    hall.book(1, "11:00", service="b")
    hall.at("10:50")
    assert hall.check_in(1).service == "b"
    assert hall.check_in(1).service == "a"  # late, and after what is in time
    assert hall.refused("kiosk-01", hall.checking_in()) is RejectionCode.ALREADY_CHECKED_IN


def test_a_late_one_comes_before_one_whose_time_has_not_come() -> None:
    hall = Bookings()
    hall.book(1, "09:00", service="b")
    hall.book(1, "16:00", service="a")
    hall.at("11:00")
    assert hall.check_in(1).service == "b"
    refused = hall.refused("kiosk-01", hall.checking_in())
    assert refused is RejectionCode.APPOINTMENT_TOO_EARLY


def test_a_person_may_choose_among_several() -> None:
    hall = Bookings()
    hall.book(1, "10:00", service="a")
    hall.book(1, "10:00", service="b")
    hall.at("10:00")
    assert hall.check_in(1, service="b").service == "b"

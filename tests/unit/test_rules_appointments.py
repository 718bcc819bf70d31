"""Booking: which slots there are, who gets one, and what becomes of it without its person."""

from dataclasses import replace
from datetime import date

import pytest

from hallserver.domain import events as ev
from hallserver.domain import token as tokens
from hallserver.domain.appointments import Booking
from hallserver.domain.rules import AppointmentRules, Holidays, Period, Schedule
from hallserver.domain.slots import slots_on
from hallserver.protocol import commands as c
from hallserver.protocol.errors import SENTENCES, RejectionCode
from hallserver.protocol.ids import (
    AppointmentId,
    AppointmentToken,
    BusinessDay,
    ClerkId,
    ServiceId,
    TicketId,
)
from hallserver.protocol.replies import Appointments, Booked, Done
from tests.helpers.bookings import RULES, TODAY, TOMORROW, Bookings, booking_plan, person
from tests.helpers.halls import DAY_MS, KEY, MORNING_MS, PASSWORD

HOUR_MS = 3_600_000


def names(rules: AppointmentRules, schedule: Schedule, day: str = TODAY, **more: object) -> str:
    plan = booking_plan(rules, **more)
    plan = replace(
        plan,
        schedules=(replace(schedule, id="office"),),
        rules=replace(plan.rules, business_day_starts=240),
    )
    slots = slots_on(plan, ServiceId("a"), rules, BusinessDay(day))
    return " ".join(slot.name for slot in slots)


def every_day(*periods: Period) -> Schedule:
    return Schedule("office", (periods,) * 7)


def test_slots_are_cut_from_each_period_and_a_rest_is_no_slot() -> None:
    schedule = every_day(Period(540, 650), Period(840, 900))
    assert names(RULES, schedule) == "09:00 09:30 10:00 14:00 14:30"
    assert names(replace(RULES, slot_min=60), schedule) == "09:00 14:00"
    assert names(replace(RULES, slot_min=111), schedule) == ""


def test_a_day_off_has_no_slots_and_a_make_up_day_has_mondays() -> None:
    office = Schedule("office", ((Period(540, 600),), *((Period(600, 660),),) * 4, (), ()))
    saturday, monday = "20261128", "20261123"
    assert names(RULES, office, saturday) == ""
    holidays = Holidays(
        days_off=frozenset({date(2026, 11, 23)}), working_days=frozenset({date(2026, 11, 28)})
    )
    assert names(RULES, office, saturday, holidays=holidays) == "09:00 09:30"
    assert names(RULES, office, monday, holidays=holidays) == ""


def test_slots_in_the_night_are_of_the_business_day_that_has_not_ended_yet() -> None:
    """The boundary is at four: two o'clock belongs to the day before, on the date after it."""
    schedule = every_day(Period(120, 180), Period(1380, 1440))
    plan = replace(booking_plan(), schedules=(schedule,))
    slots = slots_on(plan, ServiceId("a"), RULES, BusinessDay(TODAY))
    assert [slot.name for slot in slots] == ["23:00", "23:30", "02:00", "02:30"]
    assert slots[2].from_ms == MORNING_MS + 18 * HOUR_MS
    assert slots[2].until_ms - slots[2].from_ms == HOUR_MS // 2


def test_the_boundary_itself_begins_the_new_day() -> None:
    plan = replace(booking_plan(), schedules=(every_day(Period(210, 270)),))
    four, half_past_three = slots_on(plan, ServiceId("a"), RULES, BusinessDay(TODAY))
    assert (four.name, half_past_three.name) == ("04:00", "03:30")
    assert half_past_three.from_ms - four.from_ms == 47 * HOUR_MS // 2


def test_a_booking_says_all_that_its_person_needs() -> None:
    hall = Bookings()
    booked = hall.book(1, "09:30", day=TOMORROW)
    assert booked == Booked(
        appointment=AppointmentId("20261124-0001"),
        token=booked.token,
        service=ServiceId("a"),
        day=BusinessDay(TOMORROW),
        slot="09:30",
        from_ms=MORNING_MS + DAY_MS + 3 * HOUR_MS // 2,
        until_ms=MORNING_MS + DAY_MS + 2 * HOUR_MS,
    )
    assert tokens.verify_appointment(booked.token, KEY) == booked.appointment
    assert booked.token.startswith("JA1.20261124-0001.")


def test_numbers_count_up_within_the_day_that_is_booked() -> None:
    hall = Bookings()
    booked = [hall.book(1), hall.book(2), hall.book(3, day=TOMORROW)]
    assert [b.appointment for b in booked] == ["20261123-0001", "20261123-0002", "20261124-0001"]


def test_a_slot_has_room_for_so_many_and_each_service_for_itself() -> None:
    hall = Bookings()
    hall.book(1), hall.book(2)
    refused = hall.refusal("gateway-01", hall.wish(3))
    assert refused.code is RejectionCode.SLOT_FULL
    assert "09:00、10:00、10:30" in refused.text.zh
    assert "09:00, 10:00, 10:30" in refused.text.en
    hall.book(3, service="b")


def test_a_slot_that_was_given_back_is_free_again() -> None:
    hall = Bookings()
    first = hall.book(1)
    hall.book(2)
    cancel = c.CancelAppointment(first.appointment)
    assert hall.send("gateway-01", cancel) == Done()
    assert hall.send("gateway-01", cancel) == Done()
    hall.book(3)
    assert hall.refused("gateway-01", hall.wish(4)) is RejectionCode.SLOT_FULL
    assert hall.book(1, "10:00").appointment == "20261123-0004"
    assert len(hall.said(ev.AppointmentCancelled)) == 1


def test_nothing_free_is_said_as_such() -> None:
    hall = Bookings(booking_plan(replace(RULES, capacity=0)))
    refused = hall.refusal("gateway-01", hall.wish())
    assert refused.code is RejectionCode.SLOT_FULL
    assert "当天已无空位" in refused.text.zh


def test_a_person_books_a_service_once_a_day() -> None:
    hall = Bookings()
    hall.book(1, "09:30")
    refused = hall.refusal("gateway-01", hall.wish(1, "14:00"))
    assert refused.code is RejectionCode.ALREADY_BOOKED
    assert "09:30" in refused.text.zh
    hall.book(1, "14:00", service="b")
    hall.book(1, "14:00", day=TOMORROW)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"service": "zzz"}, RejectionCode.UNKNOWN_SERVICE),
        ({"service": "c"}, RejectionCode.NOT_BOOKABLE),
        ({"slot": "09:40"}, RejectionCode.UNKNOWN_SLOT),
        ({"slot": "13:00"}, RejectionCode.UNKNOWN_SLOT),
        ({"day": "20261122"}, RejectionCode.DAY_NOT_BOOKABLE),
        ({"day": "20261127"}, RejectionCode.DAY_NOT_BOOKABLE),
        ({"day": "20261199"}, RejectionCode.DAY_NOT_BOOKABLE),
    ],
)
def test_what_cannot_be_booked_is_refused(change: dict[str, str], code: RejectionCode) -> None:
    hall = Bookings()
    assert hall.refused("gateway-01", hall.wish(**change)) is code


def test_a_closed_day_is_refused_though_it_is_near_enough() -> None:
    hall = Bookings()
    hall.pass_time(3 * DAY_MS)
    hall.tick()
    refused = hall.refusal("gateway-01", hall.wish(day="20261128"))
    assert refused.code is RejectionCode.DAY_NOT_BOOKABLE
    assert refused.text == SENTENCES[RejectionCode.DAY_NOT_BOOKABLE]


def test_the_last_day_that_is_open_for_booking_counts_and_is_named_otherwise() -> None:
    hall = Bookings()
    hall.book(day="20261126")
    refused = hall.refusal("gateway-01", hall.wish(2, day="20261127"))
    assert "11月23日至11月26日" in refused.text.zh
    assert "2026-11-26" in refused.text.en


def test_the_nearest_free_slots_are_offered_for_one_that_is_none() -> None:
    hall = Bookings()
    refused = hall.refusal("gateway-01", hall.wish(slot="13:00"))
    assert "11:30、14:00、14:30" in refused.text.zh


def test_a_slot_that_has_begun_can_no_longer_be_booked() -> None:
    hall = Bookings()
    hall.at("09:29")
    hall.book(1)
    hall.at("09:30")
    refused = hall.refusal("gateway-01", hall.wish(2))
    assert refused.code is RejectionCode.SLOT_PASSED
    assert "10:00、10:30、11:00" in refused.text.zh


def test_a_guide_books_only_when_signed_in() -> None:
    hall = Bookings()
    for command in (
        hall.wish(),
        c.CancelAppointment(AppointmentId("20261123-0001")),
        c.FindAppointments(person(1)),
        hall.checking_in(),
    ):
        assert hall.refused("guide-01", command) is RejectionCode.NOT_SIGNED_IN
    hall.send("guide-01", c.SignIn(ClerkId("clerk-1"), PASSWORD))
    booked = hall.answer(Booked, "guide-01", hall.wish())
    assert hall.send("guide-01", c.CancelAppointment(booked.appointment)) == Done()


@pytest.mark.parametrize("client", ["kiosk-01", "counter-1", "pad-1", "console-01"])
def test_nobody_else_books(client: str) -> None:
    hall = Bookings()
    assert hall.refused(client, hall.wish()) is RejectionCode.NOT_PERMITTED


def test_a_booking_is_given_back_at_a_kiosk_by_its_code() -> None:
    hall = Bookings()
    booked = hall.book()
    assert hall.send("kiosk-01", c.CancelBooking(booked.token)) == Done()
    assert hall.known(booked).state is Booking.CANCELLED
    for token in ("JA1.20261123-0001.AAAAAAAAAAAAAAAA", "JH1.x.y", "nonsense"):
        forged = c.CancelBooking(AppointmentToken(token))
        assert hall.refused("kiosk-01", forged) is RejectionCode.NO_APPOINTMENT


def test_a_ticket_is_no_appointment_and_an_appointment_no_ticket() -> None:
    """One key signs both; the same id must not do for both."""
    same = "20261123-0001"
    ticket, appointment = (
        tokens.sign(TicketId(same), KEY),
        tokens.sign_appointment(AppointmentId(same), KEY),
    )
    assert ticket[-16:] != appointment[-16:]
    assert tokens.verify(appointment, KEY) is None  # type: ignore[arg-type]
    assert tokens.verify_appointment(ticket, KEY) is None  # type: ignore[arg-type]
    assert tokens.verify_appointment(AppointmentToken(f"JA1.{same}.{ticket[-16:]}"), KEY) is None


def test_what_is_unknown_checked_in_or_missed_cannot_be_cancelled() -> None:
    hall = Bookings()
    early, late = hall.book(1, "09:00"), hall.book(2, "09:00")
    unknown = c.CancelAppointment(AppointmentId("20261123-0099"))
    assert hall.refused("gateway-01", unknown) is RejectionCode.NO_APPOINTMENT
    hall.at("09:00")
    given = hall.check_in(1)
    refused = hall.refusal("gateway-01", c.CancelAppointment(early.appointment))
    assert refused.code is RejectionCode.ALREADY_CHECKED_IN
    assert given.number in refused.text.zh
    hall.at("09:45")
    cancel = c.CancelAppointment(late.appointment)
    assert hall.refused("gateway-01", cancel) is RejectionCode.SLOT_PASSED


def test_a_person_is_shown_what_it_has_booked() -> None:
    hall = Bookings()
    later, cancelled, sooner = (
        hall.book(1, day=TOMORROW),
        hall.book(1, "14:00", service="b"),
        hall.book(1),
    )
    hall.book(2)
    hall.send("gateway-01", c.CancelAppointment(cancelled.appointment))
    hall.at("09:30")
    given = hall.check_in(1)
    found = hall.answer(Appointments, "kiosk-01", c.FindAppointments(person(1))).appointments
    assert [each.appointment for each in found] == [sooner.appointment, later.appointment]
    assert [each.number for each in found] == [given.number, None]
    assert [each.is_open for each in found] == [False, True]
    assert found[0].opens_ms == sooner.from_ms - 15 * 60_000
    assert hall.answer(Appointments, "kiosk-01", c.FindAppointments(person(9))).appointments == ()


def test_nobody_who_came_is_missed_and_who_did_not_is_missed_once() -> None:
    hall = Bookings()
    came, missed, cancelled = hall.book(1, "09:00"), hall.book(2, "09:00"), hall.book(3, "09:30")
    hall.send("gateway-01", c.CancelAppointment(cancelled.appointment))
    hall.at("09:00")
    hall.check_in(1)
    hall.at("09:44")
    assert hall.said(ev.AppointmentMissed) == []
    hall.at("09:45")
    hall.at("11:00")
    assert hall.said(ev.AppointmentMissed) == [ev.AppointmentMissed(missed.appointment)]
    assert hall.known(came).state is Booking.CHECKED_IN


def test_a_wall_clock_set_back_takes_no_miss_back_and_says_none_twice() -> None:
    hall = Bookings()
    missed = hall.book(1, "09:00")
    hall.at("10:00")
    hall.pass_time(-HOUR_MS)
    hall.tick()
    hall.at("10:00")
    assert hall.said(ev.AppointmentMissed) == [ev.AppointmentMissed(missed.appointment)]


def test_appointments_of_later_days_survive_midnight_and_their_numbers_go_on() -> None:
    hall = Bookings()
    hall.book(1)
    tomorrow, cancelled = hall.book(2, day=TOMORROW), hall.book(3, day=TOMORROW)
    later = hall.book(4, day="20261125")
    hall.send("gateway-01", c.CancelAppointment(cancelled.appointment))
    hall.pass_time(DAY_MS)
    hall.tick()
    carried = [event.appointment for event in hall.said(ev.AppointmentCarriedOver)]
    assert carried == [tomorrow.appointment, later.appointment]
    assert hall.book(5, day=TOMORROW).appointment == "20261124-0003"
    assert hall.refused("gateway-01", hall.wish(2, day=TOMORROW)) is RejectionCode.ALREADY_BOOKED
    hall.book(6, day="20261125")
    assert hall.refused("gateway-01", hall.wish(7, day="20261125")) is RejectionCode.SLOT_FULL
    hall.at("09:30")
    hall.check_in(2)
    assert hall.known(tomorrow).state is Booking.CHECKED_IN


def test_the_open_day_alone_gives_the_same_appointments_again() -> None:
    """A start of the server reads the journal from the day's opening on, and no line before."""
    hall = Bookings()
    hall.book(1, day=TOMORROW), hall.book(2, day="20261125")
    hall.pass_time(DAY_MS)
    hall.tick()
    opened = max(n for n, line in enumerate(hall.journal) if isinstance(line.event, ev.DayOpened))
    hall.journal = hall.journal[opened:]
    again, state = hall.refolded().state.appointments, hall.hall.state.appointments
    assert again.everyone() == state.everyone() != ()
    assert again.last_numbers() == state.last_numbers()
    assert again.taken(ServiceId("a"), state.everyone()[0].from_ms) == 1


def test_who_never_came_is_missed_at_the_latest_when_the_day_ends() -> None:
    hall = Bookings()
    waiting, reopened = hall.book(1, "16:30"), hall.book(2, "16:30")
    hall.at("16:30")
    hall.void(hall.check_in(2))
    hall.pass_time(3 * DAY_MS)  # nothing ran meanwhile
    hall.tick()
    missed = {event.appointment for event in hall.said(ev.AppointmentMissed)}
    assert missed == {waiting.appointment, reopened.appointment}
    assert hall.hall.state.appointments.everyone() == ()


def test_an_appointment_of_a_day_on_which_no_server_ran_is_settled_too() -> None:
    hall = Bookings()
    lost = hall.book(1, day=TOMORROW)
    kept = hall.book(1, day="20261126")
    hall.pass_time(3 * DAY_MS)
    hall.tick()
    assert hall.said(ev.AppointmentMissed) == [ev.AppointmentMissed(lost.appointment)]
    assert [each.id for each in hall.hall.state.appointments.everyone()] == [kept.appointment]


def test_no_repr_names_the_person() -> None:
    hall = Bookings()
    booked = hall.book(7)
    assert person(7) not in repr(hall.known(booked))

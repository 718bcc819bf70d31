"""Numbers taken after hours, the change of the business day, and clocks that jump."""

from dataclasses import replace

import pytest

from hallserver.domain import events as ev
from hallserver.domain.acts.number import SUPERSEDE_AFTER_MS
from hallserver.domain.invariant import InvariantError
from hallserver.domain.plan import HallPlan, Text
from hallserver.domain.rules import Period, Schedule, ServiceRules
from hallserver.hall import Hall
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import BusinessDay, Epoch, PriorityId, ServiceId, TicketToken
from hallserver.protocol.replies import Done, Reservation, TicketAtCounter
from hallserver.protocol.snapshots import HallLoad
from hallserver.protocol.states import ServiceStatus, TicketState
from tests.helpers.counting_house import (
    ELDERLY,
    ME,
    OFFICE,
    OTHER,
    House,
    local_ms,
    office_plan,
    refused,
)
from tests.helpers.halls import DAY_MS

CODE = RejectionCode
NIGHT = ServiceRules(has_night_tickets=True)
EVENING, MORNING = local_ms(23, 20), local_ms(24, 9)


@pytest.fixture
def house() -> House:
    return House(office_plan(NIGHT), wall_ms=EVENING)


def call(house: House) -> TicketAtCounter:
    reply = house.send("counter-1", c.CallNext())
    assert isinstance(reply, TicketAtCounter), reply
    return reply


# For the next business day.


def test_a_number_taken_in_the_evening_is_one_of_the_next_days(house: House) -> None:
    given = house.take(person=ME)
    assert given.ticket == "20261124-A001"
    assert (given.number, given.day, given.valid_from_ms) == ("A001", "20261124", MORNING)
    assert given.note == Text("本号11月24日（星期二）9:00起叫号", "Called from Tue 24 Nov, 9:00 on")
    assert house.take().people_ahead == 1
    assert house.reserve("b").ticket == "20261123-B001"


def test_a_night_ticket_says_for_which_day_and_from_when(house: House) -> None:
    house.take()
    given = house.take()
    status = house.show(given)
    assert (status.state, status.people_ahead) == (TicketState.WAITING, 1)
    assert (status.day, status.valid_from_ms) == ("20261124", MORNING)
    today = house.show(house.take("b"))
    assert (today.day, today.valid_from_ms) == ("20261123", None)


def test_a_night_ticket_is_called_by_nobody_before_its_day(house: House) -> None:
    given = house.take()
    house.sign_in("counter-1", "clerk-1")
    refused(house.send("counter-1", c.CallNext()), CODE.NOBODY_WAITING)
    house.go_to(local_ms(24, 4))
    house.sign_in("counter-1", "clerk-1")
    assert call(house).ticket == given.ticket


def test_night_tickets_wait_in_their_order_ahead_of_the_mornings(house: House) -> None:
    night = [house.take().number for _ in range(3)]
    house.go_to(MORNING)
    morning = house.take()
    assert morning.people_ahead == 3
    assert morning.number == "A004"
    house.sign_in("counter-1", "clerk-1")
    called = []
    for _ in range(4):
        ticket = call(house)
        called.append(ticket.number)
        house.send("counter-1", c.Arrive(ticket.ticket))
        house.send("counter-1", c.Complete(ticket.ticket))
    assert called == [*night, morning.number]


def test_all_that_is_known_of_a_night_ticket_comes_with_it(house: House) -> None:
    given = house.take(person=ME, companions=2, is_proxy=True, priority=ELDERLY.id)
    before = house.hall.state.find(given.ticket)
    assert before is not None
    house.go_to(MORNING)
    assert house.hall.state.tickets[given.ticket] == before
    assert before.priority == PriorityId("elderly")


def test_a_night_ticket_is_confirmed_and_voided_on_both_sides_of_midnight(house: House) -> None:
    early, late, void = house.reserve(), house.reserve(), house.reserve()
    assert house.send("kiosk-01", c.ConfirmPrinted(early.ticket)) == Done()
    house.go_to(local_ms(24, 4))
    assert house.show(early).state is TicketState.WAITING
    assert house.send("kiosk-01", c.ConfirmPrinted(late.ticket)) == Done()
    not_printed = c.VoidTicket(void.ticket, c.VoidReason.NOT_PRINTED)
    assert house.send("kiosk-01", not_printed) == Done()
    assert house.show(void).state is TicketState.VOIDED
    assert house.hall.state.lines.length(ServiceId("a")) == 2


def test_a_night_ticket_can_be_given_up_and_its_number_is_not_given_again(house: House) -> None:
    given = house.take(person=ME)
    voided = house.reserve()
    house.send("kiosk-01", c.VoidTicket(voided.ticket, c.VoidReason.LEFT))
    assert house.send("kiosk-02", c.CancelTicket(given.token)) == Done()
    assert house.show(given).state is TicketState.CANCELLED
    again = house.take(person=ME)
    assert again.number == "A003"
    house.go_to(MORNING)
    assert house.show(given).state is TicketState.CANCELLED
    assert house.show(again).people_ahead == 0
    assert house.take(person=OTHER).number == "A004"


def test_a_person_holds_one_ticket_across_the_change_of_the_day(house: House) -> None:
    house.take(person=ME)
    refused(house.ask(person=ME), CODE.ALREADY_WAITING)
    house.go_to(MORNING)
    refused(house.ask(person=ME), CODE.ALREADY_WAITING)
    house.take(person=OTHER)


def test_a_ticket_of_the_day_keeps_its_person_from_a_night_ticket() -> None:
    house = House(office_plan(NIGHT), wall_ms=local_ms(23, 16))
    house.take(person=ME)
    house.go_to(EVENING)
    refused(house.ask(person=ME), CODE.ALREADY_WAITING)


def test_a_night_ticket_without_paper_gives_way_after_a_minute(house: House) -> None:
    first = house.reserve(person=ME)
    house.pass_time(SUPERSEDE_AFTER_MS)
    assert house.reserve(person=ME).number == "A002"
    assert house.show(first).state is TicketState.VOIDED


def test_a_night_ticket_is_for_a_service_after_it_cannot_be_rated(house: House) -> None:
    given = house.take()
    refused(house.send("kiosk-01", c.RateService(given.token, 5)), CODE.NOT_SERVED_YET)


# For a later opening of the open day.


@pytest.mark.parametrize(("hour", "opens"), [(5, 9), (12, 13)])
def test_before_hours_and_in_the_break_the_ticket_simply_waits(hour: int, opens: int) -> None:
    house = House(office_plan(NIGHT), wall_ms=local_ms(23, hour))
    given = house.take()
    assert given.ticket == "20261123-A001"
    assert given.valid_from_ms == local_ms(23, opens)
    house.sign_in("counter-1", "clerk-1")
    assert call(house).ticket == given.ticket


def test_after_midnight_the_morning_is_still_the_next_business_day(house: House) -> None:
    house.go_to(local_ms(24, 3))
    assert house.take().ticket == "20261124-A001"
    house.go_to(local_ms(24, 4))
    assert house.take().ticket == "20261124-A002"


# Too far away.


def test_before_a_day_off_nobody_can_wait_so_long() -> None:
    house = House(office_plan(NIGHT), wall_ms=local_ms(24, 20))
    assert refused(house.ask(), CODE.CLOSED_NOW) == Text(
        "今天已停止取号，请于11月26日（星期四）9:00再来。",
        "No more numbers today. Please come on Thu 26 Nov, 9:00.",
    )


def test_without_night_tickets_the_evening_is_closed() -> None:
    house = House(wall_ms=EVENING)
    refused(house.ask(), CODE.CLOSED_NOW)


# Quotas of the next day.


def test_night_tickets_use_up_the_quota_of_their_own_day() -> None:
    house = House(office_plan(replace(NIGHT, quota_morning=2)), wall_ms=local_ms(23, 10))
    house.take()
    house.go_to(EVENING)
    assert house.take().day == "20261124"
    house.take()
    assert refused(house.ask(), CODE.NUMBERS_USED_UP) == Text(
        "此事项11月24日（星期二）上午的排队号已取完，请于11月24日（星期二）13:00再来。",
        "All numbers of this service for Tue 24 Nov (morning) are taken. "
        "Please come on Tue 24 Nov, 13:00.",
    )
    house.go_to(MORNING)
    text = refused(house.ask(), CODE.NUMBERS_USED_UP)
    assert text.zh == "此事项今天上午的排队号已取完，13:00起可取下午的号。"


def test_a_night_ticket_for_an_afternoon_uses_up_the_afternoons_quota() -> None:
    afternoons = Schedule(OFFICE.id, ((Period(780, 1020),),) * 7)
    rules = replace(NIGHT, quota_morning=0, quota_afternoon=1)
    house = House(replace(office_plan(rules), schedules=(afternoons,)), wall_ms=EVENING)
    assert house.take().valid_from_ms == local_ms(24, 13)
    text = refused(house.ask(), CODE.NUMBERS_USED_UP)
    assert text.zh.startswith("此事项11月24日（星期二）的排队号已取完")


def test_when_the_next_days_numbers_are_taken_a_later_day_is_said() -> None:
    house = House(office_plan(replace(NIGHT, quota_day=1)), wall_ms=EVENING)
    given = house.take()
    assert refused(house.ask(), CODE.NUMBERS_USED_UP) == Text(
        "此事项11月24日（星期二）的排队号已取完，请于11月26日（星期四）9:00再来。",
        "All numbers of this service for Tue 24 Nov are taken. Please come on Thu 26 Nov, 9:00.",
    )
    house.send("kiosk-01", c.CancelTicket(given.token))
    assert house.take().number == "A002"


def test_the_screens_say_that_a_number_is_for_the_morning(house: House) -> None:
    load = dict(house.hall.everything(Epoch(1)))["jiaohao/load"]
    assert isinstance(load, HallLoad)
    shown = load.services[ServiceId("a")]
    assert (shown.status, shown.again_at_ms) == (ServiceStatus.NIGHT, MORNING)


# The change of the day.


def test_at_the_change_of_the_day_all_but_night_tickets_expire(house: House) -> None:
    today, tomorrow, open_ = house.take("b"), house.take(), house.reserve()
    house.go_to(local_ms(24, 4))
    expired = [r.event.ticket for r in house.journal if isinstance(r.event, ev.TicketExpired)]
    assert expired == [today.ticket]
    assert set(house.hall.state.tickets) == {tomorrow.ticket, open_.ticket}
    assert house.kinds()[-4:] == [
        "DayClosed",
        "DayOpened",
        "TicketCarriedOver",
        "TicketCarriedOver",
    ]
    text = refused(house.send("kiosk-01", c.ShowTicket(today.token)), CODE.OTHER_DAY_TICKET)
    assert text.zh


def test_the_journal_from_the_opening_of_the_day_on_gives_the_same_hall(house: House) -> None:
    house.take(person=ME, priority=ELDERLY.id)
    house.send("kiosk-01", c.VoidTicket(house.reserve().ticket, c.VoidReason.LEFT))
    house.reserve(companions=1)
    house.go_to(local_ms(24, 4))
    house.take()
    opened = max(n for n, kind in enumerate(house.kinds()) if kind == "DayOpened")
    again = Hall(house.plan, b"k" * 32, lambda _account, _password: False)
    for recorded in house.journal[opened:]:
        assert ev.decode_event(ev.encode_event(recorded.event)) == recorded.event
        again.apply(recorded)
    live = house.hall
    assert again.state.tickets == live.state.tickets
    assert again.state.held == live.state.held
    assert list(again.everything(Epoch(1))) == list(live.everything(Epoch(1)))
    number = live.state.numbering.next_number(house.plan.service(ServiceId("a")))
    assert again.state.numbering.next_number(house.plan.service(ServiceId("a"))) == number


def test_a_hall_that_slept_through_the_day_lets_its_night_tickets_expire(house: House) -> None:
    given = house.take()
    house.send("kiosk-01", c.CancelTicket(house.take().token))
    house.go_to(local_ms(26, 9))
    assert house.kinds()[-8:] == [
        "DayClosed",
        "DayOpened",
        "TicketCarriedOver",
        "TicketCarriedOver",
        "MorningReportDue",
        "TicketExpired",
        "DayClosed",
        "DayOpened",
    ]
    assert house.hall.day == "20261126"
    refused(house.send("kiosk-01", c.ShowTicket(given.token)), CODE.OTHER_DAY_TICKET)
    assert house.take().number == "A001"
    assert not house.hall.state.night.tickets


def test_given_up_night_tickets_open_no_day_of_their_own(house: House) -> None:
    house.send("kiosk-01", c.CancelTicket(house.take().token))
    house.go_to(local_ms(26, 9))
    assert house.kinds().count("DayOpened") == 2


@pytest.mark.parametrize("back_ms", [1_000, 3_600_000, DAY_MS, 400 * DAY_MS, local_ms(24, 4)])
def test_the_day_opens_once_however_far_the_clock_jumps_back(house: House, back_ms: int) -> None:
    house.take()
    house.go_to(local_ms(24, 4))
    for ms in (-back_ms, 500, back_ms, -1, 1):
        house.pass_time(ms)
        house.tick()
    opened = [r.event.day for r in house.journal if isinstance(r.event, ev.DayOpened)]
    assert opened == ["20261123", "20261124"]
    assert house.kinds().count("TicketCarriedOver") == 1


@pytest.mark.parametrize(
    "wall_ms", [local_ms(24, 4), local_ms(25, 0), local_ms(19, 3, 14, month=1, year=2038)]
)
def test_each_day_closes_before_the_next_opens_however_far_the_clock_jumps(
    house: House, wall_ms: int
) -> None:
    house.take()
    house.go_to(wall_ms)
    house.go_to(wall_ms)
    days = [
        (type(r.event).__name__, r.event.day)
        for r in house.journal
        if isinstance(r.event, ev.DayOpened | ev.DayClosed)
    ]
    assert [kind for kind, _ in days] == ["DayOpened", "DayClosed"] * (len(days) // 2) + [
        "DayOpened"
    ]
    opened = [day for kind, day in days if kind == "DayOpened"]
    assert opened == sorted(set(opened))


def test_a_hall_without_a_clock_starts_in_1970_and_goes_on_from_there() -> None:
    house = House(wall_ms=0)
    assert house.hall.day == "19700101"
    given = house.take("b")
    house.go_to(local_ms(23, 10))
    assert house.hall.day == "20261123"
    assert house.kinds().count("DayOpened") == 2
    refused(house.send("kiosk-01", c.ShowTicket(given.token)), CODE.OTHER_DAY_TICKET)


def test_what_the_hall_decides_while_its_clock_is_wrong_holds() -> None:
    """Forward into 2038 and back: the day stays, numbers go on, nobody is given one twice."""
    house = House(office_plan(NIGHT))
    house.go_to(local_ms(19, 11, month=1, year=2038))
    first = house.take("b")
    house.go_to(local_ms(23, 10))
    second = house.take("b")
    assert (first.ticket, second.ticket) == ("20380119-B001", "20380119-B002")
    assert house.take().ticket == "20380119-A001"
    house.go_to(EVENING)
    assert house.take().ticket == "20380119-A002"


# The morning report.


def reports(house: House) -> list[BusinessDay]:
    return [r.event.day for r in house.journal if isinstance(r.event, ev.MorningReportDue)]


def test_the_morning_report_is_due_at_its_hour_for_the_day_that_closed() -> None:
    house = House()
    assert reports(house) == []
    house.go_to(local_ms(24, 7, 59))
    assert reports(house) == []
    house.go_to(local_ms(24, 8))
    house.go_to(local_ms(24, 8))
    assert reports(house) == ["20261123"]


def test_a_report_hour_before_the_boundary_comes_on_the_next_date() -> None:
    house = House(office_plan(morning_report=120))
    house.go_to(local_ms(24, 10))
    assert reports(house) == []
    house.go_to(local_ms(25, 2))
    assert reports(house) == ["20261123"]


def test_no_clock_makes_a_report_due_twice() -> None:
    house = House()
    house.go_to(local_ms(24, 8))
    for ms in (-3_600_000, 3_600_000, -DAY_MS, DAY_MS, -400 * DAY_MS, 400 * DAY_MS):
        house.pass_time(ms)
        house.tick()
    assert reports(house) == ["20261123"]


def test_a_report_that_nobody_was_there_for_is_made_up_for_at_once() -> None:
    house = House()
    house.go_to(local_ms(24, 5))
    house.go_to(local_ms(26, 5))
    assert reports(house) == ["20261123"]
    house.go_to(local_ms(26, 8))
    assert reports(house) == ["20261123", "20261124"]


def test_a_restart_forgets_neither_that_a_report_is_due_nor_that_it_was() -> None:
    house = House()
    house.go_to(local_ms(24, 7))
    assert house.refolded().state.unreported == "20261123"
    house.go_to(local_ms(24, 8))
    assert house.refolded().state.unreported is None
    again = House()
    again.hall.state.unreported = None
    with pytest.raises(InvariantError):
        again.hall.apply(replace(house.journal[-1], seq=99))


# Summer time.


def berlin(plan: HallPlan, starts: int) -> HallPlan:
    always = Schedule(OFFICE.id, ((Period(0, 1440),),) * 7)
    rules = replace(plan.rules, timezone="Europe/Berlin", business_day_starts=starts)
    return replace(plan, rules=rules, schedules=(always,))


@pytest.mark.parametrize("starts", [0, 60, 120, 150, 180, 240])
@pytest.mark.parametrize("day", [(2026, 3, 28), (2026, 10, 24)])
def test_when_the_clocks_are_set_each_day_still_opens_once(
    starts: int, day: tuple[int, int, int]
) -> None:
    house = House(
        berlin(office_plan(), starts), wall_ms=local_ms(day[2], 20, month=day[1], year=day[0])
    )
    for _ in range(3 * 48):
        house.pass_time(30 * 60_000)
        house.tick()
        house.take()
    opened = [r.event.day for r in house.journal if isinstance(r.event, ev.DayOpened)]
    assert opened == sorted(set(opened))
    assert len(opened) in (4, 5)
    assert len(
        {r.event.ticket for r in house.journal if isinstance(r.event, ev.TicketReserved)}
    ) == (3 * 48)


def test_a_code_of_another_day_is_not_taken_for_a_night_ticket(house: House) -> None:
    given = house.take()
    forged = TicketToken(given.token.replace("20261124", "20261125"))
    refused(house.send("kiosk-01", c.ShowTicket(forged)), CODE.FORGED_TICKET)
    assert isinstance(house.ask("b"), Reservation)

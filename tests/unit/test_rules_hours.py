"""When a number can be had: each sentence that a refusal says, and what the screens say before."""

from dataclasses import replace

import pytest

from hallserver.domain.plan import Text
from hallserver.domain.rules import Holidays, Period, Schedule, ServiceRules
from hallserver.hall import Hall
from hallserver.protocol import commands as c
from hallserver.protocol.errors import SENTENCES, RejectionCode
from hallserver.protocol.ids import Epoch, ServiceId
from hallserver.protocol.replies import Done, Reservation
from hallserver.protocol.snapshots import HallLoad, ServiceLoad
from hallserver.protocol.states import ServiceStatus
from tests.helpers.counting_house import (
    ME,
    OFFICE,
    House,
    local_ms,
    office_plan,
    refused,
)
from tests.helpers.halls import KEY, check_password

CLOSED, USED_UP = RejectionCode.CLOSED_NOW, RejectionCode.NUMBERS_USED_UP


@pytest.mark.parametrize(
    ("day", "hour", "minute", "said"),
    [
        (
            23,
            8,
            59,
            Text("现在不能取号，今天9:00起可以取号。", "Numbers are given from 9:00 today."),
        ),
        (
            23,
            12,
            30,
            Text("现在不能取号，今天13:00起可以取号。", "Numbers are given from 13:00 today."),
        ),
        (
            23,
            16,
            30,
            Text(
                "今天已停止取号，请于11月24日（星期二）9:00再来。",
                "No more numbers today. Please come on Tue 24 Nov, 9:00.",
            ),
        ),
        (
            24,  # the day after is a day off
            18,
            0,
            Text(
                "今天已停止取号，请于11月26日（星期四）9:00再来。",
                "No more numbers today. Please come on Thu 26 Nov, 9:00.",
            ),
        ),
        (
            25,
            10,
            0,
            Text(
                "今天不办理此事项，请于11月26日（星期四）9:00再来。",
                "This service is not offered today. Please come on Thu 26 Nov, 9:00.",
            ),
        ),
        (
            27,  # Friday; the Saturday after it is made up for
            17,
            0,
            Text(
                "今天已停止取号，请于11月28日（星期六）9:00再来。",
                "No more numbers today. Please come on Sat 28 Nov, 9:00.",
            ),
        ),
    ],
)
def test_outside_the_hours_it_is_said_when_to_come(
    day: int, hour: int, minute: int, said: Text
) -> None:
    house = House(wall_ms=local_ms(day, hour, minute))
    before = len(house.journal)
    assert refused(house.ask(), CLOSED) == said
    assert len(house.journal) == before
    assert isinstance(house.ask("b"), Reservation)


@pytest.mark.parametrize(
    ("day", "hour", "minute"), [(23, 9, 0), (23, 11, 59), (23, 13, 0), (23, 16, 29), (28, 9, 0)]
)
def test_within_the_hours_a_number_is_given_at_once(day: int, hour: int, minute: int) -> None:
    given = House(wall_ms=local_ms(day, hour, minute)).reserve()
    assert given.valid_from_ms is None
    assert given.day == f"202611{day}"


def test_a_service_that_never_opens_sends_people_to_the_information_desk() -> None:
    plan = office_plan()
    never = Schedule(OFFICE.id, ((),) * 7)
    house = House(replace(plan, schedules=(never,)))
    assert refused(house.ask(), CLOSED) == SENTENCES[CLOSED]
    assert load(house)["a"] == ServiceLoad(0, 0, ServiceStatus.CLOSED, None)


def test_who_is_in_line_already_hears_that_and_not_the_hours() -> None:
    house = House(wall_ms=local_ms(23, 16))
    house.take(person=ME)
    house.go_to(local_ms(23, 18))
    refused(house.ask(person=ME), RejectionCode.ALREADY_WAITING)


# Quotas.


def test_the_mornings_numbers_end_and_the_afternoons_are_announced() -> None:
    house = House(office_plan(ServiceRules(quota_morning=2)))
    house.take()
    house.take()
    assert refused(house.ask(), USED_UP) == Text(
        "此事项今天上午的排队号已取完，13:00起可取下午的号。",
        "This morning's numbers for this service are all taken. "
        "Numbers for the afternoon are given from 13:00.",
    )
    assert load(house)["a"] == ServiceLoad(2, 0, ServiceStatus.USED_UP, local_ms(23, 13))
    house.go_to(local_ms(23, 13))
    assert house.reserve().number == "A003"


def test_without_a_break_the_afternoons_numbers_begin_at_noon() -> None:
    all_day = Schedule(OFFICE.id, ((Period(540, 1020),),) * 7)
    plan = replace(office_plan(ServiceRules(quota_morning=0)), schedules=(all_day,))
    text = refused(House(plan, wall_ms=local_ms(23, 12) - 1).ask(), USED_UP)
    assert text.zh == "此事项今天上午的排队号已取完，12:00起可取下午的号。"
    House(plan, wall_ms=local_ms(23, 12)).reserve()


@pytest.mark.parametrize(
    "rules",
    [
        ServiceRules(quota_day=1),
        ServiceRules(quota_morning=1, quota_afternoon=0),
        ServiceRules(quota_morning=1, quota_day=1, quota_afternoon=5),
    ],
)
def test_when_the_days_numbers_are_taken_it_is_said_which_day_to_come(rules: ServiceRules) -> None:
    house = House(office_plan(rules))
    house.take()
    assert refused(house.ask(), USED_UP) == Text(
        "此事项今天的排队号已取完，请于11月24日（星期二）9:00再来。",
        "All numbers of this service are taken for today. Please come on Tue 24 Nov, 9:00.",
    )
    house.go_to(local_ms(24, 9))
    assert house.reserve().number == "A001"


def test_a_saturday_has_mornings_only_so_the_next_day_is_said() -> None:
    mornings = Schedule(OFFICE.id, ((Period(540, 720),),) * 7)
    plan = replace(office_plan(ServiceRules(quota_morning=0)), schedules=(mornings,))
    text = refused(House(plan).ask(), USED_UP)
    assert text.zh == "此事项今天的排队号已取完，请于11月24日（星期二）9:00再来。"


def test_a_made_up_day_is_the_next_one_where_mondays_hours_are_the_only_ones() -> None:
    mondays = Schedule(OFFICE.id, ((Period(780, 900),), *((),) * 6))
    plan = replace(office_plan(ServiceRules(quota_day=0)), schedules=(mondays,))
    house = House(plan, wall_ms=local_ms(23, 14))
    assert "11月28日（星期六）13:00" in refused(house.ask(), USED_UP).zh
    house = House(replace(plan, holidays=Holidays()), wall_ms=local_ms(23, 14))
    assert "11月30日（星期一）13:00" in refused(house.ask(), USED_UP).zh


def test_a_service_that_is_always_open_says_tomorrow_and_names_no_small_hour() -> None:
    plan = office_plan()
    quota = ServiceRules(quota_day=1)
    services = tuple(replace(s, rules=quota) if s.id == "b" else s for s in plan.services)
    house = House(replace(plan, services=services))
    house.take("b")
    assert refused(house.ask("b"), USED_UP) == SENTENCES[USED_UP]
    assert load(house)["b"] == ServiceLoad(1, 0, ServiceStatus.USED_UP, None)


def test_the_small_hours_of_a_day_that_is_open_at_night_are_its_afternoon() -> None:
    plan = office_plan()
    quota = ServiceRules(quota_morning=0, quota_afternoon=1)
    services = tuple(replace(s, rules=quota) if s.id == "b" else s for s in plan.services)
    house = House(replace(plan, services=services), wall_ms=local_ms(24, 1))
    assert house.reserve("b").day == "20261123"
    house.go_to(local_ms(24, 4))
    text = refused(house.ask("b"), USED_UP)
    assert text.zh == "此事项今天上午的排队号已取完，12:00起可取下午的号。"


def test_voided_cancelled_and_superseded_numbers_use_up_no_quota() -> None:
    house = House(office_plan(ServiceRules(quota_day=1)))
    voided = house.reserve()
    refused(house.ask(), USED_UP)
    void = c.VoidTicket(voided.ticket, c.VoidReason.NOT_PRINTED)
    assert house.send("kiosk-01", void) == Done()
    cancelled = house.take()
    refused(house.ask(), USED_UP)
    assert house.send("kiosk-02", c.CancelTicket(cancelled.token)) == Done()
    assert house.reserve().number == "A003"


def test_a_served_ticket_goes_on_using_up_the_quota() -> None:
    house = House(office_plan(ServiceRules(quota_day=1)))
    given = house.take()
    house.sign_in("counter-1", "clerk-1")
    for command in (c.CallNext(), c.Arrive(given.ticket), c.Complete(given.ticket)):
        house.send("counter-1", command)
    refused(house.ask(), USED_UP)


# What screens say before anybody asks.


def load(house: House) -> dict[str, ServiceLoad]:
    """What a kiosk was told last."""
    published = dict(house.hall.everything(Epoch(1)))["jiaohao/load"]
    assert isinstance(published, HallLoad)
    return {str(service): each for service, each in published.services.items()}


def news(house: House) -> HallLoad | None:
    found = dict(house.hall.changed_counts(Epoch(1))).get("jiaohao/load")
    assert found is None or isinstance(found, HallLoad)
    return found


def test_a_change_by_time_alone_is_published_with_a_version_that_rises() -> None:
    house = House(wall_ms=local_ms(23, 8, 59))
    first = news(house)
    assert first is not None
    assert first.services[ServiceId("a")].status is ServiceStatus.CLOSED
    assert first.services[ServiceId("a")].again_at_ms == local_ms(23, 9)
    lines = len(house.journal)
    house.go_to(local_ms(23, 8, 59) + 30_000)
    assert news(house) is None
    house.go_to(local_ms(23, 9))
    second = news(house)
    assert second is not None
    assert second.services[ServiceId("a")].status is ServiceStatus.OPEN
    assert second.services[ServiceId("a")].again_at_ms is None
    assert second.version > first.version
    assert len(house.journal) == lines
    assert news(house) is None
    house.go_to(local_ms(23, 12))
    third = news(house)
    assert third is not None
    assert third.version > second.version
    house.take("b")
    fourth = news(house)
    assert fourth is not None
    assert fourth.version > third.version


def test_the_clock_is_compared_at_most_once_a_second() -> None:
    house = House(wall_ms=local_ms(23, 9) - 100)
    news(house)
    house.pass_time(50)
    house.tick()
    house.pass_time(50)
    house.tick()
    assert news(house) is None
    house.pass_time(1_000)
    house.tick()
    assert news(house) is not None


def test_a_hall_that_has_not_looked_at_a_clock_gives_no_numbers() -> None:
    plan = office_plan()
    unborn = Hall(plan, KEY, check_password)
    said = dict(unborn.everything(Epoch(1)))["jiaohao/load"]
    assert isinstance(said, HallLoad)
    assert said.day is None
    assert {each.status for each in said.services.values()} == {ServiceStatus.CLOSED}


def test_the_same_load_keeps_its_version_however_often_it_is_said() -> None:
    house = House()
    said = [dict(house.hall.everything(Epoch(n)))["jiaohao/load"] for n in (1, 1, 2)]
    assert said[0] == said[1]
    assert all(isinstance(each, HallLoad) and each.version == 1 for each in said)


def test_what_a_kiosk_is_told_is_what_it_is_answered() -> None:
    """Through three days, every twenty minutes."""
    rules = ServiceRules(quota_morning=52, quota_afternoon=5, has_night_tickets=True)
    house = House(office_plan(rules), wall_ms=local_ms(23, 5))
    told = set()
    for minutes in range(0, 3 * 1_440, 20):
        house.go_to(local_ms(23, 5) + minutes * 60_000)
        said = load(house)["a"]
        told.add(said.status)
        reply = house.ask()
        if isinstance(reply, Reservation):
            assert said.status in (ServiceStatus.OPEN, ServiceStatus.NIGHT)
            assert reply.valid_from_ms == said.again_at_ms
        else:
            code = CLOSED if said.status is ServiceStatus.CLOSED else USED_UP
            refused(reply, code)
    assert told == set(ServiceStatus)

"""Numbers that a lost part of the journal may have given are not given again."""

import itertools

import pytest

from hallserver.domain import events as ev
from hallserver.domain.calendar import business_day
from hallserver.domain.numbering import Numbering
from hallserver.domain.plan import HallPlan
from hallserver.domain.rules import ServiceRules
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import BusinessDay, ClientId, ServiceId
from tests.helpers.counting_house import House, local_ms, office_plan, refused
from tests.helpers.halls import small_plan


def skip(house: House, count: int = 100) -> None:
    """As `jiaohao journal restore` writes it."""
    lost = ev.NumbersSkipped(count, house.now.wall_ms)
    house._record(ClientId("server"), None, lost)


def number(house: House, service: str = "a") -> str:
    return house.take(service).number


def test_every_series_goes_on_so_many_numbers_later_once() -> None:
    house = House()
    assert [number(house), number(house)] == ["A001", "A002"]
    skip(house)
    assert [number(house), number(house), number(house, "b")] == ["A103", "A104", "B101"]
    skip(house, 10)
    assert [number(house), number(house, "b"), number(house, "c")] == ["A115", "B112", "C111"]


def test_a_day_that_opens_after_it_begins_behind_what_may_have_been_given_on_it() -> None:
    """The journal ended yesterday; today's first numbers may be on paper all the same."""
    house = House(wall_ms=local_ms(23, 10))
    house.pass_time(local_ms(24, 10) - house.now.wall_ms)
    skip(house)
    house.tick()
    assert house.hall.day == "20261124"
    assert number(house) == "A101"
    house.go_to(local_ms(25, 10))
    assert number(house, "b") == "B101"  # of the night before: given ahead
    house.go_to(local_ms(26, 10))
    assert number(house, "b") == "B001"


def test_numbers_of_the_night_that_are_known_stay_and_the_others_are_skipped() -> None:
    plan = office_plan(ServiceRules(has_night_tickets=True))
    house = House(plan, wall_ms=local_ms(23, 20))
    assert number(house) == "A001"
    skip(house)
    assert number(house) == "A102"
    house.go_to(local_ms(24, 10))
    assert number(house) == "A203"


def test_a_series_that_may_be_used_up_gives_no_more() -> None:
    house = House()
    skip(house, 5_000)
    refused(house.ask("a"), RejectionCode.NUMBERS_USED_UP)


@pytest.mark.parametrize("counts", [(1,), (3, 4), (1, 1, 1)])
def test_whatever_is_skipped_no_number_comes_twice(counts: tuple[int, ...]) -> None:
    numbering, plan = Numbering(BusinessDay("20261123")), small_plan()
    service = plan.service(ServiceId("a"))
    given: list[int] = []
    for count in (*counts, 0):
        for _ in range(3):
            numbered = numbering.next_number(service)
            assert numbered is not None
            numbering.take(numbered.series, numbered.ordinal)
            given.append(numbered.ordinal)
        numbering.skip(count)
    assert given == sorted(set(given))
    gaps = [later - earlier - 1 for earlier, later in itertools.pairwise(given)]
    assert sorted(gap for gap in gaps if gap) == sorted(counts)


def test_it_is_said_again_for_as_long_as_its_numbers_may_be_of_the_day() -> None:
    plan: HallPlan = office_plan()
    house = House(plan, wall_ms=local_ms(23, 10))
    skip(house)
    for day in (24, 25, 26):
        house.go_to(local_ms(day, 10))
    said = [r.day for r in house.journal if isinstance(r.event, ev.NumbersSkipped)]
    assert said == ["20261123", "20261124"]
    assert business_day(local_ms(23, 10), plan.rules) == "20261123"

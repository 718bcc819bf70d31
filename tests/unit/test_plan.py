import pytest

from hallserver.domain.plan import (
    CallScreen,
    Clerk,
    Counter,
    Department,
    HallPlan,
    Rules,
    Service,
    Text,
    Zone,
    compress_ranges,
    with_clerks,
)
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CounterId,
    DepartmentId,
    HallId,
    ServiceId,
    ZoneId,
)

GROUND, UPPER = ZoneId("ground"), ZoneId("upper")
SHOP, TAX = ServiceId("shop"), ServiceId("tax")


def zone(zone_id, zh, en, floor):
    return Zone(zone_id, Text(zh, en), floor)


def service(service_id, prefix, at=GROUND):
    return Service(service_id, Text("事项", "Matter"), DepartmentId("d"), at, prefix, "sx")


def counter(number, *services, at=GROUND, floor=1):
    return Counter(CounterId(number), at, floor, services)


def hall(*counters, **changes):
    given = {
        "id": HallId("h"),
        "title": Text("大厅", "Hall"),
        "rules": Rules("Asia/Shanghai"),
        "zones": (zone(GROUND, "商事登记", "Business", 1), zone(UPPER, "民生事务", "Civil", 2)),
        "departments": (Department(DepartmentId("d"), Text("部门", "Department")),),
        "services": (service(SHOP, "A"), service(TAX, "B", UPPER)),
        "counters": counters,
    }
    return HallPlan(**given | changes)


def test_every_thing_is_found_by_its_id():
    screen = CallScreen(ClientId("callscreen-01"), (UPPER,), 2, Text("墙", "Wall"))
    plan = hall(counter(3, SHOP), callscreens=(screen,))
    assert plan.zone(UPPER).floor == 2
    assert plan.department(DepartmentId("d")).name.zh == "部门"
    assert plan.service(TAX).prefix == "B"
    assert plan.counter(CounterId(3)).services == (SHOP,)
    assert plan.callscreen(ClientId("callscreen-01")) is screen
    assert plan.callscreens_of(UPPER) == (screen,)
    assert plan.callscreens_of(GROUND) == ()


def test_an_id_from_outside_is_looked_for_without_an_error():
    plan = hall(counter(3, SHOP))
    assert plan.find_service(ServiceId("other")) is None
    assert plan.find_counter(CounterId(4)) is None
    assert plan.find_clerk(ClerkId("nobody")) is None
    with pytest.raises(KeyError):
        plan.service(ServiceId("other"))


def test_counters_of_a_service_keep_the_order_of_the_file():
    plan = hall(counter(9, TAX, SHOP), counter(2, SHOP), counter(5, TAX))
    assert [each.id for each in plan.counters_of(SHOP)] == [9, 2]
    assert [each.id for each in plan.counters_of(TAX)] == [9, 5]


def test_things_of_a_zone_and_of_a_department():
    plan = hall(counter(1, SHOP), counter(2, TAX, at=UPPER, floor=2))
    assert [each.id for each in plan.counters_in(UPPER)] == [2]
    assert [each.id for each in plan.services_in(GROUND)] == [SHOP]
    assert [each.id for each in plan.services_of(DepartmentId("d"))] == [SHOP, TAX]


def test_neighbouring_counters_are_named_as_one_range():
    plan = hall(*(counter(number, SHOP) for number in (33, 31, 32, 40)))
    assert plan.where_to_go(SHOP) == Text(
        "1楼 商事登记 31–33、40号窗口", "Floor 1, Business, windows 31–33, 40"
    )


def test_a_single_counter_is_named_in_the_singular():
    assert hall(counter(8, SHOP)).where_to_go(SHOP) == Text(
        "1楼 商事登记 8号窗口", "Floor 1, Business, window 8"
    )


def test_counters_in_two_zones_are_named_with_the_own_zone_first():
    plan = hall(counter(1, TAX), counter(7, TAX, at=UPPER, floor=2))
    assert plan.where_to_go(TAX) == Text(
        "2楼 民生事务 7号窗口；1楼 商事登记 1号窗口",
        "Floor 2, Civil, window 7; Floor 1, Business, window 1",
    )


def test_a_service_without_a_counter_still_names_its_zone():
    assert hall(counter(1, SHOP)).where_to_go(TAX) == Text("2楼 民生事务", "Floor 2, Civil")


@pytest.mark.parametrize(
    ("numbers", "runs"),
    [
        ((), ()),
        ((5,), ((5, 5),)),
        ((1, 2), ((1, 2),)),
        ((3, 1, 2, 7, 9, 8, 7), ((1, 3), (7, 9))),
        ((1, 3, 5), ((1, 1), (3, 3), (5, 5))),
    ],
)
def test_ranges_fold_neighbours_only(numbers, runs):
    assert compress_ranges(numbers) == runs


def test_a_counter_is_labelled_by_its_number_unless_it_has_a_label():
    assert counter(12, SHOP).label == Text("12号窗口", "Window 12")
    own = Counter(CounterId(12), GROUND, 1, (SHOP,), label=Text("综合", "All"))
    assert own.label == Text("综合", "All")


def test_the_last_number_of_a_series_follows_from_its_width():
    assert service(SHOP, "A").last == 999


@pytest.mark.parametrize("kind", ["zones", "departments", "services", "counters"])
def test_a_repeated_id_never_hides_a_thing(kind):
    plan = hall(counter(1, SHOP))
    with pytest.raises(ValueError, match="twice"):
        hall(counter(1, SHOP), **{kind: getattr(plan, kind)[:1] * 2})


def test_other_clerks_make_another_plan_of_the_same_hall():
    plan = hall(counter(1, SHOP))
    clerk = Clerk(ClerkId("clerk-01"), Text("李明", "Li Ming"), "0001", "scrypt$…")
    staffed = with_clerks(plan, [clerk])
    assert staffed.clerk(ClerkId("clerk-01")) is clerk
    assert plan.find_clerk(ClerkId("clerk-01")) is None
    assert staffed.counters_of(SHOP) == plan.counters_of(SHOP)
    with pytest.raises(ValueError, match="twice"):
        with_clerks(plan, [clerk, clerk])


def test_a_clerk_shows_neither_name_nor_hash_in_a_log():
    clerk = Clerk(ClerkId("clerk-01"), Text("李明", "Li Ming"), "0001", "scrypt$secret")
    shown = repr(hall(counter(1, SHOP), clerks=(clerk,)))
    assert "clerk-01" in shown
    assert "李明" not in shown
    assert "Li Ming" not in shown
    assert "secret" not in shown

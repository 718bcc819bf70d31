"""The example hall is a hall: it loads without a mistake and is as large as a real one."""

import bisect
from collections import Counter

import pytest

from hallserver.config import load_plan
from tests.helpers.hall_files import EXAMPLE


@pytest.fixture(scope="module")
def plan():
    return load_plan(EXAMPLE)


def test_the_hall_has_its_zones_departments_counters_kiosks_and_screens(plan):
    assert {zone.name.zh for zone in plan.zones} == {
        "项目建设",
        "公共服务",
        "商事登记",
        "民生事务",
        "24小时自助服务",
    }
    assert len(plan.departments) == 31
    windows = [counter for counter in plan.counters if not counter.rules.is_back_office]
    assert [counter.id for counter in windows] == list(range(1, 93))
    assert [counter.id for counter in plan.counters if counter not in windows] == [93, 94, 95]
    assert {counter.floor for counter in plan.counters} == {1, 2}
    assert len(plan.services) >= 60
    assert [kiosk.id for kiosk in plan.kiosks] == [f"kiosk-{n:02d}" for n in range(1, 31)]
    assert [screen.id for screen in plan.callscreens] == [
        f"callscreen-{n:02d}" for n in range(1, 26)
    ]


def test_three_comprehensive_counters_serve_many(plan):
    comprehensive = [counter for counter in plan.counters if counter.is_comprehensive]
    assert len(comprehensive) == 3
    for counter in comprehensive:
        departments = {plan.service(service).department for service in counter.services}
        assert len(counter.services) >= 10
        assert len(departments) >= 5
        assert "综合窗口" in counter.label.zh


def test_the_24_hour_zone_has_kiosks_and_no_counters(plan):
    assert plan.counters_in("self-service") == ()
    assert plan.services_in("self-service") == ()
    assert Counter(kiosk.zone for kiosk in plan.kiosks)["self-service"] >= 2


def test_every_zone_with_counters_has_kiosks_and_screens(plan):
    for zone in {counter.zone for counter in plan.counters}:
        assert plan.callscreens_of(zone)
        assert any(kiosk.zone == zone for kiosk in plan.kiosks)


def test_where_to_go_fits_a_ticket_and_stays_on_one_floor(plan):
    for service in plan.services:
        where = plan.where_to_go(service.id)
        assert len({counter.floor for counter in plan.counters_of(service.id)}) == 1
        assert where.zh.startswith(f"{plan.zone(service.zone).floor}楼 ")
        assert len(where.zh) <= 32
        assert len(where.en) <= 64


def test_no_password_hash_is_published_with_the_example(plan):
    assert plan.clerks == ()
    assert "scrypt$" not in EXAMPLE.read_text(encoding="utf-8")


# GB 2312-1980 sorts the characters of its first level (rows 16 to 55) by pinyin: these are the
# codes at which each initial begins. There are no syllables in i, u and v.
INITIALS = "abcdefghjklmnopqrstwxyz"
FIRST_CODES = [
    0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC, 0xC2E8,
    0xC4C3, 0xC5B6, 0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9, 0xD4D1,
]  # fmt: skip
LAST_CODE = 0xD7F9
READ_OTHERWISE = {"行": "x"}  # háng by order, but xíng in 通行证, 旅行社


def initial(char):
    """The initial of a character, "" when the order of the standard does not tell it."""
    if char.isdigit():
        return char
    if char in READ_OTHERWISE:
        return READ_OTHERWISE[char]
    code = int.from_bytes(char.encode("gb2312"), "big")
    if not FIRST_CODES[0] <= code <= LAST_CODE:
        return ""
    return INITIALS[bisect.bisect_right(FIRST_CODES, code) - 1]


def test_initials_are_those_of_the_chinese_name(plan):
    for service in plan.services:
        assert len(service.initials) == len(service.name.zh)
        for char, given in zip(service.name.zh, service.initials, strict=True):
            assert initial(char) in ("", given), service.name.zh

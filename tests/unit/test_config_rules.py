"""What a hall decides about its own order is read from its file, or named with what is wrong."""

from datetime import date

import pytest

from hallserver.config import notes, parse_plan
from hallserver.domain import rules as r
from hallserver.domain.plan import StaffTablet, Text, without_hours
from tests.helpers.hall_files import FULL_HALL, SMALL_HALL, changed, line_with, mistakes_of

OFFICE = (r.Period(540, 720), r.Period(780, 1020))


@pytest.fixture(scope="module")
def plan():
    return parse_plan(FULL_HALL.encode())


def loaded(old, new):
    return parse_plan(changed(old, new, FULL_HALL).encode())


def test_the_rules_of_the_hall_are_read(plan):
    assert plan.rules == r.Rules(
        timezone="Asia/Shanghai",
        business_day_starts=270,
        reinstate=r.ReinstatePlace.AFTER,
        reinstate_after=2,
        transfer_place=r.TransferPlace.KEPT,
        return_place=r.TransferPlace.HEAD,
        morning_report=495,
        policy="fair",
        schedule="office",
    )


def test_what_is_left_out_is_as_the_domain_has_it():
    plan = parse_plan(SMALL_HALL.encode())
    assert plan.rules == r.Rules("Asia/Shanghai", business_day_starts=270)
    assert {service.rules for service in plan.services} == {r.ServiceRules()}
    assert all(counter.rules == r.CounterRules() for counter in plan.counters)
    assert plan.holidays == r.Holidays()


def test_priority_classes_are_read_in_their_order(plan):
    assert plan.priorities == (
        r.PriorityClass("veteran", Text("退役军人", "Veterans")),
        r.PriorityClass("elderly", Text("老年人", "Elderly"), 65),
    )


def test_policies_are_read_and_ageing_can_be_switched_off(plan):
    assert plan.policies == (
        r.Policy("fair", r.Order.TARGET, r.Mix.RATIO, 3, 1, 1800),
        r.Policy("weighed", r.Order.WEIGHT, r.Mix.STRICT, ageing_s=None),
    )
    assert plan.policy_of(1).id == "fair"
    assert plan.policy_of(9).id == "weighed"


@pytest.mark.parametrize(
    ("written", "ordinary", "priority"),
    [('"1:1"', 1, 1), ('"2:9"', 2, 9), ("{ ordinary = 4, priority = 3 }", 4, 3)],
)
def test_a_ratio_is_written_in_two_ways(written, ordinary, priority):
    policy = loaded('ratio = "3:1"', f"ratio = {written}").policies[0]
    assert (policy.ordinary, policy.priority) == (ordinary, priority)


@pytest.mark.parametrize("written", ["0", "false"])
def test_ageing_is_off_by_nought_or_false(written):
    assert loaded("ageing_s = 1800", f"ageing_s = {written}").policies[0].ageing_s is None


def test_ageing_that_nobody_spoke_of_is_on():
    assert loaded("ageing_s = 1800\n", "").policies[0].ageing_s == r.Policy("").ageing_s


def test_days_go_before_groups_and_groups_before_every_day(plan):
    assert plan.schedules == (
        r.Schedule("office", (OFFICE,) * 4 + (OFFICE[:1], (), ()), 20, keeps_holidays=True),
        r.Schedule("long", ((r.Period(480, 1440),),) * 6 + ((),), 0, keeps_holidays=True),
    )
    week = (
        loaded(
            'workdays = ["09:00-12:00", "13:00-17:00"]\nfri = ["09:00-12:00"]',
            'daily = ["08:00-10:00"]\nweekend = ["11:00-12:00"]\nsun = ["13:00-17:00"]',
        )
        .schedules[0]
        .week
    )
    assert week == ((r.Period(480, 600),),) * 5 + ((r.Period(660, 720),), OFFICE[1:])


def test_the_rules_of_services_and_counters_are_read(plan):
    passport, invoice, _, _ = plan.services
    assert passport.rules == r.ServiceRules()
    assert invoice.rules == r.ServiceRules(
        schedule="office",
        quota_day=90,
        quota_morning=60,
        quota_afternoon=50,
        target_s=900,
        reinstate=r.ReinstatePlace.END,
        has_night_tickets=True,
        appointments=r.AppointmentRules(30, 2, 7, 10, 20),
    )
    assert plan.counter(8).rules == r.CounterRules(is_back_office=True)
    assert plan.counter(9).rules == r.CounterRules(
        "weighed", ("passport",), {"photo": 2, "passport": 1}
    )
    assert plan.clerks[0].permissions == {r.Permission.SUPERVISE}


def test_an_appointment_is_as_the_domain_has_it_where_nothing_is_said():
    full = "appointments = { slot_min = 30, capacity = 2, days_ahead = 7, early_min = 10,"
    service = loaded(full, "appointments = {").services[1]
    assert service.rules.appointments == r.AppointmentRules(late_min=20)


def test_tablets_consoles_and_gateways_are_read(plan):
    assert plan.guides == (StaffTablet("guide-01", Text("咨询台", "Desk")),)
    assert plan.consoles == (StaffTablet("console-01", Text("值班室", "Office")),)
    assert plan.gateways == (StaffTablet("gateway-01", Text("机房", "Server room")),)


def test_items_and_tidal_rules_are_read(plan):
    assert plan.items == (
        r.Item(
            "start-up",
            Text("开办企业", "Start a company"),
            (
                r.Step("invoice", r.StepKind.FRONT, 30),
                r.Step("review", r.StepKind.BACK, 240),
                r.Step("passport", r.StepKind.WINDOW),
            ),
            (Text("身份证", "Identity card"), Text("章程", "Articles")),
        ),
    )
    assert plan.tidal == (r.TidalRule("busy-photo", ("photo",), 1, 10, 1200),)


def test_steps_may_be_blocks_of_their_own_and_may_come_back_to_a_service():
    start = FULL_HALL.index("steps = [")
    end = FULL_HALL.index("]\n", start) + 2
    steps = "".join(
        f'[[item.steps]]\nservice = "{service}"\nkind = "{kind}"\n'
        for service, kind in (("invoice", "front"), ("review", "back"), ("invoice", "front"))
    )
    file = FULL_HALL[:start] + FULL_HALL[end:].replace("\n[[tidal]]", f"{steps}\n[[tidal]]")
    assert [step.service for step in parse_plan(file.encode()).items[0].steps] == [
        "invoice",
        "review",
        "invoice",
    ]


def test_a_service_of_back_offices_alone_is_not_for_visitors(plan):
    assert [service.id for service in plan.services if not plan.is_for_visitors(service.id)] == [
        "review"
    ]


def test_a_hall_without_hours_refuses_nobody_for_the_time_of_day(plan):
    opened = without_hours(plan)
    assert {opened.schedule_of(service.id) for service in opened.services} == {r.ALWAYS}
    assert {service.rules.quota_day for service in opened.services} == {None}
    assert opened.counters == plan.counters
    assert opened.services[1].rules.appointments == plan.services[1].rules.appointments


# The calendar.


def days(*spans):
    return {
        date(year, month, day)
        for year, month, first, last in spans
        for day in range(first, last + 1)
    }


# As the two documents say it, counted out by hand.
OFF_2025 = days(
    (2025, 1, 1, 1), (2025, 1, 28, 31), (2025, 2, 1, 4), (2025, 4, 4, 6), (2025, 5, 1, 5),
    (2025, 5, 31, 31), (2025, 6, 1, 2), (2025, 10, 1, 8),
)  # fmt: skip
OFF_2026 = days(
    (2026, 1, 1, 3), (2026, 2, 15, 23), (2026, 4, 4, 6), (2026, 5, 1, 5), (2026, 6, 19, 21),
    (2026, 9, 25, 27), (2026, 10, 1, 7),
)  # fmt: skip


def test_the_calendar_of_china_is_as_published_and_the_hall_adds_its_own_days(plan):
    assert plan.holidays.days_off == (OFF_2025 | OFF_2026 | days((2026, 3, 2, 2))) - days(
        (2026, 1, 3, 3)
    )
    assert plan.holidays.known_until == 2026
    alone = loaded("days_off = [2026-03-02]\nworking_days = [2026-01-03]\n", "")
    assert alone.holidays.days_off == OFF_2025 | OFF_2026
    assert len(OFF_2025) == 1 + 8 + 3 + 5 + 3 + 8
    assert len(OFF_2026) == 3 + 9 + 3 + 5 + 3 + 3 + 7


def test_make_up_days_are_weekend_days_near_a_holiday():
    holidays = loaded("days_off = [2026-03-02]\nworking_days = [2026-01-03]\n", "").holidays
    assert len(holidays.working_days) == 5 + 6
    assert all(day.weekday() >= 5 for day in holidays.working_days)
    assert not holidays.working_days & holidays.days_off
    nearest = {
        min(abs((day - off).days) for off in holidays.days_off) for day in holidays.working_days
    }
    assert max(nearest) <= 11


def test_a_hall_may_close_on_an_official_working_day(plan):
    closed = loaded("days_off = [2026-03-02]", "days_off = [2026-02-14]")
    assert date(2026, 2, 14) in plan.holidays.working_days
    assert date(2026, 2, 14) not in closed.holidays.working_days
    assert date(2026, 2, 14) in closed.holidays.days_off


def test_the_check_tells_how_far_the_calendar_reaches(plan):
    assert notes(plan) == (
        "the calendar of holidays reaches to the end of 2026; later years are plain weeks",
    )
    (note,) = notes(loaded('holidays = "china"\n', ""))
    assert note.startswith("no calendar of holidays")
    assert notes(parse_plan(SMALL_HALL.encode())) == ()


# What is wrong.

WRONG_VALUES = [
    ('policy = "fair"\nsch', 'policy = "fare"\nsch', "rules.policy", "no policy", '"fair"'),
    ('schedule = "office"\nre', 'schedule = "ofice"\nre', "rules.schedule", "no schedule", "off"),
    ('reinstate = "after"', 'reinstate = "afer"', "rules.reinstate", "not known", '"after"'),
    ("reinstate_after = 2", "reinstate_after = 0", "rules.reinstate_after", "between 1", None),
    ('transfer_place = "kept"', "transfer_place = 1", "rules.transfer_place", "text", None),
    ('"08:15"', '"8:15"', "rules.morning_report", "time of day", None),
    ("min_age = 65", "min_age = 121", "priority[2].min_age", "between 1 and 120", None),
    ("min_age = 65", "min_age = 0", "priority[2].min_age", "between 1 and 120", None),
    ('order = "target"', 'order = "targets"', "policy[1].order", "not known", '"target"'),
    ('mix = "ratio"', 'mix = "rato"', "policy[1].mix", "not known", '"ratio"'),
    ('mix = "ratio"', 'mix = "strict"', "policy[1].ratio", "not used", 'mix = "ratio"'),
    ('"3:1"', '"3-1"', "policy[1].ratio", "not a ratio", '"2:1"'),
    ('"3:1"', '"10:1"', "policy[1].ratio", "not a ratio", None),
    ('"3:1"', '"0:1"', "policy[1].ratio", "not a ratio", None),
    ('"3:1"', "3", "policy[1].ratio", "must be text", '"2:1"'),
    ('"3:1"', "{ ordinary = 3 }", "policy[1].ratio.priority", "missing", None),
    ("ageing_s = 1800", "ageing_s = 59", "policy[1].ageing_s", "between 60", None),
    ("ageing_s = 1800", "ageing_s = true", "policy[1].ageing_s", "true or false", None),
    ('fri = ["09:00-12:00"]', 'fri = ["9:00-12:00"]', "schedule[1].fri[1]", "period", "09:00-"),
    ('fri = ["09:00-12:00"]', 'fri = "09:00-12:00"', "schedule[1].fri", "a list", "brackets"),
    ('fri = ["09:00-12:00"]', "fri = [9]", "schedule[1].fri[1]", "must be text", "09:00-12:00"),
    ('fri = ["09:00-12:00"]', 'fri = ["12:00-09:00"]', "schedule[1].fri[1]", "ends before", "two"),
    ('fri = ["09:00-12:00"]', 'fri = ["09:00-24:01"]', "schedule[1].fri[1]", "period", None),
    (
        'fri = ["09:00-12:00"]',
        'fri = ["09:00-12:00", "11:59-13:00"]',
        "schedule[1].fri[2]",
        "begins before",
        "order",
    ),
    (
        'fri = ["09:00-12:00"]',
        'fri = ["13:00-14:00", "09:00-12:00"]',
        "schedule[1].fri[2]",
        "begins before",
        "order",
    ),
    ("last_ticket_min = 20", "last_ticket_min = 180", "schedule[1].last_ticket_min", "180", None),
    ('daily = ["08:00-24:00"]', "daily = []", "schedule[2]", "never open", "workdays"),
    ('"china"', '"chian"', "calendar.holidays", "not known", '"china"'),
    ("[2026-03-02]", '["2026-03-02"]', "calendar.days_off[1]", "a date", "without quotes"),
    ("[2026-03-02]", "[2026-03-02T09:00:00]", "calendar.days_off[1]", "date with time", None),
    (
        "[2026-03-02]",
        "[2026-01-03]",
        "calendar.working_days[1]",
        "also one of the days off",
        "leave",
    ),
    (
        'schedule = "office"\nquota',
        'schedule = "offfice"\nquota',
        "service[2].schedule",
        "no s",
        '"',
    ),
    ("quota_day = 90", "quota_day = 0", "service[2].quota_day", "between 1", None),
    ("quota_day = 90", "quota_day = 55", "service[2].quota_morning", "more than quota_day", None),
    ("quota_day = 90", "quota_day = 111", "service[2].quota_day", "cannot be reached", "leave"),
    (
        "quota_day = 90\nquota_morning = 60\nquota_afternoon = 50",
        "quota_day = 9900",
        "service[2].quota_day",
        "more than the 9899 numbers from 101 with 4 digits",
        "width",
    ),
    ("night_tickets = true", "night_tickets = 1", "service[2].night_tickets", "true or", None),
    ("target_s = 900", "target_s = 59", "service[2].target_s", "between 60", None),
    ("slot_min = 30", "slot_min = 4", "service[2].appointments.slot_min", "between 5", None),
    ("slot_min = 30", "slot_min = 35", "service[2].appointments.slot_min", "09:00-12:00", "divide"),
    ("capacity = 2", "capcity = 2", "service[2].appointments.capcity", "known", '"capacity"'),
    ('["passport"]\nweights', '["pasport"]\nweights', "counter[5].green_channel[1]", "no ser", '"'),
    (
        '["passport"]\nweights',
        '["invoice"]\nweights',
        "counter[5].green_channel[1]",
        '"invoice" is not one of this counter\'s services',
        "known here: passport, photo",
    ),
    ("photo = 2", "foto = 2", "counter[5].weights.foto", 'no service "foto"', '"photo"'),
    ("photo = 2", "invoice = 2", "counter[5].weights.invoice", "not one of", None),
    ("photo = 2", "photo = 0", "counter[5].weights.photo", "between 1 and 100", None),
    ("{ photo = 2, passport = 1 }", "{}", "counter[5].weights", "is empty", None),
    ("{ photo = 2, passport = 1 }", "2", "counter[5].weights", "a table", None),
    ('policy = "weighed"', 'policy = "wieghed"', "counter[5].policy", "no policy", '"weighed"'),
    ('policy = "weighed"', 'policy = "fair"', "counter[5].weights", "not used", "weight"),
    ('policy = "weighed"\n', "", "counter[5].weights", "not used", "weight"),
    ('["supervise"]', '["supervize"]', "clerk[1].permissions[1]", "not known", '"supervise"'),
    ('"guide-01"', '"guide"', "guide[1].id", '"guide-01"', None),
    ('"gateway-01"', '"gateway-1234"', "gateway[1].id", '"gateway-01"', None),
    ('service = "review"', 'service = "reviev"', "item[1].steps[2].service", "no serv", '"review"'),
    ('kind = "front"', 'kind = "frnt"', "item[1].steps[1].kind", "not known", '"front"'),
    ("promised_min = 240", "promised_min = 0", "item[1].steps[2].promised_min", "between", None),
    ('kind = "front"', 'kind = "back"', "item[1].steps[1].kind", "visitors come to", "front"),
    (
        '"passport", kind = "window"',
        '"passport", kind = "back"',
        "item[1].steps[3].service",
        'no back-office counter serves "passport", only an ordinary one',
        "this step is back",
    ),
    (
        '"passport", kind = "window"',
        '"review", kind = "window"',
        "item[1].steps[3].service",
        'no ordinary counter serves "review", only a back-office one',
        "this step is window",
    ),
    ('{ service = "passport", kind = "window" }', "1", "item[1].steps[3]", "a table", "service ="),
    ('services = ["review"]', 'services = ["invoice"]', "counter[4].services[1]", "no back", None),
    ("counter = 1\n", "counter = 3\n", "tidal[1].counter", "there is no counter 3", None),
    ("counter = 1\n", "counter = 8\n", "tidal[1].counter", "is a back office", None),
    ("counter = 1\n", "counter = 2\n", "tidal[1].services[1]", 'belongs to zone "ground"', "compr"),
    ('["photo"]\ncounter', '["foto"]\ncounter', "tidal[1].services[1]", "no service", '"photo"'),
    ('["photo"]\ncounter', '["passport"]\ncounter', "tidal[1].services[1]", "already", None),
    ("waiting_over = 10", "waiting_over = 0", "tidal[1].waiting_over", "between 1", None),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "text", "hint"),
    WRONG_VALUES,
    ids=[f"{place} {new[:24]!r}" for _, new, place, _, _ in WRONG_VALUES],
)
def test_a_wrong_rule_is_named_with_its_place_and_line(old, new, place, text, hint):
    file = changed(old, new, FULL_HALL)
    by_place = {each.place: each for each in mistakes_of(file)}
    mistake = by_place[place]
    assert text in mistake.text
    assert hint is None or hint in mistake.hint
    block = place.partition(".")[0]
    table, _, number = block.partition("[")
    heads = [n for n, line in enumerate(file.splitlines(), 1) if f"[{table}]" in line]
    assert mistake.line >= heads[int(number.rstrip("]")) - 1 if number else 0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("counter = 1\n", "counter = 7\n"),  # a comprehensive counter goes to any zone
        ('[{ zh = "身份证"', '[{ zh = "章程"'),  # another material: its English name differs
        ("slot_min = 30", "slot_min = 60"),
        ("quota_day = 90", "quota_day = 110"),
        ("last_ticket_min = 20", "last_ticket_min = 179"),
        ('fri = ["09:00-12:00"]', "fri = []"),
        ('mix = "strict"', 'mix = "ratio"'),
        ('"3:1"', '"9:9"'),
    ],
)
def test_what_is_just_right_is_taken(old, new):
    assert mistakes_of(changed(old, new, FULL_HALL)) == ()


def test_half_a_day_that_is_never_open_has_no_quota():
    file = changed(
        'workdays = ["09:00-12:00", "13:00-17:00"]', 'daily = ["13:00-17:00"]', FULL_HALL
    )
    file = changed('fri = ["09:00-12:00"]\n', "", file)
    places = {each.place: each for each in mistakes_of(file)}
    assert places.keys() == {"service[2].quota_morning"}
    assert "never open" in places["service[2].quota_morning"].text


def test_night_tickets_need_a_night():
    file = changed('schedule = "office"\nquota', 'schedule = "always"\nquota', FULL_HALL)
    (mistake,) = mistakes_of(file)
    assert mistake.place == "service[2].night_tickets"
    assert mistake.line == line_with(file, "night_tickets")
    assert "never closes" in mistake.text


@pytest.mark.parametrize("key", ["appointments = {}", "night_tickets = true"])
def test_nobody_comes_to_a_back_office(key):
    file = changed('id = "review"\n', f'id = "review"\n{key}\n', FULL_HALL)
    file = (
        changed("appointments = {}", "appointments = { capacity = 1 }", file)
        if "{" in key
        else file
    )
    (mistake,) = mistakes_of(file)
    assert mistake.place == f"service[3].{key.partition(' ')[0]}"
    assert "visitors do not come" in mistake.text


def test_an_item_that_is_wrong_makes_its_back_office_no_second_mistake():
    file = changed('kind = "back"', 'kind = "bakc"', FULL_HALL)
    assert [each.place for each in mistakes_of(file)] == ["item[1].steps[2].kind"]


def test_many_wrong_rules_are_all_named_in_the_order_of_their_lines():
    file = FULL_HALL
    changes = (
        ('reinstate = "after"', 'reinstate = "afer"'),
        ("quota_day = 90", "quota_day = 55"),
        ('["passport"]\nweights', '["invoice"]\nweights'),
        ("min_age = 65", "min_age = 121"),
        ('"3:1"', '"3-1"'),
        ("last_ticket_min = 20", "last_ticket_min = 999"),
        ('"china"', '"cnina"'),
        ('service = "review"', 'service = "reviev"'),
        ("counter = 1\n", "counter = 8\n"),
    )
    for old, new in changes:
        file = changed(old, new, file)
    assert [each.place for each in mistakes_of(file)] == [
        "rules.reinstate",
        "service[2].quota_morning",
        "counter[4].services[1]",
        "counter[5].green_channel[1]",
        "priority[2].min_age",
        "policy[1].ratio",
        "schedule[1].last_ticket_min",
        "calendar.holidays",
        "item[1].steps[2].service",
        "tidal[1].counter",
    ]

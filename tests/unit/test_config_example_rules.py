"""The example hall uses the rules as a hall would, and nobody is refused at night in a demo."""

import pytest

from hallserver.config import load_plan
from hallserver.domain import rules as r
from hallserver.domain.plan import without_hours
from tests.helpers.hall_files import EXAMPLE


@pytest.fixture(scope="module")
def plan():
    return load_plan(EXAMPLE)


def test_four_classes_are_called_sooner_and_the_elderly_by_their_age(plan):
    assert [(each.id, each.min_age) for each in plan.priorities] == [
        ("military", None),
        ("disabled", None),
        ("pregnant", None),
        ("elderly", 65),
    ]


def test_every_policy_and_schedule_of_the_file_is_used(plan):
    assert {plan.policy_of(counter.id).id for counter in plan.counters} == {
        policy.id for policy in plan.policies
    }
    assert {plan.schedule_of(service.id).id for service in plan.services} == {
        schedule.id for schedule in plan.schedules
    }


def test_everybody_is_called_in_the_end_and_two_come_before_one(plan):
    for counter in plan.counters:
        policy = plan.policy_of(counter.id)
        assert policy.ageing_s is not None
        assert policy.mix is not r.Mix.RATIO or (policy.ordinary, policy.priority) == (2, 1)


def test_what_is_open_through_lunch_has_a_comprehensive_counter(plan):
    through = [
        service
        for service in plan.services
        if any(p.begins < 720 and p.ends > 780 for p in plan.schedule_of(service.id).week[0])
    ]
    assert len(through) >= 5
    for service in through:
        assert any(counter.is_comprehensive for counter in plan.counters_of(service.id))


def test_items_have_three_or_four_steps_with_a_review_by_a_back_office_of_its_own(plan):
    assert {item.name.zh for item in plan.items} == {"开办企业", "新生儿出生", "企业职工退休"}
    for item in plan.items:
        kinds = [step.kind for step in item.steps]
        assert 3 <= len(kinds) <= 4
        assert kinds[0] is r.StepKind.FRONT
        assert kinds.count(r.StepKind.BACK) == 1
        assert kinds[-1] is r.StepKind.WINDOW
        assert item.materials
    back = [counter for counter in plan.counters if counter.rules.is_back_office]
    reviews = {s.service for item in plan.items for s in item.steps if s.kind is r.StepKind.BACK}
    assert {service for counter in back for service in counter.services} == reviews
    assert not any(plan.is_for_visitors(service) for service in reviews)


def test_some_services_have_appointments_quotas_and_night_tickets(plan):
    rules = [service.rules for service in plan.services]
    assert sum(each.appointments is not None for each in rules) >= 6
    assert sum(each.quota_day is not None for each in rules) >= 5
    assert sum(each.has_night_tickets for each in rules) >= 5
    assert any(each.quota_morning and each.quota_afternoon for each in rules)


def test_there_is_a_tablet_a_console_a_gateway_and_two_tidal_rules(plan):
    assert (len(plan.guides), len(plan.consoles), len(plan.gateways)) == (1, 1, 1)
    assert len(plan.tidal) == 2


def test_a_demo_at_three_in_the_night_finds_every_service_open(plan):
    opened = without_hours(plan)
    for service in opened.services:
        week = opened.schedule_of(service.id).week
        assert all(any(p.begins <= 180 < p.ends for p in day) for day in week)
        assert service.rules.quota_day is None

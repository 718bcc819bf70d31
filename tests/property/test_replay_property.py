"""Re-enacted under the policy that it was played by, a day without pauses is the same day."""

from collections import Counter as Tally
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.domain.rules import Mix, Order, Policy
from hallserver.replay.enact import enact
from hallserver.replay.record import Wait, record
from tests.helpers.eager import EagerDay
from tests.helpers.eventful import EventfulDay, eventful_plan

seeds = st.integers(0, 2**32)


def told_by(journal: list[ev.Recorded]) -> Tally[Wait]:
    """The waits of a day, read off its events by hand. Nobody was sent on or called in vain."""
    waits: Tally[Wait] = Tally()
    service: dict[str, str] = {}
    priority: dict[str, str | None] = {}
    since: dict[str, int] = {}
    for line in journal:
        match line.event:
            case ev.TicketReserved():
                service[line.event.ticket] = line.event.service
                priority[line.event.ticket] = None
            case ev.PriorityGranted():
                priority[line.event.ticket] = line.event.priority
            case ev.TicketPrinted() | ev.TicketReinstated():
                since[line.event.ticket] = line.elapsed_ms
            case ev.TicketCalled():
                ticket = line.event.ticket
                waited = line.elapsed_ms - since.pop(ticket)
                waits[Wait(service[ticket], priority[ticket], waited)] += 1
            case ev.TicketCancelled():
                ticket = line.event.ticket
                del since[ticket]
                waits[Wait(service[ticket], priority[ticket], None)] += 1
    for ticket in since:
        waits[Wait(service[ticket], priority[ticket], None)] += 1
    return waits


def eager_day(seed: int) -> EagerDay:
    plan = eventful_plan(Random(seed))
    day = EagerDay(replace(plan, clerks=plan.clerks[: len(plan.counters)]), seed)
    day.play()
    return day


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_day_without_pauses_is_enacted_as_it_was(seed: int) -> None:
    day = eager_day(seed)
    recorded = record(day.plan, day.played.journal)
    wanted = told_by(day.played.journal)
    assert Tally(recorded.waits()) == wanted
    assert Tally(enact(recorded, day.plan, day.plan.policy_of)) == wanted


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_whatever_the_policy_everybody_waits_once_for_each_time_in_line(seed: int) -> None:
    day = EventfulDay(seed)
    day.play(250)
    plan = day.played.plan
    recorded = record(plan, day.played.journal)
    people = Tally(wait.service for wait in recorded.waits())
    for order, mix in ((Order.FIRST_COME, Mix.NONE), (Order.TARGET, Mix.RATIO)):
        policy = Policy("tried", order, mix)
        enacted = enact(recorded, plan, lambda _, policy=policy: policy)
        assert Tally(wait.service for wait in enacted) <= people
        assert all(wait.waited_ms is None or wait.waited_ms >= 0 for wait in enacted)


def test_such_days_have_people_who_give_up_and_people_who_come_back() -> None:
    kinds: Tally[str] = Tally()
    classes = set()
    for seed in range(10):
        day = eager_day(seed)
        kinds.update(type(line.event).__name__ for line in day.played.journal)
        classes |= {wait.priority for wait in record(day.plan, day.played.journal).waits()}
    assert kinds["TicketCancelled"] > 5
    assert kinds["TicketReinstated"] > 5
    assert len(classes) == 3

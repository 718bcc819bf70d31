"""With ageing on nobody starves, whatever crowd of veterans keeps coming: in a whole hall."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.domain.policy import CallReason
from hallserver.domain.rules import TransferPlace
from hallserver.domain.state import HallState
from hallserver.domain.ticket import Ticket
from hallserver.protocol import commands as c
from hallserver.protocol.ids import CounterId, TicketId
from hallserver.protocol.replies import TicketAtCounter
from hallserver.protocol.states import TicketState
from tests.helpers.eventful import CLASSES, COUNTERS, EventfulDay, eventful_plan, shadow

LIMIT_S = 600


def ageing_day(seed: int) -> EventfulDay:
    """A hall with rules of all kinds, and ageing at every counter.

    Who comes back from another counter waits anew there: nobody brings a longer waiting along.
    """
    plan = eventful_plan(Random(seed))
    policies = tuple(replace(policy, ageing_s=LIMIT_S) for policy in plan.policies)
    rules = replace(plan.rules, return_place=TransferPlace.END)
    day = EventfulDay(seed, replace(plan, policies=policies, rules=rules))
    day.play(120)
    return day


def may_call(state: HallState, counter: CounterId, ticket: Ticket) -> bool:
    if ticket.for_counter is not None:
        return ticket.for_counter == counter
    return ticket.service in state.services_of(counter)


def waiting(state: HallState) -> list[Ticket]:
    return [each for each in state.tickets.values() if each.state is TicketState.WAITING]


def let_veterans_come(day: EventfulDay) -> None:
    day.send("kiosk-01", c.ReserveTicket(service=day.some_service()))
    newest = day.given[-1]
    day.send("console-01", c.GrantPriority(number=newest.number, priority=CLASSES[0]))
    day.send("kiosk-01", c.ConfirmPrinted(ticket=newest.ticket))


def serve(day: EventfulDay, counter: int) -> TicketId | None:
    """Call the next at a free counter and complete the service."""
    terminal = f"counter-{counter}"
    called = day.played.send(terminal, c.CallNext())
    if not isinstance(called, TicketAtCounter):
        return None
    day.send(terminal, c.Arrive(ticket=called.ticket))
    day.send(terminal, c.Complete(ticket=called.ticket))
    return called.ticket


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_who_has_waited_long_is_called_after_as_many_calls_as_people_at_most(seed: int) -> None:
    day = ageing_day(seed)
    state = day.played.hall.state
    for number, _ in COUNTERS:
        active = state.desks[CounterId(number)].active
        if active is not None:
            day.send(f"counter-{number}", c.Arrive(ticket=active))
            day.send(f"counter-{number}", c.Complete(ticket=active))
    day.played.pass_time((LIMIT_S + 7200) * 1000)  # appointments have begun by then as well
    day.played.tick()
    aged = {ticket.id: 0 for ticket in waiting(state)}
    people = len(aged)
    for _ in range(people * len(COUNTERS)):
        let_veterans_come(day)
        counter = day.chance.randint(1, len(COUNTERS))
        could = [each for each in waiting(state) if may_call(state, CounterId(counter), each)]
        called = serve(day, counter)
        for ticket in could:
            if ticket.id in aged:
                aged[ticket.id] += 1
                assert aged[ticket.id] <= people
        if any(ticket.id in aged for ticket in could):
            assert called in aged
        aged.pop(called or TicketId(""), None)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_nobody_is_called_while_somebody_who_has_waited_too_long_could_be(seed: int) -> None:
    day = ageing_day(seed)
    again = shadow(day.played.plan)
    for line in day.played.journal:
        event = line.event
        if isinstance(event, ev.TicketCalled) and event.reason is not CallReason.BY_CLERK:
            it = again.state.tickets[event.ticket]
            for other in waiting(again.state):
                waited_ms = line.elapsed_ms - other.waiting.counts_from_ms
                if waited_ms >= LIMIT_S * 1000 and may_call(again.state, event.counter, other):
                    assert event.reason is CallReason.AGED
                    assert it.waiting.counts_from_ms <= other.waiting.counts_from_ms
        again.apply(line)

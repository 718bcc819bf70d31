"""Every explanation of every call is true: checked against the hall as it was just before the call.

The oracle folds the journal up to the call and looks; it knows nothing of what the hall has noted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.domain.explain import SENTENCES, explain
from hallserver.domain.policy import CallReason
from hallserver.domain.rules import Mix, Order
from hallserver.domain.state import HallState
from hallserver.domain.ticket import AT_COUNTER, Ticket
from hallserver.domain.why import Claim, claim
from hallserver.protocol.ids import ServiceId, TicketId
from hallserver.protocol.states import TicketState
from tests.helpers.eventful import EventfulDay, shadow

PLACED = (ev.TicketReinstated, ev.TicketTransferred, ev.TicketReturned, ev.StepCompleted)


@dataclass
class Moment:
    """The hall just before a call, and all that had been recorded until then."""

    state: HallState
    journal: list[ev.Recorded]
    called: ev.TicketCalled
    now: int
    turn: int

    def ticket(self, ticket: TicketId) -> Ticket:
        return self.state.tickets[ticket]

    @property
    def it(self) -> Ticket:
        return self.ticket(self.called.ticket)

    @property
    def limit(self) -> int:
        assert self.called.policy.ageing_s is not None
        return self.called.policy.ageing_s * 1000

    def wait(self, one: Ticket) -> int:
        """How long somebody has waited; for an appointment at most since its beginning."""
        began = one.since_ms
        if one.due_ms is not None and one.for_counter is None:
            began = max(began, one.due_ms)
        return self.now - began

    def may_be_called(self, one: Ticket) -> bool:
        counter = self.called.counter
        if one.state is not TicketState.WAITING:
            return False
        if one.for_counter is not None:
            return one.for_counter == counter
        return one.service in self.state.services_of(counter)

    def rank(self, one: Ticket) -> float:
        ids = [each.id for each in self.state.plan.priorities]
        return len(ids) if one.priority is None else ids.index(one.priority)

    def longest(self, one: Ticket) -> int:
        """The longest wait for somebody's service, among those of the same turn."""
        is_mixed = self.called.policy.mix is Mix.NONE
        return max(
            self.wait(each)
            for each in self.state.tickets.values()
            if self.may_be_called(each)
            and each.for_counter is None
            and each.due_ms is None
            and each.service == one.service
            and (is_mixed or each.priority == one.priority)
        )

    def events_of(self, ticket: TicketId) -> list[ev.Event]:
        return [r.event for r in self.journal if getattr(r.event, "ticket", None) == ticket]

    def taken_at(self, ticket: TicketId) -> int:
        return next(
            r.seq
            for r in self.journal
            if isinstance(r.event, ev.TicketReserved) and r.event.ticket == ticket
        )

    def last_placed(self, ticket: TicketId) -> ev.Event:
        return [event for event in self.events_of(ticket) if isinstance(event, PLACED)][-1]


Check = Callable[[Moment, Ticket], bool]


def in_state(*states: TicketState) -> Check:
    return lambda _, other: other.state in states


def ahead(moment: Moment, other: Ticket) -> bool:
    return (moment.it.place, moment.it.id) < (other.place, other.id)


def green(moment: Moment, service: ServiceId) -> int:
    channel = moment.state.plan.counter(moment.called.counter).rules.green_channel
    return channel.index(service) if service in channel else len(channel)


def by_service(order: Order, share: Callable[[Moment, Ticket], float]) -> Check:
    def check(moment: Moment, other: Ticket) -> bool:
        assert moment.called.policy.order is order
        return moment.it.service != other.service and share(moment, moment.it) >= share(
            moment, other
        )

    return check


def target(moment: Moment, one: Ticket) -> float:
    return moment.longest(one) / moment.state.plan.service(one.service).rules.target_s


def weighted(moment: Moment, one: Ticket) -> float:
    weights = moment.state.plan.counter(moment.called.counter).rules.weights
    return moment.longest(one) * weights.get(one.service, 1)


def listed(moment: Moment, one: Ticket) -> float:
    return -moment.state.services_of(moment.called.counter).index(one.service)


def higher_class(moment: Moment, other: Ticket) -> bool:
    goes_by_class = (
        moment.called.policy.mix is not Mix.NONE or moment.called.reason is CallReason.GREEN_CHANNEL
    )
    return goes_by_class and moment.rank(moment.it) < moment.rank(other)


def turn_of(reason: CallReason) -> Check:
    def check(moment: Moment, other: Ticket) -> bool:
        is_ordinary = moment.turn < moment.called.policy.ordinary
        return (
            moment.called.policy.mix is Mix.RATIO
            and moment.called.reason is reason
            and is_ordinary == (reason is CallReason.ORDINARY_TURN)
            and (moment.it.priority is None) == is_ordinary
            and (other.priority is None) != is_ordinary
        )

    return check


GONE: dict[Claim, Check] = {
    Claim.NO_PAPER: in_state(TicketState.RESERVED),
    Claim.AT_A_COUNTER: in_state(*AT_COUNTER),
    Claim.PARKED: in_state(TicketState.PARKED),
    Claim.MISSED: in_state(TicketState.NO_SHOW),
    Claim.COMPLETED: in_state(TicketState.COMPLETED),
    Claim.OVER: in_state(TicketState.VOIDED, TicketState.CANCELLED, TicketState.EXPIRED),
    Claim.OTHER_SERVICE: lambda m, o: (
        o.state is TicketState.WAITING
        and o.for_counter is None
        and o.service not in m.state.services_of(m.called.counter)
    ),
    Claim.OTHER_COUNTER: lambda m, o: (
        o.state is TicketState.WAITING and o.for_counter not in (None, m.called.counter)
    ),
}
DECIDED: dict[Claim, Check] = {
    Claim.AGED: lambda m, o: m.wait(m.it) >= m.limit > m.wait(o),
    Claim.AGED_LONGER: lambda m, o: m.wait(m.it) >= m.wait(o) >= m.limit,
    Claim.ADDRESSED: lambda m, o: m.it.for_counter == m.called.counter and o.for_counter is None,
    Claim.APPOINTMENT: lambda m, o: (
        m.it.due_ms is not None and m.it.due_ms <= m.now and o.due_ms is None
    ),
    Claim.EARLIER_APPOINTMENT: lambda m, o: (m.it.due_ms or 0) < (o.due_ms or 0),
    Claim.APPOINTMENT_TO_COME: lambda m, o: o.due_ms is not None and o.due_ms > m.now,
    Claim.GREEN_CHANNEL: lambda m, o: green(m, m.it.service) < green(m, o.service),
    Claim.CLASS: higher_class,
    Claim.PRIORITY_TURN: turn_of(CallReason.PRIORITY_TURN),
    Claim.ORDINARY_TURN: turn_of(CallReason.ORDINARY_TURN),
    Claim.SERVICE_ORDER: by_service(Order.SERVICE_ORDER, listed),
    Claim.TARGET: by_service(Order.TARGET, target),
    Claim.WEIGHT: by_service(Order.WEIGHT, weighted),
}
IN_LINE: dict[Claim, Check] = {
    Claim.TAKEN_EARLIER: lambda m, o: m.taken_at(m.it.id) < m.taken_at(o.id),
    Claim.REINSTATED_BEHIND: lambda m, o: isinstance(m.last_placed(o.id), ev.TicketReinstated),
    Claim.SENT_BEHIND: lambda m, o: isinstance(m.last_placed(o.id), PLACED[1:]),
    Claim.CAME_BACK_AHEAD: lambda m, _: any(
        isinstance(event, ev.TicketCalled) for event in m.events_of(m.it.id)
    ),
    Claim.AHEAD: lambda *_: True,
}


def moments(day: EventfulDay) -> Iterator[Moment]:
    """Fold the day once more, and stop before every call."""
    hall, journal = shadow(day.played.plan), day.played.journal
    for index, recorded in enumerate(journal):
        if isinstance(recorded.event, ev.TicketCalled):
            turn = hall.state.desks[recorded.event.counter].turn
            yield Moment(hall.state, journal[:index], recorded.event, recorded.elapsed_ms, turn)
        hall.apply(recorded)


def check(moment: Moment, other: TicketId, said: Claim) -> None:
    if said is Claim.NOT_TAKEN:
        assert other not in moment.state.tickets
        return
    ticket = moment.ticket(other)
    if said is Claim.BY_CLERK:
        assert ticket.state is TicketState.WAITING
        assert moment.called.reason is CallReason.BY_CLERK
        assert moment.called.wish is not None
        return
    if said in GONE:
        assert GONE[said](moment, ticket)
        return
    assert moment.may_be_called(ticket), "the others are said of those who could have been called"
    if said in DECIDED:
        assert DECIDED[said](moment, ticket)
    else:
        assert ahead(moment, ticket)
        assert IN_LINE[said](moment, ticket)


def explained(day: EventfulDay) -> Iterator[tuple[Moment, TicketId, Claim]]:
    """Everything that could be asked about a day, with what the hall claims at its end."""
    state = day.played.hall.state
    made = iter(
        sorted(
            (call for ticket in state.tickets for call in state.past.calls(ticket)),
            key=lambda call: call.seq,
        )
    )
    for moment in moments(day):
        call = next(made)
        assert call.ticket == moment.called.ticket
        for other in state.tickets:
            if other != call.ticket:
                yield moment, other, claim(state, call, other)
                text = explain(state, call, other)
                it = state.tickets[call.ticket].number
                for sentence in (text.zh, text.en):
                    assert it in sentence or state.tickets[other].number in sentence
                    assert "{" not in sentence
    assert next(made, None) is None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_said_of_any_call_and_any_other_number_is_true(seed: int) -> None:
    day = EventfulDay(seed)
    day.play(220)
    for moment, other, said in explained(day):
        check(moment, other, said)


def test_these_days_have_every_case() -> None:
    seen: set[Claim] = set()
    for seed in range(100):
        day = EventfulDay(seed)
        day.play(220)
        state = day.played.hall.state
        seen |= {
            claim(state, call, other)
            for ticket in state.tickets
            for call in state.past.calls(ticket)
            for other in state.tickets
            if other != ticket
        }
        if seen == set(Claim):
            return
    assert seen == set(Claim)


def test_there_is_a_sentence_for_every_claim_and_a_check() -> None:
    assert set(SENTENCES) == set(Claim)
    assert {*GONE, *DECIDED, *IN_LINE, Claim.NOT_TAKEN, Claim.BY_CLERK} == set(Claim)

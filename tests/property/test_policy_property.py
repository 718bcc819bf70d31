"""The policy and the lines together, against an oracle that looks at everybody who waits.

Everything happens to a real `HallState`; the rules of the machine are what can happen to a line.
"""

from collections import defaultdict, deque
from dataclasses import replace

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hallserver.domain.choosing import choose_at, upcoming_choices
from hallserver.domain.place import at_end
from hallserver.domain.policy import CallReason, Choice
from hallserver.domain.rules import CounterRules, Mix, Order, Policy, PriorityClass
from hallserver.domain.state import HallState
from hallserver.domain.ticket import Move, Ticket
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CounterId,
    PriorityId,
    ServiceId,
    TicketId,
    TicketNumber,
)
from hallserver.protocol.states import TicketState
from tests.helpers.halls import small_plan, text
from tests.helpers.slow_policy import Person, SlowDesk, in_order

CLASSES = ("veteran", "old")
SERVICES = {1: ("b", "a"), 2: ("b", "c"), 3: ("c", "a", "b")}
WEIGHTS = {"a": 3, "b": 1, "c": 2}
TARGETS = {"a": 10, "b": 30, "c": 20}
GREEN = {1: (), 2: ("c",), 3: ()}
IN_TURN = {CallReason.ORDINARY_TURN, CallReason.PRIORITY_TURN}
FROM_THE_POOL = IN_TURN | {
    CallReason.FIRST_COME,
    CallReason.SERVICE_ORDER,
    CallReason.TARGET,
    CallReason.WEIGHT,
    CallReason.PRIORITY,
}

policies = st.builds(
    Policy,
    st.just("drawn"),
    st.sampled_from(Order),
    st.sampled_from(Mix),
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from([None, 20, 60]),
)
counters = st.sampled_from(sorted(SERVICES))
crowds = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from([None, None, *CLASSES]), st.integers(0, 3)),
    min_size=8,
    max_size=12,
)


def hall(policy: Policy) -> HallState:
    plan = small_plan(tuple(SERVICES.items()))
    return HallState(
        replace(
            plan,
            rules=replace(plan.rules, policy=policy.id),
            policies=(policy,),
            priorities=tuple(PriorityClass(PriorityId(name), text(name)) for name in CLASSES),
            services=tuple(
                replace(service, rules=replace(service.rules, target_s=TARGETS[service.id]))
                for service in plan.services
            ),
            counters=tuple(
                replace(
                    counter,
                    rules=CounterRules(green_channel=GREEN[counter.id], weights=WEIGHTS),
                )
                for counter in plan.counters
            ),
        )
    )


class Lines(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.policy = Policy("drawn")
        self.state = hall(self.policy)
        self.called: list[TicketId] = []
        # For everybody whose wait has reached the limit: how many may still be called before.
        self.may_go_before: dict[TicketId, int] = {}
        # The last turns at each counter, of the stretch in which both kinds have been waiting.
        self.turns: dict[int, deque[bool]] = defaultdict(deque)

    @initialize(policy=policies, crowd=crowds)
    def begin(self, policy: Policy, crowd: list[tuple[str, str | None, int]]) -> None:
        self.policy = policy
        self.state = hall(policy)
        for service, priority, seconds in crowd:
            self.come(service, priority, None, None)
            self.time_passes(seconds)

    # What happens.

    @rule(
        service=st.sampled_from("abc"),
        priority=st.sampled_from([None, None, *CLASSES]),
        counter=st.sampled_from([None] * 12 + [1, 2, 3]),
        due=st.sampled_from([None] * 9 + [-3, 4, 30]),
    )
    def somebody_comes(self, service, priority, counter, due):
        self.come(service, priority, counter, due)

    def come(
        self, service: str, priority: str | None, counter: int | None, due: int | None
    ) -> None:
        self.state.seq += 1
        seq = self.state.seq
        ticket = Ticket(
            id=TicketId(f"t{seq:03}"),
            number=TicketNumber(f"T{seq:03}"),
            service=ServiceId(service),
            person=None,
            kiosk=ClientId("kiosk-01"),
            place=at_end(seq),
            reserved_ms=self.now,
            priority=priority and PriorityId(priority),
            for_counter=counter and CounterId(counter),
            due_ms=None if due is None else self.now + due * 1000,
        )
        self.state.add(ticket)
        self.state.move(ticket.id, Move.PRINTED, since_ms=self.now)

    @rule(seconds=st.integers(0, 15))
    def time_passes(self, seconds):
        self.now += seconds * 1000
        for ticket in self.waiting():
            if ticket.id not in self.may_go_before and self.is_aged(ticket):
                mine = self.person(ticket).patience
                self.may_go_before[ticket.id] = sum(
                    self.person(other).patience < mine for other in self.waiting()
                )

    @rule(counter=counters, times=st.integers(1, 6))
    def a_counter_calls(self, counter, times):
        for _ in range(times):
            self.call(counter)

    @precondition(lambda self: self.called)
    @rule(which=st.integers(0, 99), others=st.integers(0, 3))
    def one_who_missed_comes_back(self, which, others):
        ticket = self.state.tickets[self.called.pop(which % len(self.called))]
        self.state.seq += 1
        lane = msgspec.structs.replace(ticket, due_ms=None, for_counter=None).lane
        self.state.move(
            ticket.id,
            Move.REINSTATED,
            place=self.state.lines.place_after(lane, others, self.state.seq),
            since_ms=self.now,
            due_ms=None,
            for_counter=None,
        )
        self.may_go_before.pop(ticket.id, None)

    @precondition(lambda self: self.waiting())
    @rule(which=st.integers(0, 99))
    def one_leaves(self, which):
        waiting = self.waiting()
        gone = waiting[which % len(waiting)]
        self.state.seq += 1
        self.state.move(gone.id, Move.CANCELLED)
        self.may_go_before.pop(gone.id, None)

    @precondition(lambda self: self.waiting())
    @rule(which=st.integers(0, 99), priority=st.sampled_from([None, *CLASSES]))
    def one_is_given_a_class(self, which, priority):
        waiting = self.waiting()
        self.state.seq += 1
        self.state.alter(waiting[which % len(waiting)].id, priority=priority)

    # What must hold of every call.

    def call(self, counter: int) -> None:
        desk = self.state.desks[CounterId(counter)]
        may_be_called = [t for t in self.waiting() if self.may_call(counter, t)]
        people = [self.person(ticket) for ticket in may_be_called]
        wanted = in_order(self.policy, self.slow_desk(counter), desk.turn, people, self.now)
        choice = choose_at(self.state, CounterId(counter), self.now)
        if choice is None:
            assert wanted == []
            return
        assert choice.ticket == wanted[0].ticket
        others = [person for person in people if person.ticket != choice.ticket]
        self.check_order(wanted[0], others, choice)
        self.check_turns(counter, wanted[0], others, choice)
        self.check_patience(counter, wanted[0], choice)
        self.state.seq += 1
        self.state.move(choice.ticket, Move.CALLED, counter=CounterId(counter), clerk=ClerkId("c"))
        self.state.move(choice.ticket, Move.MISSED)
        desk.turn = choice.turn
        self.called.append(choice.ticket)

    def check_order(self, it: Person, others: list[Person], choice: Choice) -> None:
        passed_over = [other for other in others if other.place < it.place]
        if choice.reason is CallReason.FIRST_COME:
            # Only an appointment whose time has not come stands back without a reason of its own.
            assert all(other.due is not None and other.due > self.now for other in passed_over)
        if choice.reason is CallReason.AGED:
            return
        for other in passed_over:
            same = (other.service, other.rank, other.is_addressed)
            if same == (it.service, it.rank, it.is_addressed):
                assert other.due != it.due, "within a class and service it goes by place"

    def check_turns(self, counter: int, it: Person, others: list[Person], choice: Choice) -> None:
        if choice.reason not in FROM_THE_POOL:
            assert choice.turn == self.state.desks[CounterId(counter)].turn
            return
        kinds = {o.rank is None for o in (*others, it) if not o.is_addressed and o.due is None}
        assert (choice.reason in IN_TURN) == (self.policy.mix is Mix.RATIO and len(kinds) == 2)
        turns = self.turns[counter]
        if choice.reason not in IN_TURN:
            turns.clear()
            return
        assert (choice.reason is CallReason.ORDINARY_TURN) == (it.rank is None)
        turns.append(it.rank is None)
        length = self.policy.ordinary + self.policy.priority
        if len(turns) > length:
            turns.popleft()
        if len(turns) == length:
            assert sum(turns) == self.policy.ordinary

    def check_patience(self, counter: int, it: Person, choice: Choice) -> None:
        self.may_go_before.pop(TicketId(it.ticket), None)
        for ticket_id in self.may_go_before:
            ticket = self.state.tickets[ticket_id]
            if self.may_call(counter, ticket):
                assert choice.reason is CallReason.AGED
                assert it.patience < self.person(ticket).patience
            if it.patience < self.person(ticket).patience:
                self.may_go_before[ticket_id] -= 1
                assert self.may_go_before[ticket_id] >= 0

    @invariant()
    def what_is_announced_is_what_would_be_called(self) -> None:
        for counter in SERVICES:
            desk = self.state.desks[CounterId(counter)]
            left = [t for t in self.waiting() if self.may_call(counter, t)]
            turn = desk.turn
            for choice in upcoming_choices(self.state, CounterId(counter), 3, self.now):
                people = [self.person(ticket) for ticket in left]
                wanted = in_order(self.policy, self.slow_desk(counter), turn, people, self.now)
                assert choice.ticket == wanted[0].ticket
                turn = choice.turn
                left = [ticket for ticket in left if ticket.id != choice.ticket]

    # Looking at everybody.

    def waiting(self) -> list[Ticket]:
        return [t for t in self.state.tickets.values() if t.state is TicketState.WAITING]

    def may_call(self, counter: int, ticket: Ticket) -> bool:
        if ticket.for_counter is not None:
            return ticket.for_counter == counter
        return ticket.service in SERVICES[counter]

    def is_aged(self, ticket: Ticket) -> bool:
        limit = self.policy.ageing_s
        return limit is not None and self.now - self.person(ticket).patience[0] >= limit * 1000

    def person(self, ticket: Ticket) -> Person:
        return Person(
            ticket=ticket.id,
            place=ticket.place,
            service=ticket.service,
            since=ticket.since_ms,
            rank=None if ticket.priority is None else CLASSES.index(ticket.priority),
            is_addressed=ticket.for_counter is not None,
            due=None if ticket.for_counter is not None else ticket.due_ms,
        )

    def slow_desk(self, counter: int) -> SlowDesk:
        return SlowDesk(SERVICES[counter], GREEN[counter], TARGETS.__getitem__, WEIGHTS.__getitem__)


TestLines = Lines.TestCase
TestLines.settings = settings(max_examples=200, stateful_step_count=25, deadline=None)

"""The recorded people come once more to the recorded counters, and a policy calls them.

A free counter calls at once when there is somebody to call. Whom it calls takes it as long as the
recording says of this number, whoever the clerk; who was never called in truth takes as long as is
usual for the service. Everything else happens when it happened: numbers, classes, visitors who
give up, openings and closings.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum, unique
from functools import partial
from itertools import count
from statistics import median_low

from msgspec.structs import replace

from hallserver.domain.choosing import desk_order, line_of
from hallserver.domain.plan import HallPlan
from hallserver.domain.policy import choose
from hallserver.domain.rules import Policy
from hallserver.domain.waiting import Lane, Waiting, WaitingLines
from hallserver.protocol.ids import CounterId, ServiceId
from hallserver.replay.record import Leg, Opening, RecordedDay, Visit, Wait


@unique
class _Kind(IntEnum):
    """The order of what happens at once."""

    CLOSES = 0
    OPENS = 1
    JOINS = 2
    CHANGES = 3
    LEAVES = 4
    IS_FREE = 5


_Entry = tuple[int, _Kind, int, Callable[[], None]]
"""When, what kind, a running number, and what happens."""


@dataclass(slots=True)
class _Person:
    """Somebody in the enactment. `leg` counts the legs; `at` is where it waits now."""

    visit: Visit
    leg: int = 0
    joined_ms: int = 0
    at: tuple[Lane, Waiting] | None = None

    @property
    def now(self) -> Leg:
        return self.visit[self.leg]


@dataclass(slots=True)
class _Desk:
    """A counter in the enactment. `services` is None while it is closed."""

    services: tuple[ServiceId, ...] | None = None
    turn: int = 0
    is_busy: bool = False
    free_since_ms: int = 0


def enact(
    day: RecordedDay, plan: HallPlan, policy_of: Callable[[CounterId], Policy]
) -> tuple[Wait, ...]:
    """Return how long everybody would have waited, stretch by stretch."""
    return _Enactment(day, plan, policy_of).run()


class _Enactment:
    def __init__(
        self, day: RecordedDay, plan: HallPlan, policy_of: Callable[[CounterId], Policy]
    ) -> None:
        self._plan = plan
        self._policy_of = policy_of
        self._lines = WaitingLines(service.id for service in plan.services)
        self._people = {visit[0].ticket.id: _Person(visit) for visit in day.visits}
        self._desks = {counter.id: _Desk() for counter in plan.counters}
        self._usual_ms = _usual_ms(leg for visit in day.visits for leg in visit)
        self._waits: list[Wait] = []
        self._agenda: list[_Entry] = []
        self._numbers = count()  # keeps in order what happens at once
        self._now_ms = 0
        for opening in day.openings:
            self._later(opening.from_ms, _Kind.OPENS, partial(self._open, opening))
            self._later(opening.until_ms, _Kind.CLOSES, partial(self._close, opening))
        for person in self._people.values():
            self._later(person.now.joins_ms, _Kind.JOINS, partial(self._join, person))

    def run(self) -> tuple[Wait, ...]:
        while self._agenda:
            self._now_ms, _, _, happens = heapq.heappop(self._agenda)
            happens()
        for person in self._people.values():
            if person.at is not None:
                self._note(person.at[0], None)
        return tuple(self._waits)

    def _later(self, at_ms: int, kind: _Kind, happens: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at_ms, kind, next(self._numbers), happens))

    def _note(self, lane: Lane, waited_ms: int | None) -> None:
        self._waits.append(Wait(lane.service, lane.priority, waited_ms))

    # Counters.

    def _open(self, opening: Opening) -> None:
        desk = self._desks[opening.counter]
        desk.services = opening.services
        desk.free_since_ms = max(desk.free_since_ms, self._now_ms)
        self._call(opening.counter)

    def _close(self, opening: Opening) -> None:
        self._desks[opening.counter].services = None

    def _free(self, counter: CounterId, person: _Person) -> None:
        desk = self._desks[counter]
        desk.is_busy = False
        desk.free_since_ms = self._now_ms
        person.leg += 1
        if person.leg < len(person.visit):
            at_ms = self._now_ms + person.now.joins_ms
            self._later(at_ms, _Kind.JOINS, partial(self._join, person))
        self._call(counter)

    def _call(self, counter: CounterId) -> None:
        """Call somebody to a counter, if it is free and somebody waits for it."""
        desk = self._desks[counter]
        if desk.is_busy or desk.services is None:
            return
        lines = []
        for lane in self._lines.lanes_at(counter, desk.services):
            head, longest = self._lines.nth(lane, 0), self._lines.nth_longest(lane, 0)
            if head is not None and longest is not None:
                rank = self._plan.rank_of(lane.priority)
                lines.append(line_of(lane, head, longest, rank))
        order = desk_order(self._plan, counter, desk.services)
        choice = choose(self._policy_of(counter), order, desk.turn, lines, self._now_ms)
        if choice is None:
            return
        person = self._people[choice.ticket]
        lane = self._take_out(person)
        self._note(lane, self._now_ms - person.joined_ms)
        desk.turn = choice.turn
        desk.is_busy = True
        held_ms = person.now.held_ms
        if held_ms is None:
            held_ms = self._usual_ms(person.now.ticket.service)
        free = partial(self._free, counter, person)
        self._later(self._now_ms + held_ms, _Kind.IS_FREE, free)

    # People.

    def _join(self, person: _Person) -> None:
        leg = person.now
        person.joined_ms = self._now_ms
        for after_ms, lane in leg.lanes[1:]:
            change = partial(self._change, person, person.leg, lane)
            self._later(self._now_ms + after_ms, _Kind.CHANGES, change)
        if leg.stays_ms is not None:
            leave = partial(self._leave, person, person.leg)
            self._later(self._now_ms + leg.stays_ms, _Kind.LEAVES, leave)
        self._stand_in(person, leg.lanes[0][1])

    def _change(self, person: _Person, leg: int, lane: Lane) -> None:
        if person.leg == leg and person.at is not None:
            self._take_out(person)
            self._stand_in(person, lane)

    def _leave(self, person: _Person, leg: int) -> None:
        if person.leg == leg and person.at is not None:
            self._note(self._take_out(person), None)

    def _stand_in(self, person: _Person, lane: Lane) -> None:
        ticket = replace(
            person.now.ticket,
            priority=lane.priority,
            for_counter=lane.counter,
            since_ms=person.joined_ms - person.now.brings_ms,
        )
        person.at = (ticket.lane, ticket.waiting)
        self._lines.join(*person.at)
        # A counter that is free has nobody to call: only this one can be news to it.
        free = [
            (desk.free_since_ms, counter)
            for counter, desk in self._desks.items()
            if not desk.is_busy
            and desk.services is not None
            and (
                lane.counter == counter or (lane.counter is None and lane.service in desk.services)
            )
        ]
        if free:
            self._call(min(free)[1])

    def _take_out(self, person: _Person) -> Lane:
        if person.at is None:
            raise TypeError(f"{person.now.ticket.id} waits nowhere")
        lane, waiting = person.at
        self._lines.leave(lane, waiting)
        person.at = None
        return lane


def _usual_ms(legs: Iterable[Leg]) -> Callable[[ServiceId], int]:
    """Say how long a counter is usually taken by a service: half of the people less, half more."""
    held: dict[ServiceId, list[int]] = defaultdict(list)
    everything: list[int] = []
    for leg in legs:
        if leg.held_ms is not None:
            held[leg.ticket.service].append(leg.held_ms)
            everything.append(leg.held_ms)

    def usual(service: ServiceId) -> int:
        known = held[service] or everything
        return median_low(known) if known else 0

    return usual

"""The state of the hall on its open business day: a fold of the journal, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.board import BoardEntry, Boards
from hallserver.domain.invariant import invariant
from hallserver.domain.numbering import Numbering
from hallserver.domain.plan import HallPlan
from hallserver.domain.ticket import AT_COUNTER, HOLDS_PLACE, Move, Ticket
from hallserver.domain.waiting import WaitingLines
from hallserver.protocol.ids import (
    BusinessDay,
    ClerkId,
    CounterId,
    PersonKey,
    ServiceId,
    TicketId,
    ZoneId,
)


@dataclass(slots=True)
class Desk:
    """A counter today: who is signed in, what it works on, what it completed last."""

    clerk: ClerkId | None = None
    active: TicketId | None = None
    completed: TicketId | None = None


class HallState:
    """Tickets, lines, numbers, desks and boards of one business day.

    `apply` is the only way in which it changes. `touched_*` collect what a snapshot has to be
    published for; whoever publishes empties them.
    """

    def __init__(self, plan: HallPlan) -> None:
        self.plan = plan
        self.day: BusinessDay | None = None
        self.seq = 0
        self.touched_zones: set[ZoneId] = set()
        self.touched_counters: set[CounterId] = set()
        self.touched_services: set[ServiceId] = set()
        self._begin(BusinessDay(""))

    def _begin(self, day: BusinessDay) -> None:
        self.tickets: dict[TicketId, Ticket] = {}
        self.held: dict[tuple[PersonKey, ServiceId], list[TicketId]] = {}
        self.lines = WaitingLines(service.id for service in self.plan.services)
        self.numbering = Numbering(day)
        self.desks: dict[CounterId, Desk] = {c.id: Desk() for c in self.plan.counters}
        self.desk_of_clerk: dict[ClerkId, CounterId] = {}
        self.boards = Boards(zone.id for zone in self.plan.zones)
        self.touched_zones.update(zone.id for zone in self.plan.zones)
        self.touched_counters.update(self.desks)
        self.touched_services.update(service.id for service in self.plan.services)

    # What others ask.

    def held_tickets(self, person: PersonKey, service: ServiceId) -> tuple[Ticket, ...]:
        """Return the open tickets of a person for a service."""
        return tuple(self.tickets[held] for held in self.held.get((person, service), ()))

    def open_counters(self, service: ServiceId) -> int:
        """Count the counters with a clerk that serve a service."""
        return sum(
            self.desks[counter.id].clerk is not None for counter in self.plan.counters_of(service)
        )

    def people_ahead(self, ticket: Ticket) -> int:
        """Count who waits for the same service with an earlier place."""
        return self.lines.ahead_of(ticket.service, ticket.place)

    # The fold.

    def apply(self, recorded: ev.Recorded) -> None:
        """Change the hall by one event. Raises InvariantError or IllegalMoveError on a bug."""
        invariant(recorded.seq > self.seq, f"event {recorded.seq} after event {self.seq}")
        _APPLY[type(recorded.event)](self, recorded, recorded.event)
        self.seq = recorded.seq

    def _open_day(self, _: ev.Recorded, event: ev.DayOpened) -> None:
        self._begin(event.day)
        self.day = event.day

    def _close_day(self, _: ev.Recorded, event: ev.DayClosed) -> None:
        invariant(event.day == self.day, "the day that closes is the day that is open")
        invariant(not self.held, "nobody holds a ticket after the close of the day")
        invariant(not self.desk_of_clerk, "nobody is signed in after the close of the day")
        self.day = None

    def _reserve(self, recorded: ev.Recorded, event: ev.TicketReserved) -> None:
        invariant(event.ticket not in self.tickets, f"{event.ticket} is reserved once")
        self.numbering.take(event.series, event.ordinal)
        self.tickets[event.ticket] = Ticket(
            id=event.ticket,
            number=event.number,
            service=event.service,
            person=event.person,
            kiosk=recorded.client,
            place=recorded.seq,
            reserved_ms=recorded.elapsed_ms,
        )
        if event.person is not None:
            self.held.setdefault((event.person, event.service), []).append(event.ticket)

    def _move(self, ticket: TicketId, move: Move, **changes: Any) -> Ticket:
        """Move a ticket by the table and keep lines, desks and held tickets in step with it."""
        before = self.tickets[ticket]
        after = replace(before.moved(move), **changes)
        if before.state is not after.state:
            self._keep_line(before, after)
            self._keep_desk(before, after)
            self._keep_hold(before, after)
        self.tickets[ticket] = after
        return after

    def _keep_line(self, before: Ticket, after: Ticket) -> None:
        waiting = type(before.state).WAITING
        if after.state is waiting:
            self.lines.join(after.service, after.place, after.id)
        elif before.state is waiting:
            self.lines.leave(before.service, before.place, before.id)
        else:
            return
        self.touched_services.add(after.service)

    def _keep_desk(self, before: Ticket, after: Ticket) -> None:
        was_there, is_there = before.state in AT_COUNTER, after.state in AT_COUNTER
        counter = after.counter if is_there else before.counter
        if counter is None or not (was_there or is_there):
            return
        desk = self.desks[counter]
        if is_there:
            invariant(desk.active in (None, after.id), f"counter {counter} serves one at a time")
            desk.active = after.id
        else:
            invariant(desk.active == after.id, f"{after.id} is at counter {counter}")
            desk.active = None
        self.touched_counters.add(counter)

    def _keep_hold(self, before: Ticket, after: Ticket) -> None:
        if after.person is None or (before.state in HOLDS_PLACE) == (after.state in HOLDS_PLACE):
            return
        key = (after.person, after.service)
        if after.state in HOLDS_PLACE:
            self.held.setdefault(key, []).append(after.id)
            return
        self.held[key].remove(after.id)
        if not self.held[key]:
            del self.held[key]

    def _print(self, _: ev.Recorded, event: ev.TicketPrinted) -> None:
        self._move(event.ticket, Move.PRINTED)

    def _void(self, _: ev.Recorded, event: ev.TicketVoided) -> None:
        self._move(event.ticket, Move.VOIDED)

    def _call(self, recorded: ev.Recorded, event: ev.TicketCalled) -> None:
        ticket = self._move(
            event.ticket,
            Move.CALLED,
            counter=event.counter,
            clerk=event.clerk,
            called_wall_ms=recorded.wall_ms,
            recalls=0,
        )
        self._show(recorded, ticket, event.counter)

    def _recall(self, recorded: ev.Recorded, event: ev.TicketRecalled) -> None:
        recalls = self.tickets[event.ticket].recalls + 1
        ticket = self._move(event.ticket, Move.RECALLED, recalls=recalls)
        self._show(recorded, ticket, event.counter)
        self.touched_counters.add(event.counter)

    def _show(self, recorded: ev.Recorded, ticket: Ticket, counter: CounterId) -> None:
        zone = self.plan.counter(counter).zone
        self.boards.call(
            zone,
            BoardEntry(
                ticket=ticket.id,
                number=ticket.number,
                counter=counter,
                call_seq=recorded.seq,
                called_wall_ms=recorded.wall_ms,
                recalls=ticket.recalls,
                state=ticket.state,
            ),
        )
        self.touched_zones.add(zone)

    def _note_on_board(self, ticket: Ticket, counter: CounterId) -> None:
        zone = self.plan.counter(counter).zone
        self.boards.change(zone, ticket.id, ticket.state)
        self.touched_zones.add(zone)

    def _arrive(self, _: ev.Recorded, event: ev.TicketArrived) -> None:
        ticket = self._move(event.ticket, Move.ARRIVED)
        self._note_on_board(ticket, event.counter)
        self.desks[event.counter].completed = None
        self.touched_counters.add(event.counter)

    def _complete(self, _: ev.Recorded, event: ev.TicketCompleted) -> None:
        ticket = self._move(event.ticket, Move.COMPLETED)
        self._note_on_board(ticket, event.counter)
        self.desks[event.counter].completed = event.ticket

    def _miss(self, _: ev.Recorded, event: ev.TicketMissed) -> None:
        self._note_on_board(self._move(event.ticket, Move.MISSED), event.counter)

    def _release(self, _: ev.Recorded, event: ev.TicketReleased) -> None:
        self._move(event.ticket, Move.RELEASED, counter=None, clerk=None)
        zone = self.plan.counter(event.counter).zone
        self.boards.withdraw(zone, event.ticket)
        self.touched_zones.add(zone)

    def _expire(self, _: ev.Recorded, event: ev.TicketExpired) -> None:
        self._move(event.ticket, Move.EXPIRED)

    def _sign_in(self, _: ev.Recorded, event: ev.ClerkSignedIn) -> None:
        desk = self.desks[event.counter]
        invariant(desk.clerk is None, f"counter {event.counter} has one clerk")
        invariant(event.clerk not in self.desk_of_clerk, f"{event.clerk} is at one counter")
        desk.clerk = event.clerk
        self.desk_of_clerk[event.clerk] = event.counter
        self._touch_desk(event.counter)

    def _sign_out(self, _: ev.Recorded, event: ev.ClerkSignedOut) -> None:
        desk = self.desks[event.counter]
        invariant(desk.active is None, f"counter {event.counter} is free when its clerk leaves")
        invariant(desk.clerk == event.clerk, f"{event.clerk} is at counter {event.counter}")
        desk.clerk = None
        desk.completed = None
        del self.desk_of_clerk[event.clerk]
        self._touch_desk(event.counter)

    def _touch_desk(self, counter: CounterId) -> None:
        self.touched_counters.add(counter)
        self.touched_services.update(self.plan.counter(counter).services)

    def _rate(self, _: ev.Recorded, event: ev.ServiceRated) -> None:
        ticket = self.tickets[event.ticket]
        invariant(not ticket.is_rated, f"{event.ticket} is rated once")
        self.tickets[event.ticket] = replace(ticket, is_rated=True)
        self.touched_counters.add(event.counter)


_APPLY: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.DayOpened: HallState._open_day,
    ev.DayClosed: HallState._close_day,
    ev.TicketReserved: HallState._reserve,
    ev.TicketPrinted: HallState._print,
    ev.TicketVoided: HallState._void,
    ev.TicketCalled: HallState._call,
    ev.TicketRecalled: HallState._recall,
    ev.TicketArrived: HallState._arrive,
    ev.TicketCompleted: HallState._complete,
    ev.TicketMissed: HallState._miss,
    ev.TicketReleased: HallState._release,
    ev.TicketExpired: HallState._expire,
    ev.ClerkSignedIn: HallState._sign_in,
    ev.ClerkSignedOut: HallState._sign_out,
    ev.ServiceRated: HallState._rate,
}

"""The state of the hall on its open business day: a fold of the journal, and nothing else."""

from dataclasses import dataclass, replace
from typing import Any

from hallserver.domain.board import BoardEntry, Boards
from hallserver.domain.invariant import invariant
from hallserver.domain.numbering import Numbering
from hallserver.domain.place import Place
from hallserver.domain.plan import HallPlan
from hallserver.domain.ticket import AT_COUNTER, HOLDS_PLACE, Move, Ticket
from hallserver.domain.waiting import Lane, Waiting, WaitingLines
from hallserver.protocol.ids import (
    BusinessDay,
    ClerkId,
    ClientId,
    CounterId,
    PersonKey,
    ServiceId,
    TicketId,
    ZoneId,
)
from hallserver.protocol.states import TicketState


@dataclass(slots=True)
class Desk:
    """A counter today: who is signed in, what it works on, what it completed last.

    `turn` is its turn in the ratio of priority classes (`policy`).
    """

    clerk: ClerkId | None = None
    active: TicketId | None = None
    completed: TicketId | None = None
    turn: int = 0


class HallState:
    """Tickets, lines, numbers, desks and boards of one business day.

    The fold (`hallserver.domain.fold`) is the only way in which it changes. `touched_*` collect
    what a snapshot has to be published for; whoever publishes empties them.
    """

    def __init__(self, plan: HallPlan) -> None:
        self.plan = plan
        self.day: BusinessDay | None = None
        self.seq = 0
        self.now_ms = 0
        self.touched_zones: set[ZoneId] = set()
        self.touched_counters: set[CounterId] = set()
        self.touched_services: set[ServiceId] = set()
        self.begin(BusinessDay(""))

    def begin(self, day: BusinessDay) -> None:
        """Forget the day before: every series starts again, nobody waits."""
        self.tickets: dict[TicketId, Ticket] = {}
        self.held: dict[tuple[PersonKey, ServiceId], list[TicketId]] = {}
        self.lines = WaitingLines(service.id for service in self.plan.services)
        self.numbering = Numbering(day)
        self.desks: dict[CounterId, Desk] = {c.id: Desk() for c in self.plan.counters}
        self.desk_of_clerk: dict[ClerkId, CounterId] = {}
        self.staff: dict[ClientId, ClerkId] = {}
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
        return sum(self.desks[counter].clerk is not None for counter in self.counters_of(service))

    def services_of(self, counter: CounterId) -> tuple[ServiceId, ...]:
        """Return what a counter serves now, in its order."""
        return self.plan.counter(counter).services

    def counters_of(self, service: ServiceId) -> tuple[CounterId, ...]:
        """Return the counters that serve a service now."""
        return tuple(counter.id for counter in self.plan.counters_of(service))

    def people_ahead(self, ticket: Ticket) -> int:
        """Count who waits for the same service with an earlier place."""
        return self.lines.ahead_of(ticket.service, ticket.place)

    # What the fold uses (`hallserver.domain.fold`).

    def add(self, ticket: Ticket) -> None:
        """Take a new ticket in."""
        invariant(ticket.id not in self.tickets, f"{ticket.id} is given once")
        self.tickets[ticket.id] = ticket
        self._keep_line(None, ticket)
        self._keep_hold(None, ticket)

    def move(self, ticket: TicketId, move: Move, **changes: Any) -> Ticket:
        """Move a ticket by the table; lines, desks and held tickets keep in step with it."""
        return self._put(replace(self.tickets[ticket].moved(move), **changes))

    def alter(self, ticket: TicketId, **changes: Any) -> Ticket:
        """Change what else is known of a ticket; its state stays."""
        return self._put(replace(self.tickets[ticket], **changes))

    def _put(self, after: Ticket) -> Ticket:
        before = self.tickets[after.id]
        self._keep_line(before, after)
        self._keep_desk(before, after)
        self._keep_hold(before, after)
        self.tickets[after.id] = after
        return after

    def _keep_line(self, before: Ticket | None, after: Ticket) -> None:
        was, is_ = _position(before), _position(after)
        if was == is_:
            return
        if before is not None and was is not None:
            self.lines.leave(*was[:2], before.id)
            self.touched_services.add(before.service)
        if is_ is not None:
            self.lines.join(is_[0], Waiting(is_[1], after.id, after.since_ms, after.due_ms))
            self.touched_services.add(after.service)

    def _keep_desk(self, before: Ticket, after: Ticket) -> None:
        was_there, is_there = before.state in AT_COUNTER, after.state in AT_COUNTER
        counter = after.counter if is_there else before.counter
        if counter is None or not (was_there or is_there) or before.state is after.state:
            return
        desk = self.desks[counter]
        if is_there:
            invariant(desk.active in (None, after.id), f"counter {counter} serves one at a time")
            desk.active = after.id
        else:
            invariant(desk.active == after.id, f"{after.id} is at counter {counter}")
            desk.active = None
        self.touched_counters.add(counter)

    def _keep_hold(self, before: Ticket | None, after: Ticket) -> None:
        was, is_ = _hold(before), _hold(after)
        if was == is_:
            return
        if was is not None:
            self.held[was].remove(after.id)
            if not self.held[was]:
                del self.held[was]
        if is_ is not None:
            self.held.setdefault(is_, []).append(after.id)

    def show_call(self, seq: int, wall_ms: int, ticket: Ticket, counter: CounterId) -> None:
        """Put a call or recall on the board of the counter's zone."""
        zone = self.plan.counter(counter).zone
        entry = BoardEntry(
            ticket=ticket.id,
            number=ticket.number,
            counter=counter,
            call_seq=seq,
            called_wall_ms=wall_ms,
            recalls=ticket.recalls,
            state=ticket.state,
        )
        self.boards.call(zone, entry)
        self.touched_zones.add(zone)

    def note_on_board(self, ticket: Ticket, counter: CounterId) -> None:
        """Say on the board what became of a call."""
        zone = self.plan.counter(counter).zone
        self.boards.change(zone, ticket.id, ticket.state)
        self.touched_zones.add(zone)

    def withdraw_from_board(self, ticket: TicketId, counter: CounterId) -> None:
        """Take a call off the board that holds no longer."""
        zone = self.plan.counter(counter).zone
        self.boards.withdraw(zone, ticket)
        self.touched_zones.add(zone)

    def touch_desk(self, counter: CounterId) -> None:
        """Have a counter and what it serves published again."""
        self.touched_counters.add(counter)
        self.touched_services.update(self.services_of(counter))


def _position(ticket: Ticket | None) -> tuple[Lane, Place, int, int | None] | None:
    if ticket is None or ticket.state is not TicketState.WAITING:
        return None
    return (ticket.lane, ticket.place, ticket.since_ms, ticket.due_ms)


def _hold(ticket: Ticket | None) -> tuple[PersonKey, ServiceId] | None:
    if ticket is None or ticket.person is None or ticket.state not in HOLDS_PLACE:
        return None
    return (ticket.person, ticket.service)

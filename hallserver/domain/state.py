"""The state of the hall on its open business day: a fold of the journal, and nothing else."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from hallserver.domain import token
from hallserver.domain.announcements import Announcement, Voices
from hallserver.domain.appointments import Appointments
from hallserver.domain.assignments import Assignments
from hallserver.domain.board import BoardEntry, Boards
from hallserver.domain.calendar import NOON_MIN, day_after, moment_ms
from hallserver.domain.events.day import NumbersSkipped
from hallserver.domain.hours import Hours
from hallserver.domain.invariant import invariant
from hallserver.domain.night import NightTickets
from hallserver.domain.numbering import Numbering
from hallserver.domain.past import Past
from hallserver.domain.plan import HallPlan
from hallserver.domain.quota import GIVEN_BACK, Quotas
from hallserver.domain.steady import Steady
from hallserver.domain.ticket import AT_COUNTER, HOLDS_PLACE, Move, Ticket
from hallserver.domain.tidal import Tides
from hallserver.domain.waiting import Lane, Waiting, WaitingLines
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import (
    BusinessDay,
    ClerkId,
    ClientId,
    CounterId,
    PersonKey,
    ServiceId,
    TicketId,
    TicketNumber,
    ZoneId,
)
from hallserver.protocol.states import PauseReason, TicketState


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a staffed counter calls nobody, and since when."""

    reason: PauseReason
    since_wall_ms: int


@dataclass(slots=True)
class Desk:
    """A counter today: who is signed in, what it works on, what it completed last.

    `turn` is its turn in the ratio of priority classes (`policy`), `turn_before` what it was before
    the last call. `parked` are its parked tickets, the first one first; they stay when its clerk
    leaves.
    """

    clerk: ClerkId | None = None
    active: TicketId | None = None
    completed: TicketId | None = None
    turn: int = 0
    turn_before: int = 0
    parked: list[TicketId] = field(default_factory=list)
    pause: Pause | None = None

    @property
    def is_open(self) -> bool:
        """Somebody is there who calls people."""
        return self.clerk is not None and self.pause is None


class HallState:
    """Tickets, lines, numbers, desks and boards of one business day.

    The fold (`hallserver.domain.fold`) is the only way in which it changes. `touched_*` collect
    what a snapshot has to be published for; whoever publishes empties them.
    """

    def __init__(self, plan: HallPlan) -> None:
        self.plan = plan
        self.hours = Hours(plan.rules.timezone, plan.holidays)
        self.wall_ms = 0
        """The hall's last look at the clock, for what changes by time alone; may jump."""
        self.day: BusinessDay | None = None
        self.seq = 0
        self.now_ms = 0
        self.touched_zones: set[ZoneId] = set()
        self.touched_voices: set[ZoneId] = set()
        self.touched_counters: set[CounterId] = set()
        self.touched_services: dict[ServiceId, int] = {}
        """With the event that touched each last."""
        self.touched_numbers: set[ServiceId] = set()
        """Services of which a number was given, or given back to a quota."""
        self.is_catalog_touched = False
        self.is_console_touched = False
        self.begin(BusinessDay(""))

    def begin(self, day: BusinessDay) -> None:
        """Forget the day before: every series starts again, nobody waits."""
        self.tickets: dict[TicketId, Ticket] = {}
        self.numbers: dict[TicketNumber, TicketId] = {}
        self.past = Past()
        self.held: dict[tuple[PersonKey, ServiceId], list[TicketId]] = {}
        self.lines = WaitingLines(service.id for service in self.plan.services)
        self.numbering = Numbering(day)
        self.quotas = Quotas()
        services = (service.id for service in self.plan.services)
        self.night = NightTickets(day_after(day) if day else day, services, self.quotas)
        self.noons_ms = {
            each: moment_ms(each, NOON_MIN, self.plan.rules)
            for each in (day, self.night.day)
            if each
        }
        self.steady: dict[ServiceId, Steady] = {}
        """What the clock decides of each service for a while: worked out from the rest."""
        self.notice: Text | None = None
        """What the kiosks say while a supervisor has closed them."""
        self.unreported: BusinessDay | None = None
        """The business day that closed last, while its morning report is still to come."""
        self.skipped: NumbersSkipped | None = None
        """What was lost of the journal, while numbers of that may be on paper."""
        self.desks: dict[CounterId, Desk] = {c.id: Desk() for c in self.plan.counters}
        self.desk_of_clerk: dict[ClerkId, CounterId] = {}
        self.reminders: list[tuple[int, TicketId]] = []
        """When to remind of which parked ticket, the earliest first."""
        self.staff: dict[ClientId, ClerkId] = {}
        self.appointments = Appointments()
        self.boards = Boards(zone.id for zone in self.plan.zones)
        self.voices = Voices(zone for screen in self.plan.callscreens for zone in screen.zones)
        self.assignments = Assignments(self.plan)
        self.assigned_seq = self.seq
        """When it last changed who serves what: the version of the catalog."""
        self.tides = Tides(self.plan.tidal)
        self.touched_zones.update(zone.id for zone in self.plan.zones)
        self.touched_voices.update(self.voices.zones)
        self.touched_counters.update(self.desks)
        self._touch(service.id for service in self.plan.services)
        self.is_catalog_touched = self.is_console_touched = True

    # What others ask.

    def held_tickets(self, person: PersonKey, service: ServiceId) -> tuple[Ticket, ...]:
        """Return the open tickets of a person for a service."""
        today = tuple(self.tickets[held] for held in self.held.get((person, service), ()))
        return today + self.night.held_tickets(person, service)

    def find(self, ticket: TicketId) -> Ticket | None:
        """Return a ticket of the open business day or of the night after it."""
        return self.tickets.get(ticket) or self.night.tickets.get(ticket)

    def open_counters(self, service: ServiceId) -> int:
        """Count the counters with a clerk that serve a service; not those that pause."""
        return sum(self.desks[counter].is_open for counter in self.counters_of(service))

    def services_of(self, counter: CounterId) -> tuple[ServiceId, ...]:
        """Return what a counter serves now, in its order."""
        return self.assignments.services_of(counter)

    def counters_of(self, service: ServiceId) -> tuple[CounterId, ...]:
        """Return the counters that serve a service now."""
        return self.assignments.counters_of(service)

    def people_ahead(self, ticket: Ticket) -> int:
        """Count who waits for the same service with an earlier place."""
        if ticket.id in self.night.tickets:
            return self.night.people_ahead(ticket)
        return self.lines.ahead_of(ticket.lane, ticket.waiting)

    def find_number(self, number: TicketNumber) -> Ticket | None:
        """Return the ticket of a printed number, or None when nobody has it today."""
        found = self.numbers.get(number)
        return None if found is None else self.tickets[found]

    # What the fold uses (`hallserver.domain.fold`).

    def add(self, ticket: Ticket) -> None:
        """Take a new ticket in."""
        self.touched_numbers.add(ticket.service)
        if token.day_of(ticket.id) == self.night.day:
            self.night.add(ticket)
            return
        invariant(ticket.id not in self.tickets, f"{ticket.id} is given once")
        self.tickets[ticket.id] = ticket
        self.numbers[ticket.number] = ticket.id
        self.past.begin(self.seq, ticket)
        self.quotas.note(ticket.quota, None, ticket.state)
        self._keep_line(None, ticket)
        self._keep_hold(None, ticket)

    def move(self, ticket: TicketId, move: Move, **changes: Any) -> Ticket:
        """Move a ticket by the table; lines, desks and held tickets keep in step with it."""
        if ticket in self.night.tickets:
            moved = self.night.move(ticket, move, **changes)
            self._keep_quota(moved)
            return moved
        return self._put(self.tickets[ticket].moved(move, **changes), move)

    def alter(self, ticket: TicketId, **changes: Any) -> Ticket:
        """Change what else is known of a ticket; its state stays."""
        return self._put(replace(self.tickets[ticket], **changes), None)

    def _put(self, after: Ticket, move: Move | None) -> Ticket:
        before = self.tickets[after.id]
        self._keep_line(before, after)
        self._keep_desk(before, after)
        self._keep_parked(before, after)
        self._keep_hold(before, after)
        self._keep_voice(before, after)
        self.quotas.note(after.quota, before.state, after.state)
        self._keep_quota(after)
        self.tickets[after.id] = after
        self.past.go_on(self.seq, self.now_ms, move, after)
        return after

    def _keep_line(self, before: Ticket | None, after: Ticket) -> None:
        was, is_ = _position(before), _position(after)
        if was == is_:
            return
        if before is not None and was is not None:
            self.lines.leave(*was)
            self.touched_services[before.service] = self.seq
        if is_ is not None:
            self.lines.join(*is_)
            self.touched_services[after.service] = self.seq

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

    def _keep_parked(self, before: Ticket, after: Ticket) -> None:
        if before.counter is None or before.parking is after.parking is None:
            return
        desk = self.desks[before.counter]
        if before.parking is None:
            desk.parked.append(after.id)
        elif after.parking is None:
            desk.parked.remove(after.id)
        was, is_ = _reminder(before), _reminder(after)
        if was is not None:
            del self.reminders[bisect_left(self.reminders, was)]
        if is_ is not None:
            insort(self.reminders, is_)
        self.touched_counters.add(before.counter)

    def _keep_quota(self, after: Ticket) -> None:
        if after.quota is not None and after.state in GIVEN_BACK:
            self.touched_numbers.add(after.quota.service)

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

    def _keep_voice(self, before: Ticket, after: Ticket) -> None:
        """What called a visitor need not be said any more once that is over, however it ended."""
        if before.counter is None or before.state is not TicketState.CALLED:
            return
        zone = self.plan.counter(before.counter).zone
        if after.state is not TicketState.CALLED and self.voices.withdraw(zone, after.id):
            self.touched_voices.add(zone)

    def show_call(self, seq: int, wall_ms: int, ticket: Ticket, counter: CounterId) -> None:
        """Put a call or recall on the board of the counter's zone, and have it said there."""
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
        said = Announcement(seq, ticket.id, ticket.number, counter, self.now_ms)
        if self.voices.call(zone, said):
            self.touched_voices.add(zone)

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

    def assign(self, counter: CounterId, services: tuple[ServiceId, ...]) -> None:
        """Have a counter serve these services."""
        self._touch(self.assignments.assign(counter, services))
        self.touched_counters.add(counter)
        self.assigned_seq = self.seq
        self.is_catalog_touched = self.is_console_touched = True

    def touch_desk(self, counter: CounterId) -> None:
        """Have a counter and what it serves published again."""
        self.touched_counters.add(counter)
        self._touch(self.services_of(counter))

    def _touch(self, services: Iterable[ServiceId]) -> None:
        self.touched_services.update(dict.fromkeys(services, self.seq))


def _position(ticket: Ticket | None) -> tuple[Lane, Waiting] | None:
    if ticket is None or ticket.state is not TicketState.WAITING:
        return None
    return (ticket.lane, ticket.waiting)


def _hold(ticket: Ticket | None) -> tuple[PersonKey, ServiceId] | None:
    if ticket is None or ticket.person is None or ticket.state not in HOLDS_PLACE:
        return None
    return (ticket.person, ticket.service)


def _reminder(ticket: Ticket) -> tuple[int, TicketId] | None:
    parking = ticket.parking
    if parking is None or parking.due_ms is None or ticket.is_due:
        return None
    return (parking.due_ms, ticket.id)

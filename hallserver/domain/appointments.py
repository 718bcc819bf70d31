"""The appointments that the hall knows: today's and those to come. Part of the hall's state.

Every look-up is by id, by person, by slot or by ticket; nobody goes through all of them but the
change of the day.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique

from hallserver.domain.invariant import invariant
from hallserver.domain.place import Place
from hallserver.protocol.ids import AppointmentId, BusinessDay, PersonKey, ServiceId, TicketId


@unique
class Booking(StrEnum):
    """How an appointment stands."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    LATE = "late"
    """Checked in after its time: it waits like one without an appointment."""

    MISSED = "missed"
    """Nobody came in time. Who comes later that day still gets a number."""

    CANCELLED = "cancelled"


IS_OPEN = frozenset({Booking.BOOKED, Booking.MISSED})
"""May be checked in."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the first check-in gave: a ticket that never reached paper takes none of it away.

    `due_ms` is the beginning of the slot on the hall's own clock, None for who came late.
    """

    place: Place
    due_ms: int | None


@dataclass(frozen=True, slots=True)
class Appointment:
    """One person, one service, one slot.

    All times are Unix milliseconds, as they were promised when it was booked: the slot itself, and
    from `opens_ms` until before `closes_ms` the time in which a check-in is in time.
    """

    id: AppointmentId
    service: ServiceId
    day: BusinessDay
    slot: str
    person: PersonKey = field(repr=False)
    from_ms: int
    until_ms: int
    opens_ms: int
    closes_ms: int
    state: Booking = Booking.BOOKED
    ticket: TicketId | None = None
    standing: Standing | None = None

    @property
    def is_open(self) -> bool:
        """Whether it may be checked in."""
        return self.state in IS_OPEN

    @property
    def may_be_missed(self) -> bool:
        """Whether it is missed when its time has passed: not by whom a printer let down."""
        return self.state is Booking.BOOKED and self.standing is None


class Appointments:
    """Changed by the fold only (`hallserver.domain.fold.appointments`)."""

    def __init__(self) -> None:
        self._known: dict[AppointmentId, Appointment] = {}
        self._of_person: dict[PersonKey, list[AppointmentId]] = {}
        self._of_ticket: dict[TicketId, AppointmentId] = {}
        self._taken: dict[tuple[ServiceId, int], int] = {}
        self._closing: list[tuple[int, AppointmentId]] = []
        self._last: dict[BusinessDay, int] = {}

    # What others ask.

    def find(self, appointment: AppointmentId) -> Appointment | None:
        """Return an appointment, or None for an id that is not known or of a day that is over."""
        return self._known.get(appointment)

    def of_person(self, person: PersonKey) -> tuple[Appointment, ...]:
        """Return what a person has booked and not cancelled, the earliest first."""
        found = [self._known[each] for each in self._of_person.get(person, ())]
        return tuple(sorted(found, key=lambda each: (each.from_ms, each.id)))

    def of_ticket(self, ticket: TicketId) -> Appointment | None:
        """Return the appointment that a ticket was given for."""
        found = self._of_ticket.get(ticket)
        return None if found is None else self._known[found]

    def taken(self, service: ServiceId, from_ms: int) -> int:
        """Count who has booked the slot of a service that begins at a moment."""
        return self._taken.get((service, from_ms), 0)

    def next_number(self, day: BusinessDay) -> int:
        """Say which number the next appointment of a day gets; none is given twice."""
        return self._last.get(day, 0) + 1

    def overdue(self, wall_ms: int) -> Iterator[Appointment]:
        """Give those whose time has passed without anybody. Looks at no others."""
        for closes_ms, appointment in self._closing:
            if closes_ms > wall_ms:
                return
            yield self._known[appointment]

    def last_numbers(self) -> tuple[tuple[BusinessDay, int], ...]:
        """Return the last number of each day that has any, in the order of the days."""
        return tuple(sorted(self._last.items()))

    def everyone(self) -> tuple[Appointment, ...]:
        """Return all of them in the order of their ids: for the change of the day."""
        return tuple(self._known[each] for each in sorted(self._known))

    # What the fold uses.

    def keep_number(self, day: BusinessDay, number: int) -> None:
        """Note the last number of a day."""
        invariant(number > self._last.get(day, 0), f"appointment {number} of {day} is given once")
        self._last[day] = number

    def add(self, appointment: Appointment) -> None:
        """Take a new appointment in."""
        invariant(appointment.id not in self._known, f"{appointment.id} is booked once")
        self._known[appointment.id] = appointment
        self._keep(None, appointment)

    def change(
        self,
        appointment: AppointmentId,
        state: Booking,
        *,
        ticket: TicketId | None = None,
        standing: Standing | None = None,
    ) -> Appointment:
        """Let an appointment stand otherwise. A standing, once there, stays."""
        before = self._known[appointment]
        after = replace(before, state=state, ticket=ticket, standing=standing or before.standing)
        self._known[appointment] = after
        self._keep(before, after)
        return after

    def _keep(self, before: Appointment | None, after: Appointment) -> None:
        """Keep the look-ups in step."""
        slot, closing = (after.service, after.from_ms), (after.closes_ms, after.id)
        was_kept = before is not None and before.state is not Booking.CANCELLED
        is_kept = after.state is not Booking.CANCELLED
        if is_kept and not was_kept:
            self._of_person.setdefault(after.person, []).append(after.id)
            self._taken[slot] = self._taken.get(slot, 0) + 1
        if was_kept and not is_kept:
            self._of_person[after.person].remove(after.id)
            self._taken[slot] -= 1
        was_waited_for = before is not None and before.may_be_missed
        if after.may_be_missed and not was_waited_for:
            insort(self._closing, closing)
        if was_waited_for and not after.may_be_missed:
            del self._closing[bisect_left(self._closing, closing)]
        if after.ticket is not None:
            self._of_ticket[after.ticket] = after.id

"""Appointments as events."""

from hallserver.domain.events.base import EventBase
from hallserver.domain.place import Place
from hallserver.protocol.ids import AppointmentId, BusinessDay, PersonKey, ServiceId, TicketId


class AppointmentBooked(EventBase, frozen=True, tag=True):
    """A slot of a service was given to a person. All that was promised is in here.

    `number` counts the appointments of `day`. Times are Unix milliseconds; from `opens_ms` until
    before `closes_ms` a check-in is in time.
    """

    appointment: AppointmentId
    number: int
    service: ServiceId
    day: BusinessDay
    slot: str
    person: PersonKey
    from_ms: int
    until_ms: int
    opens_ms: int
    closes_ms: int


class AppointmentCancelled(EventBase, frozen=True, tag=True):
    """The slot is free again."""

    appointment: AppointmentId


class AppointmentCheckedIn(EventBase, frozen=True, tag=True):
    """The person is in the hall and has a ticket, reserved just before.

    `due_ms` is the beginning of the slot on the hall's own clock; None for who came too late to be
    called by it.
    """

    appointment: AppointmentId
    ticket: TicketId
    place: Place
    due_ms: int | None


class AppointmentReopened(EventBase, frozen=True, tag=True):
    """The ticket of a check-in never reached paper: the appointment can be checked in again."""

    appointment: AppointmentId
    ticket: TicketId


class AppointmentMissed(EventBase, frozen=True, tag=True):
    """Nobody came in time."""

    appointment: AppointmentId


class AppointmentCarriedOver(EventBase, frozen=True, tag=True):
    """A new business day has begun, and this appointment is still to come. Self-contained."""

    appointment: AppointmentId
    service: ServiceId
    day: BusinessDay
    slot: str
    person: PersonKey
    from_ms: int
    until_ms: int
    opens_ms: int
    closes_ms: int


class AppointmentNumbersCarriedOver(EventBase, frozen=True, tag=True):
    """So many appointments were numbered for a day that is still to come."""

    day: BusinessDay
    last: int

"""Booking, cancelling and finding appointments, and what the clock makes of them."""

from collections.abc import Iterator

from hallserver.domain import booking_words as words
from hallserver.domain import events as ev
from hallserver.domain import token as tokens
from hallserver.domain.acts.base import OK, Act, Decision, Room, refuse
from hallserver.domain.appointments import Appointment, Booking
from hallserver.domain.hours import MINUTE_MS
from hallserver.domain.instant import Now
from hallserver.domain.plan import Service
from hallserver.domain.rules import AppointmentRules
from hallserver.domain.slots import Slot, is_within, nearest, read_day, slots_on, wanted_ms
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import AppointmentId, BusinessDay, ClientId, PersonKey, TicketId
from hallserver.protocol.replies import Appointments, AppointmentShown, Booked, Done
from hallserver.protocol.routes import Role


def _book(room: Room, client: ClientId, command: c.BookAppointment, now: Now) -> Decision:
    unstaffed = refuse_unstaffed(room, client)
    if unstaffed is not None:
        return unstaffed
    service = room.plan.find_service(command.service)
    if service is None:
        return refuse(RejectionCode.UNKNOWN_SERVICE)
    rules = service.rules.appointments
    if rules is None:
        return refuse(RejectionCode.NOT_BOOKABLE)
    today, day = room.state.numbering.day, read_day(command.day)
    if day is None or not is_within(day, today, rules.days_ahead):
        return refuse(RejectionCode.DAY_NOT_BOOKABLE, words.bookable(today, rules.days_ahead))
    for known in room.state.appointments.of_person(command.person):
        if (known.service, known.day) == (service.id, day):
            return refuse(RejectionCode.ALREADY_BOOKED, words.already_booked(known.slot))
    slot = _free_slot(room, service, day, command.slot, now)
    if isinstance(slot, Decision):
        return slot
    return Decision(*_booked(room, service, day, slot, command.person))


def _free_slot(
    room: Room, service: Service, day: BusinessDay, name: str, now: Now
) -> Slot | Decision:
    """Find the slot with room in it, or say what else is free that day."""
    rules = _rules(service)
    slots = slots_on(room.plan, service.id, rules, day)
    if not slots:
        return refuse(RejectionCode.DAY_NOT_BOOKABLE)

    def has_room(slot: Slot) -> bool:
        return room.state.appointments.taken(service.id, slot.from_ms) < rules.capacity

    slot = next((each for each in slots if each.name == name), None)
    if slot is None:
        code = RejectionCode.UNKNOWN_SLOT
    elif slot.from_ms <= now.wall_ms:
        code = RejectionCode.SLOT_PASSED
    elif not has_room(slot):
        code = RejectionCode.SLOT_FULL
    else:
        return slot
    free = tuple(each for each in slots if each.from_ms > now.wall_ms and has_room(each))
    return refuse(code, words.instead(code, nearest(free, wanted_ms(room.plan, day, name))))


def _rules(service: Service) -> AppointmentRules:
    return service.rules.appointments or AppointmentRules()


def _booked(
    room: Room, service: Service, day: BusinessDay, slot: Slot, person: PersonKey
) -> tuple[Booked, tuple[ev.Event, ...]]:
    rules = _rules(service)
    number = room.state.appointments.next_number(day)
    appointment = AppointmentId(f"{day}-{number:04}")
    booked = ev.AppointmentBooked(
        appointment=appointment,
        number=number,
        service=service.id,
        day=day,
        slot=slot.name,
        person=person,
        from_ms=slot.from_ms,
        until_ms=slot.until_ms,
        opens_ms=slot.from_ms - rules.early_min * MINUTE_MS,
        closes_ms=slot.until_ms + rules.late_min * MINUTE_MS,
    )
    reply = Booked(
        appointment=appointment,
        token=tokens.sign_appointment(appointment, room.key),
        service=service.id,
        day=day,
        slot=slot.name,
        from_ms=slot.from_ms,
        until_ms=slot.until_ms,
    )
    return reply, (booked,)


def _cancel(room: Room, client: ClientId, command: c.CancelAppointment, _: Now) -> Decision:
    return refuse_unstaffed(room, client) or _cancelled(room, command.appointment)


def _cancel_by_token(room: Room, _: ClientId, command: c.CancelBooking, __: Now) -> Decision:
    appointment = tokens.verify_appointment(command.token, room.key)
    if appointment is None:
        return refuse(RejectionCode.NO_APPOINTMENT, words.UNKNOWN)
    return _cancelled(room, appointment)


def _cancelled(room: Room, appointment: AppointmentId) -> Decision:
    known = room.state.appointments.find(appointment)
    if known is None:
        return refuse(RejectionCode.NO_APPOINTMENT, words.UNKNOWN)
    if known.state is Booking.CANCELLED:
        return OK
    if known.state is Booking.MISSED:
        return refuse(RejectionCode.SLOT_PASSED, words.OVER)
    if known.ticket is not None:
        number = room.state.tickets[known.ticket].number
        return refuse(RejectionCode.ALREADY_CHECKED_IN, words.already_checked_in(number))
    return Decision(Done(), (ev.AppointmentCancelled(appointment),))


def _find(room: Room, client: ClientId, command: c.FindAppointments, _: Now) -> Decision:
    unstaffed = refuse_unstaffed(room, client)
    if unstaffed is not None:
        return unstaffed
    found = room.state.appointments.of_person(command.person)
    return Decision(Appointments(tuple(_shown(room, each) for each in found)))


def _shown(room: Room, known: Appointment) -> AppointmentShown:
    return AppointmentShown(
        appointment=known.id,
        service=known.service,
        day=known.day,
        from_ms=known.from_ms,
        until_ms=known.until_ms,
        opens_ms=known.opens_ms,
        is_open=known.is_open,
        number=None if known.ticket is None else room.state.tickets[known.ticket].number,
    )


def refuse_unstaffed(room: Room, client: ClientId) -> Decision | None:
    """Refuse a guide's tablet at which nobody is signed in."""
    if routes.role_of(client) is not Role.GUIDE:
        return None
    staff = room.staff(client)
    return staff if isinstance(staff, Decision) else None


# What belongs to other acts.


def reopened(room: Room, ticket: TicketId) -> tuple[ev.Event, ...]:
    """Say what voiding a ticket does to the appointment that it was given for, if any."""
    known = room.state.appointments.of_ticket(ticket)
    return () if known is None else (ev.AppointmentReopened(known.id, ticket),)


def missed(room: Room, now: Now) -> Iterator[ev.Event]:
    """Say whose time has passed without anybody."""
    for known in room.state.appointments.overdue(now.wall_ms):
        yield ev.AppointmentMissed(known.id)


def settle(room: Room, today: BusinessDay) -> tuple[ev.Event, ...]:
    """Say, before the day is closed, who did not come at all."""
    return tuple(
        ev.AppointmentMissed(known.id)
        for known in room.state.appointments.everyone()
        if known.day < today and known.state is Booking.BOOKED
    )


def carry_over(room: Room, today: BusinessDay) -> tuple[ev.Event, ...]:
    """State again, in the day that begins, what is still to come."""
    appointments = room.state.appointments
    numbers = tuple(
        ev.AppointmentNumbersCarriedOver(day, last)
        for day, last in appointments.last_numbers()
        if day >= today
    )
    carried = tuple(
        ev.AppointmentCarriedOver(
            appointment=known.id,
            service=known.service,
            day=known.day,
            slot=known.slot,
            person=known.person,
            from_ms=known.from_ms,
            until_ms=known.until_ms,
            opens_ms=known.opens_ms,
            closes_ms=known.closes_ms,
        )
        for known in appointments.everyone()
        if known.day >= today and known.state is Booking.BOOKED
    )
    return (*numbers, *carried)


ACTS: dict[type[c.Command], Act] = {
    c.BookAppointment: _book,
    c.CancelAppointment: _cancel,
    c.CancelBooking: _cancel_by_token,
    c.FindAppointments: _find,
}

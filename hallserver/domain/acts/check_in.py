"""Checking in: an appointment becomes a number, without a place in line being taken anew.

Who booked online is never asked to queue once more (tag 212 of the official reasons of complaint:
在线预约办理后到实体大厅重复取号排队). So whoever has an appointment today and takes a number for
its service is checked in.
"""

import msgspec

from hallserver.domain import booking_words as words
from hallserver.domain import events as ev
from hallserver.domain import token as tokens
from hallserver.domain.acts.appointments import refuse_unstaffed
from hallserver.domain.acts.base import Act, Decision, Room, refuse
from hallserver.domain.acts.number import Claim, give_number, is_without_paper
from hallserver.domain.appointments import Appointment, Booking, Standing
from hallserver.domain.availability import availability
from hallserver.domain.calendar import business_day
from hallserver.domain.come_again import closed_text
from hallserver.domain.instant import Now
from hallserver.domain.place import at_end
from hallserver.domain.plan import Service
from hallserver.domain.waiting import Lane, Waiting
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import (
    AppointmentToken,
    BusinessDay,
    ClientId,
    PersonKey,
    ServiceId,
    TicketId,
)
from hallserver.protocol.replies import Reservation
from hallserver.protocol.routes import Role
from hallserver.protocol.states import TicketState


def _check_in(room: Room, client: ClientId, command: c.CheckIn, now: Now) -> Decision:
    if room.state.notice is not None and routes.role_of(client) is Role.KIOSK:
        return refuse(RejectionCode.KIOSKS_CLOSED, room.state.notice)
    unstaffed = refuse_unstaffed(room, client)
    if unstaffed is not None:
        return unstaffed
    if command.token is not None and command.person is None:
        found = _by_token(room, command.token)
    elif command.person is not None and command.token is None:
        found = _by_person(room, command.person, command.service, now)
    else:
        return refuse(RejectionCode.MALFORMED)
    if isinstance(found, Decision):
        return found
    service = room.plan.find_service(found.service)
    if service is None:  # it was taken out of the hall file since
        return refuse(RejectionCode.UNKNOWN_SERVICE)
    refused = _not_now(room, found, now)
    if refused is None and _comes_after_hours(room, service, found, now):
        why = closed_text(
            room.state, service, availability(room.state, service, now.wall_ms), now.wall_ms
        )
        refused = refuse(RejectionCode.CLOSED_NOW, why)
    return refused or _number(room, service, found, Claim(person=found.person), now)


def instead_of_reserving(room: Room, service: Service, claim: Claim, now: Now) -> Decision | None:
    """Check in whoever has an appointment for the service today; None for everybody else."""
    if claim.person is None or claim.is_proxy:
        return None
    for known in room.state.appointments.of_person(claim.person):
        is_meant = (known.service, known.day) == (service.id, _today(room))
        if is_meant and (known.is_open or _has_no_paper(room, known, now)):
            is_over = _comes_after_hours(room, service, known, now)
            return None if is_over else _number(room, service, known, claim, now)
    return None


def _by_token(room: Room, token: AppointmentToken) -> Appointment | Decision:
    appointment = tokens.verify_appointment(token, room.key)
    if appointment is None:
        return refuse(RejectionCode.NO_APPOINTMENT)
    known = room.state.appointments.find(appointment)
    if known is None:
        day = tokens.day_of(appointment)
        return refuse(RejectionCode.APPOINTMENT_OTHER_DAY, words.other_day(day, None))
    if known.state is Booking.CANCELLED:
        return refuse(RejectionCode.NO_APPOINTMENT, words.CANCELLED)
    return known


def _by_person(
    room: Room, person: PersonKey, service: ServiceId | None, now: Now
) -> Appointment | Decision:
    """Choose among a person's appointments: whose time it is, then the late, then the earliest."""
    mine = [
        known
        for known in room.state.appointments.of_person(person)
        if service in (None, known.service)
    ]
    today = [known for known in mine if known.day == _today(room)]
    expected = [known for known in today if known.is_open or _has_no_paper(room, known, now)]
    if expected:
        return min(expected, key=lambda known: (_turn(known, now), known.from_ms, known.id))
    if mine:
        return (today or mine)[0]
    return refuse(RejectionCode.NO_APPOINTMENT)


def _turn(known: Appointment, now: Now) -> int:
    if now.wall_ms >= known.closes_ms:
        return 1
    return 0 if now.wall_ms >= known.opens_ms else 2


def _number(room: Room, service: Service, known: Appointment, claim: Claim, now: Now) -> Decision:
    """Give the number, at the place that the appointment stands for."""
    refused = _not_now(room, known, now)
    if refused is not None:
        return refused
    given = give_number(room, service, claim, now)
    if not isinstance(given.reply, Reservation):
        return given
    standing = known.standing or _standing(room, known, now)
    checked_in = ev.AppointmentCheckedIn(
        known.id, given.reply.ticket, standing.place, standing.due_ms
    )
    ahead = _ahead(room, known.service, standing)
    reply = msgspec.structs.replace(given.reply, people_ahead=ahead)
    return Decision(reply, (*given.events, checked_in))


def _not_now(room: Room, known: Appointment, now: Now) -> Decision | None:
    if known.day != _today(room):
        when = words.other_day(known.day, known.slot)
        return refuse(RejectionCode.APPOINTMENT_OTHER_DAY, when)
    if known.ticket is not None and not _has_no_paper(room, known, now):
        ticket = room.state.tickets[known.ticket]
        if ticket.state is TicketState.CANCELLED:
            return refuse(RejectionCode.NO_APPOINTMENT, words.GIVEN_UP)
        number = words.already_checked_in(ticket.number)
        return refuse(RejectionCode.ALREADY_CHECKED_IN, number)
    if known.standing is None and now.wall_ms < known.opens_ms:
        when = words.too_early(known.from_ms, known.opens_ms, room.plan.rules.timezone)
        return refuse(RejectionCode.APPOINTMENT_TOO_EARLY, when)
    return None


def _comes_after_hours(room: Room, service: Service, known: Appointment, now: Now) -> bool:
    """Say whether somebody is late and the service is not open any more: nobody would call."""
    if known.standing is not None or now.wall_ms < known.closes_ms:
        return False
    opening_ms = room.state.hours.next_open_ms(room.plan.schedule_of(service.id), now.wall_ms)
    return opening_ms is None or business_day(opening_ms, room.plan.rules) > _today(room)


def _has_no_paper(room: Room, known: Appointment, now: Now) -> bool:
    """Say whether it was checked in and the number never reached paper."""
    return known.ticket is not None and is_without_paper(room.state.tickets[known.ticket], now)


def _standing(room: Room, known: Appointment, now: Now) -> Standing:
    """Give the place at the end, and to who is in time the slot's beginning on the hall's clock.

    From here on a wall clock that jumps no longer changes anybody's order.
    """
    is_late = now.wall_ms >= known.closes_ms
    due_ms = None if is_late else now.elapsed_ms + known.from_ms - now.wall_ms
    return Standing(at_end(room.state.seq + 1), due_ms)


def _ahead(room: Room, service: ServiceId, standing: Standing) -> int:
    lane = Lane(service, is_booked=standing.due_ms is not None)
    waiting = Waiting(standing.place, TicketId(""), due_ms=standing.due_ms)
    return room.state.lines.ahead_of(lane, waiting)


def _today(room: Room) -> BusinessDay:
    return room.state.numbering.day


ACTS: dict[type[c.Command], Act] = {
    c.CheckIn: _check_in,
}

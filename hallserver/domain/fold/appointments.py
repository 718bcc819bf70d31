"""Appointments."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.appointments import Appointment, Booking, Standing
from hallserver.domain.invariant import invariant
from hallserver.domain.state import HallState


def _book(state: HallState, _: ev.Recorded, event: ev.AppointmentBooked) -> None:
    state.appointments.keep_number(event.day, event.number)
    state.appointments.add(_new(event))


def _carry_over(state: HallState, _: ev.Recorded, event: ev.AppointmentCarriedOver) -> None:
    state.appointments.add(_new(event))


def _new(event: ev.AppointmentBooked | ev.AppointmentCarriedOver) -> Appointment:
    return Appointment(
        id=event.appointment,
        service=event.service,
        day=event.day,
        slot=event.slot,
        person=event.person,
        from_ms=event.from_ms,
        until_ms=event.until_ms,
        opens_ms=event.opens_ms,
        closes_ms=event.closes_ms,
    )


def _keep_number(state: HallState, _: ev.Recorded, event: ev.AppointmentNumbersCarriedOver) -> None:
    state.appointments.keep_number(event.day, event.last)


def _cancel(state: HallState, _: ev.Recorded, event: ev.AppointmentCancelled) -> None:
    state.appointments.change(event.appointment, Booking.CANCELLED)


def _check_in(state: HallState, _: ev.Recorded, event: ev.AppointmentCheckedIn) -> None:
    known = state.appointments.find(event.appointment)
    invariant(known is not None and known.is_open, f"{event.appointment} has one ticket at a time")
    state.alter(event.ticket, place=event.place, due_ms=event.due_ms)
    state.appointments.change(
        event.appointment,
        Booking.LATE if event.due_ms is None else Booking.CHECKED_IN,
        ticket=event.ticket,
        standing=Standing(event.place, event.due_ms),
    )


def _reopen(state: HallState, _: ev.Recorded, event: ev.AppointmentReopened) -> None:
    state.appointments.change(event.appointment, Booking.BOOKED)


def _miss(state: HallState, _: ev.Recorded, event: ev.AppointmentMissed) -> None:
    state.appointments.change(event.appointment, Booking.MISSED)


FOLDS: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.AppointmentBooked: _book,
    ev.AppointmentCancelled: _cancel,
    ev.AppointmentCheckedIn: _check_in,
    ev.AppointmentReopened: _reopen,
    ev.AppointmentMissed: _miss,
    ev.AppointmentCarriedOver: _carry_over,
    ev.AppointmentNumbersCarriedOver: _keep_number,
}

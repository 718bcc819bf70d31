"""The table of appointments as a fold of the journal. It never shows whose they are."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, bindparam, insert, update

from hallserver.domain import events as ev
from hallserver.domain.appointments import Booking
from hallserver.journal.change import Change
from hallserver.journal.tables import appointment

_wall = bindparam("now_wall_ms", type_=BigInteger)
_its_row = update(appointment).where(appointment.c.id == bindparam("of_appointment"))

BOOK = insert(appointment).values(
    id=bindparam("id"),
    day=bindparam("day"),
    slot=bindparam("slot"),
    service=bindparam("service"),
    state=Booking.BOOKED.value,
    booked_by=bindparam("booked_by"),
    booked_wall_ms=_wall,
    from_wall_ms=bindparam("from_wall_ms"),
    until_wall_ms=bindparam("until_wall_ms"),
)
CHECK_IN = _its_row.values(
    state=bindparam("new_state"), ticket=bindparam("new_ticket"), checked_in_wall_ms=_wall
)
REOPEN = _its_row.values(state=Booking.BOOKED.value, ticket=None, checked_in_wall_ms=None)
MISS = _its_row.values(state=Booking.MISSED.value, missed_wall_ms=_wall)
CANCEL = _its_row.values(state=Booking.CANCELLED.value, cancelled_wall_ms=_wall)

STATEMENTS = (BOOK, CHECK_IN, REOPEN, MISS, CANCEL)


def _book(recorded: ev.Recorded, event: ev.AppointmentBooked) -> Change:
    values = {
        "id": event.appointment,
        "day": event.day,
        "slot": event.slot,
        "service": event.service,
        "booked_by": recorded.client,
        "now_wall_ms": recorded.wall_ms,
        "from_wall_ms": event.from_ms,
        "until_wall_ms": event.until_ms,
    }
    return Change(BOOK, event.appointment, values)


def _check_in(recorded: ev.Recorded, event: ev.AppointmentCheckedIn) -> Change:
    state = Booking.LATE if event.due_ms is None else Booking.CHECKED_IN
    values = {
        "of_appointment": event.appointment,
        "new_state": state.value,
        "new_ticket": event.ticket,
        "now_wall_ms": recorded.wall_ms,
    }
    return Change(CHECK_IN, event.appointment, values)


def _reopen(_: ev.Recorded, event: ev.AppointmentReopened) -> Change:
    return Change(REOPEN, event.appointment, {"of_appointment": event.appointment})


def _miss(recorded: ev.Recorded, event: ev.AppointmentMissed) -> Change:
    values = {"of_appointment": event.appointment, "now_wall_ms": recorded.wall_ms}
    return Change(MISS, event.appointment, values)


def _cancel(recorded: ev.Recorded, event: ev.AppointmentCancelled) -> Change:
    values = {"of_appointment": event.appointment, "now_wall_ms": recorded.wall_ms}
    return Change(CANCEL, event.appointment, values)


def _nothing(_: ev.Recorded, __: ev.Event) -> None:
    """Said before: the row is there since the booking."""


PROJECT: dict[type[Any], Callable[[ev.Recorded, Any], Change | None]] = {
    ev.AppointmentBooked: _book,
    ev.AppointmentCheckedIn: _check_in,
    ev.AppointmentReopened: _reopen,
    ev.AppointmentMissed: _miss,
    ev.AppointmentCancelled: _cancel,
    ev.AppointmentCarriedOver: _nothing,
    ev.AppointmentNumbersCarriedOver: _nothing,
}

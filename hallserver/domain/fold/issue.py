"""Numbers given: for the open business day, or in the night for the next."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.calendar import HalfDay
from hallserver.domain.numbering import Numbering
from hallserver.domain.place import at_end
from hallserver.domain.quota import Quota
from hallserver.domain.state import HallState
from hallserver.domain.ticket import Move, Ticket
from hallserver.domain.token import day_of
from hallserver.protocol.ids import ServiceId, TicketId


def _reserve(state: HallState, recorded: ev.Recorded, event: ev.TicketReserved) -> None:
    _numbering(state, event.ticket).take(event.series, event.ordinal)
    state.add(
        Ticket(
            id=event.ticket,
            number=event.number,
            service=event.service,
            person=event.person,
            kiosk=recorded.client,
            place=at_end(recorded.seq),
            reserved_ms=recorded.elapsed_ms,
            since_ms=_waits_from(recorded, event.valid_from_ms),
            priority=event.priority,
            companions=event.companions,
            item=event.item,
            is_proxy=event.is_proxy,
            quota=_quota(event.ticket, event.service, event.half),
            valid_from_ms=event.valid_from_ms,
        )
    )


def _carry_over(state: HallState, _: ev.Recorded, event: ev.TicketCarriedOver) -> None:
    state.numbering.take(event.series, event.ordinal)
    state.add(
        Ticket(
            id=event.ticket,
            number=event.number,
            service=event.service,
            person=event.person,
            kiosk=event.kiosk,
            place=event.place,
            reserved_ms=event.reserved_ms,
            state=event.state,
            since_ms=event.since_ms,
            priority=event.priority,
            companions=event.companions,
            item=event.item,
            is_proxy=event.is_proxy,
            quota=_quota(event.ticket, event.service, event.half),
            valid_from_ms=event.valid_from_ms,
        )
    )


def _cancel(state: HallState, _: ev.Recorded, event: ev.TicketCancelled) -> None:
    state.move(event.ticket, Move.CANCELLED)


def _waits_from(recorded: ev.Recorded, valid_from_ms: int | None) -> int:
    """Say since when a number waits: since it was given, or since the opening that it is for.

    Not since its paper was confirmed: a kiosk that is slow to say so costs nobody the turn.
    """
    until_valid_ms = 0 if valid_from_ms is None else valid_from_ms - recorded.wall_ms
    return recorded.elapsed_ms + max(0, until_valid_ms)


def _numbering(state: HallState, ticket: TicketId) -> Numbering:
    is_of_the_night = day_of(ticket) == state.night.day
    return state.night.numbering if is_of_the_night else state.numbering


def _quota(ticket: TicketId, service: ServiceId, half: HalfDay | None) -> Quota | None:
    return None if half is None else Quota(day_of(ticket), service, half)


FOLDS: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.TicketReserved: _reserve,
    ev.TicketCarriedOver: _carry_over,
    ev.TicketCancelled: _cancel,
}

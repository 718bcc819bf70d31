"""What a counter's terminal and pad are shown of the hall."""

from hallserver.domain import choosing
from hallserver.domain.state import Desk, HallState
from hallserver.domain.steps import step_of
from hallserver.domain.ticket import Parking, Ticket
from hallserver.protocol.ids import CounterId, Epoch, TicketId
from hallserver.protocol.snapshots import (
    ActiveTicket,
    ClerkAtCounter,
    CounterPause,
    CounterSnapshot,
    ParkedTicket,
)
from hallserver.protocol.states import TicketState

UPCOMING_SHOWN = 5


def counter(state: HallState, counter_id: CounterId, epoch: Epoch) -> CounterSnapshot:
    """Show one counter to its terminal and its pad."""
    desk = state.desks[counter_id]
    services = state.services_of(counter_id)
    upcoming = choosing.upcoming(state, counter_id, UPCOMING_SHOWN, state.now_ms)
    return CounterSnapshot(
        epoch=epoch,
        version=state.seq,
        counter=counter_id,
        clerk=_clerk(state, counter_id),
        active=_active(state, desk.active),
        waiting=state.lines.length_at(counter_id, services),
        next_numbers=tuple(state.tickets[ticket].number for ticket in upcoming),
        rateable=_rateable(state, desk.completed),
        paused=_paused(desk),
        parked=tuple(
            _parked(ticket, ticket.parking)
            for ticket in map(state.tickets.__getitem__, desk.parked)
            if ticket.parking is not None
        ),
        services=services,
    )


def _clerk(state: HallState, counter_id: CounterId) -> ClerkAtCounter | None:
    account = state.desks[counter_id].clerk
    if account is None:
        return None
    clerk = state.plan.find_clerk(account)
    if clerk is None:  # the account was taken out of the hall file during the shift
        return None
    return ClerkAtCounter(clerk.id, clerk.name, clerk.staff_number)


def _paused(desk: Desk) -> CounterPause | None:
    if desk.pause is None:
        return None
    return CounterPause(desk.pause.reason, desk.pause.since_wall_ms)


def _active(state: HallState, ticket_id: TicketId | None) -> ActiveTicket | None:
    return None if ticket_id is None else _shown(state, state.tickets[ticket_id])


def _rateable(state: HallState, ticket_id: TicketId | None) -> ActiveTicket | None:
    if ticket_id is None or state.tickets[ticket_id].is_rated:
        return None
    return _shown(state, state.tickets[ticket_id])


def _shown(state: HallState, ticket: Ticket) -> ActiveTicket:
    undo_until_ms = ticket.called_wall_ms + state.plan.rules.undo_s * 1000
    return ActiveTicket(
        ticket=ticket.id,
        number=ticket.number,
        service=ticket.service,
        state=ticket.state,
        recalls=ticket.recalls,
        called_at_ms=ticket.called_wall_ms,
        undo_until_ms=undo_until_ms if ticket.state is TicketState.CALLED else None,
        priority=ticket.priority,
        companions=ticket.companions,
        returns_to=ticket.returns_to if ticket.returns_to != ticket.counter else None,
        step=step_of(state.plan, ticket),
    )


def _parked(ticket: Ticket, parking: Parking) -> ParkedTicket:
    return ParkedTicket(
        ticket=ticket.id,
        number=ticket.number,
        service=ticket.service,
        parked_at_ms=parking.since_wall_ms,
        resume_at_ms=parking.due_wall_ms,
        is_due=ticket.is_due,
    )

"""Tickets that go on to another line, come back to one, or are set aside."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.rules import TransferPlace
from hallserver.domain.state import HallState
from hallserver.domain.ticket import Move, Parking, Ticket


def _reinstate(state: HallState, recorded: ev.Recorded, event: ev.TicketReinstated) -> None:
    before = state.tickets[event.ticket]
    state.move(
        event.ticket,
        Move.REINSTATED,
        place=event.place,
        first_place=before.kept_place,
        since_ms=recorded.elapsed_ms,
        due_ms=None,  # a missed call uses the claim of an appointment up
        for_counter=event.for_counter,
        reinstated=before.reinstated + 1,
        counter=None,
        clerk=None,
        recalls=0,
    )
    if before.counter is not None:
        state.withdraw_from_board(event.ticket, before.counter)


def _transfer(state: HallState, recorded: ev.Recorded, event: ev.TicketTransferred) -> None:
    _go_on(
        state,
        recorded,
        event,
        for_counter=event.for_counter,
        returns_to=event.returns_to,
        returns_as=event.returns_as,
    )


def _return(state: HallState, recorded: ev.Recorded, event: ev.TicketReturned) -> None:
    _go_on(state, recorded, event, for_counter=event.for_counter, returns_to=None, returns_as=None)


def _complete_step(state: HallState, recorded: ev.Recorded, event: ev.StepCompleted) -> None:
    _go_on(state, recorded, event, for_counter=None, step=event.step)


def _go_on(
    state: HallState,
    recorded: ev.Recorded,
    event: ev.TicketTransferred | ev.TicketReturned | ev.StepCompleted,
    **changes: Any,
) -> None:
    before = state.tickets[event.ticket]
    state.move(
        event.ticket,
        Move.TRANSFERRED,
        service=event.service,
        place=event.place,
        first_place=before.kept_place,
        since_ms=_waits_since(before, event.rule, recorded.elapsed_ms),
        due_ms=None,  # its appointment has been kept
        counter=None,
        clerk=None,
        recalls=0,
        **changes,
    )
    state.withdraw_from_board(event.ticket, event.counter)


def _waits_since(before: Ticket, rule: TransferPlace, now_ms: int) -> int:
    """Who keeps the first place keeps the waiting so far too, and no more: not the serving."""
    waited_ms = before.called_ms - before.since_ms if rule is TransferPlace.KEPT else 0
    return now_ms - waited_ms


def _readdress(state: HallState, _: ev.Recorded, event: ev.TicketReaddressed) -> None:
    state.alter(event.ticket, for_counter=None)


def _park(state: HallState, recorded: ev.Recorded, event: ev.TicketParked) -> None:
    parking = Parking(recorded.wall_ms, event.due_ms, event.due_wall_ms)
    ticket = state.move(event.ticket, Move.PARKED, parking=parking, is_due=False)
    state.note_on_board(ticket, event.counter)


def _remind(state: HallState, _: ev.Recorded, event: ev.ParkedDue) -> None:
    state.alter(event.ticket, is_due=True)


def _resume(state: HallState, _: ev.Recorded, event: ev.TicketResumed) -> None:
    before = state.tickets[event.ticket].counter
    ticket = state.move(
        event.ticket, Move.RESUMED, counter=event.counter, clerk=event.clerk, parking=None
    )
    state.desks[event.counter].completed = None
    if before is None or before == event.counter:
        state.note_on_board(ticket, event.counter)
    else:
        state.withdraw_from_board(event.ticket, before)


FOLDS: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.TicketReinstated: _reinstate,
    ev.TicketTransferred: _transfer,
    ev.TicketReturned: _return,
    ev.StepCompleted: _complete_step,
    ev.TicketReaddressed: _readdress,
    ev.TicketParked: _park,
    ev.ParkedDue: _remind,
    ev.TicketResumed: _resume,
}

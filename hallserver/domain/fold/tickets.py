"""The life of a ticket."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.past import CallMade
from hallserver.domain.state import HallState
from hallserver.domain.ticket import Move


def _print(state: HallState, _: ev.Recorded, event: ev.TicketPrinted) -> None:
    state.move(event.ticket, Move.PRINTED)


def _void(state: HallState, _: ev.Recorded, event: ev.TicketVoided) -> None:
    state.move(event.ticket, Move.VOIDED)


def _call(state: HallState, recorded: ev.Recorded, event: ev.TicketCalled) -> None:
    ticket = state.move(
        event.ticket,
        Move.CALLED,
        counter=event.counter,
        clerk=event.clerk,
        called_wall_ms=recorded.wall_ms,
        called_ms=recorded.elapsed_ms,
        recalls=0,
    )
    desk = state.desks[event.counter]
    desk.turn_before, desk.turn = desk.turn, event.turn
    state.past.note_call(
        CallMade(
            seq=recorded.seq,
            elapsed_ms=recorded.elapsed_ms,
            ticket=event.ticket,
            counter=event.counter,
            clerk=event.clerk,
            services=state.services_of(event.counter),
            reason=event.reason,
            policy=event.policy,
            wish=event.wish,
        )
    )
    if not event.is_silent:
        state.show_call(recorded.seq, recorded.wall_ms, ticket, event.counter)


def _grant(state: HallState, _: ev.Recorded, event: ev.PriorityGranted) -> None:
    state.alter(event.ticket, priority=event.priority)


def _recall(state: HallState, recorded: ev.Recorded, event: ev.TicketRecalled) -> None:
    recalls = state.tickets[event.ticket].recalls + 1
    ticket = state.move(event.ticket, Move.RECALLED, recalls=recalls)
    state.show_call(recorded.seq, recorded.wall_ms, ticket, event.counter)
    state.touched_counters.add(event.counter)


def _arrive(state: HallState, _: ev.Recorded, event: ev.TicketArrived) -> None:
    ticket = state.move(event.ticket, Move.ARRIVED)
    state.note_on_board(ticket, event.counter)
    state.desks[event.counter].completed = None
    state.touched_counters.add(event.counter)


def _complete(state: HallState, _: ev.Recorded, event: ev.TicketCompleted) -> None:
    ticket = state.move(event.ticket, Move.COMPLETED)
    state.note_on_board(ticket, event.counter)
    state.desks[event.counter].completed = event.ticket


def _miss(state: HallState, _: ev.Recorded, event: ev.TicketMissed) -> None:
    state.note_on_board(state.move(event.ticket, Move.MISSED), event.counter)


def _release(state: HallState, _: ev.Recorded, event: ev.TicketReleased) -> None:
    state.move(event.ticket, Move.RELEASED, counter=None, clerk=None, recalls=0)
    if event.turn is not None:
        state.desks[event.counter].turn = event.turn
    state.withdraw_from_board(event.ticket, event.counter)


def _expire(state: HallState, _: ev.Recorded, event: ev.TicketExpired) -> None:
    state.move(event.ticket, Move.EXPIRED, parking=None)


FOLDS: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.TicketPrinted: _print,
    ev.TicketVoided: _void,
    ev.TicketCalled: _call,
    ev.PriorityGranted: _grant,
    ev.TicketRecalled: _recall,
    ev.TicketArrived: _arrive,
    ev.TicketCompleted: _complete,
    ev.TicketMissed: _miss,
    ev.TicketReleased: _release,
    ev.TicketExpired: _expire,
}

"""What a clerk does at a counter besides calling: taking back, setting aside, pausing."""

from collections.abc import Iterator

from hallserver.domain import events as ev
from hallserver.domain.acts.base import OK, Act, Decision, Room, answer, refuse
from hallserver.domain.acts.places import back_in_line
from hallserver.domain.instant import Now
from hallserver.domain.ticket import Move, Ticket, may
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId, CounterId
from hallserver.protocol.replies import Done


def _undo(room: Room, client: ClientId, command: c.UndoCall, now: Now) -> Decision:
    found = room.at_this_counter(client, command.ticket, Move.RELEASED)
    if isinstance(found, Decision):
        return found
    counter, ticket = found
    if now.elapsed_ms - ticket.called_ms > room.plan.rules.undo_s * 1000:
        return refuse(RejectionCode.UNDO_TOO_LATE)
    turn = room.state.desks[counter].turn_before
    released = ev.TicketReleased(ticket.id, counter, ev.ReleaseReason.UNDONE, turn)
    reply = answer(ticket, Move.RELEASED, recalls=0)
    return Decision(reply, (released, *back_in_line(room, ticket)))


def _park(room: Room, client: ClientId, command: c.Park, now: Now) -> Decision:
    found = room.at_this_counter(client, command.ticket, Move.PARKED)
    if isinstance(found, Decision):
        return found
    counter, ticket = found
    if len(room.state.desks[counter].parked) >= room.plan.rules.park_limit:
        return refuse(RejectionCode.PARK_LIMIT)
    parked = ev.TicketParked(ticket.id, counter)
    if command.resume_after_s is not None:
        after_ms = command.resume_after_s * 1000
        due = (now.elapsed_ms + after_ms, now.wall_ms + after_ms)
        parked = ev.TicketParked(ticket.id, counter, *due)
    return Decision(answer(ticket, Move.PARKED), (parked,))


def _resume(room: Room, client: ClientId, command: c.Resume, _: Now) -> Decision:
    ready = room.ready(client)
    if isinstance(ready, Decision):
        return ready
    counter, _desk, clerk = ready
    ticket = room.state.tickets.get(command.ticket)
    if ticket is None:
        return refuse(RejectionCode.UNKNOWN_TICKET)
    if not _may_go_on(room, counter, ticket):
        return refuse(RejectionCode.NOT_AT_THIS_COUNTER)
    if not may(ticket.state, Move.RESUMED):
        return refuse(RejectionCode.WRONG_STATE)
    resumed = ev.TicketResumed(ticket.id, counter, clerk)
    return Decision(answer(ticket, Move.RESUMED), (resumed,))


def _may_go_on(room: Room, counter: CounterId, ticket: Ticket) -> bool:
    """A parked visitor belongs to the counter; when nobody is there, another may stand in."""
    if ticket.counter is None or ticket.counter == counter:
        return ticket.counter is not None
    is_left = room.state.desks[ticket.counter].clerk is None
    return is_left and ticket.service in room.state.services_of(counter)


def remind(room: Room, now: Now) -> Iterator[ev.Event]:
    """Say for which parked visitors the time is over."""
    for due_ms, ticket in room.state.reminders:
        counter = room.state.tickets[ticket].counter
        if due_ms > now.elapsed_ms or counter is None:
            return
        yield ev.ParkedDue(ticket, counter)


def _pause(room: Room, client: ClientId, command: c.PauseCounter, _: Now) -> Decision:
    staffed = room.staffed(client)
    if isinstance(staffed, Decision):
        return staffed
    counter, desk, clerk = staffed
    if desk.pause is not None and desk.pause.reason is command.reason:
        return OK
    return Decision(Done(), (ev.CounterPaused(counter, clerk, command.reason),))


def _resume_counter(room: Room, client: ClientId, _: c.ResumeCounter, __: Now) -> Decision:
    staffed = room.staffed(client)
    if isinstance(staffed, Decision):
        return staffed
    counter, desk, clerk = staffed
    if desk.pause is None:
        return OK
    return Decision(Done(), (ev.CounterResumed(counter, clerk),))


ACTS: dict[type[c.Command], Act] = {
    c.UndoCall: _undo,
    c.Park: _park,
    c.Resume: _resume,
    c.PauseCounter: _pause,
    c.ResumeCounter: _resume_counter,
}

"""Who is called, when it is not just the next: a given number, a class, and what is explained."""

from hallserver.domain import events as ev
from hallserver.domain.acts.base import OK, Act, Decision, Room, make_call, refuse
from hallserver.domain.explain import explain
from hallserver.domain.instant import Now
from hallserver.domain.past import CallMade
from hallserver.domain.policy import CallReason
from hallserver.domain.rules import Permission
from hallserver.domain.ticket import Move, Ticket, may
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId
from hallserver.protocol.replies import Explanation
from hallserver.protocol.states import TicketState


def _call_ticket(room: Room, client: ClientId, command: c.CallTicket, _: Now) -> Decision:
    ready = room.ready(client)
    if isinstance(ready, Decision):
        return ready
    counter, desk, clerk = ready
    allowed = room.staff(client, Permission.CALL_NUMBER)
    if isinstance(allowed, Decision):
        return allowed
    ticket = room.state.find_number(command.number)
    if ticket is None:
        return refuse(RejectionCode.UNKNOWN_TICKET)
    if not may(ticket.state, Move.CALLED):
        return refuse(RejectionCode.WRONG_STATE)
    called = ev.TicketCalled(
        ticket.id,
        counter,
        clerk,
        CallReason.BY_CLERK,
        turn=desk.turn,
        is_silent=room.plan.counter(counter).rules.is_back_office,
        policy=room.plan.policy_of(counter),
        wish=command.reason,
    )
    return make_call(room, called)


_WITH_A_LANE = frozenset({TicketState.RESERVED, TicketState.WAITING})


def _grant_priority(room: Room, client: ClientId, command: c.GrantPriority, _: Now) -> Decision:
    clerk = room.staff(client, Permission.GRANT_PRIORITY)
    if isinstance(clerk, Decision):
        return clerk
    if command.priority is not None and room.plan.find_priority(command.priority) is None:
        return refuse(RejectionCode.UNKNOWN_PRIORITY)
    ticket = room.state.find_number(command.number)
    if ticket is None:
        return refuse(RejectionCode.UNKNOWN_TICKET)
    if ticket.state not in _WITH_A_LANE:
        return refuse(RejectionCode.WRONG_STATE)
    if ticket.priority == command.priority:
        return OK
    return Decision(OK.reply, (ev.PriorityGranted(ticket.id, command.priority, clerk),))


def _explain_call(room: Room, client: ClientId, command: c.ExplainCall, _: Now) -> Decision:
    clerk = room.staff(client)
    if isinstance(clerk, Decision):
        return clerk
    called = room.state.find_number(command.called)
    other = room.state.find_number(command.other)
    if called is None or other is None:
        return refuse(RejectionCode.UNKNOWN_TICKET)
    if called.id == other.id:
        return refuse(RejectionCode.SAME_NUMBER)
    calls = room.state.past.calls(called.id)
    if not calls:
        return refuse(RejectionCode.NOT_CALLED_YET)
    return Decision(Explanation(explain(room.state, _meant(room, calls, other), other.id)))


def _meant(room: Room, calls: tuple[CallMade, ...], other: Ticket) -> CallMade:
    """Of several calls of one number, the last that the other one had to stand by and watch."""
    for call in reversed(calls):
        past = room.state.past.before(other.id, call.seq)
        if past and past[-1].ticket.state is TicketState.WAITING:
            return call
    return calls[-1]


ACTS: dict[type[c.Command], Act] = {
    c.CallTicket: _call_ticket,
    c.GrantPriority: _grant_priority,
    c.ExplainCall: _explain_call,
}

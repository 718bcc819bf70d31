"""Calling: the next by the counter's policy, again, and what becomes of the call."""

from collections.abc import Callable

from hallserver.domain import events as ev
from hallserver.domain.acts.base import Act, Decision, Room, answer, make_call, refuse
from hallserver.domain.choosing import choose_at
from hallserver.domain.instant import Now
from hallserver.domain.ticket import Move
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId, CounterId, TicketId


def _call_next(room: Room, client: ClientId, _: c.CallNext, now: Now) -> Decision:
    ready = room.ready(client)
    if isinstance(ready, Decision):
        return ready
    counter, _desk, clerk = ready
    choice = choose_at(room.state, counter, now.elapsed_ms)
    if choice is None:
        return refuse(RejectionCode.NOBODY_WAITING)
    called = ev.TicketCalled(
        choice.ticket,
        counter,
        clerk,
        choice.reason,
        turn=choice.turn,
        is_silent=room.plan.counter(counter).rules.is_back_office,
        policy=room.plan.policy_of(counter),
    )
    return make_call(room, called)


def _recall(room: Room, client: ClientId, command: c.Recall, _: Now) -> Decision:
    found = room.at_this_counter(client, command.ticket, Move.RECALLED)
    if isinstance(found, Decision):
        return found
    counter, ticket = found
    if ticket.recalls >= room.plan.rules.recall_limit:
        return refuse(RejectionCode.RECALL_LIMIT)
    reply = answer(ticket, Move.RECALLED, recalls=ticket.recalls + 1)
    return Decision(reply, (ev.TicketRecalled(ticket.id, counter),))


def _act(
    room: Room,
    client: ClientId,
    ticket_id: TicketId,
    move: Move,
    happened: Callable[[TicketId, CounterId], ev.Event],
) -> Decision:
    found = room.at_this_counter(client, ticket_id, move)
    if isinstance(found, Decision):
        return found
    counter, ticket = found
    return Decision(answer(ticket, move), (happened(ticket.id, counter),))


def _arrive(room: Room, client: ClientId, command: c.Arrive, _: Now) -> Decision:
    return _act(room, client, command.ticket, Move.ARRIVED, ev.TicketArrived)


def _mark_no_show(room: Room, client: ClientId, command: c.MarkNoShow, _: Now) -> Decision:
    return _act(room, client, command.ticket, Move.MISSED, ev.TicketMissed)


ACTS: dict[type[c.Command], Act] = {
    c.CallNext: _call_next,
    c.Recall: _recall,
    c.Arrive: _arrive,
    c.MarkNoShow: _mark_no_show,
}

"""Completing: the visit, a step of its item, or what a ticket was sent to another counter for."""

from msgspec.structs import replace

from hallserver.domain import events as ev
from hallserver.domain.acts.base import Act, Decision, Room, answer, refuse
from hallserver.domain.acts.places import place_in, staffed
from hallserver.domain.instant import Now
from hallserver.domain.rules import Step
from hallserver.domain.steps import next_step
from hallserver.domain.ticket import Move, Ticket
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId, CounterId, ServiceId

_Given = tuple[ServiceId, ...]


def _complete(room: Room, client: ClientId, command: c.Complete, _: Now) -> Decision:
    found = room.at_this_counter(client, command.ticket, Move.COMPLETED)
    if isinstance(found, Decision):
        return found
    counter, ticket = found
    given: _Given = tuple(dict.fromkeys(command.services)) or (ticket.service,)
    if any(room.plan.find_service(service) is None for service in given):
        return refuse(RejectionCode.UNKNOWN_SERVICE)
    if ticket.returns_to not in (None, counter) and ticket.returns_as is not None:
        return _return(room, counter, ticket, given, ticket.returns_as)
    following = next_step(room.plan, ticket)
    if following is not None:
        return _go_on(room, counter, ticket, given, following)
    completed = ev.TicketCompleted(ticket.id, counter, given)
    return Decision(answer(ticket, Move.COMPLETED), (completed,))


def _return(
    room: Room, counter: CounterId, ticket: Ticket, given: _Given, service: ServiceId
) -> Decision:
    """Send it back to whoever sent it; when nobody is there any more, to the service's line."""
    for_counter = staffed(room, ticket.returns_to)
    rule = room.plan.rules.return_place
    lane = replace(ticket, service=service, for_counter=for_counter, due_ms=None).lane
    returned = ev.TicketReturned(
        ticket=ticket.id,
        counter=counter,
        services=given,
        service=service,
        for_counter=for_counter,
        rule=rule,
        place=place_in(room, ticket, lane, rule),
    )
    reply = answer(ticket, Move.TRANSFERRED, recalls=0, service=service)
    return Decision(reply, (returned,))


def _go_on(
    room: Room, counter: CounterId, ticket: Ticket, given: _Given, following: Step
) -> Decision:
    rule = room.plan.rules.transfer_place
    lane = replace(ticket, service=following.service, for_counter=None, due_ms=None).lane
    completed = ev.StepCompleted(
        ticket=ticket.id,
        counter=counter,
        step=ticket.step + 1,
        services=given,
        service=following.service,
        rule=rule,
        place=place_in(room, ticket, lane, rule),
    )
    reply = answer(ticket, Move.TRANSFERRED, recalls=0, service=following.service)
    return Decision(reply, (completed,))


ACTS: dict[type[c.Command], Act] = {
    c.Complete: _complete,
}

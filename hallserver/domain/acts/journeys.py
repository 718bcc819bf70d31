"""Sending visitors on, and taking those back who missed their call."""

from msgspec.structs import replace

from hallserver.domain import events as ev
from hallserver.domain.acts.base import Act, Decision, Room, answer, refuse
from hallserver.domain.acts.places import place_again, place_in, staffed
from hallserver.domain.instant import Now
from hallserver.domain.rules import ReinstatePlace
from hallserver.domain.ticket import Move, Ticket, may
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId, CounterId, ServiceId


def _reinstate(room: Room, client: ClientId, command: c.Reinstate, _: Now) -> Decision:
    staff = room.staff(client)
    if isinstance(staff, Decision):
        return staff
    ticket = room.state.find_number(command.number)
    if ticket is None:
        return refuse(RejectionCode.UNKNOWN_TICKET)
    if not may(ticket.state, Move.REINSTATED):
        return refuse(RejectionCode.WRONG_STATE)
    rules = room.plan.rules
    rule = room.plan.service(ticket.service).rules.reinstate or rules.reinstate
    if rule is ReinstatePlace.REFUSED:
        return refuse(RejectionCode.REINSTATE_REFUSED)
    if ticket.reinstated >= rules.reinstate_limit:
        return refuse(RejectionCode.REINSTATE_LIMIT)
    if _holds_another(room, ticket):
        return refuse(RejectionCode.ALREADY_WAITING)
    for_counter = staffed(room, ticket.for_counter)
    lane = replace(ticket, for_counter=for_counter, due_ms=None).lane
    place = place_again(room, ticket, lane, rule)
    reinstated = ev.TicketReinstated(ticket.id, rule, place, for_counter)
    return Decision(answer(ticket, Move.REINSTATED, recalls=0), (reinstated,))


def _holds_another(room: Room, ticket: Ticket) -> bool:
    """Say whether its person has as many other numbers by now as one may have."""
    if ticket.person is None:
        return False
    rules = room.plan.rules
    limit = (
        rules.proxy_tickets_per_person_and_service
        if ticket.is_proxy
        else rules.open_tickets_per_person_and_service
    )
    held = room.state.held_tickets(ticket.person, ticket.service)
    return sum(other.is_proxy is ticket.is_proxy for other in held) >= limit


def _transfer(room: Room, client: ClientId, command: c.Transfer, _: Now) -> Decision:
    found = room.at_this_counter(client, command.ticket, Move.TRANSFERRED)
    if isinstance(found, Decision):
        return found
    counter, ticket = found
    service = ticket.service if command.service is None else command.service
    refused = (
        _why_not_to_service(room, ticket.service, service)
        if command.counter is None
        else _why_not_to_counter(room, counter, service, command.counter)
    )
    if refused is not None:
        return refuse(refused)
    # Back where it is to return to, or sent there now, it has nothing to return to any more.
    back = None if ticket.returns_to in (counter, command.counter) else ticket.returns_to
    if command.is_returning and back is not None:
        return refuse(RejectionCode.ALREADY_RETURNING)
    back_as = None if back is None else ticket.returns_as
    rule = room.plan.rules.transfer_place
    lane = replace(ticket, service=service, for_counter=command.counter, due_ms=None).lane
    transferred = ev.TicketTransferred(
        ticket=ticket.id,
        counter=counter,
        service=service,
        for_counter=command.counter,
        returns_to=counter if command.is_returning else back,
        returns_as=ticket.service if command.is_returning else back_as,
        rule=rule,
        place=place_in(room, ticket, lane, rule),
    )
    reply = answer(ticket, Move.TRANSFERRED, recalls=0, service=service)
    return Decision(reply, (transferred,))


def _why_not_to_service(room: Room, before: ServiceId, service: ServiceId) -> RejectionCode | None:
    if room.plan.find_service(service) is None:
        return RejectionCode.UNKNOWN_SERVICE
    if service == before:
        return RejectionCode.TRANSFER_TO_ITSELF
    return None if room.state.counters_of(service) else RejectionCode.SERVICE_NOT_SERVED


def _why_not_to_counter(
    room: Room, before: CounterId, service: ServiceId, counter: CounterId
) -> RejectionCode | None:
    if room.plan.find_service(service) is None:
        return RejectionCode.UNKNOWN_SERVICE
    if room.plan.find_counter(counter) is None:
        return RejectionCode.UNKNOWN_COUNTER
    if counter == before:
        return RejectionCode.TRANSFER_TO_ITSELF
    if service not in room.state.services_of(counter):
        return RejectionCode.COUNTER_LACKS_SERVICE
    return None if room.state.desks[counter].clerk else RejectionCode.COUNTER_UNSTAFFED


ACTS: dict[type[c.Command], Act] = {
    c.Reinstate: _reinstate,
    c.Transfer: _transfer,
}

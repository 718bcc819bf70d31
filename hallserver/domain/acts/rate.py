"""Rating a service: at most once, after it was completed."""

from hallserver.domain import events as ev
from hallserver.domain.acts.base import Act, Decision, Room, refuse
from hallserver.domain.instant import Now
from hallserver.domain.ticket import Ticket
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId
from hallserver.protocol.replies import Done
from hallserver.protocol.routes import Role
from hallserver.protocol.states import TicketState


def _rate_by_token(room: Room, client: ClientId, command: c.RateService, _: Now) -> Decision:
    found = room.find_by_token(command.token)
    if isinstance(found, RejectionCode):
        return refuse(found)
    channel = ev.RatingChannel.PAD if routes.role_of(client) is Role.PAD else ev.RatingChannel.KIOSK
    return _rate(found, command.stars, command.tags, channel)


def _rate_at_counter(room: Room, client: ClientId, command: c.RateAtCounter, _: Now) -> Decision:
    ticket = room.state.tickets.get(command.ticket)
    if ticket is None:
        return refuse(RejectionCode.UNKNOWN_TICKET)
    if ticket.counter != routes.counter_of(client):
        return refuse(RejectionCode.NOT_AT_THIS_COUNTER)
    return _rate(ticket, command.stars, command.tags, ev.RatingChannel.PAD)


def _rate(ticket: Ticket, stars: int, tags: tuple[str, ...], channel: ev.RatingChannel) -> Decision:
    if ticket.is_rated:
        return refuse(RejectionCode.ALREADY_RATED)
    if ticket.state is not TicketState.COMPLETED or ticket.counter is None or ticket.clerk is None:
        return refuse(RejectionCode.NOT_SERVED_YET)
    rated = ev.ServiceRated(
        ticket=ticket.id,
        service=ticket.service,
        counter=ticket.counter,
        clerk=ticket.clerk,
        stars=stars,
        tags=tags,
        channel=channel,
    )
    return Decision(Done(), (rated,))


ACTS: dict[type[c.Command], Act] = {
    c.RateService: _rate_by_token,
    c.RateAtCounter: _rate_at_counter,
}

"""Taking a number: reserve, print, confirm; showing it, and giving it up."""

from hallserver.domain import events as ev
from hallserver.domain.acts.appointments import reopened
from hallserver.domain.acts.base import OK, Act, Decision, Room, refuse
from hallserver.domain.acts.check_in import instead_of_reserving
from hallserver.domain.acts.number import Claim, Turn, give_number, without_paper
from hallserver.domain.availability import availability
from hallserver.domain.come_again import closed_text, used_up_text
from hallserver.domain.instant import Now
from hallserver.domain.plan import Service
from hallserver.domain.steps import step_of
from hallserver.domain.ticket import AT_COUNTER, Move, may
from hallserver.domain.token import day_of
from hallserver.protocol import commands as c
from hallserver.protocol import routes
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId
from hallserver.protocol.replies import Done, TicketStatus
from hallserver.protocol.routes import Role
from hallserver.protocol.states import ServiceStatus, TicketState

_BY_NOW_WITH_A_COUNTER = AT_COUNTER | {TicketState.PARKED}
_ENDED_UNUSED = frozenset({TicketState.VOIDED, TicketState.CANCELLED, TicketState.EXPIRED})


def _reserve(room: Room, client: ClientId, command: c.ReserveTicket, now: Now) -> Decision:
    service = room.plan.find_service(command.service)
    if service is None or not room.plan.is_for_visitors(service.id):
        return refuse(RejectionCode.UNKNOWN_SERVICE)
    claim = Claim(
        person=command.person,
        companions=command.companions,
        is_proxy=command.is_proxy,
        priority=command.priority,
        no_card=command.no_card,
        item=command.item,
    )
    is_guide = routes.role_of(client) is Role.GUIDE
    refused = _by_a_guide(room, client, claim) if is_guide else _at_a_kiosk(room, claim)
    refused = refused or _beyond_the_rules(room, service, claim)
    if refused is not None:
        return refused
    checked_in = instead_of_reserving(room, service, claim, now)
    if checked_in is not None:
        return checked_in
    held = without_paper(room, service, claim, now)
    if isinstance(held, Decision):
        return held
    found = availability(room.state, service, now.wall_ms)
    match found.status:
        case ServiceStatus.CLOSED:
            text = closed_text(room.state, service, found, now.wall_ms)
            return refuse(RejectionCode.CLOSED_NOW, text)
        case ServiceStatus.USED_UP:
            return refuse(RejectionCode.NUMBERS_USED_UP, used_up_text(room.state, found))
    return give_number(room, service, claim, now, Turn(found.day, found.half, found.again_ms))


def _at_a_kiosk(room: Room, claim: Claim) -> Decision | None:
    """Refuse what a kiosk may not: while it is closed, and what only a person can judge."""
    if room.state.notice is not None:
        return refuse(RejectionCode.KIOSKS_CLOSED, room.state.notice)
    if claim.no_card is not None:
        return refuse(RejectionCode.NOT_PERMITTED)
    if claim.is_proxy and claim.person is None:
        return refuse(RejectionCode.CARD_NEEDED)
    if claim.priority is None:
        return None
    granted = room.plan.find_priority(claim.priority)
    is_by_age = granted is not None and granted.min_age is not None
    if claim.person is None or not is_by_age:
        return refuse(RejectionCode.NOT_PERMITTED)
    return None


def _by_a_guide(room: Room, client: ClientId, claim: Claim) -> Decision | None:
    """Refuse a guide who is not signed in, or has neither read a card nor said why not."""
    guide = room.staff(client)
    if isinstance(guide, Decision):
        return guide
    if claim.person is None and claim.no_card is None:
        return refuse(RejectionCode.CARD_NEEDED)
    if claim.priority is not None and room.plan.find_priority(claim.priority) is None:
        return refuse(RejectionCode.NOT_PERMITTED)
    return None


def _beyond_the_rules(room: Room, service: Service, claim: Claim) -> Decision | None:
    if claim.companions > room.plan.rules.companions_limit:
        return refuse(RejectionCode.TOO_MANY_COMPANIONS)
    if claim.item is None:
        return None
    item = room.plan.find_item(claim.item)
    if item is None or item.steps[0].service != service.id:
        return refuse(RejectionCode.UNKNOWN_ITEM)
    return None


def _confirm_printed(room: Room, client: ClientId, command: c.ConfirmPrinted, _: Now) -> Decision:
    ticket = room.state.find(command.ticket)
    if ticket is None:
        return refuse(RejectionCode.UNKNOWN_TICKET)
    if ticket.kiosk != client:
        return refuse(RejectionCode.NOT_PERMITTED)
    if may(ticket.state, Move.PRINTED):
        return Decision(Done(), (ev.TicketPrinted(ticket.id, is_by_showing=False),))
    if ticket.state in (TicketState.VOIDED, TicketState.EXPIRED):
        return refuse(RejectionCode.WRONG_STATE)
    return OK  # its visitor showed it before the kiosk could confirm


def _void(room: Room, client: ClientId, command: c.VoidTicket, _: Now) -> Decision:
    ticket = room.state.find(command.ticket)
    if ticket is None:
        return refuse(RejectionCode.UNKNOWN_TICKET)
    if ticket.kiosk != client:
        return refuse(RejectionCode.NOT_PERMITTED)
    if may(ticket.state, Move.VOIDED):
        cause = ev.VoidCause(command.reason.value)
        return Decision(Done(), (ev.TicketVoided(ticket.id, cause), *reopened(room, ticket.id)))
    if ticket.state in _ENDED_UNUSED:
        return OK
    return refuse(RejectionCode.WRONG_STATE)


def _cancel(room: Room, _: ClientId, command: c.CancelTicket, __: Now) -> Decision:
    found = room.find_by_token(command.token)
    if isinstance(found, RejectionCode):
        return refuse(found)
    if may(found.state, Move.CANCELLED):
        return Decision(Done(), (ev.TicketCancelled(found.id),))
    if may(found.state, Move.VOIDED):
        return Decision(Done(), (ev.TicketVoided(found.id, ev.VoidCause.CANCELLED),))
    if found.state in _BY_NOW_WITH_A_COUNTER:
        return refuse(RejectionCode.ALREADY_CALLED)
    if found.state in _ENDED_UNUSED:
        return OK
    return refuse(RejectionCode.WRONG_STATE)


def _show(room: Room, _: ClientId, command: c.ShowTicket, __: Now) -> Decision:
    found = room.find_by_token(command.token)
    if isinstance(found, RejectionCode):
        return refuse(found)
    # The paper is there although its kiosk never said so: it counts from now on.
    is_news = may(found.state, Move.PRINTED)
    state = found.moved(Move.PRINTED).state if is_news else found.state
    is_waiting = state is TicketState.WAITING
    is_completed = state is TicketState.COMPLETED
    status = TicketStatus(
        ticket=found.id,
        number=found.number,
        service=found.service,
        state=state,
        people_ahead=room.state.people_ahead(found) if is_waiting else None,
        counter=found.counter if state in AT_COUNTER else None,
        is_rateable=is_completed and not found.is_rated,
        is_rated=found.is_rated,
        day=day_of(found.id),
        valid_from_ms=found.valid_from_ms,
        step=step_of(room.plan, found),
    )
    printed = (ev.TicketPrinted(found.id, is_by_showing=True),) if is_news else ()
    return Decision(status, printed)


ACTS: dict[type[c.Command], Act] = {
    c.ReserveTicket: _reserve,
    c.ConfirmPrinted: _confirm_printed,
    c.VoidTicket: _void,
    c.ShowTicket: _show,
    c.CancelTicket: _cancel,
}

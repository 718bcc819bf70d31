"""Taking a number: reserve, print, confirm; and showing it."""

from hallserver.domain import events as ev
from hallserver.domain import token as tokens
from hallserver.domain.acts.base import OK, Act, Decision, Room, refuse
from hallserver.domain.instant import Now
from hallserver.domain.steps import step_of
from hallserver.domain.ticket import AT_COUNTER, Move, Ticket, may
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId
from hallserver.protocol.replies import Done, Reservation, TicketStatus
from hallserver.protocol.states import TicketState

SUPERSEDE_AFTER_MS = 60_000
"""A reserved number without paper stops holding its person's place after this."""


def _reserve(room: Room, _: ClientId, command: c.ReserveTicket, now: Now) -> Decision:
    service = room.plan.find_service(command.service)
    if service is None:
        return refuse(RejectionCode.UNKNOWN_SERVICE)
    superseded: tuple[ev.Event, ...] = ()
    if command.person is not None:
        held = room.state.held_tickets(command.person, command.service)
        stale = [ticket for ticket in held if _is_without_paper(ticket, now)]
        if len(held) - len(stale) >= room.plan.rules.open_tickets_per_person_and_service:
            return refuse(RejectionCode.ALREADY_WAITING)
        superseded = tuple(ev.TicketVoided(ticket.id, ev.VoidCause.SUPERSEDED) for ticket in stale)
    numbered = room.state.numbering.next_number(service)
    if numbered is None:
        return refuse(RejectionCode.NUMBERS_USED_UP)
    reply = Reservation(
        ticket=numbered.ticket,
        number=numbered.number,
        token=tokens.sign(numbered.ticket, room.key),
        service=service.id,
        day=room.state.numbering.day,
        people_ahead=room.state.lines.length(service.id),
        issued_at_ms=now.wall_ms,
    )
    reserved = ev.TicketReserved(
        ticket=numbered.ticket,
        number=numbered.number,
        service=service.id,
        series=numbered.series,
        ordinal=numbered.ordinal,
        person=command.person,
    )
    return Decision(reply, (*superseded, reserved))


def _is_without_paper(ticket: Ticket, now: Now) -> bool:
    age_ms = now.elapsed_ms - ticket.reserved_ms
    return ticket.state is TicketState.RESERVED and age_ms >= SUPERSEDE_AFTER_MS


def _confirm_printed(room: Room, client: ClientId, command: c.ConfirmPrinted, _: Now) -> Decision:
    ticket = room.state.tickets.get(command.ticket)
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
    ticket = room.state.tickets.get(command.ticket)
    if ticket is None:
        return refuse(RejectionCode.UNKNOWN_TICKET)
    if ticket.kiosk != client:
        return refuse(RejectionCode.NOT_PERMITTED)
    if may(ticket.state, Move.VOIDED):
        cause = ev.VoidCause(command.reason.value)
        return Decision(Done(), (ev.TicketVoided(ticket.id, cause),))
    if ticket.state in (TicketState.VOIDED, TicketState.EXPIRED):
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
        step=step_of(room.plan, found),
    )
    printed = (ev.TicketPrinted(found.id, is_by_showing=True),) if is_news else ()
    return Decision(status, printed)


ACTS: dict[type[c.Command], Act] = {
    c.ReserveTicket: _reserve,
    c.ConfirmPrinted: _confirm_printed,
    c.VoidTicket: _void,
    c.ShowTicket: _show,
}

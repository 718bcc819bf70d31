"""Where a ticket stands in the line that it joins anew, and who is sent to one counter alone."""

from hallserver.domain import events as ev
from hallserver.domain.acts.base import Room
from hallserver.domain.place import Place, at_end
from hallserver.domain.rules import ReinstatePlace, TransferPlace
from hallserver.domain.ticket import Ticket
from hallserver.domain.waiting import Lane
from hallserver.protocol.ids import CounterId


def next_seq(room: Room) -> int:
    """Number the first event of a decision."""
    return room.state.seq + 1


def place_in(room: Room, ticket: Ticket, lane: Lane, rule: TransferPlace) -> Place:
    """Give the place of a ticket that goes on. The head is never behind its own first place."""
    if rule is TransferPlace.KEPT:
        return ticket.kept_place
    if rule is TransferPlace.END:
        return at_end(next_seq(room))
    return min(ticket.kept_place, room.state.lines.place_after(lane, 0, next_seq(room)))


def place_again(room: Room, ticket: Ticket, lane: Lane, rule: ReinstatePlace) -> Place:
    """Give the place of a ticket that comes back after a missed call."""
    if rule is ReinstatePlace.HEAD:
        return place_in(room, ticket, lane, TransferPlace.HEAD)
    if rule is ReinstatePlace.END:
        return at_end(next_seq(room))
    others = room.plan.rules.reinstate_after
    return room.state.lines.place_after(lane, others, next_seq(room))


def staffed(room: Room, counter: CounterId | None) -> CounterId | None:
    """Return the counter if somebody is there; else nobody should wait for it alone."""
    return None if counter is None or room.state.desks[counter].clerk is None else counter


def back_in_line(
    room: Room, ticket: Ticket, leaving: CounterId | None = None
) -> tuple[ev.TicketReaddressed, ...]:
    """Say what else a called ticket needs that goes back to its place: somebody who may call it.

    Nobody will be at the counter `leaving`.
    """
    sent_to = ticket.for_counter
    if sent_to is None or staffed(room, sent_to) not in (None, leaving):
        return ()
    return (ev.TicketReaddressed(ticket.id, sent_to),)


def readdress(room: Room, counter: CounterId) -> tuple[ev.TicketReaddressed, ...]:
    """Let everybody call those who wait for one counter alone: nobody will be there.

    They stay in the line of their service, at their place.
    """
    lines = room.state.lines
    return tuple(
        ev.TicketReaddressed(waiting.ticket, counter)
        for lane in lines.lanes_at(counter, ())
        for waiting in lines.line(lane)
    )

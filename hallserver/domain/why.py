"""What decided between a number that was called and another one that was not.

The answer comes from what is noted of the day (`past`) and from the policy that the call itself
carries: it tells what decided between these two, and no more than that.
"""

from collections.abc import Sequence
from enum import StrEnum, unique

from hallserver.domain.past import CallMade, Version
from hallserver.domain.policy import CallReason, has_aged
from hallserver.domain.rules import Order
from hallserver.domain.state import HallState
from hallserver.domain.ticket import Move, Ticket
from hallserver.protocol.ids import TicketId
from hallserver.protocol.states import TicketState


@unique
class Claim(StrEnum):
    """What decided. "It" is the number that was called, "the other" is not."""

    # The other could not be called.
    NOT_TAKEN = "not_taken"
    """The other was taken after the call."""
    NO_PAPER = "no_paper"
    AT_A_COUNTER = "at_a_counter"
    """The other had been called already and not left its counter."""
    PARKED = "parked"
    MISSED = "missed"
    """The other had missed its call and was not back in line."""
    COMPLETED = "completed"
    OVER = "over"
    """The other was void, cancelled or expired."""
    OTHER_SERVICE = "other_service"
    """The counter did not serve what the other waited for."""
    OTHER_COUNTER = "other_counter"
    """The other had been sent to another counter."""
    # Both could be called.
    BY_CLERK = "by_clerk"
    AGED = "aged"
    """It had waited as long as the limit, the other had not."""
    AGED_LONGER = "aged_longer"
    """Both had; it as long as the other, or longer."""
    ADDRESSED = "addressed"
    APPOINTMENT = "appointment"
    """It had an appointment whose time had come, the other was a walk-in."""
    EARLIER_APPOINTMENT = "earlier_appointment"
    APPOINTMENT_TO_COME = "appointment_to_come"
    """The appointment of the other had not begun."""
    GREEN_CHANNEL = "green_channel"
    CLASS = "class"
    """Its class is higher, or the other has none."""
    PRIORITY_TURN = "priority_turn"
    ORDINARY_TURN = "ordinary_turn"
    SERVICE_ORDER = "service_order"
    TARGET = "target"
    WEIGHT = "weight"
    # It was ahead in line, and this is how.
    TAKEN_EARLIER = "taken_earlier"
    REINSTATED_BEHIND = "reinstated_behind"
    """The other had missed its call and came back behind it."""
    SENT_BEHIND = "sent_behind"
    """The other was sent on from a counter and got a place behind it."""
    CAME_BACK_AHEAD = "came_back_ahead"
    """It had been called before, or sent on, and got a place ahead of the other."""
    AHEAD = "ahead"


_GONE = {
    TicketState.RESERVED: Claim.NO_PAPER,
    TicketState.CALLED: Claim.AT_A_COUNTER,
    TicketState.SERVING: Claim.AT_A_COUNTER,
    TicketState.PARKED: Claim.PARKED,
    TicketState.NO_SHOW: Claim.MISSED,
    TicketState.COMPLETED: Claim.COMPLETED,
    TicketState.VOIDED: Claim.OVER,
    TicketState.CANCELLED: Claim.OVER,
    TicketState.EXPIRED: Claim.OVER,
}


def claim(state: HallState, call: CallMade, other: TicketId) -> Claim:
    """Say what decided between a call's ticket and another one of the same day."""
    its = state.past.before(call.ticket, call.seq)
    others = state.past.before(other, call.seq)
    if not others:
        return Claim.NOT_TAKEN
    then = others[-1].ticket
    if then.state is not TicketState.WAITING:
        return _GONE[then.state]
    if call.reason is CallReason.BY_CLERK:
        return Claim.BY_CLERK
    if then.for_counter is None and then.service not in call.services:
        return Claim.OTHER_SERVICE
    if then.for_counter not in (None, call.counter):
        return Claim.OTHER_COUNTER
    return _between(call, its[-1].ticket, then) or _ahead(its, others)


def _between(call: CallMade, it: Ticket, other: Ticket) -> Claim | None:
    """Say which step of the policy decided; None when it was the place in line."""
    reason = call.reason
    if reason is CallReason.AGED:
        limit_s = call.policy.ageing_s
        is_aged = limit_s is not None and has_aged(other.waiting, limit_s, call.elapsed_ms)
        return Claim.AGED_LONGER if is_aged else Claim.AGED
    if reason is CallReason.ADDRESSED:
        return Claim.ADDRESSED if other.for_counter is None else None
    if reason is CallReason.APPOINTMENT:
        if not other.lane.is_booked:
            return Claim.APPOINTMENT
        return Claim.EARLIER_APPOINTMENT if other.due_ms != it.due_ms else None
    if other.lane.is_booked:
        return Claim.APPOINTMENT_TO_COME
    if reason is CallReason.GREEN_CHANNEL and other.service != it.service:
        return Claim.GREEN_CHANNEL
    return _by_class(reason, it, other) or _by_service(call, it, other)


def _by_class(reason: CallReason, it: Ticket, other: Ticket) -> Claim | None:
    if it.priority == other.priority:
        return None
    if reason is CallReason.PRIORITY_TURN:
        return Claim.PRIORITY_TURN if other.priority is None else Claim.CLASS
    return _BY_CLASS.get(reason)


_BY_CLASS = {
    CallReason.GREEN_CHANNEL: Claim.CLASS,  # of one service: the channel goes by class
    CallReason.PRIORITY: Claim.CLASS,
    CallReason.ORDINARY_TURN: Claim.ORDINARY_TURN,
}


def _by_service(call: CallMade, it: Ticket, other: Ticket) -> Claim | None:
    return None if it.service == other.service else _BY_SERVICE.get(call.policy.order)


_BY_SERVICE = {
    Order.SERVICE_ORDER: Claim.SERVICE_ORDER,
    Order.TARGET: Claim.TARGET,
    Order.WEIGHT: Claim.WEIGHT,
}


def _ahead(its: Sequence[Version], others: Sequence[Version]) -> Claim:
    """Say how it came to be ahead in line."""
    it, other = its[-1].ticket, others[-1].ticket
    its_first, others_first = its[0].ticket.place, others[0].ticket.place
    if it.place == its_first and other.place == others_first:
        return Claim.TAKEN_EARLIER if its[0].seq < others[0].seq else Claim.AHEAD
    if other.place != others_first and others_first < it.place:
        return _SET_BACK.get(_moved_by(others), Claim.AHEAD)
    if it.place != its_first and its_first > other.place and _moved_by(its) in _SET_BACK:
        return Claim.CAME_BACK_AHEAD
    return Claim.AHEAD


_SET_BACK: dict[Move | None, Claim] = {
    Move.REINSTATED: Claim.REINSTATED_BEHIND,
    Move.TRANSFERRED: Claim.SENT_BEHIND,
}


def _moved_by(versions: Sequence[Version]) -> Move | None:
    """Return the move that gave a ticket the place which it has."""
    place = versions[-1].ticket.place
    given = len(versions) - 1
    while given and versions[given - 1].ticket.place == place:
        given -= 1
    return versions[given].move

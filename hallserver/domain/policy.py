"""Who is called next, and why. Pure: what stands in each line in, one choice with its reason out.

Steps, each of which ends the choosing when it finds somebody:

1. Ageing: whoever has waited as long as the policy's limit, the longest waiting first.
2. Those who were sent to this very counter, by place.
3. Booked visitors whose slot has begun, the earliest slot first.
4. The counter's green channel, service by service; within one the highest class, then by place.
5. The class whose turn it is (`Mix`), and in it the service by the policy's `Order`, then by place.
6. Booked visitors whose slot has not begun yet, the earliest slot first.

Nobody starves with ageing on. Once a visitor's wait has reached the limit, each call of a counter
that may call this visitor calls somebody whose wait began no later, or this visitor. Nobody joins
those, as whoever joins a line begins to wait then. So this visitor is called after as many such
calls as there are such people, at most. What staff do by hand is not counted: a number called out
of turn, a call undone, a visitor sent on who brings along a longer waiting than this one's.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum, unique

import msgspec

from hallserver.domain.place import Place
from hallserver.domain.rules import Mix, Order, Policy
from hallserver.domain.waiting import Waiting
from hallserver.protocol.ids import ServiceId, TicketId


@unique
class CallReason(StrEnum):
    """Why this ticket and no other was called."""

    FIRST_COME = "first_come"
    SERVICE_ORDER = "service_order"
    TARGET = "target"
    WEIGHT = "weight"
    PRIORITY = "priority"
    PRIORITY_TURN = "priority_turn"
    ORDINARY_TURN = "ordinary_turn"
    AGED = "aged"
    ADDRESSED = "addressed"
    APPOINTMENT = "appointment"
    GREEN_CHANNEL = "green_channel"
    BY_CLERK = "by_clerk"


_OF_ORDER = {
    Order.FIRST_COME: CallReason.FIRST_COME,
    Order.SERVICE_ORDER: CallReason.SERVICE_ORDER,
    Order.TARGET: CallReason.TARGET,
    Order.WEIGHT: CallReason.WEIGHT,
}


class Line(msgspec.Struct, frozen=True):
    """One line as the policy sees it: its head, and who has waited longest in it.

    They differ when somebody came back to its head. `rank` is 0 for the highest priority class;
    `is_ordinary` for those who have none.
    """

    service: ServiceId
    head: Waiting
    longest: Waiting
    rank: int
    is_ordinary: bool
    is_addressed: bool


class DeskOrder(msgspec.Struct, frozen=True):
    """What a counter's own rules add. Times are in seconds."""

    services: Sequence[ServiceId]
    target_s: Callable[[ServiceId], int]
    green_channel: Sequence[ServiceId]
    weight: Callable[[ServiceId], int]


class Choice(msgspec.Struct, frozen=True):
    """Whom to call, why, and the counter's turn in the ratio afterwards."""

    ticket: TicketId
    reason: CallReason
    turn: int


def choose(
    policy: Policy, desk: DeskOrder, turn: int, lines: Sequence[Line], now_ms: int
) -> Choice | None:
    """Choose among the lines that a counter may call from; None when nobody waits.

    `turn` counts the calls of the ratio at this counter, modulo its length: the first `ordinary`
    turns are ordinary visitors', the others are theirs who have a class. A turn is used up only by
    somebody whose turn it was, so the ratio holds over every stretch in which both wait.
    """
    if not lines:
        return None
    longest = min((line.longest for line in lines), key=_patience)
    if policy.ageing_s is not None and has_aged(longest, policy.ageing_s, now_ms):
        return Choice(longest.ticket, CallReason.AGED, turn)
    addressed = [line for line in lines if line.is_addressed]
    if addressed:
        return Choice(_first(addressed), CallReason.ADDRESSED, turn)
    walk_ins = [line for line in lines if line.head.due_ms is None]
    booked = min(
        (line.head for line in lines if line.head.due_ms is not None), key=_slot, default=None
    )
    if booked is not None and (not walk_ins or _slot(booked)[0] <= now_ms):
        return Choice(booked.ticket, CallReason.APPOINTMENT, turn)
    for service in desk.green_channel:
        green = [line for line in walk_ins if line.service == service]
        if green:
            return Choice(_first(_highest(green)), CallReason.GREEN_CHANNEL, turn)
    return _by_class(policy, desk, turn, walk_ins, now_ms)


def has_aged(waiting: Waiting, limit_s: int, now_ms: int) -> bool:
    """Say whether somebody has waited as long as the limit."""
    return now_ms - waiting.counts_from_ms >= limit_s * 1000


def _by_class(
    policy: Policy, desk: DeskOrder, turn: int, lines: Sequence[Line], now_ms: int
) -> Choice:
    pool, reason = _whose_turn(policy, turn, lines)
    ticket = _first(_of_service(policy.order, desk, pool, now_ms))
    if policy.mix is Mix.RATIO and pool[0].is_ordinary == (turn < policy.ordinary):
        turn = (turn + 1) % (policy.ordinary + policy.priority)
    return Choice(ticket, reason or _OF_ORDER[policy.order], turn)


def _whose_turn(
    policy: Policy, turn: int, lines: Sequence[Line]
) -> tuple[Sequence[Line], CallReason | None]:
    """Return the lines of the class to be called, and the reason when others stand back for it."""
    if policy.mix is Mix.NONE:
        return lines, None
    ordinary = [line for line in lines if line.is_ordinary]
    others = [line for line in lines if not line.is_ordinary]
    if not others:
        return ordinary, None
    highest = _highest(others)
    if not ordinary:
        return highest, CallReason.PRIORITY if len(highest) < len(others) else None
    if policy.mix is Mix.STRICT:
        return highest, CallReason.PRIORITY
    if turn < policy.ordinary:
        return ordinary, CallReason.ORDINARY_TURN
    return highest, CallReason.PRIORITY_TURN


def _of_service(
    order: Order, desk: DeskOrder, lines: Sequence[Line], now_ms: int
) -> Sequence[Line]:
    """Return those of the lines that are of the service whose turn it is by the order."""
    if order is Order.FIRST_COME:
        return lines

    def urgency(line: Line) -> float:
        waited_ms = now_ms - line.longest.counts_from_ms
        if order is Order.TARGET:
            return waited_ms / desk.target_s(line.service)
        if order is Order.WEIGHT:
            return waited_ms * desk.weight(line.service)
        return -desk.services.index(line.service)

    most = max(urgency(line) for line in lines)
    equal = [line for line in lines if urgency(line) == most]
    service = min(equal, key=_place).service
    return [line for line in lines if line.service == service]


def _highest(lines: Sequence[Line]) -> list[Line]:
    rank = min(line.rank for line in lines)
    return [line for line in lines if line.rank == rank]


def _first(lines: Sequence[Line]) -> TicketId:
    return min(lines, key=_place).head.ticket


def _place(line: Line) -> Place:
    return line.head.place  # no two are the same


def _patience(waiting: Waiting) -> tuple[int, Place]:
    return (waiting.counts_from_ms, waiting.place)


def _slot(waiting: Waiting) -> tuple[int, Place]:
    return (waiting.due_ms or 0, waiting.place)

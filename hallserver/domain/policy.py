"""Who is called next, and why. Pure: the first of each line in, one choice with its reason out.

Steps, each of which ends the choosing when it finds somebody:

1. Ageing: whoever has waited as long as the policy's limit, the longest waiting first.
2. Those who were sent to this very counter.
3. Booked visitors whose slot has begun, the earliest slot first.
4. The counter's green channel, service by service.
5. The class whose turn it is (`Mix`), and in it the one by the policy's `Order`.
6. Booked visitors whose slot has not begun yet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique

from hallserver.domain.place import Place
from hallserver.domain.rules import Mix, Order, Policy
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


@dataclass(frozen=True, slots=True)
class Candidate:
    """The first of one line.

    `rank` is 0 for the highest priority class; `is_ordinary` for who has none. `since_ms` and
    `due_ms` (the beginning of an appointment) are on the hall's own clock.
    """

    ticket: TicketId
    place: Place
    service: ServiceId
    since_ms: int
    rank: int = 0
    is_ordinary: bool = True
    is_addressed: bool = False
    due_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DeskOrder:
    """What a counter's own rules add. Times are in seconds; a service not named weighs 1."""

    services: Sequence[ServiceId]
    target_s: Callable[[ServiceId], int]
    green_channel: Sequence[ServiceId] = ()
    weight: Callable[[ServiceId], int] = field(default=lambda _: 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom to call, why, and the counter's turn in the ratio afterwards."""

    ticket: TicketId
    reason: CallReason
    turn: int


def choose(
    policy: Policy, desk: DeskOrder, turn: int, candidates: Sequence[Candidate], now_ms: int
) -> Choice | None:
    """Choose among the first of each line that a counter may call; None when nobody waits.

    `turn` counts the calls of the ratio at this counter, modulo its length: the first `ordinary`
    turns are ordinary visitors', the others are theirs who have a class. A turn is used up only by
    somebody whose turn it was, so the ratio holds over every stretch in which both wait.
    """
    if not candidates:
        return None
    if policy.ageing_s is not None:
        aged = [c for c in candidates if now_ms - c.since_ms >= policy.ageing_s * 1000]
        if aged:
            return Choice(min(aged, key=_longest).ticket, CallReason.AGED, turn)
    addressed = [c for c in candidates if c.is_addressed]
    if addressed:
        return Choice(min(addressed, key=_earliest).ticket, CallReason.ADDRESSED, turn)
    walk_ins = [c for c in candidates if c.due_ms is None]
    booked = [c for c in candidates if c.due_ms is not None]
    due = [c for c in booked if _due(c) <= now_ms]
    if due or not walk_ins:
        first = min(due or booked, key=_slot)
        return Choice(first.ticket, CallReason.APPOINTMENT, turn)
    for service in desk.green_channel:
        green = [c for c in walk_ins if c.service == service]
        if green:
            first = min(green, key=_ranked)
            return Choice(first.ticket, CallReason.GREEN_CHANNEL, turn)
    return _by_class(policy, desk, turn, walk_ins, now_ms)


def _by_class(
    policy: Policy, desk: DeskOrder, turn: int, candidates: Sequence[Candidate], now_ms: int
) -> Choice:
    ordinary = [c for c in candidates if c.is_ordinary]
    others = [c for c in candidates if not c.is_ordinary]
    if policy.mix is Mix.NONE or not others or not ordinary:
        mixed = candidates if policy.mix is Mix.NONE or ordinary else _highest(others)
        spent = _spend(policy, turn, is_ordinary=bool(ordinary)) if mixed is not None else turn
        ticket = _by_order(policy.order, desk, mixed, now_ms)
        return Choice(ticket, _OF_ORDER[policy.order], spent)
    if policy.mix is Mix.STRICT:
        ticket = _by_order(policy.order, desk, _highest(others), now_ms)
        return Choice(ticket, CallReason.PRIORITY, turn)
    is_ordinary = turn < policy.ordinary
    chosen = ordinary if is_ordinary else _highest(others)
    reason = CallReason.ORDINARY_TURN if is_ordinary else CallReason.PRIORITY_TURN
    ticket = _by_order(policy.order, desk, chosen, now_ms)
    return Choice(ticket, reason, _spend(policy, turn, is_ordinary=is_ordinary))


def _spend(policy: Policy, turn: int, *, is_ordinary: bool) -> int:
    """Move on to the next turn, if it was the turn of those who were called."""
    if policy.mix is not Mix.RATIO or is_ordinary != (turn < policy.ordinary):
        return turn
    return (turn + 1) % (policy.ordinary + policy.priority)


def _highest(candidates: Sequence[Candidate]) -> list[Candidate]:
    rank = min(c.rank for c in candidates)
    return [c for c in candidates if c.rank == rank]


def _by_order(
    order: Order, desk: DeskOrder, candidates: Sequence[Candidate], now_ms: int
) -> TicketId:
    def share(c: Candidate) -> tuple[float, Place, TicketId]:
        return (-(now_ms - c.since_ms) / desk.target_s(c.service), c.place, c.ticket)

    def weighed(c: Candidate) -> tuple[int, Place, TicketId]:
        return (-(now_ms - c.since_ms) * desk.weight(c.service), c.place, c.ticket)

    def listed(c: Candidate) -> tuple[int, Place, TicketId]:
        return (desk.services.index(c.service), c.place, c.ticket)

    if order is Order.TARGET:
        return min(candidates, key=share).ticket
    if order is Order.WEIGHT:
        return min(candidates, key=weighed).ticket
    if order is Order.SERVICE_ORDER:
        return min(candidates, key=listed).ticket
    return min(candidates, key=_earliest).ticket


def _earliest(c: Candidate) -> tuple[Place, TicketId]:
    return (c.place, c.ticket)


def _longest(c: Candidate) -> tuple[int, Place, TicketId]:
    return (c.since_ms, c.place, c.ticket)


def _ranked(c: Candidate) -> tuple[int, Place, TicketId]:
    return (c.rank, c.place, c.ticket)


def _due(c: Candidate) -> int:
    if c.due_ms is None:
        raise TypeError(f"{c.ticket} has no appointment")
    return c.due_ms


def _slot(c: Candidate) -> tuple[int, Place, TicketId]:
    return (_due(c), c.place, c.ticket)

"""Who should have been called: the documented order of calling, by looking at everybody who waits.

Written from the words of `hallserver.domain.policy` and nothing else. It sorts everybody, where the
hall looks at the ends of its lines.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hallserver.domain.plan import HallPlan
from hallserver.domain.rules import Mix, Order
from hallserver.protocol.ids import CounterId, ServiceId
from tests.simulation.lines import Line

NO_CLASS = 1_000
REASON_OF = {
    Order.FIRST_COME: "first_come",
    Order.SERVICE_ORDER: "service_order",
    Order.TARGET: "target",
    Order.WEIGHT: "weight",
}


@dataclass(frozen=True)
class Verdict:
    """Who, why, and whose turn it is at the counter afterwards."""

    ticket: str
    reason: str
    turn: int


def who_is_next(
    plan: HallPlan,
    counter: CounterId,
    services: tuple[ServiceId, ...],
    turn: int,
    waiting: Iterable[Line],
    now_ms: int,
) -> Verdict | None:
    """Say whom a counter that serves `services` has to call of all who wait; None: nobody."""
    may = [
        one
        for one in waiting
        if one.for_counter == counter or (one.for_counter is None and one.service in services)
    ]
    if not may:
        return None
    policy, rules = plan.policy_of(counter), plan.counter(counter).rules
    patient = sorted(may, key=lambda one: (one.waits_from_ms, one.place))[0]
    limit_s = policy.ageing_s
    if limit_s is not None and (now_ms - patient.waits_from_ms) / 1_000 >= limit_s:
        return Verdict(patient.ticket, "aged", turn)
    sent_here = sorted((one for one in may if one.for_counter == counter), key=_place)
    if sent_here:
        return Verdict(sent_here[0].ticket, "addressed", turn)
    booked = sorted((one for one in may if one.is_booked), key=lambda one: one.order)
    others = [one for one in may if not one.is_booked]
    if booked and (not others or (booked[0].due_ms or 0) <= now_ms):
        return Verdict(booked[0].ticket, "appointment", turn)
    ranks = {each.id: number for number, each in enumerate(plan.priorities)}

    def rank(one: Line) -> int:
        return NO_CLASS if one.priority is None else ranks[one.priority]

    green = [one for one in others if one.service in rules.green_channel]
    if green:
        channel = rules.green_channel.index
        green.sort(key=lambda one: (channel(one.service), rank(one), one.place))
        return Verdict(green[0].ticket, "green_channel", turn)

    seen = sorted({rank(one) for one in others})
    has_both = seen[-1] == NO_CLASS and len(seen) > 1
    is_ordinary_turn = turn < policy.ordinary
    called_rank, reason = seen[0], REASON_OF[policy.order]
    if policy.mix is Mix.RATIO and has_both:
        called_rank = NO_CLASS if is_ordinary_turn else seen[0]
        reason = "ordinary_turn" if is_ordinary_turn else "priority_turn"
    elif policy.mix is not Mix.NONE and len(seen) > 1:
        reason = "priority"
    pool = others
    if policy.mix is not Mix.NONE:
        pool = [one for one in others if rank(one) == called_rank]
    if policy.mix is Mix.RATIO and (called_rank == NO_CLASS) == is_ordinary_turn:
        turn = (turn + 1) % (policy.ordinary + policy.priority)
    first = sorted(pool, key=_by_service(policy.order, plan, counter, services, pool, now_ms))[0]
    return Verdict(first.ticket, reason, turn)


def _by_service(
    order: Order,
    plan: HallPlan,
    counter: CounterId,
    services: tuple[ServiceId, ...],
    pool: list[Line],
    now_ms: int,
) -> Callable[[Line], tuple[Any, ...]]:
    """Say how those of a pool are sorted: by the order of their services, then by place."""
    weights = plan.counter(counter).rules.weights

    def key(one: Line) -> tuple[Any, ...]:
        if order is Order.FIRST_COME:
            return (one.place,)
        if order is Order.SERVICE_ORDER:
            return (services.index(one.service), one.place)
        mates = [each for each in pool if each.service == one.service]
        waited_ms = now_ms - min(each.waits_from_ms for each in mates)
        if order is Order.TARGET:
            used_up = waited_ms / plan.service(one.service).rules.target_s
        else:
            used_up = waited_ms * weights.get(one.service, 1)
        return (-used_up, min(each.place for each in mates), one.place)

    return key


def _place(one: Line) -> tuple[int, ...]:
    return one.place

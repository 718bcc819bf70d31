"""The order of calling once more, said another way: one long sort key over everybody who waits.

The hall looks at two people of each line and goes step by step. This looks at everybody at once and
sorts. Nothing is shared but the hall's words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hallserver.domain.rules import Mix, Order, Policy


@dataclass(frozen=True)
class Person:
    """Somebody in line. `rank` is None without a class; `due` and `since` are in milliseconds."""

    ticket: str
    place: tuple[int, ...]
    service: str
    since: int
    rank: int | None = None
    is_addressed: bool = False
    due: int | None = None

    @property
    def patience(self) -> tuple[int, tuple[int, ...], str]:
        return (max(self.since, self.due or self.since), self.place, self.ticket)


@dataclass(frozen=True)
class SlowDesk:
    """A counter: its services in order, its green channel, targets (s) and weights by service."""

    services: Sequence[str]
    green: Sequence[str]
    target: Callable[[str], int]
    weight: Callable[[str], int]


def in_order(
    policy: Policy, desk: SlowDesk, turn: int, people: Sequence[Person], now: int
) -> list[Person]:
    """Sort those whom a counter may call; the first is to be called. `turn` is the ratio's."""
    limit = float("inf") if policy.ageing_s is None else policy.ageing_s * 1000

    def chapter(one: Person) -> tuple[Any, ...]:
        if now - one.patience[0] >= limit:
            return (0, one.patience)
        if one.is_addressed:
            return (1, one.place)
        if one.due is not None:
            return (2 if one.due <= now else 5, one.due, one.place)
        if one.service in desk.green:
            return (3, desk.green.index(one.service), rank(one), one.place)
        return (4, group(one), urgency(one), one.place)

    def rank(one: Person) -> float:
        return float("inf") if one.rank is None else one.rank

    def group(one: Person) -> float:
        if policy.mix is Mix.NONE:
            return 0
        if policy.mix is Mix.RATIO and turn % (policy.ordinary + policy.priority) < policy.ordinary:
            return -1 if one.rank is None else one.rank
        return rank(one)

    def urgency(one: Person) -> tuple[Any, ...]:
        if policy.order is Order.FIRST_COME:
            return ()
        if policy.order is Order.SERVICE_ORDER:
            return (desk.services.index(one.service),)
        same = [
            each
            for each in people
            if not each.is_addressed
            and each.due is None
            and (each.service, group(each)) == (one.service, group(one))
        ]
        longest = now - min(each.since for each in same)
        of_target = longest / desk.target(one.service)
        weighed = longest * desk.weight(one.service)
        return (
            -(of_target if policy.order is Order.TARGET else weighed),
            min((each.place, each.ticket) for each in same),
        )

    return sorted(people, key=lambda one: (chapter(one), one.ticket))

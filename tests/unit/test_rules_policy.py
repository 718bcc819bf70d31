"""Who is next: every small case there is, and the words for why."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations, product

import pytest

from hallserver.domain import choosing
from hallserver.domain.policy import CallReason, Choice, DeskOrder, Line, choose
from hallserver.domain.rules import DEFAULT_POLICY, CounterRules, Mix, Order, Policy
from hallserver.domain.waiting import Waiting
from hallserver.protocol.ids import ServiceId, TicketId
from tests.helpers.halls import small_plan
from tests.helpers.slow_policy import Person, SlowDesk, in_order

NOW = 100_000
DESK = SlowDesk(("a", "b"), (), {"a": 50, "b": 20}.__getitem__, {"a": 3, "b": 1}.__getitem__)
OTHER_WAY = SlowDesk(("b", "a"), (), {"a": 20, "b": 50}.__getitem__, DESK.weight)
GREEN = replace(DESK, green=("b",))
KINDS = [
    *({"service": s, "rank": rank} for s in "ab" for rank in (None, 0, 1)),
    *({"service": s, "is_addressed": True} for s in "ab"),
    *({"service": s, "due": NOW + later} for s in "ab" for later in (-1, 0, 1)),
]
SINCE = (NOW - 60_000, NOW - 59_999)  # at the limit of a minute, and just not
POLICIES = [
    *(
        (Policy("p", order, mix, ageing_s=ageing), 0)
        for order in Order
        for mix in (Mix.NONE, Mix.STRICT)
        for ageing in (None, 60)
    ),
    *(
        (Policy("p", order, Mix.RATIO, 2, 1, ageing_s=60), turn)
        for order in Order
        for turn in range(3)
    ),
]


@cache
def up_to_three() -> list[tuple[list[Person], list[Line]]]:
    """Every small case: the people, and the lines that they stand in."""
    return [(people, [line(one) for one in people]) for people in _up_to_three()]


def _up_to_three() -> Iterator[list[Person]]:
    """Every set of up to three lines of different kinds, one in each, all orders of two kinds."""
    for count in range(4):
        for kinds in combinations(KINDS, count):
            for rising, since in product((1, -1), product(SINCE, repeat=count)):
                yield [
                    Person(f"t{n}", (n * rising,), since=since[n], **kind)
                    for n, kind in enumerate(kinds)
                ]


def line(*people: Person) -> Line:
    """Put people of one kind into one line, in the order of its places."""
    of = [Waiting(p.place, TicketId(p.ticket), p.since, p.due) for p in people]
    return Line(
        service=ServiceId(people[0].service),
        head=min(of, key=lambda w: w.place),
        longest=min(of, key=lambda w: (w.counts_from_ms, w.place)),
        rank=9 if people[0].rank is None else people[0].rank,
        is_ordinary=people[0].rank is None,
        is_addressed=people[0].is_addressed,
    )


def desk_order(desk: SlowDesk) -> DeskOrder:
    services = tuple(ServiceId(service) for service in desk.services)
    green = tuple(ServiceId(service) for service in desk.green)
    return DeskOrder(services, desk.target, green, desk.weight)


@pytest.mark.parametrize("desk", [DESK, OTHER_WAY, GREEN], ids=["plain", "other", "green"])
@pytest.mark.parametrize(("policy", "turn"), POLICIES)
def test_of_up_to_three_lines_the_right_one_is_called(
    policy: Policy, turn: int, desk: SlowDesk
) -> None:
    order = desk_order(desk)
    for people, lines in up_to_three():
        wanted = in_order(policy, desk, turn, people, NOW)
        choice = choose(policy, order, turn, lines, NOW)
        assert ([choice.ticket] if choice else []) == [one.ticket for one in wanted[:1]]


ORDINARY = Person("ordinary", (1,), "a", NOW - 10_000)
SECOND = Person("second", (2,), "b", NOW - 9_000)
VETERAN = Person("veteran", (3,), "a", NOW - 5_000, rank=0)
OLD = Person("old", (2,), "a", NOW - 6_000, rank=1)
SENT = Person("sent", (5,), "a", NOW, is_addressed=True)
BOOKED = Person("booked", (6,), "a", NOW - 20_000, due=NOW)
TOO_EARLY = replace(BOOKED, ticket="too-early", due=NOW + 1)
RATIO = Policy("ratio", mix=Mix.RATIO, ordinary=2, priority=1)


@pytest.mark.parametrize(
    ("policy", "turn", "people", "choice"),
    [
        (DEFAULT_POLICY, 0, [ORDINARY], Choice("ordinary", CallReason.FIRST_COME, 0)),
        (DEFAULT_POLICY, 0, [SECOND, ORDINARY], Choice("ordinary", CallReason.FIRST_COME, 0)),
        (DEFAULT_POLICY, 0, [ORDINARY, VETERAN], Choice("veteran", CallReason.PRIORITY, 0)),
        (DEFAULT_POLICY, 0, [VETERAN], Choice("veteran", CallReason.FIRST_COME, 0)),
        (DEFAULT_POLICY, 0, [VETERAN, OLD], Choice("veteran", CallReason.PRIORITY, 0)),
        (DEFAULT_POLICY, 0, [ORDINARY, SENT], Choice("sent", CallReason.ADDRESSED, 0)),
        (DEFAULT_POLICY, 0, [ORDINARY, BOOKED], Choice("booked", CallReason.APPOINTMENT, 0)),
        (DEFAULT_POLICY, 0, [BOOKED, SENT], Choice("sent", CallReason.ADDRESSED, 0)),
        (DEFAULT_POLICY, 0, [TOO_EARLY, SECOND], Choice("second", CallReason.FIRST_COME, 0)),
        (DEFAULT_POLICY, 0, [TOO_EARLY], Choice("too-early", CallReason.APPOINTMENT, 0)),
        (
            Policy("p", Order.SERVICE_ORDER),
            0,
            [SECOND, ORDINARY],
            Choice("ordinary", CallReason.SERVICE_ORDER, 0),
        ),
        (Policy("p", Order.TARGET), 0, [SECOND, ORDINARY], Choice("second", CallReason.TARGET, 0)),
        (
            Policy("p", Order.WEIGHT),
            0,
            [SECOND, ORDINARY],
            Choice("ordinary", CallReason.WEIGHT, 0),
        ),
        (Policy("p", ageing_s=10), 0, [ORDINARY, VETERAN], Choice("ordinary", CallReason.AGED, 0)),
        (
            Policy("p", ageing_s=11),
            0,
            [ORDINARY, VETERAN],
            Choice("veteran", CallReason.PRIORITY, 0),
        ),
        (
            Policy("p", mix=Mix.NONE),
            0,
            [ORDINARY, VETERAN],
            Choice("ordinary", CallReason.FIRST_COME, 0),
        ),
        (RATIO, 0, [ORDINARY, VETERAN], Choice("ordinary", CallReason.ORDINARY_TURN, 1)),
        (RATIO, 1, [ORDINARY, VETERAN], Choice("ordinary", CallReason.ORDINARY_TURN, 2)),
        (RATIO, 2, [ORDINARY, VETERAN], Choice("veteran", CallReason.PRIORITY_TURN, 0)),
        (RATIO, 2, [ORDINARY, VETERAN, OLD], Choice("veteran", CallReason.PRIORITY_TURN, 0)),
        # A turn is not used up by those whose turn it is not.
        (RATIO, 2, [ORDINARY], Choice("ordinary", CallReason.FIRST_COME, 2)),
        (RATIO, 1, [ORDINARY], Choice("ordinary", CallReason.FIRST_COME, 2)),
        (RATIO, 0, [VETERAN], Choice("veteran", CallReason.FIRST_COME, 0)),
        (RATIO, 2, [VETERAN], Choice("veteran", CallReason.FIRST_COME, 0)),
        (RATIO, 1, [VETERAN, OLD], Choice("veteran", CallReason.PRIORITY, 1)),
        # Who goes out of turn leaves it to the others.
        (RATIO, 1, [ORDINARY, SENT], Choice("sent", CallReason.ADDRESSED, 1)),
        (RATIO, 1, [ORDINARY, BOOKED], Choice("booked", CallReason.APPOINTMENT, 1)),
        (replace(RATIO, ageing_s=1), 1, [VETERAN], Choice("veteran", CallReason.AGED, 1)),
    ],
)
def test_a_choice_has_its_reason_and_its_turn(
    policy: Policy, turn: int, people: list[Person], choice: Choice
) -> None:
    assert choose(policy, desk_order(DESK), turn, [line(one) for one in people], NOW) == choice


def test_the_green_channel_goes_before_classes_and_leaves_the_turn() -> None:
    chosen = choose(RATIO, desk_order(GREEN), 2, [line(VETERAN), line(SECOND)], NOW)
    assert chosen == Choice(TicketId("second"), CallReason.GREEN_CHANNEL, 2)
    both = replace(GREEN, green=("a", "b"))
    chosen = choose(RATIO, desk_order(both), 0, [line(SECOND), line(ORDINARY), line(OLD)], NOW)
    assert chosen == Choice(TicketId("old"), CallReason.GREEN_CHANNEL, 0)


def test_ageing_sees_who_stands_behind_a_head_that_came_back() -> None:
    back = replace(ORDINARY, ticket="back", place=(0,), since=NOW)
    policy = Policy("p", ageing_s=10)
    chosen = choose(policy, desk_order(DESK), 0, [line(back, ORDINARY), line(SECOND)], NOW)
    assert chosen == Choice(TicketId("ordinary"), CallReason.AGED, 0)


@pytest.mark.parametrize("order", [Order.TARGET, Order.WEIGHT])
def test_a_service_competes_by_its_longest_wait_and_calls_its_head(order: Order) -> None:
    back = replace(ORDINARY, ticket="back", place=(0,), since=NOW)
    long = replace(ORDINARY, since=NOW - 99_000)
    chosen = choose(
        Policy("p", order, ageing_s=None),
        desk_order(DESK),
        0,
        [line(SECOND), line(back, long)],
        NOW,
    )
    assert chosen is not None
    assert chosen.ticket == "back"


def test_nobody_is_chosen_where_nobody_waits() -> None:
    assert choose(DEFAULT_POLICY, desk_order(DESK), 0, [], NOW) is None


def test_a_service_weighs_one_unless_the_counter_says_otherwise() -> None:
    plan = small_plan(((1, ("a", "b")),))
    counter = replace(plan.counters[0], rules=CounterRules(weights={ServiceId("a"): 3}))
    order = choosing.desk_order(replace(plan, counters=(counter,)), counter.id, counter.services)
    assert [order.weight(service) for service in counter.services] == [3, 1]


def test_reasons_stand_in_journals_by_these_words() -> None:
    assert {reason.name: reason.value for reason in CallReason} == {
        "FIRST_COME": "first_come",
        "SERVICE_ORDER": "service_order",
        "TARGET": "target",
        "WEIGHT": "weight",
        "PRIORITY": "priority",
        "PRIORITY_TURN": "priority_turn",
        "ORDINARY_TURN": "ordinary_turn",
        "AGED": "aged",
        "ADDRESSED": "addressed",
        "APPOINTMENT": "appointment",
        "GREEN_CHANNEL": "green_channel",
        "BY_CLERK": "by_clerk",
    }

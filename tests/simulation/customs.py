"""What is done on a day beyond taking, calling and completing: drawn from the seed, often little.

A day without customs is the plain one: first come, first served, and nobody goes on anywhere.
"""

from dataclasses import dataclass, replace
from random import Random

from hallserver.domain.plan import (
    Clerk,
    Counter,
    HallPlan,
    Rules,
    Service,
    StaffTablet,
    Text,
)
from hallserver.domain.rules import (
    AppointmentRules,
    CounterRules,
    Item,
    Mix,
    Order,
    Period,
    Permission,
    Policy,
    PriorityClass,
    ReinstatePlace,
    Schedule,
    ServiceRules,
    Step,
    StepKind,
    TidalRule,
    TransferPlace,
)
from hallserver.protocol.ids import ClerkId, ClientId, CounterId, ItemId, PriorityId, ServiceId

SHARES = (0.0, 0.25, 0.6, 1.0)
"""Of the customs, so many are kept on a day."""
BACK_OFFICE = ServiceId("review")
OPENS_MIN, CLOSES_MIN = 360, 1_290
SLOT_MIN = 5


@dataclass(frozen=True)
class Customs:
    """Shares of what clerks and visitors do, and who else is there."""

    transfers: float = 0.0
    returning: float = 0.5
    """Of the transfers, so many come back."""
    parks: float = 0.0
    undoes: float = 0.0
    pauses: float = 0.0
    calls_given: float = 0.0
    grants: float = 0.0
    stands_in: float = 0.0
    other_services: float = 0.0
    reinstates: float = 0.0
    """Of those who missed their call and are there, so many ask to wait again."""
    cancels: float = 0.0
    by_age: float = 0.0
    by_guide: float = 0.0
    books: float = 0.0
    """Of the visitors, so many have an appointment."""
    has_console: bool = False
    has_items: bool = False
    has_evening: bool = False
    """The day is begun on the evening before, and ended with the next evening."""
    speaks: bool = False

    @property
    def has_guide(self) -> bool:
        """Whether a guide walks about."""
        return self.by_guide > 0 or self.has_items


NONE_AT_ALL = Customs()


def draw_customs(seed: int) -> Customs:
    """Draw what is customary on a day."""
    rng = Random(f"{seed}/customs")
    share = rng.choice(SHARES)

    def often(*rates: float) -> float:
        rate, is_kept = rng.choice(rates), rng.random() < share
        return rate if is_kept else 0.0

    return Customs(
        transfers=often(0.05, 0.2, 0.5),
        returning=rng.choice((0.0, 0.5, 1.0)),
        parks=often(0.05, 0.2, 0.4),
        undoes=often(0.05, 0.2),
        pauses=often(0.02, 0.1),
        calls_given=often(0.05, 0.2),
        grants=often(0.05, 0.2),
        stands_in=often(0.1, 0.3),
        other_services=often(0.1, 0.3),
        reinstates=often(0.5, 1.0),
        cancels=often(0.03, 0.1),
        by_age=often(0.1, 0.3),
        by_guide=often(0.1, 0.3),
        books=often(0.1, 0.4),
        has_console=often(1.0) > 0,
        has_items=often(1.0) > 0,
        has_evening=often(1.0) > 0,
        speaks=often(1.0) > 0,
    )


def furnish(seed: int, plan: HallPlan, customs: Customs) -> HallPlan:
    """Give a drawn hall the rules, tablets and offices that its customs need."""
    if customs == replace(Customs(), returning=customs.returning):
        return plan
    rng = Random(f"{seed}/rules")
    if customs.has_items:
        plan = _with_items(rng, plan)
    place = Text("大厅", "hall")
    policies = tuple(_draw_policy(rng, number) for number in range(1, 4))
    ids = [policy.id for policy in policies]
    hours = Schedule("day", ((Period(OPENS_MIN, CLOSES_MIN),),) * 7)
    services = tuple(_with_rules(rng, service, customs) for service in plan.services)
    return replace(
        plan,
        rules=_draw_rules(rng, plan.rules, rng.choice(ids)),
        services=services,
        counters=tuple(_draw_counter(rng, counter, ids) for counter in plan.counters),
        clerks=tuple(_permitted(rng, clerk) for clerk in (*plan.clerks, *_more_clerks(customs))),
        priorities=(
            PriorityClass(PriorityId("veteran"), Text("退役军人", "veterans")),
            PriorityClass(PriorityId("elder"), Text("老年人", "elderly"), min_age=65),
        ),
        policies=policies,
        schedules=(hours,),
        guides=(StaffTablet(ClientId("guide-01"), place),) if customs.has_guide else (),
        consoles=(StaffTablet(ClientId("console-01"), place),) if customs.has_console else (),
        gateways=(StaffTablet(ClientId("gateway-01"), place),) if customs.books else (),
        tidal=_draw_tides(rng, plan) if customs.has_console else (),
    )


GUIDE, SUPERVISOR = ClerkId("guide"), ClerkId("supervisor")


def _more_clerks(customs: Customs) -> tuple[Clerk, ...]:
    guide = Clerk(GUIDE, Text("导办", "guide"), "901", "")
    supervisor = Clerk(SUPERVISOR, Text("班长", "supervisor"), "902", "")
    return (guide, supervisor) if customs.has_guide or customs.has_console else ()


def _permitted(rng: Random, clerk: Clerk) -> Clerk:
    if clerk.id == SUPERVISOR:
        return replace(clerk, permissions=frozenset(Permission))
    some = {each for each in Permission if rng.random() < 0.6} - {Permission.SUPERVISE}
    if clerk.id == GUIDE:
        some |= {Permission.GRANT_PRIORITY}
    return replace(clerk, permissions=frozenset(some))


def _draw_policy(rng: Random, number: int) -> Policy:
    return Policy(
        f"policy-{number}",
        order=rng.choice(tuple(Order)),
        mix=rng.choice(tuple(Mix)),
        ordinary=rng.randint(1, 3),
        priority=rng.randint(1, 2),
        ageing_s=rng.choice((None, 90, 300, 900)),
    )


def _draw_rules(rng: Random, rules: Rules, policy: str) -> Rules:
    return replace(
        rules,
        policy=policy,
        proxy_tickets_per_person_and_service=rng.randint(1, 2),
        companions_limit=rng.randint(1, 4),
        reinstate=rng.choice(tuple(ReinstatePlace)),
        reinstate_after=rng.randint(0, 3),
        reinstate_limit=rng.randint(1, 2),
        transfer_place=rng.choice(tuple(TransferPlace)),
        return_place=rng.choice(tuple(TransferPlace)),
        park_limit=rng.randint(1, 3),
        open_tickets_per_person_and_service=rng.choice((1, 1, 2)),
    )


def _with_rules(rng: Random, service: Service, customs: Customs) -> Service:
    drawn = ServiceRules(
        quota_day=rng.choice((None, None, None, 20, 40)),
        quota_morning=rng.choice((None, None, None, None, 15)),
        target_s=rng.choice((30, 120, 1200)),
        reinstate=rng.choice((None, None, *ReinstatePlace)),
    )
    if service.id == BACK_OFFICE:
        return replace(service, rules=replace(drawn, quota_day=None, quota_morning=None))
    rules = drawn
    if customs.has_evening:
        has_night = rng.random() < 0.7
        rules = replace(rules, schedule="day", has_night_tickets=has_night)
    if customs.books and rng.random() < 0.8:
        booking = AppointmentRules(SLOT_MIN, rng.randint(1, 3), 2, 3, 2)
        rules = replace(rules, appointments=booking)
    return replace(service, rules=rules)


def _draw_counter(rng: Random, counter: Counter, policies: list[str]) -> Counter:
    if counter.rules.is_back_office:
        return counter
    green = tuple(each for each in counter.services if rng.random() < 0.15)
    weights = {each: rng.randint(1, 4) for each in counter.services if rng.random() < 0.5}
    policy = rng.choice((None, *policies))
    return replace(counter, rules=CounterRules(policy, green, weights))


def _with_items(rng: Random, plan: HallPlan) -> HallPlan:
    """Add an office without a window, and a matter that goes through it."""
    first, last = rng.choice(plan.services), rng.choice(plan.services)
    office = Service(
        BACK_OFFICE, Text("审核", "review"), first.department, first.zone, "R", "sh", width=3
    )
    number = CounterId(max(counter.id for counter in plan.counters) + 1)
    room = Counter(number, first.zone, 1, (BACK_OFFICE,), rules=CounterRules(is_back_office=True))
    item = Item(
        ItemId("opening"),
        Text("开办", "opening"),
        (
            Step(first.id, StepKind.FRONT),
            Step(BACK_OFFICE, StepKind.BACK),
            Step(last.id, StepKind.FRONT),
        ),
    )
    clerk = Clerk(ClerkId(f"clerk-{len(plan.clerks) + 1}"), Text("审核员", "reviewer"), "801", "")
    return replace(
        plan,
        services=(*plan.services, office),
        counters=(*plan.counters, room),
        clerks=(*plan.clerks, clerk),
        items=(item,),
    )


def _draw_tides(rng: Random, plan: HallPlan) -> tuple[TidalRule, ...]:
    windows = [each for each in plan.counters if not each.rules.is_back_office]
    services = [each.id for each in plan.services if each.id != BACK_OFFICE]
    return tuple(
        TidalRule(
            f"tide-{number}",
            tuple(rng.sample(services, min(len(services), rng.randint(1, 2)))),
            rng.choice(windows).id,
            rng.randint(1, 6),
            rng.choice((None, 60, 300)),
        )
        for number in (1, 2)
    )

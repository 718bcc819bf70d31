"""Days drawn from a seed: the hall, its people, what goes wrong and how often."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from pathlib import Path
from random import Random
from typing import Protocol

from hallserver.config import load_plan
from hallserver.domain.plan import (
    CallScreen,
    Clerk,
    Counter,
    Department,
    HallPlan,
    Kiosk,
    Rules,
    Service,
    Text,
    Zone,
    with_clerks,
    without_hours,
)
from hallserver.domain.rules import DEFAULT_POLICY
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CounterId,
    DepartmentId,
    HallId,
    ServiceId,
    ZoneId,
)
from tests.helpers.checkout import ROOT
from tests.simulation.clerks import Habits
from tests.simulation.customs import NONE_AT_ALL, Customs, draw_customs, furnish
from tests.simulation.people import Nature

EXAMPLE = ROOT / "examples" / "shaoyang.toml"


@unique
class FaultKind(StrEnum):
    """Everything that can go wrong, each switched on or off by itself."""

    SERVER_KILL = "server-kill"
    COMMIT_KILL = "commit-kill"
    BROKER_KILL = "broker-kill"
    LINK_CUT = "link-cut"
    LINK_FREEZE = "link-freeze"
    DELAY = "delay"
    DROP = "drop"
    REPEAT = "repeat"
    REORDER = "reorder"
    GARBAGE = "garbage"
    KIOSK_KILL = "kiosk-kill"
    TERMINAL_KILL = "terminal-kill"
    PAD_KILL = "pad-kill"
    SCREEN_KILL = "screen-kill"
    PRINTER = "printer"
    CLOCK = "clock"
    DISK = "disk"
    DAY_LEAP = "day-leap"


Faults = dict[FaultKind, float]
"""How often a minute each kind strikes."""

USUAL: Faults = {
    FaultKind.SERVER_KILL: 0.15,
    FaultKind.COMMIT_KILL: 0.4,
    FaultKind.BROKER_KILL: 0.1,
    FaultKind.LINK_CUT: 1.0,
    FaultKind.LINK_FREEZE: 0.6,
    FaultKind.DELAY: 0.5,
    FaultKind.DROP: 0.5,
    FaultKind.REPEAT: 0.6,
    FaultKind.REORDER: 0.4,
    FaultKind.GARBAGE: 0.5,
    FaultKind.KIOSK_KILL: 0.6,
    FaultKind.TERMINAL_KILL: 0.4,
    FaultKind.PAD_KILL: 0.3,
    FaultKind.SCREEN_KILL: 0.3,
    FaultKind.PRINTER: 0.5,
    FaultKind.CLOCK: 0.2,
    FaultKind.DISK: 0.1,
    FaultKind.DAY_LEAP: 0.02,
}
SHARE_OF_KINDS = 0.55


Arrivals = tuple[tuple[float, ServiceId], ...]
"""When somebody comes, in seconds from the day's beginning, and for what."""


@dataclass(frozen=True)
class Shape:
    """Days in a row in one hall, all of the same length."""

    profile: str
    seed: int
    plan: HallPlan
    minutes: float
    days: tuple[Arrivals, ...]
    nature: Nature
    habits: Habits
    faults: Faults
    screen_capacity: int = 12
    has_pads: bool = True
    customs: Customs = NONE_AT_ALL
    plain_plan: HallPlan | None = None

    def without(self, kind: FaultKind) -> "Shape":
        """The same day, spared one kind of fault."""
        return replace(self, faults={k: rate for k, rate in self.faults.items() if k is not kind})

    @property
    def plain(self) -> "Shape":
        """The same day without customs: its old meaning."""
        return replace(self, plan=self.plain_plan or self.plan, customs=NONE_AT_ALL)

    def describe(self) -> str:
        """Say it in one line."""
        plan = self.plan
        kinds = ", ".join(self.faults) or "none"
        return (
            f"{self.profile}, {len(self.days)} x {self.minutes:g} min,"
            f" {len(plan.counters)} counters, {len(plan.services)} services,"
            f" {len(plan.kiosks)} kiosks, {len(plan.callscreens)} screens,"
            f" {sum(map(len, self.days))} visitors; faults: {kinds}"
        )


def _text(word: str) -> Text:
    return Text(word, word)


def draw(seed: int, minutes: float | None = None, *, days: int = 1) -> Shape:
    """Draw a small hall and its days."""
    rng = Random(f"{seed}/shape")
    plan = _draw_plan(rng)
    drawn = rng.choice((12, 16, 20, 26))
    length = drawn if minutes is None else minutes
    low = rng.uniform(10, 40)
    habits = Habits(
        serving_s=(low, low * rng.uniform(1.5, 4)),
        max_recalls=rng.randint(0, 4),
        doubles=rng.choice((0.0, 0.1, 0.4)),
        breaks=rng.choice((0.0, 0.03, 0.1)),
        abandons=rng.choice((0.0, 0.02, 0.1)),
        wanders=rng.choice((0.0, 0.01, 0.05)),
    )
    nature = Nature(
        card=rng.choice((0.0, 0.5, 1.0)),
        double_taps=rng.choice((0.0, 0.2, 0.7)),
        walks_away=rng.choice((0.0, 0.03, 0.1)),
        no_show=rng.choice((0.0, 0.06, 0.3)),
        shows_ticket=rng.choice((0.0, 0.2)),
    )
    faults = {
        kind: rate * rng.choice((0.5, 1.0, 2.0))
        for kind, rate in USUAL.items()
        if rng.random() < SHARE_OF_KINDS
    }
    each_s = sum(habits.serving_s) / 2 + 25
    load = rng.uniform(0.4, 1.1)
    count = int(min(260, max(8, len(plan.counters) * length * 60 / each_s * load)))
    came = [_draw_arrivals(rng, plan, length * 60, count)]
    capacity = rng.choice((4, 12, 16))
    for number in range(2, days + 1):
        rng = Random(f"{seed}/shape/day {number}")
        came.append(_draw_arrivals(rng, plan, length * 60, count))
    # Days in a row are plain ones: what an evening brings is lived through within one day.
    customs = draw_customs(seed) if days == 1 else NONE_AT_ALL
    return Shape(
        profile="small",
        seed=seed,
        plan=furnish(seed, plan, customs),
        minutes=length,
        days=tuple(came),
        nature=nature,
        habits=habits,
        faults=faults,
        screen_capacity=capacity,
        customs=customs,
        plain_plan=plan,
    )


def _draw_plan(rng: Random) -> HallPlan:
    zones = tuple(
        Zone(ZoneId(f"zone-{n}"), _text(f"区{n}"), n) for n in range(1, rng.randint(1, 3) + 1)
    )
    department = Department(DepartmentId("office"), _text("办公室"))
    letters = "abcdefgh"[: rng.randint(1, 8)]
    shared = rng.random() < 0.3
    width = 1 if rng.random() < 0.06 else rng.choice((2, 3, 3))
    services = tuple(
        Service(
            ServiceId(letter),
            _text(f"事项{letter}"),
            department.id,
            rng.choice(zones).id,
            "S" if shared else letter.upper(),
            f"sx{letter}",
            start=1,
            width=max(width, 3) if shared else width,
        )
        for letter in letters
    )
    count = rng.randint(1, 7)
    names = [service.id for service in services]
    served = [rng.sample(names, rng.randint(1, min(4, len(names)))) for _ in range(count)]
    for index, name in enumerate(names):  # nobody waits for a service that no counter has
        if not any(name in each for each in served):
            served[index % count].append(name)
    counters = tuple(
        Counter(CounterId(number), rng.choice(zones).id, 1, tuple(each))
        for number, each in enumerate(served, 1)
    )
    screens = tuple(
        CallScreen(ClientId(f"callscreen-{n:02d}"), shown, 1, _text("大厅"))
        for n, shown in enumerate(
            [tuple(zone.id for zone in zones)] + [(zone.id,) for zone in zones], 1
        )
    )
    kiosks = tuple(
        Kiosk(ClientId(f"kiosk-{n:02d}"), zones[0].id, 1, _text("入口"))
        for n in range(1, rng.randint(1, 4) + 1)
    )
    plan = HallPlan(
        id=HallId("simulated"),
        title=_text("模拟大厅"),
        rules=Rules("Asia/Shanghai", business_day_starts=240, recall_limit=rng.randint(1, 3)),
        zones=zones,
        departments=(department,),
        services=services,
        counters=counters,
        kiosks=kiosks,
        callscreens=screens,
    )
    return with_clerks(plan, _clerks(count + rng.randint(0, 2)))


def _clerks(count: int) -> list[Clerk]:
    return [
        Clerk(ClerkId(f"clerk-{n}"), _text(f"工作人员{n}"), f"{n:03d}", "")
        for n in range(1, count + 1)
    ]


def _draw_arrivals(rng: Random, plan: HallPlan, length_s: float, count: int) -> Arrivals:
    """Two waves and a steady rest: most halls see one before ten and one after two."""
    weights = [rng.uniform(0.2, 1.0) for _ in plan.services]
    peaks = (rng.uniform(0.1, 0.4) * length_s, rng.uniform(0.5, 0.85) * length_s)
    times = []
    for _ in range(count):
        which = rng.random()
        if which < 0.3:
            at_s = rng.uniform(0, length_s)
        else:
            at_s = rng.gauss(peaks[which < 0.65], length_s / 10)
        times.append(min(max(at_s, 20.0), length_s - 1))
    names = [service.id for service in plan.services]
    chosen = rng.choices(names, weights, k=count)
    return tuple(sorted(zip(times, chosen, strict=True)))


def _first_come(plan: HallPlan) -> HallPlan:
    """Call by the order of coming and propose nothing: what the ledger knows and demands."""
    return replace(
        plan,
        tidal=(),
        rules=replace(plan.rules, policy=DEFAULT_POLICY.id),
        counters=tuple(
            replace(each, rules=replace(each.rules, policy=None, green_channel=()))
            for each in plan.counters
        ),
    )


def example_day(
    seed: int,
    minutes: float | None = None,
    *,
    days: int = 1,
    visitors: int = 3_000,
    hall_file: Path = EXAMPLE,
) -> Shape:
    """Draw ten-hour days of the example hall: all its counters, kiosks and screens."""
    length = 600.0 if minutes is None else minutes
    rng = Random(f"{seed}/example")
    plan = _staffed(hall_file)
    return Shape(
        profile="example",
        seed=seed,
        plan=plan,
        minutes=length,
        days=tuple(_draw_crowd(rng, plan, length * 60, visitors) for _ in range(days)),
        nature=Nature(checks_after_s=(900.0, 2_400.0)),
        habits=Habits(
            serving_s=(120.0, 900.0),
            patience_s=(15.0, 40.0),
            drums=0.02,
            looks_again_s=(40.0, 90.0),
        ),
        faults=_seldom(20.0),
    )


def rush_day(
    seed: int,
    minutes: float | None = None,
    *,
    days: int = 1,
    visitors: int = 1_500,
    hall_file: Path = EXAMPLE,
) -> Shape:
    """Draw mornings on which almost everybody stands before the example hall when it opens."""
    length = 60.0 if minutes is None else minutes
    rng = Random(f"{seed}/rush")
    plan = _staffed(hall_file)
    return Shape(
        profile="rush",
        seed=seed,
        plan=plan,
        minutes=length,
        days=tuple(_hurry(rng, _draw_crowd(rng, plan, length * 60, visitors)) for _ in range(days)),
        nature=Nature(double_taps=0.4, walks_away=0.06, no_show=0.12, shows_ticket=0.3),
        habits=Habits(serving_s=(30.0, 150.0), max_recalls=1, doubles=0.3),
        faults=_seldom(5.0),
    )


def _staffed(hall_file: Path) -> HallPlan:
    plan = load_plan(hall_file)
    plan = with_clerks(plan, _clerks(len(plan.counters)))
    # A made-up day at a made-up hour: nobody is refused for the time.
    return _first_come(without_hours(plan))


def _draw_crowd(rng: Random, plan: HallPlan, length_s: float, count: int) -> Arrivals:
    """Nobody comes for what visitors take no numbers for."""
    weights = [rng.uniform(0.2, 1.0) * plan.is_for_visitors(s.id) for s in plan.services]
    names = [service.id for service in plan.services]
    arrivals = _draw_arrivals(rng, plan, length_s, count)
    chosen = rng.choices(names, weights, k=count)
    return tuple((at_s, name) for (at_s, _), name in zip(arrivals, chosen, strict=True))


def _hurry(rng: Random, crowd: Arrivals) -> Arrivals:
    """Most come in the first tenth or third of the time in which they came."""
    return tuple(sorted((at_s * rng.choice((0.1, 0.3, 1.0)), name) for at_s, name in crowd))


def _seldom(times: float) -> Faults:
    """The usual faults, so many times as seldom; the wall clock does not leap to another day."""
    faults = {kind: rate / times for kind, rate in USUAL.items()}
    del faults[FaultKind.DAY_LEAP]
    return faults


class Draw(Protocol):
    """Draws days from a seed; their length is the profile's own unless it is given."""

    def __call__(self, seed: int, minutes: float | None = None, *, days: int = 1) -> Shape:
        """Draw."""
        ...


PROFILES: Mapping[str, Draw] = {"small": draw, "example": example_day, "rush": rush_day}

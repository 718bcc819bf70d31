"""The hall as configured: what stands where and who serves what. Fixed while the server runs.

A plan is trusted: `hallserver.config` has checked every reference in it before it is built. The
look-ups named like a thing (`plan.service(id)`) raise KeyError for an id that the hall does not
have, which is a bug of the caller; the ones that begin with `find_` answer None, for ids that come
from outside.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeVar

from hallserver.domain.rules import (
    ALWAYS,
    DEFAULT_POLICY,
    CounterRules,
    Holidays,
    Item,
    Permission,
    Policy,
    PriorityClass,
    Rules,
    Schedule,
    ServiceRules,
    TidalRule,
)
from hallserver.protocol.errors import Text
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CounterId,
    DepartmentId,
    HallId,
    ItemId,
    PriorityId,
    ServiceId,
    ZoneId,
)

__all__ = [
    "CallScreen",
    "Clerk",
    "Counter",
    "Department",
    "HallPlan",
    "Kiosk",
    "Rules",
    "Service",
    "StaffTablet",
    "Text",
    "Zone",
    "compress_ranges",
    "counter_label",
    "where_to_go",
    "with_clerks",
    "without_hours",
]

K = TypeVar("K")
V = TypeVar("V")

_DERIVED = Text("", "")


@dataclass(frozen=True, slots=True)
class Zone:
    """An area of the hall with its own screens and voice, on one floor (1 is the ground floor)."""

    id: ZoneId
    name: Text
    floor: int


@dataclass(frozen=True, slots=True)
class Department:
    """An agency that serves in the hall."""

    id: DepartmentId
    name: Text


@dataclass(frozen=True, slots=True)
class Service:
    """A matter that people come for.

    Services with the same `prefix` draw from one series of numbers and agree on `start`, the first
    number of a day, and on `width`, its count of digits. `initials` are the pinyin initials of the
    Chinese name, in lower case: 企业设立登记 is `qysldj`.
    """

    id: ServiceId
    name: Text
    department: DepartmentId
    zone: ZoneId
    prefix: str
    initials: str
    start: int = 1
    width: int = 3
    rules: ServiceRules = field(default_factory=ServiceRules)

    @property
    def last(self) -> int:
        """The last number of a day that still fits into the width."""
        return int(10**self.width) - 1


def counter_label(counter: CounterId) -> Text:
    """Say what the sign above a counter says, unless the hall file says otherwise."""
    return Text(f"{counter}号窗口", f"Window {counter}")


@dataclass(frozen=True, slots=True)
class Counter:
    """A staffed place. `services` are in the counter's own order of preference.

    A comprehensive counter (综合窗口) may serve services of other zones than its own.
    """

    id: CounterId
    zone: ZoneId
    floor: int
    services: tuple[ServiceId, ...]
    is_comprehensive: bool = False
    label: Text = _DERIVED
    rules: CounterRules = field(default_factory=CounterRules)

    def __post_init__(self) -> None:
        """Fill in the label that follows from the number."""
        if self.label == _DERIVED:
            object.__setattr__(self, "label", counter_label(self.id))


@dataclass(frozen=True, slots=True)
class Clerk:
    """A staff member's account. The hash is `scrypt$n$r$p$salt$hash`, see `hallserver.passwords`.

    Name and hash stay out of the repr: neither belongs into a log.
    """

    id: ClerkId
    name: Text = field(repr=False)
    staff_number: str
    password_hash: str = field(repr=False)
    permissions: frozenset[Permission] = frozenset()


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A terminal where visitors take numbers. `place` tells staff where it stands."""

    id: ClientId
    zone: ZoneId
    floor: int
    place: Text


@dataclass(frozen=True, slots=True)
class CallScreen:
    """A screen that shows the calls of one zone or of several."""

    id: ClientId
    zones: tuple[ZoneId, ...]
    floor: int
    place: Text


@dataclass(frozen=True, slots=True)
class StaffTablet:
    """A tablet of the lobby guides (`guide-01`), a supervisor's console (`console-01`), or another
    system that books appointments (`gateway-01`)."""

    id: ClientId
    place: Text


@dataclass(frozen=True, slots=True)
class HallPlan:
    """One hall. All look-ups are dictionary look-ups, built once."""

    id: HallId
    title: Text
    rules: Rules
    zones: tuple[Zone, ...]
    departments: tuple[Department, ...]
    services: tuple[Service, ...]
    counters: tuple[Counter, ...]
    clerks: tuple[Clerk, ...] = ()
    kiosks: tuple[Kiosk, ...] = ()
    callscreens: tuple[CallScreen, ...] = ()
    guides: tuple[StaffTablet, ...] = ()
    consoles: tuple[StaffTablet, ...] = ()
    gateways: tuple[StaffTablet, ...] = ()
    priorities: tuple[PriorityClass, ...] = ()
    policies: tuple[Policy, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    holidays: Holidays = field(default_factory=Holidays)
    items: tuple[Item, ...] = ()
    tidal: tuple[TidalRule, ...] = ()

    _zones: Mapping[ZoneId, Zone] = field(init=False, repr=False, compare=False)
    _departments: Mapping[DepartmentId, Department] = field(init=False, repr=False, compare=False)
    _services: Mapping[ServiceId, Service] = field(init=False, repr=False, compare=False)
    _counters: Mapping[CounterId, Counter] = field(init=False, repr=False, compare=False)
    _clerks: Mapping[ClerkId, Clerk] = field(init=False, repr=False, compare=False)
    _kiosks: Mapping[ClientId, Kiosk] = field(init=False, repr=False, compare=False)
    _callscreens: Mapping[ClientId, CallScreen] = field(init=False, repr=False, compare=False)
    _priorities: Mapping[PriorityId, PriorityClass] = field(init=False, repr=False, compare=False)
    _ranks: Mapping[PriorityId | None, int] = field(init=False, repr=False, compare=False)
    _policies: Mapping[str, Policy] = field(init=False, repr=False, compare=False)
    _schedules: Mapping[str, Schedule] = field(init=False, repr=False, compare=False)
    _items: Mapping[ItemId, Item] = field(init=False, repr=False, compare=False)
    _counters_of: Mapping[ServiceId, tuple[Counter, ...]] = field(
        init=False, repr=False, compare=False
    )
    _where: Mapping[ServiceId, Text] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Build the look-ups. A repeated id is refused here too: it would hide a thing."""
        fill = object.__setattr__
        fill(self, "_zones", _by_id("zone", ((z.id, z) for z in self.zones)))
        fill(self, "_departments", _by_id("department", ((d.id, d) for d in self.departments)))
        fill(self, "_services", _by_id("service", ((s.id, s) for s in self.services)))
        fill(self, "_counters", _by_id("counter", ((c.id, c) for c in self.counters)))
        fill(self, "_clerks", _by_id("clerk", ((c.id, c) for c in self.clerks)))
        fill(self, "_kiosks", _by_id("kiosk", ((k.id, k) for k in self.kiosks)))
        fill(self, "_callscreens", _by_id("callscreen", ((s.id, s) for s in self.callscreens)))
        fill(self, "_priorities", _by_id("priority class", ((p.id, p) for p in self.priorities)))
        ranks: dict[PriorityId | None, int] = {p.id: n for n, p in enumerate(self.priorities)}
        fill(self, "_ranks", {**ranks, None: len(ranks)})
        policies = {DEFAULT_POLICY.id: DEFAULT_POLICY}
        policies |= _by_id("policy", ((p.id, p) for p in self.policies))
        fill(self, "_policies", policies)
        schedules = {ALWAYS.id: ALWAYS}
        schedules |= _by_id("schedule", ((s.id, s) for s in self.schedules))
        fill(self, "_schedules", schedules)
        fill(self, "_items", _by_id("item", ((i.id, i) for i in self.items)))
        serving: dict[ServiceId, list[Counter]] = {service.id: [] for service in self.services}
        for counter in self.counters:
            for service_id in counter.services:
                serving[service_id].append(counter)
        fill(self, "_counters_of", {service: tuple(found) for service, found in serving.items()})
        where = {s.id: where_to_go(self, s.id, self.counters_of(s.id)) for s in self.services}
        fill(self, "_where", where)

    def is_for_visitors(self, service: ServiceId) -> bool:
        """Say whether visitors may take a number for it: not if back offices alone serve it."""
        serving = self._counters_of[service]
        return not serving or any(not counter.rules.is_back_office for counter in serving)

    def zone(self, zone: ZoneId) -> Zone:
        """Return a zone of this hall; KeyError when it has none of that id."""
        return self._zones[zone]

    def department(self, department: DepartmentId) -> Department:
        """Return a department of this hall; KeyError when it has none of that id."""
        return self._departments[department]

    def service(self, service: ServiceId) -> Service:
        """Return a service of this hall; KeyError when it has none of that id."""
        return self._services[service]

    def counter(self, counter: CounterId) -> Counter:
        """Return a counter of this hall; KeyError when it has none of that number."""
        return self._counters[counter]

    def clerk(self, clerk: ClerkId) -> Clerk:
        """Return a clerk of this hall; KeyError when it has no such account."""
        return self._clerks[clerk]

    def callscreen(self, callscreen: ClientId) -> CallScreen:
        """Return a call screen of this hall; KeyError when it has none of that id."""
        return self._callscreens[callscreen]

    def find_service(self, service: ServiceId) -> Service | None:
        """Return the service, or None for an id that came from outside and is not ours."""
        return self._services.get(service)

    def find_counter(self, counter: CounterId) -> Counter | None:
        """Return the counter, or None for a number that came from outside and is not ours."""
        return self._counters.get(counter)

    def find_callscreen(self, callscreen: ClientId) -> CallScreen | None:
        """Return the call screen, or None for an id that is not of this hall."""
        return self._callscreens.get(callscreen)

    def find_clerk(self, clerk: ClerkId) -> Clerk | None:
        """Return the clerk, or None for an account that came from outside and is not ours."""
        return self._clerks.get(clerk)

    def find_priority(self, priority: PriorityId) -> PriorityClass | None:
        """Return the priority class, or None for an id that is not ours."""
        return self._priorities.get(priority)

    def find_item(self, item: ItemId) -> Item | None:
        """Return the item, or None for an id that is not ours."""
        return self._items.get(item)

    def rank_of(self, priority: PriorityId | None) -> int:
        """Return 0 for the highest class and so on; ordinary visitors come behind all classes.

        So does a class that the hall file has lost while somebody who has it waits.
        """
        return self._ranks.get(priority, len(self.priorities))

    def policy_of(self, counter: CounterId) -> Policy:
        """Return how a counter chooses: by its own policy or the hall's."""
        return self._policies[self._counters[counter].rules.policy or self.rules.policy]

    def schedule_of(self, service: ServiceId) -> Schedule:
        """Return when a service can be had: by its own schedule or the hall's."""
        return self._schedules[self._services[service].rules.schedule or self.rules.schedule]

    def counters_of(self, service: ServiceId) -> tuple[Counter, ...]:
        """Return the counters that serve a service, in the order of the hall file."""
        return self._counters_of[service]

    def counters_in(self, zone: ZoneId) -> tuple[Counter, ...]:
        """Return the counters that stand in a zone, in the order of the hall file."""
        return tuple(counter for counter in self.counters if counter.zone == zone)

    def services_in(self, zone: ZoneId) -> tuple[Service, ...]:
        """Return the services of a zone, in the order of the hall file."""
        return tuple(service for service in self.services if service.zone == zone)

    def services_of(self, department: DepartmentId) -> tuple[Service, ...]:
        """Return the services of a department, in the order of the hall file."""
        return tuple(service for service in self.services if service.department == department)

    def callscreens_of(self, zone: ZoneId) -> tuple[CallScreen, ...]:
        """Return the call screens that show a zone, in the order of the hall file."""
        return tuple(screen for screen in self.callscreens if zone in screen.zones)

    def where_to_go(self, service: ServiceId) -> Text:
        """Say where a service is served: "2楼 商事登记 31–38号窗口"."""
        return self._where[service]


def with_clerks(plan: HallPlan, clerks: Iterable[Clerk]) -> HallPlan:
    """Return the same hall with other clerks. Raises ValueError when an account repeats."""
    return replace(plan, clerks=tuple(clerks))


def without_hours(plan: HallPlan) -> HallPlan:
    """Return the same hall, open at all hours and without quotas: for a demo in the night."""

    def open_always(service: Service) -> Service:
        rules = replace(
            service.rules, schedule=None, quota_day=None, quota_morning=None, quota_afternoon=None
        )
        return replace(service, rules=replace(rules, has_night_tickets=False))

    return replace(
        plan,
        rules=replace(plan.rules, schedule=ALWAYS.id),
        services=tuple(map(open_always, plan.services)),
        schedules=tuple(each for each in plan.schedules if each.id != ALWAYS.id),
    )


def compress_ranges(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Fold numbers into runs of neighbours: 1, 2, 3, 7 become (1, 3), (7, 7)."""
    ordered = sorted(set(numbers))
    runs = []
    for _, members in groupby(enumerate(ordered), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in members]
        runs.append((run[0], run[-1]))
    return tuple(runs)


def _by_id(kind: str, pairs: Iterable[tuple[K, V]]) -> dict[K, V]:
    found: dict[K, V] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{kind} {key!r} is in the plan twice")
        found[key] = value
    return found


def where_to_go(plan: HallPlan, service_id: ServiceId, counters: Iterable[Counter]) -> Text:
    """Say where a service is served when these counters serve it: "2楼 商事登记 31–38号窗口".

    One part for each zone with counters of the service; the service's own zone comes first.
    """
    service = plan.service(service_id)
    by_zone: dict[tuple[bool, int, ZoneId], list[CounterId]] = {}
    for counter in counters:
        key = (counter.zone != service.zone, counter.floor, counter.zone)
        by_zone.setdefault(key, []).append(counter.id)
    if not by_zone:
        zone = plan.zone(service.zone)
        return Text(f"{zone.floor}楼 {zone.name.zh}", f"Floor {zone.floor}, {zone.name.en}")
    parts_zh, parts_en = [], []
    for (_, floor, zone_id), numbers in sorted(by_zone.items()):
        name = plan.zone(zone_id).name
        runs = compress_ranges(numbers)
        spans = [str(first) if first == last else f"{first}–{last}" for first, last in runs]
        word = "window" if len(numbers) == 1 else "windows"
        parts_zh.append(f"{floor}楼 {name.zh} {'、'.join(spans)}号窗口")
        parts_en.append(f"Floor {floor}, {name.en}, {word} {', '.join(spans)}")
    return Text("；".join(parts_zh), "; ".join(parts_en))

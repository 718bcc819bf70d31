"""What a hall decides about its own order, as data: policies, classes, hours, limits.

`hallserver.config` reads them from the hall file; the functions that obey them stand elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique

from hallserver.protocol.errors import Text
from hallserver.protocol.ids import CounterId, ItemId, PriorityId, ServiceId

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Keys of a week in a hall file, in the order of `date.weekday()`."""


# Who is called next.


@dataclass(frozen=True, slots=True)
class PriorityClass:
    """Visitors who are called sooner: veterans, pregnant women. Earlier in the file ranks higher.

    Staff grant a class after looking; a class with `min_age` is also granted by a kiosk that reads
    the age off an ID card (whole years).
    """

    id: PriorityId
    name: Text
    min_age: int | None = None


@unique
class Order(StrEnum):
    """How a counter chooses between those whose turn it is."""

    FIRST_COME = "first_come"
    """The earliest place."""

    SERVICE_ORDER = "service_order"
    """The counter's services in their listed order; within one the earliest place."""

    TARGET = "target"
    """The largest share of the service's target waiting time used up."""

    WEIGHT = "weight"
    """The longest waiting, each service's waiting times its weight at this counter."""


@unique
class Mix(StrEnum):
    """How priority classes and ordinary visitors are mixed."""

    NONE = "none"
    """Classes make no difference."""

    STRICT = "strict"
    """Whoever has a class is called before everybody who has none."""

    RATIO = "ratio"
    """So many ordinary ones, then so many with a class, in turn at each counter."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One way to choose the next. `ageing_s`: who has waited so long is called before all others.

    `ordinary` and `priority` are the ratio of `Mix.RATIO`: 2 and 1 call two ordinary visitors,
    then one with a class.
    """

    id: str
    order: Order = Order.FIRST_COME
    mix: Mix = Mix.STRICT
    ordinary: int = 2
    priority: int = 1
    ageing_s: int | None = 3600


DEFAULT_POLICY = Policy("default")


# When a service can be had.


@dataclass(frozen=True, slots=True)
class Period:
    """From `begins` until before `ends`, in minutes after local midnight; 1440 is midnight."""

    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Opening hours of a week. `week` has the periods of Monday to Sunday.

    The last ticket is given `last_ticket_min` minutes before the last period of a date ends. A
    day off of the calendar is closed; a make-up working day has the hours of Monday. A schedule
    that does not keep holidays (a 24-hour zone) knows neither.
    """

    id: str
    week: tuple[tuple[Period, ...], ...]
    last_ticket_min: int = 0
    keeps_holidays: bool = True


ALWAYS = Schedule("always", ((Period(0, 1440),),) * 7, keeps_holidays=False)


@dataclass(frozen=True, slots=True)
class Holidays:
    """Days off and make-up working days (调休), as the State Council publishes them each year.

    `known_until` is the last year whose official days are in here; later years are plain weeks.
    """

    days_off: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()
    known_until: int | None = None


# What happens to a ticket that comes back.


@unique
class ReinstatePlace(StrEnum):
    """Where somebody who missed the call comes back in line."""

    HEAD = "head"
    AFTER = "after"
    """After so many others: `reinstate_after`."""

    END = "end"
    REFUSED = "refused"
    """Not at all: take a new number."""


@unique
class TransferPlace(StrEnum):
    """Where a transferred ticket goes in the line that it joins."""

    HEAD = "head"
    KEPT = "kept"
    """By the time when it was first taken."""

    END = "end"


# Appointments.


@dataclass(frozen=True, slots=True)
class AppointmentRules:
    """How a service is booked: `capacity` people for each slot of `slot_min` minutes.

    Who checks in up to `early_min` before the slot begins, or up to `late_min` after it has ended,
    is on time; who is later gets a place at the end, and is never sent to queue anew.
    """

    slot_min: int = 30
    capacity: int = 4
    days_ahead: int = 3
    early_min: int = 15
    late_min: int = 15


# Matters of several departments (一件事一次办).


@unique
class StepKind(StrEnum):
    """What kind of place a step needs."""

    FRONT = "front"
    """前台综合受理: the visitor hands in."""

    BACK = "back"
    """后台分类审批: reviewed without the visitor, not shown and not spoken."""

    WINDOW = "window"
    """综合窗口出件: the visitor is handed the result."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an item's route. `promised_min` is the promised time in working minutes."""

    service: ServiceId
    kind: StepKind
    promised_min: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A matter with a route of steps; the visitor keeps one number through all of them."""

    id: ItemId
    name: Text
    steps: tuple[Step, ...]
    materials: tuple[Text, ...] = ()


# Tidal windows (潮汐窗口).


@dataclass(frozen=True, slots=True)
class TidalRule:
    """Proposes to let `counter` serve `services` too while more than `waiting_over` wait for them,
    or somebody waits longer than `waited_over_s`."""

    id: str
    services: tuple[ServiceId, ...]
    counter: CounterId
    waiting_over: int
    waited_over_s: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The hall's own decisions that are not about one service or counter.

    `business_day_starts` and `morning_report` are in minutes after local midnight in `timezone`
    (an IANA name); `recall_limit` counts the recalls after the first call.
    """

    timezone: str
    business_day_starts: int = 0
    recall_limit: int = 3
    call_timeout_s: int = 120
    open_tickets_per_person_and_service: int = 1
    proxy_tickets_per_person_and_service: int = 1
    companions_limit: int = 4
    undo_s: int = 10
    reinstate: ReinstatePlace = ReinstatePlace.AFTER
    reinstate_after: int = 3
    reinstate_limit: int = 1
    transfer_place: TransferPlace = TransferPlace.KEPT
    return_place: TransferPlace = TransferPlace.HEAD
    park_limit: int = 3
    morning_report: int = 480
    policy: str = DEFAULT_POLICY.id
    schedule: str = ALWAYS.id


EMPTY: Mapping[ServiceId, int] = {}


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """What is decided for one service. None: as the hall has it.

    `quota_*` count tickets a business day, before noon and from noon on. `target_s` is the
    waiting time aimed at. With `has_night_tickets` a number may be taken after hours, for the next
    opening.
    """

    schedule: str | None = None
    quota_day: int | None = None
    quota_morning: int | None = None
    quota_afternoon: int | None = None
    target_s: int = 1200
    reinstate: ReinstatePlace | None = None
    has_night_tickets: bool = False
    appointments: AppointmentRules | None = None


@dataclass(frozen=True, slots=True)
class CounterRules:
    """What is decided for one counter. None: as the hall has it.

    Who waits for a service of `green_channel` is called here before all others, in that order.
    `weights` are of `Order.WEIGHT`; a service that is not named weighs 1. A back office calls
    without screen and voice.
    """

    policy: str | None = None
    green_channel: tuple[ServiceId, ...] = ()
    weights: Mapping[ServiceId, int] = field(default_factory=lambda: EMPTY)
    is_back_office: bool = False


@unique
class Permission(StrEnum):
    """What not every clerk may do."""

    CALL_NUMBER = "call_number"
    """Call a given number out of turn, with a reason."""

    GRANT_PRIORITY = "grant_priority"
    SUPERVISE = "supervise"
    """Approve proposals, move services between counters, close the kiosks."""

"""The life of a ticket as events."""

from enum import StrEnum, unique

from hallserver.domain.calendar import HalfDay
from hallserver.domain.events.base import EventBase
from hallserver.domain.place import Place
from hallserver.domain.policy import CallReason
from hallserver.domain.rules import DEFAULT_POLICY, Policy, ReinstatePlace, TransferPlace
from hallserver.protocol.commands import CallWish, NoCardReason, VoidReason
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CounterId,
    ItemId,
    PersonKey,
    PriorityId,
    ServiceId,
    TicketId,
    TicketNumber,
)
from hallserver.protocol.states import TicketState


@unique
class ReleaseReason(StrEnum):
    """Why a called ticket went back to its place."""

    COUNTER_CLOSED = "counter_closed"
    UNDONE = "undone"


@unique
class VoidCause(StrEnum):
    """Why a reserved number ended. The first two are the kiosk's own words."""

    NOT_PRINTED = VoidReason.NOT_PRINTED.value
    LEFT = VoidReason.LEFT.value
    SUPERSEDED = "superseded"  # its person took another number, so this one never reached paper
    CANCELLED = "cancelled"  # its visitor gave it up before its kiosk could confirm the paper


class TicketReserved(EventBase, frozen=True, tag=True):
    """A number was given; it waits for its paper. `ordinal` is its place in the series.

    The day is in the ticket's id: after hours it may be the next. `valid_from_ms`, in Unix
    milliseconds, is the opening that it was taken for then. `half` is what it counts for; None: no
    quota counts it.
    """

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    series: str
    ordinal: int
    person: PersonKey | None
    half: HalfDay | None = None
    valid_from_ms: int | None = None
    companions: int = 0
    is_proxy: bool = False
    priority: PriorityId | None = None
    no_card: NoCardReason | None = None
    item: ItemId | None = None


class TicketCarriedOver(EventBase, frozen=True, tag=True):
    """A ticket that was taken in the night belongs to the business day that has just opened.

    Says all that is needed of it: what was recorded before the day opened is not read again. A
    voided one is said too, because its number is given.
    """

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    series: str
    ordinal: int
    person: PersonKey | None
    kiosk: ClientId
    state: TicketState
    place: Place
    reserved_ms: int
    since_ms: int
    half: HalfDay | None
    valid_from_ms: int | None
    companions: int
    is_proxy: bool
    priority: PriorityId | None
    item: ItemId | None


class TicketPrinted(EventBase, frozen=True, tag=True):
    """The paper exists: confirmed by the kiosk, or shown by the visitor."""

    ticket: TicketId
    is_by_showing: bool


class TicketVoided(EventBase, frozen=True, tag=True):
    """The reserved number never reached paper."""

    ticket: TicketId
    cause: VoidCause


class TicketCancelled(EventBase, frozen=True, tag=True):
    """Its visitor gave the number up."""

    ticket: TicketId


class TicketCalled(EventBase, frozen=True, tag=True):
    """A counter called the ticket. `turn` is the counter's turn in the ratio afterwards.

    `policy` is what the counter chose by, in full: a later hall file does not change why somebody
    was called. `wish` is the clerk's, of a number called out of turn.
    A silent call is a back office's: on no board, in no voice, and nobody has to come.
    """

    ticket: TicketId
    counter: CounterId
    clerk: ClerkId
    reason: CallReason
    turn: int = 0
    is_silent: bool = False
    policy: Policy = DEFAULT_POLICY
    wish: CallWish | None = None


class PriorityGranted(EventBase, frozen=True, tag=True):
    """Somebody looked and gave a ticket a class, or took it away; it keeps its place."""

    ticket: TicketId
    priority: PriorityId | None
    clerk: ClerkId


class TicketRecalled(EventBase, frozen=True, tag=True):
    """The counter called the ticket once more."""

    ticket: TicketId
    counter: CounterId


class TicketArrived(EventBase, frozen=True, tag=True):
    """The visitor stands at the counter."""

    ticket: TicketId
    counter: CounterId


class TicketCompleted(EventBase, frozen=True, tag=True):
    """The service is done. `services` are those really given."""

    ticket: TicketId
    counter: CounterId
    services: tuple[ServiceId, ...] = ()


class TicketMissed(EventBase, frozen=True, tag=True):
    """The visitor did not come to the call."""

    ticket: TicketId
    counter: CounterId


class TicketReleased(EventBase, frozen=True, tag=True):
    """A called ticket went back to its place in line.

    `turn` is the counter's turn in the ratio afterwards; None when it stays as the call left it.
    """

    ticket: TicketId
    counter: CounterId
    reason: ReleaseReason
    turn: int | None = None


class TicketReinstated(EventBase, frozen=True, tag=True):
    """Somebody who had missed the call waits again, at `place`."""

    ticket: TicketId
    rule: ReinstatePlace
    place: Place
    for_counter: CounterId | None = None


class TicketTransferred(EventBase, frozen=True, tag=True):
    """A counter sent its visitor on to `service`, and to `for_counter` alone if one is given.

    `returns_to` is the counter to which the ticket comes back, for the service `returns_as`.
    """

    ticket: TicketId
    counter: CounterId
    service: ServiceId
    for_counter: CounterId | None
    returns_to: CounterId | None
    returns_as: ServiceId | None
    rule: TransferPlace
    place: Place


class TicketReturned(EventBase, frozen=True, tag=True):
    """A counter completed what a ticket was sent for; it waits for the counter that sent it.

    `services` are those really given. `for_counter` is None when that counter has nobody.
    """

    ticket: TicketId
    counter: CounterId
    services: tuple[ServiceId, ...]
    service: ServiceId
    for_counter: CounterId | None
    rule: TransferPlace
    place: Place


class StepCompleted(EventBase, frozen=True, tag=True):
    """A step of an item is done, and it is not the last: the ticket waits for the next one.

    `step` counts the steps that are done now; `services` are those really given, `service` is that
    of the next step.
    """

    ticket: TicketId
    counter: CounterId
    step: int
    services: tuple[ServiceId, ...]
    service: ServiceId
    rule: TransferPlace
    place: Place


class TicketReaddressed(EventBase, frozen=True, tag=True):
    """The counter that a ticket was sent to has nobody now: any counter may call it."""

    ticket: TicketId
    counter: CounterId


class TicketParked(EventBase, frozen=True, tag=True):
    """A counter set its visitor aside. `due_ms`, on the hall's own clock, is when to be reminded;
    `due_wall_ms` is the same moment for people."""

    ticket: TicketId
    counter: CounterId
    due_ms: int | None = None
    due_wall_ms: int | None = None


class ParkedDue(EventBase, frozen=True, tag=True):
    """The time for which a visitor was parked is over."""

    ticket: TicketId
    counter: CounterId


class TicketResumed(EventBase, frozen=True, tag=True):
    """A parked visitor is served again, by this clerk at this counter."""

    ticket: TicketId
    counter: CounterId
    clerk: ClerkId


class TicketExpired(EventBase, frozen=True, tag=True):
    """The business day ended before the ticket did."""

    ticket: TicketId

"""The life of a ticket as events."""

from enum import StrEnum, unique

from hallserver.domain.events.base import EventBase
from hallserver.domain.policy import CallReason
from hallserver.protocol.commands import VoidReason
from hallserver.protocol.ids import (
    ClerkId,
    CounterId,
    PersonKey,
    ServiceId,
    TicketId,
    TicketNumber,
)


@unique
class ReleaseReason(StrEnum):
    """Why a called ticket went back to its place."""

    COUNTER_CLOSED = "counter_closed"


@unique
class VoidCause(StrEnum):
    """Why a reserved number ended. The first two are the kiosk's own words."""

    NOT_PRINTED = VoidReason.NOT_PRINTED.value
    LEFT = VoidReason.LEFT.value
    SUPERSEDED = "superseded"  # its person took another number, so this one never reached paper


class TicketReserved(EventBase, frozen=True, tag=True):
    """A number was given; it waits for its paper. `ordinal` is its place in the series."""

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    series: str
    ordinal: int
    person: PersonKey | None


class TicketPrinted(EventBase, frozen=True, tag=True):
    """The paper exists: confirmed by the kiosk, or shown by the visitor."""

    ticket: TicketId
    is_by_showing: bool


class TicketVoided(EventBase, frozen=True, tag=True):
    """The reserved number never reached paper."""

    ticket: TicketId
    cause: VoidCause


class TicketCalled(EventBase, frozen=True, tag=True):
    """A counter called the ticket. `turn` is the counter's turn in the ratio afterwards."""

    ticket: TicketId
    counter: CounterId
    clerk: ClerkId
    reason: CallReason
    turn: int = 0


class TicketRecalled(EventBase, frozen=True, tag=True):
    """The counter called the ticket once more."""

    ticket: TicketId
    counter: CounterId


class TicketArrived(EventBase, frozen=True, tag=True):
    """The visitor stands at the counter."""

    ticket: TicketId
    counter: CounterId


class TicketCompleted(EventBase, frozen=True, tag=True):
    """The service is done."""

    ticket: TicketId
    counter: CounterId


class TicketMissed(EventBase, frozen=True, tag=True):
    """The visitor did not come to the call."""

    ticket: TicketId
    counter: CounterId


class TicketReleased(EventBase, frozen=True, tag=True):
    """A called ticket went back to its place in line."""

    ticket: TicketId
    counter: CounterId
    reason: ReleaseReason


class TicketExpired(EventBase, frozen=True, tag=True):
    """The business day ended before the ticket did."""

    ticket: TicketId

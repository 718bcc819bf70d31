"""What happened in the hall. The journal is a list of these, and every state is a fold of it."""

from dataclasses import dataclass
from enum import StrEnum, unique

import msgspec

from hallserver.protocol.commands import VoidReason
from hallserver.protocol.ids import (
    BusinessDay,
    ClerkId,
    ClientId,
    CommandId,
    CounterId,
    Epoch,
    PersonKey,
    ServiceId,
    TicketId,
    TicketNumber,
)


@unique
class CallReason(StrEnum):
    """Why this ticket and no other was called."""

    FIRST_COME = "first_come"


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


@unique
class RatingChannel(StrEnum):
    """Where a rating was given. Official channel codes are mapped at the edge."""

    KIOSK = "kiosk"
    PAD = "pad"


class _Event(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of all events: frozen, tagged with its class name."""


class DayOpened(_Event, frozen=True, tag=True):
    """A business day begins: every series starts again, nobody waits."""

    day: BusinessDay


class DayClosed(_Event, frozen=True, tag=True):
    """A business day ends. Nothing is open after it."""

    day: BusinessDay


class TicketReserved(_Event, frozen=True, tag=True):
    """A number was given; it waits for its paper. `ordinal` is its place in the series."""

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    series: str
    ordinal: int
    person: PersonKey | None


class TicketPrinted(_Event, frozen=True, tag=True):
    """The paper exists: confirmed by the kiosk, or shown by the visitor."""

    ticket: TicketId
    is_by_showing: bool


class TicketVoided(_Event, frozen=True, tag=True):
    """The reserved number never reached paper."""

    ticket: TicketId
    cause: VoidCause


class TicketCalled(_Event, frozen=True, tag=True):
    """A counter called the ticket."""

    ticket: TicketId
    counter: CounterId
    clerk: ClerkId
    reason: CallReason


class TicketRecalled(_Event, frozen=True, tag=True):
    """The counter called the ticket once more."""

    ticket: TicketId
    counter: CounterId


class TicketArrived(_Event, frozen=True, tag=True):
    """The visitor stands at the counter."""

    ticket: TicketId
    counter: CounterId


class TicketCompleted(_Event, frozen=True, tag=True):
    """The service is done."""

    ticket: TicketId
    counter: CounterId


class TicketMissed(_Event, frozen=True, tag=True):
    """The visitor did not come to the call."""

    ticket: TicketId
    counter: CounterId


class TicketReleased(_Event, frozen=True, tag=True):
    """A called ticket went back to its place in line."""

    ticket: TicketId
    counter: CounterId
    reason: ReleaseReason


class TicketExpired(_Event, frozen=True, tag=True):
    """The business day ended before the ticket did."""

    ticket: TicketId


class ClerkSignedIn(_Event, frozen=True, tag=True):
    """A shift began."""

    counter: CounterId
    clerk: ClerkId


class ClerkSignedOut(_Event, frozen=True, tag=True):
    """A shift ended."""

    counter: CounterId
    clerk: ClerkId


class ServiceRated(_Event, frozen=True, tag=True):
    """A visitor rated a completed service."""

    ticket: TicketId
    service: ServiceId
    counter: CounterId
    clerk: ClerkId
    stars: int
    tags: tuple[str, ...]
    channel: RatingChannel


Event = (
    DayOpened
    | DayClosed
    | TicketReserved
    | TicketPrinted
    | TicketVoided
    | TicketCalled
    | TicketRecalled
    | TicketArrived
    | TicketCompleted
    | TicketMissed
    | TicketReleased
    | TicketExpired
    | ClerkSignedIn
    | ClerkSignedOut
    | ServiceRated
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One line of the journal. `seq` is the order of everything; `client` is who caused it."""

    seq: int
    epoch: Epoch
    day: BusinessDay
    wall_ms: int
    elapsed_ms: int
    client: ClientId
    command: CommandId | None
    event: Event


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """Encode an event for the journal, as JSON with its type in `type`."""
    return _encoder.encode(event)


def decode_event(body: bytes | str) -> Event:
    """Read an event of the journal. Raises msgspec.DecodeError when it is none."""
    return _decoder.decode(body)

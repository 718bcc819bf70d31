"""What happened in the hall. The journal is a list of these, and every state is a fold of it."""

from dataclasses import dataclass

import msgspec

from hallserver.domain.events.counters import (
    ClerkSignedIn,
    ClerkSignedOut,
    StaffSignedIn,
    StaffSignedOut,
)
from hallserver.domain.events.day import (
    DayClosed,
    DayOpened,
)
from hallserver.domain.events.ratings import (
    RatingChannel,
    ServiceRated,
)
from hallserver.domain.events.tickets import (
    ReleaseReason,
    TicketArrived,
    TicketCalled,
    TicketCompleted,
    TicketExpired,
    TicketMissed,
    TicketPrinted,
    TicketRecalled,
    TicketReleased,
    TicketReserved,
    TicketVoided,
    VoidCause,
)
from hallserver.domain.policy import CallReason
from hallserver.protocol.ids import BusinessDay, ClientId, CommandId, Epoch

__all__ = [
    "CallReason",
    "ClerkSignedIn",
    "ClerkSignedOut",
    "DayClosed",
    "DayOpened",
    "Event",
    "RatingChannel",
    "Recorded",
    "ReleaseReason",
    "ServiceRated",
    "StaffSignedIn",
    "StaffSignedOut",
    "TicketArrived",
    "TicketCalled",
    "TicketCompleted",
    "TicketExpired",
    "TicketMissed",
    "TicketPrinted",
    "TicketRecalled",
    "TicketReleased",
    "TicketReserved",
    "TicketVoided",
    "VoidCause",
    "decode_event",
    "encode_event",
]

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
    | StaffSignedIn
    | StaffSignedOut
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

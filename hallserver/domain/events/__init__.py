"""What happened in the hall. The journal is a list of these, and every state is a fold of it."""

from dataclasses import dataclass

import msgspec

from hallserver.domain.events.appointments import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCarriedOver,
    AppointmentCheckedIn,
    AppointmentMissed,
    AppointmentNumbersCarriedOver,
    AppointmentReopened,
)
from hallserver.domain.events.counters import (
    ClerkSignedIn,
    ClerkSignedOut,
    CounterPaused,
    CounterResumed,
    StaffSignedIn,
    StaffSignedOut,
)
from hallserver.domain.events.day import (
    DayClosed,
    DayOpened,
    KiosksClosed,
    KiosksOpened,
    MorningReportDue,
    NumbersSkipped,
)
from hallserver.domain.events.ratings import (
    RatingChannel,
    ServiceRated,
)
from hallserver.domain.events.supervise import (
    ProposalApproved,
    ProposalDeclined,
    ProposalMade,
    ProposalWithdrawn,
    RushTurned,
    ServicesAssigned,
    WithdrawReason,
)
from hallserver.domain.events.tickets import (
    ParkedDue,
    PriorityGranted,
    ReleaseReason,
    StepCompleted,
    TicketArrived,
    TicketCalled,
    TicketCancelled,
    TicketCarriedOver,
    TicketCompleted,
    TicketExpired,
    TicketMissed,
    TicketParked,
    TicketPrinted,
    TicketReaddressed,
    TicketRecalled,
    TicketReinstated,
    TicketReleased,
    TicketReserved,
    TicketResumed,
    TicketReturned,
    TicketTransferred,
    TicketVoided,
    VoidCause,
)
from hallserver.domain.events.voice import AnnouncementEnded, EndReason
from hallserver.domain.policy import CallReason
from hallserver.protocol.ids import BusinessDay, ClientId, CommandId, Epoch

__all__ = [
    "AnnouncementEnded",
    "AppointmentBooked",
    "AppointmentCancelled",
    "AppointmentCarriedOver",
    "AppointmentCheckedIn",
    "AppointmentMissed",
    "AppointmentNumbersCarriedOver",
    "AppointmentReopened",
    "CallReason",
    "ClerkSignedIn",
    "ClerkSignedOut",
    "CounterPaused",
    "CounterResumed",
    "DayClosed",
    "DayOpened",
    "EndReason",
    "Event",
    "KiosksClosed",
    "KiosksOpened",
    "MorningReportDue",
    "NumbersSkipped",
    "ParkedDue",
    "PriorityGranted",
    "ProposalApproved",
    "ProposalDeclined",
    "ProposalMade",
    "ProposalWithdrawn",
    "RatingChannel",
    "Recorded",
    "ReleaseReason",
    "RushTurned",
    "ServiceRated",
    "ServicesAssigned",
    "StaffSignedIn",
    "StaffSignedOut",
    "StepCompleted",
    "TicketArrived",
    "TicketCalled",
    "TicketCancelled",
    "TicketCarriedOver",
    "TicketCompleted",
    "TicketExpired",
    "TicketMissed",
    "TicketParked",
    "TicketPrinted",
    "TicketReaddressed",
    "TicketRecalled",
    "TicketReinstated",
    "TicketReleased",
    "TicketReserved",
    "TicketResumed",
    "TicketReturned",
    "TicketTransferred",
    "TicketVoided",
    "VoidCause",
    "WithdrawReason",
    "decode_event",
    "encode_event",
]

Event = (
    DayOpened
    | DayClosed
    | MorningReportDue
    | NumbersSkipped
    | KiosksClosed
    | KiosksOpened
    | TicketReserved
    | TicketCarriedOver
    | TicketCancelled
    | TicketPrinted
    | TicketVoided
    | TicketCalled
    | TicketRecalled
    | TicketArrived
    | TicketCompleted
    | TicketMissed
    | TicketReleased
    | TicketReinstated
    | TicketTransferred
    | TicketReturned
    | TicketReaddressed
    | TicketParked
    | ParkedDue
    | TicketResumed
    | StepCompleted
    | TicketExpired
    | ClerkSignedIn
    | ClerkSignedOut
    | StaffSignedIn
    | StaffSignedOut
    | CounterPaused
    | CounterResumed
    | ServiceRated
    | AnnouncementEnded
    | ServicesAssigned
    | ProposalMade
    | ProposalWithdrawn
    | ProposalApproved
    | ProposalDeclined
    | RushTurned
    | AppointmentBooked
    | AppointmentCancelled
    | AppointmentCheckedIn
    | AppointmentReopened
    | AppointmentMissed
    | AppointmentCarriedOver
    | AppointmentNumbersCarriedOver
    | PriorityGranted
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

"""What a client asks of the hall. Unknown fields are refused: a command is obeyed whole or not.

The sender is not among the fields: it comes from the topic, which the broker ties to the
device's credential (`routes`).
"""

import msgspec

from hallserver.protocol.commands.appointments import (
    BookAppointment,
    CancelAppointment,
    CancelBooking,
    CheckIn,
    FindAppointments,
    WireAppointmentId,
    WireAppointmentToken,
)
from hallserver.protocol.commands.base import (
    Stars,
    Tags,
    WireClerkId,
    WireCommandId,
    WirePersonKey,
    WireServiceId,
    WireTicketId,
    WireTicketNumber,
    WireToken,
)
from hallserver.protocol.commands.choosing import (
    CallTicket,
    CallWish,
    ExplainCall,
    GrantPriority,
    WirePriorityId,
)
from hallserver.protocol.commands.counters import (
    Arrive,
    CallNext,
    Complete,
    MarkNoShow,
    Park,
    PauseCounter,
    Recall,
    Reinstate,
    Resume,
    ResumeCounter,
    Services,
    SignIn,
    SignOut,
    Transfer,
    UndoCall,
    WireCounterId,
)
from hallserver.protocol.commands.kiosks import (
    CloseKiosks,
    Notice,
    OpenKiosks,
)
from hallserver.protocol.commands.ratings import (
    RateAtCounter,
    RateService,
)
from hallserver.protocol.commands.supervise import (
    ApproveProposal,
    AssignServices,
    DeclineProposal,
)
from hallserver.protocol.commands.tickets import (
    CancelTicket,
    ConfirmPrinted,
    NoCardReason,
    ReserveTicket,
    ShowTicket,
    VoidReason,
    VoidTicket,
    WireItemId,
)
from hallserver.protocol.commands.voice import AcknowledgeAnnouncement, VoiceOutcome

__all__ = [
    "AcknowledgeAnnouncement",
    "ApproveProposal",
    "Arrive",
    "AssignServices",
    "BookAppointment",
    "CallNext",
    "CallTicket",
    "CallWish",
    "CancelAppointment",
    "CancelBooking",
    "CancelTicket",
    "CheckIn",
    "CloseKiosks",
    "Command",
    "CommandMessage",
    "Complete",
    "ConfirmPrinted",
    "DeclineProposal",
    "ExplainCall",
    "FindAppointments",
    "GrantPriority",
    "MarkNoShow",
    "NoCardReason",
    "Notice",
    "OpenKiosks",
    "Park",
    "PauseCounter",
    "RateAtCounter",
    "RateService",
    "Recall",
    "Reinstate",
    "ReserveTicket",
    "Resume",
    "ResumeCounter",
    "Services",
    "ShowTicket",
    "SignIn",
    "SignOut",
    "Stars",
    "Tags",
    "Transfer",
    "UndoCall",
    "VoiceOutcome",
    "VoidReason",
    "VoidTicket",
    "WireAppointmentId",
    "WireAppointmentToken",
    "WireClerkId",
    "WireCommandId",
    "WireCounterId",
    "WireItemId",
    "WirePersonKey",
    "WirePriorityId",
    "WireServiceId",
    "WireTicketId",
    "WireTicketNumber",
    "WireToken",
]

Command = (
    ReserveTicket
    | ConfirmPrinted
    | VoidTicket
    | ShowTicket
    | CancelTicket
    | CloseKiosks
    | OpenKiosks
    | RateService
    | RateAtCounter
    | SignIn
    | SignOut
    | CallNext
    | Recall
    | Arrive
    | Complete
    | MarkNoShow
    | BookAppointment
    | CancelAppointment
    | CancelBooking
    | CheckIn
    | FindAppointments
    | CallTicket
    | GrantPriority
    | ExplainCall
    | UndoCall
    | Reinstate
    | Transfer
    | Park
    | Resume
    | PauseCounter
    | ResumeCounter
    | AcknowledgeAnnouncement
    | AssignServices
    | ApproveProposal
    | DeclineProposal
)


class CommandMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command on its way: the schema that the sender speaks and the id that it chose."""

    schema: int
    id: WireCommandId
    command: Command

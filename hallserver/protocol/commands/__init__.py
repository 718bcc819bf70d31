"""What a client asks of the hall. Unknown fields are refused: a command is obeyed whole or not.

The sender is not among the fields: it comes from the topic, which the broker ties to the
device's credential (`routes`).
"""

import msgspec

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
    PauseReason,
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
    ConfirmPrinted,
    ReserveTicket,
    ShowTicket,
    VoidReason,
    VoidTicket,
)
from hallserver.protocol.commands.voice import AcknowledgeAnnouncement, VoiceOutcome

__all__ = [
    "AcknowledgeAnnouncement",
    "ApproveProposal",
    "Arrive",
    "AssignServices",
    "CallNext",
    "CallTicket",
    "CallWish",
    "Command",
    "CommandMessage",
    "Complete",
    "ConfirmPrinted",
    "DeclineProposal",
    "ExplainCall",
    "GrantPriority",
    "MarkNoShow",
    "Park",
    "PauseCounter",
    "PauseReason",
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
    "WireClerkId",
    "WireCommandId",
    "WireCounterId",
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
    | RateService
    | RateAtCounter
    | SignIn
    | SignOut
    | CallNext
    | Recall
    | Arrive
    | Complete
    | MarkNoShow
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

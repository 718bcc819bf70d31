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
    WireToken,
)
from hallserver.protocol.commands.counters import (
    Arrive,
    CallNext,
    Complete,
    MarkNoShow,
    Recall,
    SignIn,
    SignOut,
)
from hallserver.protocol.commands.ratings import (
    RateAtCounter,
    RateService,
)
from hallserver.protocol.commands.tickets import (
    ConfirmPrinted,
    ReserveTicket,
    ShowTicket,
    VoidReason,
    VoidTicket,
)

__all__ = [
    "Arrive",
    "CallNext",
    "Command",
    "CommandMessage",
    "Complete",
    "ConfirmPrinted",
    "MarkNoShow",
    "RateAtCounter",
    "RateService",
    "Recall",
    "ReserveTicket",
    "ShowTicket",
    "SignIn",
    "SignOut",
    "Stars",
    "Tags",
    "VoidReason",
    "VoidTicket",
    "WireClerkId",
    "WireCommandId",
    "WirePersonKey",
    "WireServiceId",
    "WireTicketId",
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
)


class CommandMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command on its way: the schema that the sender speaks and the id that it chose."""

    schema: int
    id: WireCommandId
    command: Command

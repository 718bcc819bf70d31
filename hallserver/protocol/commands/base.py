"""What commands are made of: the checked forms of ids and values, and their common base."""

from typing import Annotated

import msgspec
from msgspec import Meta

from hallserver.protocol.bounds import (
    MAX_ID_CHARS,
    MAX_NUMBER_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_TOKEN_CHARS,
)
from hallserver.protocol.ids import (
    ClerkId,
    CommandId,
    PersonKey,
    ProposalId,
    ServiceId,
    TicketId,
    TicketNumber,
    TicketToken,
    ZoneId,
)

WireServiceId = Annotated[ServiceId, Meta(min_length=1, max_length=MAX_ID_CHARS)]
WireZoneId = Annotated[ZoneId, Meta(min_length=1, max_length=MAX_ID_CHARS)]
WireProposalId = Annotated[ProposalId, Meta(min_length=1, max_length=MAX_ID_CHARS)]
WireTicketId = Annotated[TicketId, Meta(min_length=1, max_length=MAX_ID_CHARS)]
WireTicketNumber = Annotated[TicketNumber, Meta(min_length=1, max_length=MAX_NUMBER_CHARS)]
WireToken = Annotated[TicketToken, Meta(min_length=1, max_length=MAX_TOKEN_CHARS)]
WirePersonKey = Annotated[PersonKey, Meta(pattern=r"^[0-9a-f]{32}\Z")]
WireClerkId = Annotated[ClerkId, Meta(min_length=1, max_length=MAX_ID_CHARS)]
WireCommandId = Annotated[CommandId, Meta(pattern=r"^[0-9a-zA-Z_-]{8,64}\Z")]
Stars = Annotated[int, Meta(ge=1, le=5)]
"""5 非常满意, 4 满意, 3 基本满意, 2 不满意, 1 非常不满意. Official codes are mapped at the edge."""
Tags = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=MAX_TAG_CHARS)], ...],
    Meta(max_length=MAX_TAGS),
]


class CommandBase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """Base of all commands: frozen, tagged with its class name."""

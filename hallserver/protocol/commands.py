"""What a client asks of the hall. Unknown fields are refused: a command is obeyed whole or not.

The sender is not among the fields: it comes from the topic, which the broker ties to the
device's credential (`routes`).
"""

from enum import StrEnum, unique
from typing import Annotated

import msgspec
from msgspec import Meta

from hallserver.protocol.bounds import (
    MAX_ID_CHARS,
    MAX_PASSWORD_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_TOKEN_CHARS,
)
from hallserver.protocol.ids import (
    ClerkId,
    CommandId,
    PersonKey,
    ServiceId,
    TicketId,
    TicketToken,
)

WireServiceId = Annotated[ServiceId, Meta(min_length=1, max_length=MAX_ID_CHARS)]
WireTicketId = Annotated[TicketId, Meta(min_length=1, max_length=MAX_ID_CHARS)]
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


@unique
class VoidReason(StrEnum):
    """Why a reserved number never reached a person."""

    NOT_PRINTED = "not_printed"
    LEFT = "left"


class _Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """Base of all commands: frozen, tagged with its class name."""


class ReserveTicket(_Command, frozen=True, tag=True):
    """Reserve the next number of a service. It is not callable before `ConfirmPrinted`."""

    service: WireServiceId
    person: WirePersonKey | None = None


class ConfirmPrinted(_Command, frozen=True, tag=True):
    """The paper is in the visitor's hand: the ticket waits from now on."""

    ticket: WireTicketId


class VoidTicket(_Command, frozen=True, tag=True):
    """The reserved number never reached paper and is never called."""

    ticket: WireTicketId
    reason: VoidReason


class ShowTicket(_Command, frozen=True, tag=True):
    """A visitor shows a ticket's QR code. A reserved number becomes valid by being shown."""

    token: WireToken


class RateService(_Command, frozen=True, tag=True):
    """Rate a completed service by the ticket's QR code; at most once."""

    token: WireToken
    stars: Stars
    tags: Tags = ()


class RateAtCounter(_Command, frozen=True, tag=True):
    """Rate, on the pad of a counter, the service that was completed there last; at most once."""

    ticket: WireTicketId
    stars: Stars
    tags: Tags = ()


class SignIn(_Command, frozen=True, tag=True):
    """A clerk begins a shift at the counter of the sending terminal."""

    clerk: WireClerkId
    password: Annotated[str, Meta(min_length=1, max_length=MAX_PASSWORD_CHARS)]

    def __repr__(self) -> str:
        """Show the account only: a password has no place in a log."""
        return f"SignIn(clerk={self.clerk!r})"


class SignOut(_Command, frozen=True, tag=True):
    """The shift ends; a called ticket goes back to its place."""


class CallNext(_Command, frozen=True, tag=True):
    """Call the next ticket by the hall's rule."""


class Recall(_Command, frozen=True, tag=True):
    """Call the called ticket once more, up to the hall's limit."""

    ticket: WireTicketId


class Arrive(_Command, frozen=True, tag=True):
    """The called visitor stands at the counter: service begins."""

    ticket: WireTicketId


class Complete(_Command, frozen=True, tag=True):
    """The service is done; it can be rated from now on."""

    ticket: WireTicketId


class MarkNoShow(_Command, frozen=True, tag=True):
    """The called visitor did not come."""

    ticket: WireTicketId


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

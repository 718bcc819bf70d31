"""Taking a number, and what its visitor does with it."""

from enum import StrEnum, unique
from typing import Annotated

from msgspec import Meta

from hallserver.protocol.bounds import MAX_COMPANIONS, MAX_ID_CHARS
from hallserver.protocol.commands.base import (
    CommandBase,
    WirePersonKey,
    WireServiceId,
    WireTicketId,
    WireToken,
)
from hallserver.protocol.commands.choosing import WirePriorityId
from hallserver.protocol.ids import ItemId

WireItemId = Annotated[ItemId, Meta(min_length=1, max_length=MAX_ID_CHARS)]
Companions = Annotated[int, Meta(ge=0, le=MAX_COMPANIONS)]


@unique
class VoidReason(StrEnum):
    """Why a reserved number never reached a person."""

    NOT_PRINTED = "not_printed"
    LEFT = "left"


@unique
class NoCardReason(StrEnum):
    """Why a guide gives a number to somebody without reading a card."""

    FORGOTTEN = "forgotten"
    LOST = "lost"
    FOREIGN_DOCUMENT = "foreign_document"
    MINOR = "minor"
    READER_BROKEN = "reader_broken"
    OTHER = "other"


class ReserveTicket(CommandBase, frozen=True, tag=True):
    """Reserve the next number of a service. It is not callable before `ConfirmPrinted`.

    `companions` come along with the visitor. With `is_proxy` it is taken for somebody else
    (拿号代办). A kiosk claims a `priority` class only where the age on the card gives it; a guide
    any. A guide who reads no card says why in `no_card`. With an `item` the service is that of its
    first step.
    """

    service: WireServiceId
    person: WirePersonKey | None = None
    companions: Companions = 0
    is_proxy: bool = False
    priority: WirePriorityId | None = None
    no_card: NoCardReason | None = None
    item: WireItemId | None = None


class ConfirmPrinted(CommandBase, frozen=True, tag=True):
    """The paper is in the visitor's hand: the ticket waits from now on."""

    ticket: WireTicketId


class VoidTicket(CommandBase, frozen=True, tag=True):
    """The reserved number never reached paper and is never called."""

    ticket: WireTicketId
    reason: VoidReason


class ShowTicket(CommandBase, frozen=True, tag=True):
    """A visitor shows a ticket's QR code. A reserved number becomes valid by being shown."""

    token: WireToken


class CancelTicket(CommandBase, frozen=True, tag=True):
    """A visitor gives the number up, by the ticket's QR code; not once it is called."""

    token: WireToken

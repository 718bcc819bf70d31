"""Taking a number, and what its visitor does with it."""

from enum import StrEnum, unique

from hallserver.protocol.commands.base import (
    CommandBase,
    WirePersonKey,
    WireServiceId,
    WireTicketId,
    WireToken,
)


@unique
class VoidReason(StrEnum):
    """Why a reserved number never reached a person."""

    NOT_PRINTED = "not_printed"
    LEFT = "left"


class ReserveTicket(CommandBase, frozen=True, tag=True):
    """Reserve the next number of a service. It is not callable before `ConfirmPrinted`."""

    service: WireServiceId
    person: WirePersonKey | None = None


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

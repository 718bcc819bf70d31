"""Who is called, when it is not just the next: a given number, a class, and the reason asked for.

`number` is what is printed on a ticket.
"""

from enum import StrEnum, unique
from typing import Annotated

from msgspec import Meta

from hallserver.protocol.bounds import MAX_ID_CHARS
from hallserver.protocol.commands.base import CommandBase, WireTicketNumber
from hallserver.protocol.ids import PriorityId

WirePriorityId = Annotated[PriorityId, Meta(min_length=1, max_length=MAX_ID_CHARS)]


@unique
class CallWish(StrEnum):
    """Why a clerk calls a given number out of turn."""

    VISITOR_ASKED = "visitor_asked"
    URGENT = "urgent"
    RETURNED = "returned"
    """The visitor was here before and comes back with what was missing."""
    MISTAKE = "mistake"
    """To make a mistake of the staff good."""
    OTHER = "other"


class CallTicket(CommandBase, frozen=True, tag=True):
    """Call a given waiting number out of turn, of any service. Needs a permission."""

    number: WireTicketNumber
    reason: CallWish


class GrantPriority(CommandBase, frozen=True, tag=True):
    """Give a ticket a priority class, or none; it keeps its place. Needs a permission."""

    number: WireTicketNumber
    priority: WirePriorityId | None


class ExplainCall(CommandBase, frozen=True, tag=True):
    """Ask why `called` was called before `other`."""

    called: WireTicketNumber
    other: WireTicketNumber

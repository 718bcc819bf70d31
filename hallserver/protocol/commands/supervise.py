"""What a supervisor does at a console."""

from typing import Annotated

from msgspec import Meta

from hallserver.protocol.bounds import MAX_SERVICES_ASSIGNED
from hallserver.protocol.commands.base import CommandBase, WireProposalId, WireServiceId
from hallserver.protocol.commands.counters import WireCounterId


class AssignServices(CommandBase, frozen=True, tag=True):
    """Have a counter serve these services, in this order, until the business day ends.

    None at all means: those that the hall file gives it.
    """

    counter: WireCounterId
    services: Annotated[tuple[WireServiceId, ...], Meta(max_length=MAX_SERVICES_ASSIGNED)]


class ApproveProposal(CommandBase, frozen=True, tag=True):
    """Do what the hall proposes."""

    proposal: WireProposalId


class DeclineProposal(CommandBase, frozen=True, tag=True):
    """Leave it as it is; the hall does not propose it again for a while."""

    proposal: WireProposalId

"""What the hall proposes to its supervisors, and what they decide."""

from enum import StrEnum, unique

from hallserver.domain.events.base import EventBase
from hallserver.protocol.ids import ClerkId, CounterId, ProposalId, ServiceId
from hallserver.protocol.snapshots import ProposalKind


class ServicesAssigned(EventBase, frozen=True, tag=True):
    """A counter serves these services and nothing else, until the business day ends."""

    counter: CounterId
    services: tuple[ServiceId, ...]
    by: ClerkId


class ProposalMade(EventBase, frozen=True, tag=True):
    """A tidal rule asks for a decision.

    `waiting` people waited for the rule's services then, the first of them for `longest_s`.
    """

    proposal: ProposalId
    rule: str
    kind: ProposalKind
    counter: CounterId
    services: tuple[ServiceId, ...]
    waiting: int
    longest_s: int


@unique
class WithdrawReason(StrEnum):
    """Why a proposal ended without an answer."""

    LOAD_CHANGED = "load_changed"
    DONE_OTHERWISE = "done_otherwise"
    DAY_ENDED = "day_ended"


class ProposalWithdrawn(EventBase, frozen=True, tag=True):
    """Nobody has answered, and there is nothing left to decide."""

    proposal: ProposalId
    reason: WithdrawReason


class ProposalApproved(EventBase, frozen=True, tag=True):
    """A supervisor said yes. `services` are those that are added at the counter, or taken away."""

    proposal: ProposalId
    services: tuple[ServiceId, ...]
    by: ClerkId


class ProposalDeclined(EventBase, frozen=True, tag=True):
    """A supervisor said no."""

    proposal: ProposalId
    by: ClerkId


class RushTurned(EventBase, frozen=True, tag=True):
    """The rush for which a counter was raised is over (`is_over`), or has begun anew."""

    rule: str
    is_over: bool

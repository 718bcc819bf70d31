"""Tidal counters (潮汐窗口): when a rush begins and ends, and what was proposed about it.

A rush begins above a rule's thresholds and is over below three quarters of them; in between
nothing changes, so that a line that sways around a threshold makes one proposal and not twenty.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hallserver.domain.invariant import invariant
from hallserver.domain.rules import TidalRule
from hallserver.domain.waiting import WaitingLines
from hallserver.protocol.ids import BusinessDay, ProposalId, ServiceId
from hallserver.protocol.snapshots import Proposal

QUIET_MS = 900_000
"""After a supervisor has said no, the same is not proposed again for so long."""

BACK_AFTER_MS = 900_000
"""The rush must be over for so long before moving back is proposed."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many wait for the services of a rule, and how long the one who has waited longest."""

    waiting: int
    longest_s: int


def load_of(lines: WaitingLines, rule: TidalRule, now_ms: int) -> Load:
    """Look at the lines of a rule's services; who was sent to a certain counter waits for that."""
    waiting, longest_ms = 0, 0
    for lane in lines.lanes_at(rule.counter, rule.services):
        first = lines.nth_longest(lane, 0)
        if lane.counter is None and first is not None:
            waiting += lines.length_of(lane)
            longest_ms = max(longest_ms, now_ms - first.counts_from_ms)
    return Load(waiting, longest_ms // 1000)


def is_rush(rule: TidalRule, load: Load) -> bool:
    """Say whether one of a rule's thresholds is passed."""
    is_long = rule.waited_over_s is not None and load.longest_s > rule.waited_over_s
    return load.waiting > rule.waiting_over or is_long


def is_calm(rule: TidalRule, load: Load) -> bool:
    """Say whether the load is well below every threshold of a rule."""
    is_short = rule.waited_over_s is None or load.longest_s <= rule.waited_over_s * 3 // 4
    return load.waiting <= rule.waiting_over * 3 // 4 and is_short


@dataclass(slots=True)
class Tide:
    """How it stands with one rule.

    `proposal` is the one that waits for an answer. `raised` are the services that the rule's
    counter serves because a proposal was approved; None when nothing was. `calm_since_ms` and
    `declined_ms` are on the hall's own clock.
    """

    rule: TidalRule
    proposal: Proposal | None = None
    raised: tuple[ServiceId, ...] | None = None
    calm_since_ms: int | None = None
    declined_ms: int | None = None

    def may_propose(self, now_ms: int) -> bool:
        """Say whether it is long enough since a supervisor said no."""
        return self.declined_ms is None or now_ms - self.declined_ms >= QUIET_MS

    def lower(self) -> None:
        """Forget that anything was raised: the counter serves it no longer, or never had to."""
        self.raised = None
        self.calm_since_ms = None


class Tides:
    """All tidal rules of a hall on one day."""

    def __init__(self, rules: Iterable[TidalRule]) -> None:
        self._tides = {rule.id: Tide(rule) for rule in rules}
        self._open: dict[ProposalId, Proposal] = {}
        self.made = 0
        """Proposals of the day; they are numbered by it."""

    def __iter__(self) -> Iterator[Tide]:
        """Go over the rules in the order of the hall file."""
        return iter(self._tides.values())

    def of(self, rule: str) -> Tide:
        """Return how it stands with a rule; KeyError when the hall has none of that name."""
        return self._tides[rule]

    def find(self, proposal: ProposalId) -> Proposal | None:
        """Return a proposal that waits for an answer; None for every other id."""
        return self._open.get(proposal)

    def open(self) -> tuple[Proposal, ...]:
        """Return the proposals that wait for an answer, oldest first."""
        return tuple(self._open.values())

    def propose(self, proposal: Proposal) -> None:
        """Take in a proposal. Raises InvariantError when its rule has one already."""
        tide = self._tides[proposal.rule]
        invariant(tide.proposal is None, f"rule {proposal.rule} has one proposal at a time")
        tide.proposal = self._open[proposal.id] = proposal
        self.made += 1

    def close(self, proposal: ProposalId) -> tuple[Tide, Proposal]:
        """Take out a proposal that is answered or withdrawn; KeyError when it is not open."""
        closed = self._open.pop(proposal)
        tide = self._tides[closed.rule]
        tide.proposal = None
        return tide, closed


def proposal_id(day: BusinessDay, number: int) -> ProposalId:
    """Name the proposal of a day with this running number."""
    return ProposalId(f"{day}-{number:04d}")

"""Services that move between counters, and proposals to move them."""

from collections.abc import Callable
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.state import HallState
from hallserver.protocol.snapshots import Proposal, ProposalKind


def _assign(state: HallState, recorded: ev.Recorded, event: ev.ServicesAssigned) -> None:
    state.assign(event.counter, event.services)
    for tide in state.tides:
        is_undone = tide.raised is not None and not set(tide.raised) <= set(event.services)
        if tide.rule.counter == event.counter and is_undone:
            tide.lower()  # a supervisor took back what the rule had led to
            tide.declined_ms = recorded.elapsed_ms


def _propose(state: HallState, recorded: ev.Recorded, event: ev.ProposalMade) -> None:
    proposal = Proposal(
        id=event.proposal,
        rule=event.rule,
        kind=event.kind,
        counter=event.counter,
        services=event.services,
        waiting=event.waiting,
        longest_s=event.longest_s,
        made_at_ms=recorded.wall_ms,
    )
    state.tides.propose(proposal)
    state.is_console_touched = True


def _withdraw(state: HallState, _: ev.Recorded, event: ev.ProposalWithdrawn) -> None:
    state.tides.close(event.proposal)
    state.is_console_touched = True


def _decline(state: HallState, recorded: ev.Recorded, event: ev.ProposalDeclined) -> None:
    tide, _ = state.tides.close(event.proposal)
    tide.declined_ms = recorded.elapsed_ms
    state.is_console_touched = True


def _approve(state: HallState, _: ev.Recorded, event: ev.ProposalApproved) -> None:
    tide, proposal = state.tides.close(event.proposal)
    tide.lower()
    if proposal.kind is not ProposalKind.BACK:
        tide.raised = event.services
    state.is_console_touched = True


def _turn(state: HallState, recorded: ev.Recorded, event: ev.RushTurned) -> None:
    tide = state.tides.of(event.rule)
    tide.calm_since_ms = recorded.elapsed_ms if event.is_over else None
    if event.is_over and not tide.raised:
        tide.lower()  # the counter was opened only: there is nothing to move back


FOLDS: dict[type[Any], Callable[[HallState, ev.Recorded, Any], None]] = {
    ev.ServicesAssigned: _assign,
    ev.ProposalMade: _propose,
    ev.ProposalWithdrawn: _withdraw,
    ev.ProposalDeclined: _decline,
    ev.ProposalApproved: _approve,
    ev.RushTurned: _turn,
}

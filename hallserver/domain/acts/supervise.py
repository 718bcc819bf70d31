"""Moving services between counters: by a supervisor, and as tidal rules propose it."""

from collections.abc import Iterable, Iterator

from hallserver.domain import events as ev
from hallserver.domain.acts.base import OK, Act, Decision, Room, refuse
from hallserver.domain.instant import Now
from hallserver.domain.rules import Permission
from hallserver.domain.tidal import (
    BACK_AFTER_MS,
    Load,
    Tide,
    is_calm,
    is_rush,
    load_of,
    proposal_id,
)
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClientId, ProposalId, ServiceId
from hallserver.protocol.replies import Done
from hallserver.protocol.snapshots import Proposal, ProposalKind

LOOK_EVERY_MS = 1_000


# What supervisors do.


def _assign(room: Room, client: ClientId, command: c.AssignServices, _: Now) -> Decision:
    supervisor = room.staff(client, Permission.SUPERVISE)
    if isinstance(supervisor, Decision):
        return supervisor
    counter = room.plan.find_counter(command.counter)
    if counter is None:
        return refuse(RejectionCode.UNKNOWN_COUNTER)
    if any(room.plan.find_service(service) is None for service in command.services):
        return refuse(RejectionCode.UNKNOWN_SERVICE)
    services = tuple(dict.fromkeys(command.services)) or counter.services
    if services == room.state.services_of(counter.id):
        return OK
    if room.state.assignments.unserved_by(counter.id, services):
        return refuse(RejectionCode.SERVICE_UNSERVED)
    return Decision(Done(), (ev.ServicesAssigned(counter.id, services, supervisor),))


def _approve(room: Room, client: ClientId, command: c.ApproveProposal, _: Now) -> Decision:
    supervisor = room.staff(client, Permission.SUPERVISE)
    if isinstance(supervisor, Decision):
        return supervisor
    proposal = room.state.tides.find(command.proposal)
    if proposal is None:
        return refuse(RejectionCode.PROPOSAL_ENDED)
    served = room.state.services_of(proposal.counter)
    if proposal.kind is ProposalKind.BACK:
        services = _missing(proposal.services, served)
        moving = _missing(services, served)
    else:
        moving = _missing(served, proposal.services)
        services = (*served, *moving)
    if room.state.assignments.unserved_by(proposal.counter, services):
        return refuse(RejectionCode.SERVICE_UNSERVED)
    approved = ev.ProposalApproved(proposal.id, moving, supervisor)
    if not moving:  # the counter serves them already: what it lacked is a clerk
        return Decision(Done(), (approved,))
    return Decision(Done(), (approved, ev.ServicesAssigned(proposal.counter, services, supervisor)))


def _decline(room: Room, client: ClientId, command: c.DeclineProposal, _: Now) -> Decision:
    supervisor = room.staff(client, Permission.SUPERVISE)
    if isinstance(supervisor, Decision):
        return supervisor
    proposal = room.state.tides.find(command.proposal)
    if proposal is None:
        return refuse(RejectionCode.PROPOSAL_ENDED)
    return Decision(Done(), (ev.ProposalDeclined(proposal.id, supervisor),))


def _missing(have: Iterable[ServiceId], of: Iterable[ServiceId]) -> tuple[ServiceId, ...]:
    """Return those of `of` that are not among `have`, in their order."""
    had = frozenset(have)
    return tuple(service for service in of if service not in had)


# What the hall proposes.


def due(room: Room, now: Now) -> Iterator[ev.Event]:
    """Look at the rushes: once in every second of the hall's clock in which something happens."""
    state = room.state
    if now.elapsed_ms // LOOK_EVERY_MS == state.now_ms // LOOK_EVERY_MS:
        return
    made = state.tides.made
    for tide in state.tides:
        event = _look(room, tide, now, proposal_id(state.numbering.day, made + 1))
        made += isinstance(event, ev.ProposalMade)
        if event is not None:
            yield event


def end_of_day(room: Room) -> tuple[ev.Event, ...]:
    """Withdraw what nobody has answered."""
    return tuple(
        ev.ProposalWithdrawn(proposal.id, ev.WithdrawReason.DAY_ENDED)
        for proposal in room.state.tides.open()
    )


def _look(room: Room, tide: Tide, now: Now, new: ProposalId) -> ev.Event | None:
    load = load_of(room.state.lines, tide.rule, now.elapsed_ms)
    if tide.proposal is not None:
        reason = _moot(room, tide, tide.proposal, load)
        return None if reason is None else ev.ProposalWithdrawn(tide.proposal.id, reason)
    if tide.raised is not None:
        return _watch(room, tide, load, now, new)
    kind = _help(room, tide)
    if kind is None or not is_rush(tide.rule, load) or not tide.may_propose(now.elapsed_ms):
        return None
    return _propose(tide, kind, tide.rule.services, load, new)


def _moot(room: Room, tide: Tide, proposal: Proposal, load: Load) -> ev.WithdrawReason | None:
    """Say why an open proposal has no point any more; None while it has."""
    if proposal.kind is ProposalKind.BACK:
        is_done, has_changed = tide.raised is None, is_rush(tide.rule, load)
    else:
        is_done, has_changed = _help(room, tide) is None, is_calm(tide.rule, load)
    if is_done:
        return ev.WithdrawReason.DONE_OTHERWISE
    return ev.WithdrawReason.LOAD_CHANGED if has_changed else None


def _help(room: Room, tide: Tide) -> ProposalKind | None:
    """Say how a rule's counter could help; None when it does already."""
    if room.state.desks[tide.rule.counter].clerk is None:
        return ProposalKind.OPEN
    served = room.state.services_of(tide.rule.counter)
    return ProposalKind.MOVE if _missing(served, tide.rule.services) else None


def _watch(room: Room, tide: Tide, load: Load, now: Now, new: ProposalId) -> ev.Event | None:
    """Look after a counter that helps: is the rush over, and for long?"""
    if tide.calm_since_ms is None:
        is_over = is_calm(tide.rule, load)
        return ev.RushTurned(tide.rule.id, is_over=True) if is_over else None
    if is_rush(tide.rule, load):
        return ev.RushTurned(tide.rule.id, is_over=False)
    is_long = now.elapsed_ms - tide.calm_since_ms >= BACK_AFTER_MS
    if not is_long or not tide.may_propose(now.elapsed_ms):
        return None
    raised = tide.raised or ()
    served = room.state.services_of(tide.rule.counter)
    if room.state.assignments.unserved_by(tide.rule.counter, _missing(raised, served)):
        return None
    return _propose(tide, ProposalKind.BACK, raised, load, new)


def _propose(
    tide: Tide,
    kind: ProposalKind,
    services: tuple[ServiceId, ...],
    load: Load,
    new: ProposalId,
) -> ev.ProposalMade:
    return ev.ProposalMade(
        proposal=new,
        rule=tide.rule.id,
        kind=kind,
        counter=tide.rule.counter,
        services=services,
        waiting=load.waiting,
        longest_s=load.longest_s,
    )


ACTS: dict[type[c.Command], Act] = {
    c.AssignServices: _assign,
    c.ApproveProposal: _approve,
    c.DeclineProposal: _decline,
}

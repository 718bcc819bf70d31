"""From the hall's lines to the policy: who stands first in each line that a counter may call."""

from hallserver.domain.place import Place
from hallserver.domain.policy import Candidate, Choice, DeskOrder, choose
from hallserver.domain.state import HallState
from hallserver.domain.waiting import Lane, Waiting
from hallserver.protocol.ids import CounterId, ServiceId, TicketId


def choose_at(state: HallState, counter: CounterId, now_ms: int) -> Choice | None:
    """Choose whom a counter calls next; None when nobody waits for it."""
    lanes = state.lines.lanes_at(counter, state.services_of(counter))
    heads = [_candidate(state, lane, head) for lane in lanes if (head := state.lines.nth(lane, 0))]
    policy = state.plan.policy_of(counter)
    return choose(policy, desk_order(state, counter), state.desks[counter].turn, heads, now_ms)


def upcoming(state: HallState, counter: CounterId, limit: int, now_ms: int) -> tuple[TicketId, ...]:
    """List whom a counter would call next, in order, if nothing else happened."""
    lanes = list(state.lines.lanes_at(counter, state.services_of(counter)))
    policy, order = state.plan.policy_of(counter), desk_order(state, counter)
    turn = state.desks[counter].turn
    at = dict.fromkeys(lanes, 0)
    first = {lane: state.lines.nth(lane, 0) for lane in lanes}
    lane_of = {head.ticket: lane for lane, head in first.items() if head}
    found: list[TicketId] = []
    while len(found) < limit:
        heads = [_candidate(state, lane, head) for lane, head in first.items() if head]
        choice = choose(policy, order, turn, heads, now_ms)
        if choice is None:
            break
        found.append(choice.ticket)
        turn = choice.turn
        lane = lane_of[choice.ticket]
        at[lane] += 1
        head = first[lane] = state.lines.nth(lane, at[lane])
        if head:
            lane_of[head.ticket] = lane
    return tuple(found)


def desk_order(state: HallState, counter: CounterId) -> DeskOrder:
    """Return what a counter's own rules add to its policy."""
    rules = state.plan.counter(counter).rules

    def weight(service: ServiceId) -> int:
        return rules.weights.get(service, 1)

    def target_s(service: ServiceId) -> int:
        return state.plan.service(service).rules.target_s

    return DeskOrder(state.services_of(counter), target_s, rules.green_channel, weight)


def _candidate(state: HallState, lane: Lane, head: Waiting) -> Candidate:
    place: Place = head.place
    return Candidate(
        ticket=head.ticket,
        place=place,
        service=lane.service,
        since_ms=head.since_ms,
        rank=state.plan.rank_of(lane.priority),
        is_ordinary=lane.priority is None,
        is_addressed=lane.counter is not None,
        due_ms=head.due_ms,
    )

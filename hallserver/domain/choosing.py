"""From the hall's lines to the policy: what stands in each line that a counter may call from."""

from collections.abc import Set as AbstractSet

from hallserver.domain.plan import HallPlan
from hallserver.domain.policy import Choice, DeskOrder, Line, choose
from hallserver.domain.state import HallState
from hallserver.domain.waiting import Lane, Waiting, WaitingLines
from hallserver.protocol.ids import CounterId, ServiceId, TicketId


def choose_at(state: HallState, counter: CounterId, now_ms: int) -> Choice | None:
    """Choose whom a counter calls next; None when nobody waits for it."""
    ahead = upcoming_choices(state, counter, 1, now_ms)
    return ahead[0] if ahead else None


def upcoming(state: HallState, counter: CounterId, limit: int, now_ms: int) -> tuple[TicketId, ...]:
    """List whom a counter would call next, in order, if nothing else happened."""
    return tuple(choice.ticket for choice in upcoming_choices(state, counter, limit, now_ms))


def upcoming_choices(
    state: HallState, counter: CounterId, limit: int, now_ms: int
) -> tuple[Choice, ...]:
    """List the next choices of a counter, in order, if nothing else happened."""
    services = state.services_of(counter)
    ends = [
        _End(state.lines, lane, state.plan.rank_of(lane.priority))
        for lane in state.lines.lanes_at(counter, services)
    ]
    if not ends:
        return ()
    policy = state.plan.policy_of(counter)
    order = desk_order(state.plan, counter, services)
    turn = state.desks[counter].turn
    found: list[Choice] = []
    taken: set[TicketId] = set()
    while len(found) < limit:
        lines = [line for end in ends if (line := end.line_without(taken)) is not None]
        choice = choose(policy, order, turn, lines, now_ms)
        if choice is None:
            break
        found.append(choice)
        taken.add(choice.ticket)
        turn = choice.turn
    return tuple(found)


def desk_order(plan: HallPlan, counter: CounterId, services: tuple[ServiceId, ...]) -> DeskOrder:
    """Return what a counter's own rules add to its policy, while it serves these services."""
    rules = plan.counter(counter).rules

    def weight(service: ServiceId) -> int:
        return rules.weights.get(service, 1)

    def target_s(service: ServiceId) -> int:
        return plan.service(service).rules.target_s

    return DeskOrder(services, target_s, rules.green_channel, weight)


def line_of(lane: Lane, head: Waiting, longest: Waiting, rank: int) -> Line:
    """Show a line to the policy. `rank` is that of its class."""
    return Line(
        service=lane.service,
        head=head,
        longest=longest,
        rank=rank,
        is_ordinary=lane.priority is None,
        is_addressed=lane.counter is not None,
    )


class _End:
    """What is left of one line when some of it have been called in thought."""

    def __init__(self, lines: WaitingLines, lane: Lane, rank: int) -> None:
        self._lines = lines
        self._lane = lane
        self._rank = rank
        self._head = 0
        self._longest = 0
        self._line = self._shown(frozenset())

    def line_without(self, taken: AbstractSet[TicketId]) -> Line | None:
        """Show the line without those who are taken, more and more; None when nobody is left."""
        line = self._line
        if line is not None and (line.head.ticket in taken or line.longest.ticket in taken):
            self._line = line = self._shown(taken)
        return line

    def _shown(self, taken: AbstractSet[TicketId]) -> Line | None:
        lane = self._lane
        head = self._lines.nth(lane, self._head)
        while head is not None and head.ticket in taken:
            self._head += 1
            head = self._lines.nth(lane, self._head)
        longest = self._lines.nth_longest(lane, self._longest)
        while longest is not None and longest.ticket in taken:
            self._longest += 1
            longest = self._lines.nth_longest(lane, self._longest)
        if head is None or longest is None:
            return None
        return line_of(lane, head, longest, self._rank)

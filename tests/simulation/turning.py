"""What the auditor makes of tickets that go on, come back or are set aside: places and waits."""

from collections.abc import Iterable

from hallserver.domain import events as ev
from hallserver.domain.plan import HallPlan
from hallserver.domain.rules import ReinstatePlace, TransferPlace
from tests.simulation.lines import Line, Place
from tests.simulation.world import demand


def hold_place(
    line: Line,
    place: Place,
    rule: str,
    mates: Iterable[Line],
    plan: HallPlan,
    seq: int,
) -> None:
    """Hold the place that a ticket is given against the rule that it is given by.

    `mates` are those who stand in the line that it joins.
    """
    ahead = [each for each in mates if each.place < place]
    match rule:
        case TransferPlace.KEPT:
            is_fair = place == line.kept
        case ReinstatePlace.AFTER:
            behind = [each for each in mates if each.place > place]
            wanted = plan.rules.reinstate_after
            is_fair = len(ahead) == min(wanted, len(ahead) + len(behind))
        case TransferPlace.HEAD:
            is_fair = not ahead and place <= line.kept
        case _:
            is_fair = place == (seq,)
    demand(is_fair, "a place is by its rule", (line.number, rule, place, len(ahead)))


def send_on(line: Line, event: ev.Event, now_ms: int) -> None:
    """A counter has sent a ticket on, back, or to the next step of its item."""
    assert isinstance(event, ev.TicketTransferred | ev.TicketReturned | ev.StepCompleted)
    waited_ms = line.called_ms - line.since_ms if event.rule is TransferPlace.KEPT else 0
    line.since_ms = now_ms - waited_ms
    line.service, line.place, line.due_ms = event.service, event.place, None
    line.for_counter, line.counter = None, None
    match event:
        case ev.TicketTransferred():
            line.for_counter = event.for_counter
            line.returns_to, line.returns_as = event.returns_to, event.returns_as
        case ev.TicketReturned():
            demand(event.service == line.returns_as, "it returns for what it came for", event)
            demand(event.for_counter in (None, line.returns_to), "it returns to its sender", event)
            line.for_counter = event.for_counter
            line.returns_to = line.returns_as = None
        case ev.StepCompleted():
            demand(event.step == line.step + 1, "steps are done in their order", event)
            line.step = event.step


def release(line: Line, event: ev.TicketReleased, undo_s: int, now_ms: int) -> None:
    """A called ticket goes back to where it stood."""
    if event.reason is ev.ReleaseReason.UNDONE:
        since_ms = now_ms - line.called_ms
        demand(since_ms <= undo_s * 1_000, "a call is undone soon or not at all", since_ms)
        line.freed += 1

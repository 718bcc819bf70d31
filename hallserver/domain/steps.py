"""Where a ticket is on the route of its item (一件事一次办). Pure."""

from hallserver.domain.plan import HallPlan
from hallserver.domain.rules import Step, StepKind
from hallserver.domain.ticket import Ticket
from hallserver.protocol.items import ItemStep
from hallserver.protocol.states import TicketState


def next_step(plan: HallPlan, ticket: Ticket) -> Step | None:
    """Return the step after the one that a ticket is at; None when that is its last."""
    item = None if ticket.item is None else plan.find_item(ticket.item)
    if item is None or ticket.step + 1 >= len(item.steps):
        return None
    return item.steps[ticket.step + 1]


def step_of(plan: HallPlan, ticket: Ticket) -> ItemStep | None:
    """Say at which step of how many a ticket is; None for one that has no route."""
    item = None if ticket.item is None else plan.find_item(ticket.item)
    if item is None:
        return None
    at = min(ticket.step, len(item.steps) - 1)
    # A back office calls silently; whoever is called aloud is wanted, whatever the step is.
    is_called = ticket.state is TicketState.CALLED
    return ItemStep(
        item=item.id,
        step=at + 1,
        steps=len(item.steps),
        is_attendance_needed=is_called or item.steps[at].kind is not StepKind.BACK,
    )

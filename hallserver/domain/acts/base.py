"""What every act works with, and what it returns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain import token as tokens
from hallserver.domain.instant import Now
from hallserver.domain.plan import HallPlan
from hallserver.domain.rules import Permission
from hallserver.domain.state import Desk, HallState
from hallserver.domain.ticket import Move, Ticket, may
from hallserver.protocol import routes
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.ids import ClerkId, ClientId, CounterId, ServiceId, TicketId, TicketToken
from hallserver.protocol.replies import Done, Reply, TicketAtCounter, reject


@dataclass(frozen=True, slots=True)
class Decision:
    """What the hall answers and what thereby happens. Refusals carry no events."""

    reply: Reply
    events: tuple[ev.Event, ...] = ()


def refuse(code: RejectionCode, text: Text | None = None) -> Decision:
    """Refuse by a rule; nothing happens. `text` says it more exactly than the code's sentence."""
    return Decision(reject(code, text))


OK = Decision(Done())


@dataclass(frozen=True, slots=True)
class Room:
    """The hall, as the acts see it. `key` signs tokens."""

    plan: HallPlan
    key: bytes
    verify_password: Callable[[str, str], bool]
    state: HallState

    def at(self, client: ClientId) -> tuple[CounterId, Desk]:
        """Return the counter that a terminal or pad stands at, which `Hall.handle` has checked."""
        counter = routes.counter_of(client)
        if counter is None:
            raise TypeError(f"{client} stands at no counter")
        return counter, self.state.desks[counter]

    def staffed(self, client: ClientId) -> tuple[CounterId, Desk, ClerkId] | Decision:
        """Return the counter of a terminal and its clerk, or the refusal when nobody signed in."""
        counter, desk = self.at(client)
        if desk.clerk is None:
            return refuse(RejectionCode.NOT_SIGNED_IN)
        return counter, desk, desk.clerk

    def ready(self, client: ClientId) -> tuple[CounterId, Desk, ClerkId] | Decision:
        """Return the counter of a terminal if its clerk may call somebody now, or the refusal."""
        staffed = self.staffed(client)
        if isinstance(staffed, Decision):
            return staffed
        if staffed[1].pause is not None:
            return refuse(RejectionCode.COUNTER_PAUSED)
        return staffed if staffed[1].active is None else refuse(RejectionCode.COUNTER_BUSY)

    def staff(self, client: ClientId, permission: Permission | None = None) -> ClerkId | Decision:
        """Return who is signed in at a terminal, tablet or console, or why it may not be.

        With a `permission` it has to be somebody who has it.
        """
        counter = routes.counter_of(client)
        account = (
            self.state.staff.get(client) if counter is None else self.state.desks[counter].clerk
        )
        if account is None:
            return refuse(RejectionCode.NOT_SIGNED_IN)
        clerk = self.plan.find_clerk(account)
        if permission is not None and (clerk is None or permission not in clerk.permissions):
            return refuse(RejectionCode.NO_PERMISSION)
        return account

    def find_by_token(self, token: TicketToken) -> Ticket | RejectionCode:
        """Return the ticket of a genuine token of the open day or the night after it, or why there
        is none."""
        ticket_id = tokens.verify(token, self.key)
        if ticket_id is None:
            return RejectionCode.FORGED_TICKET
        if tokens.day_of(ticket_id) not in (self.state.day, self.state.night.day):
            return RejectionCode.OTHER_DAY_TICKET
        return self.state.find(ticket_id) or RejectionCode.UNKNOWN_TICKET

    def at_this_counter(
        self, client: ClientId, ticket_id: TicketId, move: Move
    ) -> tuple[CounterId, Ticket] | Decision:
        """Find the ticket that a counter's command means, if the move is to be had there."""
        staffed = self.staffed(client)
        if isinstance(staffed, Decision):
            return staffed
        ticket = self.state.tickets.get(ticket_id)
        if ticket is None:
            return refuse(RejectionCode.UNKNOWN_TICKET)
        if ticket.counter != staffed[0]:
            return refuse(RejectionCode.NOT_AT_THIS_COUNTER)
        if not may(ticket.state, move):
            return refuse(RejectionCode.WRONG_STATE)
        return staffed[0], ticket


Act = Callable[[Room, ClientId, Any, Now], Decision]
"""One act. The command's type is the one that it is listed under."""


def answer(
    ticket: Ticket, move: Move, recalls: int | None = None, service: ServiceId | None = None
) -> TicketAtCounter:
    """Answer with the ticket as it is after the move; `service` is given when it is another."""
    return TicketAtCounter(
        ticket=ticket.id,
        number=ticket.number,
        service=ticket.service if service is None else service,
        state=ticket.moved(move).state,
        recalls=ticket.recalls if recalls is None else recalls,
    )


def make_call(room: Room, called: ev.TicketCalled) -> Decision:
    """Call a ticket. A silent call is for nobody who has to come: the work on it begins at once."""
    ticket = room.state.tickets[called.ticket]
    if not called.is_silent:
        return Decision(answer(ticket, Move.CALLED, recalls=0), (called,))
    arrived = ev.TicketArrived(called.ticket, called.counter)
    reply = answer(ticket.moved(Move.CALLED), Move.ARRIVED, recalls=0)
    return Decision(reply, (called, arrived))

"""Tickets for the next business day: taken after hours, shown and cancelled like others, called by
nobody before their day."""

from collections.abc import Iterable
from typing import Any

from hallserver.domain.invariant import invariant
from hallserver.domain.numbering import Numbering
from hallserver.domain.quota import Quotas
from hallserver.domain.ticket import HOLDS_PLACE, Move, Ticket
from hallserver.domain.waiting import WaitingLines
from hallserver.protocol.ids import BusinessDay, PersonKey, ServiceId, TicketId
from hallserver.protocol.states import TicketState


class NightTickets:
    """All tickets of the next business day, voided ones too: their numbers are given."""

    def __init__(self, day: BusinessDay, services: Iterable[ServiceId], quotas: Quotas) -> None:
        self.numbering = Numbering(day)
        self.tickets: dict[TicketId, Ticket] = {}
        self._lines = WaitingLines(services)
        self._quotas = quotas
        self._held: dict[tuple[PersonKey, ServiceId], list[TicketId]] = {}

    @property
    def day(self) -> BusinessDay:
        """The business day that they are for."""
        return self.numbering.day

    def held_tickets(self, person: PersonKey, service: ServiceId) -> tuple[Ticket, ...]:
        """Return the tickets of a person for a service that are not given back."""
        mine = (self.tickets[ticket] for ticket in self._held.get((person, service), ()))
        return tuple(ticket for ticket in mine if ticket.state in HOLDS_PLACE)

    def waiting(self, service: ServiceId) -> int:
        """Count who will wait for a service."""
        return self._lines.length(service)

    def people_ahead(self, ticket: Ticket) -> int:
        """Count who will be called before it, as things stand."""
        return self._lines.ahead_of(ticket.lane, ticket.waiting)

    def add(self, ticket: Ticket) -> None:
        """Take a new ticket in."""
        invariant(ticket.id not in self.tickets, f"{ticket.id} is given once")
        self.tickets[ticket.id] = ticket
        self._quotas.note(ticket.quota, None, ticket.state)
        if ticket.person is not None:
            self._held.setdefault((ticket.person, ticket.service), []).append(ticket.id)

    def move(self, ticket: TicketId, move: Move, **changes: Any) -> Ticket:
        """Move a ticket by the table."""
        before = self.tickets[ticket]
        after = before.moved(move, **changes)
        if before.state is TicketState.WAITING:
            self._lines.leave(before.lane, before.waiting)
        if after.state is TicketState.WAITING:
            self._lines.join(after.lane, after.waiting)
        self._quotas.note(after.quota, before.state, after.state)
        self.tickets[after.id] = after
        return after

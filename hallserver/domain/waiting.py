"""Who waits for what, in order, and who comes next. Choosing costs no scan of the waiting."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from heapq import merge
from itertools import islice

from hallserver.protocol.ids import ServiceId, TicketId

Place = tuple[int, TicketId]
"""Sorts by the journal's sequence number of the reservation."""


class WaitingLines:
    """One line a service, each sorted by place."""

    def __init__(self, services: Iterable[ServiceId]) -> None:
        self._lines: dict[ServiceId, list[Place]] = {service: [] for service in services}

    def join(self, service: ServiceId, place: int, ticket: TicketId) -> None:
        """Put a ticket at its place."""
        insort(self._lines[service], (place, ticket))

    def leave(self, service: ServiceId, place: int, ticket: TicketId) -> None:
        """Take a ticket out. Raises KeyError when it does not wait there."""
        line = self._lines[service]
        index = bisect_left(line, (place, ticket))
        if index == len(line) or line[index] != (place, ticket):
            raise KeyError(ticket)
        del line[index]

    def length(self, service: ServiceId) -> int:
        """Count who waits for a service."""
        return len(self._lines[service])

    def ahead_of(self, service: ServiceId, place: int) -> int:
        """Count who waits for the service with an earlier place."""
        return bisect_left(self._lines[service], (place, TicketId("")))

    def first_come(self, services: Iterable[ServiceId]) -> TicketId | None:
        """Choose who came first among all who wait for any of these services."""
        heads = [line[0] for line in map(self._lines.__getitem__, services) if line]
        return min(heads)[1] if heads else None

    def upcoming(self, services: Iterable[ServiceId], limit: int) -> tuple[TicketId, ...]:
        """List the first `limit` tickets in the order in which `first_come` would choose them."""
        lines = (self._lines[service][:limit] for service in services)
        return tuple(ticket for _, ticket in islice(merge(*lines), limit))

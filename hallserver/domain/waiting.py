"""Who waits for what, in order. Choosing looks at the first of each line only (`policy`)."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from hallserver.domain.place import Place, at_end, between
from hallserver.protocol.ids import CounterId, PriorityId, ServiceId, TicketId


class Lane(NamedTuple):
    """One line: who waits for a service with the same claim.

    `counter` is set for those whom only that counter may call: transferred to it. Those with an
    appointment have a line of their own.
    """

    service: ServiceId
    priority: PriorityId | None = None
    counter: CounterId | None = None
    is_booked: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """One ticket in line. `since_ms` is when it joined, on the hall's own clock; `due_ms` the
    beginning of its appointment, on the same clock."""

    place: Place
    ticket: TicketId
    since_ms: int = 0
    due_ms: int | None = None


class WaitingLines:
    """All lines, each sorted by place. Empty lines are not kept."""

    def __init__(self, services: Iterable[ServiceId]) -> None:
        self._lines: dict[Lane, list[Waiting]] = {}
        self._lanes: dict[ServiceId, list[Lane]] = {service: [] for service in services}

    def join(self, lane: Lane, waiting: Waiting) -> None:
        """Put a ticket at its place."""
        line = self._lines.get(lane)
        if line is None:
            line = self._lines[lane] = []
            insort(self._lanes[lane.service], lane, key=_lane_key)
        insort(line, waiting)

    def leave(self, lane: Lane, place: Place, ticket: TicketId) -> None:
        """Take a ticket out. Raises KeyError when it does not wait there."""
        line = self._lines.get(lane, [])
        index = bisect_left(line, (place, ticket), key=_line_key)
        if index == len(line) or line[index].ticket != ticket:
            raise KeyError(ticket)
        del line[index]
        if not line:
            del self._lines[lane]
            self._lanes[lane.service].remove(lane)

    def length(self, service: ServiceId) -> int:
        """Count who waits for a service."""
        return sum(len(self._lines[lane]) for lane in self._lanes[service])

    def length_at(self, counter: CounterId, services: Iterable[ServiceId]) -> int:
        """Count who may be called by a counter with these services."""
        return sum(len(self._lines[lane]) for lane in self.lanes_at(counter, services))

    def ahead_of(self, service: ServiceId, place: Place) -> int:
        """Count who waits for the service with an earlier place."""
        return sum(
            bisect_left(self._lines[lane], (place, TicketId("")), key=_line_key)
            for lane in self._lanes[service]
        )

    def lanes_at(self, counter: CounterId, services: Iterable[ServiceId]) -> Iterator[Lane]:
        """Give the lines in which somebody waits whom this counter may call."""
        for service in services:
            for lane in self._lanes[service]:
                if lane.counter is None or lane.counter == counter:
                    yield lane

    def line(self, lane: Lane) -> tuple[Waiting, ...]:
        """Return who waits in a line, in order."""
        return tuple(self._lines.get(lane, ()))

    def nth(self, lane: Lane, index: int) -> Waiting | None:
        """Return who stands at `index` of a line, 0 for its head; None when it is shorter."""
        line = self._lines.get(lane, [])
        return line[index] if index < len(line) else None

    def place_after(self, lane: Lane, others: int, seq: int) -> Place:
        """Make a place behind the first `others` of a line: 0 for its head.

        `seq` is the journal's number of the event, for the end of the line.
        """
        behind = self.nth(lane, others)
        if behind is None:
            return at_end(seq)
        before = self.nth(lane, others - 1) if others else None
        return between(None if before is None else before.place, behind.place)


def _line_key(waiting: Waiting) -> tuple[Place, TicketId]:
    return (waiting.place, waiting.ticket)


def _lane_key(lane: Lane) -> tuple[str, str, int, bool]:
    return (lane.service, lane.priority or "", lane.counter or 0, lane.is_booked)

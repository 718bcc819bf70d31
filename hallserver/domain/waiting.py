"""Who waits for what, in order. Choosing looks at two of each line: its head, and who has waited
longest in it (`policy`)."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from hallserver.domain.place import Place, at_end, between
from hallserver.protocol.ids import CounterId, PriorityId, ServiceId, TicketId


class Lane(NamedTuple):
    """One line: who waits for a service with the same claim.

    `counter` is set for those whom only that counter may call: transferred to it. Those with an
    appointment have a line of their own, in the order of their slots; who was sent to a counter has
    had its appointment and stands there by its place.
    """

    service: ServiceId
    priority: PriorityId | None = None
    counter: CounterId | None = None
    is_booked: bool = False


class Waiting(msgspec.Struct, frozen=True):
    """One ticket in line. `since_ms` is when it joined, on the hall's own clock; `due_ms` the
    beginning of its appointment, on the same clock, in a line of appointments only."""

    place: Place
    ticket: TicketId
    since_ms: int = 0
    due_ms: int | None = None

    @property
    def counts_from_ms(self) -> int:
        """Since when it waits. Who came before the appointment waits from its beginning on."""
        return self.since_ms if self.due_ms is None else max(self.since_ms, self.due_ms)


_Entry = tuple[int, Place, TicketId, Waiting]
"""Sorts without looking at the last part: no ticket waits twice."""


@dataclass(slots=True)
class _Line:
    """The same people twice: in their order, and by how long they have waited."""

    order: list[_Entry] = field(default_factory=list)
    longest: list[_Entry] = field(default_factory=list)


class WaitingLines:
    """All lines, each in the order of its places, those of appointments in the order of slots.

    Empty lines are not kept. Nothing here looks at everybody in a line.
    """

    def __init__(self, services: Iterable[ServiceId]) -> None:
        self._lines: dict[Lane, _Line] = {}
        self._lanes: dict[ServiceId, dict[CounterId | None, list[Lane]]] = {
            service: {} for service in services
        }
        self._addressed: dict[CounterId, dict[ServiceId, None]] = {}

    def join(self, lane: Lane, waiting: Waiting) -> None:
        """Put a ticket at its place."""
        line = self._lines.get(lane)
        if line is None:
            line = self._lines[lane] = _Line()
            insort(self._lanes[lane.service].setdefault(lane.counter, []), lane, key=_lane_key)
            if lane.counter is not None:
                self._addressed.setdefault(lane.counter, {})[lane.service] = None
        insort(line.order, _by_order(waiting))
        insort(line.longest, _by_patience(waiting))

    def leave(self, lane: Lane, waiting: Waiting) -> None:
        """Take a ticket out, exactly as it joined. Raises KeyError when it does not wait there."""
        line = self._lines.get(lane) or _Line()
        _take_out(line.order, _by_order(waiting))
        _take_out(line.longest, _by_patience(waiting))
        if not line.order:
            del self._lines[lane]
            lanes = self._lanes[lane.service]
            lanes[lane.counter].remove(lane)
            if not lanes[lane.counter]:
                del lanes[lane.counter]
                if lane.counter is not None:
                    del self._addressed[lane.counter][lane.service]

    def length(self, service: ServiceId) -> int:
        """Count who waits for a service."""
        return sum(len(self._lines[lane].order) for lane in self._lanes_of(service))

    def length_at(self, counter: CounterId, services: Iterable[ServiceId]) -> int:
        """Count who may be called by a counter with these services."""
        return sum(len(self._lines[lane].order) for lane in self.lanes_at(counter, services))

    def ahead_of(self, lane: Lane, waiting: Waiting) -> int:
        """Count who waits for the same service ahead of somebody, classes left aside.

        Those are the earlier places, and everybody with an appointment; ahead of an appointment
        are the earlier appointments.
        """
        ahead = 0
        for other in self._lanes_of(lane.service):
            order = self._lines[other].order
            if other.is_booked is lane.is_booked:
                ahead += bisect_left(order, _by_order(waiting)[:3])
            elif other.is_booked:
                ahead += len(order)
        return ahead

    def _lanes_of(self, service: ServiceId) -> Iterator[Lane]:
        for lanes in self._lanes[service].values():
            yield from lanes

    def lanes_at(self, counter: CounterId, services: Iterable[ServiceId]) -> Iterator[Lane]:
        """Give the lines in which somebody waits whom this counter may call.

        Who was sent to the counter is among them, also when the service has been moved elsewhere.
        """
        for service in services:
            yield from self._lanes[service].get(None, ())
        for service in self._addressed.get(counter, ()):
            yield from self._lanes[service][counter]

    def line(self, lane: Lane) -> tuple[Waiting, ...]:
        """Return who waits in a line, in order."""
        line = self._lines.get(lane)
        return () if line is None else tuple(entry[3] for entry in line.order)

    def nth(self, lane: Lane, index: int) -> Waiting | None:
        """Return who stands at `index` of a line, 0 for its head; None when it is shorter."""
        line = self._lines.get(lane)
        return line.order[index][3] if line and index < len(line.order) else None

    def length_of(self, lane: Lane) -> int:
        """Count who waits in one line."""
        line = self._lines.get(lane)
        return 0 if line is None else len(line.order)

    def nth_longest(self, lane: Lane, index: int) -> Waiting | None:
        """Return who has waited longest in a line (0), second longest (1) …; None past its end."""
        line = self._lines.get(lane)
        return line.longest[index][3] if line and index < len(line.longest) else None

    def place_after(self, lane: Lane, others: int, seq: int) -> Place:
        """Make a place behind the first `others` of a line: 0 for its head.

        `seq` is the journal's number of the event: it makes the place the only one of its kind.
        In a line of appointments the slots decide, and the place is the last.
        """
        if lane.is_booked:
            return at_end(seq)
        behind = self.nth(lane, others)
        before = self.nth(lane, others - 1) if others else None
        if behind is None:
            return at_end(seq)
        return between(None if before is None else before.place, behind.place, seq)


def _take_out(entries: list[_Entry], entry: _Entry) -> None:
    index = bisect_left(entries, entry[:3])
    if index == len(entries) or entries[index][:3] != entry[:3]:
        raise KeyError(entry[2])
    del entries[index]


def _by_order(waiting: Waiting) -> _Entry:
    return (waiting.due_ms or 0, waiting.place, waiting.ticket, waiting)


def _by_patience(waiting: Waiting) -> _Entry:
    return (waiting.counts_from_ms, waiting.place, waiting.ticket, waiting)


def _lane_key(lane: Lane) -> tuple[str, bool]:
    return (lane.priority or "", lane.is_booked)

"""A ticket as the auditor knows it, and where it may go: the auditor's own table of moves."""

from dataclasses import dataclass, field

from hallserver.domain import events as ev
from hallserver.domain.calendar import HalfDay
from hallserver.protocol.ids import (
    ClientId,
    CommandId,
    CounterId,
    ItemId,
    PersonKey,
    PriorityId,
    ServiceId,
    TicketId,
    TicketNumber,
)

MAY_COME_FROM: dict[type, tuple[str, ...]] = {
    ev.TicketPrinted: ("reserved",),
    ev.TicketVoided: ("reserved",),
    ev.TicketCancelled: ("waiting",),
    ev.TicketCalled: ("waiting",),
    ev.TicketRecalled: ("called",),
    ev.TicketArrived: ("called",),
    ev.TicketCompleted: ("serving",),
    ev.TicketMissed: ("called",),
    ev.TicketReleased: ("called",),
    ev.TicketReinstated: ("no_show",),
    ev.TicketTransferred: ("serving",),
    ev.TicketReturned: ("serving",),
    ev.StepCompleted: ("serving",),
    ev.TicketParked: ("serving",),
    ev.TicketResumed: ("parked",),
    ev.TicketExpired: ("reserved", "waiting", "called", "serving", "parked", "no_show"),
}
GOES_TO: dict[type, str] = {
    ev.TicketPrinted: "waiting",
    ev.TicketVoided: "voided",
    ev.TicketCancelled: "cancelled",
    ev.TicketCalled: "called",
    ev.TicketRecalled: "called",
    ev.TicketArrived: "serving",
    ev.TicketCompleted: "completed",
    ev.TicketMissed: "no_show",
    ev.TicketReleased: "waiting",
    ev.TicketReinstated: "waiting",
    ev.TicketTransferred: "waiting",
    ev.TicketReturned: "waiting",
    ev.StepCompleted: "waiting",
    ev.TicketParked: "parked",
    ev.TicketResumed: "serving",
    ev.TicketExpired: "expired",
}
ENDED = frozenset({"completed", "voided", "cancelled", "expired"})
GIVEN_BACK = frozenset({"voided", "cancelled"})
SENT_ON = (ev.TicketTransferred, ev.TicketReturned, ev.StepCompleted)

Place = tuple[int, ...]


@dataclass(slots=True)
class Line:
    """One ticket as the journal tells it. Times are on the hall's own clock."""

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    place: Place
    client: ClientId
    command: CommandId | None
    since_ms: int = 0
    state: str = "reserved"
    counter: CounterId | None = None
    recalls: int = 0
    ratings: int = 0
    person: PersonKey | None = None
    is_proxy: bool = False
    voided_as: ev.VoidCause | None = None
    came_ms: dict[str, int] = field(default_factory=dict)
    """When it came into each state last."""

    called_ms: int = 0
    kept: Place = ()
    """The place that it was given first."""
    due_ms: int | None = None
    """When its appointment begins, while it waits by that."""
    priority: PriorityId | None = None
    for_counter: CounterId | None = None
    returns_to: CounterId | None = None
    returns_as: ServiceId | None = None
    item: ItemId | None = None
    step: int = 0
    reinstated: int = 0
    freed: int = 0
    """How often it was put into a line again, other than by a clerk who left."""
    reminds_ms: int | None = None
    quota: tuple[str, ServiceId, HalfDay] | None = None

    @property
    def day(self) -> str:
        """The business day that it is for."""
        return self.ticket.partition("-")[0]

    @property
    def is_booked(self) -> bool:
        """Whether it waits by its appointment."""
        return self.due_ms is not None and self.for_counter is None

    @property
    def waits_from_ms(self) -> int:
        """Since when it waits; who came before the appointment waits from that on."""
        if self.is_booked and self.due_ms is not None:
            return max(self.since_ms, self.due_ms)
        return self.since_ms

    @property
    def order(self) -> tuple[int, Place]:
        """How it stands among those with the same claim."""
        return (self.due_ms or 0 if self.is_booked else 0, self.place)

    @property
    def claim(self) -> tuple[object, ...]:
        """What those who stand in one line have in common."""
        return (self.service, self.priority, self.for_counter, self.is_booked)

    def is_behind(self, other: "Line") -> bool:
        """Whether another one of its service is told to be ahead of it."""
        if self.is_booked or other.is_booked:
            return other.is_booked and (not self.is_booked or other.order < self.order)
        return other.place < self.place

"""The auditor of the journal: reads every committed line and holds it against its own model.

It shares no code with the hall: its own table of moves, its own lines, its own count of what is
open. So a fault in the hall's model and one in this would have to be the same to stay unseen.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hallserver.domain import events as ev
from hallserver.domain.plan import HallPlan
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CommandId,
    CounterId,
    PersonKey,
    ServiceId,
    TicketId,
    TicketNumber,
    ZoneId,
)
from hallserver.protocol.replies import Rejected, Reply, Reservation, TicketStatus
from hallserver.writer import Answered
from tests.simulation.world import BrokenError, World, demand

MAY_COME_FROM: dict[type, tuple[str, ...]] = {
    ev.TicketPrinted: ("reserved",),
    ev.TicketVoided: ("reserved",),
    ev.TicketCalled: ("waiting",),
    ev.TicketRecalled: ("called",),
    ev.TicketArrived: ("called",),
    ev.TicketCompleted: ("serving",),
    ev.TicketMissed: ("called",),
    ev.TicketReleased: ("called",),
    ev.TicketExpired: ("reserved", "waiting", "called", "serving", "no_show"),
}
GOES_TO: dict[type, str] = {
    ev.TicketPrinted: "waiting",
    ev.TicketVoided: "voided",
    ev.TicketCalled: "called",
    ev.TicketRecalled: "called",
    ev.TicketArrived: "serving",
    ev.TicketCompleted: "completed",
    ev.TicketMissed: "no_show",
    ev.TicketReleased: "waiting",
    ev.TicketExpired: "expired",
}
ENDED = frozenset({"completed", "voided", "expired"})
NOT_KEPT = frozenset(
    {
        RejectionCode.MALFORMED,
        RejectionCode.CLIENT_TOO_OLD,
        RejectionCode.CLIENT_TOO_NEW,
        RejectionCode.NOT_PERMITTED,
    }
)
"""Refusals before the hall is asked: the journal need not hold them."""
CLOCK_SLACK_S = 0.01


@dataclass(slots=True)
class Line:
    """One ticket as the journal tells it. Times are simulated seconds."""

    ticket: TicketId
    number: TicketNumber
    service: ServiceId
    place: int
    client: ClientId
    command: CommandId | None
    state: str = "reserved"
    counter: CounterId | None = None
    recalls: int = 0
    ratings: int = 0
    person: PersonKey | None = None
    voided_as: ev.VoidCause | None = None
    came_ms: dict[str, int] = field(default_factory=dict)
    """When it came into each state last, on the hall's own clock."""


OnTicket = Callable[[Line, ev.Event], None]


def _nothing(_line: Line, _event: ev.Event) -> None:
    """Nobody asks."""


class Ledger:
    """The business day that is open, and what is to be remembered of those before."""

    def __init__(self, world: World, plan: HallPlan) -> None:
        self._world = world
        self._plan = plan
        self._services = {counter.id: counter.services for counter in plan.counters}
        self._zone_of: dict[CounterId, ZoneId] = {c.id: c.zone for c in plan.counters}
        self.seq = 0
        self.day: str | None = None
        self._epoch = 0
        self._elapsed_ms = 0
        self._epoch_began: tuple[int, float] = (0, 0.0)
        self.tickets: dict[TicketId, Line] = {}
        self.all_tickets: dict[TicketId, Line] = {}
        self.numbers: set[tuple[str, TicketNumber]] = set()
        self.waiting: dict[ServiceId, list[tuple[int, TicketId]]] = {}
        self.active: dict[CounterId, TicketId] = {}
        self.clerk_at: dict[CounterId, ClerkId] = {}
        self.called_s: dict[int, float] = {}
        """When the call or recall with this sequence number was committed."""
        self._zones_of_calls: dict[int, ZoneId] = {}
        self.said: set[int] = set()
        """The calls whose announcement was ended by an event of its own."""
        self.board: dict[ZoneId, list[tuple[int, TicketId]]] = {}
        self._open_of: dict[tuple[PersonKey, ServiceId], set[TicketId]] = {}
        self.counts: Counter[str] = Counter()
        self.longest_line = 0
        self.on_ticket: OnTicket = _nothing
        """Asked after each event that moves a ticket: what people hold in their hands."""

    # Commits.

    def on_commit(self, events: Sequence[ev.Recorded], answers: Sequence[Answered]) -> None:
        """Read one transaction: each answer after the events that its command caused."""
        waiting = list(events)
        for answered in answers:
            while waiting and waiting[0].seq <= answered.seq:
                self._read(waiting.pop(0))
            self._hold_against(answered)
        for recorded in waiting:
            self._read(recorded)

    def _read(self, recorded: ev.Recorded) -> None:
        demand(recorded.seq == self.seq + 1, "the journal's lines are counted one by one", recorded)
        self.seq = recorded.seq
        self._read_clock(recorded)
        event = recorded.event
        kind = type(event)
        self.counts[kind.__name__] += 1
        match event:
            case ev.DayOpened(day):
                self._open(day)
            case ev.DayClosed(day):
                self._close(day)
            case ev.TicketReserved():
                self._reserve(recorded, event)
            case ev.ClerkSignedIn(counter, clerk):
                demand(counter not in self.clerk_at, "a counter has one clerk", event)
                demand(clerk not in self.clerk_at.values(), "a clerk is at one counter", event)
                self.clerk_at[counter] = clerk
            case ev.ClerkSignedOut(counter, clerk):
                demand(self.clerk_at.pop(counter, None) == clerk, "who leaves was there", event)
                demand(counter not in self.active, "nobody leaves a visitor alone", event)
            case ev.ServiceRated():
                self._rate(event)
            case ev.AnnouncementEnded(zone, call_seq):
                demand(call_seq in self.called_s, "what was said was called", event)
                demand(call_seq not in self.said, "a call is said once", event)
                demand(self._zones_of_calls[call_seq] == zone, "a zone says its own calls", event)
                self.said.add(call_seq)
            case ev.MorningReportDue():
                pass
            case _:
                self._move(recorded, event)
        if not isinstance(event, ev.TicketExpired):
            self._world.say("journal", f"{recorded.seq} {recorded.client} {_brief(event)}")

    def _read_clock(self, recorded: ev.Recorded) -> None:
        demand(recorded.epoch >= self._epoch, "epochs only rise", recorded)
        demand(recorded.elapsed_ms >= self._elapsed_ms, "no duration is negative", recorded)
        if recorded.epoch != self._epoch:
            self._epoch = recorded.epoch
            self._epoch_began = (recorded.elapsed_ms, self._world.now_s)
        began_ms, began_s = self._epoch_began
        by_hall_s = (recorded.elapsed_ms - began_ms) / 1_000
        off_s = abs(by_hall_s - (self._world.now_s - began_s))
        demand(off_s <= CLOCK_SLACK_S, "durations are true, whatever the wall clock shows", off_s)
        self._elapsed_ms = recorded.elapsed_ms

    # Days.

    def _open(self, day: str) -> None:
        demand(self.day is None, "one day is open at a time", day)
        self.day = day
        self.tickets = {}
        self.waiting = {service.id: [] for service in self._plan.services}
        self.active, self.clerk_at, self._open_of = {}, {}, {}
        self.board = {zone.id: [] for zone in self._plan.zones}

    def _close(self, day: str) -> None:
        demand(day == self.day, "the day that closes is the one that is open", day)
        still = [line.ticket for line in self.tickets.values() if line.state not in ENDED]
        demand(not still, "after the close nothing is open", still[:5])
        demand(not self.clerk_at, "after the close nobody is signed in", self.clerk_at)
        self.day = None

    # Tickets.

    def _reserve(self, recorded: ev.Recorded, event: ev.TicketReserved) -> None:
        demand(self.day is not None, "numbers are given on an open day", event)
        key = (str(self.day), event.number)
        demand(key not in self.numbers, "a number is given once per series and day", key)
        demand(event.ticket not in self.all_tickets, "a ticket id is given once", event)
        self.numbers.add(key)
        caused_by = (recorded.client, recorded.command)
        line = Line(event.ticket, event.number, event.service, recorded.seq, *caused_by)
        line.person = event.person
        line.came_ms["reserved"] = recorded.elapsed_ms
        self.tickets[event.ticket] = self.all_tickets[event.ticket] = line
        self.on_ticket(line, event)

    def _move(self, recorded: ev.Recorded, event: ev.Event) -> None:
        ticket: TicketId = event.ticket  # type: ignore[union-attr]
        line = self.tickets.get(ticket)
        if line is None:
            raise BrokenError("what moves is a ticket of the open day", f"{event}")
        allowed = MAY_COME_FROM[type(event)]
        demand(line.state in allowed, "every move is in the table", (line.state, event))
        self._leave(line)
        if isinstance(event, ev.TicketCalled):
            self._call(line, event)
        line.state = GOES_TO[type(event)]
        line.came_ms[line.state] = recorded.elapsed_ms
        match event:
            case ev.TicketCalled(counter=counter) | ev.TicketRecalled(counter=counter):
                line.recalls = line.recalls + 1 if isinstance(event, ev.TicketRecalled) else 0
                self._put_on_board(recorded, line, counter)
            case ev.TicketReleased(counter=counter):
                self._take_off_board(line, counter)
            case ev.TicketVoided(cause=cause):
                line.voided_as = cause
            case ev.TicketPrinted(is_by_showing=True):
                self.counts["counted because shown"] += 1
        if "counter" in event.__struct_fields__:
            counter = event.counter  # type: ignore[union-attr]
            demand(line.counter == counter, "a ticket is at one counter", (line, event))
        self._enter(line)
        self._count_of_person(line)
        self.on_ticket(line, event)

    def _leave(self, line: Line) -> None:
        if line.state == "waiting":
            self.waiting[line.service].remove((line.place, line.ticket))
        elif line.state in ("called", "serving") and line.counter is not None:
            demand(
                self.active.pop(line.counter, None) == line.ticket,
                "a counter has one active ticket",
                line,
            )

    def _enter(self, line: Line) -> None:
        if line.state == "waiting":
            insort(self.waiting[line.service], (line.place, line.ticket))
            self.longest_line = max(self.longest_line, len(self.waiting[line.service]))
            line.counter = None
        elif line.state in ("called", "serving") and line.counter is not None:
            demand(line.counter not in self.active, "a counter has one active ticket", line)
            self.active[line.counter] = line.ticket

    def _count_of_person(self, line: Line) -> None:
        if line.person is None:
            return
        held = self._open_of.setdefault((line.person, line.service), set())
        if line.state in ("waiting", "called", "serving"):
            held.add(line.ticket)
        else:
            held.discard(line.ticket)
        allowed = self._plan.rules.open_tickets_per_person_and_service
        demand(len(held) <= allowed, "one open ticket a person and service", sorted(held))

    def _call(self, line: Line, event: ev.TicketCalled) -> None:
        at = self.clerk_at.get(event.counter)
        demand(at == event.clerk, "who calls is signed in there", event)
        services = self._services[event.counter]
        demand(line.service in services, "a counter calls for its own services", event)
        heads = [self.waiting[service][0] for service in services if self.waiting[service]]
        before = min([*heads, (line.place, line.ticket)])
        demand(before[1] == line.ticket, "first come, first served", (before, event))
        line.counter = event.counter

    def _rate(self, event: ev.ServiceRated) -> None:
        line = self.tickets[event.ticket]
        demand(line.state == "completed", "what is rated was completed", event)
        line.ratings += 1
        demand(line.ratings == 1, "one rating a service at most", event)
        demand(line.counter == event.counter, "a rating is for who served", event)

    # Boards.

    def _put_on_board(self, recorded: ev.Recorded, line: Line, counter: CounterId) -> None:
        zone = self._zone_of[counter]
        rest = [entry for entry in self.board[zone] if entry[1] != line.ticket]
        self.board[zone] = [(recorded.seq, line.ticket), *rest][:16]
        self.called_s[recorded.seq] = self._world.now_s
        self._zones_of_calls[recorded.seq] = zone

    def _take_off_board(self, line: Line, counter: CounterId) -> None:
        zone = self._zone_of[counter]
        self.board[zone] = [entry for entry in self.board[zone] if entry[1] != line.ticket]

    # Answers.

    def _hold_against(self, answered: Answered) -> None:
        demand(answered.day == self.day, "an answer belongs to the open day", answered)
        match answered.reply:
            case Reservation() as given:
                line = self.tickets[given.ticket]
                same = (line.number, line.service) == (given.number, given.service)
                demand(same, "a reservation says what is in the journal", answered)
                ahead = len(self.waiting[given.service])
                demand(given.people_ahead == ahead, "people ahead are counted", answered)
            case TicketStatus() as status:
                self._hold_status(status)

    def _hold_status(self, status: TicketStatus) -> None:
        line = self.tickets[status.ticket]
        demand(status.state.value == line.state, "a shown ticket is shown as it is", status)
        if line.state == "waiting":
            ahead = bisect_left(self.waiting[line.service], (line.place, line.ticket))
            demand(status.people_ahead == ahead, "people ahead are counted", status)
        is_rated = line.ratings > 0
        demand(status.is_rated == is_rated, "a shown ticket says whether it is rated", status)

    def state_of(self, ticket: TicketId) -> str:
        """Return a ticket's state, of whatever day."""
        line = self.all_tickets.get(ticket)
        return "unknown" if line is None else line.state


def is_kept(reply: Reply) -> bool:
    """Whether the journal has to hold an answer before anybody sees it."""
    return not (isinstance(reply, Rejected) and reply.code in NOT_KEPT)


def _brief(event: ev.Event) -> str:
    names = (name for name in event.__struct_fields__ if name != "person")
    values = [getattr(event, name) for name in names]
    return f"{type(event).__name__} {' '.join(str(value) for value in values if value)}"

"""The auditor of the journal: holds every line, as it is committed, against its own model.

It shares no code with the hall: its own table of moves, its own lines, its own count of what is
open. So a fault in the hall's model and one in this would have to be the same to stay unseen.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from hallserver.domain import events as ev
from hallserver.domain.plan import HallPlan
from hallserver.domain.rules import Permission
from hallserver.protocol import commands as c
from hallserver.protocol.ids import (
    ClientId,
    CommandId,
    CounterId,
    PersonKey,
    ServiceId,
    TicketId,
    TicketNumber,
    ZoneId,
)
from hallserver.protocol.replies import Rejected, Reservation, TicketStatus
from hallserver.protocol.routes import SERVER_CLIENT
from hallserver.writer import Answered
from tests.simulation.answers import hold_quota, hold_reservation, hold_status
from tests.simulation.diary import Diary
from tests.simulation.lines import ENDED, GIVEN_BACK, GOES_TO, MAY_COME_FROM, SENT_ON, Line
from tests.simulation.oracle import who_is_next
from tests.simulation.shift import Staffing
from tests.simulation.turning import hold_place, release, send_on
from tests.simulation.voicebook import VoiceBook
from tests.simulation.world import BrokenError, World, demand

__all__ = ["ENDED", "Ledger", "Line"]

CLOCK_SLACK_S = 0.01

OnTicket = Callable[[Line, ev.Event], None]


def _nothing(_line: Line, _event: ev.Event) -> None:
    """Nobody asks."""


def _unknown(_client: ClientId, _command: CommandId) -> c.Command | None:
    """Nobody has asked."""
    return None


class Ledger:
    """The business day that is open, and what is to be remembered of those before."""

    def __init__(self, world: World, plan: HallPlan) -> None:
        self._world = world
        self._plan = plan
        self._zone_of: dict[CounterId, ZoneId] = {c.id: c.zone for c in plan.counters}
        self._voiced = {zone for screen in plan.callscreens for zone in screen.zones}
        self.seq = 0
        self.day: str | None = None
        self._epoch = 0
        self._elapsed_ms = 0
        self._epoch_began: tuple[int, float] = (0, 0.0)
        self.tickets: dict[TicketId, Line] = {}
        self.all_tickets: dict[TicketId, Line] = {}
        self.night: dict[TicketId, Line] = {}
        """Tickets of a business day that has not begun."""
        self._to_carry: dict[TicketId, Line] = {}
        self.numbers: set[tuple[str, TicketNumber]] = set()
        self.waiting: dict[ServiceId, dict[TicketId, Line]] = {}
        self.active: dict[CounterId, TicketId] = {}
        self.parked: dict[CounterId, list[TicketId]] = {}
        self.desk = Staffing(plan)
        self.diary = Diary(plan)
        self.voices = VoiceBook(self._voiced)
        self.called_s: dict[int, float] = {}
        """When the call or recall with this sequence number was committed."""
        self.board: dict[ZoneId, list[tuple[int, TicketId]]] = {}
        self._open_of: dict[tuple[PersonKey, ServiceId, bool], set[TicketId]] = {}
        self._held_as: dict[TicketId, tuple[PersonKey, ServiceId, bool]] = {}
        self._given: Counter[tuple[str, ServiceId, str]] = Counter()
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.longest_line = 0
        self.on_ticket: OnTicket = _nothing
        """Asked after each event that moves a ticket: what people hold in their hands."""
        self.command_of: Callable[[ClientId, CommandId], c.Command | None] = _unknown

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
        self.counts[type(event).__name__] += 1
        if not isinstance(event, ev.TicketExpired):
            self._world.say("journal", f"{recorded.seq} {recorded.client} {_brief(event)}")
        is_of_opening = isinstance(
            event,
            ev.TicketCarriedOver | ev.AppointmentCarriedOver | ev.AppointmentNumbersCarriedOver,
        )
        if not is_of_opening and not isinstance(event, ev.DayOpened):
            demand(not self._to_carry, "night tickets are carried over once", self._to_carry)
            self.diary.is_carried()
        if recorded.client != SERVER_CLIENT:
            self.voices.hold_ages(recorded.elapsed_ms)
        if isinstance(event, ev.ClerkSignedOut):
            alone = [line.number for line in self.everybody if line.for_counter == event.counter]
            demand(not alone, "nobody waits for nobody", alone)
        if self.desk.read(recorded, self.active) or self.diary.read(recorded, self.all_tickets):
            return
        match event:
            case ev.DayOpened(day):
                self._open(day)
            case ev.DayClosed(day):
                self._close(day)
            case ev.TicketReserved():
                self._reserve(recorded, event)
            case ev.TicketCarriedOver():
                self._carry_over(event)
            case ev.ServiceRated():
                self._rate(event)
            case ev.AnnouncementEnded():
                self.voices.ended(event)
            case ev.PriorityGranted() | ev.TicketReaddressed() | ev.ParkedDue():
                self._change(recorded, event)
            case ev.MorningReportDue():
                pass
            case _:
                self._move(recorded, event)

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
        lost = [
            line.ticket
            for line in self.night.values()
            if line.day != day and line.state not in ENDED
        ]
        demand(not lost, "night tickets are carried over once", lost)
        self._to_carry, self.night = self.night if not lost else {}, {}
        self._to_carry = {t: line for t, line in self._to_carry.items() if line.day == day}
        self.tickets = {}
        self.waiting = {service.id: {} for service in self._plan.services}
        self.active, self._open_of, self._held_as = {}, {}, {}
        self.parked = {counter.id: [] for counter in self._plan.counters}
        self.desk.open_day()
        self.diary.open(day)
        self.voices = VoiceBook(self._voiced)
        self.board = {zone.id: [] for zone in self._plan.zones}

    def _close(self, day: str) -> None:
        demand(day == self.day, "the day that closes is the one that is open", day)
        still = [line.ticket for line in self.tickets.values() if line.state not in ENDED]
        demand(not still, "after the close nothing is open", still[:5])
        self.desk.close_day()
        self.day = None

    def _carry_over(self, event: ev.TicketCarriedOver) -> None:
        line = self._to_carry.pop(event.ticket, None)
        demand(line is not None, "night tickets are carried over once", event)
        assert line is not None
        told = (event.number, event.service, event.state.value, event.place, event.since_ms)
        known = (line.number, line.service, line.state, line.place, line.since_ms)
        demand(told == known, "a night ticket is carried over as it is", (told, known))
        self.tickets[event.ticket] = line
        self._enter(line)
        self._count_of_person(line)

    # Tickets.

    def _reserve(self, recorded: ev.Recorded, event: ev.TicketReserved) -> None:
        demand(self.day is not None, "numbers are given on an open day", event)
        is_closed = self.desk.notice and recorded.client.startswith("kiosk")
        demand(not is_closed, "closed kiosks give no numbers", event)
        caused_by = (recorded.client, recorded.command)
        line = Line(event.ticket, event.number, event.service, (recorded.seq,), *caused_by)
        key = (line.day, event.number)
        demand(key not in self.numbers, "a number is given once per series and day", key)
        demand(event.ticket not in self.all_tickets, "a ticket id is given once", event)
        self.numbers.add(key)
        line.person, line.is_proxy, line.kept = event.person, event.is_proxy, line.place
        line.priority, line.item = event.priority, event.item
        later_ms = 0 if event.valid_from_ms is None else event.valid_from_ms - recorded.wall_ms
        line.since_ms = recorded.elapsed_ms + max(0, later_ms)
        line.came_ms["reserved"] = recorded.elapsed_ms
        if event.half is not None:
            line.quota = (line.day, event.service, event.half)
            self._given[line.quota] += 1
            hold_quota(self._plan, self._given, line.day, event.service)
        demand(str(self.day) <= line.day, "a number is for today or later", event)
        (self.tickets if line.day == self.day else self.night)[event.ticket] = line
        self.all_tickets[event.ticket] = line
        self.on_ticket(line, event)

    def _move(self, recorded: ev.Recorded, event: ev.Event) -> None:
        ticket: TicketId = event.ticket  # type: ignore[union-attr]
        line = self.tickets.get(ticket) or self.night.get(ticket)
        if line is None:
            raise BrokenError("what moves is a ticket of the open day", f"{event}")
        allowed = MAY_COME_FROM[type(event)]
        demand(line.state in allowed, "every move is in the table", (line.state, event))
        if isinstance(event, ev.TicketCalled):
            self._call(recorded, line, event)
        counter = getattr(event, "counter", None)
        if not isinstance(event, ev.TicketResumed | ev.TicketCalled) and counter is not None:
            demand(line.counter == counter, "a ticket is at one counter", (line, event))
        was = line.state
        self._leave(line)
        line.state = GOES_TO[type(event)]
        line.came_ms[line.state] = recorded.elapsed_ms
        if was == "called" != line.state and line.counter is not None:
            self.voices.over(self._zone_of[line.counter], ticket)
        self._turn(recorded, line, event)
        self._enter(line)
        self._count_of_person(line)
        if line.quota is not None and line.state in GIVEN_BACK:
            self._given[line.quota] -= 1
        self.on_ticket(line, event)

    def _turn(self, recorded: ev.Recorded, line: Line, event: ev.Event) -> None:
        """Note what else an event says of its ticket."""
        now_ms = recorded.elapsed_ms
        match event:
            case ev.TicketCalled(counter=counter, is_silent=is_silent):
                line.recalls = 0
                if not is_silent:
                    self._put_on_board(recorded, line, counter)
            case ev.TicketRecalled(counter=counter):
                line.recalls += 1
                self._put_on_board(recorded, line, counter)
            case ev.TicketReleased(counter=counter, turn=turn):
                self._take_off_board(line, counter)
                release(line, event, self._plan.rules.undo_s, now_ms)
                if event.reason is ev.ReleaseReason.UNDONE:
                    known = self.desk.turn_before[counter]
                    demand(turn == known, "an undone call uses no turn up", (turn, known))
                if turn is not None:
                    self.desk.turn[counter] = turn
            case ev.TicketReinstated():
                line.for_counter = event.for_counter
                line.since_ms, line.due_ms = now_ms, None
                self._hold_place(recorded, line, event.place, event.rule)
                line.place = event.place
                line.reinstated += 1
                line.freed += 1
                most = self._plan.rules.reinstate_limit
                demand(line.reinstated <= most, "a missed call is forgiven so often", line)
                if line.counter is not None:
                    self._take_off_board(line, line.counter)
                line.counter = None
            case ev.TicketTransferred(counter=counter) | ev.TicketReturned(counter=counter):
                self._send_on(recorded, line, event, counter)
            case ev.StepCompleted(counter=counter):
                self._send_on(recorded, line, event, counter)
            case ev.TicketParked(counter=counter, due_ms=due_ms):
                line.reminds_ms = due_ms
                self.parked[counter].append(line.ticket)
                most = self._plan.rules.park_limit
                demand(len(self.parked[counter]) <= most, "so many are parked at most", counter)
            case ev.TicketResumed():
                self._resume(line, event)
            case ev.TicketVoided(cause=cause):
                line.voided_as = cause
            case ev.TicketPrinted(is_by_showing=True):
                self.counts["counted because shown"] += 1

    def _send_on(
        self, recorded: ev.Recorded, line: Line, event: ev.Event, counter: CounterId
    ) -> None:
        assert isinstance(event, SENT_ON)
        self._take_off_board(line, counter)
        send_on(line, event, recorded.elapsed_ms)
        self._hold_place(recorded, line, event.place, event.rule)
        line.place = event.place
        line.freed += 1
        meant = line.for_counter
        nobody = meant is not None and meant not in self.desk.clerk_at
        demand(not nobody, "nobody is sent where nobody is", event)

    def _resume(self, line: Line, event: ev.TicketResumed) -> None:
        own = line.counter
        assert own is not None
        demand(self.desk.clerk_at.get(event.counter) == event.clerk, "who resumes is there", event)
        demand(event.counter not in self.desk.paused, "who pauses calls nobody", event)
        if own != event.counter:
            is_left = own not in self.desk.clerk_at
            serves = line.service in self.desk.services[event.counter]
            demand(is_left and serves, "who is parked belongs to the counter", event)
            self._take_off_board(line, own)
            line.counter = event.counter

    def _hold_place(
        self, recorded: ev.Recorded, line: Line, place: tuple[int, ...], rule: str
    ) -> None:
        mates = [
            each
            for each in self.waiting[line.service].values()
            if each.claim == line.claim and each is not line
        ]
        hold_place(line, place, rule, mates, self._plan, recorded.seq)

    def _change(self, recorded: ev.Recorded, event: ev.Event) -> None:
        """Something is said of a ticket that stays where it is."""
        match event:
            case ev.PriorityGranted(ticket, priority, clerk):
                line = self.tickets[ticket]
                fair = line.state in ("reserved", "waiting")
                demand(fair, "a class is for who is yet to be called", event)
                may = self.desk.may(clerk, Permission.GRANT_PRIORITY)
                demand(may, "a class is given by who may", event)
                line.priority = priority
            case ev.TicketReaddressed(ticket, counter):
                line = self.tickets[ticket]
                demand(line.for_counter == counter, "who is freed was sent there", event)
                line.for_counter = None
            case ev.ParkedDue(ticket, counter):
                line = self.tickets[ticket]
                parked = line.state == "parked" and ticket in self.parked[counter]
                is_due = line.reminds_ms is not None and line.reminds_ms <= recorded.elapsed_ms
                demand(parked and is_due, "a reminder comes once, and in time", event)
                line.reminds_ms = None

    def _leave(self, line: Line) -> None:
        if line.ticket in self.night:
            return
        if line.state == "waiting":
            del self.waiting[line.service][line.ticket]
        elif line.state in ("called", "serving") and line.counter is not None:
            demand(
                self.active.pop(line.counter, None) == line.ticket,
                "a counter has one active ticket",
                line,
            )
        elif line.state == "parked" and line.counter is not None:
            self.parked[line.counter].remove(line.ticket)

    def _enter(self, line: Line) -> None:
        if line.ticket in self.night:
            return
        if line.state == "waiting":
            self.waiting[line.service][line.ticket] = line
            self.longest_line = max(self.longest_line, len(self.waiting[line.service]))
            line.counter = None
        elif line.state in ("called", "serving") and line.counter is not None:
            demand(line.counter not in self.active, "a counter has one active ticket", line)
            self.active[line.counter] = line.ticket

    def _count_of_person(self, line: Line) -> None:
        if line.person is None:
            return
        rules = self._plan.rules
        key = (line.person, line.service, line.is_proxy)
        before = self._held_as.pop(line.ticket, key)
        self._open_of.get(before, set()).discard(line.ticket)
        held = self._open_of.setdefault(key, set())
        if line.state in ("waiting", "called", "serving", "parked") and not line.freed:
            held.add(line.ticket)
            self._held_as[line.ticket] = key
        allowed = rules.open_tickets_per_person_and_service
        if line.is_proxy:
            allowed = rules.proxy_tickets_per_person_and_service
        demand(len(held) <= allowed, "one open ticket a person and service", sorted(held))

    def _call(self, recorded: ev.Recorded, line: Line, event: ev.TicketCalled) -> None:
        counter, desk = event.counter, self.desk
        demand(desk.clerk_at.get(counter) == event.clerk, "who calls is signed in there", event)
        demand(counter not in desk.paused, "who pauses calls nobody", event)
        demand(bool(event.reason), "each call has its reason", event)
        self.reasons[event.reason.value] += 1
        turn = desk.turn[counter]
        if event.wish is not None:
            may = desk.may(event.clerk, Permission.CALL_NUMBER)
            demand(may, "out of turn calls who may", event)
            told, known = (event.reason.value, event.turn), ("by_clerk", turn)
            demand(told == known, "out of turn uses no turn up", event)
        else:
            everybody = (one for lane in self.waiting.values() for one in lane.values())
            services, now_ms = desk.services[counter], recorded.elapsed_ms
            due = who_is_next(self._plan, counter, services, turn, everybody, now_ms)
            assert due is not None
            demand(due.ticket == event.ticket, "first come, first served", (due, event))
            demand(due.reason == event.reason.value, "each call has its reason", (due, event))
            demand(due.turn == event.turn, "classes are called in their turn", (due, event))
        silent = self._plan.counter(counter).rules.is_back_office
        demand(event.is_silent == silent, "a back office calls silently", event)
        desk.turn_before[counter], desk.turn[counter] = turn, event.turn
        line.counter, line.called_ms = counter, recorded.elapsed_ms

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
        self.voices.called(recorded.seq, zone, line.ticket, recorded.elapsed_ms)

    def _take_off_board(self, line: Line, counter: CounterId) -> None:
        zone = self._zone_of[counter]
        self.board[zone] = [entry for entry in self.board[zone] if entry[1] != line.ticket]

    # Answers.

    def _hold_against(self, answered: Answered) -> None:
        demand(answered.day == self.day, "an answer belongs to the open day", answered)
        match answered.reply:
            case Reservation() as given:
                hold_reservation(given, self.all_tickets[given.ticket], self._mates_of)
            case TicketStatus() as status:
                hold_status(status, self.all_tickets[status.ticket], self._mates_of)
            case Rejected() as refused:
                command = self.command_of(answered.client, answered.command)
                if isinstance(command, c.CheckIn):
                    self.diary.hold(command, refused, int(self._world.wall_s() * 1_000))

    def _mates_of(self, line: Line) -> list[Line]:
        """Give who waits for the same service, today or in the night."""
        if line.ticket not in self.night:
            return list(self.waiting[line.service].values())
        same = (each for each in self.night.values() if each.service == line.service)
        return [each for each in same if each.state == "waiting"]

    def state_of(self, ticket: TicketId) -> str:
        """Return a ticket's state, of whatever day."""
        line = self.all_tickets.get(ticket)
        return "unknown" if line is None else line.state

    def freed(self, ticket: TicketId) -> int:
        """Count how often somebody put a ticket into a line again."""
        line = self.all_tickets.get(ticket)
        return 0 if line is None else line.freed

    @property
    def everybody(self) -> list[Line]:
        """Everybody who waits today."""
        return [line for lane in self.waiting.values() for line in lane.values()]


def _brief(event: ev.Event) -> str:
    names = (name for name in event.__struct_fields__ if name not in ("person", "policy"))
    values = [getattr(event, name) for name in names]
    return f"{type(event).__name__} {' '.join(str(value) for value in values if value)}"

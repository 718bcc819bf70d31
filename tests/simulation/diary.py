"""The auditor's own book of appointments: slots, who has one, what became of it."""

from dataclasses import dataclass

from hallserver.domain import events as ev
from hallserver.domain.plan import HallPlan
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import AppointmentId, PersonKey, ServiceId, TicketId
from hallserver.protocol.replies import Rejected
from tests.simulation.lines import Line
from tests.simulation.world import demand

MAY_STAND_IN_THE_WAY = frozenset(
    {
        RejectionCode.KIOSKS_CLOSED,
        RejectionCode.NOT_SIGNED_IN,
        RejectionCode.NUMBERS_USED_UP,
        RejectionCode.ALREADY_WAITING,
        RejectionCode.CLOSED_NOW,
    }
)
"""Why somebody with an appointment whose time has come may be told to wait a little."""


@dataclass(slots=True)
class Entry:
    """One appointment."""

    id: AppointmentId
    service: ServiceId
    day: str
    slot: str
    person: PersonKey
    from_ms: int
    opens_ms: int
    closes_ms: int
    state: str = "booked"
    ticket: TicketId | None = None
    has_stood: bool = False


Told = ev.AppointmentBooked | ev.AppointmentCarriedOver


class Diary:
    """Fed by the ledger with every event of appointments."""

    def __init__(self, plan: HallPlan) -> None:
        self._plan = plan
        self.entries: dict[AppointmentId, Entry] = {}
        self._to_carry: dict[AppointmentId, Entry] = {}
        self._numbers: set[tuple[str, int]] = set()
        self.day = ""

    # Days.

    def open(self, day: str) -> None:
        """A business day begins: what is still to come has to be stated again, once."""
        known = self.entries.values()
        self._to_carry = {
            each.id: each for each in known if each.day >= day and each.state == "booked"
        }
        self.entries = {}
        self.day = day

    def is_carried(self) -> None:
        """The day has begun: nothing may be missing."""
        demand(not self._to_carry, "appointments are carried over", sorted(self._to_carry))

    # Events.

    def read(self, recorded: ev.Recorded, lines: dict[TicketId, Line]) -> bool:
        """Read an event, if it is about an appointment; say whether it was."""
        event = recorded.event
        match event:
            case ev.AppointmentBooked():
                key = (event.day, event.number)
                demand(key not in self._numbers, "an appointment's number is given once", event)
                self._numbers.add(key)
                self._add(event)
            case ev.AppointmentCarriedOver(appointment=appointment):
                carried = self._to_carry.pop(appointment, None)
                demand(carried is not None, "an appointment is carried over once", event)
                self._add(event)
                self.entries[appointment].has_stood = False
            case ev.AppointmentNumbersCarriedOver():
                pass
            case ev.AppointmentCancelled(appointment=appointment):
                entry = self.entries[appointment]
                demand(entry.state == "booked", "what is cancelled was booked", entry.state)
                entry.state = "cancelled"
            case ev.AppointmentMissed(appointment=appointment):
                entry = self.entries[appointment]
                is_over = recorded.wall_ms >= entry.closes_ms
                demand(entry.state == "booked" and is_over, "only who was late is missed", entry)
                entry.state = "missed"
            case ev.AppointmentReopened(appointment=appointment, ticket=ticket):
                entry = self.entries[appointment]
                demand(entry.ticket == ticket, "an appointment is opened for its ticket", event)
                demand(lines[ticket].state == "voided", "only an unprinted number opens it", event)
                entry.state, entry.ticket = "booked", None
            case ev.AppointmentCheckedIn():
                self._check_in(recorded, event, lines)
            case _:
                return False
        return True

    def _add(self, event: Told) -> None:
        entry = Entry(
            event.appointment,
            event.service,
            event.day,
            event.slot,
            event.person,
            event.from_ms,
            event.opens_ms,
            event.closes_ms,
        )
        demand(entry.id not in self.entries, "an appointment is booked once", entry.id)
        self.entries[entry.id] = entry
        kept = [each for each in self.entries.values() if each.state != "cancelled"]
        mates = [each for each in kept if each.service == entry.service]
        rules = self._plan.service(entry.service).rules.appointments
        capacity = 0 if rules is None else rules.capacity
        taken = sum(each.from_ms == entry.from_ms for each in mates)
        demand(taken <= capacity, "a slot has no more people than room", (entry.slot, taken))
        mine = sum((each.person, each.day) == (entry.person, entry.day) for each in mates)
        demand(mine == 1, "a person books a service once a day", entry.id)

    def _check_in(
        self, recorded: ev.Recorded, event: ev.AppointmentCheckedIn, lines: dict[TicketId, Line]
    ) -> None:
        entry, line = self.entries[event.appointment], lines[event.ticket]
        demand(entry.state in ("booked", "missed"), "one live ticket an appointment", entry)
        demand(entry.day == self.day, "who checks in has an appointment today", entry)
        demand(line.person == entry.person, "who checks in is who booked", entry.id)
        demand(line.service == entry.service, "who checks in gets what was booked", entry.id)
        if not entry.has_stood:
            in_time = entry.opens_ms <= recorded.wall_ms < entry.closes_ms
            due_ms = recorded.elapsed_ms + entry.from_ms - recorded.wall_ms
            demand(recorded.wall_ms >= entry.opens_ms, "nobody checks in too early", entry.id)
            fair = event.due_ms == (due_ms if in_time else None)
            demand(fair, "who is in time is called by the slot", (entry.id, event.due_ms, due_ms))
        entry.has_stood = True
        entry.state, entry.ticket = "checked_in", event.ticket
        line.place, line.due_ms = event.place, event.due_ms
        line.kept = event.place

    # Answers.

    def hold(self, command: c.CheckIn, reply: Rejected, wall_ms: int) -> None:
        """Nobody with an appointment today whose time has come is sent away, however late."""
        mine = [
            each
            for each in self.entries.values()
            if each.day == self.day
            and each.state in ("booked", "missed")
            and wall_ms >= each.opens_ms
            and (command.token is None or f".{each.id}." in command.token)
            and (command.person in (None, each.person))
            and (command.service in (None, each.service))
        ]
        is_fair = not mine or reply.code in MAY_STAND_IN_THE_WAY
        demand(is_fair, "who has an appointment gets a number", (reply.code, mine))

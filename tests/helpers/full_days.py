"""A hall that has everything, and a crowd that asks for all of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from hallserver.domain.calendar import day_after
from hallserver.domain.plan import CallScreen, HallPlan, Service, StaffTablet
from hallserver.domain.rules import (
    AppointmentRules,
    CounterRules,
    Item,
    Period,
    Permission,
    PriorityClass,
    Schedule,
    ServiceRules,
    Step,
    StepKind,
    TidalRule,
)
from hallserver.domain.slots import slots_on
from hallserver.protocol import commands as c
from hallserver.protocol.ids import (
    AppointmentId,
    BusinessDay,
    ClerkId,
    ClientId,
    CounterId,
    ItemId,
    PersonKey,
    PriorityId,
    ProposalId,
    ServiceId,
    TicketId,
    TicketNumber,
    TicketToken,
    ZoneId,
)
from hallserver.protocol.replies import Booked, Reply
from hallserver.protocol.states import PauseReason, TicketState
from tests.helpers.halls import PASSWORD, small_plan, text
from tests.helpers.servers import Crowd, Hosted

COUNTERS = ((1, ("a", "b")), (2, ("b", "c")), (3, ("a", "b", "c")), (9, ("r",)))
BACK_OFFICE = 9
BOOKED, NIGHTLY = ServiceId("a"), ServiceId("b")
ITEM, VETERAN = ItemId("opening"), PriorityId("veteran")
HOURS = Schedule("office", ((Period(480, 1_050),),) * 7, keeps_holidays=False)
STEPS = (
    Step(ServiceId("a"), StepKind.FRONT),
    Step(ServiceId("r"), StepKind.BACK),
    Step(ServiceId("c"), StepKind.WINDOW),
)
HOUR_MS = 3_600_000


def full_plan() -> HallPlan:
    """Three counters and a back office, an item, appointments, night numbers, a tidal rule."""
    plan = small_plan(COUNTERS, clerks=6)
    may_all = frozenset(Permission)
    place = text("大厅")

    def ruled(service: Service) -> Service:
        if service.id == BOOKED:
            return replace(service, rules=ServiceRules(appointments=AppointmentRules(days_ahead=1)))
        if service.id == NIGHTLY:
            rules = ServiceRules(schedule=HOURS.id, has_night_tickets=True)
            return replace(service, rules=rules)
        return service

    return replace(
        plan,
        rules=replace(plan.rules, reinstate_limit=2, undo_s=30),
        services=tuple(ruled(service) for service in plan.services),
        counters=tuple(
            replace(each, rules=CounterRules(is_back_office=each.id == BACK_OFFICE))
            for each in plan.counters
        ),
        clerks=tuple(replace(clerk, permissions=may_all) for clerk in plan.clerks),
        callscreens=(CallScreen(ClientId("callscreen-01"), (ZoneId("hall"),), 1, place),),
        guides=(StaffTablet(ClientId("guide-01"), place),),
        consoles=(StaffTablet(ClientId("console-01"), place),),
        gateways=(StaffTablet(ClientId("gateway-01"), place),),
        priorities=(PriorityClass(VETERAN, text("军人")),),
        schedules=(HOURS,),
        items=(Item(ITEM, text("开店"), STEPS),),
        tidal=(TidalRule("rush", (ServiceId("c"),), CounterId(1), waiting_over=1),),
    )


@dataclass
class FullCrowd(Crowd):
    """Draws anything that anybody may send; much of it is refused."""

    bookings: list[AppointmentId] = field(default_factory=list)

    def note(self, reply: Reply) -> None:
        super().note(reply)
        if isinstance(reply, Booked):
            self.bookings.append(reply.appointment)

    def _draw(self) -> tuple[str, c.Command]:
        draws = (
            (8, self._come),
            (8, self._work),
            (5, self._at_counter),
            (3, self._of_staff),
            (2, self._of_bookings),
            (4, super()._draw),
        )
        [draw] = self.chance.choices([each for _, each in draws], [weight for weight, _ in draws])
        return draw()

    def _come(self) -> tuple[str, c.Command]:
        """Take a number, or hold its paper."""
        tickets = self.hosted.hall.state.tickets.values()
        reserved = [ticket for ticket in tickets if ticket.state is TicketState.RESERVED]
        if reserved and self.chance.random() < 0.8:
            ticket = self.chance.choice(reserved)
            return ticket.kiosk, c.ConfirmPrinted(ticket.id)
        if self.chance.random() < 0.3:
            return "kiosk-01", c.ReserveTicket(ServiceId("a"), item=ITEM)
        return "kiosk-02", c.ReserveTicket(ServiceId(self.chance.choice("abcc")))

    def _number(self, state: TicketState) -> TicketNumber:
        """Somebody in that state, if there is one."""
        tickets = self.hosted.hall.state.tickets.values()
        found = [ticket.number for ticket in tickets if ticket.state is state]
        return self.chance.choice(found) if found else TicketNumber("X001")

    def _work(self) -> tuple[str, c.Command]:
        """What a clerk would do next."""
        counter, state = self.chance.choice(self.hosted.plan.counters).id, self.hosted.hall.state
        desk, terminal = state.desks[counter], f"counter-{counter}"
        if desk.clerk is None:
            free = [n for n in range(1, 7) if f"clerk-{n}" not in state.desk_of_clerk]
            clerk = ClerkId(f"clerk-{self.chance.choice(free or [1])}")
            return terminal, c.SignIn(clerk, PASSWORD)
        if desk.pause is not None:
            return terminal, c.ResumeCounter()
        if desk.active is None:
            parked = desk.parked and self.chance.random() < 0.7
            return terminal, c.Resume(desk.parked[0]) if parked else c.CallNext()
        is_called = state.tickets[desk.active].state is TicketState.CALLED
        return terminal, c.Arrive(desk.active) if is_called else c.Complete(desk.active)

    def _at_counter(self) -> tuple[str, c.Command]:
        chance, state = self.chance, self.hosted.hall.state
        counter = chance.choice(self.hosted.plan.counters).id
        terminal = f"counter-{counter}"
        parked = list(state.desks[counter].parked)
        known = [*parked, *state.tickets, TicketId("20261123-A999")]
        active = state.desks[counter].active or known[0]
        service = ServiceId(chance.choice("abcr"))
        other = chance.choice([None, *(each.id for each in self.hosted.plan.counters)])
        choices: list[c.Command] = [
            c.Complete(active, (service, NIGHTLY)),
            c.UndoCall(active),
            c.Transfer(active, service, other, chance.random() < 0.6),
            c.Transfer(active, None, other, chance.random() < 0.6),
            c.Transfer(active, None, other, chance.random() < 0.6),
            c.Transfer(active, service, None, chance.random() < 0.6),
            c.Park(active, chance.choice([None, 1, 10])),
            c.Park(active, 5),
            c.Recall(active),
            c.MarkNoShow(active),
            c.Reinstate(self._number(TicketState.NO_SHOW)),
            c.Reinstate(self._number(TicketState.NO_SHOW)),
            c.PauseCounter(chance.choice(list(PauseReason))),
            c.ResumeCounter(),
            c.CallTicket(self._number(TicketState.WAITING), chance.choice(list(c.CallWish))),
            c.GrantPriority(self._number(TicketState.WAITING), VETERAN),
        ]
        return terminal, chance.choice(choices)

    def _of_staff(self) -> tuple[str, c.Command]:
        chance, state = self.chance, self.hosted.hall.state
        console, clerk = "console-01", ClerkId(f"clerk-{chance.randrange(1, 5)}")
        open_now = [proposal.id for proposal in state.tides.open()]
        proposal = open_now[0] if open_now else ProposalId("20261123-0001")
        counter = chance.choice(self.hosted.plan.counters).id
        services = tuple({ServiceId(chance.choice("abc")): None for _ in range(3)})
        zone = ZoneId("hall")
        seqs = [call.call_seq for call in state.boards.calls(zone)] or [1]
        token = chance.choice(list(self.tokens.values()) or [TicketToken("nonsense")])
        choices: list[tuple[str, c.Command]] = [
            ("guide-01", c.SignIn(clerk, PASSWORD)),
            (console, c.SignIn(clerk, PASSWORD)),
            (console, c.SignIn(clerk, PASSWORD)),
            ("guide-01", c.Reinstate(self._number(TicketState.NO_SHOW))),
            (console, c.AssignServices(counter, services)),
            (console, c.AssignServices(counter, ())),
            (console, c.ApproveProposal(proposal)),
            (console, c.ApproveProposal(proposal)),
            (console, c.DeclineProposal(proposal)),
            (console, c.CloseKiosks(c.Notice("停电", "A power cut"))),
            (console, c.OpenKiosks()),
            (console, c.OpenKiosks()),
            (
                "callscreen-01",
                c.AcknowledgeAnnouncement(
                    zone, (chance.choice(seqs),), chance.choice(list(c.VoiceOutcome))
                ),
            ),
            ("kiosk-01", c.CancelTicket(token)),
        ]
        return chance.choice(choices)

    def _of_bookings(self) -> tuple[str, c.Command]:
        chance, plan = self.chance, self.hosted.plan
        person = PersonKey(f"{chance.randrange(20):032x}")
        days = [_day(self.hosted, after) for after in (0, 1)]
        day = chance.choice(days)
        rules = plan.service(BOOKED).rules.appointments or AppointmentRules()
        now_ms = self.hosted.clock.wall_ms
        slots = [slot for slot in slots_on(plan, BOOKED, rules, day) if slot.from_ms > now_ms]
        soon = slots[: chance.choice([2, 2, 40])]
        booking = chance.choice(self.bookings or [AppointmentId("20261123-0001")])
        owned = [t for t in self.hosted.hall.state.tickets.values() if t.due_ms is not None]
        reserved = [t for t in owned if t.state is TicketState.RESERVED]
        choices: list[tuple[str, c.Command]] = [
            ("kiosk-01", c.CheckIn(person=person)),
            ("kiosk-01", c.CheckIn(person=person)),
            ("gateway-01", c.CancelAppointment(booking)),
        ]
        if soon:
            name = chance.choice(soon).name
            choices += [("gateway-01", c.BookAppointment(BOOKED, day, name, person))] * 3
        if reserved:
            void = c.VoidTicket(reserved[0].id, c.VoidReason.LEFT)
            choices += [(reserved[0].kiosk, void)] * 9
        return chance.choice(choices)


def _day(hosted: Hosted, after: int) -> BusinessDay:
    day = hosted.hall.day or BusinessDay("20261123")
    for _ in range(after):
        day = day_after(day)
    return day


def play_full_days(hosted: Hosted, seed: int, batches: int) -> FullCrowd:
    """Let the crowd send batches, with seconds, half hours, evenings and nights between them."""
    crowd = FullCrowd(hosted, Random(seed))
    pauses: Sequence[int] = (20_000,) * 19 + (1_800_000,)
    for _ in range(batches):
        hosted.clock.pass_ms(crowd.chance.randrange(crowd.chance.choice(pauses)))
        if crowd.chance.random() < 0.03:
            hosted.clock.pass_ms(crowd.chance.choice([10, 14, 24]) * HOUR_MS)
        batch = crowd.batch(crowd.chance.randrange(1, 10))
        hosted.writer.process(batch)
        keys = [
            (each.client, each.message.id)
            for each in batch
            if isinstance(each.message, c.CommandMessage)
        ]
        for reply in hosted.journal.find_replies(keys).values():
            crowd.note(reply)
    hosted.writer.process()  # a day that has just opened brings the report on the last one
    return crowd

"""A random day on which all happens that can happen to a number, played by name and not by id."""

from dataclasses import replace
from random import Random

from hallserver.domain import events as ev
from hallserver.domain.plan import Clerk, HallPlan, Service, StaffTablet
from hallserver.domain.rules import (
    AppointmentRules,
    CounterRules,
    Mix,
    Order,
    Permission,
    Policy,
    PriorityClass,
    ReinstatePlace,
    TransferPlace,
)
from hallserver.hall import Hall
from hallserver.protocol import commands as c
from hallserver.protocol.ids import (
    BusinessDay,
    ClerkId,
    ClientId,
    CounterId,
    PersonKey,
    PriorityId,
    ServiceId,
    TicketId,
    TicketToken,
)
from hallserver.protocol.replies import Reservation
from tests.helpers.halls import KEY, PASSWORD, Played, check_password, small_plan, text

CLASSES = (PriorityId("veteran"), PriorityId("elderly"))
SERVICES = ("a", "b", "c", "d")
COUNTERS = ((1, ("a", "b")), (2, ("b", "c", "a")), (3, ("d", "c")), (4, ("a", "b", "c")))
TERMINALS = tuple(f"counter-{number}" for number, _ in COUNTERS)
SLOTS = tuple(f"{hour:02}:{minute:02}" for hour in (8, 9, 10) for minute in (0, 30))
TODAY = BusinessDay("20261123")
ACTS = {
    "take": 10,
    "reserve": 1,
    "confirm": 1,
    "void": 1,
    "cancel": 1,
    "book": 4,
    "check_in": 4,
    "grant": 2,
    "next": 14,
    "number": 2,
    "arrive": 9,
    "complete": 8,
    "miss": 4,
    "reinstate": 6,
    "undo": 1,
    "transfer": 6,
    "park": 2,
    "resume": 2,
    "assign": 1,
}


def eventful_plan(chance: Random) -> HallPlan:
    """A hall whose rules are drawn too. Everybody may do everything."""
    plan = small_plan(COUNTERS, clerks=len(COUNTERS) + 1)
    policies = tuple(
        Policy(f"policy-{number}", order, mix, chance.randint(1, 2), 1, ageing_s)
        for number, (order, mix, ageing_s) in enumerate(
            (
                chance.choice(list(Order)),
                chance.choice(list(Mix)),
                chance.choice([None, 900, 1500, 2400]),
            )
            for _ in COUNTERS
        )
    )

    def booked(service: Service) -> Service:
        return replace(
            service,
            rules=replace(
                service.rules,
                target_s=chance.choice([600, 1200]),
                appointments=AppointmentRules(capacity=4, early_min=90, late_min=15),
            ),
        )

    def may_do_all(clerk: Clerk) -> Clerk:
        return replace(clerk, permissions=frozenset(Permission))

    greens = ((), (ServiceId("c"),), (), (ServiceId("b"), ServiceId("a")))
    return replace(
        plan,
        rules=replace(
            plan.rules,
            policy=policies[0].id,
            reinstate=chance.choice([ReinstatePlace.HEAD, ReinstatePlace.AFTER]),
            reinstate_after=chance.randint(1, 3),
            reinstate_limit=3,
            transfer_place=chance.choice(list(TransferPlace)),
            return_place=chance.choice(list(TransferPlace)),
        ),
        policies=policies,
        priorities=tuple(PriorityClass(each, text(each)) for each in CLASSES),
        services=tuple(map(booked, plan.services)),
        clerks=tuple(map(may_do_all, plan.clerks)),
        consoles=(StaffTablet(ClientId("console-01"), text("办公室")),),
        guides=(StaffTablet(ClientId("guide-01"), text("大厅")),),
        counters=tuple(
            replace(
                counter,
                rules=CounterRules(
                    policy=policy.id,
                    green_channel=green,
                    weights={ServiceId("a"): 3, ServiceId("c"): 2},
                ),
            )
            for counter, policy, green in zip(plan.counters, policies, greens, strict=True)
        ),
    )


class EventfulDay:
    """A hall, the chance that plays with it, and what was given to whom."""

    def __init__(self, seed: int, plan: HallPlan | None = None) -> None:
        self.chance = Random(seed)
        self.played = Played(plan or eventful_plan(self.chance))
        self.given: list[Reservation] = []
        for number, terminal in enumerate((*TERMINALS, "console-01"), 1):
            self.send(terminal, c.SignIn(clerk=ClerkId(f"clerk-{number}"), password=PASSWORD))

    def send(self, client: str, command: c.Command) -> None:
        """Do what can be done; refusals are part of a day."""
        reply = self.played.send(client, command)
        if isinstance(reply, Reservation):
            self.given.append(reply)

    def play(self, steps: int) -> None:
        """Let so many things happen, up to a minute apart."""
        for _ in range(steps):
            self.played.pass_time(self.chance.randrange(60) * 1000)
            self.played.tick()
            act = self.chance.choices(list(ACTS), list(ACTS.values()))[0]
            getattr(self, f"_{act}")()

    def some_service(self) -> ServiceId:
        """Draw a service."""
        return ServiceId(self.chance.choice(SERVICES))

    def _some(self) -> Reservation | None:
        return self.chance.choice(self.given[-30:]) if self.given else None

    def _at_counter(self) -> tuple[str, TicketId | None]:
        desks = self.played.hall.state.desks
        busy = [number for number, desk in desks.items() if desk.active is not None]
        number = self.chance.choice(busy or [CounterId(1)])
        return f"counter-{number}", desks[number].active

    def _free_terminal(self) -> str:
        desks = self.played.hall.state.desks
        free = [number for number, desk in desks.items() if desk.active is None]
        return f"counter-{self.chance.choice(free or [CounterId(1)])}"

    def _person(self) -> PersonKey:
        return PersonKey(f"{self.chance.randrange(25):032x}")

    def _reserve(self) -> None:
        priority = self.chance.choice([None, None, None, *CLASSES])
        person = self.chance.choice([None, self._person()])
        self.send("kiosk-01", c.ReserveTicket(service=self.some_service(), person=person))
        if priority is not None and self.given:
            grant = c.GrantPriority(number=self.given[-1].number, priority=priority)
            self.send("console-01", grant)

    def _take(self) -> None:
        before = len(self.given)
        self._reserve()
        for reservation in self.given[before:]:
            self.send("kiosk-01", c.ConfirmPrinted(ticket=reservation.ticket))

    def _confirm(self) -> None:
        if some := self._some():
            self.send("kiosk-01", c.ConfirmPrinted(ticket=some.ticket))

    def _void(self) -> None:
        if some := self._some():
            self.send("kiosk-01", c.VoidTicket(ticket=some.ticket, reason=c.VoidReason.LEFT))

    def _cancel(self) -> None:
        if some := self._some():
            self.send("kiosk-01", c.CancelTicket(token=TicketToken(some.token)))

    def _book(self) -> None:
        slot = self.chance.choice(SLOTS)
        command = c.BookAppointment(
            service=self.some_service(), day=TODAY, slot=slot, person=self._person()
        )
        self.send("gateway-01", command)

    def _check_in(self) -> None:
        before = len(self.given)
        self.send("kiosk-01", c.CheckIn(person=self._person()))
        for reservation in self.given[before:]:
            self.send("kiosk-01", c.ConfirmPrinted(ticket=reservation.ticket))

    def _grant(self) -> None:
        if some := self._some():
            priority = self.chance.choice([None, *CLASSES])
            self.send("console-01", c.GrantPriority(number=some.number, priority=priority))

    def _next(self) -> None:
        self.send(self._free_terminal(), c.CallNext())

    def _number(self) -> None:
        if some := self._some():
            wish = self.chance.choice(list(c.CallWish))
            command = c.CallTicket(number=some.number, reason=wish)
            self.send(self._free_terminal(), command)

    def _arrive(self) -> None:
        terminal, active = self._at_counter()
        if active:
            self.send(terminal, c.Arrive(ticket=active))

    def _complete(self) -> None:
        terminal, active = self._at_counter()
        if active:
            self.send(terminal, c.Complete(ticket=active))

    def _miss(self) -> None:
        terminal, active = self._at_counter()
        if active:
            self.send(terminal, c.MarkNoShow(ticket=active))

    def _reinstate(self) -> None:
        if some := self._some():
            self.send("counter-1", c.Reinstate(number=some.number))

    def _undo(self) -> None:
        self._next()
        terminal, active = self._at_counter()
        if active:
            self.send(terminal, c.UndoCall(ticket=active))

    def _transfer(self) -> None:
        terminal, active = self._at_counter()
        if active is None:
            return
        counter = self.chance.choice([None, CounterId(self.chance.randint(1, len(COUNTERS)))])
        command = c.Transfer(
            ticket=active,
            service=self.chance.choice([None, self.some_service()]),
            counter=counter,
            is_returning=self.chance.random() < 0.3,
        )
        self.send(terminal, command)

    def _park(self) -> None:
        terminal, active = self._at_counter()
        if active:
            self.send(terminal, c.Park(ticket=active))

    def _resume(self) -> None:
        number = self.chance.randint(1, len(COUNTERS))
        for ticket in list(self.played.hall.state.desks[CounterId(number)].parked)[:1]:
            self.send(f"counter-{number}", c.Resume(ticket=ticket))

    def _assign(self) -> None:
        services = tuple(ServiceId(name) for name in SERVICES if self.chance.random() < 0.6)
        counter = CounterId(self.chance.randint(1, len(COUNTERS)))
        self.send("console-01", c.AssignServices(counter=counter, services=services))


def shadow(plan: HallPlan) -> Hall:
    """A second hall, to be folded up to wherever a test wants to look."""
    return Hall(plan, KEY, check_password)


def calls(journal: list[ev.Recorded]) -> list[ev.Recorded]:
    """The calls of a journal."""
    return [recorded for recorded in journal if isinstance(recorded.event, ev.TicketCalled)]

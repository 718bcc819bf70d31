"""Whatever clerks and guides do with tickets: each is somewhere, and somebody may call it."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.domain.rules import Mix, Permission, Policy, ReinstatePlace, TransferPlace
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClerkId, CounterId, PersonKey, ServiceId, TicketId, TicketNumber
from hallserver.protocol.replies import Rejected, Reservation, TicketAtCounter
from hallserver.protocol.states import PauseReason, TicketState
from tests.helpers.desks import COUNTERS, GUIDE, OPENING, Desks, desks_plan
from tests.helpers.halls import DAY_MS, PASSWORD

SERVES = {number: set(services) for number, services in COUNTERS}
TERMINALS = tuple(f"counter-{number}" for number in SERVES)
NOBODYS = TicketNumber("X001")
ENDS = {TicketState.COMPLETED, TicketState.VOIDED, TicketState.CANCELLED, TicketState.EXPIRED}
ACTS = {
    "take": 6, "next": 12, "arrive": 10, "complete": 6, "transfer": 6, "park": 4, "resume": 4,
    "miss": 3, "reinstate": 4, "undo": 3, "recall": 1, "pause": 1, "go_on": 8, "sign_in": 4,
    "sign_out": 2, "call_number": 1, "tomorrow": 1,
}  # fmt: skip

seeds = st.integers(0, 2**32)


class World(Desks):
    """A hall in which anything is tried, and a record of it that is made of replies only."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        pick = self.chance.choice
        policy = Policy("mixed", mix=pick(list(Mix)), ageing_s=pick([None, 60, 3600]))
        plan = desks_plan(
            policy,
            transfer_place=pick(list(TransferPlace)),
            return_place=pick(list(TransferPlace)),
            reinstate=pick(list(ReinstatePlace)),
            reinstate_after=pick([1, 2, 3]),
            reinstate_limit=2,
            park_limit=2,
        )
        may_all = frozenset(Permission)
        for clerk in plan.clerks:
            object.__setattr__(clerk, "permissions", may_all)
        super().__init__(plan=plan)
        self.send(GUIDE, c.SignIn(clerk=ClerkId("guide"), password=PASSWORD))
        self.numbers: dict[TicketId, TicketNumber] = {}

    def step(self) -> None:
        """Try something, most of the time something that makes sense."""
        self.pass_time(self.chance.randrange(6_000))
        self.tick()
        if self.chance.random() < 0.4:
            self.work_on(self.chance.choice(list(SERVES)))
            return
        [act] = self.chance.choices(list(ACTS), list(ACTS.values()))
        if act == "tomorrow":
            if self.chance.random() < 0.1:
                self.pass_time(DAY_MS)
                self.tick()
                self.numbers = {}
            return
        if act == "take":
            self.draw_number()
            return
        client, command = self.draw(act)
        length = len(self.journal)
        reply = self.send(client, command)
        if isinstance(reply, Rejected):
            assert len(self.journal) == length
        if isinstance(reply, TicketAtCounter):
            assert self.numbers[reply.ticket] == reply.number
            assert self.hall.state.tickets[reply.ticket].state is reply.state
            assert self.hall.state.tickets[reply.ticket].service == reply.service

    def draw_number(self) -> None:
        item = OPENING if self.chance.random() < 0.3 else None
        service = ServiceId("a" if item else self.chance.choice("abc"))
        person = (
            PersonKey(f"{self.chance.randrange(6):032x}") if self.chance.random() < 0.3 else None
        )
        given = self.send("kiosk-01", c.ReserveTicket(service=service, person=person, item=item))
        if isinstance(given, Reservation):
            self.send("kiosk-01", c.ConfirmPrinted(ticket=given.ticket))
            self.numbers[given.ticket] = given.number

    def draw(self, act: str) -> tuple[str, c.Command]:
        chance = self.chance
        counter = chance.choice(list(SERVES))
        client = f"counter-{counter}"
        desk = self.hall.state.desks[CounterId(counter)]
        some = list(self.numbers) or [TicketId("none")]
        ticket = desk.active if desk.active and chance.random() < 0.9 else chance.choice(some)
        parked = list(desk.parked) if chance.random() < 0.8 else []
        parked = parked or [t for t in some if self.is_(t, TicketState.PARKED)] or some
        missed = [t for t in some if self.is_(t, TicketState.NO_SHOW)] or some
        back = self.numbers.get(chance.choice(missed), NOBODYS)
        service = chance.choice([None, *(ServiceId(s) for s in "abcrz")])
        other = chance.choice([None, *(CounterId(n) for n in (*SERVES, 77))])
        if chance.random() < 0.7:  # somewhere where somebody is
            open_now = [n for n in SERVES if n != counter and self.hall.state.desks[n].is_open]
            other = CounterId(chance.choice(open_now)) if open_now else None
            service = ServiceId(chance.choice(sorted(SERVES[other]))) if other else None
            other = other if chance.random() < 0.6 else None
        given = tuple(ServiceId(chance.choice("abcr")) for _ in range(chance.randrange(3)))
        made: dict[str, tuple[str, c.Command]] = {
            "next": (client, c.CallNext()),
            "arrive": (client, c.Arrive(ticket)),
            "complete": (client, c.Complete(ticket, given)),
            "transfer": (client, c.Transfer(ticket, service, other, chance.random() < 0.5)),
            "park": (client, c.Park(ticket, chance.choice([None, 1, 5, 30]))),
            "resume": (client, c.Resume(chance.choice(parked))),
            "miss": (client, c.MarkNoShow(ticket)),
            "reinstate": (chance.choice([client, GUIDE]), c.Reinstate(back)),
            "undo": (client, c.UndoCall(ticket)),
            "recall": (client, c.Recall(ticket)),
            "pause": (client, c.PauseCounter(chance.choice(list(PauseReason)))),
            "go_on": (client, c.ResumeCounter()),
            "sign_in": self.draw_sign_in(counter),
            "sign_out": (client, c.SignOut()),
            "call_number": (
                client,
                c.CallTicket(self.numbers.get(ticket, NOBODYS), next(iter(c.CallWish))),
            ),
        }
        return made[act]

    def draw_sign_in(self, counter: int) -> tuple[str, c.Command]:
        """Fill an empty counter most of the time, and sometimes take any place whatever."""
        clerks = [f"clerk-{number}" for number in range(1, 5)]
        if self.chance.random() < 0.85:
            desks = self.hall.state.desks
            counter = next((n for n in SERVES if desks[CounterId(n)].clerk is None), counter)
            free = [name for name in clerks if name not in self.hall.state.desk_of_clerk]
            clerks = free or [str(desks[CounterId(counter)].clerk)]
        clerk = ClerkId(self.chance.choice(clerks))
        return f"counter-{counter}", c.SignIn(clerk, PASSWORD)

    def is_(self, ticket: TicketId, state: TicketState) -> bool:
        known = self.hall.state.tickets.get(ticket)
        return known is not None and known.state is state

    def work_on(self, counter: int) -> bool:
        """Do the next useful thing at a counter; False when there is none."""
        desk = self.hall.state.desks[CounterId(counter)]
        if desk.active is None:
            if desk.parked and self.chance.random() < 0.5:
                return isinstance(self.at(counter, c.Resume(desk.parked[0])), TicketAtCounter)
            called = self.at(counter, c.CallNext())
            return isinstance(called, TicketAtCounter) or bool(desk.parked)
        if self.is_(desk.active, TicketState.CALLED):
            self.done(counter, c.Arrive(desk.active))
        elif self.chance.random() < 0.6:
            self.done(counter, c.Complete(desk.active))
        return True

    def check(self) -> None:
        """See that everybody is somewhere, and at one place only."""
        state = self.hall.state
        at_counter = {
            t.id: t.counter
            for t in state.tickets.values()
            if t.state in (TicketState.CALLED, TicketState.SERVING)
        }
        active = {desk.active: number for number, desk in state.desks.items() if desk.active}
        assert active == at_counter
        assert len(set(active.values())) == len(active)
        held = [ticket for desk in state.desks.values() for ticket in desk.parked]
        assert len(held) == len(set(held))
        for number, desk in state.desks.items():
            assert len(desk.parked) <= 2
            for ticket in desk.parked:
                assert state.tickets[ticket].counter == number
        assert set(held) == {t.id for t in state.tickets.values() if t.state is TicketState.PARKED}
        open_deadlines = [
            (t.parking.due_ms, t.id)
            for t in state.tickets.values()
            if t.parking is not None and t.parking.due_ms is not None and not t.is_due
        ]
        assert state.reminders == sorted(open_deadlines)
        self.check_lines()

    def check_lines(self) -> None:
        """See that nobody who waits is stranded, and no place is held twice."""
        state = self.hall.state
        waiting = [t for t in state.tickets.values() if t.state is TicketState.WAITING]
        assert len({t.place for t in waiting}) == len(waiting)
        seen: dict[int, set[TicketId]] = {number: set() for number in SERVES}
        for ticket in waiting:
            may_call = {n for n, services in SERVES.items() if ticket.service in services}
            if ticket.for_counter is not None:
                assert state.desks[ticket.for_counter].clerk is not None
                may_call = {ticket.for_counter}
            assert may_call, ticket
            for number in may_call:
                seen[number].add(ticket.id)
        for number, expected in seen.items():
            counter = CounterId(number)
            services = state.services_of(counter)
            lanes = state.lines.lanes_at(counter, services)
            found = [waits.ticket for lane in lanes for waits in state.lines.line(lane)]
            assert sorted(found) == sorted(expected)
            assert state.lines.length_at(counter, services) == len(expected)


@settings(max_examples=120, deadline=None)
@given(seeds)
def test_everybody_is_somewhere_and_nobody_is_stranded(seed: int) -> None:
    world = World(seed)
    for _ in range(150):
        world.step()
        world.check()


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_the_journal_gives_the_hall_again_at_any_moment(seed: int) -> None:
    world = World(seed)
    for _ in range(150):
        world.step()
    world.holds()
    for recorded in world.journal:
        assert ev.decode_event(ev.encode_event(recorded.event)) == recorded.event


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_a_hall_that_is_left_to_its_clerks_comes_to_an_end(seed: int) -> None:
    """Whatever had happened: when all clerks work on, nobody waits for ever."""
    world = World(seed)
    for _ in range(120):
        world.step()
    for number, (counter, _) in enumerate(COUNTERS, 1):
        desk = world.hall.state.desks[CounterId(counter)]
        if desk.clerk is None:
            free = {f"clerk-{n}" for n in range(1, 5)} - set(world.hall.state.desk_of_clerk)
            world.sign_in(counter, min(free))
        world.at(counter, c.ResumeCounter())
        assert number <= len(COUNTERS)
    for _ in range(1_000):
        busy = False
        for counter in SERVES:
            busy |= world.work_on(counter)
        if not busy:
            break
    left = {
        t.id: t.state
        for t in world.hall.state.tickets.values()
        if t.state not in ENDS and t.state is not TicketState.NO_SHOW
    }
    assert left == {}


def test_these_days_are_busy_ones() -> None:
    """Otherwise the tests above would look at an empty hall."""
    kinds: set[type] = set()
    for seed in range(40):
        world = World(seed)
        for _ in range(250):
            world.step()
        kinds |= {type(recorded.event) for recorded in world.journal}
    assert kinds >= {
        ev.TicketReinstated,
        ev.TicketTransferred,
        ev.TicketReturned,
        ev.TicketReaddressed,
        ev.TicketParked,
        ev.ParkedDue,
        ev.TicketResumed,
        ev.StepCompleted,
        ev.TicketCompleted,
        ev.TicketReleased,
        ev.TicketMissed,
        ev.CounterPaused,
        ev.CounterResumed,
        ev.TicketExpired,
    }

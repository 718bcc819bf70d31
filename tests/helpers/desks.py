"""A hall of three counters and a back office, with an item of three steps, and its acts by name."""

from dataclasses import replace
from typing import Any

from hallserver.domain import events as ev
from hallserver.domain.plan import Clerk, HallPlan, StaffTablet
from hallserver.domain.rules import (
    DEFAULT_POLICY,
    CounterRules,
    Item,
    Permission,
    Policy,
    Step,
    StepKind,
)
from hallserver.protocol import commands as c
from hallserver.protocol.errors import SENTENCES, RejectionCode
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CounterId,
    Epoch,
    ItemId,
    ServiceId,
    TicketId,
    TicketNumber,
)
from hallserver.protocol.replies import (
    Done,
    Rejected,
    Reply,
    Reservation,
    SignedIn,
    TicketAtCounter,
    TicketStatus,
)
from hallserver.protocol.snapshots import BoardCall, BoardSnapshot, CounterSnapshot
from hallserver.protocol.states import TicketState
from tests.helpers.halls import PASSWORD, Played, small_plan, text

COUNTERS = ((1, ("a", "b")), (2, ("b", "c")), (3, ("a", "b", "c")), (9, ("r",)))
BACK_OFFICE = 9
GUIDE = "guide-01"
OPENING = ItemId("opening")
"""Handed in for a, reviewed for r by the back office, handed out for c."""


def desks_plan(policy: Policy | None = None, **rules: Any) -> HallPlan:
    """The hall. `rules` are fields of `Rules`."""
    plan = small_plan(COUNTERS, clerks=4)
    steps = (
        Step(ServiceId("a"), StepKind.FRONT),
        Step(ServiceId("r"), StepKind.BACK),
        Step(ServiceId("c"), StepKind.WINDOW),
    )
    return replace(
        plan,
        rules=replace(plan.rules, policy=(policy or DEFAULT_POLICY).id, **rules),
        policies=(policy,) if policy else (),
        counters=tuple(
            replace(each, rules=CounterRules(is_back_office=each.id == BACK_OFFICE))
            for each in plan.counters
        ),
        clerks=(
            *plan.clerks,
            Clerk(ClerkId("guide"), text("导办"), "100", "", frozenset({Permission.CALL_NUMBER})),
        ),
        guides=(StaffTablet(ClientId(GUIDE), text("大厅")),),
        items=(Item(OPENING, text("开店"), steps),),
    )


class Desks(Played):
    """A hall at work. Counters 1 to 3 and the back office have their clerks from the start."""

    def __init__(
        self, policy: Policy | None = None, plan: HallPlan | None = None, **rules: Any
    ) -> None:
        super().__init__(plan or desks_plan(policy, **rules))
        for number, counter in enumerate(self.plan.counters, 1):
            self.sign_in(counter.id, f"clerk-{number}")

    def sign_in(self, counter: int, clerk: str) -> None:
        """Have a clerk sit down."""
        command = c.SignIn(clerk=ClerkId(clerk), password=PASSWORD)
        assert isinstance(self.send(f"counter-{counter}", command), SignedIn)

    def sign_out(self, counter: int) -> None:
        """Have the clerk leave."""
        assert self.send(f"counter-{counter}", c.SignOut()) == Done()

    def take(self, service: str = "a", item: ItemId | None = None) -> Reservation:
        """Take a number, with its paper."""
        self.pass_time(1_000)
        given = self.send("kiosk-01", c.ReserveTicket(service=ServiceId(service), item=item))
        assert isinstance(given, Reservation)
        assert self.send("kiosk-01", c.ConfirmPrinted(ticket=given.ticket)) == Done()
        return given

    def at(self, counter: int, command: c.Command) -> Reply:
        """Do something at a counter."""
        return self.send(f"counter-{counter}", command)

    def done(self, counter: int, command: c.Command) -> TicketAtCounter:
        """Do something with a ticket at a counter that is not refused."""
        reply = self.at(counter, command)
        assert isinstance(reply, TicketAtCounter), reply
        return reply

    def call(self, counter: int) -> TicketAtCounter:
        """Call the next."""
        return self.done(counter, c.CallNext())

    def receive(self, counter: int) -> TicketId:
        """Call the next, who comes."""
        called = self.call(counter)
        self.done(counter, c.Arrive(ticket=called.ticket))
        return called.ticket

    def miss(self, counter: int) -> TicketNumber:
        """Call the next, who does not come."""
        called = self.call(counter)
        self.done(counter, c.MarkNoShow(ticket=called.ticket))
        return called.number

    def order(self, counter: int) -> list[str]:
        """Call and serve all whom a counter may call; their numbers in that order."""
        numbers = []
        while self.desk(counter).waiting:
            ticket = self.receive(counter)
            numbers.append(str(self.hall.state.tickets[ticket].number))
            self.done(counter, c.Complete(ticket=ticket))
        return numbers

    def state_of(self, ticket: TicketId) -> TicketState:
        """Where a ticket is in its life."""
        return self.hall.state.tickets[ticket].state

    def status(self, given: Reservation) -> TicketStatus:
        """What its visitor is told at a kiosk."""
        reply = self.send("kiosk-02", c.ShowTicket(token=given.token))
        assert isinstance(reply, TicketStatus)
        return reply

    def desk(self, counter: int) -> CounterSnapshot:
        """What a terminal is shown."""
        shown = dict(self.hall.everything(Epoch(1)))[f"jiaohao/counter/{counter}"]
        assert isinstance(shown, CounterSnapshot)
        return shown

    def board(self) -> tuple[BoardCall, ...]:
        """What the hall's screens show."""
        shown = dict(self.hall.everything(Epoch(1)))["jiaohao/board/hall"]
        assert isinstance(shown, BoardSnapshot)
        return shown.calls

    def since(self, length: int) -> list[ev.Event]:
        """What happened after the first lines of the journal."""
        return [recorded.event for recorded in self.journal[length:]]

    def refuses(self, counter: int, command: c.Command, code: RejectionCode) -> None:
        """See that a command is refused with its sentence and changes nothing."""
        length = len(self.journal)
        reply = self.at(counter, command)
        assert isinstance(reply, Rejected), reply
        assert reply.code is code
        assert reply.text == SENTENCES[code]
        assert len(self.journal) == length

    def holds(self) -> None:
        """See that the journal gives this hall again."""
        again = self.refolded()
        assert list(again.everything(Epoch(1))) == list(self.hall.everything(Epoch(1)))
        assert again.state.tickets == self.hall.state.tickets
        assert again.state.desks == self.hall.state.desks
        assert again.state.reminders == self.hall.state.reminders


def counter_id(number: int) -> CounterId:
    """Name a counter."""
    return CounterId(number)

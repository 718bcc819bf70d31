"""Whatever clients send, in whatever order: what must hold of the hall always holds."""

from collections import Counter as Tally
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.domain import events as ev
from hallserver.domain.state import Desk
from hallserver.domain.ticket import AT_COUNTER, TERMINAL
from hallserver.protocol import commands as c
from hallserver.protocol.ids import (
    ClerkId,
    CounterId,
    Epoch,
    PersonKey,
    ServiceId,
    TicketId,
    TicketToken,
)
from hallserver.protocol.replies import Rejected, Reservation, TicketAtCounter
from hallserver.protocol.states import TicketState
from tests.helpers.halls import DAY_MS, PASSWORD, Played, small_plan

COUNTERS = ((1, ("a", "b")), (2, ("b", "c")), (3, ("a", "b", "c")))
KIOSKS = ("kiosk-01", "kiosk-02")
TERMINALS = tuple(f"counter-{n}" for n, _ in COUNTERS)
PADS = tuple(f"pad-{n}" for n, _ in COUNTERS)
EVERYBODY = KIOSKS + TERMINALS + PADS

# Acts of an ordinary day are likelier than the odd ones. Which thing an act is about is drawn as a
# number, to which the world of the moment gives a meaning.
SENDERS = {
    "reserve": KIOSKS, "confirm": KIOSKS, "void": KIOSKS, "show": KIOSKS, "rate": KIOSKS + PADS,
    "rate_here": PADS, "sign_in": TERMINALS, "sign_out": TERMINALS, "next": TERMINALS,
    "recall": TERMINALS, "arrive": TERMINALS, "complete": TERMINALS, "miss": TERMINALS,
    "wait": KIOSKS, "tomorrow": KIOSKS,
}  # fmt: skip
USUAL = (
    ["reserve"] * 3
    + ["confirm"] * 4
    + ["next"] * 5
    + ["arrive"] * 4
    + ["complete"] * 4
    + ["rate_here"]
)
Step = tuple[str, str, int]


def a_day(seed: int) -> list[Step]:
    chance = Random(seed)
    acts = chance.choices([*USUAL, *SENDERS], k=chance.randrange(20, 250))
    return [
        (act, chance.choice(SENDERS[act] * 4 + EVERYBODY), chance.randrange(41)) for act in acts
    ]


# Drawn from a seed: lists that Hypothesis grows itself stay too short for a day to get busy.
days = st.integers(0, 2**32).map(a_day)


class World:
    """The hall, and an independent record made of replies only."""

    def __init__(self) -> None:
        self.played = Played(small_plan(COUNTERS, clerks=4))
        self.given: list[Reservation] = []
        self.rated: Tally[str] = Tally()
        for number, _ in COUNTERS:
            self.step("sign_in", f"counter-{number}", number - 1)
        for which in range(1, 8):
            self.step("reserve", KIOSKS[which % 2], which)
            self.step("confirm", KIOSKS[which % 2], len(self.given) - 1)

    def command(self, act: str, client: str, which: int) -> c.Command | None:
        known = self.given[which % len(self.given)] if self.given else None
        ticket = known.ticket if known else TicketId("none")
        if act in ("recall", "arrive", "complete", "miss") and which % 8:
            ticket = self.desk(client).active or ticket  # what its clerk sees, most of the time
        if act == "rate_here" and which % 8:
            ticket = self.desk(client).completed or ticket
        token = known.token if known else TicketToken("none")
        person = PersonKey(f"{which:032x}") if which % 2 else None
        made: dict[str, c.Command] = {
            "reserve": c.ReserveTicket(service=ServiceId("abcx"[which % 4]), person=person),
            "confirm": c.ConfirmPrinted(ticket=ticket),
            "void": c.VoidTicket(ticket=ticket, reason=c.VoidReason.LEFT),
            "show": c.ShowTicket(token=token),
            "rate": c.RateService(token=token, stars=which % 5 + 1),
            "rate_here": c.RateAtCounter(ticket=ticket, stars=which % 5 + 1),
            "sign_in": c.SignIn(clerk=ClerkId(f"clerk-{which % 4 + 1}"), password=PASSWORD),
            "sign_out": c.SignOut(),
            "next": c.CallNext(),
            "recall": c.Recall(ticket=ticket),
            "arrive": c.Arrive(ticket=ticket),
            "complete": c.Complete(ticket=ticket),
            "miss": c.MarkNoShow(ticket=ticket),
        }
        return made.get(act)

    def desk(self, client: str) -> Desk:
        number = client.partition("-")[2]
        return self.played.hall.state.desks.get(CounterId(int(number)), Desk())

    def step(self, act: str, client: str, which: int) -> None:
        self.played.pass_time(which * 997)
        if act == "tomorrow" and which == 0:
            self.played.pass_time(DAY_MS)
        self.played.tick()
        command = self.command(act, client, which)
        if command is None:
            return
        earliest = self.earliest_waiting(client)
        before = len(self.played.journal)
        reply = self.played.send(client, command)
        if isinstance(reply, Rejected):
            assert len(self.played.journal) == before
        if isinstance(reply, Reservation):
            self.given.append(reply)
        if isinstance(command, c.CallNext) and isinstance(reply, TicketAtCounter):
            assert reply.ticket == earliest
        for recorded in self.played.journal[before:]:
            if isinstance(recorded.event, ev.ServiceRated):
                self.rated[recorded.event.ticket] += 1

    def earliest_waiting(self, client: str) -> TicketId | None:
        """First come, first served, the slow way: by looking at every ticket of the journal."""
        if not client.startswith("counter"):
            return None
        services = dict(COUNTERS)[int(client.partition("-")[2])]
        tickets = self.played.hall.state.tickets.values()
        waiting = [
            ticket
            for ticket in tickets
            if ticket.state is TicketState.WAITING and ticket.service in services
        ]
        return min(waiting, key=lambda ticket: ticket.place).id if waiting else None

    def check(self) -> None:
        state = self.played.hall.state
        assert len({given.ticket for given in self.given}) == len(self.given)
        active = [desk.active for desk in state.desks.values() if desk.active]
        assert len(active) == len(set(active))
        at_counter = {t.id for t in state.tickets.values() if t.state in AT_COUNTER}
        assert at_counter == set(active)
        clerks = [desk.clerk for desk in state.desks.values() if desk.clerk]
        assert len(clerks) == len(set(clerks))
        for service in "abc":
            waiting = sum(
                t.state is TicketState.WAITING and t.service == service
                for t in state.tickets.values()
            )
            assert state.lines.length(ServiceId(service)) == waiting
        held = Tally(
            (t.person, t.service)
            for t in state.tickets.values()
            if t.person and t.state not in TERMINAL and t.state is not TicketState.NO_SHOW
        )
        assert max(held.values(), default=0) <= 1
        assert max(self.rated.values(), default=0) <= 1


@settings(max_examples=150, deadline=None)
@given(days)
def test_no_sequence_of_commands_breaks_the_hall(sequence: list[Step]) -> None:
    world = World()
    for act, client, which in sequence:
        world.step(act, client, which)
        world.check()


@settings(max_examples=100, deadline=None)
@given(days)
def test_folding_the_journal_gives_the_live_hall(sequence: list[Step]) -> None:
    world = World()
    for act, client, which in sequence:
        world.step(act, client, which)
    again, live = world.played.refolded(), world.played.hall
    assert list(again.everything(Epoch(1))) == list(live.everything(Epoch(1)))
    assert again.state.tickets == live.state.tickets


@settings(max_examples=100, deadline=None)
@given(days)
def test_voided_and_unprinted_numbers_are_never_called(sequence: list[Step]) -> None:
    world = World()
    for act, client, which in sequence:
        world.step(act, client, which)
    printed: set[TicketId] = set()
    for recorded in world.played.journal:
        event = recorded.event
        if isinstance(event, ev.TicketPrinted):
            printed.add(event.ticket)
        if isinstance(event, ev.TicketCalled):
            assert event.ticket in printed
        if isinstance(event, ev.TicketVoided):
            assert event.ticket not in printed
        assert ev.decode_event(ev.encode_event(event)) == event


@settings(max_examples=50, deadline=None)
@given(days)
def test_after_the_close_of_the_day_nothing_is_open(sequence: list[Step]) -> None:
    world = World()
    for act, client, which in sequence:
        world.step(act, client, which)
    before = dict(world.played.hall.state.tickets)
    first = len(world.played.journal)
    world.played.pass_time(2 * DAY_MS)
    world.played.tick()
    expired = {
        r.event.ticket
        for r in world.played.journal[first:]
        if isinstance(r.event, ev.TicketExpired)
    }
    assert expired == {t.id for t in before.values() if t.state not in TERMINAL}
    assert not world.played.hall.state.tickets
    assert not world.played.hall.state.desk_of_clerk

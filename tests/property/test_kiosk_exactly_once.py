"""One visit, one number, one paper: whatever comes in whatever order.

The model keeps, for every number that the hall gave, what the flow did with it.
"""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.faults import FaultCode
from hallserver.client.updates import LinkState
from hallserver.protocol.commands import Command, ConfirmPrinted, ReserveTicket, VoidTicket
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import PersonKey, ServiceId, TicketId, TicketToken, ZoneId
from hallserver.protocol.replies import Reservation, reject
from kiosk.flow import events as ev
from kiosk.flow.effects import Effect, PrintTicket, Submit
from kiosk.flow.events import Device
from kiosk.flow.pages import Reserving
from kiosk.flow.state import IDLE_S, PRINT_S, REPLY_S, WARNING_S, KioskState
from kiosk.flow.step import step
from tests.helpers.kiosks import FlowWorld, reservation

SERVICE = ServiceId("id-card")


class Model:
    """A hall and a printer that answer when told, and what they saw."""

    def __init__(self, state: KioskState, now_s: float) -> None:
        self.state = state
        self.now_s = now_s
        self.asked: list[Submit] = []
        self.answered: list[ev.Answered] = []
        self.in_printer: list[TicketId] = []
        self.prints: Counter[TicketId] = Counter()
        self.outcomes: dict[TicketId, ev.Paper] = {}
        self.told: list[ConfirmPrinted | VoidTicket] = []
        self.given = 0
        self.is_outbox_full = False

    def copy(self) -> "Model":
        """Branch off, for walking all orders without walking common beginnings twice."""
        other = Model(self.state, self.now_s)
        other.asked, other.answered = list(self.asked), list(self.answered)
        other.in_printer, other.prints = list(self.in_printer), Counter(self.prints)
        other.outcomes, other.told = dict(self.outcomes), list(self.told)
        other.given, other.is_outbox_full = self.given, self.is_outbox_full
        return other

    def happens(self, event: ev.Event, after_s: float) -> None:
        self.now_s += after_s
        self.state, effects = step(self.state, event, self.now_s)
        for effect in effects:
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Submit(tag, command) if self.is_outbox_full:
                self.happens(ev.SubmitRefused(tag, command), 0.0)
            case Submit(_, ReserveTicket()):
                self.asked.append(effect)
            case Submit(_, ConfirmPrinted() | VoidTicket() as command):
                self.told.append(command)
            case PrintTicket(made):
                self.prints[made.ticket] += 1
                self.in_printer.append(made.ticket)

    def answer(self, which: int, *, is_refusal: bool = False) -> None:
        """The hall answers one of the commands that wait."""
        if self.asked:
            asked = self.asked.pop(which % len(self.asked))
            reply: Reservation | object = reservation(self.given)
            if is_refusal:
                reply = reject(RejectionCode.ALREADY_WAITING)
            else:
                self.given += 1
            event = ev.Answered(asked.tag, asked.command, reply)  # type: ignore[arg-type]
            self.answered.append(event)
            self.happens(event, 0.05)

    def print_ends(self, paper: ev.Paper) -> None:
        if self.in_printer:
            ticket = self.in_printer.pop(0)
            self.outcomes[ticket] = paper
            self.happens(ev.PrintFinished(ticket, paper, FaultCode.PAPER_END), 0.05)

    def settle(self) -> None:
        """Everything answers, everything prints, time passes."""
        self.is_outbox_full = False
        while self.asked:
            self.answer(0)
        while self.in_printer:
            self.print_ends(ev.Paper.PRINTED)
        for _ in range(4):
            self.happens(ev.Tick(), 1.0)

    def check(self) -> None:
        """Nothing that may never happen has happened."""
        assert all(count == 1 for count in self.prints.values())
        told = Counter(command.ticket for command in self.told)
        assert all(count == 1 for count in told.values())
        for command in self.told:
            outcome = self.outcomes.get(command.ticket)
            if isinstance(command, VoidTicket):
                assert outcome in (None, ev.Paper.NOT_PRINTED)
            else:
                assert self.prints[command.ticket] == 1
        for ticket, outcome in self.outcomes.items():
            if outcome is ev.Paper.PRINTED:
                assert not any(isinstance(c, VoidTicket) and c.ticket == ticket for c in self.told)

    def check_settled(self) -> None:
        """Every number that the hall gave is confirmed or voided."""
        given = {reservation(ordinal).ticket for ordinal in range(self.given)}
        assert {command.ticket for command in self.told} == given


def fresh() -> Model:
    world = FlowWorld()
    return Model(world.state, world.now_s)


PERSON = PersonKey("ab" * 16)
TOKEN = TicketToken("JH1.20261123-A999.ABCDEFGHIJKLMNOP")

touches = st.sampled_from(
    [
        ev.Touch(),
        ev.ServiceTouched(SERVICE),
        ev.ServiceTouched(ServiceId("pension")),
        ev.ZoneTouched(ZoneId("civil")),
        ev.DepartmentsTouched(),
        ev.SearchTouched(),
        ev.BackTouched(),
        ev.HomeTouched(),
        ev.LanguageTouched(),
        ev.PrivacyTouched(),
        ev.TakeNumberTouched(),
        ev.CardRead(PERSON),
        ev.CardFault(FaultCode.CARD_LIFTED),
        ev.ServiceScanned(SERVICE),
        ev.TicketScanned(TOKEN),
        ev.ForeignScanned(ev.ForeignCode.LINK),
        ev.DeviceChanged(Device.PRINTER, FaultCode.PAPER_END),
        ev.DeviceChanged(Device.PRINTER, None),
        ev.LinkIs(LinkState.STALE),
        ev.LinkIs(LinkState.LIVE),
        ev.Tick(),
    ]
)
pauses = st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.5, 1.0, 5.0, 11.0, REPLY_S, PRINT_S, 70.0, 100.0])
actions = st.one_of(
    st.tuples(st.just("event"), touches, pauses),
    st.tuples(st.just("answer"), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("repeat"), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("print"), st.sampled_from(ev.Paper), st.none()),
    st.tuples(st.just("outbox"), st.booleans(), st.none()),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(actions, max_size=40))
def test_every_number_ends_confirmed_or_voided_once_and_is_printed_once_at_most(script: list):
    model = fresh()
    for kind, what, how in script:
        match kind:
            case "event":
                model.happens(what, how)
            case "answer":
                model.answer(what, is_refusal=how)
            case "repeat" if model.answered:
                event = model.answered[what % len(model.answered)]
                # The client lets a repeated answer through never; the flow stands it anyway while
                # the number is in the printer, which is when it would do harm.
                if isinstance(event.reply, Reservation) and event.reply.ticket in model.in_printer:
                    is_first = model.prints[event.reply.ticket] == 1
                    is_printing = "Printing" in type(model.state.page).__name__
                    if is_first and is_printing:
                        model.happens(replace(event, tag=None) if how else event, 0.05)
            case "print":
                model.print_ends(what)
            case "outbox":
                model.is_outbox_full = what
        model.check()
    model.settle()
    model.check()
    model.check_settled()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(touches, pauses), max_size=40))
def test_whatever_was_done_a_kiosk_left_alone_is_fresh_in_the_end(script: list):
    model = fresh()
    for event, pause in script:
        model.happens(event, pause)
    model.happens(ev.LinkIs(LinkState.LIVE), 0.0)
    for _ in range(60):
        model.happens(ev.Tick(), 5.0)
    assert model.state.is_fresh
    assert PERSON not in repr(vars_of(model.state))
    limit_s = IDLE_S + WARNING_S + PRINT_S + REPLY_S
    assert limit_s < 300


def vars_of(state: KioskState) -> list[object]:
    """Everything in a state but the commands that are owed to the hall, shown or not by repr."""
    hidden = ("catalog", "load", "owed")
    return [getattr(state, name) for name in state.__dataclass_fields__ if name not in hidden]


# All orders of what matters, up to a length, with a tap at the start.

ALL = ("tap soon", "tap later", "answer", "refuse", "wait", "printed", "not", "uncertain", "home")


def act(model: Model, what: str) -> None:
    match what:
        case "tap soon":
            model.happens(ev.ServiceTouched(SERVICE), 0.1)
        case "tap later":
            model.happens(ev.ServiceTouched(SERVICE), 2.0)
        case "answer":
            model.answer(0)
        case "refuse":
            model.answer(0, is_refusal=True)
        case "wait":
            model.happens(ev.Tick(), REPLY_S)
        case "printed":
            model.print_ends(ev.Paper.PRINTED)
        case "not":
            model.print_ends(ev.Paper.NOT_PRINTED)
        case "uncertain":
            model.print_ends(ev.Paper.UNCERTAIN)
        case "home":
            model.happens(ev.HomeTouched(), 1.0)


def test_all_orders_of_taps_answers_papers_and_leaving_keep_one_number_a_visit():
    walked = 0

    def walk(model: Model, depth: int) -> None:
        nonlocal walked
        walked += 1
        waiting = [m for m in (model.state.page,) if isinstance(m, Reserving)]
        assert len(waiting) <= 1
        ends = model.copy()
        ends.settle()
        ends.check()
        ends.check_settled()
        if depth:
            for what in ALL:
                branch = model.copy()
                act(branch, what)
                branch.check()
                walk(branch, depth - 1)

    model = fresh()
    act(model, "tap later")
    walk(model, 4)
    assert walked == sum(len(ALL) ** depth for depth in range(5))


def test_taps_alone_never_make_a_second_request_before_the_first_is_answered_or_given_up():
    model = fresh()
    made: list[Command] = []
    for _ in range(100):
        before = len(model.asked)
        model.happens(ev.ServiceTouched(SERVICE), 0.1)
        made += [asked.command for asked in model.asked[before:]]
    assert made == [ReserveTicket(SERVICE)]

"""A terminal at a real hall: what becomes of each act that is answered with a ticket."""

import json
from dataclasses import replace

import pytest

from hallserver.client.record import Record
from hallserver.domain.plan import with_clerks
from hallserver.domain.rules import Permission
from hallserver.protocol import commands as c
from hallserver.protocol.ids import CounterId, ServiceId, TicketId, TicketNumber
from hallserver.protocol.states import TicketState
from tests.helpers.counters import HallForTerminals, MemoryLink
from tests.helpers.halls import PASSWORD, small_plan
from ui.counter.flow import Act
from ui.counter.terminal import Terminal


class Desk:
    """Counter 1 of a small hall, with two numbers for its service and a clerk who may do all."""

    def __init__(self, record: Record) -> None:
        plan = small_plan()
        allowed = [replace(each, permissions=frozenset(Permission)) for each in plan.clerks]
        self.hall = HallForTerminals(with_clerks(plan, allowed))
        self.terminal = Terminal(CounterId(1), MemoryLink(self.hall, "counter-1"), record)
        self.hall.greet(["counter-1"])
        self.tickets = [self.hall.take_number("a") for _ in range(2)]
        self.hear()
        assert self.terminal.sign_in("clerk-1", PASSWORD)
        self.hear()

    def hear(self) -> None:
        self.hall.hear()
        while self.hall.outbox:
            client, update = self.hall.outbox.popleft()
            if client == "counter-1":
                self.terminal.take(update)

    def do(self, what: Act | c.Command) -> None:
        """Press a key or ask for a command; it is obeyed."""
        taken = self.terminal.press(what) if isinstance(what, Act) else self.terminal.ask(what)
        assert taken
        self.hear()
        assert self.terminal.state.refusal is None

    def state_of(self, ticket: TicketId) -> TicketState:
        return self.hall.played.hall.state.tickets[ticket].state


FIRST = TicketId("20261123-A001")
NUMBER = TicketNumber("A001")


@pytest.mark.parametrize(
    ("acts", "kinds", "ends"),
    [
        ([Act.NEXT, Act.RECALL], ["called", "recalled"], TicketState.CALLED),
        ([Act.NEXT, Act.ARRIVE], ["called", "arrived"], TicketState.SERVING),
        ([Act.NEXT, c.UndoCall(FIRST)], ["called", "undone"], TicketState.WAITING),
        ([c.CallTicket(NUMBER, c.CallWish.OTHER)], ["called"], TicketState.CALLED),
        (
            [Act.NEXT, Act.ARRIVE, c.Transfer(FIRST, ServiceId("b"))],
            ["called", "arrived", "transferred"],
            TicketState.WAITING,
        ),
        (
            [Act.NEXT, Act.ARRIVE, c.Park(FIRST), c.Resume(FIRST), Act.COMPLETE],
            ["called", "arrived", "parked", "resumed", "completed"],
            TicketState.COMPLETED,
        ),
        (
            [Act.NEXT, Act.NO_SHOW, c.Reinstate(NUMBER)],
            ["called", "no_show", "reinstated"],
            TicketState.WAITING,
        ),
    ],
)
def test_each_act_about_a_ticket_has_a_word_in_the_record(tmp_path, acts, kinds, ends):
    path = tmp_path / "counter.jsonl"
    record = Record(path)
    desk = Desk(record)
    for act in acts:
        desk.do(act)
    record.close()
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [row["kind"] for row in rows if "ticket" in row] == kinds
    assert {row["ticket"] for row in rows if "ticket" in row} == {FIRST}
    assert desk.state_of(FIRST) is ends
    is_here = ends in (TicketState.CALLED, TicketState.SERVING)
    assert (desk.terminal.state.active is not None) is is_here


def test_an_undone_call_can_be_made_again():
    desk = Desk(Record(None))
    for _ in range(3):
        desk.do(Act.NEXT)
        active = desk.terminal.state.active
        assert active is not None
        assert active.ticket == FIRST
        desk.do(c.UndoCall(FIRST))
        assert desk.terminal.state.active is None

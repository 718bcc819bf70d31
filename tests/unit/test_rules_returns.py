"""Tickets that come back by themselves, and that nobody is stranded: one sentence a test."""

from dataclasses import replace

import pytest

from hallserver.domain import events as ev
from hallserver.domain.rules import (
    Permission,
    TransferPlace,
)
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ServiceId, TicketNumber
from hallserver.protocol.states import TicketState
from tests.helpers.desks import Desks, counter_id, desks_plan

A, B, C = ServiceId("a"), ServiceId("b"), ServiceId("c")
A001 = TicketNumber("A001")


@pytest.fixture
def hall() -> Desks:
    return Desks()


# Coming back by itself.


def test_a_returning_ticket_comes_back_to_whoever_sent_it(hall: Desks) -> None:
    hall.take("a")
    hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, service=C, is_returning=True))
    assert hall.receive(2) == ticket
    shown = hall.desk(2).active
    assert shown is not None
    assert shown.returns_to == 1
    reply = hall.done(2, c.Complete(ticket=ticket))
    assert (reply.service, reply.state) == (A, TicketState.WAITING)
    assert hall.desk(2).rateable is None
    assert hall.desk(3).next_numbers == ("A002",)
    assert hall.desk(1).next_numbers == ("A001", "A002")
    hall.holds()
    assert hall.receive(1) == ticket
    assert hall.done(1, c.Complete(ticket=ticket)).state is TicketState.COMPLETED
    hall.holds()


@pytest.mark.parametrize(
    ("rule", "order"),
    [
        (TransferPlace.HEAD, ["A001", "A002", "A003"]),
        (TransferPlace.KEPT, ["A001", "A002", "A003"]),
        (TransferPlace.END, ["A002", "A003", "A001"]),
    ],
)
def test_a_returned_ticket_goes_where_its_own_rule_says(
    rule: TransferPlace, order: list[str]
) -> None:
    """Nobody is at the counter any more, so it joins those who wait for anybody."""
    hall = Desks(transfer_place=TransferPlace.END, return_place=rule)
    for _ in range(3):
        hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, service=C, is_returning=True))
    hall.receive(2)
    hall.sign_out(1)
    hall.done(2, c.Complete(ticket=ticket))
    assert list(hall.desk(3).next_numbers) == order
    hall.holds()


def test_a_return_is_promised_once(hall: Desks) -> None:
    hall.take("b")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, counter=counter_id(2), is_returning=True))
    hall.receive(2)
    again = c.Transfer(ticket=ticket, service=C, counter=counter_id(3), is_returning=True)
    hall.refuses(2, again, RejectionCode.ALREADY_RETURNING)
    hall.done(2, c.Transfer(again.ticket, again.service, again.counter))
    hall.receive(3)
    reply = hall.done(3, c.Complete(ticket=ticket))
    assert (reply.service, reply.state) == (B, TicketState.WAITING)
    assert hall.call(1).ticket == ticket


def test_who_is_sent_back_by_hand_does_not_come_back_twice(hall: Desks) -> None:
    hall.take("b")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, counter=counter_id(2), is_returning=True))
    hall.receive(2)
    hall.done(2, c.Transfer(ticket=ticket, counter=counter_id(1)))
    assert hall.hall.state.tickets[ticket].returns_to is None
    hall.receive(1)
    assert hall.done(1, c.Complete(ticket=ticket)).state is TicketState.COMPLETED


def test_who_is_back_by_chance_is_done_there(hall: Desks) -> None:
    """Sent on without an address, and called by the very counter that it is to return to."""
    hall.take("a")
    ticket = hall.receive(3)
    hall.done(3, c.Transfer(ticket=ticket, service=C, is_returning=True))
    assert hall.receive(3) == ticket
    assert hall.done(3, c.Complete(ticket=ticket)).state is TicketState.COMPLETED


# Nobody is stranded.


def test_who_was_sent_to_a_counter_is_anybodys_when_its_clerk_leaves(hall: Desks) -> None:
    hall.take("b")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, counter=counter_id(2)))
    length = len(hall.journal)
    hall.sign_out(2)
    assert hall.since(length) == [
        ev.TicketReaddressed(ticket, 2),
        ev.ClerkSignedOut(2, "clerk-2"),
    ]
    assert hall.call(3).ticket == ticket
    hall.holds()


def test_who_was_called_there_is_anybodys_too(hall: Desks) -> None:
    hall.take("b")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, counter=counter_id(2)))
    hall.call(2)
    hall.sign_in(3, "clerk-2")  # the clerk moves on, and the one before forgot to sign out
    assert hall.call(1).ticket == ticket
    hall.holds()


def test_everybody_who_was_sent_to_a_counter_is_set_free(hall: Desks) -> None:
    for _ in range(3):
        hall.take("b")
        hall.done(1, c.Transfer(ticket=hall.receive(1), counter=counter_id(2)))
    hall.call(2)
    hall.sign_out(2)
    assert [t.for_counter for t in hall.hall.state.tickets.values()] == [None, None, None]
    assert hall.order(3) == ["B001", "B002", "B003"]
    hall.holds()


def test_the_next_clerk_of_a_counter_finds_who_was_sent_there(hall: Desks) -> None:
    hall.take("b")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, counter=counter_id(2)))
    hall.sign_out(1)
    hall.sign_in(2, "clerk-1")
    hall.refuses(3, c.CallNext(), RejectionCode.NOBODY_WAITING)
    assert hall.call(2).ticket == ticket


def test_a_return_to_a_counter_without_a_clerk_is_a_return_to_its_service(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, service=C, is_returning=True))
    hall.receive(2)
    hall.sign_out(1)
    hall.done(2, c.Complete(ticket=ticket))
    assert hall.call(3).ticket == ticket
    hall.holds()


@pytest.mark.parametrize("is_left", [False, True])
def test_a_missed_number_waits_for_its_counter_only_while_somebody_is_there(
    hall: Desks, *, is_left: bool
) -> None:
    hall.take("b")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, counter=counter_id(2)))
    hall.miss(2)
    if is_left:
        hall.sign_out(2)
    hall.done(3, c.Reinstate(number=TicketNumber("B001")))
    assert hall.desk(3).waiting == is_left
    assert hall.hall.state.tickets[ticket].for_counter == (None if is_left else 2)


def test_a_call_taken_back_elsewhere_is_not_left_to_a_counter_that_has_nobody() -> None:
    plan = desks_plan()
    may_all = frozenset(Permission)
    clerks = tuple(replace(clerk, permissions=may_all) for clerk in plan.clerks)
    hall = Desks(plan=replace(plan, clerks=clerks))
    hall.take("b")
    ticket = hall.receive(1)
    hall.done(1, c.Transfer(ticket=ticket, counter=counter_id(2)))
    call = c.CallTicket(number=TicketNumber("B001"), reason=next(iter(c.CallWish)))
    for is_left in (False, True):
        hall.done(3, call)
        if is_left:
            hall.sign_out(2)
        hall.done(3, c.UndoCall(ticket=ticket))
        assert hall.hall.state.tickets[ticket].for_counter == (None if is_left else 2)
    assert hall.call(1).ticket == ticket
    hall.holds()

"""One matter, several departments (一件事一次办): one sentence a test."""

from dataclasses import replace

import pytest

from hallserver.domain import events as ev
from hallserver.domain.rules import Permission, TransferPlace
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ServiceId, TicketNumber
from hallserver.protocol.items import ItemStep
from hallserver.protocol.replies import Done, Rejected, Reservation
from hallserver.protocol.states import TicketState
from tests.helpers.desks import BACK_OFFICE, OPENING, Desks, counter_id, desks_plan

A, R, C = ServiceId("a"), ServiceId("r"), ServiceId("c")


@pytest.fixture
def hall() -> Desks:
    return Desks()


def hand_in(hall: Desks, counter: int = 1) -> Reservation:
    """Take a number for the item, and have it accepted at the front."""
    given = hall.take("a", OPENING)
    assert hall.receive(counter) == given.ticket
    hall.done(counter, c.Complete(ticket=given.ticket))
    return given


def review(hall: Desks) -> None:
    """Have the back office review what comes next."""
    ticket = hall.call(BACK_OFFICE).ticket
    hall.done(BACK_OFFICE, c.Complete(ticket=ticket))


def test_a_ticket_walks_through_the_steps_of_its_item_with_one_number(hall: Desks) -> None:
    given = hand_in(hall)
    review(hall)
    assert hall.receive(2) == given.ticket
    reply = hall.done(2, c.Complete(ticket=given.ticket))
    assert (reply.number, reply.state) == (given.number, TicketState.COMPLETED)
    [first, second, last] = [
        event for event in hall.since(0) if isinstance(event, ev.StepCompleted | ev.TicketCompleted)
    ]
    kept = TransferPlace.KEPT
    place = hall.hall.state.tickets[given.ticket].place
    assert first == ev.StepCompleted(given.ticket, 1, 1, (A,), R, kept, place)
    assert second == ev.StepCompleted(given.ticket, BACK_OFFICE, 2, (R,), C, kept, place)
    assert last == ev.TicketCompleted(given.ticket, 2, (C,))
    hall.holds()


def test_the_next_step_is_entered_by_itself(hall: Desks) -> None:
    given = hall.take("a", OPENING)
    hall.receive(1)
    reply = hall.done(1, c.Complete(ticket=given.ticket, services=(A, C)))
    assert (reply.service, reply.state, reply.recalls) == (R, TicketState.WAITING, 0)
    assert (hall.desk(1).active, hall.desk(1).rateable) == (None, None)
    assert hall.desk(BACK_OFFICE).next_numbers == (given.number,)
    hall.refuses(3, c.CallNext(), RejectionCode.NOBODY_WAITING)


def test_a_back_office_reviews_without_the_visitor_and_without_screens(hall: Desks) -> None:
    given = hand_in(hall)
    assert hall.board() == ()
    reply = hall.call(BACK_OFFICE)
    assert (reply.ticket, reply.state) == (given.ticket, TicketState.SERVING)
    [called, arrived] = hall.since(len(hall.journal) - 2)
    assert isinstance(called, ev.TicketCalled)
    assert called.is_silent
    assert arrived == ev.TicketArrived(given.ticket, BACK_OFFICE)
    assert hall.board() == ()
    assert hall.done(BACK_OFFICE, c.Park(ticket=given.ticket)).state is TicketState.PARKED
    hall.done(BACK_OFFICE, c.Resume(ticket=given.ticket))
    hall.done(BACK_OFFICE, c.Complete(ticket=given.ticket))
    assert hall.board() == ()
    hall.holds()


def test_a_given_number_is_called_silently_at_a_back_office_too() -> None:
    plan = desks_plan()
    may_all = frozenset(Permission)
    clerks = tuple(replace(clerk, permissions=may_all) for clerk in plan.clerks)
    hall = Desks(plan=replace(plan, clerks=clerks))
    hand_in(hall)
    given = hand_in(hall)
    call = c.CallTicket(number=given.number, reason=next(iter(c.CallWish)))
    assert hall.done(BACK_OFFICE, call).state is TicketState.SERVING
    assert hall.board() == ()


def test_whoever_is_called_to_a_window_step_is_shown(hall: Desks) -> None:
    given = hand_in(hall)
    review(hall)
    called = hall.call(2)
    assert [(call.number, call.counter, call.state) for call in hall.board()] == [
        (given.number, 2, TicketState.CALLED)
    ]
    hall.done(2, c.MarkNoShow(ticket=called.ticket))
    hall.done(2, c.Reinstate(number=called.number))
    assert hall.receive(2) == called.ticket


def test_a_visitor_is_told_the_step_and_whether_to_be_there(hall: Desks) -> None:
    plain = hall.take("b")
    assert hall.status(plain).step is None
    given = hall.take("a", OPENING)

    def step(number: int, *, is_attendance_needed: bool) -> ItemStep:
        return ItemStep(OPENING, number, 3, is_attendance_needed)

    assert hall.status(given).step == step(1, is_attendance_needed=True)
    hall.receive(3)
    hall.receive(1)
    shown = hall.desk(1).active
    assert shown is not None
    assert shown.step == step(1, is_attendance_needed=True)
    hall.done(1, c.Complete(ticket=given.ticket))
    assert hall.status(given).step == step(2, is_attendance_needed=False)
    assert hall.status(given).people_ahead == 0
    hall.call(BACK_OFFICE)
    assert hall.status(given).step == step(2, is_attendance_needed=False)
    hall.done(BACK_OFFICE, c.Complete(ticket=given.ticket))
    assert hall.status(given).step == step(3, is_attendance_needed=True)
    hall.receive(2)
    hall.done(2, c.Complete(ticket=given.ticket))
    assert hall.status(given).step == step(3, is_attendance_needed=True)
    assert hall.status(given).is_rateable


def test_who_is_called_aloud_in_the_middle_of_a_review_has_to_come(hall: Desks) -> None:
    given = hand_in(hall)
    hall.call(BACK_OFFICE)
    ask = c.Transfer(ticket=given.ticket, service=A, counter=counter_id(1), is_returning=True)
    hall.done(BACK_OFFICE, ask)
    hall.call(1)
    status = hall.status(given).step
    assert status is not None
    assert (status.step, status.is_attendance_needed) == (2, True)
    hall.done(1, c.Arrive(ticket=given.ticket))
    reply = hall.done(1, c.Complete(ticket=given.ticket))  # back to the review, not to step 3
    assert (reply.service, reply.state) == (R, TicketState.WAITING)
    review(hall)
    assert hall.status(given).service == C
    hall.holds()


def test_an_item_can_be_rated_after_its_last_step_and_once(hall: Desks) -> None:
    given = hand_in(hall)
    rate = c.RateService(token=given.token, stars=5)
    early = hall.send("kiosk-01", rate)
    assert isinstance(early, Rejected)
    assert early.code is RejectionCode.NOT_SERVED_YET
    assert isinstance(hall.send("pad-1", c.RateAtCounter(given.ticket, 5)), Rejected)
    review(hall)
    hall.receive(2)
    hall.done(2, c.Complete(ticket=given.ticket))
    assert hall.send("kiosk-01", rate) == Done()
    last = hall.since(len(hall.journal) - 1)[0]
    assert isinstance(last, ev.ServiceRated)
    assert (last.counter, last.service) == (2, C)


@pytest.mark.parametrize(
    ("rule", "order"),
    [
        (TransferPlace.KEPT, ["C001", "A001", "C002"]),
        (TransferPlace.HEAD, ["A001", "C001", "C002"]),
        (TransferPlace.END, ["C001", "C002", "A001"]),
    ],
)
def test_a_step_is_entered_at_the_place_of_the_rule(rule: TransferPlace, order: list[str]) -> None:
    hall = Desks(transfer_place=rule)
    hall.take("c")
    hall.take("a", OPENING)
    hall.take("c")
    hall.done(1, c.Complete(ticket=hall.receive(1)))
    review(hall)
    assert hall.order(2) == order
    hall.holds()


def test_a_review_cannot_be_uncalled(hall: Desks) -> None:
    given = hand_in(hall)
    hall.call(BACK_OFFICE)
    undo = c.UndoCall(ticket=given.ticket)
    hall.refuses(BACK_OFFICE, undo, RejectionCode.WRONG_STATE)


def test_an_item_that_the_hall_file_no_longer_has_ends_with_its_step(hall: Desks) -> None:
    """The hall file was changed and the server started anew in the middle of the day."""
    given = hall.take("a", OPENING)
    hall.receive(1)
    hall.plan = replace(hall.plan, items=())
    hall.hall = hall.refolded()
    assert hall.status(given).step is None
    reply = hall.done(1, c.Complete(ticket=given.ticket))
    assert reply.state is TicketState.COMPLETED


def test_a_shorter_route_never_shows_a_step_that_it_does_not_have(hall: Desks) -> None:
    given = hand_in(hall)
    review(hall)
    [item] = hall.plan.items
    hall.plan = replace(hall.plan, items=(replace(item, steps=item.steps[:2]),))
    hall.hall = hall.refolded()
    step = hall.status(given).step
    assert step is not None
    assert (step.step, step.steps) == (2, 2)
    hall.receive(2)
    assert hall.done(2, c.Complete(ticket=given.ticket)).state is TicketState.COMPLETED


def test_a_number_without_an_item_has_no_steps(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    assert hall.done(1, c.Complete(ticket=ticket)).state is TicketState.COMPLETED
    assert hall.hall.state.find_number(TicketNumber("A001")) is not None

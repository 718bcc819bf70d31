"""Taking calls back, setting visitors aside, pausing: one sentence a test."""

from dataclasses import replace

import pytest

from hallserver.domain import events as ev
from hallserver.domain.rules import Mix, Policy
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, ClientId, ServiceId, TicketId
from hallserver.protocol.replies import Done, SignedIn
from hallserver.protocol.snapshots import CounterPause
from hallserver.protocol.states import PauseReason, TicketState
from tests.helpers.desks import GUIDE, Desks
from tests.helpers.halls import DAY_MS, PASSWORD

ABOUT_A_TICKET = (c.UndoCall, c.Transfer, c.Park, c.Complete)


@pytest.fixture
def hall() -> Desks:
    return Desks()


# Undo.


def test_a_call_taken_back_leaves_the_line_as_it_was(hall: Desks) -> None:
    for _ in range(3):
        hall.take("a")
    before = dict(hall.hall.state.tickets), hall.desk(1).next_numbers
    called = hall.call(1)
    hall.done(1, c.Recall(ticket=called.ticket))
    reply = hall.done(1, c.UndoCall(ticket=called.ticket))
    assert (reply.state, reply.recalls) == (TicketState.WAITING, 0)
    assert hall.board() == ()
    assert hall.desk(1).active is None
    assert hall.desk(1).next_numbers == before[1]
    ticket = hall.hall.state.tickets[called.ticket]
    assert (ticket.place, ticket.since_ms) == (
        before[0][called.ticket].place,
        before[0][called.ticket].since_ms,
    )
    assert (ticket.counter, ticket.clerk, ticket.recalls) == (None, None, 0)
    assert hall.order(3) == ["A001", "A002", "A003"]
    hall.holds()


def test_a_call_can_be_taken_back_for_ten_seconds_and_no_longer(hall: Desks) -> None:
    hall.take("a")
    called = hall.call(1)
    shown = hall.desk(1).active
    assert shown is not None
    assert shown.undo_until_ms == hall.now.wall_ms + 10_000
    hall.pass_time(10_000)
    hall.done(1, c.UndoCall(ticket=called.ticket))
    assert hall.call(1).ticket == called.ticket
    hall.pass_time(10_001)
    hall.refuses(1, c.UndoCall(ticket=called.ticket), RejectionCode.UNDO_TOO_LATE)


def test_a_recall_gives_no_more_time_to_take_the_call_back(hall: Desks) -> None:
    hall.take("a")
    called = hall.call(1)
    hall.pass_time(9_000)
    hall.done(1, c.Recall(ticket=called.ticket))
    hall.pass_time(9_000)
    hall.refuses(1, c.UndoCall(ticket=called.ticket), RejectionCode.UNDO_TOO_LATE)


def test_who_has_arrived_cannot_be_uncalled(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    shown = hall.desk(1).active
    assert shown is not None
    assert shown.undo_until_ms is None
    hall.refuses(1, c.UndoCall(ticket=ticket), RejectionCode.WRONG_STATE)


def test_the_turn_of_the_ratio_goes_back_with_the_call() -> None:
    hall = Desks(Policy("turns", mix=Mix.RATIO, ordinary=2, priority=1))
    for _ in range(4):
        hall.take("a")
    desk = hall.hall.state.desks[1]
    turns = []
    for _ in range(2):
        called = hall.call(1)
        turns.append(desk.turn)
        hall.done(1, c.UndoCall(ticket=called.ticket))
        assert desk.turn == 0
    assert turns == [1, 1]
    hall.holds()


# Whatever is asked about a ticket.


@pytest.mark.parametrize("kind", ABOUT_A_TICKET, ids=lambda kind: kind.__name__)
def test_a_counter_acts_on_its_own_tickets_only(hall: Desks, kind: type) -> None:
    given = hall.take("a")
    hall.receive(1)
    hall.refuses(3, kind(ticket=given.ticket), RejectionCode.NOT_AT_THIS_COUNTER)
    hall.refuses(1, kind(ticket=TicketId("nobody's")), RejectionCode.UNKNOWN_TICKET)
    hall.sign_out(3)
    hall.refuses(3, kind(ticket=given.ticket), RejectionCode.NOT_SIGNED_IN)


# Parking.


def test_a_parked_visitor_lets_others_be_served_and_is_served_on(hall: Desks) -> None:
    hall.take("a")
    hall.take("a")
    first = hall.receive(1)
    assert hall.done(1, c.Park(ticket=first)).state is TicketState.PARKED
    assert [(p.ticket, p.resume_at_ms, p.is_due) for p in hall.desk(1).parked] == [
        (first, None, False)
    ]
    assert [call.state for call in hall.board()] == [TicketState.PARKED]
    second = hall.receive(1)
    hall.refuses(1, c.Resume(ticket=first), RejectionCode.COUNTER_BUSY)
    hall.done(1, c.Complete(ticket=second))
    assert hall.done(1, c.Resume(ticket=first)).state is TicketState.SERVING
    assert hall.desk(1).parked == ()
    assert hall.desk(1).rateable is None
    hall.done(1, c.Complete(ticket=first))
    hall.holds()


def test_a_counter_parks_so_many_and_no_more() -> None:
    hall = Desks(park_limit=2)
    for _ in range(3):
        hall.take("a")
    for _ in range(2):
        hall.done(1, c.Park(ticket=hall.receive(1)))
    third = hall.receive(1)
    hall.refuses(1, c.Park(ticket=third), RejectionCode.PARK_LIMIT)
    hall.done(1, c.Complete(ticket=third))
    hall.done(1, c.Resume(ticket=hall.desk(1).parked[0].ticket))
    hall.holds()


def test_a_parked_visitor_is_reminded_of_once_when_the_time_is_over(hall: Desks) -> None:
    for _ in range(3):
        hall.take("a")
    tickets = []
    for after_s in (60, 30, None):
        tickets.append(hall.receive(1))
        hall.done(1, c.Park(ticket=tickets[-1], resume_after_s=after_s))
    began = hall.now.wall_ms
    assert [p.resume_at_ms for p in hall.desk(1).parked] == [began + 60_000, began + 30_000, None]
    due = []
    for _ in range(100):
        hall.pass_time(1_000)
        length = len(hall.journal)
        hall.tick()
        due += [(hall.now.wall_ms - began, event) for event in hall.since(length)]
    assert due == [
        (30_000, ev.ParkedDue(tickets[1], 1)),
        (60_000, ev.ParkedDue(tickets[0], 1)),
    ]
    assert [p.is_due for p in hall.desk(1).parked] == [True, True, False]
    hall.holds()
    hall.done(1, c.Resume(ticket=tickets[0]))
    hall.done(1, c.Park(ticket=tickets[0], resume_after_s=5))
    assert [p.is_due for p in hall.desk(1).parked] == [True, False, False]
    hall.holds()


def test_nobody_is_reminded_of_a_visitor_who_is_served_again(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Park(ticket=ticket, resume_after_s=10))
    hall.done(1, c.Resume(ticket=ticket))
    hall.pass_time(60_000)
    length = len(hall.journal)
    hall.tick()
    assert hall.since(length) == []


def test_parked_visitors_stay_with_the_counter_when_its_clerk_leaves(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Park(ticket=ticket))
    hall.sign_out(1)
    hall.refuses(2, c.Resume(ticket=ticket), RejectionCode.NOT_AT_THIS_COUNTER)
    hall.sign_out(2)
    hall.sign_in(1, "clerk-2")
    hall.done(1, c.Resume(ticket=ticket))
    assert hall.hall.state.tickets[ticket].clerk == ClerkId("clerk-2")
    hall.holds()


def test_a_counter_stands_in_for_one_whose_clerk_has_left(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Park(ticket=ticket, resume_after_s=60))
    hall.refuses(3, c.Resume(ticket=ticket), RejectionCode.NOT_AT_THIS_COUNTER)
    hall.sign_out(1)
    hall.done(3, c.Resume(ticket=ticket))
    assert hall.desk(1).parked == ()
    assert hall.board() == ()
    hall.holds()
    hall.done(3, c.Complete(ticket=ticket))
    assert hall.state_of(ticket) is TicketState.COMPLETED


def test_only_what_is_parked_can_be_resumed(hall: Desks) -> None:
    given, waiting = hall.take("a"), hall.take("a")
    hall.miss(1)
    hall.refuses(1, c.Resume(ticket=given.ticket), RejectionCode.WRONG_STATE)
    hall.refuses(1, c.Resume(ticket=waiting.ticket), RejectionCode.NOT_AT_THIS_COUNTER)
    hall.refuses(1, c.Resume(ticket=TicketId("nobody's")), RejectionCode.UNKNOWN_TICKET)
    hall.sign_out(1)
    hall.refuses(1, c.Resume(ticket=given.ticket), RejectionCode.NOT_SIGNED_IN)


def test_parked_visitors_expire_with_the_day(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Park(ticket=ticket, resume_after_s=80_000))
    hall.pass_time(DAY_MS)
    hall.tick()
    assert ev.TicketExpired(ticket) in hall.since(0)
    assert hall.desk(1).parked == ()
    hall.pass_time(60_000)
    hall.tick()
    hall.holds()


# Pausing.


def test_a_paused_counter_calls_nobody_and_does_not_count_as_open(hall: Desks) -> None:
    hall.take("a")
    load = hall.hall.state.open_counters(ServiceId("a"))
    assert hall.at(1, c.PauseCounter(reason=PauseReason.MEAL)) == Done()
    assert hall.desk(1).paused == CounterPause(PauseReason.MEAL, hall.now.wall_ms)
    assert hall.hall.state.open_counters(ServiceId("a")) == load - 1
    hall.refuses(1, c.CallNext(), RejectionCode.COUNTER_PAUSED)
    assert hall.at(1, c.ResumeCounter()) == Done()
    assert hall.desk(1).paused is None
    assert hall.hall.state.open_counters(ServiceId("a")) == load
    hall.call(1)
    hall.holds()


def test_who_is_there_when_a_pause_begins_is_served_to_the_end(hall: Desks) -> None:
    hall.take("a")
    hall.take("a")
    parked = hall.receive(1)
    hall.done(1, c.Park(ticket=parked))
    called = hall.call(1)
    hall.at(1, c.PauseCounter(reason=PauseReason.BREAK))
    hall.done(1, c.Recall(ticket=called.ticket))
    hall.done(1, c.Arrive(ticket=called.ticket))
    hall.done(1, c.Complete(ticket=called.ticket))
    hall.refuses(1, c.Resume(ticket=parked), RejectionCode.COUNTER_PAUSED)
    hall.holds()


def test_a_pause_may_change_its_reason_and_is_told_once(hall: Desks) -> None:
    length = len(hall.journal)
    for reason in (PauseReason.MEETING, PauseReason.MEETING, PauseReason.EQUIPMENT):
        assert hall.at(2, c.PauseCounter(reason=reason)) == Done()
    for _ in range(2):
        assert hall.at(2, c.ResumeCounter()) == Done()
    assert hall.since(length) == [
        ev.CounterPaused(2, "clerk-2", PauseReason.MEETING),
        ev.CounterPaused(2, "clerk-2", PauseReason.EQUIPMENT),
        ev.CounterResumed(2, "clerk-2"),
    ]


def test_a_pause_ends_with_the_shift(hall: Desks) -> None:
    hall.at(1, c.PauseCounter(reason=PauseReason.OTHER))
    hall.sign_out(1)
    assert hall.desk(1).paused is None
    hall.refuses(1, c.PauseCounter(reason=PauseReason.OTHER), RejectionCode.NOT_SIGNED_IN)
    hall.refuses(1, c.ResumeCounter(), RejectionCode.NOT_SIGNED_IN)
    hall.sign_in(1, "clerk-1")
    assert hall.desk(1).paused is None
    hall.holds()


def test_a_clerk_who_moves_on_leaves_pause_and_parked_visitors_behind(hall: Desks) -> None:
    hall.take("a")
    ticket = hall.receive(1)
    hall.done(1, c.Park(ticket=ticket))
    hall.at(1, c.PauseCounter(reason=PauseReason.EQUIPMENT))
    hall.sign_out(3)
    hall.sign_in(3, "clerk-1")
    assert (hall.desk(1).clerk, hall.desk(1).paused) == (None, None)
    assert hall.desk(3).paused is None
    hall.done(3, c.Resume(ticket=ticket))
    hall.holds()


def test_a_terminal_is_told_what_its_counter_serves(hall: Desks) -> None:
    assert hall.desk(3).services == ("a", "b", "c")


# Who is there.


def test_a_guide_signs_in_once_and_out_and_another_takes_over(hall: Desks) -> None:
    def sign_in(clerk: str) -> None:
        command = c.SignIn(clerk=ClerkId(clerk), password=PASSWORD)
        assert isinstance(hall.send(GUIDE, command), SignedIn)

    length = len(hall.journal)
    for clerk in ("guide", "guide", "clerk-1"):
        sign_in(clerk)
    for _ in range(2):
        assert hall.send(GUIDE, c.SignOut()) == Done()
    assert hall.since(length) == [
        ev.StaffSignedIn(GUIDE, "guide"),
        ev.StaffSignedOut(GUIDE, "guide"),
        ev.StaffSignedIn(GUIDE, "clerk-1"),
        ev.StaffSignedOut(GUIDE, "clerk-1"),
    ]
    assert hall.desk(1).clerk is not None  # a tablet is no counter: the shift goes on


def test_a_clerk_whose_account_is_gone_is_shown_as_nobody(hall: Desks) -> None:
    hall.plan = replace(hall.plan, clerks=())
    hall.hall = hall.refolded()
    assert hall.desk(1).clerk is None
    hall.take("a")
    hall.call(1)


def test_only_terminals_and_pads_stand_at_a_counter(hall: Desks) -> None:
    with pytest.raises(TypeError):
        hall.hall.room.at(ClientId("kiosk-01"))


def test_a_missed_number_that_no_counter_is_known_of_is_on_no_board(hall: Desks) -> None:
    """What a journal of an older version might hold."""
    given = hall.take("a")
    hall.miss(1)
    hall.hall.state.alter(given.ticket, counter=None)
    hall.done(1, c.Reinstate(number=given.number))
    assert hall.state_of(given.ticket) is TicketState.WAITING

"""What is read out of a recorded day, and what a policy would have done with it."""

from dataclasses import replace

import pytest

from hallserver.domain.plan import HallPlan
from hallserver.domain.rules import Mix, Permission, Policy, PriorityClass
from hallserver.protocol import commands as c
from hallserver.protocol.ids import ClerkId, PriorityId, ServiceId
from hallserver.protocol.replies import Reservation, TicketAtCounter
from hallserver.protocol.states import PauseReason
from hallserver.replay.enact import enact
from hallserver.replay.figures import Figures, Row, figures, rows, table
from hallserver.replay.record import MisfitError, Opening, RecordedDay, Wait, record
from tests.helpers.halls import DAY_MS, PASSWORD, Played, small_plan, text

A, B = ServiceId("a"), ServiceId("b")
VETERAN = PriorityId("veteran")
MINUTE = 60_000


def plan() -> HallPlan:
    made = small_plan()
    return replace(
        made,
        priorities=(PriorityClass(VETERAN, text("退役军人")),),
        clerks=tuple(replace(each, permissions=frozenset(Permission)) for each in made.clerks),
    )


class Day(Played):
    """A day told minute by minute at one counter."""

    def minute(self, minute: int) -> None:
        self.pass_time(minute * MINUTE - self.now.elapsed_ms)
        self.tick()

    def take(self, service: ServiceId = A) -> Reservation:
        given = self.send("kiosk-01", c.ReserveTicket(service=service))
        assert isinstance(given, Reservation)
        self.send("kiosk-01", c.ConfirmPrinted(ticket=given.ticket))
        return given

    def sign_in(self) -> None:
        self.send("counter-1", c.SignIn(clerk=ClerkId("clerk-1"), password=PASSWORD))

    def call(self) -> TicketAtCounter:
        called = self.send("counter-1", c.CallNext())
        assert isinstance(called, TicketAtCounter)
        return called

    def complete(self, called: TicketAtCounter) -> None:
        self.send("counter-1", c.Arrive(ticket=called.ticket))
        self.send("counter-1", c.Complete(ticket=called.ticket))

    def recorded(self) -> RecordedDay:
        return record(self.plan, self.journal)

    def enacted(self) -> tuple[Wait, ...]:
        return enact(self.recorded(), self.plan, self.plan.policy_of)


def test_a_free_counter_calls_at_once_and_is_taken_as_long_as_it_was() -> None:
    day = Day(plan())
    day.sign_in()
    day.minute(1)
    day.take()
    day.take()
    day.minute(4)
    first = day.call()
    day.minute(9)
    day.complete(first)
    day.minute(20)
    second = day.call()
    day.minute(21)
    day.complete(second)
    assert [wait.waited_ms for wait in day.recorded().waits()] == [3 * MINUTE, 19 * MINUTE]
    assert [wait.waited_ms for wait in day.enacted()] == [0, 5 * MINUTE]


def test_a_call_that_was_undone_did_not_end_the_waiting() -> None:
    day = Day(plan())
    day.sign_in()
    day.take()
    day.minute(2)
    called = day.call()
    day.send("counter-1", c.UndoCall(ticket=called.ticket))
    day.minute(3)
    day.complete(day.call())
    assert [wait.waited_ms for wait in day.recorded().waits()] == [3 * MINUTE]


def test_a_parked_visitor_takes_the_counter_for_both_parts() -> None:
    day = Day(plan())
    day.sign_in()
    day.take()
    called = day.call()
    day.send("counter-1", c.Arrive(ticket=called.ticket))
    day.minute(3)
    day.send("counter-1", c.Park(ticket=called.ticket))
    day.minute(10)
    day.send("counter-1", c.Resume(ticket=called.ticket))
    day.minute(12)
    day.send("counter-1", c.Complete(ticket=called.ticket))
    ((leg,),) = day.recorded().visits
    assert leg.held_ms == 5 * MINUTE


def test_who_was_sent_on_waits_anew_as_soon_as_the_counter_is_left() -> None:
    day = Day(plan())
    day.sign_in()
    day.take()
    day.minute(1)
    called = day.call()
    day.send("counter-1", c.Arrive(ticket=called.ticket))
    day.minute(5)
    day.send("counter-1", c.Transfer(ticket=called.ticket, service=B))
    day.minute(7)
    day.complete(day.call())
    assert counted(day.recorded().waits()) == {(A, MINUTE), (B, 2 * MINUTE)}
    assert counted(day.enacted()) == {(A, 0), (B, 0)}


def counted(waits: tuple[Wait, ...]) -> set[tuple[ServiceId, int | None]]:
    return {(wait.service, wait.waited_ms) for wait in waits}


def test_a_clerk_who_forgot_to_sign_out_left_with_the_last_act() -> None:
    day = Day(plan())
    day.sign_in()
    day.minute(1)
    day.take()
    day.complete(day.call())
    day.minute(30)
    late = day.take()
    day.pass_time(DAY_MS)
    before = len(day.journal)
    day.tick()
    assert len(day.journal) > before
    recorded = day.recorded()
    assert recorded.openings == (Opening(day.plan.counters[0].id, 0, MINUTE, (A, B)),)
    assert Wait(late.service, None, None) in enact(recorded, day.plan, day.plan.policy_of)


def test_who_was_never_released_by_the_counter_takes_what_is_usual() -> None:
    day = Day(plan())
    day.sign_in()
    day.take()
    called = day.call()
    day.minute(6)
    day.complete(called)
    day.take()
    day.minute(7)
    day.call()
    recorded = day.recorded()
    assert [visit[0].held_ms for visit in recorded.visits] == [6 * MINUTE, None]
    assert [wait.waited_ms for wait in day.enacted()] == [0, 0]
    assert [wait.waited_ms for wait in recorded.waits()] == [0, MINUTE]


def test_a_pause_and_the_end_of_a_shift_close_a_counter() -> None:
    day = Day(plan())
    day.sign_in()
    day.minute(2)
    day.send("counter-1", c.PauseCounter(reason=PauseReason.MEAL))
    day.minute(5)
    day.send("counter-1", c.ResumeCounter())
    day.minute(6)
    day.send("counter-1", c.SignOut())
    day.minute(8)
    day.take()
    moments = [(each.from_ms, each.until_ms) for each in day.recorded().openings]
    assert moments == [(0, 2 * MINUTE), (5 * MINUTE, 6 * MINUTE)]
    assert [wait.waited_ms for wait in day.enacted()] == [None]


def test_a_day_that_nobody_came_has_nobody() -> None:
    assert Day(plan()).enacted() == ()


def test_a_hall_file_of_another_hall_is_refused() -> None:
    day = Day(plan())
    day.take()
    with pytest.raises(MisfitError, match='no service "a"'):
        record(small_plan(((1, ("z",)),)), day.journal)
    day = Day(plan())
    day.sign_in()
    with pytest.raises(MisfitError, match="no counter 1"):
        record(small_plan(((9, ("a", "b", "c")),)), day.journal)


def test_percentiles_are_somebodys_real_waiting() -> None:
    waits = [Wait(A, None, minute * MINUTE) for minute in (4, 1, 3, 2)] + [Wait(A, None, None)]
    assert figures(waits) == Figures(5, 1, 2 * MINUTE, 4 * MINUTE, 4 * MINUTE)
    assert figures([Wait(A, None, None)]) == Figures(1, 1, None, None, None)
    ten = [Wait(A, None, number) for number in range(1, 11)]
    assert figures(ten) == Figures(10, 0, 5, 9, 10)
    assert figures([]) == Figures(0, 0, None, None, None)


def test_rows_are_for_everybody_each_class_and_each_service_of_it() -> None:
    hall = plan()
    recorded = [Wait(B, None, 1), Wait(A, VETERAN, 3), Wait(A, None, 2)]
    found = rows(hall, (recorded, recorded[:1]))
    assert [(row.priority, row.service) for row in found] == [
        ("all", "all"), ("veteran", "all"), ("-", "all"), ("veteran", "a"), ("-", "a"), ("-", "b"),
    ]  # fmt: skip
    assert found[0].columns == (Figures(3, 0, 2, 3, 3), Figures(1, 0, 1, 1, 1))
    assert found[1].columns[1] == Figures(0, 0, None, None, None)


def test_the_table_has_minutes_and_seconds_and_the_service_by_its_name() -> None:
    row = Row(
        "-", "a", (Figures(12, 1, 61_000, 600_000, 3_600_000), Figures(0, 0, None, None, None))
    )
    lines = table(plan(), ("one", "two"), [row]).splitlines()
    assert lines[0].split("|")[1].strip() == "one"
    assert lines[2].split("|")[1].split() == ["12", "1", "1:01", "10:00", "60:00"]
    assert lines[2].split("|")[2].split() == ["0", "0", "-", "-", "-", "a"]


def test_another_policy_calls_others_sooner() -> None:
    day = Day(plan())
    first, second = day.take(), day.take()
    day.send("counter-1", c.SignIn(clerk=ClerkId("clerk-1"), password=PASSWORD))
    day.send("counter-1", c.PauseCounter(reason=PauseReason.OTHER))
    day.send("counter-1", c.GrantPriority(number=second.number, priority=VETERAN))
    day.minute(1)
    day.send("counter-1", c.ResumeCounter())
    for minute in (6, 11):
        called = day.call()
        day.minute(minute)
        day.complete(called)
    recorded = day.recorded()
    classes = {Wait(A, VETERAN, MINUTE), Wait(A, None, 6 * MINUTE)}
    assert first.service == A
    assert set(recorded.waits()) == classes
    assert set(enact(recorded, day.plan, day.plan.policy_of)) == classes
    tried = enact(recorded, day.plan, lambda _: Policy("tried", mix=Mix.NONE))
    assert set(tried) == {Wait(A, None, MINUTE), Wait(A, VETERAN, 6 * MINUTE)}


def test_who_gives_up_leaves_after_as_long_a_wait() -> None:
    day = Day(plan())
    given = day.take()
    day.minute(3)
    day.send("kiosk-01", c.CancelTicket(token=given.token))
    day.minute(4)
    day.sign_in()
    day.minute(9)
    assert [leg.stays_ms for visit in day.recorded().visits for leg in visit] == [3 * MINUTE]
    assert day.enacted() == (Wait(A, None, None),)

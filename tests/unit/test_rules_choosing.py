"""Calling a given number, granting a class, and asking why."""

from dataclasses import replace

import pytest

from hallserver.domain import events as ev
from hallserver.domain.choosing import choose_at
from hallserver.domain.plan import HallPlan, StaffTablet
from hallserver.domain.policy import CallReason
from hallserver.domain.rules import Mix, Permission, Policy, PriorityClass
from hallserver.hall import Hall
from hallserver.protocol import commands as c
from hallserver.protocol.errors import SENTENCES, RejectionCode, Text
from hallserver.protocol.ids import (
    ClerkId,
    ClientId,
    CounterId,
    PriorityId,
    ServiceId,
    TicketId,
    TicketNumber,
)
from hallserver.protocol.replies import (
    Done,
    Explanation,
    Rejected,
    Reply,
    Reservation,
    TicketAtCounter,
)
from hallserver.protocol.states import TicketState
from tests.helpers.halls import KEY, PASSWORD, Played, check_password, small_plan, text

VETERAN = PriorityId("veteran")
CONSOLE, GUIDE = "console-01", "guide-01"


def plan(policy: Policy | None = None) -> HallPlan:
    """A hall in which clerk 1 may do everything and clerk 2 nothing special."""
    made = small_plan()
    first, *rest = made.clerks
    policy = policy or Policy("hall")
    return replace(
        made,
        rules=replace(made.rules, policy=policy.id),
        policies=(policy,),
        priorities=(PriorityClass(VETERAN, text("退役军人")),),
        clerks=(replace(first, permissions=frozenset(Permission)), *rest),
        guides=(StaffTablet(ClientId(GUIDE), text("大厅")),),
        consoles=(StaffTablet(ClientId(CONSOLE), text("办公室")),),
    )


def hall(policy: Policy | None = None) -> Played:
    played = Played(plan(policy))
    for client, clerk in (("counter-1", 1), ("counter-2", 2), (CONSOLE, 1), (GUIDE, 2)):
        command = c.SignIn(clerk=ClerkId(f"clerk-{clerk}"), password=PASSWORD)
        played.send(client, command)
    return played


def take(played: Played, service: str = "a", *, is_printed: bool = True) -> Reservation:
    reply = played.send("kiosk-01", c.ReserveTicket(service=ServiceId(service)))
    assert isinstance(reply, Reservation)
    if is_printed:
        assert played.send("kiosk-01", c.ConfirmPrinted(ticket=reply.ticket)) == Done()
    return reply


def call(played: Played, number: str, client: str = "counter-1") -> Reply:
    command = c.CallTicket(number=TicketNumber(number), reason=c.CallWish.RETURNED)
    return played.send(client, command)


def grant(played: Played, number: str, priority: str | None, client: str = CONSOLE) -> Reply:
    wanted = None if priority is None else PriorityId(priority)
    return played.send(client, c.GrantPriority(number=TicketNumber(number), priority=wanted))


def ask(played: Played, called: str, other: str, client: str = "counter-2") -> Reply:
    command = c.ExplainCall(called=TicketNumber(called), other=TicketNumber(other))
    return played.send(client, command)


def next_number(played: Played) -> str:
    reply = played.send("counter-1", c.CallNext())
    assert isinstance(reply, TicketAtCounter)
    played.send("counter-1", c.Arrive(ticket=reply.ticket))
    played.send("counter-1", c.Complete(ticket=reply.ticket))
    return reply.number


def assert_refused(reply: Reply, code: RejectionCode) -> None:
    assert isinstance(reply, Rejected)
    assert (reply.code, reply.text) == (code, SENTENCES[code])


def test_a_given_number_is_called_out_of_turn_and_the_wish_is_recorded() -> None:
    played = hall()
    take(played)
    wanted = take(played)
    reply = call(played, wanted.number)
    assert reply == TicketAtCounter(
        wanted.ticket, wanted.number, ServiceId("a"), TicketState.CALLED, recalls=0
    )
    called = played.journal[-1].event
    assert isinstance(called, ev.TicketCalled)
    assert (called.reason, called.wish) == (CallReason.BY_CLERK, c.CallWish.RETURNED)
    assert called.policy == Policy("hall")
    assert next_number_after_serving(played) == "A001"


def next_number_after_serving(played: Played) -> str:
    active = played.hall.state.desks[played.plan.counters[0].id].active
    assert active is not None
    played.send("counter-1", c.Arrive(ticket=active))
    played.send("counter-1", c.Complete(ticket=active))
    return next_number(played)


def test_a_counter_may_call_a_number_of_a_service_that_it_does_not_serve() -> None:
    played = hall()
    wanted = take(played, "c")
    reply = call(played, wanted.number)
    assert isinstance(reply, TicketAtCounter)


def test_a_number_called_by_a_clerk_leaves_the_turn_of_the_ratio_as_it_was() -> None:
    played = hall(Policy("hall", mix=Mix.RATIO, ordinary=1, priority=1))
    ordinary, veteran, wanted = take(played), take(played), take(played)
    grant(played, veteran.number, VETERAN)
    assert next_number(played) == ordinary.number
    call(played, wanted.number)
    assert next_number_after_serving(played) == veteran.number


def test_who_may_call_which_number() -> None:
    played = hall()
    waiting, reserved = take(played, "b"), take(played, "b", is_printed=False)
    assert_refused(call(played, waiting.number, "counter-2"), RejectionCode.NO_PERMISSION)
    assert_refused(call(played, "Z999"), RejectionCode.UNKNOWN_TICKET)
    assert_refused(call(played, reserved.number), RejectionCode.WRONG_STATE)
    call(played, waiting.number)
    assert_refused(call(played, waiting.number), RejectionCode.COUNTER_BUSY)
    played.send("counter-1", c.SignOut())
    assert_refused(call(played, waiting.number), RejectionCode.NOT_SIGNED_IN)
    assert_refused(call(played, waiting.number, GUIDE), RejectionCode.NOT_PERMITTED)


def test_a_number_with_a_class_is_called_sooner_and_keeps_its_place() -> None:
    played = hall()
    first, second, third = take(played), take(played), take(played)
    assert grant(played, third.number, VETERAN) == Done()
    granted = played.journal[-1].event
    assert granted == ev.PriorityGranted(third.ticket, VETERAN, ClerkId("clerk-1"))
    assert next_number(played) == third.number
    grant(played, second.number, VETERAN)
    grant(played, second.number, None)
    assert [next_number(played), next_number(played)] == [first.number, second.number]


def test_a_class_is_granted_before_the_paper_is_there_and_from_a_counter() -> None:
    played = hall()
    first, reserved = take(played), take(played, is_printed=False)
    assert grant(played, reserved.number, VETERAN, "counter-1") == Done()
    assert next_number(played) == first.number
    take(played)
    played.send("kiosk-01", c.ConfirmPrinted(ticket=reserved.ticket))
    assert next_number(played) == reserved.number


def test_granting_the_class_that_it_has_changes_nothing() -> None:
    played = hall()
    number = take(played).number
    grant(played, number, VETERAN)
    length = len(played.journal)
    assert grant(played, number, VETERAN) == Done()
    assert len(played.journal) == length


def test_who_may_grant_what_to_whom() -> None:
    played = hall()
    number = take(played).number
    assert_refused(grant(played, number, VETERAN, GUIDE), RejectionCode.NO_PERMISSION)
    assert_refused(grant(played, number, VETERAN, "console-02"), RejectionCode.NOT_SIGNED_IN)
    assert_refused(grant(played, number, VETERAN, "kiosk-01"), RejectionCode.NOT_PERMITTED)
    assert_refused(grant(played, number, "king"), RejectionCode.UNKNOWN_PRIORITY)
    assert_refused(grant(played, "Z999", VETERAN), RejectionCode.UNKNOWN_TICKET)
    next_number(played)
    assert_refused(grant(played, number, VETERAN), RejectionCode.WRONG_STATE)


@pytest.mark.parametrize("client", ["counter-2", GUIDE, CONSOLE])
def test_staff_are_told_why(client: str) -> None:
    played = hall()
    first, second = take(played), take(played)
    grant(played, second.number, VETERAN)
    next_number(played)
    reply = ask(played, second.number, first.number, client)
    assert isinstance(reply, Explanation)
    assert reply.text.zh == "A002号属于“退役军人”，按规定先于A001号所属的“普通群众”。"
    assert reply.text.en == (
        "A002 belongs to “退役军人”, who are called before “ordinary visitors” like A001."
    )


def test_of_two_calls_the_one_is_explained_that_the_other_had_to_watch() -> None:
    played = hall()
    first, second = take(played), take(played)
    call(played, second.number)
    played.send("counter-1", c.UndoCall(ticket=second.ticket))
    next_number(played)
    next_number(played)
    reply = ask(played, second.number, first.number)
    assert isinstance(reply, Explanation)
    assert reply.text.zh == "A002号是1号窗口工作人员指定呼叫的，原因：补齐材料后返回。"
    reply = ask(played, first.number, second.number)
    assert isinstance(reply, Explanation)
    assert reply.text.zh == "A001号取号早于A002号。"


def test_when_the_other_watched_no_call_the_last_is_explained() -> None:
    played = hall()
    first = take(played)
    next_number(played)
    later = take(played)
    reply = ask(played, first.number, later.number)
    assert isinstance(reply, Explanation)
    assert reply.text.zh == "呼叫A001号时，A002号还没有取号。"


def test_what_cannot_be_asked() -> None:
    played = hall()
    first, second = take(played), take(played)
    assert_refused(ask(played, first.number, second.number), RejectionCode.NOT_CALLED_YET)
    next_number(played)
    assert_refused(ask(played, first.number, first.number), RejectionCode.SAME_NUMBER)
    assert_refused(ask(played, first.number, "Z999"), RejectionCode.UNKNOWN_TICKET)
    assert_refused(ask(played, "Z999", first.number), RejectionCode.UNKNOWN_TICKET)
    refused = ask(played, first.number, second.number, "console-02")
    assert_refused(refused, RejectionCode.NOT_SIGNED_IN)
    refused = ask(played, first.number, second.number, "kiosk-01")
    assert_refused(refused, RejectionCode.NOT_PERMITTED)


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [(45, "45秒", "45 s"), (600, "10分钟", "10 min"), (605, "10分5秒", "10 min 5 s")],
)
def test_a_wait_is_told_in_minutes_and_seconds(seconds: int, zh: str, en: str) -> None:
    played = hall(Policy("hall", ageing_s=seconds))
    first = take(played)
    played.pass_time(seconds * 1000)
    second = take(played)
    grant(played, second.number, VETERAN)
    assert next_number(played) == first.number
    reply = ask(played, first.number, second.number)
    assert isinstance(reply, Explanation)
    assert reply.text.zh == f"A001号已等候{zh}，达到{zh}的上限，A002号未达到。"
    assert reply.text.en == (
        f"A001 had waited {en}, which reaches the limit of {en}; A002 had not."
    )


def test_a_class_that_the_hall_file_has_lost_ranks_last_and_is_told_by_its_id() -> None:
    played = hall()
    first, second = take(played), take(played)
    grant(played, second.number, VETERAN)
    next_number(played)
    third = take(played)
    grant(played, third.number, VETERAN)
    started_anew = Hall(replace(played.plan, priorities=()), KEY, check_password)
    for recorded in played.journal:
        started_anew.apply(recorded)
    command = c.ExplainCall(called=second.number, other=first.number)
    reply = started_anew.handle(ClientId(GUIDE), command, played.now).reply
    assert isinstance(reply, Explanation)
    assert reply.text.zh == "A002号属于“veteran”，按规定先于A001号所属的“普通群众”。"
    choice = choose_at(started_anew.state, CounterId(1), played.now.elapsed_ms)
    assert choice is not None
    assert choice.ticket == third.ticket


def test_of_a_number_that_stands_ahead_for_no_known_reason_no_more_is_said() -> None:
    """Taken later and ahead, and nobody set it there: the sentence says no more than it knows."""
    played = hall()
    first, second = take(played), take(played)
    state = played.hall.state
    state.alter(second.ticket, place=(0,))
    assert next_number(played) == second.number
    reply = ask(played, second.number, first.number)
    assert isinstance(reply, Explanation)
    assert reply.text == Text("A002号在队伍中排在A001号之前。", "A002 stood ahead of A001 in line.")


def test_who_was_set_back_once_stays_so_whatever_happens_without_moving_them() -> None:
    played = hall()
    first, second = take(played), take(played)
    missed = played.send("counter-1", c.CallNext())
    assert isinstance(missed, TicketAtCounter)
    played.send("counter-1", c.MarkNoShow(ticket=missed.ticket))
    played.send("counter-1", c.Reinstate(number=first.number))
    call(played, first.number)
    played.send("counter-1", c.UndoCall(ticket=first.ticket))
    assert next_number(played) == second.number
    reply = ask(played, second.number, first.number)
    assert isinstance(reply, Explanation)
    assert reply.text.en == (
        "A001 had missed its call and by the hall's rule came back in line behind A002."
    )


def test_what_became_of_a_ticket_is_told_in_order() -> None:
    played = hall()
    given = take(played)
    next_number(played)
    versions = played.hall.state.past.versions(given.ticket)
    assert [version.ticket.state.name for version in versions] == [
        "RESERVED",
        "WAITING",
        "CALLED",
        "SERVING",
        "COMPLETED",
    ]
    assert played.hall.state.past.versions(TicketId("no-such-ticket")) == ()

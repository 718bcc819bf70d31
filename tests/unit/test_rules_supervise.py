"""What tidal rules propose, and what becomes of it; one sentence a test."""

import pytest

from hallserver.domain import events as ev
from hallserver.domain.invariant import InvariantError
from hallserver.domain.rules import TidalRule
from hallserver.domain.tidal import BACK_AFTER_MS, QUIET_MS, Load, Tides, is_calm, is_rush
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import BusinessDay, CounterId, Epoch, ProposalId, ServiceId
from hallserver.protocol.replies import Done, Rejected
from hallserver.protocol.snapshots import ConsoleSnapshot, Proposal, ProposalKind
from tests.helpers.halls import DAY_MS
from tests.helpers.staffed import CONSOLE, Staffed, staffed_plan

TWO = ((1, ("a", "b")), (2, ("c",)), (3, ("b", "c")))
A, B, C = ServiceId("a"), ServiceId("b"), ServiceId("c")
NOON = TidalRule("noon", (A, B), CounterId(2), waiting_over=4, waited_over_s=600)


def hall(*tidal: TidalRule) -> Staffed:
    played = Staffed(staffed_plan(TWO, tidal=tidal))
    played.open(1, 2)
    played.supervise()
    return played


def console(played: Staffed) -> ConsoleSnapshot:
    shown = dict(played.hall.everything(Epoch(1)))["jiaohao/console"]
    assert isinstance(shown, ConsoleSnapshot)
    return shown


def assert_refused(reply: object, code: RejectionCode) -> None:
    assert isinstance(reply, Rejected)
    assert reply.code is code


def rush(played: Staffed, people: int = 5) -> None:
    for _ in range(people):
        played.take("a")
    played.wait(1)


def made(played: Staffed) -> list[ev.ProposalMade]:
    return [each.event for each in played.journal if isinstance(each.event, ev.ProposalMade)]


def test_a_rush_is_proposed_to_the_supervisor_once():
    played = hall(NOON)
    rush(played, 4)
    assert made(played) == []
    rush(played, 1)
    played.wait(120)
    (proposed,) = made(played)
    assert proposed == ev.ProposalMade(
        ProposalId("20261123-0001"), "noon", ProposalKind.MOVE, CounterId(2), (A, B), 5, 2
    )
    (shown,) = console(played).proposals
    assert (shown.id, shown.kind, shown.waiting) == (proposed.proposal, ProposalKind.MOVE, 5)
    assert "jiaohao/console" in dict(played.hall.changed(Epoch(1)))


def test_one_who_waits_too_long_is_a_rush_too():
    played = hall(NOON)
    played.take("a")
    played.wait(600)
    assert made(played) == []
    played.wait(2)
    (proposed,) = made(played)
    assert (proposed.waiting, proposed.longest_s) == (1, 601)


def test_a_counter_without_a_clerk_is_proposed_to_be_opened():
    played = hall(NOON)
    played.send("counter-2", c.SignOut())
    rush(played)
    assert [each.kind for each in made(played)] == [ProposalKind.OPEN]


def test_a_counter_that_serves_already_is_proposed_only_while_it_has_no_clerk():
    played = hall(NOON)
    played.assign(2, "a", "b", "c")
    rush(played)
    assert made(played) == []
    played.send("counter-2", c.SignOut())
    played.wait(1)
    (proposed,) = made(played)
    assert proposed.kind is ProposalKind.OPEN
    assert approve(played) == Done()
    assert played.journal[-1].event == ev.ProposalApproved(proposed.proposal, (), "boss")
    played.open(2)
    serve_all(played, 1)
    played.wait(BACK_AFTER_MS // 1000 + 5)
    assert len(made(played)) == 1  # nothing was moved, so there is nothing to move back
    played.send("counter-2", c.SignOut())
    rush(played)
    assert len(made(played)) == 2


def approve(played: Staffed, number: int = -1) -> object:
    return played.send(CONSOLE, c.ApproveProposal(made(played)[number].proposal))


def decline(played: Staffed) -> object:
    return played.send(CONSOLE, c.DeclineProposal(made(played)[-1].proposal))


def serve_all(played: Staffed, counter: int) -> None:
    while played.hall.state.lines.length(A):
        played.serve(counter)
    played.wait(1)


def test_an_approved_proposal_moves_the_services_exactly_once():
    played = hall(NOON)
    rush(played)
    assert approve(played) == Done()
    assert [each.event for each in played.journal[-2:]] == [
        ev.ProposalApproved(made(played)[0].proposal, (A, B), "boss"),
        ev.ServicesAssigned(CounterId(2), (C, A, B), "boss"),
    ]
    length = len(played.journal)
    assert_refused(approve(played), RejectionCode.PROPOSAL_ENDED)
    assert_refused(decline(played), RejectionCode.PROPOSAL_ENDED)
    assert len(played.journal) == length
    assert played.call(2).number == "A001"
    assert console(played).proposals == ()


def test_a_declined_proposal_comes_again_after_a_pause_only():
    played = hall(NOON)
    rush(played)
    assert decline(played) == Done()
    assert played.hall.state.services_of(CounterId(2)) == (C,)
    played.wait(QUIET_MS // 1000 - 2)
    assert len(made(played)) == 1
    played.wait(3)
    assert [each.proposal[-4:] for each in made(played)] == ["0001", "0002"]


def test_a_proposal_is_withdrawn_when_the_rush_is_over_and_made_anew_with_the_next():
    played = hall(NOON)
    rush(played)
    played.serve(1)
    played.wait(2)
    assert len(console(played).proposals) == 1  # 4 of 4: around the threshold nothing changes
    played.serve(1)
    played.wait(2)
    withdrawn = ev.ProposalWithdrawn(made(played)[0].proposal, ev.WithdrawReason.LOAD_CHANGED)
    assert played.journal[-1].event == withdrawn
    rush(played, 1)
    assert len(made(played)) == 1
    rush(played, 1)
    assert len(made(played)) == 2


def test_a_proposal_is_withdrawn_when_a_supervisor_did_it_by_hand():
    played = hall(NOON)
    rush(played)
    played.assign(2, "c", "a", "b")
    played.wait(1)
    withdrawn = ev.ProposalWithdrawn(made(played)[0].proposal, ev.WithdrawReason.DONE_OTHERWISE)
    assert played.journal[-1].event == withdrawn


def test_an_open_proposal_ends_with_the_day():
    played = hall(NOON)
    rush(played)
    played.pass_time(DAY_MS)
    played.tick()
    withdrawn = ev.ProposalWithdrawn(made(played)[0].proposal, ev.WithdrawReason.DAY_ENDED)
    assert withdrawn in [each.event for each in played.journal]
    assert console(played).proposals == ()


def test_moving_back_is_proposed_when_the_rush_has_been_over_for_long():
    played = hall(NOON)
    rush(played)
    approve(played)
    serve_all(played, 2)
    assert ev.RushTurned("noon", is_over=True) in [each.event for each in played.journal]
    played.wait(BACK_AFTER_MS // 1000 - 2)
    assert len(made(played)) == 1
    played.wait(3)
    back = made(played)[-1]
    assert (back.kind, back.services, back.waiting) == (ProposalKind.BACK, (A, B), 0)
    assert approve(played) == Done()
    assert played.journal[-1].event == ev.ServicesAssigned(CounterId(2), (C,), "boss")
    rush(played)
    assert [each.kind for each in made(played)][-1] is ProposalKind.MOVE


def test_a_rush_that_begins_anew_puts_moving_back_off():
    played = hall(NOON)
    rush(played)
    approve(played)
    serve_all(played, 2)
    played.wait(BACK_AFTER_MS // 1000 - 10)
    rush(played)
    assert played.journal[-1].event == ev.RushTurned("noon", is_over=False)
    played.wait(60)
    assert len(made(played)) == 1
    serve_all(played, 2)
    played.wait(BACK_AFTER_MS // 1000 - 10)
    assert len(made(played)) == 1
    played.wait(12)
    assert made(played)[-1].kind is ProposalKind.BACK


def raised_and_calm() -> Staffed:
    played = hall(NOON)
    rush(played)
    approve(played)
    serve_all(played, 2)
    played.wait(BACK_AFTER_MS // 1000 + 2)
    assert made(played)[-1].kind is ProposalKind.BACK
    return played


def test_moving_back_is_withdrawn_by_the_next_rush():
    played = raised_and_calm()
    rush(played)
    withdrawn = ev.ProposalWithdrawn(made(played)[-1].proposal, ev.WithdrawReason.LOAD_CHANGED)
    assert withdrawn in [each.event for each in played.journal]
    played.wait(1)
    assert played.journal[-1].event == ev.RushTurned("noon", is_over=False)


def test_moving_back_that_was_declined_comes_again_after_a_pause():
    played = raised_and_calm()
    decline(played)
    played.wait(QUIET_MS // 1000 - 2)
    assert len(made(played)) == 2
    played.wait(3)
    assert made(played)[-1].kind is ProposalKind.BACK
    assert len(made(played)) == 3


def test_moving_back_by_hand_ends_the_proposal_and_gives_the_rule_a_pause():
    played = raised_and_calm()
    played.assign(2)
    played.wait(1)
    withdrawn = ev.ProposalWithdrawn(made(played)[-1].proposal, ev.WithdrawReason.DONE_OTHERWISE)
    assert played.journal[-1].event == withdrawn
    rush(played)
    played.wait(60)
    assert len(made(played)) == 2
    played.wait(QUIET_MS // 1000)
    assert made(played)[-1].kind is ProposalKind.MOVE


def test_moving_back_is_not_proposed_when_nobody_else_serves_it_any_more():
    played = hall(NOON)
    rush(played)
    approve(played)
    serve_all(played, 2)
    assert played.assign(1, "b") == Done()  # only counter 2 serves A now
    played.wait(BACK_AFTER_MS // 1000 + 5)
    assert len(made(played)) == 1
    assert played.assign(1) == Done()
    played.wait(1)
    assert made(played)[-1].kind is ProposalKind.BACK
    assert played.assign(1, "b") == Done()
    assert_refused(approve(played), RejectionCode.SERVICE_UNSERVED)


def test_moving_back_takes_only_what_the_counter_still_serves():
    played = raised_and_calm()
    played.assign(2, "c", "b")
    assert approve(played) == Done()
    assert played.hall.state.services_of(CounterId(2)) == (C,)


def test_another_counters_assignment_does_not_touch_a_rule():
    played = hall(NOON)
    rush(played)
    approve(played)
    played.assign(3, "a")
    assert played.hall.state.tides.of("noon").raised == (A, B)


def test_two_rules_that_ask_at_once_have_two_proposals():
    other = TidalRule("other", (A,), CounterId(3), waiting_over=2)
    played = hall(NOON, other)
    played.open(3)
    rush(played)
    assert [(each.proposal[-4:], each.rule) for each in made(played)] == [
        ("0001", "noon"),
        ("0002", "other"),
    ]
    assert [each.rule for each in console(played).proposals] == ["noon", "other"]
    assert approve(played, 1) == Done()
    assert approve(played, 0) == Done()
    assert played.hall.state.counters_of(A) == (1, 2, 3)


@pytest.mark.parametrize("sent_to", [2, 3])
def test_who_was_sent_to_one_counter_is_no_rush_of_its_service(sent_to):
    rule = TidalRule("any", (B, C), CounterId(2), waiting_over=0)
    played = hall(rule)
    played.open(3)
    played.assign(2, "b")
    called = played.take("b")
    played.call(1)
    played.send("counter-1", c.Arrive(ticket=called.ticket))
    transfer = c.Transfer(ticket=called.ticket, counter=CounterId(sent_to))
    assert not isinstance(played.send("counter-1", transfer), Rejected)
    played.wait(2)
    assert played.hall.state.lines.length(B) == 1
    assert made(played) == []


def test_the_rush_is_looked_at_once_a_second_where_something_happens():
    played = hall(NOON)
    for _ in range(5):
        played.take("a")
    played.pass_time(999)
    played.tick()
    assert made(played) == []
    played.pass_time(1)
    played.tick()
    assert len(made(played)) == 1


@pytest.mark.parametrize("waiting", range(9))
@pytest.mark.parametrize("longest_s", [0, 449, 450, 451, 600, 601])
def test_no_load_is_a_rush_and_calm_at_once(waiting, longest_s):
    load = Load(waiting, longest_s)
    assert is_rush(NOON, load) == (waiting > 4 or longest_s > 600)
    assert is_calm(NOON, load) == (waiting <= 3 and longest_s <= 450)
    no_limit = TidalRule("plain", (A,), CounterId(2), waiting_over=4)
    assert is_rush(no_limit, load) == (waiting > 4)
    assert is_calm(no_limit, load) == (waiting <= 3)


def test_a_rule_has_one_proposal_at_a_time():
    tides = Tides([NOON])
    first, second = (
        Proposal(ProposalId(name), "noon", ProposalKind.MOVE, CounterId(2), (A,), 5, 1, 0)
        for name in ("1", "2")
    )
    tides.propose(first)
    with pytest.raises(InvariantError, match="one proposal"):
        tides.propose(second)
    with pytest.raises(KeyError):
        tides.close(second.id)
    assert tides.close(first.id)[1] == first
    assert tides.find(first.id) is None


def test_the_journal_gives_the_same_hall_again():
    played = raised_and_calm()
    again = played.refolded()
    assert list(again.everything(Epoch(1))) == list(played.hall.everything(Epoch(1)))
    assert played.hall.state.numbering.day == BusinessDay("20261123")

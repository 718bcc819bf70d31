"""The clerk's terminal, rule by rule."""

from dataclasses import replace

import pytest

from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.protocol import commands as c
from hallserver.protocol.errors import SENTENCES, RejectionCode, Text
from hallserver.protocol.ids import (
    ClerkId,
    CommandId,
    CounterId,
    Epoch,
    ServiceId,
    TicketId,
    TicketNumber,
)
from hallserver.protocol.replies import Done, Explanation, SignedIn, TicketAtCounter, reject
from hallserver.protocol.snapshots import ActiveTicket, ClerkAtCounter, CounterSnapshot
from hallserver.protocol.states import PauseReason, TicketState
from ui.counter.flow import (
    SAME_KEY_GUARD_S,
    Act,
    Asked,
    Pressed,
    SignInPressed,
    State,
    Submit,
    SubmitRefused,
    Submitted,
    step,
)

CLERK = ClerkAtCounter(ClerkId("wang"), Text("王芳", "Wang Fang"), "0012")
T1 = TicketId("20261123-A001")


def ticket(state=TicketState.CALLED, *, number="A001", recalls=0):
    return ActiveTicket(
        ticket=TicketId(f"20261123-{number}"),
        number=TicketNumber(number),
        service=ServiceId("a"),
        state=state,
        recalls=recalls,
        called_at_ms=1,
    )


def snapshot(version=1, *, clerk=CLERK, active=None, epoch=1, waiting=3):
    return CounterSnapshot(
        epoch=Epoch(epoch),
        version=version,
        counter=CounterId(12),
        clerk=clerk,
        active=active,
        waiting=waiting,
        next_numbers=(),
        rateable=None,
    )


def answer(state, *, number="A001", recalls=0):
    return TicketAtCounter(
        ticket=TicketId(f"20261123-{number}"),
        number=TicketNumber(number),
        service=ServiceId("a"),
        state=state,
        recalls=recalls,
    )


def play(state, *events):
    """Feed all events; return the last state and all commands."""
    commands = []
    for event in events:
        state, effects = step(state, event)
        commands += [effect.command for effect in effects]
    return state, commands


def working(active=None, version=1):
    """A terminal in mid-shift."""
    live = State(link=LinkState.LIVE)
    return play(live, SnapshotArrived(snapshot(version, active=active)))[0]


def press(state, act, command_id="press-0001"):
    """Press a key and let the link take the command."""
    return play(state, Pressed(act), Submitted(CommandId(command_id)))


def reply(state, what, command_id="press-0001"):
    return step(state, ReplyArrived(CommandId(command_id), state.pending.command, what))[0]


@pytest.mark.parametrize(
    ("active", "allowed"),
    [
        (None, {Act.NEXT, Act.SIGN_OUT}),
        (TicketState.CALLED, {Act.RECALL, Act.ARRIVE, Act.NO_SHOW, Act.SIGN_OUT}),
        (TicketState.SERVING, {Act.COMPLETE}),
        (TicketState.PARKED, set()),
    ],
)
def test_what_is_allowed_follows_the_tickets_state(active, allowed):
    state = working(ticket(active) if active else None)
    assert state.allowed == allowed
    for act in Act:
        after, commands = play(state, Pressed(act))
        assert len(commands) == (act in allowed)
        assert (after.pending is not None) == (act in allowed)


@pytest.mark.parametrize(
    ("state", "act", "command"),
    [
        (None, Act.NEXT, c.CallNext()),
        (None, Act.SIGN_OUT, c.SignOut()),
        (TicketState.CALLED, Act.RECALL, c.Recall(T1)),
        (TicketState.CALLED, Act.ARRIVE, c.Arrive(T1)),
        (TicketState.CALLED, Act.NO_SHOW, c.MarkNoShow(T1)),
        (TicketState.SERVING, Act.COMPLETE, c.Complete(T1)),
    ],
)
def test_each_key_submits_its_command_about_the_ticket_here(state, act, command):
    _, commands = play(working(ticket(state) if state else None), Pressed(act))
    assert commands == [command]


def test_while_a_press_is_under_way_no_key_does_anything():
    state, _ = press(working(ticket()), Act.RECALL)
    for act in Act:
        assert play(state, Pressed(act)) == (state, [])
    assert state.offered  # buttons keep their look for the few ms that it takes


def test_an_impatient_finger_on_next_calls_once_even_after_the_answer():
    state, commands = play(working(), Pressed(Act.NEXT, 0.0), Submitted(CommandId("press-0001")))
    state = reply(state, answer(TicketState.CALLED))
    state, more = play(state, Pressed(Act.NEXT, 0.15), Pressed(Act.NEXT, 5.0))
    assert (commands, more) == ([c.CallNext()], [])


def test_a_double_click_on_recall_recalls_once_although_the_first_is_answered():
    state, first = play(working(ticket()), Pressed(Act.RECALL, 0.0))
    state = reply(state, answer(TicketState.CALLED, recalls=1))
    assert Act.RECALL in state.allowed
    state, second = play(state, Pressed(Act.RECALL, 0.2))
    assert (first, second) == ([c.Recall(T1)], [])


def test_drumming_on_a_key_is_one_press_until_it_has_rested():
    state, commands = play(working(ticket()), Pressed(Act.RECALL, 0.0))
    state = reply(state, answer(TicketState.CALLED, recalls=1))
    for tenth in range(1, 40):
        state, more = play(state, Pressed(Act.RECALL, tenth / 10))
        commands += more
    assert commands == [c.Recall(T1)]
    _, later = play(state, Pressed(Act.RECALL, 3.9 + SAME_KEY_GUARD_S))
    assert later == [c.Recall(T1)]


def test_another_key_right_after_is_meant():
    state, _ = play(working(ticket(TicketState.SERVING)), Pressed(Act.COMPLETE, 0.0))
    state = reply(state, answer(TicketState.COMPLETED))
    assert play(state, Pressed(Act.NEXT, 0.05))[1] == [c.CallNext()]


def test_a_reply_is_shown_before_its_snapshot():
    state, _ = press(working(), Act.NEXT)
    state = reply(state, answer(TicketState.CALLED))
    assert state.active == replace_called_at(ticket(), 0)
    assert (state.last, state.pending) == ("A001", None)
    assert state.said == Text("已呼叫 A001", "Called A001")
    assert not state.is_refusal


def replace_called_at(active, called_at_ms):
    return ActiveTicket(
        active.ticket, active.number, active.service, active.state, active.recalls, called_at_ms
    )


def test_a_snapshot_from_before_the_reply_changes_the_counts_only():
    state, _ = press(working(), Act.NEXT)
    state = reply(state, answer(TicketState.CALLED))
    state, _ = play(state, SnapshotArrived(snapshot(2, waiting=9)))
    assert state.active is not None
    assert state.counter.waiting == 9


def test_two_replies_before_the_first_snapshot_are_both_kept():
    state, _ = press(working(), Act.NEXT)
    state = reply(state, answer(TicketState.CALLED))
    state, _ = press(state, Act.ARRIVE, "press-0002")
    state = reply(state, answer(TicketState.SERVING), "press-0002")
    state, _ = play(state, SnapshotArrived(snapshot(2, active=ticket())))
    assert state.active.state is TicketState.SERVING
    state, _ = play(state, SnapshotArrived(snapshot(3, active=ticket(TicketState.SERVING))))
    assert state.ahead is None


def test_a_snapshot_that_overtook_its_reply_is_never_set_back():
    state, _ = press(working(), Act.NEXT)
    state, _ = play(
        state,
        SnapshotArrived(snapshot(2, active=ticket())),
        SnapshotArrived(snapshot(3, clerk=None)),
    )
    state = reply(state, answer(TicketState.CALLED))
    assert state.active is None
    assert not state.is_signed_in
    assert state.pending is None


def ask(state, command, command_id="ask-00001"):
    """Ask for what has no key and let the link take the command."""
    return play(state, Asked(command), Submitted(CommandId(command_id)))


def test_an_undone_call_is_gone_although_no_snapshot_of_it_ever_came():
    state, _ = press(working(), Act.NEXT)
    state = reply(state, answer(TicketState.CALLED))
    state, commands = ask(state, c.UndoCall(T1))
    assert commands == [c.UndoCall(T1)]
    state = reply(state, answer(TicketState.WAITING), "ask-00001")
    assert state.active is None
    assert state.said == Text("已撤回对 A001 的呼叫", "Call of A001 taken back")
    assert state.allowed == {Act.NEXT, Act.SIGN_OUT}
    # The desk is as it was before the call: this one looks like a snapshot from before it.
    state, _ = play(state, SnapshotArrived(snapshot(7)))
    assert state.active is None
    state, _ = play(state, SnapshotArrived(snapshot(8, clerk=None)))
    assert not state.is_signed_in


@pytest.mark.parametrize(
    ("command", "becomes", "said"),
    [
        (c.Transfer(T1, ServiceId("b")), TicketState.WAITING, "A001 已转移"),
        (c.Park(T1), TicketState.PARKED, "A001 已挂起"),
        (c.Complete(T1, (ServiceId("b"),)), TicketState.COMPLETED, "A001 已办结"),
        (c.Complete(T1), TicketState.WAITING, "A001 本环节已办结，转入后续环节"),
    ],
)
def test_who_is_sent_on_or_set_aside_leaves_the_counter_with_the_reply(command, becomes, said):
    state, _ = ask(working(ticket(TicketState.SERVING)), command)
    assert state.pending is not None
    state = reply(state, answer(becomes), "ask-00001")
    assert (state.active, state.pending, state.said.zh) == (None, None, said)


def test_who_is_taken_up_again_or_called_by_number_is_here_with_the_reply():
    state, _ = ask(working(), c.Resume(T1))
    state = reply(state, answer(TicketState.SERVING), "ask-00001")
    assert state.active.state is TicketState.SERVING
    state, _ = ask(working(), c.CallTicket(TicketNumber("A001"), c.CallWish.URGENT))
    state = reply(state, answer(TicketState.CALLED), "ask-00001")
    assert (state.active.number, state.said.zh) == ("A001", "已呼叫 A001")


def test_reinstating_somebody_leaves_the_ticket_at_this_counter_alone():
    here = working(ticket(TicketState.SERVING, number="A002"))
    state, _ = ask(here, c.Reinstate(TicketNumber("A001")))
    state = reply(state, answer(TicketState.WAITING), "ask-00001")
    assert (state.desk, state.ahead) == (here.desk, None)
    assert state.said == Text("A001 已恢复排队", "A001 waits again")


@pytest.mark.parametrize(
    ("command", "what", "said"),
    [
        (c.PauseCounter(PauseReason.MEETING), Done(), "This window is paused."),
        (c.ResumeCounter(), Done(), "This window is open again."),
        (c.GrantPriority(TicketNumber("A001"), None), Done(), "The priority class is set."),
        (
            c.ExplainCall(TicketNumber("A002"), TicketNumber("A001")),
            Explanation(Text("因为。", "Because.")),
            "Because.",
        ),
    ],
)
def test_what_moves_no_ticket_is_said_and_ends_no_shift(command, what, said):
    state, _ = ask(working(), command)
    state = reply(state, what, "ask-00001")
    assert (state.said.en, state.is_refusal, state.is_signed_in) == (said, False, True)
    state, _ = play(state, SnapshotArrived(snapshot(9, clerk=None)))
    assert state.said.en.startswith("The shift at this window has ended.")


def test_what_has_no_key_is_one_press_like_any_other():
    command = c.Park(T1)
    state = working(ticket(TicketState.SERVING))
    state, commands = play(state, Asked(command, 1.0), Submitted(CommandId("ask-00001")))
    assert commands == [command]
    assert play(state, Asked(command, 1.2), Asked(c.ResumeCounter(), 1.3))[1] == []
    state = reply(state, reject(RejectionCode.PARK_LIMIT), "ask-00001")
    assert state.refusal is RejectionCode.PARK_LIMIT
    assert play(state, Asked(command, 1.4))[1] == []
    assert play(state, Asked(c.ResumeCounter(), 1.4))[1] == [c.ResumeCounter()]
    assert play(state, Asked(command, 2.5))[1] == [command]


def test_nothing_is_asked_for_before_the_shift_or_while_the_hall_is_away():
    command = c.ResumeCounter()
    assert play(State(link=LinkState.LIVE), Asked(command))[1] == []
    state, commands = play(working(), LinkChanged(LinkState.STALE), Asked(command))
    assert commands == []
    assert state.is_refusal


def test_an_older_or_repeated_snapshot_changes_nothing():
    state = working(ticket(), version=5)
    for old in (snapshot(5), snapshot(4), snapshot(1, clerk=None)):
        assert play(state, SnapshotArrived(old)) == (state, [])


def test_a_server_that_was_started_anew_is_newer_whatever_its_number():
    state = working(ticket(), version=500)
    state, _ = play(state, SnapshotArrived(snapshot(3, epoch=2)))
    assert state.active is None


def test_an_answer_to_another_press_does_not_end_this_one():
    state, _ = press(working(), Act.NEXT)
    state, _ = play(
        state, ReplyArrived(CommandId("from-before"), c.CallNext(), answer(TicketState.CALLED))
    )
    assert state.pending is not None
    assert state.active is None


def test_what_the_link_refuses_before_it_tells_the_id_ends_the_press():
    state, _ = play(State(link=LinkState.LIVE), SignInPressed("x" * 65, "secret"))
    refused = ReplyArrived(
        CommandId("press-0001"),
        c.SignIn(ClerkId("x" * 65), "secret"),
        reject(RejectionCode.MALFORMED),
    )
    state, _ = play(state, refused, Submitted(CommandId("press-0001")))
    assert state.pending is None
    assert state.said == SENTENCES[RejectionCode.MALFORMED]


@pytest.mark.parametrize("code", list(RejectionCode))
def test_every_refusal_says_its_sentence_and_frees_the_keys(code):
    state, _ = press(working(ticket()), Act.RECALL)
    state = reply(state, reject(code))
    assert state.pending is None
    assert state.said == SENTENCES[code]
    assert state.is_refusal
    assert state.refusal is code


def test_a_shift_begins_and_ends_by_snapshots_alone():
    """A reply about it may be long past: without a clerk a desk looks the same before and after."""
    live = play(State(link=LinkState.LIVE), SnapshotArrived(snapshot(1, clerk=None)))[0]
    state, _ = play(live, SignInPressed("wang", "p"), Submitted(CommandId("press-0001")))
    state, _ = play(state, SnapshotArrived(snapshot(9, clerk=None)))
    state = reply(state, SignedIn(CLERK.clerk, CLERK.name))
    assert not state.is_signed_in
    assert state.may_sign_in


def test_an_outbox_that_is_full_says_so_and_frees_the_keys():
    state, _ = play(working(), Pressed(Act.NEXT), SubmitRefused())
    assert state.pending is None
    assert "Not sent" in state.said.en
    assert state.is_refusal
    assert Act.NEXT in state.allowed


@pytest.mark.parametrize("link", [state for state in LinkState if state is not LinkState.LIVE])
def test_without_a_live_link_no_press_is_accepted_and_the_clerk_is_told(link):
    state, _ = play(working(ticket()), LinkChanged(link))
    assert state.active is not None  # the last picture stays
    assert state.offered == frozenset()
    for act in Act:
        after, commands = play(state, Pressed(act))
        assert commands == []
        assert after.said is not None
        assert after.is_refusal


@pytest.mark.parametrize(
    ("link", "code"),
    [
        (LinkState.UPDATE_CLIENT, RejectionCode.CLIENT_TOO_OLD),
        (LinkState.UPDATE_SERVER, RejectionCode.CLIENT_TOO_NEW),
    ],
)
def test_a_mismatch_of_versions_says_which_side_to_update(link, code):
    state, _ = play(working(), LinkChanged(link), Pressed(Act.NEXT))
    assert state.said == SENTENCES[code]


def test_a_press_while_the_one_before_is_unconfirmed_warns_not_to_repeat_it():
    state, _ = press(working(), Act.NEXT)
    state, commands = play(state, LinkChanged(LinkState.STALE), Pressed(Act.NEXT))
    assert commands == []
    assert "not confirmed" in state.said.en
    assert state.pending is not None
    # The link came back, and with it the answer.
    state, _ = play(state, LinkChanged(LinkState.LIVE))
    assert state.said is None
    state = reply(state, answer(TicketState.CALLED))
    assert state.active is not None


def test_the_sentence_about_the_link_goes_when_the_link_is_back_others_stay():
    away, _ = play(working(), LinkChanged(LinkState.STALE), Pressed(Act.NEXT))
    assert play(away, LinkChanged(LinkState.LIVE))[0].said is None
    state, _ = press(working(), Act.NEXT)
    state = reply(state, reject(RejectionCode.NOBODY_WAITING))
    state, _ = play(state, LinkChanged(LinkState.STALE), LinkChanged(LinkState.LIVE))
    assert state.said == SENTENCES[RejectionCode.NOBODY_WAITING]


def test_signing_in_sends_the_password_and_keeps_it_nowhere():
    secret = "hunter2-secret"
    entered = SignInPressed(" wang ", secret, 1.0)
    state, effects = step(State(link=LinkState.LIVE), entered)
    assert effects == (Submit(c.SignIn(ClerkId("wang"), secret)),)
    for thing in (state, entered, effects, state.pending):
        assert secret not in repr(thing)
    assert state.pending.command.password != secret
    state, _ = play(state, Submitted(CommandId("press-0001")))
    state = reply(state, SignedIn(CLERK.clerk, CLERK.name))
    state, _ = play(state, SnapshotArrived(snapshot(1)))
    assert state.is_signed_in
    assert state.said == Text("王芳，您好。", "Welcome, Wang Fang.")


@pytest.mark.parametrize(("account", "password"), [("", "p"), ("   ", "p"), ("wang", "")])
def test_an_empty_form_sends_nothing(account, password):
    assert play(State(link=LinkState.LIVE), SignInPressed(account, password))[1] == []


def test_enter_pressed_twice_signs_in_once_and_a_wrong_password_is_sent_once():
    live = State(link=LinkState.LIVE)
    state, first = play(live, SignInPressed("wang", "p", 0.0), SignInPressed("wang", "p", 0.1))
    state = reply(state, reject(RejectionCode.WRONG_PASSWORD))
    state, second = play(state, SignInPressed("wang", "p", 0.2))
    assert len(first) == 1
    assert second == []
    assert state.said == SENTENCES[RejectionCode.WRONG_PASSWORD]


def test_who_is_signed_in_cannot_sign_in_again():
    assert play(working(), SignInPressed("li", "p"))[1] == []


def test_signing_out_forgets_the_number_and_says_so():
    state = working(ticket())
    assert state.last == "A001"
    state, _ = press(state, Act.SIGN_OUT)
    state = reply(state, Done())
    assert state.said.en == "Signed out."
    state, _ = play(state, SnapshotArrived(snapshot(2, clerk=None)))
    assert (state.is_signed_in, state.last, state.active) == (False, None, None)
    assert state.said.en == "Signed out."
    assert not state.is_refusal


def test_a_shift_that_others_end_is_announced():
    state, _ = play(working(), SnapshotArrived(snapshot(2, clerk=None)))
    assert "has ended" in state.said.en
    assert state.is_refusal


def test_the_picture_is_the_same_for_the_same_events():
    events = [Pressed(Act.NEXT, 1.0), Submitted(CommandId("press-0001"))]
    assert play(working(), *events) == play(replace(working()), *events)

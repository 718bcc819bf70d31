"""The terminal beside a real hall, with a wire that delays, repeats and reorders.

What the terminal shows is held against the history of its counter as the hall lived it.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hallserver.client.updates import LinkChanged, LinkState, ReplyArrived, SnapshotArrived
from hallserver.domain import desk_view
from hallserver.domain.plan import with_clerks
from hallserver.domain.rules import Permission
from hallserver.protocol import commands as c
from hallserver.protocol.ids import CommandId, CounterId, Epoch, ServiceId
from hallserver.protocol.replies import Rejected, Reservation
from hallserver.protocol.states import PauseReason
from tests.helpers.halls import DAY_MS, PASSWORD, Played, small_plan
from ui.counter.flow import Act, Asked, Pressed, SignInPressed, State, Submitted, step

TERMINAL = "counter-1"
HERE = CounterId(1)
MAX_LATE = 6

acts = st.sampled_from(list(Act))


def key(clerk, active):
    """What the hall's rules know of a counter."""
    about = (active.ticket, active.state, active.recalls) if active else ()
    return (clerk.clerk if clerk else None, *about)


class TerminalMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        plan = small_plan()
        allowed = [replace(each, permissions=frozenset(Permission)) for each in plan.clerks]
        self.played = Played(with_clerks(plan, allowed))
        self.state = State(link=LinkState.LIVE)
        self.presses = 0
        self.clock_s = 0.0
        self.arrived = []  # on the wire to the terminal: updates in no order
        self.unsent = []  # submitted, not yet at the hall: in order, as the outbox keeps them
        self.delivered = []
        self.history = []  # keys of the counter, one per change, as the hall lived them
        self.shown_at = 0  # the place in the history that the terminal shows
        self.newest = 0

    @initialize()
    def begin(self):
        self._publish()
        self._take(self.arrived.pop())

    def _publish(self):
        snapshot = desk_view.counter(self.played.hall.state, HERE, Epoch(1))
        now = key(snapshot.clerk, snapshot.active)
        if not self.history or self.history[-1] != now:
            self.history.append(now)
        self.newest = snapshot.version
        self.arrived.append(SnapshotArrived(snapshot))

    def _take(self, event):
        self.state, effects = step(self.state, event)
        for effect in effects:
            self.presses += 1
            command_id = CommandId(f"press-{self.presses:04}")
            self.unsent.append((command_id, effect.command))
            self.state, more = step(self.state, Submitted(command_id))
            assert more == ()
        assert len(effects) <= 1
        self._check_picture()

    def _check_picture(self):
        """What is shown is a moment of the counter's life, and never one before the last shown."""
        shown = key(self.state.desk.clerk, self.state.desk.active)
        later = [at for at in range(self.shown_at, len(self.history)) if self.history[at] == shown]
        assert later, f"{shown} is shown after {self.history[self.shown_at]}"
        self.shown_at = later[0]

    # The clerk, and others.

    @rule(act=acts, soon=st.booleans())
    def press(self, act, soon):
        was_pending = self.state.pending
        before = self.presses
        self.clock_s += 0.1 if soon else 1.0
        allowed = self.state.allowed
        self._take(Pressed(act, self.clock_s))
        if was_pending or act not in allowed:
            assert self.presses == before

    @rule(act=acts, times=st.integers(2, 5))
    def drum(self, act, times):
        before = self.presses
        self.clock_s += 1.0
        for _ in range(times):
            self.clock_s += 0.1
            self._take(Pressed(act, self.clock_s))
            self.hear_all_of_the_hall()
        assert self.presses <= before + 1

    @rule(data=st.data(), soon=st.booleans())
    def ask(self, data, soon):
        """Ask for what has no key, about any ticket that there is."""
        tickets = sorted(self.played.hall.state.tickets)
        if not tickets:
            return
        ticket = data.draw(st.sampled_from(tickets))
        active = self.state.active
        if active is not None and data.draw(st.integers(0, 3)):
            ticket = active.ticket
        number = ticket.partition("-")[2]
        command = data.draw(
            st.sampled_from(
                [
                    c.UndoCall(ticket),
                    c.Park(ticket),
                    c.Resume(ticket),
                    c.Transfer(ticket, ServiceId("b")),
                    c.Transfer(ticket, ServiceId("a"), is_returning=True),
                    c.Complete(ticket, (ServiceId("b"),)),
                    c.Reinstate(number),
                    c.CallTicket(number, c.CallWish.OTHER),
                    c.PauseCounter(PauseReason.MEETING),
                    c.ResumeCounter(),
                ]
            )
        )
        self.clock_s += 0.1 if soon else 1.0
        self._ask(command)

    def _ask(self, command):
        before, may_ask = self.presses, self.state.may_ask
        self._take(Asked(command, self.clock_s))
        assert self.presses <= before + may_ask

    @rule(clerk=st.sampled_from(["clerk-1", "clerk-2"]), password=st.sampled_from([PASSWORD, "x"]))
    def sign_in(self, clerk, password):
        self.clock_s += 1.0
        self._take(SignInPressed(clerk, password, self.clock_s))

    @rule(service=st.sampled_from("abc"))
    def somebody_takes_a_number(self, service):
        reserved = self.played.send("kiosk-01", c.ReserveTicket(ServiceId(service)))
        if isinstance(reserved, Reservation):
            self.played.send("kiosk-01", c.ConfirmPrinted(reserved.ticket))
            self._publish()

    @rule(clerk=st.sampled_from(["clerk-1", "clerk-2"]))
    def a_clerk_signs_in_elsewhere(self, clerk):
        self.played.send("counter-2", c.SignIn(clerk, PASSWORD))
        self._publish()

    @rule()
    def a_new_day_begins(self):
        self.played.pass_time(DAY_MS)
        self.played.tick()
        self._publish()

    # The wire.

    @rule(times=st.integers(1, 2))
    def the_hall_hears(self, times):
        """A command reaches the hall, once or twice; its reply goes out before the snapshot."""
        if not self.unsent:
            return
        command_id, command = self.unsent.pop(0)
        answer = ReplyArrived(command_id, command, self.played.send(TERMINAL, command))
        self.arrived += [answer] * times
        self._publish()

    @rule(data=st.data())
    def something_arrives(self, data):
        """Any of what is on its way; the first ones have been late long enough."""
        if not self.arrived:
            return
        at = 0
        if len(self.arrived) <= MAX_LATE:
            at = data.draw(st.integers(0, len(self.arrived) - 1))
        update = self.arrived.pop(at)
        self.delivered.append(update)
        self._take(update)

    @rule(data=st.data())
    def a_snapshot_is_overwritten(self, data):
        """Only the newest retained message is kept for who was away; a batch shows its end."""
        snapshots = [at for at, it in enumerate(self.arrived) if isinstance(it, SnapshotArrived)]
        older = [at for at in snapshots if not self._is_newest(self.arrived[at])]
        if older:
            self.arrived.pop(data.draw(st.sampled_from(older)))

    def _is_newest(self, update):
        return update.snapshot.version == self.newest

    @rule(data=st.data())
    def something_arrives_again(self, data):
        if self.delivered:
            self._take(data.draw(st.sampled_from(self.delivered)))

    @rule()
    def hear_all_of_the_hall(self):
        """Everything is heard in both directions: now the terminal must be right and free."""
        while self.unsent:
            self.the_hall_hears(1)
        while self.arrived:
            self._take(self.arrived.pop(0))
        assert self.state.pending is None
        truth = self.played.hall.state.desks[HERE]
        assert key(self.state.desk.clerk, self.state.desk.active) == self.history[-1]
        assert (self.state.desk.clerk.clerk if self.state.desk.clerk else None) == truth.clerk

    @rule(link=st.sampled_from([LinkState.STALE, LinkState.LIVE]))
    def the_link_changes(self, link):
        self._take(LinkChanged(link))
        if link is not LinkState.LIVE:
            assert not self.state.offered
            before = self.presses
            for act in Act:
                self._take(Pressed(act))
            assert self.presses == before
            self._take(LinkChanged(LinkState.LIVE))

    # What always holds.

    @invariant()
    def nobody_reads_a_password_in_the_state(self):
        assert repr(PASSWORD) not in repr(self.state)
        if self.state.pending and isinstance(self.state.pending.command, c.SignIn):
            assert self.state.pending.command.password == "*"

    @invariant()
    def one_press_at_a_time_is_under_way(self):
        assert len(self.unsent) <= 1
        if self.unsent:
            assert self.state.pending is not None


TestTerminal = TerminalMachine.TestCase
TestTerminal.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)


def test_the_machine_reaches_calls_that_a_rejected_reply_ends():
    """The world above can refuse: otherwise its properties would hold for the wrong reason."""
    machine = TerminalMachine()
    machine.begin()
    machine.sign_in("clerk-1", PASSWORD)
    machine.hear_all_of_the_hall()
    machine.press(Act.NEXT, soon=False)
    machine.the_hall_hears(1)
    [answer] = [it for it in machine.arrived if isinstance(it, ReplyArrived)]
    assert isinstance(answer.reply, Rejected)
    machine.hear_all_of_the_hall()
    machine.somebody_takes_a_number("a")
    machine.press(Act.NEXT, soon=False)
    machine.hear_all_of_the_hall()
    assert machine.state.active is not None


def test_in_the_machine_an_undone_call_goes_although_the_calls_snapshot_was_lost():
    machine = TerminalMachine()
    machine.begin()
    machine.sign_in("clerk-1", PASSWORD)
    machine.somebody_takes_a_number("a")
    machine.hear_all_of_the_hall()
    machine.press(Act.NEXT, soon=False)
    machine.the_hall_hears(1)
    machine.arrived = [it for it in machine.arrived if isinstance(it, ReplyArrived)]
    machine.hear_all_of_the_hall()
    machine._ask(c.UndoCall(machine.state.active.ticket))
    machine.hear_all_of_the_hall()
    assert machine.state.active is None

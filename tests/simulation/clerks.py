"""A clerk at a counter: looks at the terminal and at who stands there, and presses keys.

Clerks are people: they press twice, forget to sign out, leave while somebody is on the way, go for
a break, mistype a password.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from hallserver.client.updates import LinkState
from hallserver.protocol import commands as c
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import ClerkId, TicketId
from hallserver.protocol.states import TicketState
from tests.simulation.counter import CounterTerminal, RatingPad
from tests.simulation.crafts import Crafts
from tests.simulation.server import PASSWORD
from tests.simulation.world import World
from ui.counter.flow import Act, State

if TYPE_CHECKING:
    from tests.simulation.visitor import Visitor


@dataclass(frozen=True)
class Habits:
    """Seconds and shares."""

    serving_s: tuple[float, float] = (20.0, 120.0)
    pause_s: tuple[float, float] = (0.5, 5.0)
    patience_s: tuple[float, float] = (10.0, 25.0)
    max_recalls: int = 3
    doubles: float = 0.1
    """Of the presses, so many are pressed again at once."""
    drums: float = 0.05
    breaks: float = 0.02
    """After so many visitors a clerk goes for a break."""
    forgets: float = 0.3
    """Of those who leave, so many do not sign out."""
    abandons: float = 0.01
    """Of the calls, so many see the clerk leave before the visitor is there."""
    wanders: float = 0.01
    """Of the services, so many see the clerk called away to another counter in the middle."""
    mistypes: float = 0.03
    looks_again_s: tuple[float, float] = (20.0, 30.0)
    """When nothing has changed."""


class CounterPlace:
    """A counter, its terminal and pad, its clerk's chair, and who stands in front of it."""

    def __init__(self, terminal: CounterTerminal, pad: RatingPad | None) -> None:
        self.terminal = terminal
        self.pad = pad
        self.standing: dict[str, Visitor] = {}
        self.clerk: Clerk | None = None
        self.recalls = 0
        terminal.on_look = self.look

    def come(self, visitor: "Visitor") -> None:
        """Step in front of it."""
        self.standing[visitor.number] = visitor
        self.look()

    def go(self, visitor: "Visitor") -> None:
        """Step away."""
        self.standing.pop(visitor.number, None)

    def look(self) -> None:
        """Something changed: the clerk looks up."""
        if self.clerk is not None:
            self.clerk.look()


class Clerk:
    """One person with one account. `post` is where it sits now."""

    def __init__(
        self, world: World, rng: Random, account: ClerkId, habits: Habits, crafts: Crafts
    ) -> None:
        self._world = world
        self._rng = rng
        self.account = account
        self._habits = habits
        self._crafts = crafts
        self.post: CounterPlace | None = None
        self._situation: tuple[Any, ...] = ()
        self._turn = 0
        self._serves: tuple[TicketId, float] | None = None
        self._called: TicketId | None = None
        self.is_leaving = False
        self.is_steady = False
        """Works on without breaks and oddities: faults are over."""
        self.on_leave: Callable[[Clerk], None] = lambda _clerk: None

    def sit(self, post: CounterPlace) -> None:
        """Take a chair."""
        self.post = post
        post.clerk = self
        self._situation = ()
        self.look()

    def stand_up(self) -> None:
        """Leave the chair."""
        if self.post is not None:
            self.post.clerk = None
        self.post = None
        self._turn += 1

    # Looking.

    def look(self) -> None:
        """See the terminal and who stands there; plan the next press if that changed."""
        if self.post is None:
            return
        situation = self._describe(self.post.terminal.state)
        if situation != self._situation:
            self._situation = situation
            self._turn += 1
            self._plan()

    def _describe(self, state: State) -> tuple[Any, ...]:
        assert self.post is not None
        if state.link is not LinkState.LIVE or state.pending is not None:
            return ("wait", state.link is LinkState.LIVE)
        active = state.active
        if active is not None:
            is_here = active.number in self.post.standing
            return (active.ticket, active.state, active.recalls, is_here, state.refusal)
        if state.counter is None:
            return (state.is_signed_in, self._is_own(state), False, self.is_leaving)
        aside = (state.counter.paused, state.counter.parked)
        waiting = state.counter.waiting > 0
        return (state.is_signed_in, self._is_own(state), waiting, self.is_leaving, aside)

    def _is_own(self, state: State) -> bool:
        clerk = state.desk.clerk
        return clerk is not None and clerk.clerk == self.account

    def _later(self, delay_s: float, do: Callable[..., None], *args: Any) -> None:
        self._world.after(delay_s, self._if_still, self._turn, do, args)

    def _if_still(self, turn: int, do: Callable[..., None], args: tuple[Any, ...]) -> None:
        if turn == self._turn and self.post is not None:
            do(*args)

    def _again(self) -> None:
        """Nothing came of it: look anew."""
        self._situation = ()
        self.look()

    # Planning.

    def _plan(self) -> None:
        assert self.post is not None
        state = self.post.terminal.state
        if state.link is not LinkState.LIVE or state.pending is not None:
            if self._rng.random() < self._habits.drums:
                self._later(1.0, self._press, Act.NEXT)
            return
        self._later(self._draw(self._habits.looks_again_s), self._again)
        if not self._is_own(state):
            self._sign_in(state)
        elif state.active is None:
            self._free(state)
        elif state.active.state is TicketState.CALLED:
            self._receive(state)
        else:
            self._serve(state)

    def _sign_in(self, state: State) -> None:
        if self.is_leaving and not state.is_signed_in:
            self.on_leave(self)
            return
        is_odd = not self.is_steady and self._rng.random() < self._habits.mistypes
        password = "wrong" if is_odd else PASSWORD
        if state.is_signed_in:  # somebody forgot to sign out: end that shift first
            act = Act.SIGN_OUT if state.active is None else None
            if act is None and state.active is not None:
                is_called = state.active.state is TicketState.CALLED
                act = Act.SIGN_OUT if is_called else Act.COMPLETE
            if act is not None:
                self._later(self._draw(self._habits.pause_s), self._press, act)
            return
        self._later(self._draw(self._habits.pause_s), self._enter, password)

    def _enter(self, password: str) -> None:
        if self.post is not None:
            self.post.terminal.sign_in(self.account, password)
            self._again_if_idle()

    def _free(self, state: State) -> None:
        if self.is_leaving:
            self._later(self._draw(self._habits.pause_s), self._press, Act.SIGN_OUT)
            return
        if not self.is_steady and self._rng.random() < self._habits.breaks:
            self._go_for_a_break()
            return
        if state.counter is not None and state.active is None:
            besides = self._crafts.at_rest(state.counter, is_steady=self.is_steady)
            if besides is not None:
                self._later(self._draw(self._habits.pause_s), self._submit, besides)
                return
        waiting = state.counter.waiting if state.counter is not None else 0
        if waiting or self._rng.random() < self._habits.drums:
            self._later(self._draw(self._habits.pause_s), self._press, Act.NEXT)

    def _go_for_a_break(self) -> None:
        if self._rng.random() >= self._habits.forgets:
            self._press(Act.SIGN_OUT)
        post = self.post
        self.stand_up()
        if post is not None:
            self._world.say(self.account, "goes for a break")
        self._world.after(self._rng.uniform(20, 120), self.on_leave, self)

    def _receive(self, state: State) -> None:
        active = state.active
        assert active is not None
        assert self.post is not None
        if active.number in self.post.standing:
            self._later(self._rng.uniform(0.5, 3), self._press, Act.ARRIVE)
            return
        is_new = active.ticket != self._called
        self._called = active.ticket
        if is_new and not self.is_steady and self._rng.random() < self._habits.abandons:
            self._later(1.0, self._press, Act.SIGN_OUT)
            return
        undo = self._crafts.on_call(active) if is_new and not self.is_steady else None
        if undo is not None:
            self._later(self._rng.uniform(1.0, 14.0), self._submit, undo)
            return
        is_over = state.refusal is RejectionCode.RECALL_LIMIT
        act = Act.NO_SHOW if is_over or active.recalls >= self._habits.max_recalls else Act.RECALL
        self._later(self._draw(self._habits.patience_s), self._press, act)

    def _serve(self, state: State) -> None:
        active = state.active
        assert active is not None
        if self._serves is None or self._serves[0] != active.ticket:
            ends_s = self._world.now_s + self._draw(self._habits.serving_s)
            self._serves = (active.ticket, ends_s)
            if not self.is_steady and self._rng.random() < self._habits.wanders:
                self._world.say(self.account, f"is called away from {active.number}")
                self.stand_up()
                self._world.after(2.0, self.on_leave, self)
                return
        left_s = max(0.5, self._serves[1] - self._world.now_s)
        self._turn += 1  # the general second look would come too early
        self._later(left_s, self._complete)

    def _complete(self) -> None:
        active = self.post.terminal.state.active if self.post is not None else None
        if self.post is not None and active is not None and not self.is_steady:
            besides = self._crafts.at_the_end(self.post.terminal.counter, active)
            if besides is not None:
                self._submit(besides)
                return
        self._press(Act.COMPLETE)
        self._later(self._habits.looks_again_s[0], self._again)

    # Pressing.

    def _draw(self, span: tuple[float, float]) -> float:
        return self._rng.uniform(*span)

    def _press(self, act: Act) -> None:
        if self.post is None:
            return
        post = self.post
        post.terminal.press(act)
        if self._rng.random() < self._habits.doubles:
            self._world.after(self._rng.choice((0.05, 0.15, 0.3, 0.7, 1.2)), self._press_again, act)
        self._again_if_idle()

    def _submit(self, command: c.Command) -> None:
        """Ask for what has no key; look again soon, whatever comes of it."""
        if self.post is not None and self.post.terminal.state.link is LinkState.LIVE:
            self.post.terminal.ask(command)
        self._later(4.0, self._again)

    def _press_again(self, act: Act) -> None:
        if self.post is not None:
            self.post.terminal.press(act)

    def _again_if_idle(self) -> None:
        """A terminal that is away takes nothing: try once more when it looks the same."""
        if self.post is not None:
            self.look()

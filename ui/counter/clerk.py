"""A simulated clerk: looks at what the terminal shows and wishes for a key after some time.

Pure but for the chance that it is given. The same chance and the same states give the same wishes.
"""

from dataclasses import dataclass, replace
from random import Random

from hallserver.client.updates import LinkState
from hallserver.protocol.errors import RejectionCode
from hallserver.protocol.ids import TicketId
from hallserver.protocol.states import TicketState
from ui.counter.flow import Act, State

RETRY_AFTER_S = 30.0
MIN_RETRY_S = 1.0
"""Real time: what the hall has refused is not tried again faster, however fast the clock."""


@dataclass(frozen=True)
class Range:
    """A duration in s of the hall's time, with the most likely value between the ends."""

    least_s: float
    mode_s: float
    most_s: float

    def draw(self, rng: Random) -> float:
        """Draw one, triangular."""
        return rng.triangular(self.least_s, self.most_s, self.mode_s)


@dataclass(frozen=True)
class Habits:
    """How clerks work and visitors come. Rates are 0 to 1."""

    sign_in: Range = Range(1.0, 3.0, 8.0)
    pause: Range = Range(2.0, 6.0, 30.0)
    """From the counter being free to the next call."""
    way: Range = Range(5.0, 15.0, 50.0)
    """From the call to the visitor standing there."""
    patience: Range = Range(15.0, 25.0, 45.0)
    """From a call to the recall, or to giving up."""
    serving: Range = Range(60.0, 180.0, 720.0)
    no_show_rate: float = 0.06
    recall_rate: float = 0.12
    """Of the visitors who come, so many are called twice."""
    max_recalls: int = 2


@dataclass(frozen=True)
class Wish:
    """To press a key after some time; `act` None is to sign in.

    `is_retry` is set when the hall has just refused the same.
    """

    act: Act | None
    after_s: float
    is_retry: bool = False

    def delay_s(self, speed: float) -> float:
        """Return the real time to wait; `speed` 0 is as fast as possible."""
        scaled = self.after_s / speed if speed > 0 else 0.0
        return max(scaled, MIN_RETRY_S) if self.is_retry else scaled


@dataclass(frozen=True)
class _Visitor:
    ticket: TicketId
    is_coming: bool
    recalls: int


_Situation = tuple[object, ...]
_WAIT: _Situation = ("wait",)


class ScriptedClerk:
    """One clerk's mind. Ask `look` after every change of the terminal's state."""

    def __init__(self, habits: Habits, rng: Random) -> None:
        self._habits = habits
        self._rng = rng
        self._visitor: _Visitor | None = None
        self._nobody_at: tuple[int, int] | None = None
        self._situation: _Situation = ()
        self._wish: Wish | None = None
        self._is_leaving = False
        self._last_shift_wish: Wish | None = None

    def leave(self) -> None:
        """From now on finish what is begun, sign out and do nothing more."""
        self._is_leaving = True

    def look(self, state: State) -> Wish | None:
        """Return the wish of the moment: the same object as long as nothing of note changed."""
        situation = self._describe(state)
        if situation != self._situation:
            self._situation = situation
            self._wish = None if situation == _WAIT else self._decide(state)
        return self._wish

    def _describe(self, state: State) -> _Situation:
        if state.link is not LinkState.LIVE or state.pending is not None:
            return _WAIT
        active = state.active
        if active is not None:
            return (self._is_leaving, active.ticket, active.state, active.recalls, state.refusal)
        is_next = state.is_signed_in and self._is_somebody_waiting(state)
        return (self._is_leaving, state.is_signed_in, is_next)

    def _is_somebody_waiting(self, state: State) -> bool:
        """Believe the count only if it is newer than the hall's word that nobody waits."""
        counter = state.counter
        if counter is None or counter.waiting == 0:
            return False
        version = (counter.epoch, counter.version)
        if state.refusal is not RejectionCode.NOBODY_WAITING:
            self._nobody_at = None
        elif self._nobody_at is None:
            self._nobody_at = version
        return self._nobody_at is None or version > self._nobody_at

    def _decide(self, state: State) -> Wish | None:
        if not state.is_signed_in:
            return None if self._is_leaving else self._sign_in(state)
        if not self._is_leaving:
            self._last_shift_wish = None
        if self._is_leaving:
            if Act.COMPLETE in state.allowed:
                return Wish(Act.COMPLETE, 0.0)
            return self._once(Wish(Act.SIGN_OUT, 0.0))
        if state.active is None:
            return self._next(state)
        if state.active.state is TicketState.CALLED:
            return self._receive(state)
        if state.active.state is TicketState.SERVING:
            return self._or_retry(state, Wish(Act.COMPLETE, self._draw(self._habits.serving)))
        return None

    def _draw(self, duration: Range) -> float:
        return duration.draw(self._rng)

    def _or_retry(self, state: State, wish: Wish) -> Wish:
        """Wait for a better picture after a refusal that should not have been."""
        return wish if state.refusal is None else Wish(wish.act, RETRY_AFTER_S, is_retry=True)

    def _sign_in(self, state: State) -> Wish | None:
        if state.refusal is RejectionCode.WRONG_PASSWORD:
            return None  # trying again would lock the account
        return self._once(self._or_retry(state, Wish(None, self._draw(self._habits.sign_in))))

    def _once(self, wish: Wish) -> Wish:
        """Begin or end a shift; again only after a while: the snapshot comes after the answer."""
        last, self._last_shift_wish = self._last_shift_wish, wish
        is_again = last is not None and last.act is wish.act
        return replace(wish, is_retry=True) if is_again else wish

    def _next(self, state: State) -> Wish | None:
        if self._is_somebody_waiting(state):
            return Wish(Act.NEXT, self._draw(self._habits.pause))
        is_in_doubt = state.counter is not None and state.counter.waiting > 0
        return Wish(Act.NEXT, RETRY_AFTER_S, is_retry=True) if is_in_doubt else None

    def _receive(self, state: State) -> Wish | None:
        active = state.active
        if active is None:
            return None
        visitor = self._visitor
        if visitor is None or visitor.ticket != active.ticket:
            visitor = self._visitor = self._draw_visitor(active.ticket)
        is_at_limit = state.refusal is RejectionCode.RECALL_LIMIT
        if active.recalls < visitor.recalls and not is_at_limit:
            return self._or_retry(state, Wish(Act.RECALL, self._draw(self._habits.patience)))
        if visitor.is_coming:
            wish = Wish(Act.ARRIVE, self._draw(self._habits.way))
        else:
            wish = Wish(Act.NO_SHOW, self._draw(self._habits.patience))
        return wish if is_at_limit else self._or_retry(state, wish)

    def _draw_visitor(self, ticket: TicketId) -> _Visitor:
        is_coming = self._rng.random() >= self._habits.no_show_rate
        if is_coming:
            recalls = int(self._rng.random() < self._habits.recall_rate)
        else:
            recalls = self._rng.randint(1, max(1, self._habits.max_recalls))
        return _Visitor(ticket, is_coming, recalls)

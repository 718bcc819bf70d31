"""Many counters with simulated clerks and rating visitors, on one heap of timers.

One thread drives all of it, by `take` and `run_due`. Times are seconds of any clock that only goes
forward; the engine asks for none, so a test can play a day in a moment.
"""

import heapq
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from hallserver.client.outbox import OutboxFull
from hallserver.client.record import Record
from hallserver.client.updates import LinkState, ReplyArrived, Update
from hallserver.protocol import commands as c
from hallserver.protocol.ids import CounterId, TicketId
from hallserver.protocol.replies import Done, Rejected, TicketAtCounter
from ui.counter.clerk import MIN_RETRY_S, Habits, Range, ScriptedClerk, Wish
from ui.counter.terminal import Link, Terminal

STARS = (5, 4, 3, 2, 1)
STAR_WEIGHTS = (62, 24, 8, 4, 2)
_THINKING = Range(2.0, 5.0, 15.0)


@dataclass(frozen=True)
class RatingHabits:
    """How visitors rate on the pad. `tags` are the reasons that go with so many stars."""

    rate: float = 0.4
    thinking: Range = _THINKING
    tags: Callable[[int], Sequence[str]] = lambda _stars: ()


@dataclass(frozen=True)
class Account:
    """A clerk's account."""

    name: str
    password: str = field(repr=False)


@dataclass
class _Desk:
    terminal: Terminal
    clerk: ScriptedClerk
    account: Account
    rng: Random
    pad: Link | None
    wish: Wish | None = None
    ratings_under_way: int = 0


@dataclass(frozen=True)
class _Rating:
    ticket: TicketId
    stars: int
    tags: tuple[str, ...]


class Crowd:
    """All desks of one process. `speed` divides every duration; 0 is as fast as possible."""

    def __init__(
        self,
        record: Record,
        *,
        speed: float,
        seed: int,
        habits: Habits | None = None,
        ratings: RatingHabits | None = None,
    ) -> None:
        self._record = record
        self._speed = speed
        self._seed = seed
        self._habits = habits or Habits()
        self._ratings = ratings or RatingHabits()
        self._desks: dict[CounterId, _Desk] = {}
        self._timers: list[tuple[float, int, CounterId, Wish | _Rating]] = []
        self._timers_made = 0
        self.tally: Tally[str] = Tally()
        """What happened: kinds of replies, and refusals by code."""

    def add(
        self, counter: CounterId, account: Account, link: Link, pad: Link | None = None
    ) -> None:
        """Put a clerk at a counter, before anything of it is taken."""
        rng = Random(f"{self._seed}/{counter}")
        terminal = Terminal(counter, link, self._record)
        clerk = ScriptedClerk(self._habits, rng)
        self._desks[counter] = _Desk(terminal, clerk, account, rng, pad)

    # What comes in.

    def take(self, counter: CounterId, update: Update, now_s: float) -> None:
        """Take what a terminal's link tells."""
        desk = self._desks[counter]
        if isinstance(update, ReplyArrived):
            self._count(update)
        desk.terminal.take(update)
        if isinstance(update, ReplyArrived):
            self._maybe_rate(desk, update, now_s)
        self._look(desk, now_s)

    def take_for_pad(self, counter: CounterId, update: Update) -> None:
        """Take what a rating pad's link tells."""
        if not isinstance(update, ReplyArrived):
            return
        self._count(update)
        desk, command = self._desks[counter], update.command
        desk.ratings_under_way -= 1
        match update.reply:
            case Done() if isinstance(command, c.RateAtCounter):
                self._record.note(
                    "rated",
                    counter=counter,
                    ticket=command.ticket,
                    stars=command.stars,
                    channel="pad",
                )
            case Rejected(code=code):
                self._record.note("rejected", counter=counter, code=code)

    def run_due(self, now_s: float) -> None:
        """Do everything whose time has come."""
        while self._timers and self._timers[0][0] <= now_s:
            _, _, counter, what = heapq.heappop(self._timers)
            desk = self._desks[counter]
            if isinstance(what, _Rating):
                self._rate(desk, what)
            elif what is desk.wish:
                desk.wish = None
                self._press(desk, what, now_s)

    def leave(self, now_s: float) -> None:
        """Let every clerk finish what is begun and sign out."""
        for desk in self._desks.values():
            desk.clerk.leave()
            self._look(desk, now_s)

    # What is to be known.

    @property
    def next_due_s(self) -> float | None:
        """When something is to be done next; None while everybody waits."""
        return self._timers[0][0] if self._timers else None

    @property
    def has_left(self) -> bool:
        """Nobody is signed in or waits for an answer, where the hall is there to give it."""
        return all(
            desk.terminal.state.link is not LinkState.LIVE
            or not (
                desk.terminal.state.is_signed_in
                or desk.terminal.state.pending
                or desk.ratings_under_way > 0
            )
            for desk in self._desks.values()
        )

    @property
    def is_idle(self) -> bool:
        """Every terminal is signed in and live, and there is nothing to do at any."""
        return not self._timers and all(
            desk.terminal.state.link is LinkState.LIVE
            and desk.terminal.state.is_signed_in
            and desk.terminal.state.active is None
            and desk.terminal.state.pending is None
            and desk.ratings_under_way <= 0
            for desk in self._desks.values()
        )

    # Within.

    def _count(self, update: ReplyArrived) -> None:
        reply = update.reply
        kind = reply.code if isinstance(reply, Rejected) else type(update.command).__name__
        self.tally[kind] += 1

    def _look(self, desk: _Desk, now_s: float) -> None:
        wish = desk.clerk.look(desk.terminal.state)
        if wish is desk.wish:
            return
        desk.wish = wish
        if wish is not None:
            self._schedule(now_s + wish.delay_s(self._speed), desk.terminal.counter, wish)

    def _schedule(self, due_s: float, counter: CounterId, what: Wish | _Rating) -> None:
        self._timers_made += 1  # first made, first done; and wishes have no order of their own
        heapq.heappush(self._timers, (due_s, self._timers_made, counter, what))

    def _press(self, desk: _Desk, wish: Wish, now_s: float) -> None:
        if wish.act is None:
            desk.terminal.sign_in(desk.account.name, desk.account.password)
        else:
            desk.terminal.press(wish.act)
        if desk.clerk.look(desk.terminal.state) is wish:  # nothing came of it: the outbox is full
            desk.wish = wish
            self._schedule(now_s + MIN_RETRY_S, desk.terminal.counter, wish)
        else:
            self._look(desk, now_s)

    def _maybe_rate(self, desk: _Desk, update: ReplyArrived, now_s: float) -> None:
        reply = update.reply
        if not (isinstance(update.command, c.Complete) and isinstance(reply, TicketAtCounter)):
            return
        if desk.pad is None or desk.rng.random() >= self._ratings.rate:
            return
        [stars] = desk.rng.choices(STARS, STAR_WEIGHTS)
        reasons = self._ratings.tags(stars)
        tags = (desk.rng.choice(reasons),) if reasons else ()
        thinking_s = self._ratings.thinking.draw(desk.rng)
        delay_s = thinking_s / self._speed if self._speed > 0 else 0.0
        rating = _Rating(reply.ticket, stars, tags)
        self._schedule(now_s + delay_s, desk.terminal.counter, rating)

    def _rate(self, desk: _Desk, rating: _Rating) -> None:
        if desk.pad is None:
            return
        command = c.RateAtCounter(ticket=rating.ticket, stars=rating.stars, tags=rating.tags)
        if not isinstance(desk.pad.submit(command), OutboxFull):
            desk.ratings_under_way += 1

"""How far the journal has gone up, and what is to be sent next. Pure: no clock, no broker.

The region's answers are the only truth about what is stored there; brokers may lose whatever they
hold. So every message is answered with the last line that is stored, and an answer that shows less
than its message ended with sends the feed back there. Who hears nothing asks again, more and more
seldom, and sends no lines on top of those that may still be waiting for the line to heal.
"""

from collections import deque
from dataclasses import dataclass, field

MAX_WINDOW = 4
"""Messages on their way without an answer. It opens by one with each answer, from one on, so that
many halls after a long outage begin gently."""
MIN_WAIT_MS = 5_000
MAX_WAIT_MS = 60_000
"""How long to wait for an answer before asking again; doubled each time."""
MAX_ON_ITS_WAY = 4 * MAX_WINDOW
"""With the questions of a long outage; the oldest are forgotten."""
IDLE_MS = 60_000
"""How often to ask while there is nothing to send: the region sees that the hall lives, and the
hall sees when the region has lost something."""


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A message that is not answered. `last` is the last line sent, in it or before."""

    number: int
    last: int


@dataclass(slots=True)
class Feed:
    """One hall's way up. `confirmed` is the last line at the region, None while that is unknown.

    `number` is that of the last message; a later life of the uplink begins with a higher one.
    """

    number: int
    confirmed: int | None = None
    sent: int = 0
    window: int = 1
    is_open: bool = False
    is_held: bool = False
    """Nothing but questions: the region did not take what was sent twice."""
    wait_ms: int = MIN_WAIT_MS
    due_ms: int = 0
    on_its_way: deque[OnItsWay] = field(default_factory=deque)
    went_back_to: int | None = None
    times_gone_back: int = 0

    def open(self, now_ms: int) -> None:
        """Go on: there is a way up. What was on it before may be lost, so ask first."""
        self.is_open = True
        self.wait_ms = MIN_WAIT_MS
        self.due_ms = now_ms

    def close(self) -> None:
        """Send nothing until the next `open`."""
        self.is_open = False

    def should_ask(self, now_ms: int) -> bool:
        """Whether to send a message without lines now."""
        return self.is_open and now_ms >= self.due_ms

    def may_send_lines(self) -> bool:
        """Whether lines after `sent` may be sent."""
        return (
            self.is_open
            and self.confirmed is not None
            and not self.is_held
            and len(self.on_its_way) < self.window
        )

    def take_lines(self, last: int, now_ms: int) -> int:
        """Note a message with lines up to `last`, and return its number."""
        self.sent = last
        self.due_ms = now_ms + self.wait_ms
        return self._add()

    def take_question(self, now_ms: int) -> int:
        """Note a message without lines, and return its number."""
        self.due_ms = now_ms + self.wait_ms
        if self.on_its_way or self.is_held:
            self.wait_ms = min(2 * self.wait_ms, MAX_WAIT_MS)
        return self._add()

    def _add(self) -> int:
        self.number += 1
        self.on_its_way.append(OnItsWay(self.number, self.sent))
        if len(self.on_its_way) > MAX_ON_ITS_WAY:
            self.on_its_way.popleft()
        return self.number

    def answered(self, number: int, seq: int, now_ms: int) -> None:
        """Take the answer to a message: lines up to `seq` are at the region, and no others.

        An answer to a message that is not on its way is of an earlier life, or a broker kept it:
        it says where to begin where that is not known, and what need not be sent any more.
        """
        asked = next((each for each in self.on_its_way if each.number == number), None)
        has_moved = self.confirmed is not None and seq > self.confirmed
        if asked is None:
            if self.confirmed is None or has_moved:
                self.confirmed = seq
                self.sent = max(self.sent, seq)
            return
        self.confirmed = seq
        while self.on_its_way and self.on_its_way[0].number <= number:
            self.on_its_way.popleft()
        if seq < asked.last:
            self._go_back(seq, now_ms)
            return
        self.sent = max(self.sent, seq)
        self.is_held = False
        if has_moved:
            self.window = min(self.window + 1, MAX_WINDOW)
            self.wait_ms = MIN_WAIT_MS
            self.went_back_to = None
        self.due_ms = now_ms + (self.wait_ms if self.on_its_way else IDLE_MS)

    def _go_back(self, seq: int, now_ms: int) -> None:
        """Send again what the region has not got: at once; the second time, after asking anew."""
        self.times_gone_back += 1
        self.is_held = seq == self.went_back_to
        self.went_back_to = seq
        self.sent = seq
        self.window = 1
        self.on_its_way.clear()
        self.due_ms = now_ms + self.wait_ms

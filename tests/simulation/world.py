"""Simulated time: one heap of callbacks, one seed, one trace. Nothing else moves anything."""

import hashlib
from collections import deque
from collections.abc import Callable
from enum import StrEnum, unique
from heapq import heappop, heappush
from random import Random
from typing import Any
from zlib import crc32

from tests.helpers.halls import MORNING_MS

SHOWN_LINES = 40
DAY_S = 86_400.0
NEVER_S = float("inf")


@unique
class Harm(StrEnum):
    """What kind of promise is broken."""

    SAFETY = "safety"
    """Something happened or was shown that never may."""
    LIVENESS = "liveness"
    """Faults are over, and something does not come to its end."""
    CRASH = "crash"
    """A program ended by a bug of its own."""


class BrokenError(AssertionError):
    """An invariant does not hold. `what` names it, and stays the same for the same trouble."""

    harm = Harm.SAFETY

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(f"{what}: {detail}" if detail else what)
        self.what = what


class UnsettledError(BrokenError):
    """What has to come to an end does not."""

    harm = Harm.LIVENESS


class CrashedError(BrokenError):
    """Production code raised."""

    harm = Harm.CRASH


def demand(holds: bool, what: str, detail: object = "") -> None:
    """Raise BrokenError unless `holds`."""
    if not holds:
        raise BrokenError(what, str(detail))


def demand_end(holds: bool, what: str, detail: object = "") -> None:
    """Raise UnsettledError unless `holds`."""
    if not holds:
        raise UnsettledError(what, str(detail))


class World:
    """The clocks, the heap, the chance and the trace of one simulated day.

    `now_s` only goes forward; the wall clock is `now_s` plus an offset that faults may change.
    """

    def __init__(self, seed: int, on_line: Callable[[str], None] | None = None) -> None:
        self.seed = seed
        self.now_s = 0.0
        self.wall_offset_s = 0.0
        self.right_offset_s = 0.0
        """What the wall clock is off when nobody has set it wrong: nights are passed over."""
        self.lines: deque[str] = deque(maxlen=SHOWN_LINES)
        self._heap: list[tuple[float, int, Life, Callable[..., None], tuple[Any, ...]]] = []
        self._made = 0
        self.for_ever = Life(self)
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._on_line = on_line

    def rng(self, purpose: str) -> Random:
        """Return a source of chance of its own for `purpose`: what one draws, no other misses."""
        return Random(f"{self.seed}/{purpose}")

    def at(self, when_s: float, do: Callable[..., None], *args: Any) -> None:
        """Have `do` called at a time; of equal times first made is first called."""
        self.plan(when_s, self.for_ever, do, args)

    def after(self, delay_s: float, do: Callable[..., None], *args: Any) -> None:
        """Have `do` called after a while."""
        self.plan(self.now_s + delay_s, self.for_ever, do, args)

    def plan(
        self, when_s: float, life: "Life", do: Callable[..., None], args: tuple[Any, ...]
    ) -> None:
        """As `at`, if `life` has not ended by then."""
        self._made = made = self._made + 1
        if when_s < self.now_s:
            when_s = self.now_s
        heappush(self._heap, (when_s, made, life, do, args))

    def run(self, until_s: float) -> None:
        """Let everything happen up to and at `until_s`."""
        heap = self._heap
        while heap and heap[0][0] <= until_s:
            self.now_s, _, life, do, args = heappop(heap)
            if life.is_alive:
                do(*args)
        self.now_s = until_s

    def wall_s(self) -> float:
        """What the server's wall clock shows, in Unix seconds."""
        return MORNING_MS / 1_000 + self.now_s + self.wall_offset_s

    def sleep_until_morning(self) -> None:
        """Let the wall clock show the next morning: at night nothing happens."""
        past_s = (self.wall_s() - MORNING_MS / 1_000) % DAY_S
        self.wall_offset_s += DAY_S - past_s
        self.right_offset_s = self.wall_offset_s

    def mono_s(self) -> float:
        """A clock that only goes forward."""
        return self.now_s

    def say(self, who: str, what: str) -> None:
        """Add a line to the trace."""
        line = f"{self.now_s:10.3f}  {who:<14} {what}"
        self.lines.append(line)
        self._digest.update(line.encode())
        if self._on_line is not None:
            self._on_line(line)

    def mix(self, payload: bytes) -> None:
        """Make bytes that travelled part of the trace."""
        self._bytes = crc32(payload, self._bytes)

    def trace_hash(self) -> str:
        """Return the hash of everything that has happened."""
        ended = f"{self._bytes:08x} {self._made} {self.now_s:.3f}"
        return hashlib.sha256(self._digest.digest() + ended.encode()).hexdigest()


class Life:
    """One life of a process: what it had planned does not happen after its end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.is_alive = True

    def end(self) -> None:
        """Kill it."""
        self.is_alive = False

    def after(self, delay_s: float, do: Callable[..., None], *args: Any) -> None:
        """As `World.after`, while this life lasts."""
        self._world.plan(self._world.now_s + delay_s, self, do, args)

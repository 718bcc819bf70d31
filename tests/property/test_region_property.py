"""A hall and its region over brokers that lose, delay and repeat, and ends that die.

The feed and the intake are the product's. The oracle is a list: what the region stored must always
be a beginning of it, and all of it once nothing is lost any more.
"""

from collections import deque
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hallserver.protocol.region import JournalLine, RegionHall
from hallserver.region.intake import Cursor, Incoming, take
from hallserver.uplink.feed import MAX_ON_ITS_WAY, Feed

HALL = RegionHall("shaoyang")
STEP_MS = 500
BATCH = 7


def line(seq: int) -> JournalLine:
    return JournalLine(seq, 1 + seq // 40, "20261123", seq, seq, "c", "X", "{}")


class World:
    """Time goes in steps. Both ways are first in, first out, as a topic of a broker is."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.now_ms = 0
        self.head = 0
        self.up: deque[Incoming] = deque()
        self.down: deque[tuple[int, int]] = deque()
        self.retained: tuple[int, int] | None = None
        self.cursor = Cursor(HALL)
        self.stored: list[JournalLine] = []
        self.lives = 0
        self.start_uplink()

    def start_uplink(self) -> None:
        self.lives += 1
        self.feed = Feed(self.lives * 1_000_000)
        self.down.clear()
        self.connect()

    def connect(self) -> None:
        self.feed.open(self.now_ms)
        if self.retained is not None:
            self.down.append(self.retained)

    def step(self, *, faults: bool) -> None:
        self.now_ms += STEP_MS
        if faults:
            self.head += self.chance.randrange(12)
            self.fail()
        self.send()
        if not faults or self.chance.random() < 0.7:
            self.collect()
        while self.down and (not faults or self.chance.random() < 0.8):
            number, seq = self.down.popleft()
            if seq <= self.head:  # the uplink compares before it believes
                self.feed.answered(number, seq, self.now_ms)
        assert len(self.feed.on_its_way) <= MAX_ON_ITS_WAY

    def fail(self) -> None:
        for queue in (self.up, self.down):
            if self.chance.random() < 0.05:
                queue.clear()  # a broker is killed
            elif queue and self.chance.random() < 0.05:
                del queue[self.chance.randrange(len(queue))]
            elif queue and self.chance.random() < 0.05:
                queue.append(queue[0])
        if self.chance.random() < 0.02:
            self.start_uplink()
        if self.chance.random() < 0.05:
            self.feed.close()
        if not self.feed.is_open and self.chance.random() < 0.3:
            self.connect()
        if self.stored and self.chance.random() < 0.01:  # the region's database is an older copy
            del self.stored[self.chance.randrange(len(self.stored)) :]
            last = self.stored[-1] if self.stored else None
            self.cursor = Cursor(HALL, last.epoch, last.seq, last.wall_ms) if last else Cursor(HALL)

    def send(self) -> None:
        if self.feed.should_ask(self.now_ms):
            self.up.append(Incoming(HALL, self.feed.take_question(self.now_ms), head=self.head))
        while self.feed.may_send_lines() and self.feed.sent < self.head:
            first = self.feed.sent + 1
            lines = tuple(map(line, range(first, min(first + BATCH, self.head + 1))))
            number = self.feed.take_lines(lines[-1].seq, self.now_ms)
            self.up.append(Incoming(HALL, number, lines, self.head))

    def collect(self) -> None:
        messages = [self.up.popleft() for _ in range(self.chance.randrange(len(self.up) + 1))]
        if not messages:
            return
        taken = take(self.cursor, messages)
        self.cursor = taken.cursor
        self.stored += taken.lines
        self.retained = (taken.answer.number, taken.answer.seq)
        self.down.append(self.retained)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_region_always_has_a_beginning_and_in_the_end_all_of_it(seed):
    world = World(seed)
    for _ in range(200):
        world.step(faults=True)
        assert world.stored == [line(seq) for seq in range(1, len(world.stored) + 1)]
    if not world.feed.is_open:
        world.connect()
    for _ in range(6 * 120):  # six minutes: the longest wait is one, and it may be due twice
        world.step(faults=False)
        if world.feed.confirmed == len(world.stored) == world.head:
            break
    assert world.stored == [line(seq) for seq in range(1, world.head + 1)]
    assert world.feed.confirmed == world.head

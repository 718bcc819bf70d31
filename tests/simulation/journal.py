"""The journal in memory, with a disk that may fail and a server that may die at it.

Lines and answers are kept as bytes, as the real one keeps them, and read again by a new server:
each of them once, however many new servers come.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum, unique

import msgspec

from hallserver.domain.events import DayOpened, Recorded, decode_event, encode_event
from hallserver.domain.instant import Now
from hallserver.protocol.ids import Epoch
from hallserver.protocol.replies import Reply
from hallserver.writer import Answered, ReplyKey
from tests.simulation.world import demand

_decode_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


class ServerDiedError(Exception):
    """The server's process ended in the middle of a commit."""


class DiskFailedError(Exception):
    """Nothing can be committed."""


@unique
class Fate(StrEnum):
    """What happens at the next commit."""

    DIES_BEFORE = "dies before the commit"
    DIES_AFTER = "dies after the commit"


OnCommit = Callable[[Sequence[Recorded], Sequence[Answered]], None]


class MemoryJournal:
    """What the writer's JournalPort asks for, and what a start reads. Outlives its servers."""

    def __init__(self, on_commit: OnCommit) -> None:
        self._on_commit = on_commit
        self._lines: list[tuple[Recorded, bytes]] = []
        self._read: list[Recorded] = []
        self._answers: dict[ReplyKey, Reply] = {}
        self._epoch = 0
        self._started: Now | None = None
        self._opened_at = 0
        self.next_fate: Fate | None = None
        self.is_disk_full = False

    # What the writer asks for.

    @property
    def last_seq(self) -> int:
        """The last line that is committed."""
        return len(self._lines)

    def find_replies(self, keys: Collection[ReplyKey]) -> Mapping[ReplyKey, Reply]:
        """Return the answers of those commands that were answered before."""
        answers = self._answers
        return {key: answers[key] for key in keys if key in answers}

    def append(self, events: Sequence[Recorded], answers: Sequence[Answered]) -> None:
        """Commit all of it or raise."""
        if self.is_disk_full:
            raise DiskFailedError
        fate, self.next_fate = self.next_fate, None
        if fate is Fate.DIES_BEFORE:
            raise ServerDiedError(fate)
        self._commit(events, answers)
        if fate is Fate.DIES_AFTER:
            raise ServerDiedError(fate)

    def _commit(self, events: Sequence[Recorded], answers: Sequence[Answered]) -> None:
        for number, recorded in enumerate(events, self.last_seq + 1):
            demand(recorded.seq == number, "the journal has no gap", recorded)
        self._on_commit(events, answers)
        for recorded in events:
            if isinstance(recorded.event, DayOpened):
                self._opened_at = len(self._lines)
            self._lines.append((recorded, encode_event(recorded.event)))
        for answered in answers:
            key = (answered.client, answered.command)
            demand(key not in self._answers, "a command is obeyed once", key)
            self._answers[key] = _decode_reply.decode(msgspec.json.encode(answered.reply))

    # What a start reads.

    @property
    def last_clock(self) -> Now | None:
        """The last moment that the journal knows."""
        last = self._lines[-1][0] if self._lines else None
        moments = [Now(last.wall_ms, last.elapsed_ms)] if last is not None else []
        moments += [self._started] if self._started is not None else []
        return max(moments, key=lambda moment: moment.elapsed_ms, default=None)

    def begin_epoch(self, now: Now) -> Epoch:
        """Count a start of the server."""
        self._epoch += 1
        self._started = now
        return Epoch(self._epoch)

    def open_day(self) -> Iterator[Recorded]:
        """Yield the lines from the last opening of a business day on."""
        for recorded, body in self._lines[len(self._read) :]:
            self._read.append(replace(recorded, event=decode_event(body)))
        yield from self._read[self._opened_at :]

    # What auditors ask for.

    @property
    def epoch(self) -> int:
        """How often a server was started."""
        return self._epoch

    def answer(self, key: ReplyKey) -> Reply | None:
        """Return the committed answer of a command."""
        return self._answers.get(key)

    def answered(self) -> tuple[ReplyKey, ...]:
        """Return which commands were answered, in order."""
        return tuple(self._answers)

    def lines(self) -> Iterator[Recorded]:
        """Yield every line."""
        for recorded, _ in self._lines:
            yield recorded

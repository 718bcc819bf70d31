"""What can still be read of a damaged journal: its lines, one after another, up to the damage."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hallserver.journal.chain import Line, line_checksum, read_tail, reply_checksum
from hallserver.journal.errors import JournalError, explain
from hallserver.journal.lines import read_line
from hallserver.journal.looking import connect_read_only
from hallserver.journal.mend import differ_in_one_bit, mend
from hallserver.journal.sqlite import tail_file

_LINES = (
    "SELECT seq, epoch, day, wall_ms, elapsed_ms, client, command_id, type, body, checksum "
    "FROM event WHERE seq > ? ORDER BY seq"
)
_REPLIES = "SELECT client, command_id, seq, day, body, checksum FROM reply WHERE seq >= ?"
_REPLY = (
    "SELECT client, command_id, seq, day, body, checksum FROM reply "
    "WHERE client = ? AND command_id = ?"
)


PLAUSIBLE_LINES = 100_000
"""No more than so many are lost behind the last that is there: a busy day has half as many."""


@dataclass(frozen=True)
class Kept:
    """A line that is what was written, and its checksum."""

    line: Line
    checksum: bytes

    @property
    def act(self) -> tuple[object, ...]:
        """What a line was recorded with: the same for all lines of one command or look at the
        clock."""
        client, command = self.line[5:7]
        return (client, command) if command is not None else (client, None, self.line[4])


@dataclass
class Salvage:
    """Reads a damaged journal file. What it learns is in its fields, once the lines were read."""

    path: Path
    mended: list[str] = field(default_factory=list)
    """What was put right again."""
    why_ended: str | None = None
    """Why the lines end before the journal did; None when nothing says that they do."""
    last_seq: int = 0
    """The last line that was kept."""
    known_seq: int = 0
    """The last line of which anything tells."""
    last_epoch: int = 0
    noted: tuple[int, bytes] | None = None
    is_another: bool = False
    """It does not go on from the backup."""

    def lines(self, seq: int, checksum: bytes) -> Iterator[list[Kept]]:
        """Yield what follows a line with this checksum, in acts that are whole."""
        self.last_seq = seq
        self.noted = read_tail(tail_file(self.path))
        self.known_seq = max(seq, self.noted[0] if self.noted else 0)
        held: list[Kept] = []
        if not self.path.is_file() or not self.path.stat().st_size:
            self.why_ended = "there is no journal to read"
            return
        try:
            with closing(connect_read_only(self.path)) as source:
                self._learn(source)
                self._check_base(source, seq, checksum)
                for kept in self._chained(source, seq, checksum):
                    if held and kept.act != held[0].act:
                        yield self._keep(held)
                        held = []
                    held.append(kept)
        except sqlite3.Error as error:
            self.why_ended = str(explain(error, str(self.path)))
        if held and held[-1].line[0] < self.known_seq and self.why_ended is None:
            self.why_ended = f"line {held[-1].line[0] + 1} is gone"
        if held and (self.why_ended is None or self._is_whole(held)):
            yield self._keep(held)
        if self.last_seq < self.known_seq and self.why_ended is None:
            self.why_ended = f"line {self.last_seq + 1} is gone"

    def _is_whole(self, act: list[Kept]) -> bool:
        """Whether it is known that no more lines belonged to an act."""
        client, command_id = act[-1].line[5:7]
        answer = None if command_id is None else self.reply(client, command_id)
        # An answer is stored with the number of the last line of its command.
        return answer is not None and answer[2] == act[-1].line[0]

    def _keep(self, held: list[Kept]) -> list[Kept]:
        self.last_seq = held[-1].line[0]
        return held

    def _learn(self, source: sqlite3.Connection) -> None:
        """Find out how far the journal went, from whatever can be read, if nobody noted it."""
        self.last_epoch = _number(source, "max(epoch) FROM server_start")
        if self.noted is None:
            last = _number(source, "max(seq) FROM event")
            for question in ("max(seq) FROM seal", "max(seq) FROM reply"):
                found = _number(source, question)
                # A damaged row may say anything.
                last = found if last < found <= last + PLAUSIBLE_LINES else last
            self.known_seq = max(self.known_seq, last)

    def _check_base(self, source: sqlite3.Connection, seq: int, checksum: bytes) -> None:
        """Make sure that it goes on from there, also when nothing follows."""
        if not seq:
            return
        found = source.execute("SELECT checksum FROM event WHERE seq = ?", [seq]).fetchone()
        is_there = found is not None and isinstance(found[0], bytes)
        if not is_there or (found[0] != checksum and not differ_in_one_bit(found[0], checksum)):
            self.why_ended = f"line {seq} of it is not that of the backup"
            self.is_another = True

    def _chained(self, source: sqlite3.Connection, seq: int, checksum: bytes) -> Iterator[Kept]:
        for row in source.execute(_LINES, [seq]):
            seq += 1
            kept = self._check(tuple(row), seq, checksum)
            if kept is None:
                return
            try:
                read_line(kept.line, str(self.path))
            except JournalError as error:
                self.why_ended = str(error)
                return
            checksum = kept.checksum
            self.last_epoch = max(self.last_epoch, kept.line[1])
            yield kept

    def _check(self, row: tuple[Any, ...], seq: int, before: bytes) -> Kept | None:
        line, stored = row[:-1], row[-1]
        checksum = _checksum(before, line)
        if line[0] == seq and checksum == stored:
            return Kept(line, stored)
        if line[0] == seq and isinstance(stored, bytes):
            if checksum is not None and differ_in_one_bit(checksum, stored):
                self.mended.append(f"one bit of the checksum of line {seq}")
                return Kept(line, checksum)
            mended = mend(line, lambda other: _checksum(before, other) == stored)
            if mended is not None:
                self.mended.append(f"one bit of line {seq}")
                return Kept(mended, stored)
        is_there = line[0] == seq
        self.why_ended = f"line {seq} is " + ("not what was written" if is_there else "gone")
        return None

    def replies(self, first_seq: int) -> Iterator[tuple[Any, ...]]:
        """Yield the stored answers from a line on, those that are what was stored."""
        try:
            with closing(connect_read_only(self.path)) as source:
                for row in source.execute(_REPLIES, [first_seq]):
                    sound = self._sound_reply(tuple(row))
                    if sound is not None:
                        yield sound
        except sqlite3.Error:
            return  # those of the lines that were kept are looked up one by one (`reply`)

    def reply(self, client: str, command_id: str) -> tuple[Any, ...] | None:
        """Return the answer to one command, if it is what was stored."""
        try:
            with closing(connect_read_only(self.path)) as source:
                row = source.execute(_REPLY, [client, command_id]).fetchone()
        except sqlite3.Error:
            return None
        return None if row is None else self._sound_reply(tuple(row))

    def _sound_reply(self, row: tuple[Any, ...]) -> tuple[Any, ...] | None:
        told, stored = row[:-1], row[-1]
        checksum = _reply_checksum(told)
        if checksum == stored:
            return row
        if not isinstance(stored, bytes) or checksum is None:
            return None
        if differ_in_one_bit(checksum, stored):
            return (*told, checksum)
        mended = mend(told, lambda other: _reply_checksum(other) == stored)
        if mended is None:
            return None
        self.mended.append(f"one bit of the answer to {mended[1]} of {mended[0]}")
        return (*mended, stored)

    def rows(self, table: str) -> Iterator[tuple[Any, ...]]:
        """Yield what can be read of another table."""
        try:
            with closing(connect_read_only(self.path)) as source:
                yield from (tuple(row) for row in source.execute(f"SELECT * FROM {table}"))
        except sqlite3.Error:
            return


def _number(source: sqlite3.Connection, question: str) -> int:
    try:
        found = source.execute(f"SELECT {question}").fetchone()[0]
    except sqlite3.Error:
        return 0
    return found if isinstance(found, int) else 0


def _checksum(before: bytes, line: tuple[Any, ...]) -> bytes | None:
    try:
        return line_checksum(before, line)
    except TypeError:  # a number or NULL where there has to be text
        return None


def _reply_checksum(told: tuple[Any, ...]) -> bytes | None:
    try:
        return reply_checksum(*told)
    except TypeError:
        return None

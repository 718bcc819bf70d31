"""The journal: everything that happened, in order, and the answer to every command."""

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Self

import msgspec
from sqlalchemy import ClauseElement, bindparam, func, insert, select

from hallserver.domain.events import Recorded, encode_event
from hallserver.domain.instant import Now
from hallserver.domain.invariant import invariant
from hallserver.journal import projections
from hallserver.journal.chain import (
    BEFORE_THE_FIRST,
    SEAL_EVERY_LINES,
    Line,
    line_checksum,
    reply_checksum,
)
from hallserver.journal.chain import seal as make_seal
from hallserver.journal.database import Held, find_database
from hallserver.journal.direct import direct
from hallserver.journal.errors import JournalError, explained
from hallserver.journal.lines import OpenDay, checksum_of, demand
from hallserver.journal.owner import Owner, read_owner, write_owner
from hallserver.journal.prepared import FindReplies, Prepared
from hallserver.journal.tables import event, reply, seal, server_start
from hallserver.protocol.ids import ClientId, CommandId, Epoch
from hallserver.protocol.replies import Reply
from hallserver.writer import Answered, ReplyKey

_encode = msgspec.json.Encoder().encode
_decode_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)

_INSERT_EVENT = insert(event).values({column: bindparam(column.name) for column in event.columns})
_INSERT_REPLY = insert(reply).values({column: bindparam(column.name) for column in reply.columns})
_INSERT_SEAL = insert(seal).values({column: bindparam(column.name) for column in seal.columns})


class Journal:
    """One hall's journal, opened for writing. Used by one thread.

    Whatever fails in the database is raised as JournalError; after `append` has failed the journal
    is as it was before, and its owner must not go on.
    """

    def __init__(self, name: str, held: Held) -> None:
        """Use `open`."""
        self._name = name
        self._connection = held.writer
        self._reader = held.reader
        self._fence = held.fence
        self._direct = direct(held.writer)
        self._closing = contextlib.ExitStack()
        self._prepared: dict[ClauseElement, Prepared] = {
            statement: Prepared(
                statement, held.writer, is_exact=statement not in projections.MAY_FIND_NOTHING
            )
            for statement in (
                _INSERT_EVENT,
                _INSERT_REPLY,
                _INSERT_SEAL,
                *projections.STATEMENTS,
            )
        }
        # SQLite's writing connection knows the pages that it wrote; another reads them anew.
        self._find_replies = FindReplies(held.writer if held.tail is not None else held.reader)
        self._seal_key: bytes | None = None
        last = held.reader.execute(
            select(event.c.seq, event.c.checksum).order_by(event.c.seq.desc()).limit(1)
        ).first()
        self._last_seq: int = 0 if last is None else last.seq
        self._last_checksum: bytes = BEFORE_THE_FIRST if last is None else last.checksum
        self._tail = held.tail
        self._check_tail()

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the journal at a database URL, make or upgrade its tables, lock it for us.

        Raises JournalInUseError when another server has it, JournalError when it is damaged,
        cannot be written, or is of a newer version.
        """
        database = find_database(url)
        with contextlib.ExitStack() as opened:
            held = opened.enter_context(database.hold())
            return cls.of(database.name, held, opened)

    @classmethod
    def of(cls, name: str, held: Held, opened: contextlib.ExitStack) -> Self:
        """Use a database that is locked for us, and close what was `opened` for it."""
        with explained(name):
            journal = cls(name, held)
        journal._closing = opened.pop_all()
        return journal

    def close(self) -> None:
        """Let the database go. May be called twice."""
        with explained(self._name):
            self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_shared(self) -> bool:
        """Whether servers on several machines may reach it."""
        return self._fence is not None

    @property
    def owner(self) -> Owner | None:
        """Whose journal it is, where servers of several halls may reach it; None of a new one."""
        with explained(self._name):
            return read_owner(self._reader)

    def belong_to(self, owner: Owner) -> None:
        """Note whose journal this is."""
        with explained(self._name), self._connection.begin():
            write_owner(self._connection, owner)

    @property
    def last_seq(self) -> int:
        """The last line that is committed; 0 in a new journal."""
        return self._last_seq

    @property
    def last_clock(self) -> Now | None:
        """The last moment that the journal knows; None in a new journal."""
        last_event = select(event.c.wall_ms, event.c.elapsed_ms).order_by(event.c.seq.desc())
        last_start = select(server_start.c.wall_ms, server_start.c.elapsed_ms).order_by(
            server_start.c.epoch.desc()
        )
        with explained(self._name):
            rows = [
                self._reader.execute(each.limit(1)).first() for each in (last_event, last_start)
            ]
        moments = [Now(row.wall_ms, row.elapsed_ms) for row in rows if row is not None]
        return max(moments, key=lambda moment: moment.elapsed_ms, default=None)

    @property
    def last_checksum(self) -> bytes:
        """The checksum of the last line, for a log that is kept elsewhere."""
        return self._last_checksum

    def seal_with(self, key: bytes) -> None:
        """Seal the last line, and from now on many others, with the hall's key."""
        self._seal_key = key
        with explained(self._name):
            is_sealed = self._reader.scalar(select(seal.c.seq).where(seal.c.seq == self._last_seq))
            if self._last_seq and not is_sealed:
                with self._connection.begin():
                    self._write(_INSERT_SEAL, [self._seal(self._last_seq, self._last_checksum)])

    def begin_epoch(self, now: Now, floor: int = 0) -> Epoch:
        """Commit that the server starts, and count the start; its number is above `floor`.

        Clients believe the highest number that they have seen, and no lower one any more.
        """
        last_line = select(event.c.epoch).order_by(event.c.seq.desc()).limit(1)
        with explained(self._name), self._connection.begin():
            last = max(
                self._connection.scalar(select(func.max(server_start.c.epoch))) or 0,
                self._connection.scalar(last_line) or 0,
                floor,
            )
            epoch = last + 1 if self._fence is None else self._fence.begin(last + 1)
            self._connection.execute(
                insert(server_start).values(
                    epoch=epoch, wall_ms=now.wall_ms, elapsed_ms=now.elapsed_ms
                )
            )
        return Epoch(epoch)

    def confirm(self) -> None:
        """Make sure that no other server has taken over. Raises JournalError when one may have."""
        if self._fence is None:  # a file is locked for as long as we live
            return
        with explained(self._name), self._connection.begin():
            self._fence.check(is_writing=False)

    def open_day(self, had: OpenDay | None = None) -> Iterator[Recorded]:
        """Yield the lines from the last opening of a business day on, each checked by the chain.

        Without those that somebody has `had` who waited for this journal.
        """
        day = OpenDay(self._name, self._reader) if had is None else had
        yield from day.read()
        is_whole = day.last_seq == self._last_seq
        self._demand(is_whole, f"line {day.last_seq + 1} is missing, or opens no business day")

    def _checksum_of(self, seq: int) -> bytes:
        return checksum_of(self._name, self._reader, seq)

    def _check_tail(self) -> None:
        """Refuse a journal that has lost its end."""
        if self._tail is None:
            return
        noted = self._tail.read()
        if noted is not None:
            seq, checksum = noted
            self._demand(
                seq <= self._last_seq,
                f"it ends at line {self._last_seq}, but line {seq} was committed: an old copy of "
                "the file, or a part of it was lost",
            )
            self._demand(checksum == self._checksum_of(seq), f"line {seq} is not what was written")
        self._note_tail()

    def _note_tail(self) -> None:
        if self._tail is None:
            return
        try:
            self._tail.note(self._last_seq, self._last_checksum)
        except OSError as error:
            raise JournalError(
                f"journal {self._name}: its last line cannot be noted beside it: {error.strerror}"
            ) from error

    def _demand(self, is_sound: bool, why_not: str) -> None:  # noqa: FBT001 - as `invariant` has it
        demand(self._name, is_sound, why_not)

    def find_replies(self, keys: Collection[ReplyKey]) -> dict[ReplyKey, Reply]:
        """Return the answers of those commands that were answered before."""
        if not keys:
            return {}
        with explained(self._name):
            rows = self._find_replies.find(list(keys))
        found = {}
        for client, command_id, seq, day, body, checksum in rows:
            is_sound = checksum == reply_checksum(client, command_id, seq, day, body)
            self._demand(is_sound, f"the answer to {command_id} of {client} is not what was stored")
            found[ClientId(client), CommandId(command_id)] = _decode_reply.decode(body)
        return found

    def append(self, events: Sequence[Recorded], answers: Sequence[Answered]) -> None:
        """Commit events, answers and reporting tables in one transaction, or raise and keep none.

        The events' sequence numbers go on from `last_seq` without a gap.
        """
        for number, recorded in enumerate(events, self._last_seq + 1):
            invariant(recorded.seq == number, f"line {recorded.seq} is written as line {number}")
        changes = (projections.project(recorded) for recorded in events)
        rounds = projections.in_rounds(chain.from_iterable(changes))
        lines, seals = self._chained(events)
        with explained(self._name), self._direct.begin():
            if self._fence is not None:
                self._fence.check(is_writing=True)
            self._write(_INSERT_EVENT, lines)
            self._write(_INSERT_REPLY, [_reply_row(answered) for answered in answers])
            self._write(_INSERT_SEAL, seals)
            for statement, rows in rounds:
                self._write(statement, rows)
        if events:
            self._last_seq, self._last_checksum = lines[-1]["seq"], lines[-1]["checksum"]
            self._note_tail()

    def _chained(
        self, events: Sequence[Recorded]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the rows of lines, and of the seals that fall among them."""
        checksum, lines, seals = self._last_checksum, [], []
        for recorded in events:
            line = _line(recorded)
            checksum = line_checksum(checksum, line)
            lines.append(dict(zip(_EVENT_COLUMNS, (*line, checksum), strict=True)))
            if self._seal_key is not None and recorded.seq % SEAL_EVERY_LINES == 0:
                seals.append(self._seal(recorded.seq, checksum))
        return lines, seals

    def _seal(self, seq: int, checksum: bytes) -> dict[str, Any]:
        invariant(self._seal_key is not None, "there is a key to seal with")
        return {"seq": seq, "mac": make_seal(self._seal_key or b"", seq, checksum)}

    def _write(self, statement: ClauseElement, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._prepared[statement].change(self._connection, rows)


_EVENT_COLUMNS = tuple(column.name for column in event.columns)
_REPLY_COLUMNS = tuple(column.name for column in reply.columns)


def _line(recorded: Recorded) -> Line:
    return (
        recorded.seq,
        recorded.epoch,
        recorded.day,
        recorded.wall_ms,
        recorded.elapsed_ms,
        recorded.client,
        recorded.command,
        type(recorded.event).__name__,
        encode_event(recorded.event).decode(),
    )


def _reply_row(answered: Answered) -> dict[str, Any]:
    body = _encode(answered.reply).decode()
    told = (answered.client, answered.command, answered.seq, answered.day, body)
    return dict(zip(_REPLY_COLUMNS, (*told, reply_checksum(*told)), strict=True))

"""The journal: everything that happened, in order, and the answer to every command."""

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Self

import msgspec
from sqlalchemy import ClauseElement, bindparam, func, insert, select

from hallserver.domain.events import Recorded, decode_event, encode_event
from hallserver.domain.instant import Now
from hallserver.domain.invariant import invariant
from hallserver.journal import projections
from hallserver.journal.database import Held, find_database
from hallserver.journal.errors import JournalError, explained
from hallserver.journal.prepared import FindReplies, Prepared
from hallserver.journal.tables import business_day, event, reply, server_start
from hallserver.protocol.ids import BusinessDay, ClientId, CommandId, Epoch
from hallserver.protocol.replies import Reply
from hallserver.writer import Answered, ReplyKey

_encode = msgspec.json.Encoder().encode
_decode_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)

_INSERT_EVENT = insert(event).values({column: bindparam(column.name) for column in event.columns})
_INSERT_REPLY = insert(reply).values({column: bindparam(column.name) for column in reply.columns})


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
        self._closing = contextlib.ExitStack()
        self._prepared: dict[ClauseElement, Prepared] = {
            statement: Prepared(
                statement, held.writer, is_exact=statement not in projections.MAY_FIND_NOTHING
            )
            for statement in (_INSERT_EVENT, _INSERT_REPLY, *projections.STATEMENTS)
        }
        self._find_replies = FindReplies(held.reader)
        self._last_seq: int = held.reader.scalar(select(func.max(event.c.seq))) or 0

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the journal at a database URL, make or upgrade its tables, lock it for us.

        Raises JournalInUseError when another server has it, JournalError when it is damaged,
        cannot be written, or is of a newer version.
        """
        database = find_database(url)
        with contextlib.ExitStack() as opened:
            held = opened.enter_context(database.hold())
            with explained(database.name):
                journal = cls(database.name, held)
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

    def begin_epoch(self, now: Now) -> Epoch:
        """Commit that the server starts, and count the start."""
        with explained(self._name), self._connection.begin():
            last = self._connection.scalar(select(func.max(server_start.c.epoch))) or 0
            self._connection.execute(
                insert(server_start).values(
                    epoch=last + 1, wall_ms=now.wall_ms, elapsed_ms=now.elapsed_ms
                )
            )
        return Epoch(last + 1)

    def open_day(self) -> Iterator[Recorded]:
        """Yield the lines from the last opening of a business day on."""
        opened = select(func.max(business_day.c.opened_seq)).scalar_subquery()
        lines = select(event).where(event.c.seq >= opened).order_by(event.c.seq)
        with explained(self._name):
            for row in self._reader.execute(lines):
                yield read_line(row, self._name)

    def find_replies(self, keys: Collection[ReplyKey]) -> dict[ReplyKey, Reply]:
        """Return the answers of those commands that were answered before."""
        if not keys:
            return {}
        with explained(self._name):
            rows = self._find_replies.find(list(keys))
        return {
            (ClientId(client), CommandId(command_id)): _decode_reply.decode(body)
            for client, command_id, body in rows
        }

    def append(self, events: Sequence[Recorded], answers: Sequence[Answered]) -> None:
        """Commit events, answers and reporting tables in one transaction, or raise and keep none.

        The events' sequence numbers go on from `last_seq` without a gap.
        """
        for number, recorded in enumerate(events, self._last_seq + 1):
            invariant(recorded.seq == number, f"line {recorded.seq} is written as line {number}")
        changes = (projections.project(recorded) for recorded in events)
        rounds = projections.in_rounds(chain.from_iterable(changes))
        with explained(self._name), self._connection.begin():
            self._write(_INSERT_EVENT, [_event_row(recorded) for recorded in events])
            self._write(_INSERT_REPLY, [_reply_row(answered) for answered in answers])
            for statement, rows in rounds:
                self._write(statement, rows)
        if events:
            self._last_seq = events[-1].seq

    def _write(self, statement: ClauseElement, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._prepared[statement].change(self._connection, rows)


def read_line(row: Any, name: str) -> Recorded:
    """Read a row of the table `event` of the journal `name`.

    Raises JournalError when this software cannot.
    """
    seq, epoch, day, wall_ms, elapsed_ms, client, command_id, _, body = row
    try:
        happened = decode_event(body)
    except msgspec.DecodeError as error:
        raise JournalError(
            f"journal {name}: line {seq} cannot be read; it is damaged or was written "
            "by a newer version of this software"
        ) from error
    return Recorded(
        seq=seq,
        epoch=Epoch(epoch),
        day=BusinessDay(day),
        wall_ms=wall_ms,
        elapsed_ms=elapsed_ms,
        client=ClientId(client),
        command=None if command_id is None else CommandId(command_id),
        event=happened,
    )


def _event_row(recorded: Recorded) -> dict[str, Any]:
    return {
        "seq": recorded.seq,
        "epoch": recorded.epoch,
        "day": recorded.day,
        "wall_ms": recorded.wall_ms,
        "elapsed_ms": recorded.elapsed_ms,
        "client": recorded.client,
        "command_id": recorded.command,
        "type": type(recorded.event).__name__,
        "body": encode_event(recorded.event).decode(),
    }


def _reply_row(answered: Answered) -> dict[str, Any]:
    return {
        "client": answered.client,
        "command_id": answered.command,
        "seq": answered.seq,
        "day": answered.day,
        "body": _encode(answered.reply).decode(),
    }

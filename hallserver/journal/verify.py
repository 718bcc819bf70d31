"""Whether a journal is sound: its lines, answers and seals, and the tables that are folds of it.

Everything that is wrong is named, not the first thing only. Rows are named by their keys; what
else stands in them is not repeated.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import ClauseElement, Connection, Row, Table, and_, select
from sqlalchemy.exc import DBAPIError

from hallserver.domain.events import Recorded
from hallserver.domain.invariant import InvariantError
from hallserver.journal import projections
from hallserver.journal.chain import (
    BEFORE_THE_FIRST,
    SEAL_EVERY_LINES,
    line_checksum,
    reply_checksum,
)
from hallserver.journal.chain import seal as make_seal
from hallserver.journal.errors import JournalError, explain
from hallserver.journal.lines import read_line
from hallserver.journal.looking import Look, sqlite_engine, stream
from hallserver.journal.prepared import Prepared
from hallserver.journal.tables import (
    appointment,
    business_day,
    event,
    metadata,
    rating,
    reply,
    seal,
    server_start,
    stint,
    visit,
)
from hallserver.protocol.replies import Reply

MAX_NAMED = 20
"""So many troubles of a kind are named, the others are counted."""
SAY_EVERY_LINES = 100_000
FOLD_LINES = 1_000

FOLDED = (business_day, visit, stint, rating, appointment)
"""The tables that can be made anew from the lines."""

_decode_reply: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)

Say = Callable[[str], None]


@dataclass
class Report:
    """What was found. `troubles` is empty when the journal is sound; `notes` are no troubles."""

    last_seq: int = 0
    checksum: bytes = BEFORE_THE_FIRST
    last_epoch: int = 0
    replies: int = 0
    troubles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Nothing is wrong."""
        return not self.troubles


class Projector:
    """Writes what lines change in the reporting tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._prepared: dict[ClauseElement, Prepared] = {
            statement: Prepared(
                statement, connection, is_exact=statement not in projections.MAY_FIND_NOTHING
            )
            for statement in projections.STATEMENTS
        }

    def apply(self, lines: Sequence[Recorded]) -> None:
        """Write it. Raises what a database raises, or InvariantError, when lines contradict."""
        changes = chain.from_iterable(projections.project(each) for each in lines)
        for statement, rows in projections.in_rounds(changes):
            self._prepared[statement].change(self._connection, rows)


@contextlib.contextmanager
def scratch() -> Iterator[Connection]:
    """Hand out empty tables. What does not fit into memory goes into a file that vanishes."""
    # https://www.sqlite.org/inmemorydb.html, "Temporary Databases"
    with sqlite_engine(lambda: sqlite3.connect("", isolation_level=None)).connect() as connection:
        connection.exec_driver_sql("PRAGMA cache_size = -65536")
        metadata.create_all(connection)
        yield connection


def verify(looked: Look, *, key: bytes | None, say: Say) -> Report:
    """Look at everything. `key` is the hall's, for the seals; `say` hears how far it is."""
    report = Report()
    inspection = _Inspection(looked, report, key, say)
    inspection.look_at_file()
    with scratch() as folded:
        inspection.look_at_lines(folded)
        inspection.look_at_replies()
        inspection.look_at_tables(folded)
    return report


class _Inspection:
    def __init__(self, looked: Look, report: Report, key: bytes | None, say: Say) -> None:
        self._looked = looked
        self._report = report
        self._key = key
        self._say = say
        self._named = 0
        self._can_be_folded = True

    def _trouble(self, what: str) -> None:
        self._named += 1
        if self._named <= MAX_NAMED:
            self._report.troubles.append(what)

    @contextlib.contextmanager
    def _part(self, part: str) -> Iterator[None]:
        """Look at a part; what the database cannot read is a trouble, and the next part follows."""
        self._named = 0
        self._say(part)
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            self._can_be_folded = False
            self._report.troubles.append(f"{part}: {explain(error, self._looked.name)}")
        if self._named > MAX_NAMED:
            self._report.troubles.append(f"{part}: {self._named - MAX_NAMED} more like these")

    def look_at_file(self) -> None:
        if not self._looked.is_sqlite:
            self._report.notes.append("the files of PostgreSQL are for its own tools (pg_amcheck)")
            return
        with self._part("the file"):
            found = self._looked.connection.exec_driver_sql(f"PRAGMA integrity_check({MAX_NAMED})")
            for what in "\n".join(row[0] for row in found).splitlines():
                if what != "ok":
                    self._trouble(f"the file: {what}")

    def look_at_lines(self, folded: Connection) -> None:
        with self._part("lines"):
            seals = {row.seq: bytes(row.mac) for row in stream(self._looked, seal)}
            epochs = {row.epoch for row in stream(self._looked, server_start)}
            projector = Projector(folded)
            waiting: list[Recorded] = []
            for row in self._lines(seals, epochs):
                if self._can_be_folded:
                    waiting += self._read(row)
                if len(waiting) >= FOLD_LINES:
                    self._fold(projector, waiting)
                    waiting = []
            self._fold(projector, waiting)
            self._check_seals(seals)
            self._check_end(seals)

    def _lines(self, seals: dict[int, bytes], epochs: set[int]) -> Iterator[Row[Any]]:
        """Yield the lines, each checked by the one before."""
        report, first_sealed = self._report, min(seals, default=None)
        told: list[Any]
        for row in stream(self._looked, event):
            *told, checksum = row
            if row.seq == report.last_seq + 1:
                self._check_checksum(report.checksum, tuple(told), checksum)
            else:
                self._can_be_folded = False
                self._trouble(f"lines {report.last_seq + 1} to {row.seq - 1} are missing")
            if row.epoch not in epochs:
                epochs.add(row.epoch)  # named once
                self._trouble(f"line {row.seq} is of start {row.epoch}, which is not recorded")
            if row.epoch < report.last_epoch:
                self._trouble(f"line {row.seq} is of an earlier start than the line before")
            is_due = row.seq % SEAL_EVERY_LINES == 0
            if row.seq in seals:
                self._check_seal(row.seq, bytes(checksum), seals[row.seq])
            elif is_due and first_sealed is not None and row.seq > first_sealed:
                self._trouble(f"line {row.seq} has lost its seal")
            # On from what is stored: every line is judged by itself.
            report.last_seq, report.checksum, report.last_epoch = row.seq, checksum, row.epoch
            if row.seq % SAY_EVERY_LINES == 0:
                self._say(f"line {row.seq}")
            yield row

    def _check_checksum(self, before: bytes, told: Any, checksum: bytes) -> None:
        try:
            is_sound = line_checksum(before, told) == checksum
        except TypeError:  # NULL, or a number, where there has to be text
            is_sound = False
        if not is_sound:
            self._can_be_folded = False
            self._trouble(f"line {told[0]} is not what was written")

    def _check_seal(self, seq: int, checksum: bytes, mac: bytes) -> None:
        if self._key is not None and make_seal(self._key, seq, checksum) != mac:
            self._trouble(
                f"the seal on line {seq} is not of this hall.key: the lines before it were forged, "
                "or it was sealed with another key"
            )

    def _check_seals(self, seals: Collection[int]) -> None:
        if self._key is None:
            self._report.notes.append("the seals were not checked, as there is no hall.key here")
        elif not seals and self._report.last_seq >= SEAL_EVERY_LINES:
            self._trouble(
                "no line is sealed: no server has run on it with this hall.key, or the seals were "
                "taken away"
            )

    def _check_end(self, seals: dict[int, bytes]) -> None:
        report, noted = self._report, self._looked.noted
        sealed = max(seals, default=0)
        known = max(sealed, noted[0] if noted else 0)
        if known > report.last_seq:
            self._can_be_folded = False
            self._trouble(f"it ends at line {report.last_seq}, but there was a line {known}")

    def _read(self, row: Row[Any]) -> list[Recorded]:
        try:
            return [read_line(tuple(row)[:-1], self._looked.name)]
        except JournalError as error:
            self._can_be_folded = False
            self._trouble(str(error))
            return []

    def _fold(self, projector: Projector, lines: Sequence[Recorded]) -> None:
        if not self._can_be_folded:
            return
        try:
            projector.apply(lines)
        except (DBAPIError, sqlite3.Error, InvariantError, LookupError) as error:
            self._can_be_folded = False
            self._trouble(
                f"lines {lines[0].seq} to {lines[-1].seq} contradict each other "
                f"({type(error).__name__})"
            )

    def look_at_replies(self) -> None:
        told: list[Any]
        with self._part("answers"):
            for row in stream(self._looked, reply):
                *told, checksum = row
                self._report.replies += 1
                who = f"the answer to {row.command_id} of {row.client}"
                if not _is_reply_sound(told, checksum):
                    self._trouble(f"{who} is not what was stored")
                elif row.seq > self._report.last_seq:
                    self._trouble(f"{who} belongs to line {row.seq}, which is not there")
            for row in self._unanswered():
                self._trouble(f"line {row.seq} has lost the answer to its command")

    def _unanswered(self) -> Sequence[Row[Any]]:
        its_reply = and_(reply.c.client == event.c.client, reply.c.command_id == event.c.command_id)
        lines = select(event.c.seq).outerjoin(reply, its_reply)
        lost = lines.where(event.c.command_id.is_not(None), reply.c.client.is_(None))
        return self._looked.connection.execute(lost.order_by(event.c.seq).limit(MAX_NAMED)).all()

    def look_at_tables(self, folded: Connection) -> None:
        if not self._can_be_folded:
            self._report.notes.append(
                "the reporting tables were not compared, as the lines that they tell are damaged"
            )
            return
        for table in FOLDED:
            with self._part(f"table {table.name}"):
                self._compare(table, folded)

    def _compare(self, table: Table, folded: Connection) -> None:
        old = self._stints_before_lines() if table is stint else frozenset()
        kept, told = (
            (row for row in stream(each, table) if row[0] not in old)
            for each in (self._looked, folded)
        )
        width = len(table.primary_key)
        ours, theirs = next(kept, None), next(told, None)
        while ours is not None or theirs is not None:
            have, want = ours and tuple(ours[:width]), theirs and tuple(theirs[:width])
            if have is not None and (want is None or have < want):
                self._trouble(f"table {table.name}: {_named(have)} is told by no line")
            elif want is not None and (have is None or want < have):
                self._trouble(f"table {table.name}: {_named(want)} is missing")
            elif ours is not None and theirs is not None and tuple(ours) != tuple(theirs):
                pairs = zip(table.columns, ours, theirs, strict=True)
                wrong = ", ".join(column.name for column, is_, told_ in pairs if is_ != told_)
                self._trouble(f"table {table.name}: {_named(have)} has a wrong {wrong}")
            ours, theirs = (
                next(kept, None) if want is None or (have is not None and have <= want) else ours,
                next(told, None) if have is None or (want is not None and want <= have) else theirs,
            )

    def _stints_before_lines(self) -> frozenset[str]:
        """Name the tickets whose first stint step 0003 made of their visit, without its line."""
        made = select(stint.c.ticket).where(stint.c.began_seq == 0)
        return frozenset(self._looked.connection.scalars(made))


def _is_reply_sound(told: Sequence[Any], checksum: bytes) -> bool:
    client, command_id, seq, day, body = told
    try:
        if reply_checksum(client, command_id, seq, day, body) != checksum:
            return False
        _decode_reply.decode(body)
    except (TypeError, ValueError, msgspec.DecodeError):
        return False
    return True


def _named(key: Any) -> str:
    return " ".join(str(each) for each in key)

"""Which numbers are between the hall and the paper, kept over a restart of the kiosk.

It holds ticket ids only, and nothing is ever printed from it: what died in the printer stays
unprinted. It answers one question after a crash: what is to become of a number that was on its
way?
"""

import logging
import os
import sqlite3
import threading
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import Final, Protocol

from hallserver.protocol.ids import TicketId

MAX_LEFTOVERS: Final = 64

_LOG = logging.getLogger(__name__)


@unique
class PrintStage(StrEnum):
    """How far a number came."""

    RESERVED = "reserved"
    """No byte of it went to the printer: it can be voided."""

    PRINTING = "printing"
    """Its paper may be in somebody's hand: neither confirmed nor voided by guess. It is valid
    as soon as it is shown."""

    PRINTED = "printed"
    """The printer said so, or the screen showed the number as valid: to be confirmed, whatever a
    late answer of the printer says."""


@dataclass(frozen=True)
class Leftover:
    """A number that was on its way when the kiosk stopped."""

    ticket: TicketId
    stage: PrintStage


class Spool(Protocol):
    """Used by several threads; never raises."""

    def begin(self, ticket: TicketId) -> None:
        """Note a number that the hall has reserved."""
        ...

    def advance(self, ticket: TicketId, stage: PrintStage) -> None:
        """Note how far a number has come, on the disk when this returns.

        A number that is `PRINTED` stays it; one that was never begun, or dropped, is not noted.
        """
        ...

    def drop(self, ticket: TicketId) -> None:
        """The hall has answered: what becomes of the number is in the journal."""
        ...

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what is noted, oldest first."""
        ...

    def close(self) -> None:
        """Give the file back. May be called twice."""
        ...


class MemorySpool:
    """Survives nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stages: dict[TicketId, PrintStage] = {}

    def begin(self, ticket: TicketId) -> None:
        """Note a number."""
        with self._lock:
            self._stages.setdefault(ticket, PrintStage.RESERVED)

    def advance(self, ticket: TicketId, stage: PrintStage) -> None:
        """Note a stage."""
        with self._lock:
            if self._stages.get(ticket, PrintStage.PRINTED) is not PrintStage.PRINTED:
                self._stages[ticket] = stage

    def drop(self, ticket: TicketId) -> None:
        """Forget a number."""
        with self._lock:
            self._stages.pop(ticket, None)

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what is noted."""
        with self._lock:
            return tuple(Leftover(ticket, stage) for ticket, stage in self._stages.items())

    def close(self) -> None:
        """Do nothing: the notes stay for who opens it again."""


_SCHEMA = """
CREATE TABLE IF NOT EXISTS spool (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket TEXT NOT NULL UNIQUE,
    stage TEXT NOT NULL
)
"""
_BEGIN = "INSERT INTO spool (ticket, stage) VALUES (?, 'reserved') ON CONFLICT DO NOTHING"
_ADVANCE = "UPDATE spool SET stage = ? WHERE ticket = ? AND stage <> 'printed'"


class SqliteSpool:
    """Survives the end of the process, and a power cut where it matters.

    Every step waits for the disk: lost, it would have a number voided that somebody holds or was
    shown. The beginning and the end do not: a number that a power cut forgets is left as it is,
    and counts as soon as it is shown. When the disk fails, the kiosk goes on without.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file; a damaged one is begun anew. Raises OSError, sqlite3.Error."""
        self._path = path
        self._lock = threading.Lock()
        self._has_failed = False
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database: sqlite3.Connection | None = self._open()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) not in (
                sqlite3.SQLITE_CORRUPT,
                sqlite3.SQLITE_NOTADB,
            ):
                raise
            _LOG.error("spool %s is damaged and begun anew", path)
            for suffix in ("", "-wal", "-shm", "-journal"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        database = sqlite3.connect(
            self._path, timeout=0.0, isolation_level=None, check_same_thread=False
        )
        try:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(_SCHEMA)
            database.execute("SELECT ticket, stage FROM spool").fetchall()
        except BaseException:
            database.close()
            raise
        return database

    def begin(self, ticket: TicketId) -> None:
        """Note a number."""
        self._change(_BEGIN, (ticket,), sync="NORMAL")

    def advance(self, ticket: TicketId, stage: PrintStage) -> None:
        """Note how far a number has come."""
        self._change(_ADVANCE, (stage.value, ticket), sync="FULL")

    def drop(self, ticket: TicketId) -> None:
        """Forget a number."""
        self._change("DELETE FROM spool WHERE ticket = ?", (ticket,), sync="NORMAL")

    def leftovers(self) -> tuple[Leftover, ...]:
        """Return what is noted, oldest first."""
        with self._lock:
            if self._database is None:
                return ()
            rows = self._database.execute(
                "SELECT ticket, stage FROM spool ORDER BY seq LIMIT ?", (MAX_LEFTOVERS,)
            ).fetchall()
        return tuple(Leftover(TicketId(ticket), PrintStage(stage)) for ticket, stage in rows)

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            database, self._database = self._database, None
        if database is not None:
            database.close()

    def _change(self, statement: str, values: tuple[str, ...], *, sync: str) -> None:
        # In WAL mode a commit waits for the disk only with FULL, and then takes the ones before
        # it along: https://www.sqlite.org/pragma.html#pragma_synchronous
        with self._lock:
            if self._database is None:
                return
            try:
                self._database.execute(f"PRAGMA synchronous = {sync}")
                self._database.execute(statement, values)
            except sqlite3.Error as error:
                if not self._has_failed:  # once per burst: a full disk fails every step
                    _LOG.error("spool %s cannot be written (%s)", self._path, error)
                self._has_failed = True
            else:
                self._has_failed = False

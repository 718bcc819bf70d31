"""Where the outbox survives a restart: one small SQLite file per client, or memory."""

import logging
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from hallserver.client.outbox import MAX_OUTBOX_COMMANDS
from hallserver.protocol.ids import CommandId

MAX_SET_ASIDE_FILES = 9
"""Damaged files that are kept for the staff to look at; then the last one is replaced."""

_LOG = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id TEXT NOT NULL UNIQUE,
    message BLOB NOT NULL
)
"""


class StoreBusyError(Exception):
    """Another process holds this outbox: two programs run as the same client."""


class StoreUnavailableError(Exception):
    """The file can be neither opened nor made."""


class MemoryOutboxStore:
    """Survives the loss of a link, not the end of the process."""

    def __init__(self) -> None:
        self._messages: dict[CommandId, bytes] = {}

    def load(self) -> Sequence[tuple[CommandId, bytes]]:
        """Return what is stored, oldest first."""
        return tuple(self._messages.items())

    def put(self, command_id: CommandId, message: bytes) -> None:
        """Keep a message."""
        self._messages[command_id] = message

    def drop(self, command_id: CommandId) -> None:
        """Forget a message, if it is there."""
        self._messages.pop(command_id, None)

    def close(self) -> None:
        """Do nothing: the messages stay for who opens it again."""


class SqliteOutboxStore:
    """Survives a power cut: each message is on the disk when `put` returns.

    A damaged file is set aside under another name and a fresh one begun. When the disk fails
    later, the outbox goes on in memory and an error line says so: a kiosk that refuses people
    because its own disk is full would be worse than one that may forget a command when it also
    loses its power.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises StoreBusyError or StoreUnavailableError."""
        self._path = path
        self._has_failed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database: sqlite3.Connection | None = self._open_or_replace()
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailableError(f"outbox {path} cannot be used: {error}") from error

    def load(self) -> Sequence[tuple[CommandId, bytes]]:
        """Return what is stored, oldest first."""
        if self._database is None:
            return ()
        rows = self._database.execute(
            "SELECT command_id, message FROM outbox ORDER BY seq LIMIT ?", (MAX_OUTBOX_COMMANDS,)
        )
        return tuple((CommandId(str(row[0])), bytes(row[1])) for row in rows)

    def put(self, command_id: CommandId, message: bytes) -> None:
        """Store a message. On return it survives a power cut, or a log line says why not."""
        self._change(
            "INSERT OR REPLACE INTO outbox (command_id, message) VALUES (?, ?)",
            (command_id, message),
        )

    def drop(self, command_id: CommandId) -> None:
        """Forget a message, if it is there."""
        self._change("DELETE FROM outbox WHERE command_id = ?", (command_id,))

    def close(self) -> None:
        """Give the file back. May be called twice."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    def _change(self, statement: str, values: tuple[object, ...]) -> None:
        if self._database is None:
            return
        try:
            self._database.execute(statement, values)
        except sqlite3.Error as error:
            if not self._has_failed:  # once per burst: a full disk fails every command
                _LOG.error(
                    "outbox %s cannot be written (%s): commands are kept in memory only",
                    self._path,
                    error,
                )
            self._has_failed = True
        else:
            if self._has_failed:
                _LOG.warning("outbox %s can be written again", self._path)
            self._has_failed = False

    def _open_or_replace(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if _is_code(error, sqlite3.SQLITE_BUSY):
                raise StoreBusyError(f"outbox {self._path} is in use by another process") from None
            if not _is_damage(error):
                raise
            _LOG.error(
                "outbox %s is damaged (%s): it is kept as %s and a fresh one is begun; "
                "commands that were not yet answered are lost",
                self._path,
                error,
                self._set_aside().name,
            )
        return self._open()

    def _open(self) -> sqlite3.Connection:
        # The file holds tickets' tokens: nobody but this device's account reads it.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        # check_same_thread: opened in the main thread, used by the link's worker only.
        database = sqlite3.connect(
            self._path, timeout=0.0, isolation_level=None, check_same_thread=False
        )
        try:
            # https://www.sqlite.org/pragma.html: in WAL mode only FULL syncs at every commit;
            # exclusive locking keeps a second process out; secure_delete overwrites what is gone.
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            database.execute(_SCHEMA)
            database.execute("COMMIT")
            if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise _damage("its pages do not fit together")
            columns = database.execute("SELECT name FROM pragma_table_info('outbox')")
            if {"seq", "command_id", "message"} - {name for (name,) in columns}:
                raise _damage("it is not an outbox")
            database.execute("SELECT command_id, message FROM outbox").fetchall()
        except BaseException:
            database.close()
            raise
        return database

    def _set_aside(self) -> Path:
        names = (f"{self._path.name}.damaged-{count}" for count in range(1, MAX_SET_ASIDE_FILES))
        last = f"{self._path.name}.damaged-{MAX_SET_ASIDE_FILES}"
        free = (name for name in names if not self._path.with_name(name).exists())
        kept = self._path.with_name(next(free, last))
        self._path.replace(kept)
        # A WAL left behind would be replayed into the fresh file.
        for suffix in ("-wal", "-shm", "-journal"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        return kept


def _damage(why: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(why)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _is_code(error: sqlite3.Error, *codes: int) -> bool:
    extended = getattr(error, "sqlite_errorcode", None)
    # The low byte is the primary code: https://www.sqlite.org/rescode.html
    return extended is not None and extended & 0xFF in codes


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return _is_code(error, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)

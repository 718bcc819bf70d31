"""A journal in a SQLite file: its lock, its settings."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from hallserver.journal.chain import Tail
from hallserver.journal.database import Held
from hallserver.journal.errors import JournalError, JournalInUseError, explained
from hallserver.journal.schema import migrate
from hallserver.journal.swap import finish_swap

BUSY_TIMEOUT_MS = 5_000
"""How long to wait for a reader that blocks a checkpoint, or for a backup program."""

PRIVATE = 0o600
"""It holds keyed hashes of people: for its owner only."""


class SqliteDatabase:
    """A journal's file."""

    def __init__(self, url: URL) -> None:
        """Raise JournalError when the URL names no file."""
        if not url.database:
            raise JournalError("the database URL names no file; expected sqlite:///FILE")
        if url.database == ":memory:":
            raise JournalError("a journal in memory would be lost at the first restart")
        self.url = url
        self.path = Path(url.database)

    @property
    def name(self) -> str:
        """Name the file, for people."""
        return str(self.path)

    @contextlib.contextmanager
    def hold(self) -> Iterator[Held]:
        """Lock the file, bring its tables to this version, and hand out its connections."""
        with contextlib.ExitStack() as opened:
            opened.callback(lock_file(self.path).release)
            _finish_restore(self.path)
            with explained(self.name):
                engine = open_engine(self.url)
                with engine.begin() as connection:
                    migrate(connection)
                writer = opened.enter_context(engine.connect())
                reader = opened.enter_context(engine.connect())
                tail = opened.enter_context(contextlib.closing(open_tail(self.path)))
            yield Held(writer, reader.execution_options(is_reading=True), tail)


class FileLock:
    """Held by the one process that writes a journal. The kernel lets it go when we die.

    A file of its own beside the journal: SQLite's locks on the journal itself come and go with its
    transactions (https://www.sqlite.org/lockingv3.html), and readers must stay welcome.
    """

    def __init__(self, path: Path) -> None:
        """Raise BlockingIOError when another holds it, other OSErrors when it cannot be made."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let it go. The file stays: deleting it would let two processes hold two files."""
        os.close(self._descriptor)


def lock_file(path: Path, *, makes_file: bool = True) -> FileLock:
    """Make the journal's file, for its owner only, if there is none yet, and lock it.

    Unless it `makes_file` there may be none, but its directory has to be there. Raises
    JournalInUseError when another server has it, JournalError when it cannot be written.
    """
    lock = path.with_name(path.name + ".lock")
    try:
        if makes_file:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))
        return FileLock(lock)
    except BlockingIOError as error:
        holder = lock.read_text("ascii", errors="replace").strip() or "unknown"
        raise JournalInUseError(
            f"journal {path}: another hall server (process {holder}) writes to it; stop that one "
            "first, or use another state directory"
        ) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise JournalError(
            f"journal {path}: cannot be opened for writing: {why}; check its directory, owner "
            "and rights"
        ) from error


def _finish_restore(path: Path) -> None:
    """Finish a restore that was interrupted by a power cut. Raises JournalError."""
    try:
        finish_swap(path)
    except OSError as error:
        raise JournalError(
            f"journal {path}: a restore cannot be finished: {error.strerror}"
        ) from error


def tail_file(path: Path) -> Path:
    """Name the file beside a journal that notes its last line."""
    return path.with_name(path.name + ".tail")


def open_tail(path: Path) -> Tail:
    """Open the witness of a journal's last line. Raises JournalError."""
    try:
        return Tail(tail_file(path))
    except OSError as error:
        raise JournalError(f"{tail_file(path)}: cannot be written: {error.strerror}") from error


def open_engine(url: URL) -> Engine:
    """Make an engine whose transactions are begun for writing and survive a power cut."""
    # Values stay out of error texts: they would end in the log.
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin_for_writing)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    # The driver would begin transactions by its own rules (Python's sqlite3, "Transaction
    # control"); with None it leaves that to `_begin_for_writing`.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",  # in WAL mode NORMAL could lose the last commits in a power cut
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_for_writing(connection: Connection) -> None:
    # A transaction that begins by reading could fail to become a writing one, whatever it waits.
    # A connection that only reads needs none: SQLite gives each query one of its own.
    if not connection.get_execution_options().get("is_reading", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

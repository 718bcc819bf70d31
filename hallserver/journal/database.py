"""Opening the database: its lock, its settings, its schema."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from hallserver.journal.errors import JournalError, JournalInUseError, explain

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_TIMEOUT_MS = 5_000
"""How long to wait for a reader that blocks a checkpoint, or for a backup program."""

PRIVATE = 0o600
"""It holds keyed hashes of people: for its owner only."""

_MIGRATIONS = Path(__file__).parent / "migrations"


def sqlite_url(directory: Path) -> str:
    """Name the journal that a server keeps in its state directory unless it is told otherwise."""
    return f"sqlite:///{directory / 'journal.sqlite3'}"


def parse_url(url: str) -> tuple[URL, Path]:
    """Read a database URL. Raises JournalError when it is none that can be served."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise JournalError("the database URL cannot be read; expected sqlite:///FILE") from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        # The password that a URL may hold is not repeated.
        raise JournalError(
            f"{parsed.render_as_string()}: this version keeps its journal in a SQLite file; "
            "expected sqlite:///FILE"
        )
    if parsed.database == ":memory:":
        raise JournalError("a journal in memory would be lost at the first restart")
    return parsed, Path(parsed.database)


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


def lock_file(path: Path) -> FileLock:
    """Make the journal's file, for its owner only, if there is none yet, and lock it.

    Raises JournalInUseError when another server has it, JournalError when it cannot be written.
    """
    lock = path.with_name(path.name + ".lock")
    try:
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


def alembic_config(connection: Connection) -> "Config":
    """Point Alembic at our steps and at this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(connection: Connection) -> None:
    """Bring the schema to this version, within the transaction of `connection`.

    Raises JournalError when the schema is newer than this software.
    """
    if is_current(connection):
        return
    from alembic import command
    from alembic.script.revision import ResolutionError
    from alembic.util import CommandError

    try:
        command.upgrade(alembic_config(connection), "head")
    except (ResolutionError, CommandError) as error:
        raise JournalError(
            "the journal was written by another version of this software, which this one does "
            "not know; start that version, or install a newer one"
        ) from error


def is_current(connection: Connection) -> bool:
    """Whether the schema is of this version. Asks without Alembic, which takes 0.2 s to load."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    steps = (_MIGRATIONS / "versions").glob("v*.py")
    return version == max(step.name.partition("_")[0].removeprefix("v") for step in steps)


@contextlib.contextmanager
def explained(where: Path) -> Iterator[None]:
    """Turn what the database raises into JournalError."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise explain(error, where) from error

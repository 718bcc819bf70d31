"""Which database a URL means, and what the journal needs of each kind."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from hallserver.journal.chain import Tail
from hallserver.journal.errors import JournalError

EXPECTED = "expected sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE"


class Fence(Protocol):
    """Keeps a server from writing that has lost the right to, wherever others may have it."""

    def begin(self, epoch: int) -> int:
        """Return the number of this start, `epoch` or above, within a transaction."""
        ...

    def check(self, *, is_writing: bool) -> None:
        """Raise JournalInUseError, within a transaction, unless ours is the newest start."""
        ...


@dataclass(frozen=True)
class Held:
    """The right to write to a journal, for as long as `Database.hold` is not left."""

    writer: Connection
    reader: Connection
    """Each question that is asked on it sees what was committed when it was asked."""
    tail: Tail | None = None
    """A witness of the last commit, where the journal is a file."""
    fence: Fence | None = None
    """None where the operating system keeps others out for as long as we live."""


class Database(Protocol):
    """A journal's place, opened by nobody yet."""

    @property
    def name(self) -> str:
        """Name it for people, without a password."""
        ...

    def hold(self) -> AbstractContextManager[Held]:
        """Lock it for this process, bring its tables to this version, open it.

        Raises JournalInUseError when another server has it, JournalError when it is damaged,
        cannot be written, or is of a newer version.
        """
        ...


def sqlite_url(directory: Path) -> str:
    """Name the journal that a server keeps in its state directory unless it is told otherwise."""
    return f"sqlite:///{directory / 'journal.sqlite3'}"


def find_database(url: str) -> Database:
    """Read a database URL. Raises JournalError when it is none that can be served."""
    # Each engine is loaded only by who uses it.
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: of the port
        raise JournalError(f"the database URL cannot be read; {EXPECTED}") from error
    match parsed.get_backend_name():
        case "sqlite":
            from hallserver.journal.sqlite import SqliteDatabase

            return SqliteDatabase(parsed)
        case "postgresql":
            from hallserver.journal.postgres import PostgresDatabase

            return PostgresDatabase(parsed)
        case other:
            # The rest of the URL, which may hold a password, is not repeated.
            raise JournalError(f"a journal cannot be kept in {other}; {EXPECTED}")

"""Which database a URL means, and what the journal needs of each kind."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from hallserver.journal.errors import JournalError

EXPECTED = "expected sqlite:///FILE"


@dataclass(frozen=True)
class Held:
    """The right to write to a journal, for as long as `Database.hold` is not left."""

    writer: Connection
    reader: Connection
    """Each question that is asked on it sees what was committed when it was asked."""


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
    from hallserver.journal.sqlite import SqliteDatabase

    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise JournalError(f"the database URL cannot be read; {EXPECTED}") from error
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed)
    # The password that a URL may hold is not repeated.
    raise JournalError(
        f"{parsed.render_as_string()}: this version keeps its journal in a SQLite file; {EXPECTED}"
    )

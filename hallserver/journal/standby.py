"""Waiting behind another server: its journal is read while it writes, and taken when it is gone."""

import contextlib
from collections.abc import Iterator
from typing import Self

from hallserver.domain.events import Recorded
from hallserver.journal.database import find_database
from hallserver.journal.errors import JournalError, explained
from hallserver.journal.journal import Journal
from hallserver.journal.lines import OpenDay
from hallserver.journal.owner import Owner, read_owner
from hallserver.journal.postgres import PostgresDatabase, Waiting
from hallserver.journal.schema import is_current, is_newer


class Standby:
    """A journal that another server may be writing. Used by one thread."""

    def __init__(self, waiting: Waiting) -> None:
        """Use `open`."""
        self._waiting = waiting
        self._is_readable = False
        self._closing = contextlib.ExitStack()
        self.day = OpenDay(waiting.name, waiting.reader)

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect, and lock nothing. Raises JournalError, also when it is a file."""
        database = find_database(url)
        if not isinstance(database, PostgresDatabase):
            raise JournalError(
                f"journal {database.name}: a standby waits behind a server on another machine, "
                "which needs PostgreSQL; one server on SQLite is simply started again"
            )
        with contextlib.ExitStack() as opened:
            standby = cls(opened.enter_context(database.wait()))
            standby._closing = opened.pop_all()
        return standby

    def close(self) -> None:
        """Let the database go, unless it was taken. May be called twice."""
        with explained(self._waiting.name):
            self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take_over(self) -> Journal | None:
        """Take the right to write if nobody has it; never waits. This standby is used up then.

        Raises JournalError when the journal is of a newer version of this software.
        """
        if not self._waiting.try_lock():
            return None
        return Journal.of(self._waiting.name, self._waiting.held(), self._closing)

    @property
    def leader(self) -> str:
        """Name the server that writes, as it named itself."""
        return self._waiting.leader()

    @property
    def owner(self) -> Owner | None:
        """Whose journal it is; None before anybody said it."""
        with explained(self._waiting.name):
            return read_owner(self._waiting.reader) if self._can_read() else None

    def new_lines(self) -> Iterator[Recorded]:
        """Yield the lines of the open day that were committed since the last call.

        None while the tables are of an older version: they are brought to ours at the take-over,
        and read then. Raises JournalError when they are of a newer one.
        """
        with explained(self._waiting.name):
            if self._can_read():
                yield from self.day.read()

    def _can_read(self) -> bool:
        if not self._is_readable:
            self._is_readable = is_current(self._waiting.reader)
            if is_newer(self._waiting.reader):
                raise JournalError(
                    f"journal {self._waiting.name}: its server is of a newer version of this "
                    "software; install that here as well"
                )
        return self._is_readable

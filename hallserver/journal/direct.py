"""How the statements of every command reach the database, with as little between as can be.

What SQLAlchemy does around one statement takes five times what SQLite needs for it, so for SQLite
its driver is asked itself, on the connection that SQLAlchemy opened and set up.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection


class Direct(Protocol):
    """Takes a statement as the driver writes it, and its values."""

    def begin(self) -> AbstractContextManager[object]:
        """Open a transaction that writes: committed at its end, taken back when that raises."""
        ...

    def change(self, text: str, rows: Sequence[Any]) -> int:
        """Execute for every row; returns how many rows of the database it found."""
        ...

    def query(self, text: str, values: Any) -> Sequence[Any]:
        """Execute once and return all rows."""
        ...


def direct(connection: Connection) -> Direct:
    """Return the shortest way to the database of a connection."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        return _BySqlite(driver)
    return _BySqlalchemy(connection)


class _BySqlite:
    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver

    @contextlib.contextmanager
    def begin(self) -> Iterator[None]:
        # As `sqlite._begin_for_writing` has it, which says why.
        self._driver.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._driver.execute("COMMIT")
        except BaseException:
            # After some errors SQLite has rolled back by itself (lang_transaction.html there).
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
            raise

    def change(self, text: str, rows: Sequence[Any]) -> int:
        if len(rows) == 1:
            return self._driver.execute(text, rows[0]).rowcount
        return self._driver.executemany(text, rows).rowcount

    def query(self, text: str, values: Any) -> Sequence[Any]:
        return self._driver.execute(text, values).fetchall()


class _BySqlalchemy:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self) -> AbstractContextManager[object]:
        return self._connection.begin()

    def change(self, text: str, rows: Sequence[Any]) -> int:
        # One row as one row: a list of one costs psycopg a pipeline.
        values = rows[0] if len(rows) == 1 else list(rows)
        return self._connection.exec_driver_sql(text, values).rowcount

    def query(self, text: str, values: Any) -> Sequence[Any]:
        return self._connection.exec_driver_sql(text, values).all()

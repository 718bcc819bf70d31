"""Looking at a journal while its server may write to it: one moment of it, and nothing is written.

What is damaged is read as far as it can be: text that is no UTF-8 comes with escapes in it.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Row, String, Table, collate, create_engine, event, select
from sqlalchemy.pool import NullPool

from hallserver.journal.chain import read_tail
from hallserver.journal.database import Database, find_database
from hallserver.journal.errors import JournalError, explained
from hallserver.journal.schema import is_current
from hallserver.journal.sqlite import SqliteDatabase, tail_file

FETCH_ROWS = 2_000


@dataclass(frozen=True)
class Look:
    """A journal at one moment. `noted` is what its tail file said just before that."""

    name: str
    connection: Connection
    is_sqlite: bool
    noted: tuple[int, bytes] | None = None


@contextlib.contextmanager
def look(url: str) -> Iterator[Look]:
    """Look at a journal. Raises JournalError when there is none, or of another version."""
    database = find_database(url)
    is_sqlite = isinstance(database, SqliteDatabase)
    noted = _noted(database)
    with contextlib.ExitStack() as opened:
        with explained(database.name):
            connection = opened.enter_context(_engine(database).connect())
            if not is_sqlite:
                # Between two questions a large journal takes its time (`postgres.open_engine`).
                connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 0")
            # The first question takes the moment; all later ones see the same.
            if not is_current(connection):
                raise JournalError(
                    f"journal {database.name}: it is of another version of this software; start "
                    "the server of this version once, which brings it up, or use that version"
                )
        yield Look(database.name, connection, is_sqlite, noted)


def _noted(database: Database) -> tuple[int, bytes] | None:
    if not isinstance(database, SqliteDatabase):
        return None
    if not database.path.is_file():
        raise JournalError(f"journal {database.path}: there is no such file")
    try:
        return read_tail(tail_file(database.path))
    except OSError as error:
        raise JournalError(f"{tail_file(database.path)}: {error.strerror}") from error


def _engine(database: Database) -> Engine:
    if isinstance(database, SqliteDatabase):
        path = database.path
        return sqlite_engine(lambda: connect_read_only(path))
    from hallserver.journal.postgres import PostgresDatabase, open_engine

    if not isinstance(database, PostgresDatabase):
        raise JournalError(f"journal {database.name}: this kind of database is not looked at")
    engine = open_engine(database.url)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a SQLite file so that nothing is written to it."""
    # https://www.sqlite.org/uri.html: "ro" writes nothing and makes no file.
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    return connection


def sqlite_engine(creator: Any) -> Engine:
    """Make an engine of connections that somebody else opens; a transaction begins by reading."""
    engine = create_engine("sqlite://", creator=creator, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def stream(looked: Look | Connection, table: Table) -> Iterator[Row[Any]]:
    """Yield a table's rows by their key, as Python sorts text, few at a time."""
    connection = looked.connection if isinstance(looked, Look) else looked
    is_sqlite = connection.dialect.name == "sqlite"
    keys = [
        column if is_sqlite or not isinstance(column.type, String) else collate(column, "C")
        for column in table.primary_key
    ]
    options = connection.execution_options(yield_per=FETCH_ROWS)
    return iter(options.execute(select(table).order_by(*keys)))

"""The region's PostgreSQL: lines and cursors are written in one transaction, or neither is."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, fields, replace
from typing import Any, Self

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from hallserver.protocol.region import JournalConfirmed, LinesRefused, RegionHall
from hallserver.region.intake import Cursor, Incoming, Taken, take
from hallserver.region.schema import SchemaError, add_month, months_there, prepare

CONNECT_TIMEOUT_S = 5
EXPECTED = "expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE"

_LOG = logging.getLogger(__name__)

_CURSOR_COLUMNS = ", ".join(field.name for field in fields(Cursor))
_LOCKED = f"SELECT {_CURSOR_COLUMNS} FROM hall WHERE hall = ANY(%s) ORDER BY hall FOR UPDATE"
_ADD_HALLS = """
    INSERT INTO hall SELECT new, 0, 0, 0, 0, 0, 0, 0, 0, '', now() FROM unnest(%s::text[]) AS new
    ORDER BY new ON CONFLICT DO NOTHING
"""
_MOVE_CURSORS = """
    UPDATE hall SET epoch = moved.epoch, seq = moved.seq, wall_ms = moved.wall_ms,
        head = moved.head, stored = moved.stored, repeated = moved.repeated, gaps = moved.gaps,
        refused = moved.refused, trouble = moved.trouble, heard_at = now(),
        stored_at = CASE WHEN moved.stored > hall.stored THEN now() ELSE stored_at END
    FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
        %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
        AS moved (hall, epoch, seq, wall_ms, head, stored, repeated, gaps, refused, trouble)
    WHERE hall.hall = moved.hall
"""
_ADD_LINES = """
    INSERT INTO hall_event
        (hall, epoch, seq, day, wall_ms, elapsed_ms, client, type, body, checksum)
    SELECT hall, epoch, seq, day, wall_ms, elapsed_ms, client, type, body::jsonb, checksum
    FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[],
        %s::text[], %s::text[], %s::text[], %s::bytea[])
        AS line (hall, epoch, seq, day, wall_ms, elapsed_ms, client, type, body, checksum)
    ON CONFLICT DO NOTHING
"""
_ROWS_AT_ONCE = 5_000
"""Arrays of one statement; more would only take more memory."""


class StoreError(Exception):
    """The database cannot be used; the text says why."""


class StoreGoneError(StoreError):
    """The database does not answer at the moment; try again."""


def open_connection(url: str) -> "psycopg.Connection[Any]":
    """Connect. Raises StoreError for a URL that is none, StoreGoneError when nobody answers."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"the database URL cannot be read; {EXPECTED}") from error
    if parsed.get_backend_name() != "postgresql" or not parsed.database:
        raise StoreError(f"a region keeps its journals in PostgreSQL; {EXPECTED}")
    options = {
        "host": parsed.host,
        "port": parsed.port,
        "user": parsed.username,
        "password": parsed.password,
        "dbname": parsed.database,
        **{name: value for name, value in parsed.query.items() if isinstance(value, str)},
    }
    given = {name: str(value) for name, value in options.items() if value is not None}
    try:
        # Each statement is a transaction of its own unless we say otherwise.
        return psycopg.connect(
            make_conninfo(connect_timeout=str(CONNECT_TIMEOUT_S), **given), autocommit=True
        )
    except psycopg.OperationalError as error:
        raise StoreGoneError(f"the database cannot be reached: {_plain(error)}") from error
    except psycopg.ProgrammingError as error:
        raise StoreError(f"the database URL cannot be used: {_plain(error)}") from error


def _plain(error: psycopg.Error) -> str:
    """Take the first line of what the database says. It holds no values of ours there."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class RegionStore:
    """An open database of a region. Used by one thread."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        """Use `open`."""
        self._connection = connection
        self._months = months_there(connection)

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect, and make or upgrade the tables. Raises StoreError, SchemaError."""
        connection = open_connection(url)
        try:
            prepare(connection)
            return cls(connection)
        except SchemaError:
            connection.close()
            raise
        except psycopg.Error as error:
            connection.close()
            raise StoreGoneError(f"the tables cannot be made: {_plain(error)}") from error

    def close(self) -> None:
        """Let the database go."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def store(self, messages: Sequence[Incoming]) -> dict[RegionHall, JournalConfirmed]:
        """Commit what is new in these messages; returns the answer for each hall.

        Raises StoreGoneError when it is not known whether it is committed: ask again with the same
        messages, what is there already is counted as repeated.
        """
        by_hall: dict[RegionHall, list[Incoming]] = {}
        for message in messages:
            by_hall.setdefault(message.hall, []).append(message)
        try:
            return self._store(by_hall)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # One hall's line that PostgreSQL does not take must not keep out the others'.
            if len(by_hall) > 1:
                answers: dict[RegionHall, JournalConfirmed] = {}
                for hall, of_hall in by_hall.items():
                    answers |= self.store([replace(each, hall=hall) for each in of_hall])
                return answers
            [(hall, of_hall)] = by_hall.items()
            _LOG.warning("hall %s: a line cannot be stored: %s", hall, _plain(error))
            refused = [
                Incoming(hall, each.number, refused=LinesRefused.MALFORMED) for each in of_hall
            ]
            return self._guarded({hall: refused})
        except psycopg.Error as error:
            raise StoreGoneError(_plain(error)) from error

    def _guarded(
        self, by_hall: Mapping[RegionHall, Sequence[Incoming]]
    ) -> dict[RegionHall, JournalConfirmed]:
        try:
            return self._store(by_hall)
        except psycopg.Error as error:
            raise StoreGoneError(_plain(error)) from error

    def _store(
        self, by_hall: Mapping[RegionHall, Sequence[Incoming]]
    ) -> dict[RegionHall, JournalConfirmed]:
        self._add_months(by_hall.values())
        with self._connection.transaction():
            cursors = self._lock(list(by_hall))
            taken = [take(cursors[hall], messages) for hall, messages in by_hall.items()]
            self._add_lines(taken)
            rows = zip(*(astuple(each.cursor) for each in taken), strict=True)
            self._connection.execute(_MOVE_CURSORS, [list(column) for column in rows])
        return {each.cursor.hall: each.answer for each in taken}

    def _add_months(self, messages: Iterable[Sequence[Incoming]]) -> None:
        needed = {line.day[:6] for of_hall in messages for each in of_hall for line in each.lines}
        for month in sorted(needed - self._months):
            with self._connection.transaction():
                add_month(self._connection, month)
            self._months.add(month)

    def _lock(self, halls: list[RegionHall]) -> dict[RegionHall, Cursor]:
        """Lock the halls' rows, in order, so that no two collectors wait for each other."""
        for _ in range(2):
            rows = self._connection.execute(_LOCKED, (halls,)).fetchall()
            if len(rows) == len(halls):
                return {RegionHall(row[0]): Cursor(*row) for row in rows}
            self._connection.execute(_ADD_HALLS, (halls,))
        raise StoreGoneError("rows of halls vanish while they are added")

    def _add_lines(self, taken: Sequence[Taken]) -> None:
        rows = [
            (
                each.cursor.hall,
                line.epoch,
                line.seq,
                line.day,
                line.wall_ms,
                line.elapsed_ms,
                line.client,
                line.type,
                line.body,
                bytes.fromhex(line.checksum),
            )
            for each in taken
            for line in each.lines
        ]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            columns = [list(column) for column in zip(*part, strict=True)]
            done = self._connection.execute(_ADD_LINES, columns)
            if done.rowcount != len(part):
                _LOG.warning("%d lines were there already", len(part) - done.rowcount)

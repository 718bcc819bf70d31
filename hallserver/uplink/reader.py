"""Reading the journal of a hall that goes on writing: its last line, one line, the next lines."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, bindparam, create_engine, func, make_url, select
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from hallserver.journal.errors import JournalError, explained
from hallserver.journal.tables import event
from hallserver.uplink.lines import Row

_COLUMNS = ("seq", "epoch", "day", "wall_ms", "elapsed_ms", "client", "type", "body")
_CHECKSUM = event.c.get("checksum")
_ROW = select(*(event.c[name] for name in _COLUMNS), *(() if _CHECKSUM is None else (_CHECKSUM,)))
_HEAD = select(func.max(event.c.seq))
_LAST_BEFORE = _HEAD.where(event.c.epoch <= bindparam("epoch"))
_AT = _ROW.where(event.c.seq == bindparam("seq"))
_AFTER = _ROW.where(event.c.seq > bindparam("seq")).order_by(event.c.seq).limit(bindparam("count"))


class JournalReader:
    """A journal, opened for reading only. Used by one thread. Fails with JournalError."""

    def __init__(self, url: str) -> None:
        """Open it; its tables are made by the hall server, so it has to have run once."""
        parsed = _parsed(url)
        self._name = parsed.database or parsed.get_backend_name()
        self._closing = contextlib.ExitStack()
        with explained(self._name):
            self._connection: Connection = self._closing.enter_context(_engine(parsed).connect())

    def close(self) -> None:
        """Let it go."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def head(self) -> int:
        """Return the last line; 0 in a new journal."""
        with explained(self._name):
            last: int | None = self._connection.scalar(_HEAD)
        return last or 0

    def at(self, seq: int) -> Row | None:
        """Return one line."""
        return next(iter(self._read(_AT, {"seq": seq})), None)

    def after(self, seq: int, count: int) -> Sequence[Row]:
        """Return the lines that follow one, at most `count`. They follow without a gap."""
        rows = self._read(_AFTER, {"seq": seq, "count": count})
        for number, row in enumerate(rows, seq + 1):
            if row.seq != number:
                raise JournalError(f"journal {self._name}: line {number} is missing")
        return rows

    def last_before(self, epoch: int) -> int:
        """Return the last line of this start of the server or an earlier one; 0 for none."""
        with explained(self._name):
            last: int | None = self._connection.scalar(_LAST_BEFORE, {"epoch": epoch})
        return last or 0

    def _read(self, statement: Any, values: dict[str, int]) -> Sequence[Row]:
        with explained(self._name):
            found = self._connection.execute(statement, values)
            return [_row(tuple(each)) for each in found]


def _row(values: tuple[Any, ...]) -> Row:
    seq, epoch, day, wall_ms, elapsed_ms, client, kind, body, *more = values
    checksum = bytes(more[0] or b"").hex() if more else ""
    return Row(seq, epoch, day, wall_ms, elapsed_ms, client, kind, body, checksum)


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        raise JournalError("the database URL cannot be read") from error


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        # Each question sees what was committed when it was asked, and holds nothing open.
        return create_engine(
            url, poolclass=NullPool, hide_parameters=True, isolation_level="AUTOCOMMIT"
        )
    path = Path(url.database or "")
    if not path.is_file():
        raise JournalError(f"journal {path}: there is no such file; start the hall server first")

    def connect() -> sqlite3.Connection:
        # https://www.sqlite.org/uri.html: "ro" writes nothing and makes no file.
        where = f"file:{quote(str(path.resolve()))}?mode=ro"
        return sqlite3.connect(where, uri=True, isolation_level=None)

    return create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)

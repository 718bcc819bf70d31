"""Lines for a journal, and a look into its file from outside."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, make_url

from hallserver.domain import events as ev
from hallserver.journal.chain import line_checksum
from hallserver.protocol.ids import (
    BusinessDay,
    ClientId,
    CommandId,
    Epoch,
    ServiceId,
    TicketId,
    TicketNumber,
)
from hallserver.protocol.replies import Done
from hallserver.writer import Answered
from tests.helpers.halls import MORNING_MS

if TYPE_CHECKING:
    import psycopg

DAY = BusinessDay("20261123")
KIOSK = ClientId("kiosk-01")


def line(seq: int, event: ev.Event, command: str | None = None) -> ev.Recorded:
    return ev.Recorded(
        seq=seq,
        epoch=Epoch(1),
        day=DAY,
        wall_ms=MORNING_MS + seq,
        elapsed_ms=seq,
        client=KIOSK,
        command=None if command is None else CommandId(command),
        event=event,
    )


def reserved(seq: int, ordinal: int) -> ev.Recorded:
    number = f"A{ordinal:03}"
    return line(
        seq,
        ev.TicketReserved(
            ticket=TicketId(f"{DAY}-{number}"),
            number=TicketNumber(number),
            service=ServiceId("a"),
            series="A",
            ordinal=ordinal,
            person=None,
        ),
        f"command-{seq}",
    )


def answered(seq: int) -> Answered:
    return Answered(KIOSK, CommandId(f"command-{seq}"), seq, DAY, Done())


def rows(where: Path | str, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
    """Ask the database itself, as any program would, while the journal is open or not.

    `where` is a journal's URL, or the directory of one in SQLite.
    """
    if is_postgres(where):
        with _bystander(where) as connection:
            return connection.execute(query.encode(), list(values) or None).fetchall()
    with contextlib.closing(sqlite3.connect(_file_of(where))) as connection:
        return connection.execute(query, values).fetchall()


def named_rows(url: str, query: str) -> list[dict[str, Any]]:
    """Ask as `rows` does; each row is told by the names of its columns."""
    with engine_of(url).connect() as connection:
        found = connection.exec_driver_sql(query)
        return [dict(row._mapping) for row in found]


def tamper(where: Path | str, statement: str) -> None:
    """Change the database behind the journal's back."""
    if is_postgres(where):
        with _bystander(where) as connection:
            connection.execute(statement.encode())
        return
    with contextlib.closing(sqlite3.connect(_file_of(where))) as connection:
        connection.execute(statement)
        connection.commit()


def engine_of(url: str) -> Engine:
    """Make the engine that the journal itself would use."""
    from hallserver.journal import postgres, sqlite

    if is_postgres(url):
        return postgres.open_engine(make_url(url))
    return sqlite.open_engine(make_url(url))


def is_postgres(where: Path | str) -> bool:
    return isinstance(where, str) and where.startswith("postgresql")


def _bystander(where: Path | str) -> "psycopg.Connection[tuple[object, ...]]":
    import psycopg

    return psycopg.connect(str(where).replace("+psycopg", "", 1), autocommit=True)


def _file_of(where: Path | str) -> Path:
    if isinstance(where, Path):
        return where / "journal.sqlite3"
    return Path(where.removeprefix("sqlite:///"))


def rewrite(directory: Path, seq: int, body: str) -> None:
    """Change a line as a newer version of the software would have written it: chained."""
    with contextlib.closing(sqlite3.connect(directory / "journal.sqlite3")) as connection:
        asked = "SELECT * FROM event WHERE seq = ?"
        before = connection.execute(asked, [seq - 1]).fetchone()[-1]
        told = connection.execute(asked, [seq]).fetchone()[:-2]
        values = (body, line_checksum(before, (*told, body)), seq)
        connection.execute("UPDATE event SET body = ?, checksum = ? WHERE seq = ?", values)
        connection.commit()
    (directory / "journal.sqlite3.tail").unlink()

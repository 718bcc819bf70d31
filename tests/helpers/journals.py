"""Lines for a journal, and a look into its file from outside."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from hallserver.domain import events as ev
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


def rows(directory: Path, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
    """Ask the file itself, as any program would, while the journal is open or not."""
    with contextlib.closing(sqlite3.connect(directory / "journal.sqlite3")) as connection:
        return connection.execute(query, values).fetchall()


def tamper(directory: Path, statement: str) -> None:
    """Change the file behind the journal's back."""
    with contextlib.closing(sqlite3.connect(directory / "journal.sqlite3")) as connection:
        connection.execute(statement)
        connection.commit()

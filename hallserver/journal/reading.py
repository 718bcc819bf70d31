"""Reading a journal that is somebody else's: a business day's lines, and nothing is written.

Only the tables `event` and `business_day` are looked at, which older versions have too.
"""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, exists, select
from sqlalchemy.pool import NullPool

from hallserver.domain.events import Recorded
from hallserver.journal.errors import JournalError, explained
from hallserver.journal.lines import read_line
from hallserver.journal.tables import LINE, business_day, event
from hallserver.protocol.ids import BusinessDay


def read_day(path: Path, day: BusinessDay | None) -> list[Recorded]:
    """Return a business day's lines, from its opening to its close or to the end so far.

    `day` None means the last on which somebody got a number. The server may go on writing. Raises
    JournalError when there is no such file or day.
    """
    if not path.is_file():
        raise JournalError(f"journal {path}: there is no such file")

    def connect() -> sqlite3.Connection:
        # https://www.sqlite.org/uri.html: "ro" writes nothing and makes no file.
        return sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
    with explained(str(path)), engine.connect() as connection:
        found = _last_day(connection) if day is None else day
        opened = select(business_day.c.opened_seq).where(business_day.c.day == found)
        first = connection.scalar(opened)
        if first is None:
            raise JournalError(f"journal {path}: there is no business day {found or 'with visits'}")
        # A line that closes a day is of that day; the one that opens the next is of the next.
        lines = select(*LINE).where(event.c.seq >= first, event.c.day == found)
        return [
            read_line(row, str(path)) for row in connection.execute(lines.order_by(event.c.seq))
        ]


def _last_day(connection: Connection) -> BusinessDay | None:
    issued = exists().where(event.c.day == business_day.c.day, event.c.type == "TicketPrinted")
    last = select(business_day.c.day).where(issued).order_by(business_day.c.opened_seq.desc())
    found = connection.scalar(last.limit(1))
    return None if found is None else BusinessDay(found)

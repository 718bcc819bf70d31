"""The tables of the journal. `event` and `reply` are the truth, the others are folds of it.

Times end in `_wall_ms` (Unix milliseconds, for people) or `_ms` (the hall's own clock, for
durations). Plain SQL types only, so that the same tables stand in PostgreSQL.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from hallserver.journal.chain import CHECKSUM_BYTES
from hallserver.protocol.bounds import MAX_ID_CHARS

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID = String(MAX_ID_CHARS)
_DAY = String(8)
# Only a column that is declared INTEGER is the row id itself: https://sqlite.org/rowidtable.html
_SEQ = BigInteger().with_variant(Integer, "sqlite")

event = Table(
    "event",
    metadata,
    Column("seq", _SEQ, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("day", _DAY, nullable=False),
    Column("wall_ms", BigInteger, nullable=False),
    Column("elapsed_ms", BigInteger, nullable=False),
    Column("client", _ID, nullable=False),
    Column("command_id", _ID),
    Column("type", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("checksum", LargeBinary(CHECKSUM_BYTES), nullable=False, server_default=""),
)
"""One line for everything that happened; `body` is the event as JSON.

`checksum` is over the line and the one before it (`chain`).
"""

LINE = tuple(event.c)[:-1]
"""What a line says: all but its checksum, which journals before step 0004 have not."""

seal = Table(
    "seal",
    metadata,
    Column("seq", _SEQ, primary_key=True, autoincrement=False),
    Column("mac", LargeBinary(CHECKSUM_BYTES), nullable=False),
)
"""Lines that are sealed with the hall's key, and with each the lines before it."""

reply = Table(
    "reply",
    metadata,
    Column("client", _ID, primary_key=True),
    Column("command_id", _ID, primary_key=True),
    Column("seq", _SEQ, nullable=False),
    Column("day", _DAY, nullable=False),
    Column("body", Text, nullable=False),
    Column("checksum", LargeBinary(CHECKSUM_BYTES), nullable=False, server_default=""),
)
"""The answer to each command, so that a repeated one gets it again and changes nothing."""

server_start = Table(
    "server_start",
    metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("wall_ms", BigInteger, nullable=False),
    Column("elapsed_ms", BigInteger, nullable=False),
)
"""The starts of the server."""

leadership = Table(
    "leadership",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("hall", _ID),
    Column("key_fingerprint", String(64)),
)
"""One row: the start that may write, and whose journal it is. Of journals in PostgreSQL only.

The key itself is on the hall's servers: whoever can write to the database must not be able to seal.
"""

business_day = Table(
    "business_day",
    metadata,
    Column("day", _DAY, primary_key=True),
    Column("opened_seq", _SEQ, nullable=False),
    Column("opened_wall_ms", BigInteger, nullable=False),
    Column("closed_seq", _SEQ),
    Column("closed_wall_ms", BigInteger),
)
"""Where in the journal each business day begins and ends."""

visit = Table(
    "visit",
    metadata,
    Column("ticket", _ID, primary_key=True),
    Column("day", _DAY, nullable=False),
    Column("number", String(16), nullable=False),
    Column("service", _ID, nullable=False),
    Column("item", _ID),
    Column("step", Integer, nullable=False, server_default="0"),
    Column("state", String(16), nullable=False),
    Column("kiosk", _ID, nullable=False),
    Column("counter", Integer),
    Column("clerk", _ID),
    Column("recalls", Integer, nullable=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("issued_wall_ms", BigInteger, nullable=False),
    Column("printed_ms", BigInteger),
    Column("printed_wall_ms", BigInteger),
    Column("called_ms", BigInteger),
    Column("called_wall_ms", BigInteger),
    Column("arrived_ms", BigInteger),
    Column("arrived_wall_ms", BigInteger),
    Column("completed_ms", BigInteger),
    Column("completed_wall_ms", BigInteger),
    Column("waiting_ms", BigInteger),
    Column("way_ms", BigInteger),
    Column("serving_ms", BigInteger),
    Index(None, "day", "service"),
)
"""One row a ticket. `service` is the one that it waits for, or was served for last.

Counter, clerk, call, arrival and recalls are those of the last call, and empty while it waits.
`step` counts the steps of `item` that are done. The durations are the sums over its stints.
"""

stint = Table(
    "stint",
    metadata,
    Column("ticket", _ID, ForeignKey("visit.ticket"), primary_key=True),
    Column("began_seq", _SEQ, primary_key=True, autoincrement=False),
    Column("day", _DAY, nullable=False),
    Column("service", _ID, nullable=False),
    Column("item", _ID),
    Column("step", Integer, nullable=False),
    Column("counter", Integer),
    Column("clerk", _ID),
    Column("recalls", Integer, nullable=False),
    Column("began_ms", BigInteger, nullable=False),
    Column("began_wall_ms", BigInteger, nullable=False),
    Column("called_ms", BigInteger),
    Column("called_wall_ms", BigInteger),
    Column("arrived_ms", BigInteger),
    Column("arrived_wall_ms", BigInteger),
    Column("serving_from_ms", BigInteger),
    Column("ended_ms", BigInteger),
    Column("ended_wall_ms", BigInteger),
    Column("ended_as", String(16)),
    Column("services", Text),
    Column("waiting_ms", BigInteger),
    Column("way_ms", BigInteger),
    Column("serving_ms", BigInteger),
    Index(None, "day", "service"),
)
"""One row for each time that a ticket waited in a line, with what came of it there.

`waiting_ms` is joined to called, `way_ms` called to arrived, `serving_ms` arrived to ended, without
the time for which it was parked; `serving_from_ms` is set while it is being served. `services`, a
JSON list, are those really given. `ended_as` is `completed`, `step_completed`, `transferred`,
`returned`, `no_show`, `cancelled` or `expired`.
"""

rating = Table(
    "rating",
    metadata,
    Column("ticket", _ID, ForeignKey("visit.ticket"), primary_key=True),
    Column("day", _DAY, nullable=False),
    Column("rated_wall_ms", BigInteger, nullable=False),
    Column("service", _ID, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("clerk", _ID, nullable=False),
    Column("stars", Integer, nullable=False),
    Column("tags", Text, nullable=False),
    Column("channel", String(16), nullable=False),
    Index(None, "day"),
)
"""At most one row a ticket; `tags` is a JSON list."""

appointment = Table(
    "appointment",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("day", _DAY, nullable=False),
    Column("slot", String(5), nullable=False),
    Column("service", _ID, nullable=False),
    Column("state", String(16), nullable=False),
    Column("ticket", _ID),
    Column("booked_by", _ID, nullable=False),
    Column("booked_wall_ms", BigInteger, nullable=False),
    Column("from_wall_ms", BigInteger, nullable=False),
    Column("until_wall_ms", BigInteger, nullable=False),
    Column("checked_in_wall_ms", BigInteger),
    Column("missed_wall_ms", BigInteger),
    Column("cancelled_wall_ms", BigInteger),
    Index(None, "day", "service"),
)
"""One row an appointment; whose it is stands in no table.

`state` is of `hallserver.domain.appointments.Booking`; `missed_wall_ms` stays with somebody who
came after all. `ticket` is that of the last check-in.
"""

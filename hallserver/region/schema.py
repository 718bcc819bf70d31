"""The region's tables, made when they are missing and brought to this version in steps.

Plain SQL: the tables are PostgreSQL's own (partitions, jsonb), and there is no other engine here.
"""

import re
from typing import Any

from psycopg import Connection, sql

BUCKETS = 16
"""Partitions by the hash of the hall, each divided by months of the business day."""

_LOCK = 0x6A68_7265_6769_6F6E & 0x7FFF_FFFF_FFFF_FFFF
"""Held while tables are made: two collectors may start at once."""
_MONTH = re.compile(r"[0-9]{6}", re.ASCII)

_STEPS: tuple[str, ...] = (
    """
    CREATE TABLE hall (
        hall text COLLATE "C" PRIMARY KEY,
        epoch integer NOT NULL,
        seq bigint NOT NULL,
        wall_ms bigint NOT NULL,
        head bigint NOT NULL,
        stored bigint NOT NULL,
        repeated bigint NOT NULL,
        gaps bigint NOT NULL,
        refused bigint NOT NULL,
        trouble text NOT NULL,
        heard_at timestamptz NOT NULL,
        stored_at timestamptz
    );
    COMMENT ON TABLE hall IS 'How far each hall''s journal is stored: a whole beginning of it.';
    CREATE TABLE hall_event (
        hall text COLLATE "C" NOT NULL,
        epoch integer NOT NULL,
        seq bigint NOT NULL,
        day text COLLATE "C" NOT NULL,
        wall_ms bigint NOT NULL,
        elapsed_ms bigint NOT NULL,
        client text COLLATE "C" NOT NULL,
        type text COLLATE "C" NOT NULL,
        body jsonb NOT NULL,
        checksum bytea NOT NULL,
        PRIMARY KEY (hall, epoch, seq, day)
    ) PARTITION BY HASH (hall);
    COMMENT ON TABLE hall_event IS
        'Every line of every hall''s journal, once, without what tells of a person.';
    """,
)
"""Version n of the tables is made by the first n steps. A released step never changes.

PostgreSQL demands the partition key in the primary key (ddl-partitioning.html, 5.11.2.3), so the
day stands in it. That a line (hall, epoch, seq) is stored once follows from the row of `hall`,
which is locked and moved on in the same transaction.
"""

VERSION = len(_STEPS)


class SchemaError(Exception):
    """The tables are of another version; the text says what to do."""


def prepare(connection: "Connection[Any]") -> None:
    """Make or upgrade the tables, in one transaction. Raises SchemaError when they are newer."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute("CREATE TABLE IF NOT EXISTS region_schema (version integer NOT NULL)")
        row = connection.execute("SELECT max(version) FROM region_schema").fetchone()
        version = (row[0] if row else None) or 0
        if version > VERSION:
            raise SchemaError(
                f"the region's tables are of version {version}, and this software knows {VERSION}: "
                "install the newer software"
            )
        for number, step in enumerate(_STEPS[version:], version + 1):
            connection.execute(step.encode())
            connection.execute("INSERT INTO region_schema VALUES (%s)", (number,))
        if version == 0:
            for bucket in range(BUCKETS):
                connection.execute(_bucket(bucket))


def _bucket(bucket: int) -> sql.Composed:
    return sql.SQL(
        "CREATE TABLE {} PARTITION OF hall_event "
        "FOR VALUES WITH (MODULUS {}, REMAINDER {}) PARTITION BY RANGE (day)"
    ).format(sql.Identifier(f"hall_event_{bucket:02}"), BUCKETS, bucket)


def months_there(connection: "Connection[Any]") -> set[str]:
    """Return the months (YYYYMM) that have partitions."""
    rows = connection.execute(
        "SELECT DISTINCT right(relname, 6) FROM pg_class "
        "WHERE relname ~ '^hall_event_[0-9]{2}_[0-9]{6}$' AND relkind = 'r'"
    )
    return {month for (month,) in rows}


def add_month(connection: "Connection[Any]", month: str) -> None:
    """Make the partitions of a month (YYYYMM), within the transaction of `connection`."""
    if not _MONTH.fullmatch(month):
        raise ValueError("a month is YYYYMM")
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    for bucket in range(BUCKETS):
        name = f"hall_event_{bucket:02}"
        connection.execute(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})"
            ).format(
                sql.Identifier(f"{name}_{month}"),
                sql.Identifier(name),
                sql.Literal(month + "00"),
                sql.Literal(month + "99"),  # days are 01 to 31
            )
        )

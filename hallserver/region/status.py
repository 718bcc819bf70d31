"""`jiaohao region status`: how far each hall is stored, and when it was heard last."""

from dataclasses import dataclass
from typing import Any

import psycopg

from hallserver.region.store import StoreError

_QUERY = """
    SELECT hall, epoch, seq, head, stored, repeated, gaps, refused, trouble,
        extract(epoch FROM now() - heard_at)::bigint,
        extract(epoch FROM now() - stored_at)::bigint
    FROM hall ORDER BY hall
"""


@dataclass(frozen=True, slots=True)
class HallStatus:
    """One hall. `lag` is how many lines of its journal are not stored, as far as it is heard."""

    hall: str
    epoch: int
    seq: int
    head: int
    stored: int
    repeated: int
    gaps: int
    refused: int
    trouble: str
    heard_s: int
    stored_s: int | None

    @property
    def lag(self) -> int:
        """Lines that the hall had when it was heard last, and that are not here."""
        return max(0, self.head - self.seq)


def read_status(connection: "psycopg.Connection[Any]") -> list[HallStatus]:
    """Read all halls. Raises StoreError."""
    try:
        rows = connection.execute(_QUERY).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise StoreError("nothing was ever collected into this database") from error
    except psycopg.Error as error:
        raise StoreError(f"the database cannot be read: {type(error).__name__}") from error
    return [HallStatus(*row) for row in rows]


def status_lines(halls: list[HallStatus]) -> list[str]:
    """Write a table for people."""
    head = ("hall", "start", "line", "lag", "heard", "repeated", "gaps", "refused", "trouble")
    rows = [
        (
            each.hall,
            str(each.epoch),
            str(each.seq),
            str(each.lag),
            _ago(each.heard_s),
            str(each.repeated),
            str(each.gaps),
            str(each.refused),
            each.trouble or "-",
        )
        for each in halls
    ]
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    return [
        "  ".join(
            text.ljust(width) if place in (0, 8) else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]


def _ago(seconds: int) -> str:
    if seconds < 120:
        return f"{max(0, seconds)} s"
    if seconds < 7_200:
        return f"{seconds // 60} min"
    return f"{seconds // 3_600} h"

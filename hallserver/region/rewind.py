"""`jiaohao region rewind`: go on from an earlier line of a hall whose journal lost its end.

`jiaohao journal restore` begins a start of the server that is higher than any that was lost, so new
lines never meet lost ones: both stand in the table, told apart by their start.
"""

from typing import Any

import psycopg

from hallserver.protocol.region import RegionHall
from hallserver.region.store import StoreError, StoreGoneError

_LINE = """
    SELECT epoch, wall_ms FROM hall_event WHERE hall = %s AND seq = %s ORDER BY epoch DESC LIMIT 1
"""
_REWIND = """
    UPDATE hall SET epoch = %s, seq = %s, wall_ms = %s, trouble = ''
    WHERE hall = %s AND seq > %s RETURNING seq
"""


def rewind(connection: "psycopg.Connection[Any]", hall: RegionHall, seq: int) -> int:
    """Have the hall send what follows line `seq`; returns how many stored lines come after it.

    They stay where they are. Raises StoreError when there is no such line, or nothing after it.
    """
    try:
        with connection.transaction():
            # The row first: a collector that stores lines of this hall is waited for.
            row = connection.execute(
                "SELECT seq FROM hall WHERE hall = %s FOR UPDATE", (hall,)
            ).fetchone()
            if row is None:
                raise StoreError(f"nothing of a hall {hall} was ever collected")
            last: int = row[0]
            found = connection.execute(_LINE, (hall, seq)).fetchone() if seq else (0, 0)
            if found is None or seq >= last:
                raise StoreError(f"hall {hall}: expected a line before {last}")
            connection.execute(_REWIND, (found[0], seq, found[1], hall, seq))
            return last - seq
    except psycopg.Error as error:
        raise StoreGoneError(f"the database cannot be used: {type(error).__name__}") from error

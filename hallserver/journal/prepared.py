"""Statements compiled once for the database at hand: the driver gets text and values."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection, and_, bindparam, or_, select
from sqlalchemy.sql.compiler import SQLCompiler

from hallserver.domain.invariant import InvariantError, invariant
from hallserver.journal.direct import direct
from hallserver.journal.tables import reply
from hallserver.writer import ReplyKey


class Prepared:
    """One statement. Values are given by the names of its bound parameters.

    Unless it `is_exact` its row may be missing.
    """

    def __init__(
        self, statement: ClauseElement, connection: Connection, *, is_exact: bool = True
    ) -> None:
        compiled = statement.compile(dialect=connection.dialect)
        if not isinstance(compiled, SQLCompiler):
            raise InvariantError("only statements about rows are prepared")
        self.text = str(compiled)
        self._is_exact = is_exact
        self._constants = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        self._order: Sequence[str] | None = compiled.positiontup
        self._direct = direct(connection)

    def change(self, _: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute for every row. An exact one has to find its own: one that is missing is a bug."""
        found = self._direct.change(self.text, [self._values(row) for row in rows])
        is_right = found == len(rows) or not self._is_exact
        invariant(is_right, "each change of the journal finds its row")

    def query(self, values: Mapping[str, Any]) -> Sequence[Any]:
        """Execute once and return all rows."""
        return self._direct.query(self.text, self._values(values))

    def _values(self, row: Mapping[str, Any]) -> Any:
        full = {**self._constants, **row} if self._constants else row
        return full if self._order is None else [full[name] for name in self._order]


# For hundreds of pairs PostgreSQL plans an OR for longer than it looks them up. With LIMIT it looks
# up each, and never thinks of reading the whole table instead.
_BY_ARRAYS = """
SELECT found.client, found.command_id, found.seq, found.day, found.body, found.checksum
FROM unnest(%(clients)s::text[], %(command_ids)s::text[]) AS wanted (client, command_id)
CROSS JOIN LATERAL (
  SELECT * FROM reply
  WHERE reply.client = wanted.client AND reply.command_id = wanted.command_id LIMIT 1
) AS found
"""


class FindReplies:
    """The question for many answers at once, compiled once for each size that is a power of two."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._has_arrays = connection.dialect.name == "postgresql"
        self._by_size: dict[int, Prepared] = {}

    def find(self, keys: Sequence[ReplyKey]) -> Sequence[tuple[str, str, int, str, str, bytes]]:
        """Return the rows of those that there are."""
        if self._has_arrays:
            clients, command_ids = zip(*keys, strict=True)
            values_of_all = {"clients": list(clients), "command_ids": list(command_ids)}
            return direct(self._connection).query(_BY_ARRAYS, values_of_all)
        size = 1 << (len(keys) - 1).bit_length()
        padded = [*keys, *[keys[-1]] * (size - len(keys))]
        values: dict[str, str] = {}
        for number, (client, command_id) in enumerate(padded):
            values[f"client_{number}"] = client
            values[f"command_{number}"] = command_id
        return self.of_size(size).query(values)

    def of_size(self, size: int) -> Prepared:
        """Return the statement that asks for `size` answers."""
        if size not in self._by_size:
            self._by_size[size] = Prepared(_find_replies(size), self._connection)
        return self._by_size[size]


def _find_replies(count: int) -> ClauseElement:
    # Not "(client, command_id) IN (…)": for a list of pairs SQLite reads the whole table, while
    # for OR it looks each pair up (https://www.sqlite.org/optoverview.html, OR optimizations).
    wanted = (
        and_(
            reply.c.client == bindparam(f"client_{number}"),
            reply.c.command_id == bindparam(f"command_{number}"),
        )
        for number in range(count)
    )
    return select(*reply.c).where(or_(*wanted))

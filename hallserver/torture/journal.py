"""A plain reading of the journal's tables, without the code that wrote them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

Key = tuple[str, str]
"""Client and command id."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event."""

    seq: int
    epoch: int
    day: str
    wall_ms: int
    elapsed_ms: int
    client: str
    command_id: str | None
    type: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One stored reply."""

    seq: int
    body: Any


@dataclass(frozen=True, slots=True)
class Written:
    """All that the journal says."""

    lines: list[Line]
    answers: dict[Key, Answer]
    starts: int

    @property
    def last_seq(self) -> int:
        """The last line's number; 0 in an empty journal."""
        return self.lines[-1].seq if self.lines else 0


@dataclass(frozen=True, slots=True)
class Head:
    """Where the journal stands."""

    seq: int
    epoch: int


class JournalReader:
    """Reads a journal by its URL, while the server writes to it too."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, poolclass=NullPool, hide_parameters=True)

    def head(self) -> Head:
        """Return the last line and the last start. Raises DBAPIError."""
        with self._engine.connect() as connection:
            return Head(
                _number(connection, "SELECT max(seq) FROM event"),
                _number(connection, "SELECT max(epoch) FROM server_start"),
            )

    def read(self) -> Written:
        """Return everything. Raises DBAPIError."""
        with self._engine.connect() as connection:
            lines = connection.execute(
                text(
                    "SELECT seq, epoch, day, wall_ms, elapsed_ms, client, command_id, type, body "
                    "FROM event ORDER BY seq"
                )
            )
            found = [Line(**{**row, "body": json.loads(row["body"])}) for row in lines.mappings()]
            answers = connection.execute(text("SELECT client, command_id, seq, body FROM reply"))
            return Written(
                lines=found,
                answers={
                    (client, command_id): Answer(seq, json.loads(body))
                    for client, command_id, seq, body in answers
                },
                starts=_number(connection, "SELECT count(*) FROM server_start"),
            )


def _number(connection: Connection, query: str) -> int:
    return int(connection.scalar(text(query)) or 0)

"""What was salvaged of a journal, put behind the last line of another file."""

import sqlite3
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, insert, select

from hallserver.domain.invariant import InvariantError
from hallserver.journal.chain import reply_checksum
from hallserver.journal.errors import JournalError
from hallserver.journal.lines import read_line
from hallserver.journal.salvage import Kept, Salvage
from hallserver.journal.tables import event, reply, seal, server_start
from hallserver.journal.verify import SAY_EVERY_LINES, Projector, Say
from hallserver.protocol.errors import RejectionCode, Text
from hallserver.protocol.replies import reject

_BATCH_LINES = 1_000

_ANSWER_LOST = reject(
    RejectionCode.WRONG_STATE,
    Text(
        "本次操作的记录已损坏，请到咨询台询问。",
        "The record of this request is damaged. Please ask at the information desk.",
    ),
)
"""To a command whose answer is lost: it was carried out, and must not be a second time."""


def graft(connection: Connection, salvage: Salvage, seq: int, checksum: bytes, say: Say) -> int:
    """Add what follows line `seq`; returns how many answers were lost. Raises JournalError."""
    projector = Projector(connection)
    held: list[Kept] = []
    for act in salvage.lines(seq, checksum):
        held += act
        if len(held) >= _BATCH_LINES:
            _add_lines(connection, projector, salvage, held)
            if held[-1].line[0] % SAY_EVERY_LINES < len(held):
                say(f"line {held[-1].line[0]}")
            held = []
    _add_lines(connection, projector, salvage, held)
    _add_starts(connection, salvage)
    for row in salvage.rows("seal"):
        if seq < row[0] <= salvage.last_seq:
            _add(connection, seal, [row])
    _add(
        connection,
        reply,
        [row for row in salvage.replies(seq) if row[2] <= salvage.last_seq],
    )
    return _add_lost_answers(connection, salvage)


def _add(connection: Connection, table: Any, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows, but for those that are there."""
    if rows:
        names = [column.name for column in table.columns]
        statement = insert(table).prefix_with("OR IGNORE")
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


def _add_lines(
    connection: Connection, projector: Projector, salvage: Salvage, lines: list[Kept]
) -> None:
    _add(connection, event, [(*kept.line, kept.checksum) for kept in lines])
    try:
        projector.apply([read_line(kept.line, str(salvage.path)) for kept in lines])
    except (InvariantError, sqlite3.IntegrityError, LookupError) as error:
        raise JournalError(
            f"journal {salvage.path}: lines {lines[0].line[0]} to {lines[-1].line[0]} contradict "
            "what is before them; it is not the journal of this backup"
        ) from error


def _add_starts(connection: Connection, salvage: Salvage) -> None:
    _add(connection, server_start, [row for row in salvage.rows("server_start") if len(row) == 3])
    of_lines = select(event.c.epoch, event.c.wall_ms, event.c.elapsed_ms).outerjoin(
        server_start, server_start.c.epoch == event.c.epoch
    )
    for row in connection.execute(of_lines.where(server_start.c.epoch.is_(None))).all():
        _add(connection, server_start, [tuple(row)])


def _add_lost_answers(connection: Connection, salvage: Salvage) -> int:
    its_reply = and_(reply.c.client == event.c.client, reply.c.command_id == event.c.command_id)
    asked = select(event.c.client, event.c.command_id, event.c.seq, event.c.day)
    lost = asked.outerjoin(reply, its_reply).where(
        event.c.command_id.is_not(None), reply.c.client.is_(None)
    )
    count = 0
    body = msgspec.json.encode(_ANSWER_LOST).decode()
    for client, command_id, seq, day in connection.execute(lost).all():
        found = salvage.reply(client, command_id)
        if found is None:
            count += 1
            found = (client, command_id, seq, day, body)
            found = (*found, reply_checksum(*found))
        _add(connection, reply, [found])
    return count

"""Checksums: each line is chained to the one before it, each answer has its own; and seals."""

import logging

import sqlalchemy as sa
from alembic import op

from hallserver.journal.chain import (
    BEFORE_THE_FIRST,
    CHECKSUM_BYTES,
    line_checksum,
    reply_checksum,
)

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH_ROWS = 5_000
SAY_EVERY_LINES = 500_000

_LOG = logging.getLogger(__name__)
_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_LINES = sa.text(
    "SELECT seq, epoch, day, wall_ms, elapsed_ms, client, command_id, type, body FROM event "
    "WHERE seq > :seq ORDER BY seq LIMIT :count"
)
_MARK_LINE = sa.text("UPDATE event SET checksum = :checksum WHERE seq = :seq")
_REPLIES = sa.text(
    "SELECT client, command_id, seq, day, body FROM reply "
    "WHERE (client, command_id) > (:client, :command_id) "
    "ORDER BY client, command_id LIMIT :count"
)
_MARK_REPLY = sa.text(
    "UPDATE reply SET checksum = :checksum WHERE client = :client AND command_id = :command_id"
)


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("seq", _SEQ, autoincrement=False, nullable=False),
        sa.Column("mac", sa.LargeBinary(CHECKSUM_BYTES), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_seal")),
    )
    for table in ("event", "reply"):
        op.add_column(
            table,
            sa.Column(
                "checksum", sa.LargeBinary(CHECKSUM_BYTES), nullable=False, server_default=""
            ),
        )
    connection = op.get_bind()
    _mark_lines(connection)
    _mark_replies(connection)


def _mark_lines(connection: sa.Connection) -> None:
    """Take the lines as they are: what was changed before cannot be told any more."""
    checksum, seq, said = BEFORE_THE_FIRST, 0, 0
    while rows := connection.execute(_LINES, {"seq": seq, "count": BATCH_ROWS}).all():
        marks = []
        for row in rows:
            seq, checksum = row[0], line_checksum(checksum, tuple(row))
            marks.append({"seq": seq, "checksum": checksum})
        connection.execute(_MARK_LINE, marks)
        if seq - said >= SAY_EVERY_LINES:
            said = seq
            _LOG.warning("the journal is brought to this version: line %d", seq)


def _mark_replies(connection: sa.Connection) -> None:
    client = command_id = ""
    while rows := connection.execute(
        _REPLIES, {"client": client, "command_id": command_id, "count": BATCH_ROWS}
    ).all():
        marks = [
            {"client": row[0], "command_id": row[1], "checksum": reply_checksum(*row)}
            for row in rows
        ]
        connection.execute(_MARK_REPLY, marks)
        client, command_id = rows[-1][:2]

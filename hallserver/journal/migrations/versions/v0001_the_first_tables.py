"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.String(64)
_DAY = sa.String(8)
_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("seq", _SEQ, autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("day", _DAY, nullable=False),
        sa.Column("wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("elapsed_ms", sa.BigInteger(), nullable=False),
        sa.Column("client", _ID, nullable=False),
        sa.Column("command_id", _ID),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
    )
    op.create_table(
        "reply",
        sa.Column("client", _ID, nullable=False),
        sa.Column("command_id", _ID, nullable=False),
        sa.Column("seq", _SEQ, nullable=False),
        sa.Column("day", _DAY, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client", "command_id", name=op.f("pk_reply")),
    )
    op.create_table(
        "server_start",
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("elapsed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_server_start")),
    )
    op.create_table(
        "business_day",
        sa.Column("day", _DAY, nullable=False),
        sa.Column("opened_seq", _SEQ, nullable=False),
        sa.Column("opened_wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_seq", _SEQ),
        sa.Column("closed_wall_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_business_day")),
    )
    _create_reporting_tables()


def _create_reporting_tables() -> None:
    op.create_table(
        "visit",
        sa.Column("ticket", _ID, nullable=False),
        sa.Column("day", _DAY, nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("service", _ID, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("kiosk", _ID, nullable=False),
        sa.Column("counter", sa.Integer()),
        sa.Column("clerk", _ID),
        sa.Column("recalls", sa.Integer(), nullable=False),
        sa.Column("issued_ms", sa.BigInteger(), nullable=False),
        sa.Column("issued_wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("printed_ms", sa.BigInteger()),
        sa.Column("printed_wall_ms", sa.BigInteger()),
        sa.Column("called_ms", sa.BigInteger()),
        sa.Column("called_wall_ms", sa.BigInteger()),
        sa.Column("arrived_ms", sa.BigInteger()),
        sa.Column("arrived_wall_ms", sa.BigInteger()),
        sa.Column("completed_ms", sa.BigInteger()),
        sa.Column("completed_wall_ms", sa.BigInteger()),
        sa.Column("waiting_ms", sa.BigInteger()),
        sa.Column("way_ms", sa.BigInteger()),
        sa.Column("serving_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_visit")),
    )
    op.create_index(op.f("ix_visit_day_service"), "visit", ["day", "service"])
    op.create_table(
        "rating",
        sa.Column("ticket", _ID, nullable=False),
        sa.Column("day", _DAY, nullable=False),
        sa.Column("rated_wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("service", _ID, nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("clerk", _ID, nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["visit.ticket"], name=op.f("fk_rating_ticket")),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_rating")),
    )
    op.create_index(op.f("ix_rating_day"), "rating", ["day"])

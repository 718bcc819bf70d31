"""Appointments."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", _ID, nullable=False),
        sa.Column("day", sa.String(8), nullable=False),
        sa.Column("slot", sa.String(5), nullable=False),
        sa.Column("service", _ID, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("ticket", _ID),
        sa.Column("booked_by", _ID, nullable=False),
        sa.Column("booked_wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("from_wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("checked_in_wall_ms", sa.BigInteger()),
        sa.Column("missed_wall_ms", sa.BigInteger()),
        sa.Column("cancelled_wall_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index(op.f("ix_appointment_day_service"), "appointment", ["day", "service"])

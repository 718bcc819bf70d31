"""Stints: each time that a ticket waited, and was served. Visits know their item."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.String(64)
_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Until now a ticket had one stint; when it was missed or expired is in the journal only, so the
# last moment that its visit knows stands for it.
_FROM_VISITS = """
INSERT INTO stint (
  ticket, began_seq, day, service, step, counter, clerk, recalls,
  began_ms, began_wall_ms, called_ms, called_wall_ms, arrived_ms, arrived_wall_ms,
  serving_from_ms, ended_ms, ended_wall_ms, ended_as, services,
  waiting_ms, way_ms, serving_ms
)
SELECT
  ticket, 0, day, service, 0, counter, clerk, recalls,
  printed_ms, printed_wall_ms, called_ms, called_wall_ms, arrived_ms, arrived_wall_ms,
  CASE WHEN state = 'serving' THEN arrived_ms END,
  CASE WHEN state IN ('completed', 'no_show', 'expired', 'cancelled')
    THEN coalesce(completed_ms, arrived_ms, called_ms, printed_ms) END,
  CASE WHEN state IN ('completed', 'no_show', 'expired', 'cancelled')
    THEN coalesce(completed_wall_ms, arrived_wall_ms, called_wall_ms, printed_wall_ms) END,
  CASE WHEN state IN ('completed', 'no_show', 'expired', 'cancelled') THEN state END,
  CASE WHEN state = 'completed' THEN '["' || service || '"]' END,
  waiting_ms, way_ms, serving_ms
FROM visit WHERE printed_ms IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("visit", sa.Column("item", _ID))
    op.add_column("visit", sa.Column("step", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "stint",
        sa.Column("ticket", _ID, nullable=False),
        sa.Column("began_seq", _SEQ, autoincrement=False, nullable=False),
        sa.Column("day", sa.String(8), nullable=False),
        sa.Column("service", _ID, nullable=False),
        sa.Column("item", _ID),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("counter", sa.Integer()),
        sa.Column("clerk", _ID),
        sa.Column("recalls", sa.Integer(), nullable=False),
        sa.Column("began_ms", sa.BigInteger(), nullable=False),
        sa.Column("began_wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("called_ms", sa.BigInteger()),
        sa.Column("called_wall_ms", sa.BigInteger()),
        sa.Column("arrived_ms", sa.BigInteger()),
        sa.Column("arrived_wall_ms", sa.BigInteger()),
        sa.Column("serving_from_ms", sa.BigInteger()),
        sa.Column("ended_ms", sa.BigInteger()),
        sa.Column("ended_wall_ms", sa.BigInteger()),
        sa.Column("ended_as", sa.String(16)),
        sa.Column("services", sa.Text()),
        sa.Column("waiting_ms", sa.BigInteger()),
        sa.Column("way_ms", sa.BigInteger()),
        sa.Column("serving_ms", sa.BigInteger()),
        sa.ForeignKeyConstraint(["ticket"], ["visit.ticket"], name=op.f("fk_stint_ticket")),
        sa.PrimaryKeyConstraint("ticket", "began_seq", name=op.f("pk_stint")),
    )
    op.create_index(op.f("ix_stint_day_service"), "stint", ["day", "service"])
    op.execute(_FROM_VISITS)

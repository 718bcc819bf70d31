"""Which start of which server may write, where several can reach the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leadership",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("hall", sa.String(64)),
        sa.Column("key_fingerprint", sa.String(64)),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_leadership")),
    )

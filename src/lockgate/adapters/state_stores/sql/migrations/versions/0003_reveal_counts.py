"""How many values each principal turned back, by rule and hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; who revealed what before it is in the ledger, and counts for nothing."""
    op.create_table(
        "reveal_counts",
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("rule", sa.String(255), nullable=False),
        sa.Column("hour", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("revealed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("principal", "rule", "hour", name="pk_reveal_counts"),
    )

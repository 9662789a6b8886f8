"""What may be used once and was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; before it nothing was taken that is used once."""
    op.create_table(
        "used_tokens",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_used_tokens"),
    )
    op.create_index("ix_used_tokens_until", "used_tokens", ["until"])

"""The environment that a project's file is held to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; a project in production is remembered when it opens next."""
    op.create_table(
        "access_environment",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("environment", sa.String(64), nullable=False),
        sa.Column("leaving_for", sa.String(64), nullable=False),
        sa.Column("until", sa.String(27)),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_access_environment"),
    )

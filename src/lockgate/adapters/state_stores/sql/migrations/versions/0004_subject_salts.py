"""Salts of subjects, whose keys can be destroyed one by one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of salts."""
    op.create_table(
        "subject_salts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("subject_index", sa.LargeBinary),
        sa.Column("handle", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("shredded_at", sa.String(27)),
        sa.PrimaryKeyConstraint("id", name="pk_subject_salts"),
        sa.UniqueConstraint("subject_index", name="uq_subject_salts_subject_index"),
        sa.UniqueConstraint("handle", name="uq_subject_salts_handle"),
        sa.CheckConstraint(
            "(shredded_at IS NULL) = (sealed IS NOT NULL)"
            " AND (subject_index IS NULL) = (sealed IS NULL)",
            name="whole",
        ),
    )

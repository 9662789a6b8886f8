"""When the destruction of a key version is due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no version of an older state waits for its destruction."""
    op.add_column("key_versions", sa.Column("destroy_at", sa.String(27)))

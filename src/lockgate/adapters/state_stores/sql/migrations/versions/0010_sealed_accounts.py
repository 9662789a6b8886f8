"""Accounts are sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Rows of before are without a seal until the project seals them, once."""
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("entry", sa.BigInteger, nullable=True))
        table.add_column(sa.Column("seal", sa.LargeBinary, nullable=True))
    with op.batch_alter_table("services") as table:
        table.add_column(sa.Column("keys", sa.LargeBinary, nullable=True))
        table.add_column(sa.Column("entry", sa.BigInteger, nullable=True))
        table.add_column(sa.Column("seal", sa.LargeBinary, nullable=True))
    _fill("users", entry=0, seal=b"")
    _fill("services", keys=b"", entry=0, seal=b"")


def _fill(name: str, **values: int | bytes) -> None:
    kinds = {
        column: sa.BigInteger() if isinstance(value, int) else sa.LargeBinary()
        for column, value in values.items()
    }
    table = sa.table(name, *(sa.column(column, kind) for column, kind in kinds.items()))
    op.execute(sa.update(table).values(**values))
    with op.batch_alter_table(name) as changed:
        for column, kind in kinds.items():
            changed.alter_column(column, existing_type=kind, nullable=False)

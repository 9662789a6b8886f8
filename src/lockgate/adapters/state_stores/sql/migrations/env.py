"""Alembic's entry: runs the revisions on the connection that ``schema`` hands over."""

from __future__ import annotations

from alembic import context

from lockgate.adapters.state_stores.sql.schema import VERSION_TABLE
from lockgate.adapters.state_stores.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()

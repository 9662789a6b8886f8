"""Runs, quarantines, keys and the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables, and the two rows that serve as locks."""
    _runs()
    _quarantine()
    _keys()
    _ledger()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("pipeline", sa.Text, nullable=False),
        sa.Column("identity", sa.String(128), nullable=False),
        sa.Column("plan_digest", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("finished_at", sa.String(27)),
        sa.Column("rows_read", sa.BigInteger, nullable=False),
        sa.Column("rows_accepted", sa.BigInteger, nullable=False),
        sa.Column("rows_rejected", sa.BigInteger, nullable=False),
        sa.Column("receipt_json", sa.Text, nullable=False),
        sa.Column("locations_json", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
    )
    op.create_index("ix_runs_identity", "runs", ["identity"])
    op.create_index("ix_runs_state", "runs", ["state"])
    op.create_index("ix_runs_started_at", "runs", ["started_at"])


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("pipeline", sa.Text, nullable=False),
        sa.Column("contract_id", sa.Text, nullable=False),
        sa.Column("key_number", sa.Integer, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("reasons_json", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("replayed_by", sa.String(64)),
        sa.PrimaryKeyConstraint("run_id", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_state", "quarantine", ["state"])


def _keys() -> None:
    op.create_table(
        "key_domains",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("normaliser", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_key_domains"),
    )
    op.create_table(
        "key_versions",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("use", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_key_versions"),
        sa.ForeignKeyConstraint(["domain"], ["key_domains.name"], name="fk_key_versions_domain"),
        sa.UniqueConstraint("domain", "use", "version", name="uq_key_versions_domain"),
    )
    op.create_index(
        "ix_key_versions_one_primary",
        "key_versions",
        ["domain", "use"],
        unique=True,
        sqlite_where=sa.text("state = 'primary'"),
        postgresql_where=sa.text("state = 'primary'"),
    )
    counter = op.create_table(
        "key_counter",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key_counter"),
        sa.CheckConstraint("id = 1", name="single"),
    )
    op.bulk_insert(counter, [{"id": 1, "last": 0}])


def _ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("index", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("index", name="pk_ledger_entries"),
    )
    op.create_table(
        "ledger_checkpoints",
        sa.Column("size", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_ledger_checkpoints"),
    )
    head = op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("checkpoint", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_head"),
        sa.CheckConstraint("id = 1", name="single"),
    )
    op.bulk_insert(head, [{"id": 1, "size": 0, "frontier": b"", "checkpoint": ""}])

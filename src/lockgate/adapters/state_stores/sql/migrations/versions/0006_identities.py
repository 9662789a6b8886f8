"""Users, service accounts, their keys, sessions and counted guesses of the built-in issuer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.String(27)


def upgrade() -> None:
    """Make the tables; nobody has an account yet."""
    _accounts()
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("refresh", sa.LargeBinary, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_principal", "sessions", ["principal"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "guesses",
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("until", _TIME),
        sa.Column("since", _TIME),
        sa.Column("untold", sa.Integer, nullable=False),
        sa.Column("told_at", _TIME),
        sa.PrimaryKeyConstraint("subject", name="pk_guesses"),
    )


def _accounts() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("password_changed_at", _TIME, nullable=False),
        sa.Column("disabled_at", _TIME),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
    )
    op.create_table(
        "services",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("disabled_at", _TIME),
        sa.PrimaryKeyConstraint("name", name="pk_services"),
    )
    op.create_table(
        "service_keys",
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.Column("revoked_at", _TIME),
        sa.ForeignKeyConstraint(["service"], ["services.name"], name="fk_service_keys_service"),
        sa.PrimaryKeyConstraint("kid", name="pk_service_keys"),
    )
    op.create_index("ix_service_keys_service", "service_keys", ["service"])
